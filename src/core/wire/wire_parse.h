/* One line as JSON, within the limits of the protocol (W4, R5): what would make the parser costly is refused before
 * it is asked, and so is what it would let pass.
 */
#ifndef HOWCOIN_CORE_WIRE_PARSE_H
#define HOWCOIN_CORE_WIRE_PARSE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"

/* Parses a line without its end into an object, to be freed with cJSON_Delete. HC_TOO_LARGE, HC_BAD_FRAME: *object
 * is NULL. Memory that runs out looks like HC_BAD_FRAME, too: the parser does not tell them apart. */
enum hc_code line_parse(cJSON **object, const char *line, size_t bytes, struct hc_fault *fault) HC_MUST_USE;

/* Puts the object's known keys into `items`, in the order of `names`; NULL where one is absent. None may stand
 * twice: it is `code` then. Unknown ones are skipped (W4). */
enum hc_code keys_find(const cJSON **items, const cJSON *object, const char *const *names, size_t name_count,
                       enum hc_code code, struct hc_fault *fault) HC_MUST_USE;

/* Says what was expected of a key, and returns `code`. */
enum hc_code key_wrong(struct hc_fault *fault, enum hc_code code, const char *key, const char *expected);

/* R5: a whole number from 0 to HC_NUMBER_MAX, however it is written. */
bool number_read(uint64_t *number, const cJSON *item);
/* Exactly `bytes` bytes, in the one form that text.h has for them. */
bool hex_read(uint8_t *out, size_t bytes, const cJSON *item);
bool base64_read(uint8_t *out, size_t bytes, const cJSON *item);

#endif
