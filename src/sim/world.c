/* Time passes from happening to happening: a heap of them, by time and then by number, is all there is to run.
 *
 * A request: the node's HC_SEND_REQUEST becomes a REQUEST happening at the address' host, after the latency. There the node
 * is stepped, its HC_SEND_REPLY becomes a REPLY happening at the asker. Where nobody runs, a FAILURE comes back, or
 * nothing. Whatever is lost just does not happen; time-outs are the node's own affair.
 *
 * A stalled host's happenings are put off until it wakes, in their order; it then sees them before its clock's
 * deadline, as a stopped process does.
 *
 * Where work costs time, a host works until works_until_us; what happens to it meanwhile goes into its inbox, from where
 * HAPPENS_FREE fetches it. What a step sends leaves at the step's end, and then waits for the sender's link. All is counted in
 * microseconds and happens in the millisecond that it falls in, so that many small costs sum up.
 */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/state.h"

#define MS_US 1000 /* microseconds of a millisecond */

enum happening_kind {
    HAPPENS_WAKE,
    HAPPENS_REQUEST,
    HAPPENS_REPLY,
    HAPPENS_FAILURE,
    HAPPENS_COMMIT,
    HAPPENS_FREE, /* the host has time for what waits in its inbox */
    HAPPENS_ALARM
};

struct happening {
    int64_t at_ms;
    uint64_t number; /* in the order of making; of an alarm, whose it is, is in `handle` */
    enum happening_kind kind;
    enum hc_code code; /* FAILURE, COMMIT */
    size_t host, from;
    uint64_t incarnation, from_incarnation;
    uint64_t handle;
    struct hc_message *message; /* owned; may be NULL */
};

struct world {
    struct world_config config;
    struct world_watch watch;
    struct random random;
    int64_t now_ms;
    struct host *hosts;
    size_t host_count, host_capacity;
    size_t *by_id; /* host numbers in order of ids; of twins the first */
    struct happening *heap;
    size_t heap_count, heap_capacity;
    uint64_t next_number;
    bool cut[SIDES_MAX][SIDES_MAX];
    bool moved; /* some host is not at its first address */
    struct hc_effects effects;
    const struct happening *answering; /* the request that the node is stepped with */
};

static void *must(void *memory)
{
    if (!memory) {
        fprintf(stderr, "the simulator ran out of memory\n");
        exit(1);
    }
    return memory;
}

/* ---- The heap ---- */

