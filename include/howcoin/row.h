/* A row: what a node says of itself, signed by itself (R1-R7).
 *
 * A row is immutable once made, shared by reference count, and carries its own JSON text. Whoever holds a
 * `struct row` knows that its form was checked; whether its owner signed it is asked with row_verify.
 */
#ifndef HOWCOIN_ROW_H
#define HOWCOIN_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/coins.h"
#include "howcoin/error.h"
#include "howcoin/identity.h"
#include "howcoin/limits.h"
#include "howcoin/tags.h"

/* The total that an owner has ever paid to one payee. */
struct sent {
    uint8_t payee[ID_BYTES];
    uint64_t amount; /* from 1 to NUMBER_MAX */
};

/* What a row says, before it is one. */
struct row_fields {
    uint8_t id[ID_BYTES];
    const char *addr;        /* canonical host:port */
    const char *name;        /* may be empty */
    uint64_t draw;           /* how many draws its owner has made; from 1 to `version` (D5) */
    uint64_t coins;          /* what the last draw gave */
    const struct sent *sent; /* ascending by payee, each once, never the owner */
    size_t sent_count;       /* at most PAYEES_MAX */
    bool left;               /* its owner said goodbye */
    uint16_t tags_bytes;     /* 0: it has none */
    uint16_t more_bytes;     /* 0: there is none */
    uint64_t version;        /* only grows */
    const uint8_t *tags;     /* packed (tags.h) */
    const char *more; /* what a later version says: an object as JSON in its canonical form, as read from a row */
};

struct row {
    /* What merging looks at stands together: a table is compared row by row in every exchange. */
    uint32_t refs;
    bool verified;            /* a signature and draw that were checked once need no second look */
    uint16_t values;          /* of JSON in `text`: a frame has room for FRAME_VALUES_MAX */
    size_t text_bytes;        /* of `text`, without the NUL */
    struct row_fields fields; /* pointers into this block */
    uint8_t hash[HASH_BYTES]; /* BLAKE2b-256 of the signed bytes: two rows with one hash say the same */

    uint8_t sig[SIGNATURE_BYTES];   /* the owner's, over row_signed_bytes */
    uint8_t network[NETWORK_BYTES]; /* the one it was made for; it means nothing in another (R4) */
    uint64_t sent_total;            /* sum of all `sent`: 512 numbers below 2^53 fit */
    const char *text;               /* the row as JSON, terminated */
};

/* Checks the form of fields that came from outside: lengths, canonical address, printable name, numbers, payees in
 * order, tags. HC_BAD_ROW names the field in the fault. */
enum hc_code row_fields_check(const struct row_fields *fields, struct fault *fault) MUST_USE;

/* Makes a row with one reference out of checked fields and a signature, which is not verified here.
 * The fields are copied. HC_NO_MEMORY leaves *row NULL. */
enum hc_code row_new(struct row **row, const struct row_fields *fields, const uint8_t network[static NETWORK_BYTES],
                     const uint8_t sig[static SIGNATURE_BYTES]) MUST_USE;
/* Makes and signs a row of our own. `fields->id` must be the identity's. */
enum hc_code row_sign(struct row **row, const struct row_fields *fields, const uint8_t network[static NETWORK_BYTES],
                      const struct identity *identity) MUST_USE;
struct row *row_ref(struct row *row);
void row_unref(struct row *row); /* NULL is fine */

/* Whether two rows have the same tags. */
bool row_same_tags(const struct row *a, const struct row *b);

/* The bytes that the signature covers (R3, R7); returns their number. */
size_t row_signed_bytes(uint8_t out[static ROW_SIGNED_BYTES_MAX], const struct row_fields *fields,
                        const uint8_t network[static NETWORK_BYTES]);

/* D5: a draw's number is at least 1, and never greater than the version of its row, so that a first version has draw 1. */
bool row_draw_is_allowed(const struct row *row);
/* Whether the owner signed it for this network (HC_BAD_SIGNATURE), and its draw is allowed and gives its coins
 * (HC_BAD_DRAW). Costs a signature check the first time, nothing after. */
enum hc_code row_verify(struct row *row, const struct coins *coins) MUST_USE;

/* What the row has sent to `payee` in all. */
uint64_t row_sent_to(const struct row *row, const uint8_t payee[static ID_BYTES]);
/* Whether `a` has sent at least as much as `b` to everybody. */
bool row_covers(const struct row *a, const struct row *b);
/* Whether `a` may stand in b's place (M3, M6): newer and covering; or as new and covering more; or, both covering,
 * the one with the greater hash. A row supersedes itself. Of two rows of an honest owner one always
 * supersedes the other; if neither does, they prove a fork. */
bool row_supersedes(const struct row *a, const struct row *b);
/* A set of rows in 32 bytes: the sum of their hashes, as four 64-bit numbers that wrap. Equal sets have equal sums, in
 * whatever order they were added. It says whether two tables are the same; nobody gains by forging it. */
struct rows_sum {
    uint64_t lanes[HASH_BYTES / 8];
};
void rows_sum_add(struct rows_sum *sum, const struct row *row);
void rows_sum_take(struct rows_sum *sum, const struct row *row);
/* The sum as people and messages show it: its BLAKE2b-128. */
void rows_sum_digest(uint8_t digest[static DIGEST_BYTES], const struct rows_sum *sum);

/* Order by version, then by hash: of an owner's rows the last one speaks for him. Like memcmp. */
int row_compare(const struct row *a, const struct row *b);

#endif
