/* The table: every row that a node knows, and the books over them.
 *
 * It has no opinion on which owners are alive; members.h has. It depends on the rows that it was given and on nothing else,
 * neither time nor order: nodes that were given the same rows have the same table (M7). Where its rules live:
 *
 *   M1 a new owner               claims_group      L1 balance                   table_balance
 *   M2 what is known already     claims_collect    L2 a payment is a new row    own.c
 *   M3 which row replaces which  entry_install     L3 rows paid by each other   merge_settle, waiting.h
 *   M4 what is forged            claims_verify     L4 the sum of all balances   table_verify
 *   M5 rows about ourselves      claims_collect,   L5 coins of the gone stay    table_is_touched
 *                                then own.c
 *   M6 forks                     entry.h
 *   M7 any order                 merge.h
 */
#ifndef HOWCOIN_CORE_TABLE_H
#define HOWCOIN_CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rows/network.h"
#include "core/rows/row.h"
#include "core/table/entry.h"
#include "core/table/ledger.h"
#include "core/table/waiting.h"

struct table {
    const struct hc_network *network; /* borrowed */
    struct entry *entries;            /* ascending by id; a reference to each branch */
    size_t count, capacity;
    struct ledger ledger;
    size_t text_bytes; /* of all branches of all entries together */
    size_t values;     /* and of their values */
    uint64_t revision; /* grows with every change */
    uint8_t *stale;    /* a set (tree.h) to which buckets are added where rows come or go; borrowed; NULL: none asks */
    /* What merging has cost so far: rows that were looked at, and those that had to be verified (here, or elsewhere in the
     * process before: a simulated node shares its rows with the others). */
    uint64_t compared, verified;
    size_t checks_most; /* limit on the signatures that one table_merge checks; 0: none */
    /* Rows that came, and that their owners cannot pay yet. Credits bring them in with a later merge; so the order in which
     * rows come makes no difference (M7), as long as the pool's bounds suffice. */
    struct waiting waiting;
    /* The owner of the row that table_put_own put here. That row is in the table whether it can be paid or not: what we took
     * over of it (M5) may rest on credits that have not reached us again. */
    uint8_t own[HC_ID_BYTES];
};

/* `key` seeds the ledger's hash; it decides nothing that can be seen. */
void table_init(struct table *table, const struct hc_network *network, const uint8_t key[static 16]);
void table_free(struct table *table);

/* Index of the owner's entry, or where it would be. `hint` is looked at first, and may be any number. */
size_t table_place(const struct table *table, const uint8_t id[static HC_ID_BYTES], size_t hint, bool *found);
/* The place of the first entry whose id begins with `id` or comes after it. */
size_t table_place_short(const struct table *table, const uint8_t id[static ID_SHORT_BYTES]);
/* Whether there is an entry at `at` whose id begins so: they stand side by side. */
bool table_is_short(const struct table *table, size_t at, const uint8_t id[static ID_SHORT_BYTES]);
/* NULL if the owner is unknown. Valid until the table changes. */
const struct entry *table_find(const struct table *table, const uint8_t id[static HC_ID_BYTES]);

/* Puts a row that we just signed in the place of all our others. */
enum hc_code table_put_own(struct table *table, struct hc_row *row) HC_MUST_USE;
/* Forgets an owner (P10), and those of its rows that wait: an old row must not bring it back. Unknown ones are fine. */
void table_remove(struct table *table, const uint8_t id[static HC_ID_BYTES]);

/* L1: coins + credits - sent. Negative only if the owner forked, or if its credits shrank when rows were left out of an
 * incomplete entry. Of an id without a row, its credits. */
hc_coin_sum table_balance(const struct table *table, const uint8_t id[static HC_ID_BYTES]);
/* Whether a payment touches the owner: its row keeps the money of others right, and is never forgotten (P10, L5). */
bool table_is_touched(const struct table *table, const uint8_t id[static HC_ID_BYTES]);
/* Everything that must always hold, checked the slow way. For tests and the simulator. */
bool table_verify(const struct table *table);

/* ---- For merge.c, which changes entries by itself ---- */

/* Makes room for `more` entries. */
enum hc_code table_reserve(struct table *table, size_t more) HC_MUST_USE;
/* Counts a row that has become a branch, with a reference to it, or one that is no branch any more. */
void table_hold(struct table *table, struct hc_row *row);
void table_release(struct table *table, struct hc_row *row);
/* L3: whether the row's owner cannot pay what the row has sent, by the credits that are known now. */
bool table_is_poor(const struct table *table, const struct hc_row *row);

#endif
