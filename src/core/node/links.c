/* The list of links. */
#include "core/node/links.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/effects.h"

static void link_free(struct link *link)
{
    outbox_free(&link->outbox);
    memory_free(link);
}

void links_clear(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        link_free(links->list[i]);
    }
    memory_free(links->list);
    *links = (struct links){0};
}

struct link *links_add(struct links *links, uint64_t handle, const uint8_t id[static HC_ID_BYTES], bool ours,
                       const struct base *base)
{
    ASSERT(!links_find(links, handle) && ours == !(handle & HC_HANDLE_THEIRS));
    if (!ARRAY_RESERVE(links->list, links->capacity, links->count + 1)) {
        return NULL;
    }
    struct link *link = memory_new(1, sizeof *link);
    if (!link) {
        return NULL;
    }
    link->handle = handle;
    link->ours = ours;
    link->stage = ours ? LINK_OPENING : LINK_GREETED;
    link->pushes = link->pushed = true;
    link->usefulness = USEFULNESS_FIRST;
    link->since_ms = link->heard_ms = base->now_ms;
    link->pushed_ms = link->moved_ms = base->now_ms - FRESH_MS;
    link->whole_until_ms = base->now_ms + 2 * FRESH_MS;
    id_copy(link->id, id);
    links->list[links->count++] = link;
    links->revision++;
    return link;
}

void links_remove(struct links *links, struct link *link)
{
    size_t at = 0;
    while (at < links->count && links->list[at] != link) {
        at++;
    }
    ASSERT(at < links->count);
    links->count--;
    memmove(&links->list[at], &links->list[at + 1], (links->count - at) * sizeof *links->list);
    links->revision++;
    link_free(link);
}

struct link *links_find(const struct links *links, uint64_t handle)
{
    for (size_t i = 0; i < links->count; i++) {
        if (links->list[i]->handle == handle) {
            return links->list[i];
        }
    }
    return NULL;
}

struct link *links_to(const struct links *links, const uint8_t id[static HC_ID_BYTES])
{
    struct link *found = NULL;
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->list[i];
        if (link->stage != LINK_GREETED && id_equal(link->id, id) && (!found || link->stage > found->stage)) {
            found = link;
        }
    }
    return found;
}

bool links_speak(const struct links *links, const struct base *base, const uint8_t id[static HC_ID_BYTES])
{
    const struct link *link = links_to(links, id);
    return link && link->stage == LINK_UP && base->now_ms - link->heard_ms <= base_rounds_ms(base, 3) / 2;
}

bool links_are_up(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        if (links->list[i]->stage == LINK_UP) {
            return true;
        }
    }
    return false;
}

size_t links_count_theirs(const struct links *links)
{
    size_t count = 0;
    for (size_t i = 0; i < links->count; i++) {
        count += !links->list[i]->ours;
    }
    return count;
}

struct hc_message *link_say(const struct link *link, enum hc_message_type type, struct hc_effects *effects)
{
    struct hc_send *send = send_add(effects);
    if (!send) {
        return NULL;
    }
    send->kind = HC_SEND_LINK;
    send->handle = link->handle;
    send->message.type = type;
    return &send->message;
}

void link_stands(struct link *link, const struct base *base)
{
    if (memcmp(link->stood, link->theirs_told.whole, HC_DIGEST_BYTES) == 0) {
        link->rest_until_ms = base->now_ms + base_rounds_ms(base, STANDING_ROUNDS);
    }
    memcpy(link->stood, link->theirs_told.whole, HC_DIGEST_BYTES);
}

void link_close(const struct link *link, struct hc_effects *effects)
{
    struct hc_send *send = send_add(effects);
    if (send) { /* otherwise it stays open there until the other side gives it up: what comes on it finds no link here */
        send->kind = HC_SEND_CLOSE;
        send->handle = link->handle;
    }
}

bool links_verify(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct link *link = links->list[i];
        if (link->owed_under_way > OWED_MESSAGES_MAX || link->outbox.row_count > OUTBOX_ROWS_MAX ||
            link->usefulness > 1000 || links_find(links, link->handle) != link) {
            return false;
        }
    }
    return links->count <= LINKS_THEIRS_MAX + 2 * LINKS_OURS_MAX + 2;
}
