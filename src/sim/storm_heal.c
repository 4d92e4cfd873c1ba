/* After the storm: all faults end, and the network must be whole again; then a newcomer must come to the same table. */
#include <stdio.h>

#include "core/common/error.h"
#include "sim/storm_parts.h"

#define SMALL_TABLE 12u /* rows; what STORM_HEAL_ROUNDS is for */

/* Its disk failed (S5), which only a new start mends; or it is saying goodbye, and would end by itself a moment later
 * and never come back. */
static bool must_start_again(const struct host *host)
{
    struct hc_node_view view;
    hc_node_look(host->node, &view);
    return view.store_failed || view.leaving;
}

static void calm_down(struct storm *storm)
{
    struct world *world = storm->world;
    struct world_config *config = world_settings(world);
    storm_trace(storm, "all faults end");
    world_heal(world);
    config->lost = config->doubled = config->cut_off = config->late = config->starved = config->commit_fails = 0;
    config->signature_us = config->row_us = config->kilobyte_us = config->link_bytes_s = 0;
    config->latency_max_ms = config->latency_min_ms + 20;
    for (size_t i = 0; i < storm->liar_count; i++) {
        world_host(world, storm->liars[i].host)->hidden = true;
    }
    if (storm->twin != SIZE_MAX) {
        world_crash(world, storm->twin, CRASH_PROCESS);
    }
    storm->dead =
        storm->honest > 3 && storm_below(storm, 2) ? 3 + (size_t)storm_below(storm, storm->honest - 3) : SIZE_MAX;
    for (size_t i = 0; i < storm->honest; i++) {
        struct host *host = world_host(world, i);
        host->asleep_until_ms = host->turns_away_until_ms = INT64_MIN;
        if (i == storm->dead || (host->node && must_start_again(host))) {
            world_crash(world, i, CRASH_PROCESS);
        }
        if (i != storm->dead && !host->node) {
            storm_start_again(storm, i, true);
        }
        ASSERT((i == storm->dead) == !host->node);
    }
}

/* M6: a host that only put an old disk back has cured itself. */
static bool honest_are_cured(struct storm *storm)
{
    for (size_t a = 0; a < storm->honest; a++) {
        const struct host *host = world_host(storm->world, a);
        for (size_t i = 0; host->node && i < node_table(host->node)->count; i++) {
            const struct entry *entry = &node_table(host->node)->entries[i];
            size_t of = world_find_id(storm->world, entry_id(entry));
            if (entry_is_forked(entry) && of < storm->honest && of != storm->dead) {
                snprintf(storm->result->wrong, sizeof storm->result->wrong,
                         "host %zu still holds host %zu as forked, which runs and is honest", a, of);
                return false;
            }
        }
    }
    return true;
}

/* Rounds that a large network needs in addition. A live peer is asked once in a walk (P2), so it may take a walk to
 * notice one that is dead or never existed, and as long again until all have heard. */
static unsigned more_rounds(struct storm *storm)
{
    size_t known = 0, fanout = world_settings(storm->world)->fanout;
    for (size_t i = 0; i < storm->honest; i++) {
        const struct host *host = world_host(storm->world, i);
        size_t count = host->node ? node_table(host->node)->count : 0;
        known = count > known ? count : known;
    }
    fanout = fanout > 0 ? fanout : GONE_TRIED_MAX;
    return known > SMALL_TABLE ? (unsigned)(2 * (known - SMALL_TABLE) / fanout) : 0;
}

/* M6: a host that put an old disk back and spent its coins a second time may owe more than any draw gives. Then its row
 * waits at all other hosts until one of them pays it, and no more can be asked of such a network. */
static bool owes_for_ever(struct storm *storm)
{
    for (size_t i = 0; i < storm->honest; i++) {
        const struct host *host = world_host(storm->world, i);
        if (host->node && checks_is_excused(&storm->checks, i) &&
            table_balance(node_table(host->node), host->identity.id) < 0) {
            storm_trace(storm, "host %zu is in debt, after it was excused: no other takes in its row", i);
            return true;
        }
    }
    return false;
}

/* Whether all agree within `rounds_max` rounds, and those that a large table adds; `took`: how many it took. */
static bool whole_within(struct storm *storm, unsigned rounds_max, unsigned *took, const char *since)
{
    ASSERT(rounds_max > 0 && since);
    char missing[300] = "";
    for (*took = 1; *took <= rounds_max + more_rounds(storm); ++*took) {
        world_run(storm->world, ROUND_MS);
        if (storm_is_wrong(storm)) {
            return false;
        }
        missing[0] = '\0'; /* what was missing in an earlier round may have come since */
        if (world_agrees(storm->world, missing, sizeof missing) && honest_are_cured(storm)) {
            storm->result->wrong[0] = '\0';
            return true;
        }
        storm_trace(storm, "missing: %s", missing[0] ? missing : storm->result->wrong);
    }
    if (owes_for_ever(storm)) {
        storm->result->wrong[0] = '\0';
        return true;
    }
    if (missing[0]) {
        snprintf(storm->result->wrong, sizeof storm->result->wrong, "%u rounds after %s: %s", *took - 1, since,
                 missing);
    }
    return false;
}

bool storm_heal(struct storm *storm)
{
    calm_down(storm);
    return whole_within(storm, STORM_HEAL_ROUNDS, &storm->result->heal_rounds, "all faults ended");
}

/* A network that agrees has one history: the newcomer reads the same in it. Only a fork of which rows were left out may
 * read otherwise in another order (M6). */
bool storm_join(struct storm *storm)
{
    ASSERT(!world_host(storm->world, storm->newcomer)->node);
    if (storm->checks.crowded) {
        return true;
    }
    storm_trace(storm, "host %zu joins, new", storm->newcomer);
    storm->result->faults[FAULT_NEWCOMER]++;
    world_start(storm->world, storm->newcomer, DISK_KEPT);
    return whole_within(storm, STORM_JOIN_ROUNDS, &storm->result->join_rounds, "a newcomer's start");
}
