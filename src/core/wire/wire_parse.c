/* The limits of a frame, looked for before the parser sees it (W4), and numbers as the protocol has them (R5). */
#include "core/wire/wire_parse.h"

#include <math.h>
#include <string.h>

#include "core/common/text.h"

/* ---- Before parsing: what would make the parser costly, or what it would let pass ---- */

static const char *const nul_text = "a NUL character";

/* Looks at one character of a string and returns how many bytes it has; 0 with a reason if it may not be there. */
static size_t string_step(const char *at, const char *end, const char **reason)
{
    unsigned char c = (unsigned char)*at;
    if (c < 0x20) {
        *reason = c == 0 ? nul_text : "a control character in a string";
        return 0;
    }
    if (c != '\\') {
        return 1;
    }
    if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0) {
        *reason = nul_text;
        return 0;
    }
    return end - at >= 2 ? 2 : 1;
}

/* How many values begin with the character at `at`, outside of strings: a bracket, a string, a number or a word. A string
 * that turns out to be a key counts with the value behind it. */
static int values_begun(char at, bool *in_word)
{
    bool before = *in_word;
    *in_word = false;
    switch (at) {
    case '{':
    case '[':
    case '"':
        return 1;
    case ':':
        return -1;
    case '}':
    case ']':
    case ',':
    case ' ':
    case '\t':
    case '\r':
        return 0;
    default:
        *in_word = true;
        return before ? 0 : 1;
    }
}

/* One pass over the bytes: depth and number of values within their limits, no control characters, UTF-8. */
static enum hc_code line_scan(const char *line, size_t bytes, struct hc_fault *fault)
{
    const char *reason = NULL, *at = line, *end = line + bytes;
    size_t depth = 0;
    long values = 0; /* below 0 between a key and what belongs to it */
    bool in_string = false, in_word = false, ascii = true;
    while (!reason && at < end) {
        unsigned char c = (unsigned char)*at;
        size_t step = 1;
        ascii = ascii && c < 0x80;
        values += in_string ? 0 : values_begun(*at, &in_word);
        if (values > (long)FRAME_VALUES_MAX) {
            reason = "too many values";
        } else if (in_string) {
            in_string = c != '"';
            step = in_string ? string_step(at, end, &reason) : 1;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            reason = ++depth > FRAME_DEPTH_MAX ? "nested too deeply" : NULL;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == '0' && end - at > 1 && at[1] >= '0' && at[1] <= '9' && at > line &&
                   strchr(":[, \t\r", at[-1])) {
            reason = "a number with a leading zero"; /* the parser would take it */
        } else if (c < 0x20 && c != '\t' && c != '\r') {
            reason = c == 0 ? nul_text : "a control character";
        }
        at += reason ? 0 : step;
    }
    if (!reason && !ascii && !text_is_utf8(line, bytes)) {
        reason = "not UTF-8";
    }
    if (reason) {
        return fault_set(fault, HC_BAD_FRAME, "%s, at byte %zu; at most %u levels and %u values are taken", reason,
                         (size_t)(at - line), FRAME_DEPTH_MAX, FRAME_VALUES_MAX);
    }
    return HC_OK;
}

enum hc_code line_parse(cJSON **object, const char *line, size_t bytes, struct hc_fault *fault)
{
    ASSERT(object && (line || bytes == 0));
    *object = NULL;
    if (bytes > HC_FRAME_BYTES_MAX) {
        return fault_set(fault, HC_TOO_LARGE, "a line has at most %u bytes", HC_FRAME_BYTES_MAX);
    }
    enum hc_code code = line_scan(line, bytes, fault);
    if (code != HC_OK) {
        return code;
    }
    const char *end = line;
    cJSON *parsed = cJSON_ParseWithLengthOpts(line, bytes, &end, false);
    if (!parsed) {
        return fault_set(fault, HC_BAD_FRAME, "not JSON, at byte %zu", (size_t)(end - line));
    }
    while (end < line + bytes && strchr(" \t\r", *end)) {
        end++;
    }
    if (!cJSON_IsObject(parsed) || end != line + bytes) {
        bool is_object = cJSON_IsObject(parsed);
        cJSON_Delete(parsed);
        return is_object ? fault_set(fault, HC_BAD_FRAME, "bytes after the object, at byte %zu", (size_t)(end - line))
                         : fault_set(fault, HC_BAD_FRAME, "a JSON object was expected");
    }
    *object = parsed;
    return HC_OK;
}

/* ---- Looking into what was parsed ---- */

enum hc_code keys_find(const cJSON **items, const cJSON *object, const char *const *names, size_t name_count,
                       enum hc_code code, struct hc_fault *fault)
{
    ASSERT(cJSON_IsObject(object) && code != HC_OK);
    memset(items, 0, name_count * sizeof *items);
    for (const cJSON *child = object->child; child; child = child->next) {
        size_t k = 0;
        while (k < name_count && strcmp(child->string, names[k]) != 0) {
            k++;
        }
        if (k == name_count) {
            continue;
        }
        if (items[k]) {
            return fault_set(fault, code, "%s: given twice", names[k]);
        }
        items[k] = child;
    }
    return HC_OK;
}

enum hc_code key_wrong(struct hc_fault *fault, enum hc_code code, const char *key, const char *expected)
{
    return fault_set(fault, code, "%s: %s", key, expected);
}

bool number_read(uint64_t *number, const cJSON *item)
{
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(value >= 0 && value <= (double)HC_NUMBER_MAX) || value != floor(value) || signbit(value)) {
        *number = 0;
        return false;
    }
    *number = (uint64_t)value;
    return true;
}

bool hex_read(uint8_t *out, size_t bytes, const cJSON *item)
{
    return cJSON_IsString(item) && hex_decode(out, bytes, item->valuestring, strlen(item->valuestring));
}

bool base64_read(uint8_t *out, size_t bytes, const cJSON *item)
{
    return cJSON_IsString(item) && base64_decode(out, bytes, item->valuestring, strlen(item->valuestring));
}
