/* The hash tree: entries stream into their buckets. */
#include "core/rows/tree.h"

#include <string.h>

void tree_begin(struct tree *tree)
{
    memset(tree->begun, 0, sizeof tree->begun);
}

static crypto_generichash_state *bucket_state(struct tree *tree, uint8_t bucket)
{
    if (!tree->begun[bucket]) {
        crypto_generichash_init(&tree->states[bucket], NULL, 0, HC_DIGEST_BYTES);
        tree->begun[bucket] = true;
    }
    return &tree->states[bucket];
}

void tree_add(struct tree *tree, uint8_t bucket, struct hc_row *const *branches, size_t count)
{
    crypto_generichash_state *state = bucket_state(tree, bucket);
    for (size_t b = 0; b < count; b++) {
        ASSERT(branches[b]->bucket == bucket);
        crypto_generichash_update(state, branches[b]->hash, HC_HASH_BYTES);
    }
}

void tree_add_byte(struct tree *tree, uint8_t bucket, uint8_t byte)
{
    crypto_generichash_update(bucket_state(tree, bucket), &byte, 1);
}

void tree_end(struct tree *tree, uint8_t digests[static BUCKETS][HC_DIGEST_BYTES], const uint8_t *set)
{
    uint8_t empty[HC_DIGEST_BYTES]; /* of a bucket without entries */
    crypto_generichash(empty, sizeof empty, NULL, 0, NULL, 0);
    for (unsigned b = 0; b < BUCKETS; b++) {
        if (set && !bucket_set_has(set, (uint8_t)b)) {
            ASSERT(!tree->begun[b]);
        } else if (tree->begun[b]) {
            crypto_generichash_final(&tree->states[b], digests[b], HC_DIGEST_BYTES);
        } else {
            memcpy(digests[b], empty, sizeof empty);
        }
    }
}

void tree_digest(uint8_t digest[static HC_DIGEST_BYTES], const uint8_t digests[static BUCKETS][HC_DIGEST_BYTES])
{
    crypto_generichash(digest, HC_DIGEST_BYTES, digests[0], (size_t)BUCKETS * HC_DIGEST_BYTES, NULL, 0);
}
