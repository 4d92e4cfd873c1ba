/* Lines of the wire format out of patterns that can be read, and what decoding them must say. For tests that begin with
 * lines_setup and end with network_teardown. */
#ifndef HOWCOIN_TESTS_UNIT_WIRE_LINES_H
#define HOWCOIN_TESTS_UNIT_WIRE_LINES_H

#include "with_network.h"

#include "core/common/text.h"

static char network_hex[HEX_CHARS(HC_NETWORK_BYTES) + 1], from[HC_ID_HEX_CHARS + 1], payee[HC_ID_HEX_CHARS + 1];
static char sig[BASE64_CHARS(HC_SIGNATURE_BYTES) + 1];
static const char nonce[] = "AAAAAAAAAAAAAAAAAAAAAA";

static int lines_setup(void **unused)
{
    (void)network_setup(unused);
    hex_encode(network_hex, network->id, HC_NETWORK_BYTES);
    hc_id_hex(from, test_identity(0)->id);
    hc_id_hex(payee, test_identity(1)->id);
    memset(sig, 'A', sizeof sig - 1);
    return 0;
}

/* Writes a line out of a pattern: ' stands for ", and $N, $F, $P, $S, $C and $R for the network, a sender's id, another
 * id, a signature, a nonce and a good row. Any other letter after $ is an error of the test. */
static size_t line_of(char *out, size_t room, const char *pattern)
{
    static const char row[] = "{'id':'$F','addr':'h:1','name':'','draw':1,'coins':5,'version':1,'sig':'$S'}";
    size_t used = 0;
    for (const char *at = pattern; *at; at++) {
        const char *put = NULL;
        char text[1024];
        if (*at == '$') {
            at++;
            put = *at == 'N'   ? network_hex
                  : *at == 'F' ? from
                  : *at == 'P' ? payee
                  : *at == 'S' ? sig
                  : *at == 'C' ? nonce
                               : NULL;
            if (*at == 'R') {
                (void)line_of(text, sizeof text, row);
                put = text;
            }
            assert_non_null(put);
        } else {
            text[0] = *at == '\'' ? '"' : *at;
            text[1] = '\0';
            put = text;
        }
        assert_true(used + strlen(put) < room);
        memcpy(out + used, put, strlen(put) + 1);
        used += strlen(put);
    }
    return used;
}

struct refusal {
    const char *pattern; /* of a whole line, or of the inside of a row or a message */
    enum hc_code code;
    const char *said; /* what the message begins with: the name of the key, where there is one */
};

static void check(const char *line, size_t bytes, const struct refusal *expected)
{
    struct hc_message message;
    struct hc_fault fault = {0};
    enum hc_code code = hc_wire_decode(&message, line, bytes, network->id, &fault);
    if (code != expected->code || (code != HC_OK && strncmp(fault.text, expected->said, strlen(expected->said)) != 0)) {
        fail_msg("%s: %s: %s", line, hc_code_name(code), code == HC_OK ? "" : fault.text);
    }
    if (code != HC_OK) {
        assert_int_equal(fault.code, code);
        assert_null(message.state);
        assert_true(text_is_printable(fault.text, strlen(fault.text)));
    }
    hc_message_clear(&message);
}

#endif
