/* Defines every function of src/core/common/memory.c and is linked before the core's archive, so the linker takes none
 * from there. If one were missing here, both files would be linked, and the linker would find the others defined twice.
 */
#include "sim/memory_faults.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/common/error.h"
#include "core/common/memory.h"

static long successes_left = -1;

static bool may_succeed(void)
{
    if (successes_left > 0) {
        successes_left--;
        return true;
    }
    return successes_left < 0;
}

void *memory_new(size_t count, size_t size)
{
    return may_succeed() ? calloc(count, size) : NULL;
}

void *memory_resize(void *block, size_t count, size_t size)
{
    ASSERT(count > 0 && size > 0);
    return may_succeed() ? reallocarray(block, count, size) : NULL;
}

void memory_free(void *block)
{
    free(block);
}

static void *json_allocate(size_t bytes)
{
    return may_succeed() ? malloc(bytes) : NULL;
}

void memory_fail_after(long successes)
{
    successes_left = successes;
    /* cJSON takes its allocator once for the whole process. */
    cJSON_Hooks hooks = {.malloc_fn = json_allocate, .free_fn = free};
    cJSON_InitHooks(successes < 0 ? NULL : &hooks);
}
