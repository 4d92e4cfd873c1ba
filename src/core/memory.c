#include "core/memory.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static long successes_left = -1;

static int may_succeed(void)
{
    if (successes_left < 0) {
        return 1;
    }
    if (successes_left == 0) {
        return 0;
    }
    successes_left--;
    return 1;
}

void *memory_new(size_t count, size_t size)
{
    return may_succeed() ? calloc(count, size) : NULL;
}

void *memory_resize(void *block, size_t count, size_t size)
{
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
    /* cJSON takes its allocator once for the whole process; only tests put ours in its place. */
    cJSON_Hooks hooks = {.malloc_fn = json_allocate, .free_fn = free};
    cJSON_InitHooks(successes < 0 ? NULL : &hooks);
}
