/* Canonical JSON, written once more from what was parsed. */
#include "core/wire/more.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/wire_parse.h"

/* A member takes five bytes at least, "":0 and a comma or brace; an object with more of them does not fit. */
#define MEMBERS_MAX (MORE_BYTES_MAX / 5)

struct writer {
    char *out; /* MORE_BYTES_MAX of them */
    size_t used;
    const char *wrong; /* NULL: nothing so far. Otherwise nothing more is written */
};

static void put_bytes(struct writer *writer, const char *bytes, size_t count)
{
    ASSERT(writer->used <= MORE_BYTES_MAX);
    if (count > MORE_BYTES_MAX - writer->used) {
        writer->wrong = "larger than its limit";
    }
    if (!writer->wrong) {
        memcpy(writer->out + writer->used, bytes, count);
        writer->used += count;
    }
}

static void put(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

static void put_string(struct writer *writer, const char *text)
{
    put(writer, "\"");
    for (; *text && !writer->wrong; text++) {
        char escape[8];
        if (*text == '"' || *text == '\\') {
            put(writer, "\\");
        } else if ((unsigned char)*text < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*text);
            put(writer, escape);
            continue;
        }
        put_bytes(writer, text, 1);
    }
    put(writer, "\"");
}

static int key_order(const void *left, const void *right)
{
    return strcmp((*(const cJSON *const *)left)->string, (*(const cJSON *const *)right)->string);
}

static void put_value(struct writer *writer, const cJSON *value, unsigned depth);

static void put_object(struct writer *writer, const cJSON *object, unsigned depth)
{
    const cJSON *members[MEMBERS_MAX];
    ASSERT(cJSON_IsObject(object) && depth < MORE_DEPTH_MAX);
    size_t count = 0;
    for (const cJSON *child = object->child; child; child = child->next) {
        if (count == MEMBERS_MAX) {
            writer->wrong = "larger than its limit";
            return;
        }
        members[count++] = child;
    }
    /* cppcheck-suppress uninitvar ; the first `count` are set */
    qsort(members, count, sizeof *members, key_order);
    put(writer, "{");
    for (size_t i = 0; i < count && !writer->wrong; i++) {
        if (i > 0 && key_order(&members[i - 1], &members[i]) == 0) {
            writer->wrong = "a key twice";
        }
        put(writer, i > 0 ? "," : "");
        put_string(writer, members[i]->string);
        put(writer, ":");
        put_value(writer, members[i], depth);
    }
    put(writer, "}");
}

static void put_array(struct writer *writer, const cJSON *array, unsigned depth)
{
    ASSERT(cJSON_IsArray(array) && depth < MORE_DEPTH_MAX);
    put(writer, "[");
    for (const cJSON *child = array->child; child && !writer->wrong; child = child->next) {
        put(writer, child != array->child ? "," : "");
        put_value(writer, child, depth);
    }
    put(writer, "]");
}

/* Writes a value that may open `depth` more brackets. */
static void put_value(struct writer *writer, const cJSON *value, unsigned depth)
{
    char text[24];
    uint64_t number;
    if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
        if (depth == 0) {
            writer->wrong = "nested too deeply";
        } else if (cJSON_IsObject(value)) {
            put_object(writer, value, depth - 1);
        } else {
            put_array(writer, value, depth - 1);
        }
    } else if (cJSON_IsString(value)) {
        put_string(writer, value->valuestring);
    } else if (!cJSON_IsNumber(value)) {
        put(writer, cJSON_IsTrue(value) ? "true" : cJSON_IsFalse(value) ? "false" : "null");
    } else if (number_read(&number, value)) {
        snprintf(text, sizeof text, "%" PRIu64, number);
        put(writer, text);
    } else {
        writer->wrong = "a number that is not whole, from 0 to 2^53-1";
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the writer writes to it */
enum hc_code more_read(char out[static MORE_BYTES_MAX], size_t *bytes, const cJSON *object, struct hc_fault *fault)
{
    struct writer writer = {.out = out};
    ASSERT(out && bytes);
    *bytes = 0;
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "more: an object was expected");
    }
    put_value(&writer, object, MORE_DEPTH_MAX);
    if (writer.wrong) {
        return fault_set(fault, HC_BAD_ROW, "more: %s; at most %u bytes and %u levels are taken", writer.wrong,
                         MORE_BYTES_MAX, MORE_DEPTH_MAX);
    }
    ASSERT(writer.used >= 2 && writer.used <= MORE_BYTES_MAX);
    *bytes = object->child ? writer.used : 0;
    return HC_OK;
}
