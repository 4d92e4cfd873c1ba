/* Ids: how they are compared, and how one is found in a list that is ascending by them. */
#ifndef HOWCOIN_CORE_ID_H
#define HOWCOIN_CORE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/limits.h"

/* As bytes, like memcmp. */
static inline int id_compare(const uint8_t a[static HC_ID_BYTES], const uint8_t b[static HC_ID_BYTES])
{
    return memcmp(a, b, HC_ID_BYTES);
}

static inline bool id_equal(const uint8_t a[static HC_ID_BYTES], const uint8_t b[static HC_ID_BYTES])
{
    return id_compare(a, b) == 0;
}

static inline void id_copy(uint8_t to[static HC_ID_BYTES], const uint8_t from[static HC_ID_BYTES])
{
    memcpy(to, from, HC_ID_BYTES);
}

/* The id of a list's element at `index`. Where it is known at compile time, it costs no call. */
typedef const uint8_t *id_at(const void *list, size_t index);

/* The index of the first element whose id is not less than `id`: where it is (*found), or where it would be. */
static inline size_t id_place(const void *list, size_t count, id_at *at, const uint8_t id[static HC_ID_BYTES],
                              bool *found)
{
    size_t low = 0, high = count;
    ASSERT(list || count == 0);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (id_compare(at(list, middle), id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low < count && id_equal(at(list, low), id);
    return low;
}

#endif
