/* Links: connections that are kept, as TCP carries them.
 *
 * The good path: HC_SEND_OPEN makes a link of two ends, and puts the hello on its way to the host at the address, as a
 * letter. Every letter is one happening: when it comes to the other machine (tcp_arrive), and that host's process has
 * time for it, the process takes the first letter of that way (tcp_take). So letters stay in order whatever becomes of
 * the happenings. A hello makes the second end real; a message steps the node; a letter that says `end` is the last one.
 *
 * What can go wrong:
 *
 *   A segment is lost: the letter comes later, and what follows waits behind it.
 *   The way is cut, or the other machine is gone: the letter is tried again and again. What has not been acknowledged
 *     for UNACKED_MS breaks the link (TCP's user time-out): the sender's process hears HC_SILENT at once, the other one
 *     HC_CLOSED, if it is reached. The same if the letter comes, and the way back is cut.
 *   No process listens, or the hello comes nowhere: HC_UNREACHABLE.
 *   A process ends, and its machine runs on: its machine closes its links. A machine ends: nothing is said; if it runs
 *     again, it answers what comes for the former process with a reset: HC_CLOSED.
 *   A host is stalled: its machine takes letters in, and acknowledges them.
 *
 * Each end is told once that the link is over, or says so itself. When both are done with it, the link's place is free for
 * another one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"
#include "sim/world_parts.h"

#define RETRANSMIT_MS 200 /* the least time after which Linux sends a segment again */
#define UNACKED_MS 1000   /* TCP's user time-out, as the daemon sets it (K8) */
#define OPENING_MS 3000   /* a machine that does not answer: a kernel tries for longer, a node does not wait so long */
#define PLACE_BITS 24     /* of a link's name; the rest counts the links */
#define NOBODY UINT64_MAX /* incarnation of an end that swallows what comes */

enum letter_kind { LETTER_HELLO, LETTER_MESSAGE, LETTER_END };

struct letter {
    struct letter *next;
    enum letter_kind kind;
    bool lost, unreadable;  /* it will never come; the other side cannot read it */
    int64_t left_ms, at_ms; /* when it was sent, and when it comes at the earliest */
    size_t bytes;
    struct hc_message message; /* zeroed if the letter has none */
};

/* ---- Links and their ends ---- */

/* By its name, which is also the second end's handle; NULL: it is over. */
static struct connection *link_find(const struct world *world, uint64_t name)
{
    size_t at = name & ((UINT64_C(1) << PLACE_BITS) - 1);
    return at < world->link_count && world->links[at].name == name ? &world->links[at] : NULL;
}

/* The link that a host knows by this handle, and which end is the host's; NULL: none, or it is over for the host. */
static struct connection *end_find(const struct world *world, size_t number, uint64_t handle, unsigned *end)
{
    const struct host *host = &world->hosts[number];
    *end = (handle & HC_HANDLE_THEIRS) != 0;
    if (*end) {
        struct connection *link = link_find(world, handle);
        return link && link->ends[1].host == number && !link->ends[1].over ? link : NULL;
    }
    for (size_t i = 0; i < host->link_count; i++) { /* a node keeps few */
        struct connection *link = &world->links[host->links[i]];
        if (link->ends[0].handle == handle && link->ends[0].host == number && !link->ends[0].over) {
            return link;
        }
    }
    return NULL;
}

static void letter_free(struct letter *letter)
{
    hc_message_clear(&letter->message);
    free(letter);
}

static void letters_free(struct letter *first)
{
    while (first) {
        struct letter *next = first->next;
        letter_free(first);
        first = next;
    }
}

static struct connection *link_make(struct world *world)
{
    size_t at = world->link_free;
    if (at == world->link_count) {
        CHECK(ARRAY_RESERVE(world->links, world->link_capacity, world->link_count + 1));
        CHECK(world->link_count < (size_t)1 << PLACE_BITS);
        world->link_count++;
        world->links[at] = (struct connection){.next_free = world->link_count};
    }
    struct connection *link = &world->links[at];
    world->link_free = link->next_free;
    *link = (struct connection){.name = HC_HANDLE_THEIRS | ++world->links_made << PLACE_BITS | at,
                                .ends = {{.over = true}, {.over = true}}};
    return link;
}

