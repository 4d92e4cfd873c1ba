/* Which links there are to be. */
#include "core/node/ring.h"

#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/node/greeting.h"
#include "core/node/link_talk.h"

/* ---- Whom a link can go to ---- */

static bool can_be_linked(const struct base *base, const struct member *member)
{
    return member->status == HC_MEMBER_LIVE && member_keeps_links(member) && member->reached != HC_REACH_NO &&
           base->now_ms >= member->link_rest_until_ms && base->now_ms >= member->suspected_until_ms;
}

/* The index of the first member after this node in the circle. */
static size_t first_after(const struct base *base)
{
    bool found;
    return members_place(&base->members, base->identity.id, &found);
}

/* The next member in the circle that a link can go to, or is there already; NULL: none. */
static struct member *successor(const struct base *base, const struct links *links)
{
    const struct members *members = &base->members;
    size_t first = first_after(base);
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->list[(first + i) % members->count];
        bool linked = member->status == HC_MEMBER_LIVE && links_to(links, member->id);
        if (linked || can_be_linked(base, member)) {
            return member;
        }
    }
    return NULL;
}

/* A random one of the live members that have no link with us; NULL: none. */
static struct member *stranger(struct base *base, const struct links *links)
{
    struct members *members = &base->members;
    struct member *found = NULL;
    size_t count = members->walk_count;
    /* Along the shuffled order, from a random place: a few steps in a large network. */
    size_t first = count > 0 ? (size_t)random_below(&base->random, count) : 0;
    for (size_t i = 0; i < count && !found; i++) {
        struct member *member = members_find(members, members->walk[(first + i) % count]);
        ASSERT(member);
        found = can_be_linked(base, member) && !links_to(links, member->id) ? member : NULL;
    }
    return found;
}

/* K11: a random one of those that were live when this node stopped, and that it has not asked yet; NULL: none. */
static struct member *remembered(struct base *base, const struct links *links)
{
    struct members *members = &base->members;
    size_t first = members->count > 0 ? (size_t)random_below(&base->random, members->count) : 0;
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->list[(first + i) % members->count];
        if (member->guessed && base->now_ms >= member->link_rest_until_ms && !links_to(links, member->id)) {
            return member;
        }
    }
    return NULL;
}

/* ---- Opening and closing ---- */

static void link_open(struct talk *talk, struct base *base, struct member *member, struct hc_effects *effects)
{
    if (talk->links.count - links_count_theirs(&talk->links) >= 2 * LINKS_OURS_MAX) {
        return; /* ever new successors, which need not exist: links to those before are still being opened */
    }
    uint64_t handle = calls_new_handle(&talk->calls);
    struct link *link = links_add(&talk->links, handle, member->id, true, base);
    struct hc_send *send = link ? send_add(effects) : NULL;
    if (!send) {
        if (link) {
            links_remove(&talk->links, link);
        }
        return;
    }
    const struct hc_row *row = base_member_row(base, member);
    snprintf(link->address, sizeof link->address, "%s", row->fields.addr);
    send->kind = HC_SEND_OPEN;
    send->handle = handle;
    memcpy(send->address, link->address, sizeof send->address);
    greeting_hello(&send->message, base, member, true);
    memcpy(link->nonces[0], send->message.nonce, HC_NONCE_BYTES);
}

/* Says goodbye to a link, not to the peer. */
static void link_give_up(struct talk *talk, struct base *base, struct link *link, const char *why,
                         struct hc_effects *effects)
{
    (void)link_say(link, HC_MESSAGE_BYE, effects);
    link_close(link, effects);
    link_gone(talk, base, link, HC_OK, why, effects);
}

/* ---- Tending ---- */

/* Two links to one peer: the one stays that the lesser id opened. */
static struct link *find_double(const struct links *links, const struct base *base)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->list[i];
        for (size_t k = 0; link->ours && link->stage == LINK_UP && k < links->count; k++) {
            const struct link *other = links->list[k];
            bool same = k != i && other->stage == LINK_UP && id_equal(other->id, link->id);
            if (same && (other->ours ? k < i : id_compare(base->identity.id, link->id) > 0)) {
                return link;
            }
        }
    }
    return NULL;
}

