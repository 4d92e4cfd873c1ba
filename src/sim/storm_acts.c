/* What a storm does: crashes, moves, cuts, stalls, payments, draws, and what its liars say. */
#include <inttypes.h>

#include "core/common/error.h"
#include "sim/storm_parts.h"

/* How long a host stalls or answers busy: this at least, and up to the other in addition. */
#define OUTAGE_MS_MIN 500
#define STALL_MS_MAX 8000
#define BUSY_MS_MAX (4 * ROUND_MS)
#define PAYMENT_MAX 40

/* Whether another host runs at this host's address. */
static bool port_is_taken(struct storm *storm, size_t host)
{
    size_t there = world_find_address(storm->world, world_host(storm->world, host)->address);
    return there != host && there != SIZE_MAX && world_host(storm->world, there)->node;
}

/* A dead host whose port this host takes; SIZE_MAX: none. */
static size_t dead_other(struct storm *storm, size_t host)
{
    ASSERT(host < storm->honest);
    size_t first = (size_t)storm_below(storm, storm->honest);
    for (size_t i = 0; i < storm->honest; i++) {
        size_t other = (first + i) % storm->honest;
        if (other >= CONTACTS && other != host && !world_host(storm->world, other)->node &&
            !port_is_taken(storm, other)) {
            return other;
        }
    }
    return SIZE_MAX;
}

/* Before it starts: it may listen somewhere else now, and must, if another host has its port. */
static void move(struct storm *storm, size_t host, bool calm)
{
    uint64_t chance = calm || host < CONTACTS ? 0 : storm_below(storm, 8);
    size_t taken_from = chance == 1 || chance == 2 ? dead_other(storm, host) : SIZE_MAX;
    if (chance != 3 && taken_from == SIZE_MAX && !port_is_taken(storm, host)) {
        return;
    }
    world_move(storm->world, host, taken_from == SIZE_MAX ? NULL : world_host(storm->world, taken_from)->address);
    storm->result->faults[taken_from == SIZE_MAX ? FAULT_MOVE : FAULT_TAKEN_PORT]++;
    storm_trace(storm, "host %zu moves to %s", host, world_host(storm->world, host)->address);
}

void storm_start_again(struct storm *storm, size_t host, bool calm)
{
    ASSERT(host < storm->honest && !world_host(storm->world, host)->node);
    move(storm, host, calm);
    uint64_t chance = calm ? 9 : storm_below(storm, 10);
    enum disk disk = chance == 0                                                   ? DISK_LOST
                     : chance == 1 && world_host(storm->world, host)->old_disk_row ? DISK_OLD
                                                                                   : DISK_KEPT;
    if (disk != DISK_KEPT) {
        /* The peers that it asks may not have its last row: it may sign a version twice, and must cure itself (M6). */
        checks_excuse(&storm->checks, host);
    }
    static const char *const names[] = {"its disk", "its key alone", "an old copy of its disk"};
    storm_trace(storm, "host %zu starts from %s", host, names[disk]);
    world_start(storm->world, host, disk);
}

static void act_on_process(struct storm *storm, size_t host)
{
    bool machine = storm_below(storm, 2);
    if (!world_host(storm->world, host)->node) {
        storm_start_again(storm, host, false);
    } else if (storm_below(storm, 6) == 0) {
        storm_trace(storm, "host %zu leaves", host);
        world_leave(storm->world, host);
    } else {
        storm_trace(storm, "host %zu crashes%s", host, machine ? " with its machine" : "");
        storm->result->faults[FAULT_CRASH]++;
        world_crash(storm->world, host, machine ? CRASH_MACHINE : CRASH_PROCESS);
    }
}

static void act_on_network(struct storm *storm)
{
    struct world *world = storm->world;
    if (storm_below(storm, 2)) {
        storm_trace(storm, "the network is whole again");
        world_heal(world);
        return;
    }
    for (size_t i = 0; i < world_host_count(world); i++) {
        world_host(world, i)->side = (uint32_t)storm_below(storm, 3);
    }
    uint32_t from = (uint32_t)storm_below(storm, 3), to = (from + 1 + (uint32_t)storm_below(storm, 2)) % 3;
    bool both = storm_below(storm, 2);
    storm_trace(storm, "side %u does not reach side %u%s", from, to, both ? ", nor the other way" : "");
    world_cut(world, from, to, true);
    if (both) {
        world_cut(world, to, from, true);
    }
}

static void act_stall(struct storm *storm, size_t host)
{
    int64_t for_ms = OUTAGE_MS_MIN + (int64_t)storm_below(storm, STALL_MS_MAX);
    storm_trace(storm, "host %zu is stopped for %" PRId64 " ms", host, for_ms);
    world_stall(storm->world, host, for_ms);
}

static void act_busy(struct storm *storm, size_t host)
{
    int64_t for_ms = OUTAGE_MS_MIN + (int64_t)storm_below(storm, BUSY_MS_MAX);
    storm_trace(storm, "host %zu answers busy for %" PRId64 " ms", host, for_ms);
    storm->result->faults[FAULT_BUSY] += world_host(storm->world, host)->node ? 1 : 0;
    world_turn_away(storm->world, host, for_ms);
}

static void act_on_twin(struct storm *storm)
{
    if (storm->twin == SIZE_MAX) {
        return;
    }
    bool runs = world_host(storm->world, storm->twin)->node;
    storm_trace(storm, "the twin of host 2 %s", runs ? "crashes" : "starts");
    if (runs) {
        world_crash(storm->world, storm->twin, CRASH_PROCESS);
    } else {
        world_start(storm->world, storm->twin, DISK_KEPT);
    }
}

void storm_act(struct storm *storm)
{
    struct world *world = storm->world;
    size_t host = (size_t)storm_below(storm, storm->honest),
           other = (size_t)storm_below(storm, world_host_count(world));
    storm->result->acts++;
    switch (storm_below(storm, 17)) {
    case 0:
    case 1:
        act_on_process(storm, host);
        break;
    case 2:
        act_on_network(storm);
        break;
    case 3:
        act_stall(storm, host);
        break;
    case 4:
        world_copy_disk(world, host);
        break;
    case 5:
        act_on_twin(storm);
        break;
    case 6:
    case 7:
        if (storm->liar_count > 0) {
            liar_act(&storm->liars[storm_below(storm, storm->liar_count)], world, host);
        }
        break;
    case 8:
    case 9:
    case 10:
        world_mutate(world, host);
        break;
    case 11:
        act_busy(storm, host);
        break;
    default:
        if (world_host(world, host)->node && host != other) {
            world_pay(world, host, other, 1 + storm_below(storm, PAYMENT_MAX));
        }
        break;
    }
}
