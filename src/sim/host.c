/* Hosts: their clocks and addresses, the life of their processes, and the steps of their nodes with what these cost. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/address.h"
#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "sim/world_parts.h"

#define STARVED_AFTER_MAX 40u /* allocations of a step that is drawn to be starved */

/* ---- Clocks, addresses, ids ---- */

/* The host's clock at a time of the world's. */
int64_t host_clock(const struct host *host, int64_t world_ms)
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
    ASSERT(host_clock(host, ms) >= clock_ms);
    return ms;
}

/* Addresses say which host it is: 10.a.b.c for host a * 65536 + b * 256 + c, and a port for each of its moves. */
static void host_address(char out[static HOST_ADDRESS_BYTES], size_t host, unsigned moves)
{
    snprintf(out, HOST_ADDRESS_BYTES, "10.%u.%u.%u:%u", (unsigned)(host >> 16) & 255, (unsigned)(host >> 8) & 255,
             (unsigned)host & 255, 8000 + moves);
}

size_t world_find_address(const struct world *world, const char *address)
{
    char text[HC_ADDR_BYTES_MAX + 1];
    uint16_t port;
    struct in_addr ip;
    hc_address_split(text, &port, address);
    size_t host = inet_pton(AF_INET, text, &ip) == 1 ? ntohl(ip.s_addr) & 0xffffff : SIZE_MAX;
    size_t found = host < world->host_count && strcmp(world->hosts[host].address, address) == 0 ? host : SIZE_MAX;
    for (size_t i = 0; world->moved && i < world->host_count; i++) {
        bool there = world->hosts[i].moves > 0 && strcmp(world->hosts[i].address, address) == 0;
        if (there && (found == SIZE_MAX || world->hosts[i].node)) {
            found = i;
        }
    }
    return found;
}

static const uint8_t *id_at_place(const void *world, size_t place)
{
    const struct world *at = world;
    return at->hosts[at->by_id[place]].identity.id;
}

size_t world_find_id(const struct world *world, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t place = id_place(world, world->host_count, id_at_place, id, &found);
    return found ? world->by_id[place] : SIZE_MAX;
}

/* ---- Steps ---- */

/* The end of what the host is doing now. */
int64_t host_work_ends_ms(const struct world *world, const struct host *host)
{
    return later_of(world->now_ms, host->works_until_us / MS_US);
}

bool host_is_working(const struct world *world, const struct host *host)
{
    return host->node && host->works_until_us / MS_US > world->now_ms;
}

static void host_wake_at(struct world *world, size_t number)
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
        world_happen(world, (struct happening){
                                .kind = HAPPENS_WAKE, .at_ms = at, .host = number, .incarnation = host->incarnation});
    }
}

/* Whether a message carries the proof of who sent it: a signature to make, and one to check. */
static bool is_proof(const struct hc_message *message)
{
    return message->type == HC_MESSAGE_REPLY || message->type == HC_MESSAGE_WELCOME ||
           message->type == HC_MESSAGE_PROOF;
}

/* What a step took, beside the signatures and rows of its merge. */
static uint64_t step_cost_us(const struct world *world, const struct hc_event *event, const struct hc_effects *effects,
                             uint64_t verified, uint64_t compared)
{
    const struct world_config *config = &world->config;
    uint64_t signatures = verified + (effects->commit.row ? 1 : 0);
    size_t bytes = event->message ? hc_wire_size(event->message) : 0;
    signatures += event->message && is_proof(event->message);
    for (size_t i = 0; i < effects->send_count; i++) {
        if (effects->sends[i].kind != HC_SEND_CANCEL && effects->sends[i].kind != HC_SEND_CLOSE) {
            bytes += hc_wire_size(&effects->sends[i].message);
            signatures += is_proof(&effects->sends[i].message);
        }
    }
    return signatures * config->signature_us + compared * config->row_us + bytes * config->kilobyte_us / 1000;
}

/* Steps the node, and keeps the host busy for what that costs. */
static enum hc_code step_at_cost(struct world *world, struct host *host, const struct hc_event *event)
{
    const struct world_config *config = &world->config;
    const struct table *table = node_table(host->node);
    uint64_t verified = table->verified, compared = table->compared;
    enum hc_code code = hc_node_step(host->node, event, &world->effects);
    if (config->signature_us + config->row_us + config->kilobyte_us > 0) {
        uint64_t cost_us =
            step_cost_us(world, event, &world->effects, table->verified - verified, table->compared - compared);
        host->works_until_us = later_of(world->now_ms * MS_US, host->works_until_us) + (int64_t)cost_us;
        host->load.work_us += cost_us;
    }
    return code;
}

