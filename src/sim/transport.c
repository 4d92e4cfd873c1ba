/* What lies between the hosts: messages on their way, with all that can become of them there.
 *
 * A request: the node's HC_SEND_REQUEST becomes a REQUEST happening at the address' host, after the latency. There the
 * node is stepped, its HC_SEND_REPLY becomes a REPLY happening at the asker. Where no process runs, a FAILURE comes
 * back, or nothing. What is lost does not happen; time-outs are the node's own affair. Connections that are kept are in
 * tcp.c.
 */
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/memory.h"
#include "core/rows/words.h"
#include "sim/world_parts.h"

void world_cut(struct world *world, uint32_t from_side, uint32_t to_side, bool cut)
{
    ASSERT(from_side < SIDES_MAX && to_side < SIDES_MAX);
    world->cut[from_side][to_side] = cut;
}

bool world_is_cut(const struct world *world, size_t from, size_t to)
{
    ASSERT(from < world->host_count && to < world->host_count);
    return world->cut[world->hosts[from].side][world->hosts[to].side];
}

void world_heal(struct world *world)
{
    memset(world->cut, 0, sizeof world->cut);
}

void message_copy(struct hc_message *copy, const struct hc_message *message)
{
    *copy = *message;
    if (copy->state) {
        state_ref(copy->state);
    }
    if (copy->words) {
        words_ref(copy->words);
    }
}

void happening_message_free(struct hc_message *message)
{
    if (message) {
        hc_message_clear(message);
        free(message);
    }
}

bool message_through_text(struct world *world, struct hc_message *message)
{
    char *line;
    size_t bytes;
    struct hc_message read;
    if (hc_wire_encode(&line, &bytes, message) != HC_OK) {
        return false;
    }
    ASSERT(bytes > 1 && line[bytes - 1] == '\n');
    enum hc_code code = hc_wire_decode(&read, line, bytes - 1, world->config.network->id, NULL);
    memory_free(line);
    hc_message_clear(message);
    *message = read;
    return code == HC_OK;
}

int64_t message_leaves_ms(struct world *world, size_t from, size_t bytes)
{
    struct host *host = &world->hosts[from];
    uint64_t speed = world->config.link_bytes_s;
    if (speed == 0) {
        return host_work_ends_ms(world, host);
    }
    int64_t takes_us = (int64_t)((uint64_t)bytes * MS_US * MS_US / speed);
    int64_t begins_us = later_of(host->sends_until_us, later_of(world->now_ms * MS_US, host->works_until_us));
    host->sends_until_us = begins_us + takes_us;
    host->load.link_us += (uint64_t)takes_us;
    return host->sends_until_us / MS_US;
}

/* ---- What TCP adds ---- */

static void traffic_segments(struct host *host, uint64_t segments)
{
    host->traffic.wire_bytes += segments * HEADER_BYTES;
}

void traffic_again(struct host *host, size_t bytes)
{
    host->traffic.wire_bytes += bytes;
    traffic_segments(host, (bytes + SEGMENT_BYTES - 1) / SEGMENT_BYTES);
}

void traffic_message(struct host *host, size_t bytes)
{
    host->traffic.messages++;
    host->traffic.bytes += bytes;
    traffic_again(host, bytes);
}

void traffic_opens(struct host *host)
{
    traffic_segments(host, 2);
}

void traffic_accepts(struct host *host)
{
    traffic_segments(host, 1);
}

void traffic_closes(struct host *host)
{
    traffic_segments(host, 2);
}

/* Sends what is owed, if the time for that is over. */
static void traffic_settle(const struct world *world, struct connection_way *way, struct host *host)
{
    if (way->owed > 0 && world->now_ms - way->owed_since_ms > ACK_MS) {
        traffic_segments(host, way->owed);
        way->owed = 0;
    }
}

void traffic_awaits(const struct world *world, struct connection_way *way, struct host *host)
{
    traffic_settle(world, way, host);
    way->owed_since_ms = way->owed > 0 ? way->owed_since_ms : world->now_ms;
    way->owed++;
}

void traffic_answers(const struct world *world, struct connection_way *way, struct host *host)
{
    traffic_settle(world, way, host);
    way->owed = 0;
}

/* ---- Requests and replies ---- */

/* Puts a message of this size on its way, if it is not lost. */
static void message_send(struct world *world, struct happening happening, const struct hc_message *message,
                         size_t bytes)
{
    ASSERT(happening.host < world->host_count && happening.from < world->host_count && bytes > 0);
    int64_t leaves_ms = message_leaves_ms(world, happening.from, bytes);
    happening.message = world_must(malloc(sizeof *happening.message));
    message_copy(happening.message, message);
    bool lost = world_is_cut(world, happening.from, happening.host) || world_chance(world, world->config.lost);
    enum passage passage = lost ? PASSAGE_LOST : PASSAGE_WHOLE;
    if (!lost && world->watch.message) {
        passage = world->watch.message(world->watch.context, world, happening.from, happening.host, happening.message);
    }
    if (passage == PASSAGE_WHOLE && world->config.over_text && !message_through_text(world, happening.message)) {
        passage = PASSAGE_UNREADABLE;
    }
    if (passage != PASSAGE_WHOLE) {
        happening_message_free(happening.message);
        happening.message = NULL;
    }
    if (passage == PASSAGE_LOST) {
        return;
    }
    ASSERT(leaves_ms >= world->now_ms);
    happening.at_ms = leaves_ms + world_latency_ms(world);
    world_happen(world, happening);
}

