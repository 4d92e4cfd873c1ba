/* Text that crosses a border: one canonical form each, and nothing that moves a terminal's cursor (R1, R6). */
#include "rows.h"

#include "core/common/address.h"
#include "core/common/text.h"
#include "howcoin/node.h"

/* R6: ids are lowercase hex, and only the canonical form is accepted. */
static void hex_has_one_form(void **unused)
{
    (void)unused;
    const uint8_t bytes[] = {0x00, 0x09, 0xaf, 0xff};
    char text[HEX_CHARS(4) + 1];
    uint8_t back[4] = {1, 1, 1, 1};
    hex_encode(text, bytes, sizeof bytes);
    assert_string_equal(text, "0009afff");
    assert_true(hex_decode(back, 4, text, 8));
    assert_memory_equal(back, bytes, 4);
    static const char *const bad[] = {"",         "0",        "0009aff",  "0009affff", "0009AFFF", "0009afFf",
                                      "0009afg0", " 009afff", "0009aff ", "0x09afff",  "00:9afff", "00 09 af"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        memset(back, 1, sizeof back);
        if (hex_decode(back, 4, bad[i], strlen(bad[i]))) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_memory_equal(back, "\0\0\0\0", 4);
    }
    assert_false(hex_decode(back, 4, "0009af\0f", 8));
    const uint8_t id[HC_ID_BYTES] = {0x00, 0x09, [HC_ID_BYTES - 1] = 0xaf};
    char shown[HC_ID_HEX_CHARS + 1];
    hc_id_hex(shown, id);
    assert_string_equal(shown, "00090000000000000000000000000000000000000000000000000000000000af");
}

/* R6: signatures, nonces and proofs are unpadded base64url; padding, the other alphabet and stray bits are refused. */
static void base64_has_one_form(void **unused)
{
    (void)unused;
    const uint8_t bytes[] = {0xfb, 0xff, 0xfe, 0x3f};
    char text[BASE64_CHARS(4) + 1];
    uint8_t back[4];
    base64_encode(text, bytes, sizeof bytes);
    assert_string_equal(text, "-__-Pw");
    assert_true(base64_decode(back, 4, text, 6));
    assert_memory_equal(back, bytes, 4);
    /* the fourth: the same bytes to a lenient reader, but its last two bits are not 0 */
    static const char *const bad[] = {"",        "-__-P",  "-__-Pw==", "-__-Px", "+//+Pw",
                                      "-__-Pw=", "-__-P=", "-__-P ",   "-_ -Pw"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        memset(back, 1, sizeof back);
        if (base64_decode(back, 4, bad[i], strlen(bad[i]))) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_memory_equal(back, "\0\0\0\0", 4);
    }
    assert_int_equal(BASE64_CHARS(16), 22);
    assert_int_equal(BASE64_CHARS(64), 86);
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off. */
static void utf8_is_strict(void **unused)
{
    (void)unused;
    static const char *const good[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xe0\x9f\xbf",
                                      "\xe2\x82",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x9f\x98",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (text_is_utf8(bad[i], strlen(bad[i]))) {
            fail_msg("case %zu was taken", i);
        }
    }
}

/* R1: a name from outside never moves a terminal's cursor: at most 32 bytes, no control, no direction mark, nothing
 * of no width. */
static void names_stand_where_they_are_put(void **unused)
{
    (void)unused;
    struct hc_fault fault;
    static const char *const good[] = {"",
                                       "alice",
                                       "12345678901234567890123456789012",
                                       "M\xc3\xbcnchen 3",
                                       "\xe6\x9d\xb1\xe4\xba\xac",
                                       "\"quoted\\\"",
                                       "\xf0\x9f\x90\x9d"};
    static const char *const bad[] = {"123456789012345678901234567890123",
                                      "a\nb",
                                      "a\tb",
                                      "a\rb",
                                      "\x1b[2J",
                                      "a\x7f",
                                      "\xc2\x9b"
                                      "2J", /* CSI in one */
                                      "a\xe2\x80\x8f",
                                      "\xe2\x80\xae"
                                      "evil",
                                      "\xe2\x80\x8b",
                                      "\xef\xbb\xbf"
                                      "a",
                                      "a\xcc\x81",
                                      "\xe2\x81\xa6",
                                      "\xf3\xa0\x80\x81",
                                      "\xc3"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (hc_name_check(good[i], &fault) != HC_OK) {
            fail_msg("'%s': %s", good[i], fault.text);
        }
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (hc_name_check(bad[i], &fault) != HC_BAD_NAME) {
            fail_msg("case %zu was taken", i);
        }
        assert_true(strlen(fault.text) > 0);
        for (const char *c = fault.text; *c; c++) {
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
        }
    }
}

