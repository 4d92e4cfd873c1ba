/* Claims: the rows of a message that a merge may take in, sorted by owner and verified (M1, M2, M4, M5). merge.h's first half.
 *
 *   claims_collect   leaves out what is known (M2) or waits already; sets rows about ourselves aside (M5)
 *   claims_join      adds waiting rows of owners that the claims pay (L3)
 *   claims_group     sorts all by owner; leaves out owners for which the table has no room (M1)
 *   claims_verify    checks each signature and draw; one forged row ends it all (M4)
 */
#ifndef HOWCOIN_CORE_CLAIMS_H
#define HOWCOIN_CORE_CLAIMS_H

#include "core/table/merge.h"

/* A row that may be taken in. */
struct claim {
    struct hc_row *row; /* borrowed: from the caller, or from the waiting rows */
    size_t place;       /* index of the owner's entry before the merge, or where it would be */
    bool known;         /* there is such an entry */
    bool out;           /* the owner cannot pay (L3); set by the merge */
    size_t waiting;     /* index of the row among the waiting rows, or NOT_WAITING */
};
#define NOT_WAITING SIZE_MAX

/* The claims of one owner. */
struct group {
    size_t first, count; /* its claims, in the order of row_compare; at least one */
    size_t entry;        /* index of the owner's entry: before the merge as in a claim, from merge_enter on as it is */
    bool known;          /* the owner had an entry before */
    bool queued;         /* merge_settle has to look at it */
    struct entry before; /* what the entry was; the references are still the table's */
};

struct claims {
    struct table *table;
    struct claim *list; /* ascending by row_order once they are grouped */
    size_t count, capacity;
    struct group *groups; /* ascending by owner */
    size_t group_count;
    size_t fresh;   /* groups of owners that had no entry before */
    size_t checks;  /* signatures checked so far */
    size_t unknown; /* rows of the message that are neither known nor wait here */
};

/* Makes the claims of a message; begins with a zeroed struct that names the table, and ends with claims_free in every case.
 * While they exist, the waiting rows among them are marked. Sets merge->own, counts in merge->refused what is left out. */
enum hc_code claims_make(struct claims *claims, struct merge *merge, struct hc_row *const *rows, size_t count,
                         const uint8_t own_id[static HC_ID_BYTES]) HC_MUST_USE;
void claims_free(struct claims *claims);

/* The owner of a group. */
const uint8_t *group_id(const struct claims *claims, const struct group *group);
/* The group of an owner; NULL if it has none. */
struct group *claims_find_group(const struct claims *claims, const uint8_t id[static HC_ID_BYTES]);

#endif
