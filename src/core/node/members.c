/* The list of members, and the walk: the shuffled order in which the live ones are asked (P2). */
#include "core/node/members.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/rows/tree.h"

const char *hc_member_status_name(enum hc_member_status status)
{
    static const char *const names[] = {"live", "dropped", "left"};
    ASSERT((size_t)status < sizeof names / sizeof *names);
    return names[status];
}

const char *hc_reach_name(enum hc_reach reach)
{
    static const char *const names[] = {"unknown", "no", "yes"};
    ASSERT((size_t)reach < sizeof names / sizeof *names);
    return names[reach];
}

void members_init(struct members *members)
{
    *members = (struct members){0};
}

void members_free(struct members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        story_free(&members->list[i].story);
    }
    memory_free(members->list);
    memory_free(members->walk);
    *members = (struct members){0};
}

static const uint8_t *member_id_at(const void *list, size_t index)
{
    return ((const struct member *)list)[index].id;
}

size_t members_place(const struct members *members, const uint8_t id[static HC_ID_BYTES], bool *found)
{
    return id_place(members->list, members->count, member_id_at, id, found);
}

struct member *members_find(const struct members *members, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = members_place(members, id, &found);
    return found ? &members->list[at] : NULL;
}

struct member *members_find_near(const struct members *members, const uint8_t id[static HC_ID_BYTES], size_t place)
{
    for (size_t back = 0; back < 2 && back <= place; back++) {
        if (place - back < members->count && id_equal(members->list[place - back].id, id)) {
            return &members->list[place - back];
        }
    }
    return members_find(members, id);
}

enum hc_code members_reserve(struct members *members, size_t more)
{
    /* Each member has at most one place in the walk. */
    size_t needed = members->count + more;
    return ARRAY_RESERVE(members->list, members->capacity, needed) &&
                   ARRAY_RESERVE(members->walk, members->walk_capacity, needed)
               ? HC_OK
               : HC_NO_MEMORY;
}

/* A random place keeps the walk shuffled; no other turn moves by more than one. */
static void walk_enter(struct members *members, struct member *member, struct random *random)
{
    if (member->in_walk) {
        return;
    }
    ASSERT(member->status == HC_MEMBER_LIVE && members->walk_count < members->walk_capacity);
    size_t at = (size_t)random_below(random, members->walk_count + 1);
    memmove(members->walk[at + 1], members->walk[at], (members->walk_count - at) * HC_ID_BYTES);
    id_copy(members->walk[at], member->id);
    members->walk_count++;
    members->walk_next += at < members->walk_next;
    member->in_walk = true;
    ASSERT(members->walk_count <= members->live_count && members->walk_next <= members->walk_count);
}

static void walk_leave(struct members *members, struct member *member)
{
    for (size_t at = 0; member->in_walk && at < members->walk_count; at++) {
        if (id_equal(members->walk[at], member->id)) {
            members->walk_count--;
            memmove(members->walk[at], members->walk[at + 1], (members->walk_count - at) * HC_ID_BYTES);
            members->walk_next -= at < members->walk_next;
            member->in_walk = false;
        }
    }
    ASSERT(!member->in_walk && members->walk_next <= members->walk_count);
}

/* A member's status has changed. */
static void status_note(struct members *members, const struct member *member)
{
    members->revision++;
    if (members->stale) {
        bucket_set_add(members->stale, bucket_of(member->id));
    }
}