static bool earlier(const struct happening *a, const struct happening *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void heap_push(struct world *world, struct happening happening)
{
    if (world->heap_count == world->heap_capacity) {
        world->heap_capacity = world->heap_capacity ? 2 * world->heap_capacity : 256;
        world->heap = must(reallocarray(world->heap, world->heap_capacity, sizeof *world->heap));
    }
    happening.number = world->next_number++;
    size_t at = world->heap_count++;
    while (at > 0 && earlier(&happening, &world->heap[(at - 1) / 2])) {
        world->heap[at] = world->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->heap[at] = happening;
}

static struct happening heap_pop(struct world *world)
{
    struct happening first = world->heap[0], last = world->heap[--world->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= world->heap_count) {
            break;
        }
        if (child + 1 < world->heap_count && earlier(&world->heap[child + 1], &world->heap[child])) {
            child++;
        }
        if (!earlier(&world->heap[child], &last)) {
            break;
        }
        world->heap[at] = world->heap[child];
        at = child;
    }
    if (world->heap_count > 0) {
        world->heap[at] = last;
    }
    return first;
}

/* ---- Small things ---- */

int64_t world_now(const struct world *world)
{
    return world->now_ms;
}

struct random *world_random(struct world *world)
{
    return &world->random;
}

struct world_config *world_settings(struct world *world)
{
    return &world->config;
}

size_t world_host_count(const struct world *world)
{
    return world->host_count;
}

struct host *world_host(struct world *world, size_t host)
{
    return &world->hosts[host];
}

static bool chance(struct world *world, uint32_t millionths)
{
    return millionths > 0 && random_below(&world->random, PER_MILLION) < millionths;
}

static int64_t latency(struct world *world)
{
    const struct world_config *config = &world->config;
    uint64_t span = (uint64_t)config->latency_max_ms - config->latency_min_ms + 1;
    int64_t ms = config->latency_min_ms + (int64_t)(span > 1 ? random_below(&world->random, span) : 0);
    return chance(world, config->late) ? ms + (int64_t)random_below(&world->random, 3000) : ms;
}

/* The host's clock at a time of the world's. */
static int64_t host_clock(const struct host *host, int64_t world_ms)
{
    return host->clock_offset_ms + world_ms + world_ms * host->clock_ppm / (int64_t)PER_MILLION;
}

/* The first time of the world's at which the host's clock shows `clock_ms`. */
static int64_t host_clock_reached(const struct host *host, int64_t clock_ms)
{
    int64_t goal = clock_ms - host->clock_offset_ms;
    int64_t ms = goal * (int64_t)PER_MILLION / ((int64_t)PER_MILLION + host->clock_ppm);
    while (host_clock(host, ms) < clock_ms) {
        ms++;
    }
    while (ms > 0 && host_clock(host, ms - 1) >= clock_ms) {
        ms--;
    }
    return ms;
}

/* Addresses say which host it is: 10.a.b.c for host a * 65536 + b * 256 + c, and a port for each of its moves. */
static void host_address(char out[static 32], size_t host, unsigned moves)
{
    snprintf(out, 32, "10.%u.%u.%u:%u", (unsigned)(host >> 16) & 255, (unsigned)(host >> 8) & 255, (unsigned)host & 255,
             8000 + moves);
}

size_t world_find_address(const struct world *world, const char *address)
{
    unsigned a, b, c;
    if (sscanf(address, "10.%u.%u.%u:", &a, &b, &c) != 3) {
        return SIZE_MAX;
    }
    size_t host = (size_t)a << 16 | (size_t)b << 8 | c;
    size_t found = host < world->host_count && strcmp(world->hosts[host].address, address) == 0 ? host : SIZE_MAX;
    for (size_t i = 0; world->moved && i < world->host_count; i++) {
        bool there = world->hosts[i].moves > 0 && strcmp(world->hosts[i].address, address) == 0;
        if (there && (found == SIZE_MAX || world->hosts[i].node)) {
            found = i;
        }
    }
    return found;
}

static size_t place_by_id(const struct world *world, const uint8_t *id)
{
    size_t low = 0, high = world->host_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(world->hosts[world->by_id[middle]].identity.id, id, HC_ID_BYTES) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t world_find_id(const struct world *world, const uint8_t id[static HC_ID_BYTES])
{
    size_t at = place_by_id(world, id);
    bool found = at < world->host_count && memcmp(world->hosts[world->by_id[at]].identity.id, id, HC_ID_BYTES) == 0;
    return found ? world->by_id[at] : SIZE_MAX;
}

/* ---- The network ---- */

void world_cut(struct world *world, uint32_t from_side, uint32_t to_side, bool cut)
{
    world->cut[from_side][to_side] = cut;
}

bool world_is_cut(const struct world *world, size_t from, size_t to)
{
    return world->cut[world->hosts[from].side][world->hosts[to].side];
}

void world_heal(struct world *world)
{
    memset(world->cut, 0, sizeof world->cut);
}

static struct hc_message *message_copy(const struct hc_message *message)
{
    struct hc_message *copy = must(malloc(sizeof *copy));
    *copy = *message;
    if (copy->state) {
        state_ref(copy->state);
    }
    return copy;
}

static void message_free(struct hc_message *message)
{
    if (message) {
        hc_message_clear(message);
        free(message);
    }
}

/* As a real socket would: into text and out of it again. False: the other side cannot read it. */
static bool message_through_text(struct world *world, struct hc_message *message)
{
    char *line;
    size_t bytes;
    struct hc_message read;
    if (hc_wire_encode(&line, &bytes, message) != HC_OK) {
        return false;
    }
    enum hc_code code = hc_wire_decode(&read, line, bytes - 1, world->config.network->id, NULL);
    free(line);
    hc_message_clear(message);
    *message = read;
    return code == HC_OK;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The end of what the host is doing now. */
static int64_t work_ends_ms(const struct world *world, const struct host *host)
{
    return later(world->now_ms, host->works_until_us / MS_US);
}

/* When a message of this size has left its sender: after its step, and behind what its link still has to carry. */
static int64_t message_leaves_ms(struct world *world, size_t from, size_t bytes)
{
    struct host *host = &world->hosts[from];
    uint64_t speed = world->config.link_bytes_s;
    if (speed == 0) {
        return work_ends_ms(world, host);
    }
    int64_t takes_us = (int64_t)((uint64_t)bytes * MS_US * MS_US / speed);
    int64_t begins_us = later(host->sends_until_us, later(world->now_ms * MS_US, host->works_until_us));
    host->sends_until_us = begins_us + takes_us;
    host->load.link_us += (uint64_t)takes_us;
    return host->sends_until_us / MS_US;
}

/* Puts a message of this size on its way, if it is not lost. */
static void message_send(struct world *world, struct happening happening, const struct hc_message *message,
                         size_t bytes)
{
    int64_t leaves_ms = message_leaves_ms(world, happening.from, bytes);
    happening.message = message_copy(message);
    bool lost = world_is_cut(world, happening.from, happening.host) || chance(world, world->config.lost);
    enum passage passage = lost ? PASSAGE_LOST : PASSAGE_WHOLE;
    if (!lost && world->watch.message) {
        passage = world->watch.message(world->watch.context, world, happening.from, happening.host, happening.message);
    }
    if (passage == PASSAGE_WHOLE && world->config.over_text && !message_through_text(world, happening.message)) {
        passage = PASSAGE_UNREADABLE;
    }
    if (passage != PASSAGE_WHOLE) {
        message_free(happening.message);
        happening.message = NULL;
    }
    if (passage == PASSAGE_LOST) {
        return;
    }
    happening.at_ms = leaves_ms + latency(world);
    heap_push(world, happening);
}

static void failure_send(struct world *world, const struct happening *request, enum hc_code code)
{
    heap_push(world, (struct happening){.kind = HAPPENS_FAILURE,
                                        .code = code,
                                        .at_ms = world->now_ms + latency(world),
                                        .host = request->from,
                                        .incarnation = request->from_incarnation,
                                        .handle = request->handle});
}

static void request_send(struct world *world, size_t from, uint64_t handle, const char *address,
                         const struct hc_message *message)
{
    struct host *sender = &world->hosts[from];
    size_t to = world_find_address(world, address);
    struct happening request = {
        .kind = HAPPENS_REQUEST, .host = to, .from = from, .from_incarnation = sender->incarnation, .handle = handle};
    size_t bytes = hc_wire_size(message);
    sender->exchanges++;
    sender->bytes_sent += bytes;
    if (to == SIZE_MAX) {
        failure_send(world, &request, HC_UNREACHABLE);
        return;
    }
    if (chance(world, world->config.cut_off)) {
        failure_send(world, &request, HC_CLOSED);
        return;
    }
    message_send(world, request, message, bytes);
    if (chance(world, world->config.doubled)) {
        message_send(world, request, message, bytes);
    }
}

void world_send(struct world *world, size_t from, const char *address, const struct hc_message *request)
{
    request_send(world, from, 0, address, request);
}

static void reply_send(struct world *world, const struct happening *request, const struct hc_message *message)
{
    size_t bytes = hc_wire_size(message);
    world->hosts[request->host].bytes_sent += bytes;
    message_send(world,
                 (struct happening){.kind = HAPPENS_REPLY,
                                    .host = request->from,
                                    .incarnation = request->from_incarnation,
                                    .from = request->host,
                                    .handle = request->handle},
                 message, bytes);
}

/* ---- Steps ---- */

static void wake_at(struct world *world, size_t number)
{
    struct host *host = &world->hosts[number];
    int64_t deadline = host->node ? hc_node_deadline(host->node) : INT64_MAX;
    int64_t at = deadline == INT64_MAX ? INT64_MAX : host_clock_reached(host, deadline);
    at = at < world->now_ms ? world->now_ms : at;
    if (at == host->wake_ms) {
        return; /* a WAKE for it is on its way */
    }
    host->wake_ms = at;
    if (at != INT64_MAX) {
        heap_push(world, (struct happening){
                             .kind = HAPPENS_WAKE, .at_ms = at, .host = number, .incarnation = host->incarnation});
    }
}

static void commit_begin(struct world *world, size_t number, struct hc_row *row)
{
    struct host *host = &world->hosts[number];
    uint64_t most = world->config.commit_max_ms;
    if (!host->durable) {
        return;
    }
    hc_row_unref(host->committing);
    host->committing = hc_row_ref(row);
    int64_t takes_ms = (int64_t)(most ? random_below(&world->random, most) : 0);
    heap_push(world, (struct happening){.kind = HAPPENS_COMMIT,
                                        .at_ms = work_ends_ms(world, host) + takes_ms,
                                        .host = number,
                                        .incarnation = host->incarnation});
}

static void commit_done(struct host *host)
{
    hc_row_unref(host->disk_row);
    host->disk_row = host->committing;
    host->committing = NULL;
    host->signed_before = true;
}

/* Of a commit that failed nobody knows what became of it. */
static void commit_failed(struct world *world, struct host *host)
{
    if (random_below(&world->random, 2) == 0) {
        commit_done(host);
    }
    hc_row_unref(host->committing);
    host->committing = NULL;
}

/* What a step took, beside the signatures and rows of its merge. */
static uint64_t step_cost_us(const struct world *world, const struct hc_event *event, const struct hc_effects *effects,
                             uint64_t verified, uint64_t compared)
{
    const struct world_config *config = &world->config;
    uint64_t signatures = verified + (effects->commit.row != NULL);
    size_t bytes = event->message ? hc_wire_size(event->message) : 0;
    signatures += event->kind == HC_EVENT_REPLY && event->message->type == HC_MESSAGE_REPLY;
    for (size_t i = 0; i < effects->send_count; i++) {
        if (effects->sends[i].kind != HC_SEND_CANCEL) {
            bytes += hc_wire_size(&effects->sends[i].message);
            signatures += effects->sends[i].message.type == HC_MESSAGE_REPLY;
        }
    }
    return signatures * config->signature_us + compared * config->row_us + bytes * config->kilobyte_us / 1000;
}

/* Steps the node, and keeps the host busy for what that costs. */
static void step_at_cost(struct world *world, struct host *host, const struct hc_event *event)
{
    const struct world_config *config = &world->config;
    const struct table *table = node_table(host->node);
    uint64_t verified = table->verified, compared = table->compared;
    enum hc_code code = hc_node_step(host->node, event, &world->effects);
    (void)code; /* out of memory: the node stays whole and tries again by itself */
    if (config->signature_us + config->row_us + config->kilobyte_us > 0) {
        uint64_t cost_us =
            step_cost_us(world, event, &world->effects, table->verified - verified, table->compared - compared);
        host->works_until_us = later(world->now_ms * MS_US, host->works_until_us) + (int64_t)cost_us;
        host->load.work_us += cost_us;
    }
}

static void host_stop(struct world *world, size_t number, bool hidden);

void world_step(struct world *world, size_t number, struct hc_event *event)
{
    struct host *host = &world->hosts[number];
    struct hc_effects *effects = &world->effects;
    if (!host->node) {
        return;
    }
    event->now_ms = host_clock(host, world->now_ms);
    bool starved = chance(world, world->config.starved);
    if (starved) {
        ASSERT(world->config.memory_fail_after);
        world->config.memory_fail_after((long)random_below(&world->random, 40));
    }
    step_at_cost(world, host, event);
    if (starved) {
        world->config.memory_fail_after(-1);
    }
    if (effects->commit.row) {
        commit_begin(world, number, effects->commit.row);
    }
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct hc_send *send = &effects->sends[i];
        if (send->kind == HC_SEND_REQUEST) {
            request_send(world, number, send->handle, send->address, &send->message);
        } else if (send->kind == HC_SEND_REPLY && world->answering) {
            reply_send(world, world->answering, &send->message);
        }
    }
    for (size_t i = 0; world->watch.notice && i < effects->notice_count; i++) {
        world->watch.notice(world->watch.context, world, number, &effects->notices[i]);
    }
    if (world->watch.stepped) {
        world->watch.stepped(world->watch.context, world, number, effects);
    }
    if (effects->stopped) {
        host_stop(world, number, false);
    }
    wake_at(world, number);
}

/* A daemon without a free place says so by itself, without its node. */
static void turn_away(struct world *world, const struct happening *request)
{
    struct hc_message busy = {.type = HC_MESSAGE_ERROR};
    fault_set(&busy.error, HC_BUSY, "no place is free");
    reply_send(world, request, &busy);
}

static void happen_request(struct world *world, const struct happening *happening)
{
    struct host *host = &world->hosts[happening->host];
    if (!host->node && world->watch.asked && !host->hidden) {
        struct hc_message reply = {0};
        if (world->watch.asked(world->watch.context, world, happening->host, happening->message, &reply)) {
            reply_send(world, happening, &reply);
            hc_message_clear(&reply);
            return;
        }
    }
    if (!host->node) {
        if (!host->hidden) {
            failure_send(world, happening, HC_UNREACHABLE);
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
        failure_send(world, happening, HC_CLOSED);
    }
    world->answering = happening;
    world_step(world, happening->host, &event);
    world->answering = NULL;
}

static void happen_to_host(struct world *world, const struct happening *happening)
{
    struct host *host = &world->hosts[happening->host];
    struct hc_event event = {.kind = HC_EVENT_TIMEOUT, .handle = happening->handle, .message = happening->message};
    switch (happening->kind) {
    case HAPPENS_WAKE:
        if (host->wake_ms > world->now_ms) {
            return; /* the node has a later deadline by now */
        }
        host->wake_ms = INT64_MIN;
        break;
    case HAPPENS_REPLY:
        event.kind = happening->message ? HC_EVENT_REPLY : HC_EVENT_FAILURE;
        event.code = HC_BAD_REPLY;
        break;
    case HAPPENS_FAILURE:
        event.kind = HC_EVENT_FAILURE;
        event.code = happening->code;
        break;
    case HAPPENS_COMMIT:
        if (!chance(world, world->config.commit_fails)) {
            commit_done(host);
            event.kind = HC_EVENT_COMMITTED;
        } else {
            commit_failed(world, host);
            event.kind = HC_EVENT_COMMIT_FAILED;
            event.text = "the disk failed";
        }
        break;
    case HAPPENS_REQUEST:
    case HAPPENS_FREE:
    case HAPPENS_ALARM:
        return;
    }
    world_step(world, happening->host, &event);
}

/* To a host that has time for it. */
static void happen_free(struct world *world, struct happening *happening)
{
    struct host *host = &world->hosts[happening->host];
    bool asleep = host->asleep_until_ms > world->now_ms && (host->node || happening->kind != HAPPENS_REQUEST);
    host->load.messages += happening->message && !asleep;
    if (happening->kind == HAPPENS_REQUEST && !asleep) {
        happen_request(world, happening);
    } else if (happening->kind != HAPPENS_REQUEST && happening->incarnation != host->incarnation) {
        /* for a process that does not exist any more */
    } else if (asleep) {
        happening->at_ms = host->asleep_until_ms;
        if (happening->kind == HAPPENS_WAKE) {
            happening->at_ms++; /* sockets come first when it wakes */
            host->wake_ms = happening->at_ms;
        }
        heap_push(world, *happening);
        return; /* the message goes with it */
    } else {
        happen_to_host(world, happening);
    }
    message_free(happening->message);
}

static bool host_works(const struct world *world, const struct host *host)
{
    return host->node && host->works_until_us / MS_US > world->now_ms;
}

static void inbox_wait(struct world *world, size_t number)
{
    heap_push(world, (struct happening){
                         .kind = HAPPENS_FREE, .at_ms = work_ends_ms(world, &world->hosts[number]), .host = number});
}

static void inbox_put(struct world *world, const struct happening *happening)
{
    struct host *host = &world->hosts[happening->host];
    if (host->inbox_count == host->inbox_capacity) {
        size_t capacity = host->inbox_capacity ? 2 * host->inbox_capacity : 16;
        struct happening *inbox = must(calloc(capacity, sizeof *inbox));
        for (size_t i = 0; i < host->inbox_count; i++) {
            inbox[i] = host->inbox[(host->inbox_first + i) % host->inbox_capacity];
        }
        free(host->inbox);
        host->inbox = inbox;
        host->inbox_capacity = capacity;
        host->inbox_first = 0;
    }
    host->inbox[(host->inbox_first + host->inbox_count++) % host->inbox_capacity] = *happening;
    if (host->inbox_count == 1) {
        inbox_wait(world, happening->host);
    }
}

static void inbox_serve(struct world *world, size_t number)
{
    struct host *host = &world->hosts[number];
    while (host->inbox_count > 0 && !host_works(world, host)) {
        struct happening happening = host->inbox[host->inbox_first];
        host->inbox_first = (host->inbox_first + 1) % host->inbox_capacity;
        host->inbox_count--;
        if (happening.message) {
            int64_t waited_ms = world->now_ms - happening.at_ms;
            host->load.waited_ms += (uint64_t)waited_ms;
            host->load.wait_max_ms = later(host->load.wait_max_ms, waited_ms);
        }
        happen_free(world, &happening);
    }
    if (host->inbox_count > 0) {
        inbox_wait(world, number);
    }
}

static void happen(struct world *world, struct happening *happening)
{
    if (happening->kind == HAPPENS_ALARM) {
        if (world->watch.alarm) {
            world->watch.alarm(world->watch.context, world, happening->handle);
        }
        return;
    }
    struct host *host = &world->hosts[happening->host];
    if (happening->kind == HAPPENS_FREE) {
        inbox_serve(world, happening->host);
    } else if (host->inbox_count > 0 || host_works(world, host)) {
        inbox_put(world, happening); /* the message goes with it */
    } else {
        happen_free(world, happening);
    }
}

void world_run(struct world *world, int64_t for_ms)
{
    int64_t end = world->now_ms + for_ms;
    while (world->heap_count > 0 && world->heap[0].at_ms <= end) {
        struct happening happening = heap_pop(world);
        world->now_ms = happening.at_ms > world->now_ms ? happening.at_ms : world->now_ms;
        happen(world, &happening);
    }
    world->now_ms = end;
}

bool world_run_until(struct world *world, bool (*condition)(struct world *world, void *context), void *context,
                     int64_t every_ms, int64_t at_most_ms)
{
    for (int64_t end = world->now_ms + at_most_ms; !condition(world, context);) {
        if (world->now_ms >= end) {
            return false;
        }
        world_run(world, every_ms < end - world->now_ms ? every_ms : end - world->now_ms);
    }
    return true;
}

void world_alarm(struct world *world, int64_t at_ms, uint64_t number)
{
    heap_push(world, (struct happening){.kind = HAPPENS_ALARM, .at_ms = at_ms, .handle = number});
}

/* ---- Hosts ---- */

struct world *world_new(const struct world_config *config, const struct world_watch *watch)
{
    struct world *world = calloc(1, sizeof *world);
    uint8_t seed[HC_SEED_BYTES] = {0};
    if (!world) {
        return NULL;
    }
    world->config = *config;
    if (watch) {
        world->watch = *watch;
    }
    for (size_t i = 0; i < 8; i++) {
        seed[i] = (uint8_t)(config->seed >> (8 * i));
    }
    random_init(&world->random, seed);
    return world;
}

static void rows_free(struct hc_row ***rows, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        hc_row_unref((*rows)[i]);
    }
    free(*rows);
    *rows = NULL;
    *count = 0;
}

void world_free(struct world *world)
{
    if (!world) {
        return;
    }
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = &world->hosts[i];
        hc_node_free(host->node);
        hc_row_unref(host->disk_row);
        hc_row_unref(host->committing);
        hc_row_unref(host->old_disk_row);
        rows_free(&host->disk_rows, &host->disk_count);
        rows_free(&host->old_disk_rows, &host->old_disk_count);
        for (size_t m = 0; m < host->inbox_count; m++) {
            message_free(host->inbox[(host->inbox_first + m) % host->inbox_capacity].message);
        }
        free(host->inbox);
    }
    for (size_t i = 0; i < world->heap_count; i++) {
        message_free(world->heap[i].message);
    }
    hc_effects_free(&world->effects);
    free(world->hosts);
    free(world->by_id);
    free(world->heap);
    free(world);
}

size_t world_add(struct world *world, size_t twin_of)
{
    if (world->host_count == world->host_capacity) {
        world->host_capacity = world->host_capacity ? 2 * world->host_capacity : 16;
        world->hosts = must(reallocarray(world->hosts, world->host_capacity, sizeof *world->hosts));
        world->by_id = must(reallocarray(world->by_id, world->host_capacity, sizeof *world->by_id));
    }
    size_t number = world->host_count;
    struct host *host = &world->hosts[number];
    *host = (struct host){.down_since_ms = world->now_ms,
                          .wake_ms = INT64_MIN,
                          .asleep_until_ms = INT64_MIN,
                          .turns_away_until_ms = INT64_MIN,
                          .durable = world->config.commit_max_ms > 0};
    if (twin_of == SIZE_MAX) {
        uint8_t seed[HC_SEED_BYTES];
        random_bytes(&world->random, seed, sizeof seed);
        hc_identity_from_seed(&host->identity, seed);
    } else {
        host->identity = world->hosts[twin_of].identity;
    }
    host_address(host->address, number, 0);
    size_t at = place_by_id(world, host->identity.id);
    if (twin_of != SIZE_MAX) {
        at++; /* behind the first */
    }
    memmove(&world->by_id[at + 1], &world->by_id[at], (number - at) * sizeof *world->by_id);
    world->by_id[at] = number;
    world->host_count++;
    return number;
}

void world_contact(struct world *world, size_t host, size_t contact)
{
    struct host *to = &world->hosts[host];
    if (to->contact_count < WORLD_CONTACTS_MAX) {
        to->contacts[to->contact_count++] = contact;
    }
}

/* Hands the node what its disk holds. */
static void host_restore(struct world *world, struct host *host, enum disk disk)
{
    struct hc_row *own = disk == DISK_OLD ? host->old_disk_row : host->disk_row;
    struct hc_row **rows = disk == DISK_OLD ? host->old_disk_rows : host->disk_rows;
    size_t count = disk == DISK_OLD ? host->old_disk_count : host->disk_count;
    if (!own) {
        return;
    }
    struct hc_stored_row *stored = must(calloc(count + 1, sizeof *stored));
    stored[0] = (struct hc_stored_row){.row = own};
    for (size_t i = 0; i < count; i++) {
        stored[i + 1] = (struct hc_stored_row){.row = rows[i], .live = true};
    }
    if (hc_node_restore(host->node, stored, count + 1, host_clock(host, world->now_ms)) != HC_OK) {
        must(NULL);
    }
    free(stored);
}

void world_start(struct world *world, size_t number, enum disk disk)
{
    struct host *host = &world->hosts[number];
    const char *contacts[WORLD_CONTACTS_MAX];
    if (host->node) {
        return;
    }
    for (size_t i = 0; i < host->contact_count; i++) {
        contacts[i] = world->hosts[host->contacts[i]].address;
    }
    struct hc_node_config config = {.identity = host->identity,
                                    .network = world->config.network,
                                    .address = host->address,
                                    .name = "",
                                    .contacts = contacts,
                                    .contact_count = host->contact_count,
                                    .gossip_interval_ms = world->config.gossip_interval_ms,
                                    .mutate_interval_ms = world->config.mutate_interval_ms,
                                    .checks_a_step = world->config.checks_a_step,
                                    .fanout = world->config.fanout,
                                    .durable = host->durable,
                                    .recovering = host->signed_before && (disk == DISK_LOST || !host->disk_row)};
    random_bytes(&world->random, config.seed, sizeof config.seed);
    if (hc_node_new(&host->node, &config) != HC_OK) {
        must(NULL);
    }
    host->incarnation++;
    host->down_since_ms = INT64_MAX;
    host->wake_ms = INT64_MIN;
    host->asleep_until_ms = INT64_MIN;
    host->turns_away_until_ms = INT64_MIN;
    host->works_until_us = host->sends_until_us = 0;
    host->hidden = false;
    if (disk == DISK_LOST) {
        hc_row_unref(host->disk_row);
        host->disk_row = NULL;
        rows_free(&host->disk_rows, &host->disk_count);
    } else {
        host_restore(world, host, disk);
    }
    struct hc_event event = {.kind = HC_EVENT_START};
    world_step(world, number, &event);
}

/* What a store would hold of others: every row that the node knows. */
static void disk_collect(struct host *host, struct hc_row ***rows, size_t *count)
{
    const struct table *table = node_table(host->node);
    rows_free(rows, count);
    *rows = must(calloc(table->count * BRANCHES_MAX + 1, sizeof **rows));
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        if (memcmp(entry_id(entry), host->identity.id, HC_ID_BYTES) != 0) {
            for (size_t b = 0; b < entry->branch_count; b++) {
                (*rows)[(*count)++] = hc_row_ref(entry->branches[b]);
            }
        }
    }
}

