/* Tags: what programs add to a node's row, as pairs of a key and a value (R7).
 *
 * They are kept as they are signed: for each tag, ascending by key as bytes, a byte with the length of the key, the key,
 * two bytes with the length of the value, the value. So equal tags are equal bytes.
 */
#ifndef HOWCOIN_CORE_TAGS_H
#define HOWCOIN_CORE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "howcoin/row.h"

/* Checks packed tags that came from outside: keys of 1 to HC_TAG_KEY_BYTES_MAX bytes, in order and each once; printable; all
 * together at most HC_TAGS_BYTES_MAX. Otherwise `code`, and the fault says what is wrong. */
enum hc_code tags_check(const uint8_t *packed, size_t bytes, enum hc_code code, struct hc_fault *fault) HC_MUST_USE;
/* Packs one tag, whose lengths are within their limits; returns the end of it. */
uint8_t *tags_put(uint8_t *to, const struct hc_tag *tag);

/* Makes changes. HC_BAD_TAG: they would become too large, and nothing is changed. */
enum hc_code tags_change(struct hc_tags *tags, const struct hc_tags *changes) HC_MUST_USE;

#endif
