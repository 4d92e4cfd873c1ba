/* The pool of waiting rows: verified, but their owners cannot pay them by what is known here (L3).
 *
 * A row in it costs a comparison when it comes again, not a signature, and is tried again when a credit reaches its owner.
 * It is bounded in rows, in bytes and by owner; the oldest go, and are to the table as if they had never come. What is in
 * it counts in no balance yet, and is not told to others.
 */
#ifndef HOWCOIN_CORE_WAITING_H
#define HOWCOIN_CORE_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/rows/row.h"
#include "core/table/entry.h"

struct waiting_row {
    struct hc_row *row; /* a reference */
    uint64_t since;     /* when it came, counted in rows; no two are alike */
    bool ripe;          /* its owner's credits may have grown since it was tried */
    bool marked;        /* the table's, while it changes something; false between its calls */
};

struct waiting {
    struct waiting_row *rows; /* ascending by owner, then by row_compare; NULL if there are none */
    size_t count, capacity;
    size_t bytes; /* what the rows take, by waiting_cost */
    uint64_t next_since;
    bool ripe; /* one of them is; true may be out of date */
};

void waiting_free(struct waiting *waiting);

/* The index of an owner's first row; *count: the number of its rows. */
size_t waiting_find(const struct waiting *waiting, const uint8_t id[static HC_ID_BYTES], size_t *count);
/* Whether a row that says the same is there. */
bool waiting_has(const struct waiting *waiting, const struct hc_row *row);

/* Marks an owner's rows for waiting_update to take out: those that its entry supersedes, or all if `entry` is NULL. Says
 * whether any is marked. */
bool waiting_mark(struct waiting *waiting, const uint8_t id[static HC_ID_BYTES], const struct entry *entry);
/* Takes all rows of an owner out. */
void waiting_forget(struct waiting *waiting, const uint8_t id[static HC_ID_BYTES]);
/* A merge has tried the marked rows, and all ripe ones among them: none is ripe now. */
void waiting_tried(struct waiting *waiting);
/* The marked row at `index` goes on waiting. */
void waiting_keep(struct waiting *waiting, size_t index, bool ripe);

/* Makes room for `more` others, beyond all bounds for a while; after that waiting_update cannot fail. */
enum hc_code waiting_reserve(struct waiting *waiting, size_t more) HC_MUST_USE;
/* Takes out the marked rows, and puts in others: verified, in order, none of which is there; with a reference to each. Then
 * the oldest go until all bounds hold. */
void waiting_update(struct waiting *waiting, struct hc_row *const *rows, size_t count);
/* The credits of an owner have grown: its rows are to be tried again. */
void waiting_ripen(struct waiting *waiting, const uint8_t id[static HC_ID_BYTES]);

/* For table_verify: order, bounds, sums, signatures that were checked. */
bool waiting_verify(const struct waiting *waiting);

#endif