static void end_begin(struct world *world, struct connection *link, unsigned end, size_t number, uint64_t handle)
{
    struct host *host = &world->hosts[number];
    ASSERT(link->ends[end].over);
    CHECK(ARRAY_RESERVE(host->links, host->link_capacity, host->link_count + 1));
    link->ends[end] = (struct connection_end){
        .host = number, .incarnation = host->incarnation, .handle = handle, .place = host->link_count};
    host->links[host->link_count++] = (uint32_t)(link - world->links);
    (end == 0 ? traffic_opens : traffic_accepts)(host);
}

/* The process is done with the link. The last of the two ends frees it. */
static void end_over(struct world *world, struct connection *link, unsigned end)
{
    struct connection_end *ours = &link->ends[end];
    struct host *host = &world->hosts[ours->host];
    uint32_t at = (uint32_t)(link - world->links);
    ASSERT(!ours->over && host->link_count > 0 && host->links[ours->place] == at);
    struct connection *last = &world->links[host->links[--host->link_count]];
    unsigned which = last->ends[0].over || last->ends[0].host != ours->host || last->ends[0].place != host->link_count;
    ASSERT(last->ends[which].place == host->link_count && last->ends[which].host == ours->host);
    last->ends[which].place = ours->place;
    host->links[ours->place] = host->links[host->link_count];
    ours->over = true;
    traffic_closes(host);
    if (link->ends[0].over && link->ends[1].over) {
        letters_free(link->ways[0].first);
        letters_free(link->ways[1].first);
        *link = (struct connection){.next_free = world->link_free};
        world->link_free = at;
    }
}

void tcp_free(struct world *world)
{
    for (size_t i = 0; i < world->link_count; i++) {
        letters_free(world->links[i].ways[0].first);
        letters_free(world->links[i].ways[1].first);
    }
    for (size_t i = 0; i < world->host_count; i++) {
        memory_free(world->hosts[i].links);
    }
    memory_free(world->links);
}

/* ---- Letters on their way ---- */

static void happen_at_end(struct world *world, const struct connection *link, unsigned end, enum happening_kind kind,
                          int64_t at_ms, enum hc_code code)
{
    world_happen(world, (struct happening){.kind = kind,
                                           .at_ms = at_ms,
                                           .host = link->ends[end].host,
                                           .incarnation = link->ends[end].incarnation,
                                           .handle = link->name,
                                           .end = end,
                                           .code = code});
}

/* The process at this end will hear that the link is over. */
static void end_tell(struct world *world, const struct connection *link, unsigned end, int64_t at_ms, enum hc_code code)
{
    if (!link->ends[end].over) {
        happen_at_end(world, link, end, HAPPENS_LINK_ENDED, at_ms, code);
    }
}

/* For how long a letter may go without an answer. */
static int64_t letter_patience_ms(const struct letter *letter)
{
    return letter->kind == LETTER_HELLO ? OPENING_MS : UNACKED_MS;
}

/* Puts it behind the others of its way. Takes it over. */
static void letter_post(struct world *world, struct connection *link, unsigned from, struct letter *letter)
{
    struct connection_way *way = &link->ways[from];
    int64_t latency_ms = world_latency_ms(world), patience_ms = letter_patience_ms(letter);
    latency_ms = latency_ms < UNACKED_MS ? latency_ms : UNACKED_MS - 1; /* a kernel takes it for late, not for lost */
    letter->left_ms = message_leaves_ms(world, link->ends[from].host, letter->bytes);
    for (int64_t again_ms = RETRANSMIT_MS; latency_ms < patience_ms && world_chance(world, world->config.lost);) {
        latency_ms += again_ms;
        again_ms *= 2;
        traffic_again(&world->hosts[link->ends[from].host], letter->bytes);
    }
    letter->lost = latency_ms >= patience_ms;
    letter->at_ms = later_of(way->arrives_ms, letter->left_ms + (letter->lost ? patience_ms : latency_ms));
    way->arrives_ms = letter->at_ms;
    *(way->last ? &way->last->next : &way->first) = letter;
    way->last = letter;
    way->coming = way->coming ? way->coming : letter;
    happen_at_end(world, link, !from, HAPPENS_LETTER, letter->at_ms, HC_OK);
}

