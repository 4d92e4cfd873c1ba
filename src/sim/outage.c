/* Outages: hosts that die, stall and start again, a network in two halves; and what the others say of them. */
#include <stdlib.h>

#include "core/common/error.h"
#include "sim/measure_parts.h"

#define DOWN_ROUNDS 10u /* from when all dropped a dead node until it starts again: time for a resurrection */
#define STALL_ROUNDS_MAX 3u

static void apart_clear(struct run *run, size_t a, size_t b)
{
    bool *apart = run->apart ? &run->apart[a * run->config->nodes + b] : NULL;
    if (!apart || !*apart) {
        return;
    }
    *apart = false;
    ASSERT(run->apart_count > 0 && run->healed_ms != INT64_MIN);
    if (--run->apart_count == 0) {
        times_add(run->heals, world_now(run->world) - run->healed_ms);
        free(run->apart);
        run->apart = NULL;
    }
}

void outage_cut(struct run *run)
{
    for (size_t i = run->config->nodes / 2; i < run->config->nodes; i++) {
        world_host(run->world, i)->side = 1;
    }
    world_cut(run->world, 0, 1, true);
    world_cut(run->world, 1, 0, true);
}

void outage_heal(struct run *run)
{
    ASSERT(!run->apart && run->apart_count == 0);
    size_t nodes = run->config->nodes;
    world_heal(run->world);
    run->healed_ms = world_now(run->world);
    run->apart = world_must(calloc(nodes * nodes, sizeof *run->apart));
    for (size_t a = 0; a < nodes; a++) {
        for (size_t b = 0; b < nodes; b++) {
            enum hc_member_status status;
            bool across = world_host(run->world, a)->side != world_host(run->world, b)->side;
            if (across && world_host(run->world, b)->node && world_opinion(run->world, a, b, &status) &&
                status != HC_MEMBER_LIVE) {
                run->apart[a * nodes + b] = true;
                run->apart_count++;
            }
        }
    }
    if (run->apart_count == 0) {
        times_add(run->heals, 0);
        free(run->apart);
        run->apart = NULL;
    }
}

static void dropped_by_all(struct run *run, size_t host)
{
    struct subject *subject = &run->subjects[host];
    if (subject->mourned) {
        subject->mourned = false;
        times_add(run->drops, world_now(run->world) - world_host(run->world, host)->down_since_ms);
        world_alarm(run->world, world_now(run->world) + (int64_t)DOWN_ROUNDS * run->config->gossip_interval_ms,
                    (uint64_t)ALARM_RESTART << 32 | host);
    }
}

/* Some host now holds a dead host as live, or no longer does. */
static void holder_change(struct run *run, size_t host, bool holds)
{
    struct subject *subject = &run->subjects[host];
    if (holds) {
        subject->holders++;
    } else if (subject->holders > 0 && --subject->holders == 0) {
        dropped_by_all(run, host);
    }
}

void outage_crash(struct run *run, size_t host)
{
    size_t nodes = run->config->nodes;
    enum hc_member_status status;
    if (!world_host(run->world, host)->node || run->running <= 1) {
        return;
    }
    for (size_t other = 0; other < nodes; other++) {
        if (!world_host(run->world, other)->node && world_opinion(run->world, host, other, &status) &&
            status == HC_MEMBER_LIVE) {
            holder_change(run, other, false); /* the dead have no opinions */
        }
    }
    world_crash(run->world, host, random_below(world_random(run->world), 2) ? CRASH_PROCESS : CRASH_MACHINE);
    ASSERT(run->running > 0);
    run->running--;
    run->measured->crashes++;
    run->subjects[host] = (struct subject){.mourned = true};
    for (size_t other = 0; other < nodes; other++) {
        bool knows = world_opinion(run->world, other, host, &status);
        run->subjects[host].holders += knows && status == HC_MEMBER_LIVE;
        apart_clear(run, host, other);
        apart_clear(run, other, host);
    }
    follow_mourn(run, host);
    if (run->subjects[host].holders == 0) {
        dropped_by_all(run, host);
    }
}

void outage_start(struct run *run, size_t host)
{
    if (!world_host(run->world, host)->node) {
        run->running++;
        ASSERT(run->running <= run->config->nodes);
        run->subjects[host] = (struct subject){.well_since_ms = world_now(run->world)};
        world_start(run->world, host, DISK_KEPT);
    }
}

void outage_stall(struct run *run, size_t host)
{
    int64_t max_ms = (int64_t)STALL_ROUNDS_MAX * run->config->gossip_interval_ms;
    int64_t ms = 1 + (int64_t)random_below(world_random(run->world), (uint64_t)max_ms);
    if (world_host(run->world, host)->node) {
        world_stall(run->world, host, ms);
        run->subjects[host].well_since_ms = world_now(run->world) + ms;
        run->measured->stalls++;
    }
}

void outage_dropped(struct run *run, size_t at, size_t about)
{
    int64_t now = world_now(run->world), grace = run->config->gossip_interval_ms;
    const struct host *host = world_host(run->world, about);
    if (!host->node) {
        holder_change(run, about, false);
        return;
    }
    bool reached =
        !world_is_cut(run->world, at, about) && !world_is_cut(run->world, about, at) &&
        (run->healed_ms == INT64_MIN || now - run->healed_ms > grace || world_host(run->world, at)->side == host->side);
    run->measured->false_drops += run->measuring && reached && now - run->subjects[about].well_since_ms > grace;
}

void outage_returned(struct run *run, size_t at, size_t about)
{
    const struct host *host = world_host(run->world, about);
    apart_clear(run, at, about);
    if (!host->node) {
        int64_t dead_ms = world_now(run->world) - host->down_since_ms;
        holder_change(run, about, true);
        /* What was said just before a death arrives just after it. */
        run->measured->resurrections += dead_ms > (int64_t)run->config->gossip_interval_ms;
    }
}
