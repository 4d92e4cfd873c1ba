/* A coins file is read line by line; the network's id and all draws are hashes. */
#include "core/rows/network.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/bytes.h"
#include "core/common/memory.h"

static const char draw_tag[] = "howcoin draw 1\n";
static const char network_tag[] = "howcoin network 1\n";

/* A line without blanks around it: digits, and not too large a number. */
static bool number_parse(uint64_t *number, const char *text, size_t chars)
{
    ASSERT(text || chars == 0);
    *number = 0;
    if (chars == 0) {
        return false;
    }
    for (size_t i = 0; i < chars; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *number = *number * 10 + (uint64_t)(text[i] - '0');
        if (*number > HC_COINS_MAX) {
            return false;
        }
    }
    return true;
}

static void trim(const char **line, size_t *chars)
{
    while (*chars > 0 && strchr(" \t\r", (*line)[*chars - 1]) && (*line)[*chars - 1] != '\0') {
        (*chars)--;
    }
    while (*chars > 0 && (**line == ' ' || **line == '\t')) {
        (*line)++;
        (*chars)--;
    }
}

static void id_compute(struct hc_network *network, const char *name)
{
    ASSERT(network->count > 0 && network->count <= COIN_LINES_MAX);
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, HC_NETWORK_BYTES);
    crypto_generichash_update(&hash, (const uint8_t *)network_tag, sizeof network_tag - 1);
    crypto_generichash_update(&hash, (const uint8_t *)name, strlen(name));
    crypto_generichash_update(&hash, (const uint8_t *)"\n", 1);
    for (size_t i = 0; i < network->count; i++) {
        char line[24];
        snprintf(line, sizeof line, "%" PRIu64 "\n", network->numbers[i]);
        crypto_generichash_update(&hash, (const uint8_t *)line, strlen(line));
    }
    crypto_generichash_final(&hash, network->id, HC_NETWORK_BYTES);
}

static enum hc_code add_line(struct hc_network *network, const char *line, size_t chars, const char *file,
                             size_t line_number, struct hc_fault *fault)
{
    uint64_t number;
    if (!number_parse(&number, line, chars)) {
        return fault_set(fault, HC_BAD_COINS,
                         "%s, line %zu: a whole number from 0 to %" PRIu64 " was expected, not '%.*s'", file,
                         line_number, HC_COINS_MAX, (int)(chars < 40 ? chars : 40), line);
    }
    if (network->count == COIN_LINES_MAX) {
        return fault_set(fault, HC_BAD_COINS, "%s, line %zu: more than %u numbers", file, line_number, COIN_LINES_MAX);
    }
    if (!ARRAY_RESERVE(network->numbers, network->capacity, network->count + 1)) {
        return fault_set(fault, HC_NO_MEMORY, "%s: out of memory", file);
    }
    ASSERT(number <= HC_COINS_MAX && network->count < network->capacity);
    network->numbers[network->count++] = number;
    return HC_OK;
}

static enum hc_code numbers_read(struct hc_network *network, const char *text, size_t bytes, const char *file,
                                 struct hc_fault *fault)
{
    enum hc_code code = HC_OK;
    for (size_t at = 0, line_number = 1; code == HC_OK && at < bytes; line_number++) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', bytes - at);
        size_t chars = end ? (size_t)(end - line) : bytes - at;
        at += chars + 1;
        trim(&line, &chars);
        if (chars > 0 && line[0] != '#') {
            code = add_line(network, line, chars, file, line_number, fault);
        }
    }
    if (code == HC_OK && network->count == 0) {
        code = fault_set(fault, HC_BAD_COINS, "%s: no number in it: expected one whole number a line", file);
    }
    return code;
}

uint64_t network_draw(const struct hc_network *network, const uint8_t id[static HC_ID_BYTES], uint64_t draw)
{
    /* crypto_generichash promises 16 bytes and more; the BLAKE2b under it takes any length from 1. */
    ASSERT(network && network->count > 0 && id);
    uint8_t message[sizeof draw_tag - 1 + HC_ID_BYTES + 8], digest[8];
    uint8_t *to = bytes_put(message, draw_tag, sizeof draw_tag - 1);
    to = bytes_put(to, id, HC_ID_BYTES);
    to = bytes_put_number(to, draw, 8);
    ASSERT(to == message + sizeof message);
    int wrong = crypto_generichash_blake2b(digest, sizeof digest, message, sizeof message, NULL, 0);
    ASSERT(wrong == 0);
    return network->numbers[bytes_get_number(digest, sizeof digest) % network->count];
}

enum hc_code hc_network_new(struct hc_network **out, const char *text, size_t bytes, const char *file, const char *name,
                            struct hc_fault *fault)
{
    ASSERT(out && (text || bytes == 0) && file && name);
    *out = NULL;
    struct hc_network *network = memory_new(1, sizeof *network);
    if (!network) {
        return fault_set(fault, HC_NO_MEMORY, "%s: out of memory", file);
    }
    enum hc_code code = numbers_read(network, text, bytes, file, fault);
    if (code != HC_OK) {
        hc_network_free(network);
        return code;
    }
    id_compute(network, name);
    *out = network;
    return HC_OK;
}

enum hc_code network_new_simulated(struct hc_network **network, const char *text, size_t bytes, const char *file,
                                   struct hc_fault *fault)
{
    enum hc_code code = hc_network_new(network, text, bytes, file, "", fault);
    ASSERT((code != HC_OK) == !*network);
    if (code == HC_OK) {
        (*network)->simulated = true;
    }
    return code;
}

void hc_network_free(struct hc_network *network)
{
    if (network) {
        memory_free(network->numbers);
        memory_free(network);
    }
}

const uint8_t *hc_network_id(const struct hc_network *network)
{
    ASSERT(network);
    return network->id;
}