void world_copy_disk(struct world *world, size_t number)
{
    struct host *host = &world->hosts[number];
    if (host->node && host->disk_row) {
        disk_collect(host, &host->old_disk_rows, &host->old_disk_count);
        hc_row_unref(host->old_disk_row);
        host->old_disk_row = hc_row_ref(host->disk_row);
    }
}

static void host_stop(struct world *world, size_t number, bool hidden)
{
    struct host *host = &world->hosts[number];
    disk_collect(host, &host->disk_rows, &host->disk_count);
    hc_node_free(host->node);
    host->node = NULL;
    host->hidden = hidden;
    host->incarnation++;
    host->down_since_ms = world->now_ms;
    if (host->committing && random_below(&world->random, 2) == 0) {
        commit_done(host); /* it was just in time */
    }
    hc_row_unref(host->committing);
    host->committing = NULL;
}

void world_crash(struct world *world, size_t number, enum crash crash)
{
    if (world->hosts[number].node) {
        host_stop(world, number, crash == CRASH_MACHINE);
    }
}

/* What its user does to a host; one that is stalled does not notice. */
static void host_command(struct world *world, size_t host, struct hc_event event)
{
    if (world->hosts[host].asleep_until_ms <= world->now_ms) {
        world_step(world, host, &event);
    }
}

