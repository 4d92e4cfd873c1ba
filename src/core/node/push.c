/* From news to messages. */
#include "core/node/push.h"

#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/told.h"
#include "core/rows/patch.h"

void push_free(struct push *push)
{
    hc_row_unref(push->own_before);
    *push = (struct push){0};
}

/* ---- To the outboxes ---- */

static void row_hand_out(struct links *links, const uint8_t *id, struct hc_row *before, uint64_t from)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->list[i];
        if (link->handle == from) {
            outbox_strike_row(&link->outbox, id);
        } else if (link->pushes) {
            outbox_add_row(&link->outbox, id, before);
        }
    }
}

/* About how many bytes the change takes on a link. */
static size_t change_bytes(struct hc_row *before, struct hc_row *after)
{
    struct patch patch = {0};
    size_t bytes = after->text_bytes;
    if (before && patch_make(&patch, before, after) == PATCH_MADE) {
        bytes = patch_bytes(&patch);
    }
    memory_free(patch.sent);
    return bytes;
}

/* Our own row: told now, or together with what follows. */
static void own_hand_out(struct push *push, struct links *links, const struct base *base, struct hc_row *before)
{
    struct hc_row *row = base_row(base, base->identity.id);
    if (!row) {
        return;
    }
    int64_t takes_ms = (int64_t)(change_bytes(before, row) * 1000 / OWN_NEWS_BYTES_S);
    push->own_due_ms = base->now_ms + (takes_ms > NEWS_GATHER_MS ? takes_ms : NEWS_GATHER_MS);
    row_hand_out(links, base->identity.id, before, 0);
}

static void own_gather(struct push *push, struct links *links, const struct base *base, struct hc_row *before)
{
    if (push->own_waits) {
        return; /* what the links hold is what was noted first */
    }
    if (base->now_ms >= push->own_due_ms || base->leaving) {
        own_hand_out(push, links, base, before);
        return;
    }
    push->own_waits = true;
    push->own_before = before ? hc_row_ref(before) : NULL;
}

static void own_release(struct push *push, struct links *links, const struct base *base)
{
    struct hc_row *before = push->own_before;
    if (push->own_waits && (base->now_ms >= push->own_due_ms || base->leaving)) {
        push->own_waits = false;
        push->own_before = NULL;
        own_hand_out(push, links, base, before);
        hc_row_unref(before);
    }
}

void push_gather(struct push *push, struct links *links, struct base *base)
{
    struct news *news = &base->news;
    for (size_t i = 0; i < news->row_count; i++) {
        const struct news_row *row = &news->rows[i];
        if (base_is_self(base, row->id)) {
            own_gather(push, links, base, row->before);
        } else {
            row_hand_out(links, row->id, row->before, row->from);
        }
    }
    for (size_t i = 0; i < news->verdict_count; i++) {
        for (size_t l = 0; l < links->count; l++) {
            if (links->list[l]->pushes) {
                outbox_add_verdict(&links->list[l]->outbox, &news->verdicts[i]);
            }
        }
    }
    news_clear(news);
    own_release(push, links, base);
}

/* ---- To messages ---- */

/* A message of news in the making. */
struct telling {
    struct hc_words *words;
    struct hc_state *state; /* NULL: no row needs to go whole */
    size_t bytes;           /* about as many as it will have */
};

#define NEWS_HEAD_BYTES 64u
#define VERDICT_BYTES 64u

/* Whether so many more bytes fit; the first always do. */
static bool has_room(const struct telling *telling, size_t bytes)
{
    return telling->bytes <= NEWS_HEAD_BYTES || telling->bytes + bytes <= LINK_MESSAGE_BYTES_MAX;
}

static bool tell_whole(struct telling *telling, const struct base *base, const struct entry *entry)
{
    size_t bytes = entry_row(entry)->text_bytes + 16;
    for (size_t b = 0; entry_is_forked(entry) && b < entry->branch_count; b++) {
        bytes += entry->branches[b]->text_bytes + 4;
    }
    if (!has_room(telling, bytes) || (!telling->state && state_new(&telling->state) != HC_OK)) {
        return false;
    }
    telling->bytes += bytes;
    return told_add(telling->state, base, entry) == HC_OK;
}

