/* Arrays that grow: list, count and capacity stand in their owner's struct. */
#ifndef HOWCOIN_CORE_ARRAY_H
#define HOWCOIN_CORE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `needed` elements in all, growing by a quarter at least. False if memory ran out: all is as it was. The list belongs to
 * memory.h: it begins as NULL with capacity 0, and ends with memory_free. */
#define ARRAY_RESERVE(list, capacity, needed) array_reserve(&(list), &(capacity), needed, sizeof *(list))

/* `list` points to the pointer, of whatever type. */
bool array_reserve(void *list, size_t *capacity, size_t needed, size_t element_bytes);

#endif
