/* The queue of those to ask in this round. */
#include "core/node/targets.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"

void targets_free(struct targets *targets)
{
    memory_free(targets->queue);
    *targets = (struct targets){0};
}

void targets_begin_round(struct targets *targets)
{
    targets->introductions_left = INTRODUCTIONS_MAX;
}

static void add(struct targets *targets, struct contact *contact, const uint8_t *id, bool introduction)
{
    ASSERT(!contact != !id);
    ASSERT(targets->next <= targets->count);
    if (targets->next > targets->count / 2) { /* those that were taken make room, also if the queue is never empty */
        targets->count -= targets->next;
        memmove(targets->queue, targets->queue + targets->next, targets->count * sizeof *targets->queue);
        targets->next = 0;
    }
    if (!ARRAY_RESERVE(targets->queue, targets->capacity, targets->count + 1)) {
        return;
    }
    struct target *target = &targets->queue[targets->count++];
    *target = (struct target){.contact = contact, .introduction = introduction};
    if (id) {
        id_copy(target->id, id);
    }
}

void targets_add_contact(struct targets *targets, struct contact *contact)
{
    add(targets, contact, NULL, false);
}

void targets_add_member(struct targets *targets, const uint8_t id[static HC_ID_BYTES])
{
    add(targets, NULL, id, false);
}

void targets_add_urgent(struct targets *targets, const uint8_t id[static HC_ID_BYTES], bool hinted)
{
    for (size_t i = targets->next; i < targets->count; i++) {
        if (!targets->queue[i].contact && id_equal(targets->queue[i].id, id)) {
            return; /* it has its place already */
        }
    }
    size_t before = targets_count(targets);
    add(targets, NULL, id, false);
    if (targets_count(targets) > before) {
        targets->queue[targets->count - 1].hinted = hinted;
    }
}

void targets_meet(struct targets *targets, const uint8_t id[static HC_ID_BYTES])
{
    size_t count = targets->count;
    add(targets, NULL, id, false);
    if (targets->count > count) {
        targets->queue[count].meet = true;
    }
}

void targets_introduce(struct targets *targets, const uint8_t id[static HC_ID_BYTES])
{
    if (targets->introductions_left > 0) {
        targets->introductions_left--;
        add(targets, NULL, id, true);
    }
}

bool targets_take(struct targets *targets, struct target *target)
{
    if (targets_are_empty(targets)) {
        targets_clear(targets);
        return false;
    }
    *target = targets->queue[targets->next++];
    return true;
}

size_t targets_count(const struct targets *targets)
{
    ASSERT(targets->next <= targets->count);
    return targets->count - targets->next;
}

bool targets_are_empty(const struct targets *targets)
{
    return targets_count(targets) == 0;
}

void targets_clear(struct targets *targets)
{
    targets->next = targets->count = 0;
}
