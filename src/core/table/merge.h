/* Merging: how the rows of a message come into the table, all together (M1-M7, L3).
 *
 * It is commutative, associative and idempotent (M7): any order and any repetition of the same rows ends in the same table,
 * as with any state-based CRDT.
 */
#ifndef HOWCOIN_CORE_MERGE_H
#define HOWCOIN_CORE_MERGE_H

#include "core/table/table.h"

/* What one message changed about one owner. */
struct change {
    struct hc_row *before; /* the row that spoke for the owner, or NULL if it is new; a reference */
    struct hc_row *after;  /* the one that does now; a reference */
    size_t place;          /* of the owner's entry in the table; a hint */
    bool forked;           /* this message proved it */
};

struct merge {
    struct change *changes; /* at most one an owner, ascending by id */
    size_t change_count;
    struct hc_row
        *own[OWNER_ROWS_MAX]; /* rows of `own_id`, verified, not superseded by what the table has; references */
    size_t own_count;
    size_t refused[HC_CODE_COUNT]; /* rows that were not taken in, by reason */
};

/* Takes rows in, all together (L3), and with them those that wait here and are paid by them. Rows of `own_id` are not taken
 * in but handed back in merge->own (M5).
 * HC_BAD_SIGNATURE, HC_BAD_DRAW: one row is forged; the table is as it was, and merge->refused counts that row.
 * HC_BUSY: it takes more than `checks_most` signatures; the table is as it was, merge->refused means nothing, and the
 * next call with the same rows goes on where this one stopped.
 * HC_NO_MEMORY: the table is as it was. merge_free in every case. */
enum hc_code table_merge(struct table *table, struct merge *merge, struct hc_row *const *rows, size_t count,
                         const uint8_t own_id[static HC_ID_BYTES]) HC_MUST_USE;
void merge_free(struct merge *merge);

#endif
