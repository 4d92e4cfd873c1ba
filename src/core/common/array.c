/* Growth by doubling, and of large arrays by a quarter, for every array of the program. */
#include "core/common/array.h"

#include <stdint.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/memory.h"

#define FIRST_CAPACITY 4u
#define LARGE_CAPACITY 128u /* from here on room that is not used costs more than a few more moves */

bool array_reserve(void *list, size_t *capacity, size_t needed, size_t element_bytes)
{
    void *old;
    ASSERT(list && capacity && element_bytes > 0);
    if (needed <= *capacity) {
        return true;
    }
    size_t more = *capacity < LARGE_CAPACITY ? *capacity : *capacity / 4;
    size_t larger = *capacity > SIZE_MAX - more ? needed : *capacity + more;
    larger = larger < FIRST_CAPACITY ? FIRST_CAPACITY : larger;
    larger = larger < needed ? needed : larger;
    memcpy(&old, list, sizeof old); /* the pointer's type is the caller's; all have one form */
    void *resized = memory_resize(old, larger, element_bytes);
    if (!resized) {
        return false;
    }
    memcpy(list, &resized, sizeof resized);
    *capacity = larger;
    ASSERT(*capacity >= needed);
    return true;
}