static void letter_post_end(struct world *world, struct connection *link, unsigned from)
{
    if (!link->ends[!from].over) {
        struct letter *letter = world_must(calloc(1, sizeof *letter));
        letter->kind = LETTER_END;
        letter_post(world, link, from, letter);
    }
}

/* Puts a message on its way. What the watch, chance or the text make of it may end the link. */
static void letter_post_message(struct world *world, struct connection *link, unsigned from, enum letter_kind kind,
                                const struct hc_message *message)
{
    size_t sender = link->ends[from].host, receiver = link->ends[!from].host;
    struct letter *letter = world_must(calloc(1, sizeof *letter));
    *letter = (struct letter){.kind = kind, .bytes = hc_wire_size(message)};
    message_copy(&letter->message, message);
    traffic_message(&world->hosts[sender], letter->bytes);
    world->hosts[sender].traffic.link_messages++;
    world->hosts[sender].traffic.link_bytes += letter->bytes;
    traffic_answers(world, &link->ways[!from], &world->hosts[sender]);
    enum passage passage = world_chance(world, world->config.cut_off) ? PASSAGE_LOST : PASSAGE_WHOLE;
    if (passage == PASSAGE_WHOLE && world->watch.message) {
        passage = world->watch.message(world->watch.context, world, sender, receiver, &letter->message);
    }
    if (passage == PASSAGE_WHOLE && world->config.over_text && !message_through_text(world, &letter->message)) {
        passage = PASSAGE_UNREADABLE;
    }
    if (passage == PASSAGE_LOST) {
        letter_free(letter);
        letter_post_end(world, link, from);
        end_tell(world, link, from, host_work_ends_ms(world, &world->hosts[sender]) + world_latency_ms(world),
                 HC_CLOSED);
        return;
    }
    letter->unreadable = passage == PASSAGE_UNREADABLE;
    letter_post(world, link, from, letter);
}

/* The letters that have not come will not come any more. */
static void way_give_up(struct connection_way *way)
{
    struct letter **end = &way->first, *last = NULL;
    while (*end && *end != way->coming) {
        last = *end;
        end = &last->next;
    }
    letters_free(*end);
    *end = way->coming = NULL;
    way->last = last;
}

/* What this end sent stays without an answer. */
static void link_break(struct world *world, struct connection *link, unsigned from, bool opening)
{
    bool told = !link->ways[from].coming || link->ways[from].coming->kind != LETTER_END;
    end_tell(world, link, from, world->now_ms, opening ? HC_UNREACHABLE : HC_SILENT);
    way_give_up(&link->ways[from]);
    if (told) {
        letter_post_end(world, link, from);
    }
}

/* ---- What the nodes send ---- */

void world_link_open(struct world *world, size_t from, uint64_t handle, const char *address,
                     const struct hc_message *hello)
{
    ASSERT(from < world->host_count && (handle & HC_HANDLE_THEIRS) == 0);
    size_t to = world_find_address(world, address);
    struct connection *link = link_make(world);
    end_begin(world, link, 0, from, handle);
    link->ends[1] = (struct connection_end){.host = to, .handle = link->name, .over = true};
    if (to != SIZE_MAX) {
        letter_post_message(world, link, 0, LETTER_HELLO, hello);
        return;
    }
    int64_t there_ms = world_latency_ms(world), back_ms = world_latency_ms(world);
    end_tell(world, link, 0, host_work_ends_ms(world, &world->hosts[from]) + there_ms + back_ms, HC_UNREACHABLE);
}

void world_link_send(struct world *world, size_t from, uint64_t handle, const struct hc_message *message)
{
    unsigned end;
    struct connection *link = end_find(world, from, handle, &end);
    if (link) { /* otherwise its end is on its way to the node */
        letter_post_message(world, link, end, LETTER_MESSAGE, message);
    }
}

void world_link_close(struct world *world, size_t from, uint64_t handle)
{
    unsigned end;
    struct connection *link = end_find(world, from, handle, &end);
    if (link) {
        letter_post_end(world, link, end);
        end_over(world, link, end);
    }
}

