/* Values of options: each function reads one kind, and complains in the same form: "--nodes '0' is not a number of
 * nodes: expected 1 to 10000". Numbers are strict: digits, and for some a point and decimals; nothing before,
 * nothing after. */
#include "cli/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/text.h"
#include "howcoin/row.h"

#define MILLION 1000000u

/* ---- numbers ---- */

bool value_whole(uint64_t *number, const char *text, uint64_t max)
{
    uint64_t value = 0;

    ASSERT(number && text);
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    ASSERT(value <= max);
    *number = value;
    return true;
}

/* With a point and decimals, as a whole number of 10^-places; more decimals than that are taken if they are zeros. */
static bool read_decimal(uint64_t *number, const char *text, unsigned places, uint64_t max)
{
    uint64_t value, place = 1;
    const char *point = strchr(text, '.');
    size_t digits = point ? (size_t)(point - text) : strlen(text);
    char whole[24];

    for (unsigned i = 0; i < places; i++) {
        place *= 10;
    }
    if (digits == 0 || digits >= sizeof whole) {
        return false;
    }
    memcpy(whole, text, digits);
    whole[digits] = '\0';
    if (!value_whole(&value, whole, max / place)) {
        return false;
    }
    value *= place;
    if (point && point[1] == '\0') {
        return false;
    }
    for (const char *c = point ? point + 1 : ""; *c != '\0'; c++) {
        place /= 10;
        if (*c < '0' || *c > '9' || (place == 0 && *c != '0')) {
            return false;
        }
        value += place * (uint64_t)(*c - '0');
    }
    if (value > max) {
        return false;
    }
    *number = value;
    return true;
}

bool take_number(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    uint64_t number;

    ASSERT(option->kind && option->min <= option->max);
    if (!value_whole(&number, text, option->max) || number < option->min) {
        return complain(complaint, "--%s '%.100s' is not %s: expected %" PRIu64 " to %" PRIu64, option->name, text,
                        option->kind, option->min, option->max);
    }
    *(uint64_t *)field = number;
    return true;
}

bool take_count(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    uint64_t number = 0;

    ASSERT(option->max <= UINT32_MAX);
    if (!take_number(option, &number, text, complaint)) {
        return false;
    }
    *(uint32_t *)field = (uint32_t)number;
    return true;
}

bool take_seconds(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    uint64_t ms;

    ASSERT(option->kind && option->min <= option->max && option->max <= UINT32_MAX);
    bool good = read_decimal(&ms, text, 3, option->max) && (ms >= option->min || (ms == 0 && option->zero));
    if (!good) {
        return complain(complaint, "--%s '%.100s' is not %s: expected seconds from %g to %" PRIu64 "%s%s", option->name,
                        text, option->kind, (double)option->min / 1000, option->max / 1000,
                        option->zero ? ", or 0 for " : "", option->zero ? option->zero : "");
    }
    *(uint32_t *)field = (uint32_t)ms;
    return true;
}

bool take_rate(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    uint64_t millionths;

    ASSERT(option->kind && option->max <= UINT64_MAX / MILLION);
    if (!read_decimal(&millionths, text, 6, option->max * MILLION)) {
        return complain(complaint, "--%s '%.100s' is not %s: expected 0 to %" PRIu64 ", with up to six decimals",
                        option->name, text, option->kind, option->max);
    }
    *(uint64_t *)field = millionths;
    return true;
}

bool take_chance(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    uint64_t millionths = 0;

    ASSERT(option->max == 1);
    if (!take_rate(option, &millionths, text, complaint)) {
        return false;
    }
    *(uint32_t *)field = (uint32_t)millionths;
    return true;
}

/* ---- ports ---- */

