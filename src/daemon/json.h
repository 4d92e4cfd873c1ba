/* JSON lines: an object that is put together becomes a line with its end; and numbers out of a request.
 *
 * A piece that finds no memory marks the whole as failed, so that one look at the end is enough: half an object is
 * none.
 */
#ifndef HOWCOIN_DAEMON_JSON_H
#define HOWCOIN_DAEMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/node.h"

struct json {
    cJSON *root; /* owned until json_line */
    bool failed;
};

void json_begin(struct json *json);
/* The object as one line with its end, to be freed with free(); NULL if memory ran out. Drops the object either way. */
char *json_line(struct json *json) HC_MUST_USE;

/* Add to `to`, the root or an object or array of it; a `to` of NULL, which failed before, is fine. */
cJSON *json_object(struct json *json, cJSON *to, const char *key);
cJSON *json_array(struct json *json, cJSON *to, const char *key);
cJSON *json_item(struct json *json, cJSON *array); /* one more object in an array */
void json_text(struct json *json, cJSON *to, const char *key, const char *text);
void json_bool(struct json *json, cJSON *to, const char *key, bool value);
/* Written out in full, digit by digit. */
void json_integer(struct json *json, cJSON *to, const char *key, hc_coin_sum value);
/* At most HC_HASH_BYTES bytes, as lowercase hex. */
void json_hex(struct json *json, cJSON *to, const char *key, const uint8_t *bytes, size_t count);

/* A whole number from `least` to `most` under `key`. *out stays if the key is absent: then true says that what was
 * there fits. False: it is something else. */
bool json_read_number(uint64_t *out, const cJSON *object, const char *key, uint64_t least, uint64_t most) HC_MUST_USE;

#endif
