#include "sim/storm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/checks.h"
#include "sim/liar.h"
#include "sim/memory_faults.h"
#include "sim/world.h"

#define HOSTS_MIN 3u
#define HOSTS_MAX 9u
#define LARGE_HOSTS_MIN 10u
#define LARGE_HOSTS_MAX 40u
#define SHARE_LARGE 100u /* one storm in this many is large */
#define SHARE_CROWD 16u  /* one liar in this many has a crowd */
#define CROWD_MIN 5u
#define CONTACTS 2u /* hosts 0 and 1, at whose addresses newcomers ask: they neither move nor stay dead */
#define ROUND_MS 3000u
#define CHECKS_A_STORM_STEP_MAX 5u
#define STORM_ROUNDS_MIN 8u
#define STORM_ROUNDS_MAX 20u
#define BUSY_MS_MAX (4 * ROUND_MS)
#define SMALL_TABLE 12u /* rows; what STORM_HEAL_ROUNDS is for */

struct storm {
    struct world *world;
    struct checks checks;
    struct storm_result *result;
    FILE *trace;
    size_t honest;   /* hosts 0 .. honest - 1 run the core; a newcomer, a twin and liars come after them */
    size_t newcomer; /* starts when all is over */
    size_t twin;     /* SIZE_MAX: none */
    struct liar liars[2];
    size_t liar_count;
    size_t dead; /* stays dead when all heals; SIZE_MAX: nobody */
};

const char *storm_fault_name(enum storm_fault fault)
{
    static const char *const names[] = {"crashes",           "moves",
                                        "taken ports",       "failed commits",
                                        "times of busy",     "storms with work that takes time",
                                        "storms with liars", "storms with crowds",
                                        "storms with twins", "large storms",
                                        "newcomers"};
    static_assert(sizeof names / sizeof *names == FAULT_COUNT, "each has its name");
    return names[fault];
}

static const char coins_text[] = "5\n10\n20\n115\n1\n0\n250\n60\n";

static uint64_t below(struct storm *storm, uint64_t bound)
{
    return random_below(world_random(storm->world), bound);
}