/* Lets memory run out somewhere in the next step, if that is due. */
static bool starve(struct world *world)
{
    bool starved = world_chance(world, world->config.starved);
    long allocations = starved ? (long)random_below(&world->random, STARVED_AFTER_MAX) : 0;
    if (world->steps == world->starved_step) {
        starved = true;
        allocations = (long)world->starved_after;
    }
    if (starved) {
        ASSERT(world->config.memory_fail_after);
        world->config.memory_fail_after(allocations);
    }
    return starved;
}

static void host_stop(struct world *world, size_t number, bool hidden);

static void host_send(struct world *world, size_t number, const struct hc_send *send)
{
    switch (send->kind) {
    case HC_SEND_REQUEST:
        transport_request(world, number, send->handle, send->address, &send->message);
        break;
    case HC_SEND_REPLY:
        if (world->answering) {
            transport_reply(world, world->answering, &send->message);
        } else if (world->turning_away) {
            tcp_answer(world, world->turning_away, &send->message);
        }
        break;
    case HC_SEND_CANCEL:
        break;
    case HC_SEND_OPEN:
        world_link_open(world, number, send->handle, send->address, &send->message);
        break;
    case HC_SEND_LINK:
        world_link_send(world, number, send->handle, &send->message);
        break;
    case HC_SEND_CLOSE:
        world_link_close(world, number, send->handle);
        break;
    }
}

enum hc_code world_step(struct world *world, size_t number, struct hc_event *event)
{
    ASSERT(number < world->host_count && event);
    struct host *host = &world->hosts[number];
    struct hc_effects *effects = &world->effects;
    if (world->watch.happens) {
        world->watch.happens(world->watch.context, world, number, event);
    }
    if (!host->node) {
        return HC_OK;
    }
    event->now_ms = host_clock(host, world->now_ms);
    bool starved = starve(world);
    enum hc_code code = step_at_cost(world, host, event);
    if (starved) {
        world->config.memory_fail_after(-1);
    }
    ASSERT(code == HC_OK || (starved && code == HC_NO_MEMORY)); /* otherwise the node is whole, and nothing fails */
    world->steps++;
    if (effects->commit.row) {
        disk_commit_begin(world, number, effects->commit.row);
    }
    for (size_t i = 0; i < effects->send_count; i++) {
        host_send(world, number, &effects->sends[i]);
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
    host_wake_at(world, number);
    return code;
}

void world_starve(struct world *world, uint64_t step, uint32_t allocations)
{
    ASSERT(step >= world->steps && world->config.memory_fail_after);
    world->starved_step = step;
    world->starved_after = allocations;
}

/* ---- Processes ---- */

size_t world_add(struct world *world)
{
    uint8_t seed[HC_SEED_BYTES];
    struct hc_identity identity;
    random_bytes(&world->random, seed, sizeof seed);
    hc_identity_from_seed(&identity, seed);
    return world_add_as(world, &identity);
}

size_t world_add_as(struct world *world, const struct hc_identity *given)
{
    const struct hc_identity identity = *given; /* it may be a host's, and the hosts may move now */
    size_t number = world->host_count;
    CHECK(ARRAY_RESERVE(world->hosts, world->host_capacity, number + 1));
    CHECK(ARRAY_RESERVE(world->by_id, world->by_id_capacity, number + 1));
    struct host *host = &world->hosts[number];
    *host = (struct host){.identity = identity,
                          .down_since_ms = world->now_ms,
                          .wake_ms = INT64_MIN,
                          .asleep_until_ms = INT64_MIN,
                          .turns_away_until_ms = INT64_MIN,
                          .exchange = world->config.exchange,
                          .durable = world->config.commit_max_ms > 0};
    host_address(host->address, number, 0);
    bool twin;
    size_t at = id_place(world, number, id_at_place, identity.id, &twin);
    at += twin; /* it comes behind the first */
    memmove(&world->by_id[at + 1], &world->by_id[at], (number - at) * sizeof *world->by_id);
    world->by_id[at] = number;
    world->host_count++;
    ASSERT(world_find_id(world, identity.id) != SIZE_MAX);
    return number;
}

void world_contact(struct world *world, size_t host, size_t contact)
{
    struct host *to = &world->hosts[host];
    ASSERT(to->contact_count < WORLD_CONTACTS_MAX && contact < world->host_count);
    to->contacts[to->contact_count++] = contact;
}

/* A new process of the host, which has not started yet. */
static void host_make_node(struct world *world, struct host *host, enum disk disk)
{
    const char *contacts[WORLD_CONTACTS_MAX];
    for (size_t i = 0; i < host->contact_count; i++) {
        contacts[i] = world->hosts[host->contacts[i]].address;
    }
    struct hc_node_config config = {.identity = host->identity,
                                    .network = world->config.network,
                                    .address = host->address,
                                    .name = "",
                                    .tags = host->tags,
                                    .contacts = contacts,
                                    .contact_count = host->contact_count,
                                    .gossip_interval_ms = world->config.gossip_interval_ms,
                                    .mutate_interval_ms = world->config.mutate_interval_ms,
                                    .checks_a_step = world->config.checks_a_step,
                                    .exchange = host->exchange,
                                    .fanout = world->config.fanout,
                                    .links = world->config.links,
                                    .patience = world->config.patience,
                                    .durable = host->durable,
                                    .recovering = host->signed_before && (disk == DISK_LOST || !host->disk_row)};
    random_bytes(&world->random, config.seed, sizeof config.seed);
    if (hc_node_new(&host->node, &config) != HC_OK) {
        world_must(NULL);
    }
}

void world_start(struct world *world, size_t number, enum disk disk)
{
    struct host *host = &world->hosts[number];
    if (host->node) {
        return;
    }
    host_make_node(world, host, disk);
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
        disk_rows_free(&host->disk_rows, &host->disk_count);
    } else {
        disk_restore(world, host, disk);
    }
    struct hc_event event = {.kind = HC_EVENT_START};
    (void)world_step(world, number, &event);
}

