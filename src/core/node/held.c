/* The pool of messages that take more than one step. */
#include "core/node/held.h"

#include <string.h>

static void remove_at(struct held *held, size_t at)
{
    ASSERT(at < held->count);
    struct hc_state *state = held->list[at].heard.state;
    held->count--;
    memmove(&held->list[at], &held->list[at + 1], (held->count - at) * sizeof *held->list);
    state_unref(state);
}

static size_t rows_bytes(const struct hc_state *state)
{
    size_t bytes = state->live_text_bytes;
    for (size_t i = 0; i < state->gone_count; i++) {
        bytes += state->gone[i].row->text_bytes;
    }
    for (size_t i = 0; i < state->fork_count; i++) {
        bytes += state->forks[i]->text_bytes;
    }
    return bytes;
}

bool held_add(struct held *held, const struct heard *heard)
{
    size_t part = heard->answer ? 1 : 2, count = 1, added = rows_bytes(heard->state), bytes = added;
    ASSERT(held->count <= HELD_MAX);
    for (size_t i = 0; i < held->count; i++) {
        bool counts = heard->answer || !held->list[i].heard.answer;
        count += counts;
        bytes += counts ? held->list[i].bytes : 0;
    }
    if (held->count == HELD_MAX || count > HELD_MAX / part || bytes > HELD_BYTES_MAX / part) {
        return false;
    }
    held->list[held->count++] = (struct held_message){.heard = *heard, .bytes = added};
    state_ref(heard->state);
    return true;
}

const struct heard *held_next(const struct held *held)
{
    for (size_t i = 0; i < held->count; i++) {
        if (held->list[i].heard.answer) {
            return &held->list[i].heard;
        }
    }
    return held->count > 0 ? &held->list[0].heard : NULL;
}

void held_remove(struct held *held, const struct heard *heard)
{
    size_t at = 0;
    while (at < held->count && heard != &held->list[at].heard) {
        at++;
    }
    remove_at(held, at);
}

bool held_has_answers(const struct held *held)
{
    const struct heard *next = held_next(held);
    return next && next->answer;
}

void held_clear(struct held *held)
{
    while (held->count > 0) {
        remove_at(held, held->count - 1);
    }
}
