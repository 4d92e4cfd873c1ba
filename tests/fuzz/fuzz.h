/* What the fuzzers share: the network of docs/PROTOCOL.md's examples, a few keys, and an input that is taken byte by
 * byte. */
#ifndef HOWCOIN_TESTS_FUZZ_FUZZ_H
#define HOWCOIN_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/common/error.h"
#include "core/rows/identity.h"
#include "core/rows/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_KEYS 8u

struct fuzz_input {
    const uint8_t *at, *end;
};

/* 0 when there is nothing left. */
static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

static inline const struct hc_network *fuzz_coins(void)
{
    static struct hc_network *network;
    if (!network) {
        static const char text[] = "10\n20\n30\n115\n7\n";
        enum hc_code code = hc_network_new(&network, text, sizeof text - 1, "fuzz", "", NULL);
        ASSERT(code == HC_OK);
    }
    return network;
}

/* The keys of the examples: number n has the seed 32n, 32n+1, ... 32n+31. */
static inline const struct hc_identity *fuzz_key(unsigned number)
{
    static struct hc_identity keys[FUZZ_KEYS];
    static bool made;
    for (unsigned i = 0; !made && i < FUZZ_KEYS; i++) {
        uint8_t seed[HC_SEED_BYTES];
        for (unsigned b = 0; b < HC_SEED_BYTES; b++) {
            seed[b] = (uint8_t)(HC_SEED_BYTES * i + b);
        }
        hc_identity_from_seed(&keys[i], seed);
    }
    made = true;
    return &keys[number % FUZZ_KEYS];
}

#endif
