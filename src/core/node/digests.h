/* The two digests of what a node tells (K6), and whom it tells of. One is of the rows; the other, the whole, of rows and
 * statuses: there each entry's hashes are followed by one byte, 0 if its owner is live here and 1 if not. rows/tree.h has
 * their form. Both leave out members that others are not told of.
 *
 * They are computed when they are asked for, from what changed since. The table notes the buckets where rows come or go,
 * the members those where a status changes, digests_judge those where it changes who is told of.
 */
#ifndef HOWCOIN_CORE_DIGESTS_H
#define HOWCOIN_CORE_DIGESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/rows/tree.h"

/* What was computed last, and which of it is out of date. */
struct digests {
    uint8_t stale[BUCKET_SET_BYTES]; /* where the digests below are not those of the table */
    uint8_t row_buckets[BUCKETS][HC_DIGEST_BYTES], whole_buckets[BUCKETS][HC_DIGEST_BYTES];
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES]; /* of these buckets */
};

/* The digests of all rows that this node tells, also of those that a frame has no room for. Others compare theirs with
 * these. */
void digests_now(uint8_t rows[static HC_DIGEST_BYTES], uint8_t whole[static HC_DIGEST_BYTES], const struct base *base);
/* The digests of the buckets of the whole. Valid until the next call of either. */
const uint8_t (*digests_buckets(const struct base *base))[HC_DIGEST_BYTES];

/* What stands for an entry in a list: the beginning of its row's hash; of a forked one, of the BLAKE2b-128 over the hashes
 * of its branches. */
void entry_listed_hash(uint8_t hash[static ID_SHORT_BYTES], const struct entry *entry);

/* Whether others are told of a member, by the last look at it (NULL: our own row, which they are). */
bool digests_tell(const struct member *member);
/* Looks anew: something about it changed. */
void digests_judge(struct base *base, struct member *member);
/* Looks at all who are gone: time passes for them, and payments touch them. To be called once a round. */
void digests_sweep(struct base *base);

/* Whether what is not stale is right. For node_verify. */
bool digests_verify(const struct base *base);

#endif
