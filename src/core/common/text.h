/* Text that comes from outside or goes there: bytes as hex or base64url in their one form, and characters that do
 * no harm. */
#ifndef HOWCOIN_CORE_TEXT_H
#define HOWCOIN_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "howcoin/text.h"

#define HEX_CHARS(bytes) (2 * (bytes))
#define BASE64_CHARS(bytes) (((bytes)*4 + 2) / 3)

/* Lowercase hex; writes HEX_CHARS(bytes) characters and a NUL. */
void hex_encode(char *out, const uint8_t *in, size_t bytes);
/* Exactly `bytes` bytes in lowercase hex, nothing else. `out` is zeroed on failure. */
bool hex_decode(uint8_t *out, size_t bytes, const char *text, size_t chars);
/* Unpadded base64url (RFC 4648, section 5); writes BASE64_CHARS(bytes) characters and a NUL. */
void base64_encode(char *out, const uint8_t *in, size_t bytes);
/* Exactly `bytes` bytes in the canonical form, nothing else. `out` is zeroed on failure. */
bool base64_decode(uint8_t *out, size_t bytes, const char *text, size_t chars);

/* Whether a byte string is UTF-8 (RFC 3629). */
bool text_is_utf8(const char *text, size_t bytes);
/* Whether it is that, and each of its characters shows where it stands: no controls, no direction marks, nothing
 * without a width. So it cannot move a terminal's cursor, reorder a line, or look like another text. */
bool text_is_printable(const char *text, size_t bytes);

#endif