/* Marks the link to our successor, or opens it. True if it is up. */
static bool ring_close(struct talk *talk, struct base *base, struct hc_effects *effects)
{
    struct member *next = successor(base, &talk->links);
    struct link *link = next ? links_to(&talk->links, next->id) : NULL;
    if (next && !link) {
        link_open(talk, base, next, effects);
        link = links_to(&talk->links, next->id);
    }
    for (size_t i = 0; i < talk->links.count; i++) {
        talk->links.list[i]->ring = talk->links.list[i] == link;
    }
    if (link) {
        link->pushes = true; /* a chord that was lazy until now, too */
        push_wake(link, effects);
    }
    return link && link->stage == LINK_UP;
}

static size_t count_chords(const struct links *links)
{
    size_t count = 0;
    for (size_t i = 0; i < links->count; i++) {
        count += links->list[i]->ours && !links->list[i]->ring;
    }
    return count;
}

/* The chord to give up when there are too many: the newest, for it serves least. */
static struct link *newest_chord(const struct links *links)
{
    for (size_t i = links->count; i-- > 0;) {
        if (links->list[i]->ours && !links->list[i]->ring && links->list[i]->stage == LINK_UP) {
            return links->list[i];
        }
    }
    return NULL;
}

static void chords_tend(const struct ring *ring, struct talk *talk, struct base *base, bool closed,
                        struct hc_effects *effects)
{
    size_t wanted = ring->links - 1, chords = count_chords(&talk->links);
    for (; chords < wanted; chords++) {
        struct member *member = stranger(base, &talk->links);
        if (!member) {
            break;
        }
        link_open(talk, base, member, effects);
    }
    struct link *extra;
    for (; closed && chords > wanted && (extra = newest_chord(&talk->links)); chords--) {
        link_give_up(talk, base, extra, "there are enough", effects);
    }
}

/* K11: nobody is live here: those remembered are turned to, a few at once. */
static void start_tend(const struct ring *ring, struct talk *talk, struct base *base, struct hc_effects *effects)
{
    struct member *member;
    while (talk->links.count < ring->links && (member = remembered(base, &talk->links))) {
        size_t before = talk->links.count;
        link_open(talk, base, member, effects);
        if (talk->links.count == before) {
            return; /* no memory */
        }
    }
}

void ring_tend(struct ring *ring, struct talk *talk, struct base *base, struct hc_effects *effects)
{
    bool same = ring->members_revision == base->members.revision && ring->links_revision == talk->links.revision;
    if (same || !base_keeps_links(base) || base->leaving) {
        return;
    }
    struct link *twice;
    while ((twice = find_double(&talk->links, base))) {
        link_give_up(talk, base, twice, "there are two", effects);
    }
    if (base->members.live_count == 0) {
        start_tend(ring, talk, base, effects);
    } else {
        bool closed = ring_close(talk, base, effects);
        chords_tend(ring, talk, base, closed, effects);
    }
    ring->members_revision = base->members.revision;
    ring->links_revision = talk->links.revision;
}

void ring_turn(struct ring *ring, struct talk *talk, struct base *base, uint64_t round, struct hc_effects *effects)
{
    const struct links *links = &talk->links;
    bool any = random_below(&base->random, CHORD_ROUNDS) == 0, lazy_turn = round % CHORD_LAZY_ROUNDS == 0;
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->list[i];
        bool lazy = !link->pushed || !link->pushes;
        if (link->ours && !link->ring && link->stage == LINK_UP && (any || (lazy_turn && lazy))) {
            link_give_up(talk, base, link, "its term is over", effects);
            break;
        }
    }
    ring->members_revision = UINT64_MAX; /* whoever refused a link may be asked again by now */
}

/* One live member that never answered where its row says it is: it may be made up. */
static void unproved_watch(struct talk *talk, struct base *base)
{
    const struct members *members = &base->members;
    size_t first = members->count > 0 ? (size_t)random_below(&base->random, members->count) : 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[(first + i) % members->count];
        if (member->status == HC_MEMBER_LIVE && member->answered_ms == HC_NEVER_MS) {
            targets_add_member(&talk->targets, member->id);
            return;
        }
    }
}

void ring_watch(struct talk *talk, struct base *base)
{
    unproved_watch(talk, base);
    const struct members *members = &base->members;
    size_t first = first_after(base);
    for (size_t i = 0, watched = 0; i < members->count && watched < WATCHED_MAX; i++) {
        const struct member *member = &members->list[(first + i) % members->count];
        if (member->status != HC_MEMBER_LIVE) {
            continue;
        }
        if (member_keeps_links(member) && (member->reached != HC_REACH_NO || links_to(&talk->links, member->id))) {
            return;
        }
        targets_add_member(&talk->targets, member->id);
        watched++;
    }
}