/* R1: an address has one form: a port without zeros in front, IPv6 as RFC 5952 writes it, names in lower case. */
static void addresses_have_one_form(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *canonical; /* NULL: refused */
    } cases[] = {
        {"8000", "127.0.0.1:8000"},
        {"1", "127.0.0.1:1"},
        {"65535", "127.0.0.1:65535"},
        {"Example.ORG:80", "example.org:80"},
        {"a-b_c.d:9", "a-b_c.d:9"},
        {"10.0.0.1:9", "10.0.0.1:9"},
        {"[::1]:8000", "[::1]:8000"},
        {"[0:0:0:0:0:0:0:1]:8000", "[::1]:8000"},
        {"[2001:DB8::0:1]:8000", "[2001:db8::1]:8000"},
        {"", NULL},
        {"0", NULL},
        {"65536", NULL},
        {"99999999999999999999", NULL},
        {"08000", NULL},
        {"+8000", NULL},
        {"-1", NULL},
        {" 8000", NULL},
        {"8000 ", NULL},
        {"host", NULL},
        {"host:", NULL},
        {":8000", NULL},
        {"host:80x", NULL},
        {"ho st:80", NULL},
        {"-host:80", NULL},
        {".host:80", NULL},
        {"host.:80", NULL},
        {"1.2.3:80", NULL},
        {"1.2.3.256:80", NULL},
        {"01.2.3.4:80", NULL},
        {"::1:8000", NULL},
        {"[::1:8000", NULL},
        {"[]:80", NULL},
        {"[1.2.3.4]:80", NULL},
        {"[fe80::1%eth0]:80", NULL},
        {"h\x1b[2J:80", NULL},
        {"m\xc3\xbcller:80", NULL},
    };
    char out[HC_ADDR_BYTES_MAX + 1];
    struct hc_fault fault;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum hc_code code = hc_address_parse(out, cases[i].text, "127.0.0.1", &fault);
        if (code != (cases[i].canonical ? HC_OK : HC_BAD_ADDRESS)) {
            fail_msg("'%s': %s", cases[i].text, hc_code_name(code));
        }
        assert_string_equal(out, cases[i].canonical ? cases[i].canonical : "");
        bool canonical = cases[i].canonical && strcmp(cases[i].text, cases[i].canonical) == 0;
        if (address_is_canonical(cases[i].text) != canonical) {
            fail_msg("'%s': canonical or not", cases[i].text);
        }
    }
}

/* R1: an address has at most 255 bytes, port included. */
static void addresses_have_a_greatest_length(void **unused)
{
    (void)unused;
    char text[400], out[HC_ADDR_BYTES_MAX + 1], host[HC_ADDR_BYTES_MAX + 1];
    uint16_t port;
    for (size_t chars = 200; chars < 300; chars++) {
        memset(text, 'a', chars);
        memcpy(text + chars, ":65535", 7);
        bool fits = chars + 6 <= HC_ADDR_BYTES_MAX;
        assert_int_equal(hc_address_parse(out, text, "", NULL), fits ? HC_OK : HC_BAD_ADDRESS);
        if (fits) {
            hc_address_split(host, &port, out);
            assert_int_equal(strlen(host), chars);
            assert_int_equal(port, 65535);
        }
    }
    hc_address_split(host, &port, "[2001:db8::1]:8000");
    assert_string_equal(host, "2001:db8::1");
    assert_int_equal(port, 8000);
}

