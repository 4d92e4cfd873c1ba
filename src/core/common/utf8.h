/* UTF-8 (RFC 3629), a character at a time. Below everything else here: errors are cleaned with it, too. */
#ifndef HOWCOIN_CORE_UTF8_H
#define HOWCOIN_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Reads one character from at least one byte. Returns its length in bytes; 0 if it is not UTF-8. */
size_t utf8_read(uint32_t *character, const uint8_t *text, size_t bytes);
/* Puts a '?' in place of each control byte, and of each byte that is not UTF-8: what was quoted from outside may be
 * malformed, or was cut in the middle of a character. */
void utf8_clean(char *text);

#endif
