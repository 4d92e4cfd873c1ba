#include "cli/tag_words.h"

bool tag_words(struct textbuf *buf, const struct row_fields *fields)
{
    const uint8_t *at = fields->tags, *end = at + fields->tags_bytes;
    bool any = false;
    struct tag tag;

    while (tags_next(&tag, &at, end)) {
        textbuf_printf(buf, "%s%.*s=%.*s", any ? ", " : "", (int)tag.key_bytes, tag.key, (int)tag.value_bytes,
                       tag.value);
        any = true;
    }
    return any;
}

bool tag_words_json(struct textbuf *buf, const cJSON *tags)
{
    const cJSON *item;
    bool any = false;

    cJSON_ArrayForEach(item, tags)
    {
        const char *value = cJSON_GetStringValue(item);
        textbuf_printf(buf, "%s%s=%s", any ? ", " : "", item->string, value != NULL ? value : "");
        any = true;
    }
    return any;
}
