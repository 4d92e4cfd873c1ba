/* A storm from its seed to its end, and what the world tells of it. */
#include "sim/storm.h"

#include "core/common/error.h"
#include "sim/memory_faults.h"
#include "sim/storm_parts.h"

#define HOSTS_MIN 3u
#define HOSTS_MAX 9u
#define LARGE_HOSTS_MIN 10u
#define LARGE_HOSTS_MAX 40u
#define SHARE_LARGE 100u /* one storm in this many is large */
#define SHARE_CROWD 16u  /* one liar in this many has a crowd */
#define CROWD_MIN 5u
#define CHECKS_A_STORM_STEP_MAX 5u
#define STORM_ROUNDS_MIN 8u
#define STORM_ROUNDS_MAX 20u

static const char coins_text[] = "5\n10\n20\n115\n1\n0\n250\n60\n";

const char *storm_fault_name(enum storm_fault fault)
{
    ASSERT(fault < FAULT_COUNT);
    static const char *const names[] = {"crashes",           "moves",
                                        "taken ports",       "failed commits",
                                        "times of busy",     "storms with work that takes time",
                                        "storms with liars", "storms with crowds",
                                        "storms with twins", "large storms",
                                        "newcomers"};
    static_assert(sizeof names / sizeof *names == FAULT_COUNT, "each has its name");
    return names[fault];
}

