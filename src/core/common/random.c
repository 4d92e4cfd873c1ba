/* Random bytes, and unbiased numbers from them. */
#include "core/common/random.h"

#include <sodium.h>
#include <string.h>

#include "core/common/error.h"

void random_init(struct random *random, const uint8_t seed[static HC_SEED_BYTES])
{
    static_assert(HC_SEED_BYTES == crypto_stream_chacha20_KEYBYTES, "a seed is a key");
    *random = (struct random){.used = sizeof random->buffer};
    memcpy(random->key, seed, HC_SEED_BYTES);
}

static void refill(struct random *random)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    memset(random->buffer, 0, sizeof random->buffer);
    crypto_stream_chacha20_xor_ic(random->buffer, random->buffer, sizeof random->buffer, nonce, random->block,
                                  random->key);
    random->block += sizeof random->buffer / 64;
    random->used = 0;
}

void random_bytes(struct random *random, void *out, size_t bytes)
{
    ASSERT(random->used <= sizeof random->buffer);
    for (uint8_t *to = out; bytes > 0;) {
        if (random->used == sizeof random->buffer) {
            refill(random);
        }
        size_t some = sizeof random->buffer - random->used;
        some = some < bytes ? some : bytes;
        memcpy(to, random->buffer + random->used, some);
        random->used += some;
        to += some;
        bytes -= some;
    }
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    ASSERT(bound > 0);
    /* Numbers from the last, incomplete run of `bound` would make the low ones likelier. */
    uint64_t number, skip = -bound % bound;
    do {
        uint8_t bytes[8];
        random_bytes(random, bytes, sizeof bytes);
        number = 0;
        for (size_t i = 0; i < sizeof bytes; i++) {
            number = number << 8 | bytes[i];
        }
    } while (number < skip);
    ASSERT(number >= skip);
    return number % bound;
}