void world_leave(struct world *world, size_t host)
{
    host_command(world, host, (struct hc_event){.kind = HC_EVENT_LEAVE});
}

void world_stall(struct world *world, size_t host, int64_t for_ms)
{
    world->hosts[host].asleep_until_ms = world->now_ms + for_ms;
}

void world_turn_away(struct world *world, size_t host, int64_t for_ms)
{
    world->hosts[host].turns_away_until_ms = world->now_ms + for_ms;
}

void world_move(struct world *world, size_t number, size_t taken_from)
{
    struct host *host = &world->hosts[number];
    if (host->node) {
        return;
    }
    host->moves++;
    world->moved = true;
    if (taken_from == SIZE_MAX) {
        host_address(host->address, number, host->moves);
    } else {
        memcpy(host->address, world->hosts[taken_from].address, sizeof host->address);
    }
}

void world_mutate(struct world *world, size_t host)
{
    host_command(world, host, (struct hc_event){.kind = HC_EVENT_MUTATE});
}

void world_pay(struct world *world, size_t host, size_t payee, uint64_t amount)
{
    host_command(world, host,
                 (struct hc_event){.kind = HC_EVENT_PAY,
                                   .handle = world->next_number++,
                                   .payee = world->hosts[payee].identity.id,
                                   .amount = amount});
}

