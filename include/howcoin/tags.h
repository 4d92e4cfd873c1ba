/* Tags: what programs add to a node's row, as pairs of a key and a value (R7).
 *
 * They are kept as they are signed: for each tag, ascending by key as bytes, a byte with the length of the key, the key,
 * two bytes with the length of the value, the value. So equal tags are equal bytes.
 */
#ifndef HOWCOIN_TAGS_H
#define HOWCOIN_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

/* One of them. The strings are not terminated. */
struct tag {
    const char *key, *value;
    size_t key_bytes, value_bytes;
};

/* Tags, or changes of tags: among those an empty value takes the key away. Zeroed: none. */
struct tags {
    uint16_t bytes;
    uint8_t packed[TAGS_PACKED_BYTES_MAX];
};

/* Checks packed tags that came from outside: keys of 1 to TAG_KEY_BYTES_MAX bytes, in order and each once; printable; all
 * together at most TAGS_BYTES_MAX. Otherwise `code`, and the fault says what is wrong. */
enum hc_code tags_check(const uint8_t *packed, size_t bytes, enum hc_code code, struct fault *fault) MUST_USE;
/* Takes the first tag off [*at, end); false if there is none left. */
bool tags_next(struct tag *tag, const uint8_t **at, const uint8_t *end);
/* Packs one tag, whose lengths are within their limits; returns the end of it. */
uint8_t *tags_put(uint8_t *to, const struct tag *tag);

/* Adds one, at its place. HC_BAD_TAG: it is not well made, its key is there already, or they become too large. */
enum hc_code tags_add(struct tags *tags, const struct tag *tag, struct fault *fault) MUST_USE;
/* Makes changes. HC_BAD_TAG: they would become too large, and nothing is changed. */
enum hc_code tags_change(struct tags *tags, const struct tags *changes) MUST_USE;

#endif
