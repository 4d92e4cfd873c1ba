/* cJSON, with one place for want of memory and one for large numbers. */
#include "daemon/json.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/text.h"

/* Digits of a 128-bit integer, its sign and its end. */
#define INTEGER_CHARS 48

void json_begin(struct json *json)
{
    json->root = cJSON_CreateObject();
    json->failed = !json->root;
}

char *json_line(struct json *json)
{
    char *text = json->failed ? NULL : cJSON_PrintUnformatted(json->root), *line = NULL;
    cJSON_Delete(json->root);
    json->root = NULL;
    if (text) {
        size_t bytes = strlen(text);
        line = malloc(bytes + 2);
        if (line) {
            memcpy(line, text, bytes);
            memcpy(line + bytes, "\n", 2);
        }
    }
    cJSON_free(text);
    return line;
}

/* Takes note of whether there was memory for a piece. */
static cJSON *noted(struct json *json, cJSON *piece)
{
    ASSERT(json->root || json->failed);
    json->failed = json->failed || !piece;
    return piece;
}

cJSON *json_object(struct json *json, cJSON *to, const char *key)
{
    return noted(json, cJSON_AddObjectToObject(to, key));
}

cJSON *json_array(struct json *json, cJSON *to, const char *key)
{
    return noted(json, cJSON_AddArrayToObject(to, key));
}

cJSON *json_item(struct json *json, cJSON *array)
{
    cJSON *item = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        item = NULL;
    }
    return noted(json, item);
}

void json_text(struct json *json, cJSON *to, const char *key, const char *text)
{
    ASSERT(text);
    (void)noted(json, cJSON_AddStringToObject(to, key, text));
}

void json_bool(struct json *json, cJSON *to, const char *key, bool value)
{
    (void)noted(json, cJSON_AddBoolToObject(to, key, value));
}

/* cJSON holds numbers as doubles and prints large ones with an exponent; so the digits are written here. */
void json_integer(struct json *json, cJSON *to, const char *key, hc_coin_sum value)
{
    char text[INTEGER_CHARS];
    char *at = text + sizeof text - 1;
    bool negative = value < 0;
    *at = '\0';
    do {
        int digit = (int)(value % 10);
        *--at = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value != 0);
    if (negative) {
        *--at = '-';
    }
    (void)noted(json, cJSON_AddRawToObject(to, key, at));
}

void json_hex(struct json *json, cJSON *to, const char *key, const uint8_t *bytes, size_t count)
{
    char hex[HEX_CHARS(HC_HASH_BYTES) + 1];
    ASSERT(count <= HC_HASH_BYTES);
    hex_encode(hex, bytes, count);
    json_text(json, to, key, hex);
}

bool json_read_number(uint64_t *out, const cJSON *object, const char *key, uint64_t least, uint64_t most)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    ASSERT(least <= most && most <= HC_NUMBER_MAX);
    if (!item) {
        return *out >= least;
    }
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)least && item->valuedouble <= (double)most) ||
        item->valuedouble != (double)(uint64_t)item->valuedouble) {
        return false;
    }
    *out = (uint64_t)item->valuedouble;
    return true;
}