void transport_failure(struct world *world, const struct happening *request, enum hc_code code)
{
    ASSERT(request->kind == HAPPENS_REQUEST && code != HC_OK);
    world_happen(world, (struct happening){.kind = HAPPENS_FAILURE,
                                           .code = code,
                                           .at_ms = world->now_ms + world_latency_ms(world),
                                           .host = request->from,
                                           .incarnation = request->from_incarnation,
                                           .handle = request->handle});
}

void transport_request(struct world *world, size_t from, uint64_t handle, const char *address,
                       const struct hc_message *message)
{
    ASSERT(from < world->host_count);
    ASSERT(message->type == HC_MESSAGE_REQUEST || message->type == HC_MESSAGE_HELLO);
    struct host *sender = &world->hosts[from];
    size_t to = world_find_address(world, address);
    struct happening request = {
        .kind = HAPPENS_REQUEST, .host = to, .from = from, .from_incarnation = sender->incarnation, .handle = handle};
    size_t bytes = hc_wire_size(message);
    sender->traffic.exchanges++;
    traffic_opens(sender);
    traffic_message(sender, bytes);
    traffic_closes(sender);
    if (to == SIZE_MAX) {
        transport_failure(world, &request, HC_UNREACHABLE);
        return;
    }
    if (world_chance(world, world->config.cut_off)) {
        transport_failure(world, &request, HC_CLOSED);
        return;
    }
    message_send(world, request, message, bytes);
    if (world_chance(world, world->config.doubled)) {
        message_send(world, request, message, bytes);
    }
}

void world_send(struct world *world, size_t from, const char *address, const struct hc_message *request)
{
    transport_request(world, from, 0, address, request);
}

void transport_reply(struct world *world, const struct happening *request, const struct hc_message *message)
{
    ASSERT(request->kind == HAPPENS_REQUEST && message->type != HC_MESSAGE_REQUEST);
    struct host *sender = &world->hosts[request->host];
    size_t bytes = hc_wire_size(message);
    traffic_accepts(sender);
    traffic_message(sender, bytes);
    traffic_closes(sender);
    message_send(world,
                 (struct happening){.kind = HAPPENS_REPLY,
                                    .host = request->from,
                                    .incarnation = request->from_incarnation,
                                    .from = request->host,
                                    .handle = request->handle},
                 message, bytes);
}

/* A daemon without a free place says so by itself, without its node. */
static void turn_away(struct world *world, const struct happening *request)
{
    struct hc_message busy = {.type = HC_MESSAGE_ERROR};
    fault_set(&busy.error, HC_BUSY, "no place is free");
    transport_reply(world, request, &busy);
}

/* As the watch decided. Takes over the reply. */
static void receive(struct world *world, const struct happening *request, enum reception reception,
                    struct hc_message *reply)
{
    struct hc_event busy = {.kind = HC_EVENT_BUSY, .handle = request->number, .message = request->message};
    switch (reception) {
    case RECEPTION_REPLY:
        transport_reply(world, request, reply);
        hc_message_clear(reply);
        break;
    case RECEPTION_BUSY:
        ASSERT(world->hosts[request->host].node);
        world->answering = request;
        (void)world_step(world, request->host, &busy);
        world->answering = NULL;
        break;
    case RECEPTION_CLOSED:
        transport_failure(world, request, HC_CLOSED);
        break;
    case RECEPTION_REFUSED:
        transport_failure(world, request, HC_UNREACHABLE);
        break;
    case RECEPTION_NODE:
    case RECEPTION_SILENT:
        break;
    }
}

void transport_arrived(struct world *world, const struct happening *happening)
{
    ASSERT(happening->kind == HAPPENS_REQUEST && !world->answering);
    struct host *host = &world->hosts[happening->host];
    if (world->watch.asked && !host->hidden) {
        struct hc_message reply = {0};
        enum reception reception =
            world->watch.asked(world->watch.context, world, happening->host, happening->message, &reply);
        if (reception != RECEPTION_NODE) {
            receive(world, happening, reception, &reply);
            return;
        }
    }
    if (!host->node) {
        if (!host->hidden) {
            transport_failure(world, happening, HC_UNREACHABLE);
        }
        return;
    }
    if (host->turns_away_until_ms > world->now_ms) {
        turn_away(world, happening);
        return;
    }
    struct hc_event event = {.kind = HC_EVENT_REQUEST, .handle = happening->number, .message = happening->message};
    if (!happening->message) {
        event = (struct hc_event){.kind = HC_EVENT_REFUSED, .code = HC_BAD_FRAME};
        transport_failure(world, happening, HC_CLOSED);
    }
    world->answering = happening;
    (void)world_step(world, happening->host, &event);
    world->answering = NULL;
}
