/* All that a node knows of one owner: the row that stands, or the rows that prove a fork (M2, M3, M6).
 *
 * Entries hold no references and know no balances: table.h counts both.
 */
#ifndef HOWCOIN_CORE_ENTRY_H
#define HOWCOIN_CORE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "core/rows/row.h"
#include "howcoin/node.h"

/* Zeroed: an empty entry, into which the first row can be installed. */
struct entry {
    struct hc_row *branches[BRANCHES_MAX]; /* ascending by hash; none supersedes another. More than one: a fork (M6) */
    size_t branch_count;                   /* 1 to BRANCHES_MAX; 0 only while a merge goes on */
    /* Rows of this owner were left out because the branches were full (M6). What they paid is in no balance, so the payees may
     * be in debt, and other nodes may hold other rows of this owner. The node remembers it as long as the entry exists;
     * it is no part of the table's content, and is never told or compared. */
    bool incomplete;
    uint8_t bucket; /* of its rows; of an empty one it means nothing */
};

/* The row that speaks for the owner: the newest branch. The entry is not empty. */
struct hc_row *entry_row(const struct entry *entry);
bool entry_is_forked(const struct entry *entry);
/* The entry is not empty. */
static inline const uint8_t *entry_id(const struct entry *entry)
{
    return entry->branches[0]->fields.id;
}

/* M2: whether the entry holds a row that makes this one superfluous. An empty one does not. */
bool entry_supersedes(const struct entry *entry, const struct hc_row *row);
/* M6: whether the row would be left out at once, as others were before it: its signature need not be checked. */
bool entry_leaves_out(const struct entry *entry, const struct hc_row *row);
/* M3, M6: the row replaces every branch that it supersedes, and stands beside the others. Of more than BRANCHES_MAX branches,
 * those with the smallest hashes stay. */
void entry_install(struct entry *entry, struct hc_row *row);

/* What the owner has sent to a payee, and to all payees. Of a forked owner the greatest sum for each payee counts (M6). */
uint64_t entry_sent_to(const struct entry *entry, const uint8_t payee[static HC_ID_BYTES]);
hc_coin_sum entry_sent(const struct entry *entry);

/* Everything that must always hold of an entry in a table. For table_verify. */
bool entry_verify(const struct entry *entry);

#endif