static void trace(struct storm *storm, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void trace(struct storm *storm, const char *format, ...)
{
    va_list arguments;
    if (!storm->trace) {
        return;
    }
    fprintf(storm->trace, "%8" PRId64 " ms  ", world_now(storm->world));
    va_start(arguments, format);
    vfprintf(storm->trace, format, arguments);
    va_end(arguments);
    fputc('\n', storm->trace);
}

/* ---- What the world tells ---- */

static void on_notice(void *context, struct world *world, size_t host, const struct hc_notice *notice)
{
    struct storm *storm = context;
    checks_notice(&storm->checks, world, host, notice);
    if (notice->kind == HC_NOTICE_ROUND) {
        return;
    }
    storm->result->faults[FAULT_COMMIT] += notice->kind == HC_NOTICE_STORE_FAILED;
    size_t of = notice->row ? world_find_id(world, notice->row->fields.id) : SIZE_MAX;
    char name[32] = "somebody";
    if (of != SIZE_MAX) {
        snprintf(name, sizeof name, "host %zu", of);
    }
    trace(storm, "host %zu: %s %s %s %s", host, notice->row ? name : "", hc_notice_kind_name(notice->kind),
          notice->code ? hc_code_name(notice->code) : "", notice->text);
}

static void on_step(void *context, struct world *world, size_t host, const struct hc_effects *effects)
{
    struct storm *storm = context;
    checks_step(&storm->checks, world, host, effects);
}

static struct liar *liar_of(struct storm *storm, size_t host)
{
    for (size_t i = 0; i < storm->liar_count; i++) {
        if (storm->liars[i].host == host) {
            return &storm->liars[i];
        }
    }
    return NULL;
}

static enum reception on_asked(void *context, struct world *world, size_t host, const struct hc_message *request,
                               struct hc_message *reply)
{
    struct liar *liar = liar_of(context, host);
    return liar && liar_answer(liar, world, request, reply) ? RECEPTION_REPLY : RECEPTION_NODE;
}

static enum passage on_message(void *context, struct world *world, size_t from, size_t to, struct hc_message *message)
{
    (void)to;
    return liar_of(context, from) ? liar_spoil(world, message) : PASSAGE_WHOLE;
}

/* ---- The world before the storm ---- */

/* Work that takes time, up to a host's whole one; and links on which messages queue. */
static void work_choose(struct storm *storm, struct world_config *config)
{
    storm->result->faults[FAULT_WORK]++;
    config->signature_us = (uint32_t)below(storm, 10000);
    config->row_us = (uint32_t)below(storm, 5000);
    config->kilobyte_us = (uint32_t)below(storm, 20000);
    config->link_bytes_s = below(storm, 2) ? 0 : 5000 + (uint32_t)below(storm, 100000);
}

/* Which kinds of fault there are, and how often: some storms have all, some only one. */
static void faults_choose(struct storm *storm, struct world_config *config)
{
    static const uint32_t fanouts[] = {1, 2, 3, 8, 8, 0};
    config->fanout = fanouts[below(storm, sizeof fanouts / sizeof *fanouts)];
    config->latency_min_ms = (uint32_t)below(storm, 20);
    config->latency_max_ms = config->latency_min_ms + (uint32_t)below(storm, 200);
    uint32_t *const chances[] = {&config->lost, &config->doubled, &config->cut_off, &config->late};
    for (size_t i = 0; i < sizeof chances / sizeof *chances; i++) {
        *chances[i] = below(storm, 2) ? 0 : (uint32_t)below(storm, 150000);
    }
    config->starved = below(storm, 3) ? 0 : (uint32_t)below(storm, 20000);
    config->commit_max_ms = 1 + (uint32_t)below(storm, 120);
    config->commit_fails = below(storm, 6) ? 0 : (uint32_t)below(storm, 20000);
    config->over_text = below(storm, 10) == 0;
    if (below(storm, 10) == 0) {
        work_choose(storm, config);
    }
}

static void liars_add(struct storm *storm)
{
    size_t liars = below(storm, 3) == 0 ? 1 + (size_t)below(storm, 2) : 0;
    storm->result->faults[FAULT_LIAR] += liars > 0;
    for (; storm->liar_count < liars; storm->liar_count++) {
        size_t crowd =
            below(storm, SHARE_CROWD) == 0 ? CROWD_MIN + (size_t)below(storm, LIAR_CROWD - CROWD_MIN + 1) : 0;
        storm->result->faults[FAULT_CROWD] += crowd > 0;
        liar_init(&storm->liars[storm->liar_count], storm->world, world_add(storm->world), crowd);
    }
}

static void hosts_add(struct storm *storm)
{
    struct world *world = storm->world;
    bool large = below(storm, SHARE_LARGE) == 0;
    storm->honest = large ? LARGE_HOSTS_MIN + (size_t)below(storm, LARGE_HOSTS_MAX - LARGE_HOSTS_MIN + 1)
                          : HOSTS_MIN + (size_t)below(storm, HOSTS_MAX - HOSTS_MIN + 1);
    storm->result->faults[FAULT_LARGE] += large;
    storm->newcomer = storm->honest;
    for (size_t i = 0; i <= storm->newcomer; i++) {
        world_add(world);
        struct host *host = world_host(world, i);
        host->clock_ppm = (int32_t)below(storm, 20001) - 10000; /* up to 1 percent fast or slow */
        host->clock_offset_ms = (int64_t)below(storm, 1000000);
        if (i > 0) {
            world_contact(world, i, i == 1 ? 0 : (size_t)below(storm, CONTACTS));
        }
    }
    world_contact(world, 0, 1);
    storm->twin = below(storm, 6) == 0 ? world_add_as(world, &world_host(world, 2)->identity) : SIZE_MAX;
    if (storm->twin != SIZE_MAX) {
        world_contact(world, storm->twin, 0);
        storm->result->faults[FAULT_TWIN]++;
    }
    liars_add(storm);
    checks_init(&storm->checks, world);
    for (size_t i = 0; i < storm->liar_count; i++) {
        checks_excuse(&storm->checks, storm->liars[i].host);
    }
    if (storm->twin != SIZE_MAX) {
        checks_excuse(&storm->checks, 2);
        checks_excuse(&storm->checks, storm->twin);
    }
}

/* ---- The storm ---- */

/* Whether another runs where this host would. */
static bool port_is_taken(struct storm *storm, size_t host)
{
    size_t there = world_find_address(storm->world, world_host(storm->world, host)->address);
    return there != host && there != SIZE_MAX && world_host(storm->world, there)->node;
}

/* Somebody dead, whose port this host takes; SIZE_MAX: there is nobody. */
static size_t dead_other(struct storm *storm, size_t host)
{
    size_t first = (size_t)below(storm, storm->honest);
    for (size_t i = 0; i < storm->honest; i++) {
        size_t other = (first + i) % storm->honest;
        if (other >= CONTACTS && other != host && !world_host(storm->world, other)->node &&
            !port_is_taken(storm, other)) {
            return other;
        }
    }
    return SIZE_MAX;
}

/* Before it starts: it may listen somewhere else now, and must, if somebody else has its port. */
static void move(struct storm *storm, size_t host, bool calm)
{
    uint64_t chance = calm || host < CONTACTS ? 0 : below(storm, 8);
    size_t taken_from = chance == 1 || chance == 2 ? dead_other(storm, host) : SIZE_MAX;
    if (chance != 3 && taken_from == SIZE_MAX && !port_is_taken(storm, host)) {
        return;
    }
    world_move(storm->world, host, taken_from == SIZE_MAX ? NULL : world_host(storm->world, taken_from)->address);
    storm->result->faults[taken_from == SIZE_MAX ? FAULT_MOVE : FAULT_TAKEN_PORT]++;
    trace(storm, "host %zu moves to %s", host, world_host(storm->world, host)->address);
}

static void start_again(struct storm *storm, size_t host, bool calm)
{
    move(storm, host, calm);
    uint64_t chance = calm ? 9 : below(storm, 10);
    enum disk disk = chance == 0                                                   ? DISK_LOST
                     : chance == 1 && world_host(storm->world, host)->old_disk_row ? DISK_OLD
                                                                                   : DISK_KEPT;
    if (disk != DISK_KEPT) {
        /* Whoever hears of him may not have heard his last row: he may sign a version twice, and must cure himself (M6). */
        checks_excuse(&storm->checks, host);
    }
    static const char *const names[] = {"its disk", "its key alone", "an old copy of its disk"};
    trace(storm, "host %zu starts from %s", host, names[disk]);
    world_start(storm->world, host, disk);
}

static void act_on_process(struct storm *storm, size_t host)
{
    bool machine = below(storm, 2);
    if (!world_host(storm->world, host)->node) {
        start_again(storm, host, false);
    } else if (below(storm, 6) == 0) {
        trace(storm, "host %zu leaves", host);
        world_leave(storm->world, host);
    } else {
        trace(storm, "host %zu crashes%s", host, machine ? " with its machine" : "");
        storm->result->faults[FAULT_CRASH]++;
        world_crash(storm->world, host, machine ? CRASH_MACHINE : CRASH_PROCESS);
    }
}

static void act_on_network(struct storm *storm)
{
    struct world *world = storm->world;
    if (below(storm, 2)) {
        trace(storm, "the network is whole again");
        world_heal(world);
        return;
    }
    for (size_t i = 0; i < world_host_count(world); i++) {
        world_host(world, i)->side = (uint32_t)below(storm, 3);
    }
    uint32_t from = (uint32_t)below(storm, 3), to = (from + 1 + (uint32_t)below(storm, 2)) % 3;
    bool both = below(storm, 2);
    trace(storm, "side %u does not reach side %u%s", from, to, both ? ", nor the other way" : "");
    world_cut(world, from, to, true);
    if (both) {
        world_cut(world, to, from, true);
    }
}

static void act(struct storm *storm)
{
    struct world *world = storm->world;
    size_t host = (size_t)below(storm, storm->honest), other = (size_t)below(storm, world_host_count(world));
    storm->result->acts++;
    switch (below(storm, 17)) {
    case 0:
    case 1:
        act_on_process(storm, host);
        break;
    case 2:
        act_on_network(storm);
        break;
    case 3: {
        int64_t for_ms = 500 + (int64_t)below(storm, 8000);
        trace(storm, "host %zu is stopped for %" PRId64 " ms", host, for_ms);
        world_stall(world, host, for_ms);
        break;
    }
    case 4:
        world_copy_disk(world, host);
        break;
    case 5:
        if (storm->twin != SIZE_MAX) {
            trace(storm, "the twin of host 2 %s", world_host(world, storm->twin)->node ? "crashes" : "starts");
            if (world_host(world, storm->twin)->node) {
                world_crash(world, storm->twin, CRASH_PROCESS);
            } else {
                world_start(world, storm->twin, DISK_KEPT);
            }
        }
        break;
    case 6:
    case 7:
        if (storm->liar_count > 0) {
            liar_act(&storm->liars[below(storm, storm->liar_count)], world, host);
        }
        break;
    case 8:
    case 9:
    case 10:
        world_mutate(world, host);
        break;
    case 11: {
        int64_t for_ms = 500 + (int64_t)below(storm, BUSY_MS_MAX);
        trace(storm, "host %zu answers busy for %" PRId64 " ms", host, for_ms);
        storm->result->faults[FAULT_BUSY] += world_host(world, host)->node != NULL;
        world_turn_away(world, host, for_ms);
        break;
    }
    default:
        if (world_host(world, host)->node && host != other) {
            uint64_t amount = 1 + below(storm, 40);
            world_pay(world, host, other, amount);
        }
        break;
    }
}

static bool is_wrong(struct storm *storm)
{
    if (storm->checks.wrong[0] != '\0') {
        snprintf(storm->result->wrong, sizeof storm->result->wrong, "%s", storm->checks.wrong);
        trace(storm, "WRONG: %s", storm->checks.wrong);
        return true;
    }
    return false;
}

static bool rage(struct storm *storm)
{
    int64_t end = (int64_t)ROUND_MS * (int64_t)(STORM_ROUNDS_MIN + below(storm, STORM_ROUNDS_MAX - STORM_ROUNDS_MIN));
    for (size_t i = 0; i < storm->honest; i++) {
        trace(storm, "host %zu starts", i);
        world_start(storm->world, i, DISK_KEPT);
        world_run(storm->world, (int64_t)below(storm, 1000));
    }
    while (world_now(storm->world) < end && !is_wrong(storm)) {
        act(storm);
        world_run(storm->world, (int64_t)below(storm, 500));
    }
    return !is_wrong(storm);
}

/* ---- After the storm ---- */

/* Its disk failed (S5), which only a new start mends; or it is saying goodbye, and would end by itself a moment later and
 * never come back. */
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
    trace(storm, "all faults end");
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
    storm->dead = storm->honest > 3 && below(storm, 2) ? 3 + (size_t)below(storm, storm->honest - 3) : SIZE_MAX;
    for (size_t i = 0; i < storm->honest; i++) {
        struct host *host = world_host(world, i);
        host->asleep_until_ms = host->turns_away_until_ms = INT64_MIN;
        if (i == storm->dead || (host->node && must_start_again(host))) {
            world_crash(world, i, CRASH_PROCESS);
        }
        if (i != storm->dead && !host->node) {
            start_again(storm, i, true);
        }
    }
}