static void on_notice(void *context, struct world *world, size_t host, const struct hc_notice *notice)
{
    struct storm *storm = context;
    checks_notice(&storm->checks, world, host, notice);
    if (notice->kind == HC_NOTICE_ROUND) {
        return;
    }
    storm->result->faults[FAULT_COMMIT] += notice->kind == HC_NOTICE_STORE_FAILED;
    size_t of = notice->row ? world_find_id(world, notice->row->fields.id) : SIZE_MAX;
    char name[32] = "an unknown owner";
    if (of != SIZE_MAX) {
        snprintf(name, sizeof name, "host %zu", of);
    }
    storm_trace(storm, "host %zu: %s %s %s %s", host, notice->row ? name : "", hc_notice_kind_name(notice->kind),
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

static enum reception on_opened(void *context, struct world *world, size_t host, uint64_t link,
                                const struct hc_message *hello, struct hc_message *reply)
{
    struct liar *liar = liar_of(context, host);
    return liar ? liar_opened(liar, world, link, hello, reply) : RECEPTION_NODE;
}

static void on_happens(void *context, struct world *world, size_t host, const struct hc_event *event)
{
    struct liar *liar = liar_of(context, host);
    if (liar && (event->kind == HC_EVENT_LINK_MESSAGE || event->kind == HC_EVENT_LINK_ENDED)) {
        liar_hears(liar, world, event);
    }
}

static enum passage on_message(void *context, struct world *world, size_t from, size_t to, struct hc_message *message)
{
    (void)to;
    return liar_of(context, from) ? liar_spoil(world, message) : PASSAGE_WHOLE;
}

/* Work that takes time, up to all that a host has; and links on which messages queue. */
static void work_choose(struct storm *storm, struct world_config *config)
{
    storm->result->faults[FAULT_WORK]++;
    config->signature_us = (uint32_t)storm_below(storm, 10000);
    config->row_us = (uint32_t)storm_below(storm, 5000);
    config->kilobyte_us = (uint32_t)storm_below(storm, 20000);
    config->link_bytes_s = storm_below(storm, 2) ? 0 : 5000 + (uint32_t)storm_below(storm, 100000);
}

/* Which kinds of fault there are, and how often: some storms have all, some only one. */
static void faults_choose(struct storm *storm, struct world_config *config)
{
    static const uint32_t fanouts[] = {1, 2, 3, 8, 8, 0};
    config->fanout = fanouts[storm_below(storm, sizeof fanouts / sizeof *fanouts)];
    config->latency_min_ms = (uint32_t)storm_below(storm, 20);
    config->latency_max_ms = config->latency_min_ms + (uint32_t)storm_below(storm, 200);
    uint32_t *const chances[] = {&config->lost, &config->doubled, &config->cut_off, &config->late};
    for (size_t i = 0; i < sizeof chances / sizeof *chances; i++) {
        *chances[i] = storm_below(storm, 2) ? 0 : (uint32_t)storm_below(storm, 150000);
    }
    config->starved = storm_below(storm, 3) ? 0 : (uint32_t)storm_below(storm, 20000);
    config->commit_max_ms = 1 + (uint32_t)storm_below(storm, 120);
    config->commit_fails = storm_below(storm, 6) ? 0 : (uint32_t)storm_below(storm, 20000);
    config->over_text = storm_below(storm, 10) == 0;
    if (storm_below(storm, 10) == 0) {
        work_choose(storm, config);
    }
}

/* How the hosts talk, taken from the seed itself: by links, in the simple form, or each in a way of its own. */
static enum hc_exchange exchange_choose(uint64_t seed, size_t host)
{
    static const enum hc_exchange both[] = {HC_EXCHANGE_LINKS, HC_EXCHANGE_FULL};
    return seed % 4 < 2 ? HC_EXCHANGE_LINKS : both[seed % 4 == 2 ? 1 : (seed / 4 >> host % 8) & 1];
}

static void liars_add(struct storm *storm)
{
    size_t liars = storm_below(storm, 3) == 0 ? 1 + (size_t)storm_below(storm, 2) : 0;
    storm->result->faults[FAULT_LIAR] += liars > 0;
    for (; storm->liar_count < liars; storm->liar_count++) {
        size_t crowd = storm_below(storm, SHARE_CROWD) == 0
                           ? CROWD_MIN + (size_t)storm_below(storm, LIAR_CROWD - CROWD_MIN + 1)
                           : 0;
        storm->result->faults[FAULT_CROWD] += crowd > 0;
        ASSERT(storm->liar_count < sizeof storm->liars / sizeof *storm->liars);
        liar_init(&storm->liars[storm->liar_count], storm->world, world_add(storm->world), crowd);
    }
}

static void hosts_add(struct storm *storm, uint64_t seed)
{
    struct world *world = storm->world;
    bool large = storm_below(storm, SHARE_LARGE) == 0;
    storm->honest = large ? LARGE_HOSTS_MIN + (size_t)storm_below(storm, LARGE_HOSTS_MAX - LARGE_HOSTS_MIN + 1)
                          : HOSTS_MIN + (size_t)storm_below(storm, HOSTS_MAX - HOSTS_MIN + 1);
    storm->result->faults[FAULT_LARGE] += large;
    storm->newcomer = storm->honest;
    for (size_t i = 0; i <= storm->newcomer; i++) {
        world_add(world);
        struct host *host = world_host(world, i);
        host->exchange = exchange_choose(seed, i);
        host->clock_ppm = (int32_t)storm_below(storm, 20001) - 10000; /* up to 1 percent fast or slow */
        host->clock_offset_ms = (int64_t)storm_below(storm, 1000000);
        if (i > 0) {
            world_contact(world, i, i == 1 ? 0 : (size_t)storm_below(storm, CONTACTS));
        }
    }
    world_contact(world, 0, 1);
    storm->twin = storm_below(storm, 6) == 0 ? world_add_as(world, &world_host(world, 2)->identity) : SIZE_MAX;
    if (storm->twin != SIZE_MAX) {
        world_contact(world, storm->twin, 0);
        storm->result->faults[FAULT_TWIN]++;
    }
    liars_add(storm);
    ASSERT(storm->honest >= HOSTS_MIN && storm->newcomer < world_host_count(world));
    checks_init(&storm->checks, world);
    for (size_t i = 0; i < storm->liar_count; i++) {
        checks_excuse(&storm->checks, storm->liars[i].host);
    }
    if (storm->twin != SIZE_MAX) {
        checks_excuse(&storm->checks, 2);
        checks_excuse(&storm->checks, storm->twin);
    }
}

static bool rage(struct storm *storm)
{
    int64_t end =
        (int64_t)ROUND_MS * (int64_t)(STORM_ROUNDS_MIN + storm_below(storm, STORM_ROUNDS_MAX - STORM_ROUNDS_MIN));
    for (size_t i = 0; i < storm->honest; i++) {
        storm_trace(storm, "host %zu starts", i);
        world_start(storm->world, i, DISK_KEPT);
        world_run(storm->world, (int64_t)storm_below(storm, 1000));
    }
    while (world_now(storm->world) < end && !storm_is_wrong(storm)) {
        storm_act(storm);
        world_run(storm->world, (int64_t)storm_below(storm, 500));
    }
    return !storm_is_wrong(storm);
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
    /* Taken from the seed itself. Few rows of a storm are new, so messages are held only if a step checks few. */
    const struct world_config config = {.seed = seed,
                                        .network = network,
                                        .gossip_interval_ms = ROUND_MS,
                                        .memory_fail_after = memory_fail_after,
                                        .checks_a_step = 1 + (uint32_t)(seed % CHECKS_A_STORM_STEP_MAX)};
    const struct world_watch watch = {.context = &storm,
                                      .notice = on_notice,
                                      .happens = on_happens,
                                      .stepped = on_step,
                                      .message = on_message,
                                      .asked = on_asked,
                                      .opened = on_opened};
    storm.world = world_new(&config, &watch);
    if (!storm.world) {
        hc_network_free(network);
        return;
    }
    faults_choose(&storm, world_settings(storm.world));
    hosts_add(&storm, seed);
    result->ok = rage(&storm) && storm_heal(&storm) && storm_join(&storm);
    result->steps = storm.checks.steps;
    for (size_t i = 0; i < storm.liar_count; i++) {
        liar_free(&storm.liars[i]);
    }
    world_free(storm.world);
    checks_free(&storm.checks);
    hc_network_free(network);
}
