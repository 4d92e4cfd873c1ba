/* What this node tells others: all rows that it knows, and which of their owners it holds as gone. One shared,
 * immutable state that is made when it is needed, and made again when something changed.
 */
#ifndef HOWCOIN_CORE_TOLD_H
#define HOWCOIN_CORE_TOLD_H

#include <stdint.h>

#include "core/node/base.h"
#include "core/rows/state.h"

/* Zeroed at first. */
struct told {
    struct hc_state *state; /* a reference; as of what stands below; NULL: to be made */
    uint64_t table_revision, members_revision;
    int64_t made_ms;
};

void told_free(struct told *told);

/* What this node tells now: a reference for the caller, or NULL if memory ran out. Draws chance if the table does not
 * fit a frame. */
struct hc_state *told_now(struct told *told, struct base *base);
/* A state with nothing but our own row: a reference for the caller, or NULL if memory ran out. */
struct hc_state *told_own(struct base *base);
/* Adds to a state what is told of one owner: its row, live or gone, and all of them if it forked. HC_NO_MEMORY. */
enum hc_code told_add(struct hc_state *state, const struct base *base, const struct entry *entry) HC_MUST_USE;
/* What it tells `member`: with the member's row, however long that has been gone (P10). */
struct hc_state *told_with(struct told *told, struct base *base, struct member *member);

#endif
