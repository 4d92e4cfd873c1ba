/* Taken lines stay at the front of the buffer until the next append moves what is left over them. */
#include "daemon/frame.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"

#define FRAME_FIRST_BYTES 4096u

/* What frame.h says of the fields. */
static void frame_check(const struct frame *frame)
{
    ASSERT(frame->start <= frame->scanned && frame->scanned <= frame->used && frame->used <= frame->capacity);
    ASSERT(!frame->bytes == (frame->capacity == 0));
}

void frame_init(struct frame *frame, size_t limit)
{
    ASSERT(limit > 0);
    memset(frame, 0, sizeof *frame);
    frame->limit = limit;
}

void frame_clear(struct frame *frame)
{
    free(frame->bytes);
    frame_init(frame, frame->limit);
}

size_t frame_pending(const struct frame *frame)
{
    return frame->used - frame->start;
}

void frame_rest(struct frame *frame)
{
    if (frame_pending(frame) == 0) {
        frame_clear(frame);
    }
}

/* The capacity for this many bytes: doubled each time, so that a long line is copied a bounded number of times. */
static size_t capacity_for(const struct frame *frame, size_t bytes)
{
    size_t capacity = frame->capacity > 0 ? frame->capacity : FRAME_FIRST_BYTES;
    while (capacity < bytes) {
        capacity *= 2;
    }
    return capacity;
}

size_t frame_growth(const struct frame *frame, size_t count)
{
    return capacity_for(frame, frame_pending(frame) + count) - frame->capacity;
}

bool frame_append(struct frame *frame, const char *bytes, size_t count)
{
    if (count == 0) {
        return true;
    }
    size_t pending = frame_pending(frame);
    size_t capacity = capacity_for(frame, pending + count);
    if (frame->start > 0) {
        memmove(frame->bytes, frame->bytes + frame->start, pending);
        frame->scanned -= frame->start;
        frame->used = pending;
        frame->start = 0;
    }
    if (capacity > frame->capacity) {
        char *grown = realloc(frame->bytes, capacity);
        if (!grown) {
            return false;
        }
        frame->bytes = grown;
        frame->capacity = capacity;
    }
    memcpy(frame->bytes + frame->used, bytes, count);
    frame->used += count;
    frame_check(frame);
    return true;
}

enum frame_result frame_look(struct frame *frame)
{
    if (frame_pending(frame) == 0) {
        return FRAME_MORE;
    }
    const char *end = memchr(frame->bytes + frame->scanned, '\n', frame->used - frame->scanned);
    frame->scanned = end ? (size_t)(end - frame->bytes) : frame->used;
    if (frame->scanned - frame->start > frame->limit) {
        return FRAME_TOO_LONG;
    }
    return end ? FRAME_LINE : FRAME_MORE;
}

enum frame_result frame_next(struct frame *frame, const char **line, size_t *count)
{
    enum frame_result result = frame_look(frame);
    *line = NULL;
    *count = 0;
    if (result == FRAME_LINE) {
        *line = frame->bytes + frame->start;
        *count = frame->scanned - frame->start;
        frame->start = ++frame->scanned;
        frame_check(frame);
    }
    return result;
}