void tcp_stop(struct world *world, size_t number, bool hidden)
{
    struct host *host = &world->hosts[number];
    while (host->link_count > 0) {
        struct connection *link = &world->links[host->links[host->link_count - 1]];
        bool first = !link->ends[0].over && link->ends[0].host == number;
        if (!hidden) {
            letter_post_end(world, link, !first);
        }
        end_over(world, link, !first);
    }
}

/* ---- What comes to a machine ---- */

static bool way_is_open(const struct world *world, const struct connection *link, unsigned from,
                        const struct letter *letter)
{
    size_t sender = link->ends[from].host, receiver = link->ends[!from].host;
    bool back = letter->kind != LETTER_HELLO || !world_is_cut(world, receiver, sender); /* the handshake needs both */
    return back && !world->hosts[receiver].hidden && !world_is_cut(world, sender, receiver);
}

/* An answer to a hello that is no link. */
static void link_refuse(struct world *world, struct connection *link, enum hc_code code)
{
    end_tell(world, link, 0, world->now_ms + world_latency_ms(world), code);
    way_give_up(&link->ways[0]);
}

void tcp_answer(struct world *world, uint64_t name, const struct hc_message *message)
{
    struct connection *link = link_find(world, name);
    if (link && !link->ends[1].over) {
        letter_post_message(world, link, 1, LETTER_MESSAGE, message);
    }
    link = link_find(world, name);
    if (link && !link->ends[1].over && message->type == HC_MESSAGE_ERROR) {
        letter_post_end(world, link, 1);
        end_over(world, link, 1);
    }
}

/* The watch decided what becomes of a link that is asked for. Takes over the reply. */
static void link_receive(struct world *world, uint64_t name, enum reception reception, struct hc_message *reply)
{
    struct connection *link = link_find(world, name);
    struct letter *hello = link->ways[0].coming;
    size_t host = link->ends[1].host;
    switch (reception) {
    case RECEPTION_CLOSED:
    case RECEPTION_REFUSED:
        link_refuse(world, link, reception == RECEPTION_CLOSED ? HC_CLOSED : HC_UNREACHABLE);
        return;
    case RECEPTION_SILENT:
        end_begin(world, link, 1, host, name);
        link->ends[1].incarnation = NOBODY;
        break;
    case RECEPTION_REPLY:
        end_begin(world, link, 1, host, name);
        tcp_answer(world, name, reply);
        hc_message_clear(reply);
        break;
    case RECEPTION_BUSY: {
        ASSERT(world->hosts[host].node);
        struct hc_event busy = {.kind = HC_EVENT_BUSY, .handle = name, .message = &hello->message};
        end_begin(world, link, 1, host, name);
        world->turning_away = name;
        (void)world_step(world, host, &busy);
        world->turning_away = 0;
        break;
    }
    case RECEPTION_NODE:
        break;
    }
    link = link_find(world, name); /* links may have moved, or this one may be over */
    if (link) {
        ASSERT(link->ways[0].first == link->ways[0].coming);
        way_give_up(&link->ways[0]);
    }
}

/* Whether the host's process is to take the hello. */
static bool link_accept(struct world *world, struct connection *link, const struct letter *letter)
{
    size_t number = link->ends[1].host;
    const struct host *host = &world->hosts[number];
    struct hc_message reply = {0};
    enum reception reception = RECEPTION_NODE;
    if (world->watch.opened && !letter->unreadable) {
        reception = world->watch.opened(world->watch.context, world, number, link->name, &letter->message, &reply);
    }
    if (reception == RECEPTION_NODE && !host->node) {
        reception = RECEPTION_REFUSED;
    }
    if (reception != RECEPTION_NODE) {
        link_receive(world, link->name, reception, &reply);
        return false;
    }
    end_begin(world, link, 1, number, link->name);
    return true;
}