static void host_stop(struct world *world, size_t number, bool hidden)
{
    struct host *host = &world->hosts[number];
    ASSERT(host->node);
    disk_collect(host, &host->disk_rows, &host->disk_count);
    hc_node_free(host->node);
    host->node = NULL;
    host->hidden = hidden;
    tcp_stop(world, number, hidden);
    host->incarnation++; /* messages for this process are void now */
    host->down_since_ms = world->now_ms;
    if (host->committing && random_below(&world->random, 2) == 0) {
        disk_commit_done(host); /* it was just in time */
    }
    hc_row_unref(host->committing);
    host->committing = NULL;
}

void world_crash(struct world *world, size_t number, enum crash crash)
{
    ASSERT(number < world->host_count);
    if (world->hosts[number].node) {
        host_stop(world, number, crash == CRASH_MACHINE);
    }
}

/* What its user does to a host; one that is stalled does not notice. */
static void host_command(struct world *world, size_t host, struct hc_event event)
{
    ASSERT(host < world->host_count);
    if (world->hosts[host].asleep_until_ms <= world->now_ms) {
        (void)world_step(world, host, &event);
    }
}

void world_leave(struct world *world, size_t host)
{
    host_command(world, host, (struct hc_event){.kind = HC_EVENT_LEAVE});
}

void world_stall(struct world *world, size_t host, int64_t for_ms)
{
    ASSERT(host < world->host_count && for_ms >= 0);
    world->hosts[host].asleep_until_ms = world->now_ms + for_ms;
}

void world_turn_away(struct world *world, size_t host, int64_t for_ms)
{
    ASSERT(host < world->host_count && for_ms >= 0);
    world->hosts[host].turns_away_until_ms = world->now_ms + for_ms;
}

void world_move(struct world *world, size_t number, const char *address)
{
    struct host *host = &world->hosts[number];
    ASSERT(!host->node);
    host->moves++;
    world->moved = true;
    if (address) {
        CHECK(snprintf(host->address, sizeof host->address, "%s", address) < (int)sizeof host->address);
    } else {
        host_address(host->address, number, host->moves);
    }
}

void world_mutate(struct world *world, size_t host)
{
    host_command(world, host, (struct hc_event){.kind = HC_EVENT_MUTATE});
}

void world_pay(struct world *world, size_t host, size_t payee, uint64_t amount)
{
    ASSERT(payee < world->host_count && amount > 0);
    host_command(world, host,
                 (struct hc_event){.kind = HC_EVENT_PAY,
                                   .handle = world->next_number++,
                                   .payee = world->hosts[payee].identity.id,
                                   .amount = amount});
}
