/* What the fuzzers share: the network of docs/PROTOCOL.md's examples, a few keys, and an input that is taken byte by byte. */
#ifndef HOWCOIN_TESTS_FUZZ_FUZZ_H
#define HOWCOIN_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "howcoin/coins.h"
#include "howcoin/error.h"
#include "howcoin/identity.h"

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

static inline const struct coins *fuzz_coins(void)
{
    static struct coins coins;
    if (coins.count == 0) {
        static const char text[] = "10\n20\n30\n115\n7\n";
        enum hc_code code = coins_parse(&coins, text, sizeof text - 1, "fuzz", "", NULL);
        ASSERT(code == HC_OK);
    }
    return &coins;
}

/* The keys of the examples: number n has the seed 32n, 32n+1, ... 32n+31. */
static inline const struct identity *fuzz_key(unsigned number)
{
    static struct identity keys[FUZZ_KEYS];
    static bool made;
    for (unsigned i = 0; !made && i < FUZZ_KEYS; i++) {
        uint8_t seed[SEED_BYTES];
        for (unsigned b = 0; b < SEED_BYTES; b++) {
            seed[b] = (uint8_t)(SEED_BYTES * i + b);
        }
        identity_from_seed(&keys[i], seed);
    }
    made = true;
    return &keys[number % FUZZ_KEYS];
}

#endif
