/* The table: every row that a node knows, and the rules by which rows replace each other (M1-M7, L1-L5).
 *
 * The table has no opinion on who is alive; that is members.h. It depends on the rows it was given and on
 * nothing else, neither time nor order: whoever was given the same rows has the same table (M7).
 */
#ifndef HOWCOIN_TABLE_H
#define HOWCOIN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ledger.h"
#include "core/network.h"
#include "core/row.h"
#include "core/waiting.h"

/* All that is known of one owner. More than one branch: the proof that he forked (M6). */
struct entry {
    struct hc_row *branches[BRANCHES_MAX]; /* ascending by hash; references */
    size_t branch_count;                   /* 1 to BRANCHES_MAX */
    /* Rows of his were left out, for want of a place among the branches (M6). What they paid is in nobody's balance, so that
     * his payees may be in debt, and others may hold other rows of his. This node remembers it as long as the entry is
     * there; it says nothing of the table, and is never told or compared. */
    bool incomplete;
};

struct table {
    const struct hc_network *network; /* borrowed */
    struct entry *entries;            /* ascending by id */
    size_t count, capacity;
    struct ledger ledger;
    struct rows_sum sum; /* of all branches of all entries */
    size_t text_bytes;   /* the same of their text_bytes */
    size_t values;       /* and of their values */
    uint64_t revision;   /* grows with every change */
    /* What merging has cost so far: rows that were looked at, and those that had to be verified (here, or elsewhere in the
     * process before: a simulated node shares its rows with the others). */
    uint64_t compared, verified;
    size_t checks_most; /* signatures that one table_merge checks at most; 0: no bound */
    /* Rows that came, and cannot be paid yet. Credits bring them in with a later merge; so the order in which rows come
     * makes no difference (M7), as long as the pool's bounds suffice. */
    struct waiting waiting;
    /* Whose row table_put_own put here. It is there whether it can be paid or not: what we took over of it (M5) may rest on
     * credits that have not reached us again. */
    uint8_t own[HC_ID_BYTES];
};

/* The row that speaks for its owner: the newest branch. */
struct hc_row *entry_row(const struct entry *entry);
bool entry_is_forked(const struct entry *entry);
const uint8_t *entry_id(const struct entry *entry);

/* `key` seeds the ledger's hash; it decides nothing that can be seen. */
void table_init(struct table *table, const struct hc_network *network, const uint8_t key[static 16]);
void table_free(struct table *table);

/* Index of the owner's entry, or where it would be. `hint` is looked at first, and may be any number. */
size_t table_place(const struct table *table, const uint8_t id[static HC_ID_BYTES], size_t hint, bool *found);
/* NULL if the owner is unknown. Valid until the table changes. */
const struct entry *table_find(const struct table *table, const uint8_t id[static HC_ID_BYTES]);

/* What one message changed about one owner. */
struct change {
    struct hc_row *before; /* the row that spoke for him, or NULL if he is new; a reference */
    struct hc_row *after;  /* the one that does now; a reference */
    size_t place;          /* of his entry in the table; a hint */
    bool forked;           /* this message proved it */
};

struct merge {
    struct change *changes; /* at most one an owner, ascending by id */
    size_t change_count;
    struct hc_row **own; /* rows of the owner that was left out, verified, not superseded by his row; references */
    size_t own_count;
    size_t refused[HC_CODE_COUNT]; /* rows that were not taken in, by reason */
};

/* Takes rows in, all together (L3), and with them those that wait here and are paid by them. Rows of `own_id` are not taken
 * in but handed back in merge->own (M5).
 * HC_BAD_SIGNATURE, HC_BAD_DRAW: one row is forged; the table is as it was, and `merge->refused` counts that row.
 * HC_BUSY: it takes more than `checks_most` signatures; the table is as it was, `merge->refused` means nothing, and the
 * next call with the same rows goes on where this one stopped.
 * HC_NO_MEMORY: the table is as it was. merge_free in every case. */
enum hc_code table_merge(struct table *table, struct merge *merge, struct hc_row *const *rows, size_t count,
                         const uint8_t own_id[static HC_ID_BYTES]) HC_MUST_USE;
void merge_free(struct merge *merge);

/* Puts a row that its owner (we) just signed in the place of all his others. */
enum hc_code table_put_own(struct table *table, struct hc_row *row) HC_MUST_USE;
/* Forgets an owner (P10), and the rows of his that wait: an old row is not to bring him back. Unknown ones are fine. */
void table_remove(struct table *table, const uint8_t id[static HC_ID_BYTES]);

/* L1: coins + credits - sent. Only a forked owner's can be negative, and whose credits shrank when rows were left out of an
 * incomplete entry. Of an id without a row, its credits. */
hc_coin_sum table_balance(const struct table *table, const uint8_t id[static HC_ID_BYTES]);
/* All that an owner, by all of his rows together, has sent: of a forked one, the greatest sum for every payee. */
hc_coin_sum entry_sent(const struct entry *entry);
/* Whether a payment touches the owner: his row keeps others' money right, and is never forgotten (P10, L5). */
bool table_is_touched(const struct table *table, const uint8_t id[static HC_ID_BYTES]);
/* Everything that must always hold, checked the slow way. For tests and the simulator. */
bool table_verify(const struct table *table);

#endif
