/* The core's allocator: malloc, with a switch that lets tests make any allocation fail. */
#ifndef HOWCOIN_MEMORY_H
#define HOWCOIN_MEMORY_H

#include <stddef.h>

/* Zeroed memory, or NULL. `count * size` may not overflow: it is NULL then. */
void *memory_new(size_t count, size_t size);
/* Like realloc for arrays; the old block stays valid if it returns NULL. */
void *memory_resize(void *block, size_t count, size_t size);
/* Frees what the above gave; NULL is fine. */
void memory_free(void *block);

/* For tests: the allocation after `successes` more ones fails, and all after it, until it is called
 * again. A negative number: none fails. cJSON's allocations count, too. */
void memory_fail_after(long successes);

#endif
