/* `more`: what a later version says in a row, and this one does not know (R7). It is kept and passed on. The
 * signature covers it as bytes: those of its one canonical form. */
#ifndef HOWCOIN_CORE_MORE_H
#define HOWCOIN_CORE_MORE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "core/common/error.h"
#include "core/common/limits.h"

/* Writes the canonical form of an object that came from outside: no blanks; members ascending by key as bytes, each
 * once; numbers in decimal; in strings no escapes but \" \\ and, for control characters, \u00xx. *bytes is 0 if it
 * has no members. HC_BAD_ROW: not an object, too large or too deep, a key twice, or a number that is none of the
 * protocol (R5). */
enum hc_code more_read(char out[static MORE_BYTES_MAX], size_t *bytes, const cJSON *object,
                       struct hc_fault *fault) HC_MUST_USE;

#endif
