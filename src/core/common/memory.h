/* The core's allocator. A file of its own, so that tests can link one that fails (sim/memory_faults.h). */
#ifndef HOWCOIN_CORE_MEMORY_H
#define HOWCOIN_CORE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for `count` elements, or NULL, also if `count * size` overflows. */
void *memory_new(size_t count, size_t size);
/* Like realloc, for arrays of at least one element. The old block stays valid if it returns NULL. */
void *memory_resize(void *block, size_t count, size_t size);
/* Frees what the above gave. NULL is fine. */
void memory_free(void *block);

#endif
