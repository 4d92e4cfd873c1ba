/* The form of the answers. */
#include "daemon/control_answer.h"

#include "core/common/error.h"

static void add_error(struct json *json, const char *error, const char *words)
{
    json_bool(json, json->root, "ok", false);
    json_text(json, json->root, "error", error);
    json_text(json, json->root, "message", words);
}

void answer_begin(struct json *json, enum hc_code code, const char *words)
{
    json_begin(json);
    if (code == HC_OK) {
        json_bool(json, json->root, "ok", true);
    } else {
        add_error(json, code == HC_BAD_FRAME ? ANSWER_BAD_REQUEST : hc_code_name(code),
                  words ? words : hc_code_text(code));
    }
}

char *answer_ok(void)
{
    struct json json;
    answer_begin(&json, HC_OK, NULL);
    return json_line(&json);
}

char *answer_error(const char *error, const char *words)
{
    struct json json;
    ASSERT(error && words);
    json_begin(&json);
    add_error(&json, error, words);
    return json_line(&json);
}
