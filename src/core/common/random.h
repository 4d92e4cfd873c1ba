/* The one source of chance in the core: a ChaCha20 key stream (RFC 8439) from a seed that the shell gives. Without the seed
 * no output can be guessed; with it, a run repeats. */
#ifndef HOWCOIN_CORE_RANDOM_H
#define HOWCOIN_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"

struct random {
    uint8_t key[HC_SEED_BYTES];
    uint64_t block; /* the next block of the stream */
    size_t used;    /* bytes of `buffer` that were given out */
    uint8_t buffer[256];
};

void random_init(struct random *random, const uint8_t seed[static HC_SEED_BYTES]);
void random_bytes(struct random *random, void *out, size_t bytes);
/* A number from 0 to bound - 1, all equally likely. `bound` is at least 1. */
uint64_t random_below(struct random *random, uint64_t bound);

#endif
