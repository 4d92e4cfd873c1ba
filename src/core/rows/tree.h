/* The hash tree over a table's rows (K6): rows fall into BUCKETS by a hash of their owner's id, each bucket has a digest, and
 * the table's digest is the hash of these. Two tables are the same if their digests are, and differ only in buckets whose
 * digests do. A tree after R. Merkle; not a sum of hashes, which can be made to collide (Wagner 2002).
 *
 *   a bucket   BLAKE2b-128 over its entries in order of ids; of each the hashes of all its branches, in order
 *   the table  BLAKE2b-128 over the digests of all buckets
 */
#ifndef HOWCOIN_CORE_TREE_H
#define HOWCOIN_CORE_TREE_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "core/rows/row.h"

/* ---- Sets of buckets ---- */

/* Bit b % 8 of byte b / 8 is bucket b. */
#define BUCKET_SET_BYTES (BUCKETS / 8u)

static inline void bucket_set_add(uint8_t set[static BUCKET_SET_BYTES], uint8_t bucket)
{
    set[bucket / 8] |= (uint8_t)(1u << bucket % 8);
}

static inline bool bucket_set_has(const uint8_t set[static BUCKET_SET_BYTES], uint8_t bucket)
{
    return set[bucket / 8] >> bucket % 8 & 1;
}

/* ---- Trees ---- */

/* Buckets while they are hashed. Large (100 kB), and for the stack. */
struct tree {
    bool begun[BUCKETS];
    crypto_generichash_state states[BUCKETS]; /* set where `begun` */
};

void tree_begin(struct tree *tree);
/* The next entry of a bucket. The branches of one owner are ascending by hash. */
void tree_add(struct tree *tree, uint8_t bucket, struct hc_row *const *branches, size_t count);
/* A byte more on it, for trees that are of more than the rows. */
void tree_add_byte(struct tree *tree, uint8_t bucket, uint8_t byte);
/* Ends the tree: writes the digests of all buckets, or of those in `set`; of the others nothing must have been added. */
void tree_end(struct tree *tree, uint8_t digests[static BUCKETS][HC_DIGEST_BYTES], const uint8_t *set);

/* The digest of a table whose buckets have these. */
void tree_digest(uint8_t digest[static HC_DIGEST_BYTES], const uint8_t digests[static BUCKETS][HC_DIGEST_BYTES]);

#endif
