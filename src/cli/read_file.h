/* A whole file in memory: the coins, or a list of payments. */
#ifndef HOWCOIN_CLI_READ_FILE_H
#define HOWCOIN_CLI_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/arguments.h"

/* Reads all of the file, which may be a pipe: its size is known only at the end. A path of NULL is standard input.
 * *text is the caller's, for memory_free; it has a byte of room behind its `*bytes`. False: it cannot be read, or
 * has more than `max` bytes; the complaint calls it `what` ("the coins file"). */
bool read_file(char **text, size_t *bytes, const char *path, const char *what, size_t max, struct complaint *complaint);

#endif