/* ---- Questions ---- */

bool world_opinion(struct world *world, size_t a, size_t b, enum hc_member_status *status)
{
    const struct host *host = &world->hosts[a];
    *status = HC_MEMBER_LIVE;
    if (!host->node) {
        return false;
    }
    if (memcmp(host->identity.id, world->hosts[b].identity.id, HC_ID_BYTES) == 0) {
        return true;
    }
    const struct member *member = members_find(node_members(host->node), world->hosts[b].identity.id);
    if (member) {
        *status = member->status;
    }
    return member != NULL;
}

/* Says of whom two hosts think differently; of nobody: one of them tells less than it holds. */
static void difference_tell(struct world *world, size_t a, size_t b, char *text, size_t size)
{
    const struct table *ours = node_table(world->hosts[a].node), *theirs = node_table(world->hosts[b].node);
    for (size_t i = 0; i < ours->count + theirs->count; i++) {
        const struct entry *entry = i < ours->count ? &ours->entries[i] : &theirs->entries[i - ours->count];
        const struct entry *left = table_find(ours, entry_id(entry)), *right = table_find(theirs, entry_id(entry));
        const struct hc_row *row = entry_row(entry);
        if (left && right && left->branch_count == right->branch_count &&
            memcmp(entry_row(left)->hash, entry_row(right)->hash, HC_HASH_BYTES) == 0) {
            continue;
        }
        snprintf(text, size,
                 "host %zu has another table than host %zu: of %.8s... at %s, %zu rows up to version %llu against "
                 "%zu up to %llu",
                 a, b, row->text + 7, row->fields.addr, left ? left->branch_count : 0,
                 left ? (unsigned long long)entry_row(left)->fields.version : 0, right ? right->branch_count : 0,
                 right ? (unsigned long long)entry_row(right)->fields.version : 0);
        return;
    }
    snprintf(text, size, "host %zu and host %zu hold the same rows, but do not tell the same", a, b);
}