/* As a patch, if that can be (K5). */
static bool tell_due(struct telling *telling, const struct base *base, const struct due *due)
{
    const struct entry *entry = table_find(&base->table, due->id);
    struct patch patch = {0}, *to;
    if (!entry || (due->base && !entry_is_forked(entry) && due->base == entry_row(entry))) {
        return true; /* it was forgotten, or is as it was */
    }
    if (!due->base || entry_is_forked(entry) || patch_make(&patch, due->base, entry_row(entry)) != PATCH_MADE) {
        return tell_whole(telling, base, entry);
    }
    size_t bytes = patch_bytes(&patch);
    if (!has_room(telling, bytes) || telling->words->patch_count == LINK_WORDS_MAX ||
        !(to = words_add_patch(telling->words))) {
        memory_free(patch.sent);
        return false;
    }
    telling->bytes += bytes;
    *to = patch;
    to->row = hc_row_ref(entry_row(entry));
    return true;
}

static bool tell_verdict(struct telling *telling, const struct news_verdict *verdict)
{
    struct verdict *to;
    if (!has_room(telling, VERDICT_BYTES) || !(to = words_add_verdict(telling->words))) {
        return false;
    }
    telling->bytes += VERDICT_BYTES;
    memcpy(to->id, verdict->id, ID_SHORT_BYTES);
    to->version = verdict->version;
    to->reason = verdict->reason;
    return true;
}

/* One message of what is due on the link. False if memory ran out: it stays due. */
static bool link_tell(struct link *link, const struct base *base, struct hc_effects *effects)
{
    struct outbox *outbox = &link->outbox;
    struct telling telling = {.words = words_new(), .bytes = NEWS_HEAD_BYTES};
    size_t verdicts = 0, rows = 0;
    if (!telling.words) {
        return false;
    }
    while (verdicts < outbox->verdict_count && tell_verdict(&telling, &outbox->verdicts[verdicts])) {
        verdicts++;
    }
    while (rows < outbox->row_count && tell_due(&telling, base, &outbox->rows[rows])) {
        rows++;
    }
    bool empty = telling.words->patch_count + telling.words->verdict_count == 0 && !telling.state;
    struct hc_message *message = empty ? NULL : link_say(link, HC_MESSAGE_NEWS, effects);
    if (!message) {
        words_unref(telling.words);
        state_unref(telling.state);
        outbox_told(outbox, empty ? rows : 0, empty ? verdicts : 0);
        return empty && rows > 0;
    }
    if (telling.state) {
        state_seal(telling.state);
    }
    message->words = telling.words;
    message->state = telling.state;
    outbox_told(outbox, rows, verdicts);
    link->pushed_ms = base->now_ms;
    link->next_push_ms = base->now_ms + NEWS_GATHER_MS;
    return true;
}

void push_send(struct links *links, const struct base *base, struct hc_effects *effects)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->list[i];
        if (link->stage == LINK_UP && outbox_has_news(&link->outbox) && base->now_ms >= link->next_push_ms &&
            !link_tell(link, base, effects)) {
            link->next_push_ms = base->now_ms + NEWS_GATHER_MS;
        }
    }
}

void push_farewell(struct push *push, struct links *links, const struct base *base, bool own,
                   struct hc_effects *effects)
{
    own_release(push, links, base);
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = links->list[i];
        if (link->stage != LINK_UP) {
            continue;
        }
        if (own) {
            outbox_add_row(&link->outbox, base->identity.id, NULL);
        }
        while (outbox_has_news(&link->outbox) && link_tell(link, base, effects)) {
            continue;
        }
    }
}

int64_t push_deadline(const struct push *push, const struct links *links)
{
    int64_t deadline = push->own_waits ? push->own_due_ms : INT64_MAX;
    for (size_t i = 0; i < links->count; i++) {
        const struct link *link = links->list[i];
        if (link->stage == LINK_UP && outbox_has_news(&link->outbox) && link->next_push_ms < deadline) {
            deadline = link->next_push_ms;
        }
    }
    return deadline;
}

/* ---- Who wants news ---- */

void push_judge(struct link *link, bool fresh)
{
    ASSERT(link->usefulness <= 1000);
    link->usefulness = (link->usefulness * (USEFULNESS_WEIGHT - 1) + (fresh ? 1000 : 0)) / USEFULNESS_WEIGHT;
}

void push_judged(struct link *link, struct hc_effects *effects)
{
    bool of_ring = link->ring || link->ring_there;
    if (link->pushed && !of_ring && link->usefulness < USEFULNESS_LAZY && link_say(link, HC_MESSAGE_LAZY, effects)) {
        link->pushed = false;
    }
}

void push_wake(struct link *link, struct hc_effects *effects)
{
    if (!link->pushed && link->stage == LINK_UP && link_say(link, HC_MESSAGE_EAGER, effects)) {
        link->pushed = true;
        link->usefulness = USEFULNESS_FIRST;
    }
}