/* What --bind and --advertise take. */
static void hosts_come_with_or_without_a_port(void **unused)
{
    static const struct {
        const char *text, *host, *address; /* NULL: it is none */
    } cases[] = {
        {"Example.org", "example.org", "example.org:7"},
        {"example.org:80", NULL, "example.org:80"},
        {"192.0.2.1", "192.0.2.1", "192.0.2.1:7"},
        {"::1", "::1", "[::1]:7"},
        {"[::1]", "::1", "[::1]:7"},
        {"[::1]:80", NULL, "[::1]:80"},
        {"0:0:0:0:0:0:0:1", "::1", "[::1]:7"},
        {"0.0.0.0", "0.0.0.0", "0.0.0.0:7"},
        {"8000", NULL, NULL},
        {"", NULL, NULL},
        {":80", NULL, NULL},
        {"[]", NULL, NULL},
        {"[", NULL, NULL},
        {"[::1", NULL, NULL},
        {"[example.org]", NULL, NULL},
        {"example.org:", NULL, NULL},
        {"fe80::1%eth0", NULL, NULL},
    };
    char host[HC_ADDR_BYTES_MAX + 1], address[HC_ADDR_BYTES_MAX + 1], longest[HC_ADDR_BYTES_MAX + 9];
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(address_host(host, cases[i].text), !!cases[i].host);
        assert_true(!cases[i].host || strcmp(host, cases[i].host) == 0);
        assert_int_equal(address_complete(address, cases[i].text, 7), !!cases[i].address);
        assert_true(!cases[i].address || strcmp(address, cases[i].address) == 0);
    }
    memset(longest, 'a', sizeof longest);
    longest[HC_ADDR_BYTES_MAX - 6] = '\0';
    assert_true(address_complete(address, longest, UINT16_MAX));
    assert_int_equal(strlen(address), HC_ADDR_BYTES_MAX);
    longest[HC_ADDR_BYTES_MAX - 6] = 'a';
    longest[HC_ADDR_BYTES_MAX - 5] = '\0';
    assert_false(address_complete(address, longest, 1));
    longest[2] = ':'; /* no IPv6 address is as long */
    assert_false(address_host(host, longest));
    assert_true(address_host_is_wildcard("0.0.0.0") && address_host_is_wildcard("::"));
    assert_false(address_host_is_wildcard("127.0.0.1") || address_host_is_wildcard("::1"));
    assert_false(address_host_is_wildcard("example.org"));
}

/* What is quoted from outside cannot move a cursor, and codes and their names are one list. */
static void faults_quote_safely(void **unused)
{
    (void)unused;
    struct hc_fault fault;
    char longer[2 * HC_FAULT_TEXT_BYTES];
    assert_int_equal(fault_set(&fault, HC_BAD_NAME, "'%s'", "a\x1b[2J\nb\x7f"), HC_BAD_NAME);
    assert_string_equal(fault.text, "'a?[2J?b?'");
    assert_int_equal(fault_set(&fault, HC_BAD_NAME, "'%.4s'", "é€€"), HC_BAD_NAME); /* cut within a character */
    assert_string_equal(fault.text, "'é\?\?'");
    assert_int_equal(fault_set(&fault, HC_BAD_NAME, "\xff\xc3,\xed\xa0\x80"), HC_BAD_NAME);
    assert_string_equal(fault.text, "\?\?,\?\?\?");
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(fault_set(&fault, HC_BUSY, "%s", longer), HC_BUSY);
    assert_int_equal(strlen(fault.text), HC_FAULT_TEXT_BYTES - 1);
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        assert_int_equal(hc_code_find(hc_code_name((enum hc_code)code)), code);
        assert_true(strlen(hc_code_text((enum hc_code)code)) > 0);
        assert_int_not_equal(code_kind((enum hc_code)code), CODE_UNKNOWN);
    }
    assert_int_equal(code_kind(HC_CODE_COUNT), CODE_UNKNOWN);
    assert_int_equal(hc_code_find("no such code"), HC_CODE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_has_one_form),
        cmocka_unit_test(base64_has_one_form),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(names_stand_where_they_are_put),
        cmocka_unit_test(addresses_have_one_form),
        cmocka_unit_test(addresses_have_a_greatest_length),
        cmocka_unit_test(hosts_come_with_or_without_a_port),
        cmocka_unit_test(faults_quote_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
