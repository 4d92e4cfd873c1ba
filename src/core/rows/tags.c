/* Packed tags are walked with hc_tags_next, which trusts nothing in them. */
#include "core/rows/tags.h"

#include <string.h>

#include "core/common/bytes.h"
#include "core/common/text.h"

/* Bytes of the two lengths of a tag. */
#define KEY_LENGTH 1u
#define VALUE_LENGTH 2u
static_assert(HC_TAG_KEY_BYTES_MAX <= UINT8_MAX && HC_TAGS_BYTES_MAX <= UINT16_MAX, "lengths fit");
static_assert(HC_TAGS_PACKED_BYTES_MAX == HC_TAGS_BYTES_MAX * (1 + KEY_LENGTH + VALUE_LENGTH),
              "every tag has a byte of text at least");

static size_t tag_bytes(const struct hc_tag *tag)
{
    return tag->key_bytes + tag->value_bytes;
}

static int key_order(const struct hc_tag *a, const struct hc_tag *b)
{
    size_t common = a->key_bytes < b->key_bytes ? a->key_bytes : b->key_bytes;
    int order = memcmp(a->key, b->key, common);
    return order != 0 ? order : (a->key_bytes > b->key_bytes) - (a->key_bytes < b->key_bytes);
}

bool hc_tags_next(struct hc_tag *tag, const uint8_t **at, const uint8_t *end)
{
    ASSERT(tag && at && *at <= end);
    const uint8_t *from = *at;
    if (end - from < (ptrdiff_t)KEY_LENGTH) {
        return false;
    }
    tag->key_bytes = *from;
    from += KEY_LENGTH;
    tag->key = (const char *)from;
    if (end - from < (ptrdiff_t)(tag->key_bytes + VALUE_LENGTH)) {
        return false;
    }
    from += tag->key_bytes;
    tag->value_bytes = (size_t)bytes_get_number(from, VALUE_LENGTH);
    from += VALUE_LENGTH;
    tag->value = (const char *)from;
    if (end - from < (ptrdiff_t)tag->value_bytes) {
        return false;
    }
    *at = from + tag->value_bytes;
    ASSERT(*at <= end);
    return true;
}

uint8_t *tags_put(uint8_t *to, const struct hc_tag *tag)
{
    ASSERT(tag->key_bytes <= HC_TAG_KEY_BYTES_MAX && tag->value_bytes <= HC_TAGS_BYTES_MAX);
    to = bytes_put_number(to, tag->key_bytes, KEY_LENGTH);
    to = bytes_put(to, tag->key, tag->key_bytes);
    to = bytes_put_number(to, tag->value_bytes, VALUE_LENGTH);
    return bytes_put(to, tag->value, tag->value_bytes);
}

static enum hc_code tag_check(const struct hc_tag *tag, enum hc_code code, struct hc_fault *fault)
{
    if (tag->key_bytes == 0 || tag->key_bytes > HC_TAG_KEY_BYTES_MAX) {
        return fault_set(fault, code, "tags: a key of 1 to %u bytes was expected", HC_TAG_KEY_BYTES_MAX);
    }
    if (!text_is_printable(tag->key, tag->key_bytes) || !text_is_printable(tag->value, tag->value_bytes)) {
        return fault_set(fault, code, "tags: printable UTF-8 was expected");
    }
    return HC_OK;
}

static enum hc_code too_large(enum hc_code code, struct hc_fault *fault)
{
    return fault_set(fault, code, "tags: at most %u bytes were expected, all keys and values together",
                     HC_TAGS_BYTES_MAX);
}

enum hc_code tags_check(const uint8_t *packed, size_t bytes, enum hc_code code, struct hc_fault *fault)
{
    ASSERT((packed || bytes == 0) && code != HC_OK);
    const uint8_t *at = packed, *end = bytes > 0 ? packed + bytes : packed;
    struct hc_tag tag, before = {0};
    size_t text_bytes = 0;
    while (at != end) {
        if (!hc_tags_next(&tag, &at, end)) {
            return fault_set(fault, code, "tags: cut off");
        }
        enum hc_code checked = tag_check(&tag, code, fault);
        if (checked != HC_OK) {
            return checked;
        }
        if (before.key && key_order(&before, &tag) >= 0) {
            return fault_set(fault, code, "tags: a key twice, or out of order");
        }
        text_bytes += tag_bytes(&tag);
        if (text_bytes > HC_TAGS_BYTES_MAX) {
            return too_large(code, fault);
        }
        before = tag;
    }
    return HC_OK;
}

enum hc_code hc_tags_add(struct hc_tags *tags, const struct hc_tag *tag, struct hc_fault *fault)
{
    ASSERT(tags && tag && tags->bytes <= sizeof tags->packed);
    const uint8_t *at = tags->packed, *end = at + tags->bytes;
    size_t text_bytes = tag_bytes(tag), place = 0;
    struct hc_tag other;
    enum hc_code code = tag_check(tag, HC_BAD_TAG, fault);
    if (code != HC_OK) {
        return code;
    }
    while (hc_tags_next(&other, &at, end)) {
        int order = key_order(&other, tag);
        if (order == 0) {
            return fault_set(fault, HC_BAD_TAG, "tags: %.*s is given twice", (int)tag->key_bytes, tag->key);
        }
        text_bytes += tag_bytes(&other);
        place = order < 0 ? (size_t)(at - tags->packed) : place;
    }
    if (text_bytes > HC_TAGS_BYTES_MAX) {
        return too_large(HC_BAD_TAG, fault);
    }
    size_t size = KEY_LENGTH + VALUE_LENGTH + tag_bytes(tag);
    ASSERT(place <= tags->bytes && tags->bytes + size <= sizeof tags->packed);
    memmove(tags->packed + place + size, tags->packed + place, tags->bytes - place);
    tags_put(tags->packed + place, tag);
    tags->bytes = (uint16_t)(tags->bytes + size);
    return HC_OK;
}

enum hc_code tags_change(struct hc_tags *tags, const struct hc_tags *changes)
{
    struct hc_tags result;
    ASSERT(tags && changes && tags->bytes <= sizeof tags->packed && changes->bytes <= sizeof changes->packed);
    const uint8_t *old_at = tags->packed, *old_end = old_at + tags->bytes;
    const uint8_t *new_at = changes->packed, *new_end = new_at + changes->bytes;
    uint8_t *to = result.packed;
    struct hc_tag old, new;
    size_t text_bytes = 0;
    bool has_old = hc_tags_next(&old, &old_at, old_end), has_new = hc_tags_next(&new, &new_at, new_end);
    while (has_old || has_new) {
        int order = !has_new ? -1 : !has_old ? 1 : key_order(&old, &new);
        const struct hc_tag *stays = order < 0 ? &old : new.value_bytes > 0 ? &new : NULL;
        if (stays) {
            text_bytes += tag_bytes(stays);
            if (text_bytes > HC_TAGS_BYTES_MAX) {
                return HC_BAD_TAG;
            }
            to = tags_put(to, stays);
        }
        has_old = order <= 0 ? hc_tags_next(&old, &old_at, old_end) : has_old;
        has_new = order >= 0 ? hc_tags_next(&new, &new_at, new_end) : has_new;
    }
    ASSERT(to <= result.packed + sizeof result.packed);
    tags->bytes = (uint16_t)(to - result.packed);
    memcpy(tags->packed, result.packed, tags->bytes);
    return HC_OK;
}
