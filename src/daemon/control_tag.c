/* Tags as JSON. */
#include "daemon/control_tag.h"

#include <assert.h>
#include <string.h>

#include "core/common/error.h"
#include "daemon/control_answer.h"
#include "daemon/report.h"

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
    struct hc_node_view look;
    struct json json;
    answer_begin(&json, code, words ? words : refusal_words(code));
    if (code == HC_OK) {
        hc_node_look(node, &look);
        ASSERT(look.row && version > 0);
        json_integer(&json, json.root, "version", (hc_coin_sum)version);
        report_tags(&json, json.root, look.row);
    }
    return json_line(&json);
}
