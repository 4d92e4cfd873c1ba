/* Rows from the inside: how they are made, signed, verified and compared (R1-R7, M2-M6).
 *
 * A row carries its own JSON text. The form of every `struct hc_row` has been checked; row_verify checks whether
 * its owner signed it.
 */
#ifndef HOWCOIN_CORE_ROW_H
#define HOWCOIN_CORE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/limits.h"
#include "core/rows/identity.h"
#include "core/rows/network.h"
#include "core/rows/tags.h"
#include "howcoin/row.h"

struct hc_row {
    /* What merging looks at stands together: a table is compared row by row in every exchange. */
    uint32_t refs;
    bool verified;               /* a signature and draw that were checked once need no second look */
    uint8_t bucket;              /* bucket_of its owner */
    uint16_t values;             /* of JSON in `text`: a frame has room for FRAME_VALUES_MAX */
    size_t text_bytes;           /* of `text`, without the NUL */
    struct hc_row_fields fields; /* pointers into this block */
    uint8_t hash[HC_HASH_BYTES]; /* BLAKE2b-256 of the signed bytes: two rows with one hash say the same */

    uint8_t sig[HC_SIGNATURE_BYTES];   /* the owner's, over row_signed_bytes */
    uint8_t network[HC_NETWORK_BYTES]; /* the one it was made for; it means nothing in another (R4) */
    uint64_t sent_total;               /* sum of all `sent`: 512 numbers below 2^53 fit */
    const char *text;                  /* the row as JSON, terminated */
};

/* Checks the form of fields that came from outside: lengths, canonical address, printable name, numbers, payees in
 * order, tags. HC_BAD_ROW names the field in the fault. */
enum hc_code row_fields_check(const struct hc_row_fields *fields, struct hc_fault *fault) HC_MUST_USE;

/* Makes a row with one reference out of checked fields and a signature, which is not verified here.
 * The fields are copied. HC_NO_MEMORY leaves *row NULL. */
enum hc_code row_new(struct hc_row **row, const struct hc_row_fields *fields,
                     const uint8_t network[static HC_NETWORK_BYTES],
                     const uint8_t sig[static HC_SIGNATURE_BYTES]) HC_MUST_USE;
/* Makes and signs a row of our own. `fields->id` must be the identity's. */
enum hc_code row_sign(struct hc_row **row, const struct hc_row_fields *fields, const struct hc_network *network,
                      const struct hc_identity *identity) HC_MUST_USE;

/* Whether two rows have the same tags. */
bool row_same_tags(const struct hc_row *a, const struct hc_row *b);

/* The bytes that the signature covers (R3, R7); returns their number. */
size_t row_signed_bytes(uint8_t out[static ROW_SIGNED_BYTES_MAX], const struct hc_row_fields *fields,
                        const uint8_t network[static HC_NETWORK_BYTES]);

/* D5: a draw's number is at least 1, and never greater than the version of its row, so that a first version has draw 1. */
bool row_draw_is_allowed(const struct hc_row *row);
/* Whether the owner signed it for this network (HC_BAD_SIGNATURE), and its draw is allowed and gives its coins
 * (HC_BAD_DRAW). Costs a signature check the first time, nothing after. */
enum hc_code row_verify(struct hc_row *row, const struct hc_network *network) HC_MUST_USE;

/* The part of a table in which an owner's rows are compared (K6): spread evenly, whatever ids are like. */
uint8_t bucket_of(const uint8_t id[static HC_ID_BYTES]);

/* What the row has sent to `payee` in all. */
uint64_t row_sent_to(const struct hc_row *row, const uint8_t payee[static HC_ID_BYTES]);
/* The greatest sum that any of an owner's rows has sent to `payee`. */
uint64_t rows_sent_to(struct hc_row *const *rows, size_t count, const uint8_t payee[static HC_ID_BYTES]);
/* What rows[at] has sent to its payee number `i` beyond the rows before it. Added up over an owner's rows, the greatest sum
 * counts for each payee, once (M6). */
uint64_t rows_sent_more(struct hc_row *const *rows, size_t at, size_t i);
/* Whether `a`, a row of the same owner, has sent at least as much as `b` to every payee. */
bool row_covers(const struct hc_row *a, const struct hc_row *b);
/* Whether `a` may stand in b's place (M3, M6): newer and covering; or as new and covering more; or, both covering,
 * the one with the greater hash. A row supersedes itself. Of two rows of an honest owner one always
 * supersedes the other; if neither does, they prove a fork. */
bool row_supersedes(const struct hc_row *a, const struct hc_row *b);

/* Order by version, then by hash: of an owner's rows the last one speaks for it. Like memcmp. */
int row_compare(const struct hc_row *a, const struct hc_row *b);
/* Order by owner, then by row_compare. */
static inline int row_order(const struct hc_row *a, const struct hc_row *b)
{
    int order = id_compare(a->fields.id, b->fields.id);
    return order ? order : row_compare(a, b);
}

#endif
