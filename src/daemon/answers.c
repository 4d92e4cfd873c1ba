/* The slots stand in the order of the requests, so a ticket is found by halving, and what can go out is a prefix. */
#include "daemon/answers.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"

bool answers_expect(struct answers *answers, uint64_t ticket)
{
    ASSERT(answers->count == 0 || answers->slots[answers->count - 1].ticket < ticket);
    if (!ARRAY_RESERVE(answers->slots, answers->capacity, answers->count + 1)) {
        return false;
    }
    answers->slots[answers->count++] = (struct answer_slot){.ticket = ticket};
    return true;
}

static struct answer_slot *find(const struct answers *answers, uint64_t ticket)
{
    size_t low = 0, high = answers->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (answers->slots[middle].ticket < ticket) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < answers->count && answers->slots[low].ticket == ticket ? &answers->slots[low] : NULL;
}

bool answers_has(const struct answers *answers, uint64_t ticket)
{
    return find(answers, ticket);
}

void answers_put(struct answers *answers, uint64_t ticket, char *line)
{
    struct answer_slot *slot = find(answers, ticket);
    ASSERT(slot && !slot->line && line);
    slot->line = line;
}

size_t answers_bytes(const struct answers *answers)
{
    size_t bytes = 0;
    for (size_t i = 0; i < answers->count && answers->slots[i].line; i++) {
        bytes += strlen(answers->slots[i].line);
    }
    return bytes;
}

char *answers_take(struct answers *answers)
{
    size_t bytes = answers_bytes(answers), taken = 0, at = 0;
    ASSERT(bytes > 0);
    char *lines = malloc(bytes + 1);
    if (!lines) {
        return NULL;
    }
    for (; taken < answers->count && answers->slots[taken].line; taken++) {
        size_t count = strlen(answers->slots[taken].line);
        memcpy(lines + at, answers->slots[taken].line, count + 1);
        at += count;
        free(answers->slots[taken].line);
    }
    ASSERT(at == bytes);
    answers->count -= taken;
    memmove(answers->slots, answers->slots + taken, answers->count * sizeof *answers->slots);
    return lines;
}

void answers_clear(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        free(answers->slots[i].line);
    }
    memory_free(answers->slots);
    *answers = (struct answers){0};
}