/* M6: who only put an old disk back has cured himself. */
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

/* Rounds beyond those of a small network: a live peer is asked once in a walk (P2), so it takes that long until one that is dead,
 * or was never there, is found out; and as long again until all have heard. */
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

/* Whether all agree within `most` rounds, and those that a large table adds; `took` is how many it took. */
/* M6: whoever put an old disk back, and spent once more what it had spent before, may owe more than any draw gives. Then its
 * row waits everywhere but with itself until somebody pays it, and nothing more can be asked of such a network. */
static bool owes_for_ever(struct storm *storm)
{
    for (size_t i = 0; i < storm->honest; i++) {
        const struct host *host = world_host(storm->world, i);
        if (host->node && checks_is_excused(&storm->checks, i) &&
            table_balance(node_table(host->node), host->identity.id) < 0) {
            trace(storm, "host %zu is in debt, after it was excused: no other takes in its row", i);
            return true;
        }
    }
    return false;
}

static bool whole_within(struct storm *storm, unsigned most, unsigned *took, const char *since)
{
    char missing[300] = "";
    for (*took = 1; *took <= most + more_rounds(storm); ++*took) {
        world_run(storm->world, ROUND_MS);
        if (is_wrong(storm)) {
            return false;
        }
        missing[0] = '\0'; /* what was missing in an earlier round may have come since */
        if (world_agrees(storm->world, missing, sizeof missing) && honest_are_cured(storm)) {
            storm->result->wrong[0] = '\0';
            return true;
        }
        trace(storm, "missing: %s", missing[0] ? missing : storm->result->wrong);
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

static bool heal(struct storm *storm)
{
    calm_down(storm);
    return whole_within(storm, STORM_HEAL_ROUNDS, &storm->result->heal_rounds, "all faults ended");
}

/* A network that agrees has one history: who comes last reads the same in it. Only a fork of which rows were left out may
 * read otherwise in another order (M6). */
static bool join(struct storm *storm)
{
    if (storm->checks.crowded) {
        return true;
    }
    trace(storm, "host %zu joins, new", storm->newcomer);
    storm->result->faults[FAULT_NEWCOMER]++;
    world_start(storm->world, storm->newcomer, DISK_KEPT);
    return whole_within(storm, STORM_JOIN_ROUNDS, &storm->result->join_rounds, "a newcomer's start");
}

void storm_run(struct storm_result *result, uint64_t seed, FILE *trace_file)
{
    struct storm storm = {.result = result, .trace = trace_file, .twin = SIZE_MAX, .dead = SIZE_MAX};
    struct hc_network *network;
    struct hc_fault fault;
    *result = (struct storm_result){0};
    if (network_new_simulated(&network, coins_text, sizeof coins_text - 1, "storm", &fault) != HC_OK) {
        snprintf(result->wrong, sizeof result->wrong, "%s", fault.text);
        return;
    }
    /* From the seed itself: few rows are new in a storm, so that few checks a step are needed for messages to be held. */
    const struct world_config config = {.seed = seed,
                                        .network = network,
                                        .gossip_interval_ms = ROUND_MS,
                                        .memory_fail_after = memory_fail_after,
                                        .checks_a_step = 1 + (uint32_t)(seed % CHECKS_A_STORM_STEP_MAX)};
    const struct world_watch watch = {
        .context = &storm, .notice = on_notice, .stepped = on_step, .asked = on_asked, .message = on_message};
    storm.world = world_new(&config, &watch);
    if (!storm.world) {
        hc_network_free(network);
        return;
    }
    faults_choose(&storm, world_settings(storm.world));
    hosts_add(&storm);
    result->ok = rage(&storm) && heal(&storm) && join(&storm);
    result->steps = storm.checks.steps;
    for (size_t i = 0; i < storm.liar_count; i++) {
        liar_free(&storm.liars[i]);
    }
    world_free(storm.world);
    checks_free(&storm.checks);
    hc_network_free(network);
}