enum hc_code members_add(struct members *members, struct member **member, const uint8_t id[static HC_ID_BYTES],
                         enum hc_member_status status, int64_t now_ms, struct random *random)
{
    bool found;
    size_t at = members_place(members, id, &found);
    ASSERT(!found);
    if (members_reserve(members, 1) != HC_OK) {
        *member = NULL;
        return HC_NO_MEMORY;
    }
    memmove(&members->list[at + 1], &members->list[at], (members->count - at) * sizeof *members->list);
    members->count++;
    *member = &members->list[at];
    **member = (struct member){.status = status,
                               .changed_ms = now_ms,
                               .claimed_ms = now_ms,
                               .answered_ms = HC_NEVER_MS,
                               .failed_ms = HC_NEVER_MS,
                               .accused_ms = HC_NEVER_MS};
    member_shows_life(*member, now_ms);
    id_copy((*member)->id, id);
    if (status == HC_MEMBER_LIVE) {
        members->live_count++;
        walk_enter(members, *member, random);
        members->revision++; /* its row is noted by the table, where one that is no member yet counts as live */
    } else {
        status_note(members, *member);
    }
    ASSERT(members->live_count <= members->count && members->count <= members->capacity);
    return HC_OK;
}

void members_remove(struct members *members, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = members_place(members, id, &found);
    if (!found) {
        return;
    }
    walk_leave(members, &members->list[at]);
    story_free(&members->list[at].story);
    ASSERT(members->live_count > 0 || members->list[at].status != HC_MEMBER_LIVE);
    members->live_count -= members->list[at].status == HC_MEMBER_LIVE;
    status_note(members, &members->list[at]);
    members->count--;
    memmove(&members->list[at], &members->list[at + 1], (members->count - at) * sizeof *members->list);
}

void member_talks(struct member *member, enum hc_exchange mode)
{
    member->mode_known = true;
    member->mode = mode;
}

void member_is_simple(struct member *member)
{
    member->simple = true;
    member_talks(member, HC_EXCHANGE_FULL);
}

bool member_keeps_links(const struct member *member)
{
    return !member->simple && !(member->mode_known && member->mode == HC_EXCHANGE_FULL);
}

void member_unleave(struct members *members, struct member *member)
{
    if (member->status == HC_MEMBER_LEFT) {
        member->status = HC_MEMBER_DROPPED;
        member->reason = HC_SILENT;
        members->revision++;
    }
}

void member_urge(struct members *members, struct member *member, enum member_urgency urgency)
{
    member->urgency = urgency;
    members->urgent = members->urgent || urgency != URGENCY_NONE;
}

void members_drop(struct members *members, struct member *member, enum hc_code reason, int64_t now_ms)
{
    ASSERT(reason != HC_OK);
    if (member->status == HC_MEMBER_LIVE) {
        ASSERT(members->live_count > 0);
        walk_leave(members, member);
        members->live_count--;
        member_shows_life(member, now_ms);
    }
    member->status = reason == HC_LEFT ? HC_MEMBER_LEFT : HC_MEMBER_DROPPED;
    member->reason = reason;
    member->urgency = URGENCY_NONE;
    member->guessed = false;
    member->told_known = false;
    status_note(members, member);
}

void members_return(struct members *members, struct member *member, struct random *random)
{
    ASSERT(member->status != HC_MEMBER_LIVE);
    member->status = HC_MEMBER_LIVE;
    member->reason = HC_OK;
    member->urgency = URGENCY_NONE;
    member->guessed = false;
    member->hints_rest_until_ms = 0;
    member->untold = false;
    members->live_count++;
    status_note(members, member);
    walk_enter(members, member, random);
    ASSERT(member->in_walk && members->live_count <= members->count);
}

void member_hear_age(struct member *member, uint32_t age_s, int64_t now_ms)
{
    int64_t since_ms = now_ms - (int64_t)age_s * 1000, latest_ms = member->lifeless_ms + (int64_t)AGE_DOUBT_MS_MAX;
    since_ms = since_ms < latest_ms ? since_ms : latest_ms;
    member->gone_ms = since_ms > member->gone_ms ? since_ms : member->gone_ms;
    ASSERT(member->gone_ms <= latest_ms);
}

