/* What the readers of keys share. */
#include "core/wire/wire_read.h"

enum hc_code read_expected(const struct reader *reader, const char *key, const char *what)
{
    return fault_set(reader->fault, HC_BAD_FRAME, "%s: %s expected", key, what);
}

enum hc_code read_refuse_at(const struct reader *reader, enum hc_code code, const char *key, size_t index)
{
    if (reader->fault && code != HC_NO_MEMORY) {
        struct hc_fault inner = *reader->fault;
        return fault_set(reader->fault, code, "%s[%zu]: %s", key, index, inner.text);
    }
    return code;
}

bool read_reason(enum hc_code *reason, const cJSON *item)
{
    *reason = cJSON_IsString(item) ? hc_code_find(item->valuestring) : HC_CODE_COUNT;
    enum code_kind kind = code_kind(*reason);
    *reason = kind == CODE_PEER || kind == CODE_MESSAGE ? *reason : HC_UNREACHABLE;
    return cJSON_IsString(item);
}
