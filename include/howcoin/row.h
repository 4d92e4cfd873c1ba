/* A row: what a node says of itself, signed by itself (R1-R7).
 *
 * A row is immutable once made, and shared by reference count: to keep a row, take a reference. The count is not atomic:
 * rows of one node stay in the thread that steps it.
 */
#ifndef HOWCOIN_ROW_H
#define HOWCOIN_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hc_row;

/* The total that an owner has ever paid to one payee. */
struct hc_sent {
    uint8_t payee[HC_ID_BYTES];
    uint64_t amount; /* from 1 to HC_NUMBER_MAX */
};

/* What a row says, before it is one. */
struct hc_row_fields {
    uint8_t id[HC_ID_BYTES];
    const char *addr;           /* canonical host:port */
    const char *name;           /* may be empty */
    uint64_t draw;              /* how many draws its owner has made; from 1 to `version` (D5) */
    uint64_t coins;             /* what the last draw gave */
    const struct hc_sent *sent; /* ascending by payee, each once, never the owner */
    size_t sent_count;          /* at most HC_PAYEES_MAX */
    bool left;                  /* its owner said goodbye */
    uint16_t tags_bytes;        /* 0: it has none */
    uint16_t more_bytes;        /* 0: there is none */
    uint64_t version;           /* only grows */
    const uint8_t *tags;        /* packed: hc_tags_next reads them */
    const char *more; /* what a later version says: an object as JSON in its canonical form, as read from a row */
};

/* One reference more; returns the row. */
HC_API struct hc_row *hc_row_ref(struct hc_row *row);
/* One reference less; the last one frees it. */
HC_API void hc_row_unref(struct hc_row *row); /* NULL is fine */
/* What it says; valid as long as the row. */
HC_API const struct hc_row_fields *hc_row_fields(const struct hc_row *row);
/* The row as JSON, as it goes over the wire: terminated, and valid as long as the row. For a store. */
HC_API const char *hc_row_text(const struct hc_row *row);

/* ---- Tags: what programs add to a node's row, as pairs of a key and a value (R7) ---- */

/* One of them. The strings are not terminated. */
struct hc_tag {
    const char *key, *value;
    size_t key_bytes, value_bytes;
};

/* Tags, or changes of tags: among those an empty value takes the key away. Zeroed: none. */
struct hc_tags {
    uint16_t bytes;
    uint8_t packed[HC_TAGS_PACKED_BYTES_MAX];
};

/* Takes the first tag off [*at, end); false if there is none left. Those of a row stand from `fields->tags` on, and are
 * `fields->tags_bytes` long. `tag` points into them. */
HC_API bool hc_tags_next(struct hc_tag *tag, const uint8_t **at, const uint8_t *end);
/* Adds one, at its place. HC_BAD_TAG: it is not well made, its key is there already, or they become too large. */
HC_API enum hc_code hc_tags_add(struct hc_tags *tags, const struct hc_tag *tag, struct hc_fault *fault) HC_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
