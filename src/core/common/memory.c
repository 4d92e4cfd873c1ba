/* The allocator of every real program. Tests link another (src/sim/memory_faults.c). */
#include "core/common/memory.h"

#include <stdlib.h>

#include "core/common/error.h"

void *memory_new(size_t count, size_t size)
{
    return calloc(count, size);
}

void *memory_resize(void *block, size_t count, size_t size)
{
    ASSERT(count > 0 && size > 0); /* realloc to nothing would free the block, or not */
    return reallocarray(block, count, size);
}

void memory_free(void *block)
{
    free(block);
}