bool world_agrees(struct world *world, char *missing, size_t size)
{
    size_t first = SIZE_MAX;
    uint8_t reference[HC_DIGEST_BYTES] = {0};
    for (size_t a = 0; a < world->host_count; a++) {
        if (!world->hosts[a].node) {
            continue;
        }
        for (size_t b = 0; b < world->host_count; b++) {
            enum hc_member_status status;
            bool known = world_opinion(world, a, b, &status);
            bool runs = world->hosts[world_find_id(world, world->hosts[b].identity.id)].node || world->hosts[b].node;
            if (runs && (!known || status != HC_MEMBER_LIVE)) {
                snprintf(missing, size, "host %zu does not hold host %zu as live", a, b);
                return false;
            }
            if (!runs && known && status == HC_MEMBER_LIVE) {
                snprintf(missing, size, "host %zu holds host %zu as live, which does not run", a, b);
                return false;
            }
        }
        const struct members *members = node_members(world->hosts[a].node);
        for (size_t m = 0; m < members->count; m++) {
            if (members->list[m].status == HC_MEMBER_LIVE && world_find_id(world, members->list[m].id) == SIZE_MAX) {
                snprintf(missing, size, "host %zu holds somebody as live whom there never was", a);
                return false;
            }
        }
        uint8_t digest[HC_DIGEST_BYTES];
        hc_node_digest(world->hosts[a].node, digest);
        if (first != SIZE_MAX && memcmp(digest, reference, HC_DIGEST_BYTES) != 0) {
            difference_tell(world, a, first, missing, size);
            return false;
        }
        memcpy(reference, digest, HC_DIGEST_BYTES);
        first = first == SIZE_MAX ? a : first;
    }
    return true;
}
