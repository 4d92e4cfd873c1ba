/* A ring of entries that begins small: of most peers of a large network a node has only heard. */
#include "core/node/story.h"

#include <stdbool.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/memory.h"

#define STORY_FIRST 1u

struct story {
    uint64_t count;    /* ever */
    uint32_t capacity; /* entries that there is room for; a power of two, at most HC_STORY_MAX */
    struct hc_story_entry ring[];
};

void story_free(struct story **story)
{
    memory_free(*story);
    *story = NULL;
}

/* Twice as large, or as large as it may be. False if memory ran out. */
static bool story_grow(struct story **story)
{
    uint32_t capacity = *story ? 2 * (*story)->capacity : STORY_FIRST;
    ASSERT(capacity <= HC_STORY_MAX);
    struct story *grown = memory_new(1, sizeof *grown + capacity * sizeof *grown->ring);
    if (!grown) {
        return false;
    }
    grown->capacity = capacity;
    if (*story) {
        ASSERT((*story)->count == (*story)->capacity); /* not gone round yet */
        grown->count = (*story)->count;
        memcpy(grown->ring, (*story)->ring, (*story)->capacity * sizeof *grown->ring);
    }
    story_free(story);
    *story = grown;
    return true;
}

void story_add(struct story **story, int64_t at_ms, enum hc_story_kind kind, enum hc_code code, const uint8_t *by)
{
    bool full = !*story || ((*story)->count == (*story)->capacity && (*story)->capacity < HC_STORY_MAX);
    if (full && !story_grow(story) && !*story) {
        return;
    }
    struct hc_story_entry *entry = &(*story)->ring[(*story)->count++ % (*story)->capacity];
    *entry = (struct hc_story_entry){.at_ms = at_ms, .kind = kind, .code = code, .has_by = by};
    if (by) {
        memcpy(entry->by, by, HC_ID_BYTES);
    }
}

size_t story_read(const struct story *story, struct hc_story_entry entries[static HC_STORY_MAX])
{
    if (!story) {
        return 0;
    }
    size_t kept = story->count < story->capacity ? (size_t)story->count : story->capacity;
    for (size_t i = 0; i < kept; i++) {
        entries[i] = story->ring[(story->count - kept + i) % story->capacity];
    }
    return kept;
}
