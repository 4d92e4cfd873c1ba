/* Time passes from happening to happening: a heap of them, by time and then by number, is all there is to run.
 *
 * A stalled host's happenings are put off until it wakes, in their order; it then sees them before its clock's
 * deadline, as a stopped process does.
 *
 * Where work costs time, a host works until works_until_us; what happens to it meanwhile goes into its inbox, from
 * where HAPPENS_FREE fetches it. What a step sends leaves at the step's end, and then waits for the sender's link. All
 * is counted in microseconds and happens in the millisecond that it falls in, so that many small costs sum up.
 *
 * What happens to a machine's kernel (tcp.c) waits for no process.
 */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"
#include "sim/world_parts.h"

void *world_must(void *memory)
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

void world_happen(struct world *world, struct happening happening)
{
    ASSERT(happening.at_ms >= world->now_ms);
    ASSERT(happening.kind == HAPPENS_ALARM || happening.host < world->host_count);
    CHECK(ARRAY_RESERVE(world->heap, world->heap_capacity, world->heap_count + 1));
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
    ASSERT(world->heap_count > 0);
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

/* ---- The world ---- */

struct world *world_new(const struct world_config *config, const struct world_watch *watch)
{
    ASSERT(config && config->network && config->gossip_interval_ms > 0);
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
    world->starved_step = UINT64_MAX;
    random_init(&world->random, seed);
    return world;
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
        disk_rows_free(&host->disk_rows, &host->disk_count);
        disk_rows_free(&host->old_disk_rows, &host->old_disk_count);
        for (size_t m = 0; m < host->inbox_count; m++) {
            happening_message_free(host->inbox[(host->inbox_first + m) % host->inbox_capacity].message);
        }
        free(host->inbox);
    }
    for (size_t i = 0; i < world->heap_count; i++) {
        happening_message_free(world->heap[i].message);
    }
    tcp_free(world);
    hc_effects_free(&world->effects);
    memory_free(world->hosts);
    memory_free(world->by_id);
    memory_free(world->heap);
    free(world);
}

int64_t world_now(const struct world *world)
{
    return world->now_ms;
}

const struct hc_effects *world_effects(const struct world *world)
{
    return &world->effects;
}

uint64_t world_steps(const struct world *world)
{
    return world->steps;
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
    ASSERT(host < world->host_count);
    return &world->hosts[host];
}

bool world_chance(struct world *world, uint32_t millionths)
{
    ASSERT(millionths <= PER_MILLION);
    return millionths > 0 && random_below(&world->random, PER_MILLION) < millionths;
}

int64_t world_latency_ms(struct world *world)
{
    const struct world_config *config = &world->config;
    ASSERT(config->latency_min_ms <= config->latency_max_ms);
    uint64_t span = (uint64_t)config->latency_max_ms - config->latency_min_ms + 1;
    int64_t ms = config->latency_min_ms + (int64_t)(span > 1 ? random_below(&world->random, span) : 0);
    return world_chance(world, config->late) ? ms + (int64_t)random_below(&world->random, 3000) : ms;
}

/* ---- What happens ---- */

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
        world_commit_end(world, happening->host, !world_chance(world, world->config.commit_fails));
        return;
    case HAPPENS_LINK:
        tcp_take(world, happening);
        return;
    case HAPPENS_LINK_ENDED:
        tcp_ended(world, happening);
        return;
    case HAPPENS_REQUEST:
    case HAPPENS_LETTER:
    case HAPPENS_UNACKED:
    case HAPPENS_FREE:
    case HAPPENS_ALARM:
        return;
    }
    (void)world_step(world, happening->host, &event); /* without memory it tries again by itself */
}

static bool brings_message(const struct happening *happening)
{
    return happening->message || happening->kind == HAPPENS_LINK;
}

/* To a host that has time for it. */
static void happen_free(struct world *world, struct happening *happening)
{
    struct host *host = &world->hosts[happening->host];
    bool asleep = host->asleep_until_ms > world->now_ms && (host->node || happening->kind != HAPPENS_REQUEST);
    host->load.messages += brings_message(happening) && !asleep;
    if (happening->kind == HAPPENS_REQUEST && !asleep) {
        transport_arrived(world, happening);
    } else if (happening->kind != HAPPENS_REQUEST && happening->incarnation != host->incarnation) {
        /* for a process that does not exist any more */
    } else if (asleep) {
        happening->at_ms = host->asleep_until_ms;
        if (happening->kind == HAPPENS_WAKE) {
            happening->at_ms++; /* sockets come first when it wakes */
            host->wake_ms = happening->at_ms;
        }
        world_happen(world, *happening);
        return; /* the message goes with it */
    } else {
        happen_to_host(world, happening);
    }
    happening_message_free(happening->message);
}

static void inbox_wait(struct world *world, size_t number)
{
    ASSERT(world->hosts[number].inbox_count > 0);
    world_happen(world, (struct happening){.kind = HAPPENS_FREE,
                                           .at_ms = host_work_ends_ms(world, &world->hosts[number]),
                                           .host = number});
}

static void inbox_put(struct world *world, const struct happening *happening)
{
    struct host *host = &world->hosts[happening->host];
    if (host->inbox_count == host->inbox_capacity) {
        size_t capacity = host->inbox_capacity ? 2 * host->inbox_capacity : 16;
        struct happening *inbox = world_must(calloc(capacity, sizeof *inbox));
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
    while (host->inbox_count > 0 && !host_is_working(world, host)) {
        ASSERT(host->inbox_count <= host->inbox_capacity && host->inbox_first < host->inbox_capacity);
        struct happening happening = host->inbox[host->inbox_first];
        host->inbox_first = (host->inbox_first + 1) % host->inbox_capacity;
        host->inbox_count--;
        if (brings_message(&happening)) {
            int64_t waited_ms = world->now_ms - happening.at_ms;
            ASSERT(waited_ms >= 0);
            host->load.waited_ms += (uint64_t)waited_ms;
            host->load.wait_max_ms = later_of(host->load.wait_max_ms, waited_ms);
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
    if (happening->kind == HAPPENS_UNACKED) {
        tcp_unacked(world, happening);
        return;
    }
    if (happening->kind == HAPPENS_LETTER && !tcp_arrive(world, happening)) {
        return;
    }
    struct host *host = &world->hosts[happening->host];
    if (happening->kind == HAPPENS_FREE) {
        inbox_serve(world, happening->host);
    } else if (host->inbox_count > 0 || host_is_working(world, host)) {
        inbox_put(world, happening); /* the message goes with it */
    } else {
        happen_free(world, happening);
    }
}

void world_run(struct world *world, int64_t for_ms)
{
    ASSERT(for_ms >= 0);
    int64_t end = world->now_ms + for_ms;
    while (world->heap_count > 0 && world->heap[0].at_ms <= end) {
        struct happening happening = heap_pop(world);
        ASSERT(happening.at_ms >= world->now_ms); /* time does not go back */
        world->now_ms = happening.at_ms;
        happen(world, &happening);
    }
    world->now_ms = end;
}

bool world_run_until(struct world *world, bool (*condition)(struct world *world, void *context), void *context,
                     int64_t every_ms, int64_t at_most_ms)
{
    ASSERT(every_ms > 0);
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
    world_happen(world, (struct happening){.kind = HAPPENS_ALARM, .at_ms = at_ms, .handle = number});
}
