/* A list of entries that begins small: most peers have a short story. */
#include "core/node/story.h"

#include <stdbool.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/memory.h"

#define STORY_FIRST 1u

struct story {
    uint32_t count, capacity; /* capacity: a power of two, at most HC_STORY_MAX */
    struct hc_story_entry entries[];
};

void story_free(struct story **story)
{
    memory_free(*story);
    *story = NULL;
}

/* Makes it twice as large. False if memory ran out. */
static bool story_grow(struct story **story)
{
    uint32_t capacity = *story ? 2 * (*story)->capacity : STORY_FIRST;
    ASSERT(capacity <= HC_STORY_MAX);
    struct story *grown = memory_new(1, sizeof *grown + capacity * sizeof *grown->entries);
    if (!grown) {
        return false;
    }
    grown->capacity = capacity;
    if (*story) {
        grown->count = (*story)->count;
        memcpy(grown->entries, (*story)->entries, (*story)->count * sizeof *grown->entries);
    }
    story_free(story);
    *story = grown;
    return true;
}

/* Makes room for one more: the oldest goes if need be. False: there is no story, for want of memory. */
static bool story_reserve(struct story **story)
{
    bool full = !*story || (*story)->count == (*story)->capacity;
    if (!full || ((!*story || (*story)->capacity < HC_STORY_MAX) && story_grow(story))) {
        return true;
    }
    if (!*story) {
        return false;
    }
    (*story)->count--;
    memmove((*story)->entries, (*story)->entries + 1, (*story)->count * sizeof *(*story)->entries);
    return true;
}

/* Asked again, and with the same end as before: of such a row only the beginning and the last end stay, or it would wash
 * everything else away. */
static bool story_fold(struct story *story, int64_t at_ms, enum hc_story_kind kind, enum hc_code code)
{
    if (!story || story->count < 2 || (kind != HC_STORY_FAILED && kind != HC_STORY_ANSWERED)) {
        return false;
    }
    const struct hc_story_entry *last = &story->entries[story->count - 1];
    struct hc_story_entry *before = &story->entries[story->count - 2];
    if (last->kind != HC_STORY_ASKED || before->kind != kind || before->code != code) {
        return false;
    }
    before->at_ms = at_ms;
    story->count--;
    return true;
}

void story_add(struct story **story, int64_t at_ms, enum hc_story_kind kind, enum hc_code code, const uint8_t *by)
{
    if (story_fold(*story, at_ms, kind, code) || !story_reserve(story)) {
        return;
    }
    struct hc_story_entry *entry = &(*story)->entries[(*story)->count++];
    *entry = (struct hc_story_entry){.at_ms = at_ms, .kind = kind, .code = code, .has_by = by};
    if (by) {
        memcpy(entry->by, by, HC_ID_BYTES);
    }
}

size_t story_read(const struct story *story, struct hc_story_entry entries[static HC_STORY_MAX])
{
    if (story) {
        memcpy(entries, story->entries, story->count * sizeof *entries);
    }
    return story ? story->count : 0;
}
