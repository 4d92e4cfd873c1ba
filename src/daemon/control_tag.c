#include "daemon/control_tag.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/row.h"

enum hc_code tag_request_read(struct hc_tags *changes, const cJSON *request, struct hc_fault *fault)
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(request, "tags"), *item;
    *changes = (struct hc_tags){0};
    if (!cJSON_IsObject(object) || !object->child) {
        return fault_set(fault, HC_BAD_FRAME,
                         "tag needs \"tags\", an object of strings; an empty one takes its key away");
    }
    cJSON_ArrayForEach(item, object)
    {
        if (!cJSON_IsString(item)) {
            return fault_set(fault, HC_BAD_FRAME, "\"tags\" must be an object of strings");
        }
        enum hc_code code = hc_tags_add(changes,
                                        &(struct hc_tag){.key = item->string,
                                                         .key_bytes = strlen(item->string),
                                                         .value = item->valuestring,
                                                         .value_bytes = strlen(item->valuestring)},
                                        fault);
        if (code != HC_OK) {
            return code;
        }
    }
    return HC_OK;
}

bool tags_report(cJSON *to, const struct hc_row *row)
{
    char key[HC_TAG_KEY_BYTES_MAX + 1], value[HC_TAGS_BYTES_MAX + 1];
    const uint8_t *at = row->fields.tags, *end = at + row->fields.tags_bytes;
    cJSON *object = cJSON_AddObjectToObject(to, "tags");
    struct hc_tag tag;
    bool whole = object;
    while (whole && hc_tags_next(&tag, &at, end)) {
        memcpy(key, tag.key, tag.key_bytes);
        key[tag.key_bytes] = '\0';
        memcpy(value, tag.value, tag.value_bytes);
        value[tag.value_bytes] = '\0';
        whole = cJSON_AddStringToObject(object, key, value);
    }
    return whole;
}

/* Why it was not done, if the node says so: that all are well made was seen before. */
static const char *refusal_words(enum hc_code code)
{
    return code == HC_BAD_TAG        ? "there would be more than 1024 bytes of tags, all keys and values together"
           : code == HC_STORE_FAILED ? "the disk failed, so nothing is signed any more; whether the tags were changed "
                                       "shows after the next start"
                                     : hc_code_text(code);
}
static_assert(HC_TAGS_BYTES_MAX == 1024, "the words say so");

char *tag_answer_line(enum hc_code code, uint64_t version, const char *words, const struct hc_node *node)
{
    char number[24];
    struct hc_node_view look;
    cJSON *answer = cJSON_CreateObject();
    bool whole = answer && cJSON_AddBoolToObject(answer, "ok", code == HC_OK);
    hc_node_look(node, &look);
    if (whole && code != HC_OK) {
        const char *name = code == HC_BAD_FRAME ? "bad_request" : hc_code_name(code);
        whole = cJSON_AddStringToObject(answer, "error", name) &&
                cJSON_AddStringToObject(answer, "message", words ? words : refusal_words(code));
    } else if (whole) {
        (void)snprintf(number, sizeof number, "%" PRIu64, version);
        whole = cJSON_AddRawToObject(answer, "version", number) && tags_report(answer, look.row);
    }
    char *text = whole ? cJSON_PrintUnformatted(answer) : NULL, *line = NULL;
    if (text && asprintf(&line, "%s\n", text) < 0) {
        line = NULL;
    }
    cJSON_free(text);
    cJSON_Delete(answer);
    return line;
}
