/* Numbers as bytes, most significant first, as in everything that is signed or hashed. */
#ifndef HOWCOIN_CORE_BYTES_H
#define HOWCOIN_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t *bytes_put(uint8_t *to, const void *from, size_t count)
{
    memcpy(to, from, count);
    return to + count;
}

/* The low `count` bytes of a number. */
static inline uint8_t *bytes_put_number(uint8_t *to, uint64_t number, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (uint8_t)(number >> (8 * (count - 1 - i)));
    }
    return to + count;
}

static inline uint64_t bytes_get_number(const uint8_t *from, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number << 8 | from[i];
    }
    return number;
}

#endif
