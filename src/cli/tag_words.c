/* Tags in words. Others choose what stands in them, so what could be misread is quoted. */
#include "cli/tag_words.h"

#include <string.h>

/* A key or a value. In quotes if it could be taken for more than one: others choose what stands here. */
static void add_part(struct textbuf *buf, const char *text, size_t bytes)
{
    bool plain = bytes > 0;

    for (size_t i = 0; plain && i < bytes; i++) {
        plain = !strchr(" ,=\"\\", text[i]);
    }
    textbuf_puts(buf, plain ? "" : "\"");
    for (size_t i = 0; i < bytes; i++) {
        textbuf_printf(buf, "%s%c", text[i] == '"' || text[i] == '\\' ? "\\" : "", text[i]);
    }
    textbuf_puts(buf, plain ? "" : "\"");
}

static void add_tag(struct textbuf *buf, bool first, const char *key, size_t key_bytes, const char *value,
                    size_t value_bytes)
{
    textbuf_puts(buf, first ? "" : ", ");
    add_part(buf, key, key_bytes);
    textbuf_puts(buf, "=");
    add_part(buf, value, value_bytes);
}

bool tag_words(struct textbuf *buf, const struct hc_row_fields *fields)
{
    const uint8_t *at = fields->tags, *end = at + fields->tags_bytes;
    bool any = false;
    struct hc_tag tag;

    while (hc_tags_next(&tag, &at, end)) {
        add_tag(buf, !any, tag.key, tag.key_bytes, tag.value, tag.value_bytes);
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
        const char *key = item->string ? item->string : "";
        value = value ? value : "";
        add_tag(buf, !any, key, strlen(key), value, strlen(value));
        any = true;
    }
    return any;
}