bool tcp_arrive(struct world *world, struct happening *happening)
{
    struct connection *link = link_find(world, happening->handle);
    unsigned to = happening->end, from = !to;
    struct letter *letter = link ? link->ways[from].coming : NULL;
    if (!letter) {
        return false; /* given up */
    }
    if (letter->at_ms <= world->now_ms && (letter->lost || !way_is_open(world, link, from, letter))) {
        int64_t end_ms = letter->left_ms + letter_patience_ms(letter);
        if (end_ms <= world->now_ms) {
            link_break(world, link, from, letter->kind == LETTER_HELLO);
            return false;
        }
        letter->at_ms = world->now_ms + RETRANSMIT_MS < end_ms ? world->now_ms + RETRANSMIT_MS : end_ms;
    }
    if (letter->at_ms > world->now_ms) {
        happen_at_end(world, link, to, HAPPENS_LETTER, letter->at_ms, HC_OK);
        return false;
    }
    if (letter->kind == LETTER_HELLO && !link_accept(world, link, letter)) {
        return false; /* it may be freed by now, and the link be over */
    }
    if (link->ends[to].over) { /* a reset */
        way_give_up(&link->ways[from]);
        letter_post_end(world, link, to);
        return false;
    }
    link->ways[from].coming = letter->next;
    traffic_awaits(world, &link->ways[from], &world->hosts[link->ends[to].host]);
    if (world_is_cut(world, link->ends[to].host, link->ends[from].host)) {
        happen_at_end(world, link, from, HAPPENS_UNACKED, later_of(world->now_ms, letter->left_ms + UNACKED_MS), HC_OK);
    }
    happening->kind = HAPPENS_LINK;
    happening->incarnation = link->ends[to].incarnation;
    return true;
}

void tcp_unacked(struct world *world, const struct happening *happening)
{
    struct connection *link = link_find(world, happening->handle);
    unsigned from = happening->end;
    if (link && !link->ends[from].over && world_is_cut(world, link->ends[!from].host, link->ends[from].host)) {
        link_break(world, link, from, false);
    }
}

/* ---- What a process hears ---- */

/* The first letter that has come on a way; NULL: none. For the caller to free. */
static struct letter *way_take(struct connection_way *way)
{
    struct letter *letter = way->first;
    if (!letter || letter == way->coming) {
        return NULL;
    }
    way->first = letter->next;
    way->last = way->first ? way->last : NULL;
    return letter;
}

/* A daemon without a free place says so by itself, without its node. */
static void link_turn_away(struct world *world, uint64_t name)
{
    struct hc_message busy = {.type = HC_MESSAGE_ERROR};
    fault_set(&busy.error, HC_BUSY, "no place is free");
    tcp_answer(world, name, &busy);
}

void tcp_take(struct world *world, const struct happening *happening)
{
    struct connection *link = link_find(world, happening->handle);
    unsigned to = happening->end;
    struct letter *letter = link && !link->ends[to].over ? way_take(&link->ways[!to]) : NULL;
    if (!letter) {
        return;
    }
    const struct host *host = &world->hosts[happening->host];
    struct hc_event event = {.handle = link->ends[to].handle, .message = &letter->message};
    event.kind = letter->kind == LETTER_HELLO ? HC_EVENT_LINK_OPENED : HC_EVENT_LINK_MESSAGE;
    if (letter->unreadable || letter->kind == LETTER_END) {
        if (letter->unreadable) {
            letter_post_end(world, link, to);
        }
        end_over(world, link, to);
        event.kind = letter->kind == LETTER_HELLO ? HC_EVENT_REFUSED : HC_EVENT_LINK_ENDED;
        event.code = letter->unreadable ? HC_BAD_FRAME : HC_CLOSED;
        event.message = NULL;
    }
    if (event.kind == HC_EVENT_LINK_OPENED && host->turns_away_until_ms > world->now_ms) {
        link_turn_away(world, happening->handle);
    } else {
        (void)world_step(world, happening->host, &event);
    }
    letter_free(letter);
}

void tcp_ended(struct world *world, const struct happening *happening)
{
    struct connection *link = link_find(world, happening->handle);
    if (link && !link->ends[happening->end].over) {
        struct hc_event event = {
            .kind = HC_EVENT_LINK_ENDED, .handle = link->ends[happening->end].handle, .code = happening->code};
        end_over(world, link, happening->end);
        (void)world_step(world, happening->host, &event);
    }
}