void member_learn_age(struct member *member, uint32_t age_s, int64_t now_ms)
{
    int64_t age_ms = (int64_t)age_s * 1000;
    member->lifeless_ms = now_ms;
    member->gone_ms = now_ms - (age_ms < (int64_t)AGE_TOLD_MS_MAX ? age_ms : (int64_t)AGE_TOLD_MS_MAX);
    ASSERT(member->gone_ms <= member->lifeless_ms);
}

void member_shows_life(struct member *member, int64_t now_ms)
{
    member->gone_ms = member->lifeless_ms = now_ms;
}

/* Adds urgent members after the `count` that were picked, beginning behind those of the last round: if there are always more
 * of them than places, each has its turn. */
static size_t pick_urgent(struct members *members, uint8_t (*ids)[HC_ID_BYTES], size_t count, size_t most, bool live,
                          enum member_urgency urgency)
{
    size_t *next = &members->urgent_next[live];
    for (size_t steps = 0, first = *next; count < most && steps < members->count; steps++) {
        size_t at = (first + steps) % members->count;
        const struct member *member = &members->list[at];
        if ((member->status == HC_MEMBER_LIVE) == live && member->urgency == urgency) {
            id_copy(ids[count++], member->id);
            *next = at + 1;
        }
    }
    ASSERT(count <= most);
    return count;
}

size_t members_pick_live(struct members *members, uint8_t (*ids)[HC_ID_BYTES], size_t most)
{
    /* Half of the places; of an odd number the middle one in turns. */
    size_t urgent_most = (most + members->picks++ % 2) / 2;
    size_t urgent = pick_urgent(members, ids, 0, urgent_most, true, URGENCY_CALLED);
    urgent = pick_urgent(members, ids, urgent, urgent_most, true, URGENCY_HINT);
    size_t count = urgent;
    for (size_t steps = 0; count < most && steps < members->walk_count; steps++) {
        members->walk_next = members->walk_next < members->walk_count ? members->walk_next : 0;
        const uint8_t *id = members->walk[members->walk_next++];
        bool picked = false;
        for (size_t i = 0; i < urgent && !picked; i++) {
            picked = id_equal(ids[i], id);
        }
        if (!picked) {
            id_copy(ids[count++], id);
        }
    }
    ASSERT(count <= most && count <= members->live_count);
    return count;
}

size_t members_pick_gone(struct members *members, uint8_t (*ids)[HC_ID_BYTES], size_t most, struct random *random)
{
    size_t others = 0;
    for (size_t i = 0; i < members->count; i++) {
        others += members->list[i].status == HC_MEMBER_DROPPED && members->list[i].urgency == URGENCY_NONE;
    }
    /* One place stays for chance: nodes that call and cannot be reached must not keep a split from healing. */
    size_t urgent_most = most > 1 && others > 0 ? most - 1 : most;
    size_t count = pick_urgent(members, ids, 0, urgent_most, false, URGENCY_CALLED);
    count = pick_urgent(members, ids, count, urgent_most, false, URGENCY_HINT);
    if (count == most || others == 0) {
        return count;
    }
    size_t skip = (size_t)random_below(random, others);
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        if (member->status == HC_MEMBER_DROPPED && member->urgency == URGENCY_NONE && skip-- == 0) {
            id_copy(ids[count++], member->id);
            break;
        }
    }
    ASSERT(count <= most && count <= members->count - members->live_count);
    return count;
}

bool members_verify(const struct members *members)
{
    size_t live = 0, walking = 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        if (i > 0 && id_compare(member[-1].id, member->id) >= 0) {
            return false;
        }
        live += member->status == HC_MEMBER_LIVE;
        walking += member->in_walk;
        if (member->in_walk != (member->status == HC_MEMBER_LIVE)) {
            return false;
        }
    }
    for (size_t i = 0; i < members->walk_count; i++) {
        const struct member *member = members_find(members, members->walk[i]);
        if (!member || !member->in_walk) {
            return false;
        }
    }
    return live == members->live_count && walking == members->walk_count && members->walk_next <= members->walk_count;
}
