/* "Did you mean ...?": whether a word that is not known was probably meant to be one that is. */
#ifndef HOWCOIN_CLI_ALIKE_H
#define HOWCOIN_CLI_ALIKE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the first `chars` characters of `typed` are at most two slips of the finger from `known`. */
bool alike(const char *typed, size_t chars, const char *known);

#endif