bool value_port(struct port_value *port, const char *what, uint16_t min, const char *text, struct complaint *complaint)
{
    uint64_t number;

    ASSERT(port && what);
    if (!value_whole(&number, text, UINT16_MAX) || number < min) {
        return complain(complaint, "%s '%.100s' is not a port: expected a whole number from %u to 65535", what, text,
                        min);
    }
    if (port->given && port->number != number) {
        return complain(complaint, "the port is given twice, as %u and as %" PRIu64, port->number, number);
    }
    *port = (struct port_value){.given = true, .number = (uint16_t)number};
    return true;
}

bool take_port(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    ASSERT(option->min <= UINT16_MAX);
    return value_port(field, "--port", (uint16_t)option->min, text, complaint);
}

/* ---- words ---- */

bool take_flag(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    (void)text;
    (void)complaint;
    ASSERT(!option->value);
    *(bool *)field = true;
    return true;
}

bool take_word(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    const char *const *words = option->words;
    char expected[100] = "";
    size_t at = 0;

    ASSERT(words);
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *(unsigned *)field = i;
            return true;
        }
        const char *before = i == 0 ? "" : !words[i + 1] ? " or " : ", ";
        at += (size_t)snprintf(expected + at, sizeof expected - at, "%s%s", before, words[i]);
        ASSERT(at < sizeof expected);
    }
    return complain(complaint, "--%s '%.100s' is not a choice: expected %s", option->name, text, expected);
}

bool take_text(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    size_t bytes = strlen(text);

    ASSERT(option->kind && option->max > 0);
    if (bytes > option->max || !text_is_printable(text, bytes)) {
        return complain(complaint, "--%s '%.100s' is not %s: expected up to %" PRIu64 " bytes of printable UTF-8",
                        option->name, text, option->kind, option->max);
    }
    *(const char **)field = text;
    return true;
}

bool take_path(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    if (*text == '\0') {
        return complain(complaint, "--%s '' is not a path: expected one that is not empty", option->name);
    }
    *(const char **)field = text;
    return true;
}

/* ---- tags ---- */

/* Whether these changes have the key, and what they make of it. */
static bool find_tag(struct hc_tag *tag, const struct hc_tags *changes, const char *key, size_t key_bytes)
{
    const uint8_t *at = changes->packed, *end = at + changes->bytes;

    while (hc_tags_next(tag, &at, end)) {
        if (tag->key_bytes == key_bytes && memcmp(tag->key, key, key_bytes) == 0) {
            return true;
        }
    }
    return false;
}

bool value_tag(struct hc_tags *changes, const char *text, struct complaint *complaint)
{
    const char *equals = strchr(text, '=');
    struct hc_tag before;
    struct hc_fault fault;

    ASSERT(changes->bytes <= sizeof changes->packed);
    if (!equals || equals == text) {
        return complain(complaint, "'%.100s' is not a tag: expected KEY=VALUE, or KEY= to remove it", text);
    }
    const struct hc_tag tag = {
        .key = text, .key_bytes = (size_t)(equals - text), .value = equals + 1, .value_bytes = strlen(equals + 1)};
    if (find_tag(&before, changes, tag.key, tag.key_bytes)) {
        return (before.value_bytes == tag.value_bytes && memcmp(before.value, tag.value, tag.value_bytes) == 0) ||
               complain(complaint, "tag '%.100s' is given twice, with different values", text);
    }
    if (tag.key_bytes > HC_TAG_KEY_BYTES_MAX) {
        return complain(complaint, "the key of tag '%.100s' is too long: expected up to %u bytes", text,
                        HC_TAG_KEY_BYTES_MAX);
    }
    if (hc_tags_add(changes, &tag, &fault) != HC_OK) {
        return complain(complaint,
                        "tag '%.100s' cannot be set: expected printable UTF-8, and up to %u bytes of tags in all", text,
                        HC_TAGS_BYTES_MAX);
    }
    return true;
}

bool take_tag(const struct argument_option *option, void *field, const char *text, struct complaint *complaint)
{
    ASSERT(option->repeatable);
    return value_tag(field, text, complaint);
}
