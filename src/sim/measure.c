/* One run, in the order of the functions at the end: run_join, run_rounds, run_settle, run_end.
 *
 * Measuring is listening: every node reports what it learns (notices), so a measurement costs less than the step behind
 * it. A sample of the changes is followed, FOLLOWED_MAX at a time.
 */
#include "sim/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "core/rows/identity.h"
#include "core/rows/state.h"
#include "core/rows/words.h"
#include "sim/measure_parts.h"

#define JOIN_ROUNDS_MAX 500u /* far more than any network needs that joins at all */
#define COMMIT_MS_MAX 10u
#define AMOUNT_MAX 10u

static const char coins_text[] = "0\n5\n10\n20\n50\n75\n100\n150\n200\n250\n";

static void heard(void *context, struct world *world, size_t at, const struct hc_notice *notice)
{
    struct run *run = context;
    const struct host *host = world_host(world, at);
    switch (notice->kind) {
    case HC_NOTICE_MUTATED:
        if (run->measuring && id_equal(notice->row->fields.id, host->identity.id)) {
            follow_begin(run, at, notice->row->fields.version);
        } else {
            follow_learn(run, at, notice->row);
        }
        break;
    case HC_NOTICE_DROPPED:
        outage_dropped(run, at, world_find_id(world, notice->row->fields.id));
        break;
    case HC_NOTICE_RETURNED:
        outage_returned(run, at, world_find_id(world, notice->row->fields.id));
        break;
    default:
        break;
    }
}

static void stepped(void *context, struct world *world, size_t host, const struct hc_effects *effects)
{
    struct run *run = context;
    (void)world;
    (void)host;
    if (run->measuring && effects->commit.row) {
        run->measured->wanted += run->running - 1;
    }
}

/* What arrives, of rows that others made. */
static void arrived(void *context, struct world *world, size_t host, const struct hc_event *event)
{
    struct run *run = context;
    const struct hc_message *message = event->message;
    (void)world;
    (void)host;
    if (run->measuring && event->kind == HC_EVENT_LINK_MESSAGE) {
        run->measured->copies += message->words ? message->words->patch_count : 0;
        run->measured->copies += message->state ? message->state->live_count + message->state->gone_count : 0;
    }
}

static void alarm_at(struct run *run, enum alarm alarm, size_t host, int64_t within_ms)
{
    ASSERT(within_ms > 0);
    int64_t after = (int64_t)random_below(world_random(run->world), (uint64_t)within_ms);
    world_alarm(run->world, world_now(run->world) + after, (uint64_t)alarm << 32 | host);
}

static void pay(struct run *run)
{
    ASSERT(run->config->nodes > 1);
    struct random *random = world_random(run->world);
    size_t payer = (size_t)random_below(random, run->config->nodes);
    size_t payee = (size_t)random_below(random, run->config->nodes - 1);
    world_pay(run->world, payer, payee + (payee >= payer), 1 + random_below(random, AMOUNT_MAX));
    run->measured->payments++;
}

static void alarmed(void *context, struct world *world, uint64_t number)
{
    struct run *run = context;
    size_t host = (size_t)(number & UINT32_MAX);
    if (number >> 32 == ALARM_START) {
        outage_start(run, host);
        return;
    }
    if (run->quiet) {
        return;
    }
    switch ((enum alarm)(number >> 32)) {
    case ALARM_START:
        break;
    case ALARM_MUTATE:
        world_alarm(world, world_now(world) + run->config->mutate_interval_ms, number);
        world_mutate(world, host);
        break;
    case ALARM_PAY:
        pay(run);
        break;
    case ALARM_CRASH:
        outage_crash(run, host);
        break;
    case ALARM_STALL:
        outage_stall(run, host);
        break;
    case ALARM_RESTART:
        outage_start(run, host);
        break;
    }
}

/* Draws what will happen in the round that begins. */
static void round_draw(struct run *run)
{
    ASSERT(run->measuring && !run->quiet);
    const struct measure_config *config = run->config;
    struct random *random = world_random(run->world);
    for (size_t host = 0; host < config->nodes; host++) {
        if (config->crash > 0 && random_below(random, PER_MILLION) < config->crash) {
            alarm_at(run, ALARM_CRASH, host, config->gossip_interval_ms);
        }
        if (config->stall > 0 && random_below(random, PER_MILLION) < config->stall) {
            alarm_at(run, ALARM_STALL, host, config->gossip_interval_ms);
        }
    }
    const uint64_t whole = (uint64_t)PER_MILLION * THOUSAND;
    run->payments_due += config->payments * config->nodes * config->gossip_interval_ms;
    for (; run->payments_due >= whole; run->payments_due -= whole) {
        alarm_at(run, ALARM_PAY, 0, config->gossip_interval_ms);
    }
}

static bool all_know_all(struct run *run)
{
    for (size_t i = 0; i < run->config->nodes; i++) {
        const struct host *host = world_host(run->world, i);
        if (!host->node || node_members(host->node)->live_count != run->config->nodes - 1) {
            return false;
        }
    }
    return true;
}

/* The first is alone, then their number doubles with each round; each has a contact that runs already. */
static bool run_join(struct run *run, void (*progress)(void *context, uint32_t run, uint32_t rounds), void *context,
                     uint32_t number)
{
    const struct measure_config *config = run->config;
    struct random *random = world_random(run->world);
    size_t there = 0;
    for (uint32_t rounds = 0; rounds < JOIN_ROUNDS_MAX; rounds++) {
        size_t end = there == 0 ? 1 : 2 * there;
        end = end < config->nodes ? end : config->nodes;
        for (size_t host = there; host < end; host++) {
            world_add(run->world);
            if (host > 0) {
                world_contact(run->world, host, (size_t)random_below(random, there));
            }
            alarm_at(run, ALARM_START, host, config->gossip_interval_ms);
        }
        there = end;
        if (progress) {
            progress(context, number, 0);
        }
        world_run(run->world, config->gossip_interval_ms);
        if (there == config->nodes && all_know_all(run)) {
            uint64_t *longest = &run->measured->join_rounds;
            *longest = rounds + 1 > *longest ? rounds + 1 : *longest;
            return true;
        }
    }
    return false;
}

static void load_begin(struct run *run)
{
    for (size_t i = 0; i < run->config->nodes; i++) {
        world_host(run->world, i)->load = (struct host_load){0};
        world_host(run->world, i)->traffic = (struct host_traffic){0};
    }
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void traffic_end(struct run *run)
{
    struct measured *measured = run->measured;
    for (size_t i = 0; i < run->config->nodes; i++) {
        const struct host_traffic *host = &world_host(run->world, i)->traffic;
        measured->messages += host->messages;
        measured->bytes += host->bytes;
        measured->wire_bytes += host->wire_bytes;
        measured->exchanges += host->exchanges;
    }
}

static void load_end(struct run *run)
{
    struct measure_load *load = &run->measured->load;
    for (size_t i = 0; i < run->config->nodes; i++) {
        const struct host_load *host = &world_host(run->world, i)->load;
        load->work_us += host->work_us;
        load->work_most_us = greater(load->work_most_us, host->work_us);
        load->link_us += host->link_us;
        load->link_most_us = greater(load->link_most_us, host->link_us);
        load->messages += host->messages;
        load->waited_ms += host->waited_ms;
        load->wait_max_ms = greater(load->wait_max_ms, (uint64_t)host->wait_max_ms);
    }
}

static void run_rounds(struct run *run, void (*progress)(void *context, uint32_t run, uint32_t rounds), void *context,
                       uint32_t number)
{
    const struct measure_config *config = run->config;
    load_begin(run);
    run->measuring = true;
    world_settings(run->world)->lost = config->lost;
    for (size_t host = 0; config->mutate_interval_ms > 0 && host < config->nodes; host++) {
        alarm_at(run, ALARM_MUTATE, host, config->mutate_interval_ms);
    }
    for (uint32_t round = 0; round < config->rounds; round++) {
        if (config->part_from < config->part_to && round == config->part_from) {
            outage_cut(run);
        }
        if (config->part_from < config->part_to && round == config->part_to) {
            outage_heal(run);
        }
        round_draw(run);
        world_run(run->world, config->gossip_interval_ms);
        if (progress) {
            progress(context, number, round + 1);
        }
    }
    run->measuring = false;
    traffic_end(run);
    load_end(run);
}

/* Whether all running nodes have each other and no other as live, and hold the same rows. */
static bool run_agrees(struct run *run, char missing[static 160])
{
    uint8_t first[HC_DIGEST_BYTES], digest[HC_DIGEST_BYTES];
    bool any = false;
    for (size_t a = 0; a < run->config->nodes; a++) {
        const struct host *host = world_host(run->world, a);
        if (!host->node) {
            continue;
        }
        hc_node_digest(host->node, digest);
        size_t live = node_members(host->node)->live_count + 1;
        if (live != run->running) {
            (void)snprintf(missing, 160, "node %zu has %zu nodes as live, and %zu run", a, live, run->running);
            return false;
        }
        if (any && memcmp(digest, first, sizeof first) != 0) {
            (void)snprintf(missing, 160, "node %zu has other rows than the first one", a);
            return false;
        }
        memcpy(first, digest, sizeof first);
        any = true;
    }
    for (size_t b = 0; b < run->config->nodes; b++) {
        if (run->subjects[b].holders > 0) {
            (void)snprintf(missing, 160, "node %zu does not run, and %zu nodes have it as live", b,
                           run->subjects[b].holders);
            return false;
        }
    }
    return true;
}

static void run_settle(struct run *run, uint32_t number)
{
    struct measured *measured = run->measured;
    uint32_t rounds_max = measure_settle_rounds(run->config), rounds = 0;
    char missing[160] = "";
    run->quiet = true;
    world_settings(run->world)->lost = 0;
    if (run->config->part_from < run->config->part_to && run->config->part_to == run->config->rounds) {
        outage_heal(run);
    }
    while (!run_agrees(run, missing) && rounds++ < rounds_max) {
        world_run(run->world, run->config->gossip_interval_ms);
    }
    uint64_t took = (uint64_t)rounds * run->config->gossip_interval_ms;
    measured->settle_ms = took > measured->settle_ms ? took : measured->settle_ms;
    if (rounds > rounds_max) {
        measured->agree = false;
        if (measured->failed_run == 0) {
            measured->failed_run = number;
            memcpy(measured->disagreement, missing, sizeof missing);
        }
    }
}

/* L4, from what a node shows: the balances, and what was paid to ids without a row, add up to all coins. */
static bool sum_holds(const struct table *table)
{
    hc_coin_sum coins = 0, balances = 0, credits = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        hc_coin_sum credit = ledger_credit(&table->ledger, entry_id(entry));
        hc_coin_sum balance = (hc_coin_sum)entry_row(entry)->fields.coins + credit - entry_sent(entry);
        coins += (hc_coin_sum)entry_row(entry)->fields.coins;
        balances += balance;
        credits += credit;
        if (balance < 0 && !entry_is_forked(entry)) {
            return false;
        }
    }
    return balances + ledger_total(&table->ledger) - credits == coins;
}

static void run_end(struct run *run)
{
    struct measured *measured = run->measured;
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        if (run->follows[i].active) {
            follow_end(run, &run->follows[i]);
        }
        free(run->follows[i].done);
    }
    for (size_t i = 0; i < world_host_count(run->world); i++) {
        const struct host *host = world_host(run->world, i);
        measured->drop_never += run->subjects[i].mourned;
        measured->sum_ok = measured->sum_ok && (!host->node || sum_holds(node_table(host->node)));
    }
    measured->heal_never += run->apart ? 1 : 0;
    free(run->apart);
    free(run->subjects);
    world_free(run->world);
}

static void run_once(struct run *run, uint32_t number, void (*progress)(void *context, uint32_t run, uint32_t rounds),
                     void *context)
{
    const struct measure_config *config = run->config;
    const struct world_config settings = {.seed = config->seed + number - 1,
                                          .network = run->network,
                                          .gossip_interval_ms = config->gossip_interval_ms,
                                          .exchange = config->exchange,
                                          .fanout = config->fanout,
                                          .latency_min_ms = config->latency_min_ms,
                                          .latency_max_ms = config->latency_max_ms,
                                          .commit_max_ms = COMMIT_MS_MAX,
                                          .signature_us = config->signature_us,
                                          .row_us = config->row_us,
                                          .kilobyte_us = config->kilobyte_us,
                                          .link_bytes_s = config->link_bytes_s};
    const struct world_watch watch = {
        .context = run, .notice = heard, .happens = arrived, .stepped = stepped, .alarm = alarmed};
    run->world = world_must(world_new(&settings, &watch));
    run->subjects = world_must(calloc(config->nodes, sizeof *run->subjects));
    run->healed_ms = INT64_MIN;
    if (run_join(run, progress, context, number)) {
        run_rounds(run, progress, context, number);
        run_settle(run, number);
    } else {
        run->measured->joined = false;
    }
    run_end(run);
}

uint32_t measure_settle_rounds(const struct measure_config *config)
{
    uint32_t at_once = config->fanout ? config->fanout : GONE_TRIED_MAX;
    return 30 + config->nodes / at_once;
}

void measure_run(const struct measure_config *config, struct measured *measured,
                 void (*progress)(void *context, uint32_t run, uint32_t rounds), void *context)
{
    ASSERT(config->nodes > 0 && config->runs > 0 && config->gossip_interval_ms > 0);
    struct times spreads = {0}, drops = {0}, heals = {0};
    struct hc_network *network;
    CHECK(network_new_simulated(&network, coins_text, sizeof coins_text - 1, "simulate", NULL) == HC_OK);
    uint32_t(*shares)[THOUSAND + 1] = world_must(calloc(CURVE_STEPS_MAX + 1, sizeof *shares));
    *measured = (struct measured){.agree = true, .sum_ok = true, .joined = true};
    for (uint32_t number = 1; number <= config->runs && measured->joined; number++) {
        struct run *run = world_must(calloc(1, sizeof *run));
        run->config = config;
        run->network = network;
        run->measured = measured;
        run->spreads = &spreads;
        run->drops = &drops;
        run->heals = &heals;
        run->shares = shares;
        run_once(run, number, progress, context);
        free(run);
    }
    figures_curve(measured, shares);
    measured->spread = figures_times(&spreads);
    measured->drop = figures_times(&drops);
    measured->heal = figures_times(&heals);
    free(shares);
    hc_network_free(network);
}

uint32_t measure_step_ms(const struct measure_config *config)
{
    return config->exchange == HC_EXCHANGE_LINKS ? CURVE_LINKS_MS : config->gossip_interval_ms;
}

uint32_t measure_timeout_ms(const struct measure_config *config)
{
    uint32_t third = config->gossip_interval_ms / 3;

    return third < EXCHANGE_TIMEOUT_MS_MAX ? third : EXCHANGE_TIMEOUT_MS_MAX;
}

enum measure_fit measure_check(const struct measure_config *config)
{
    bool cut = config->part_from < config->part_to;

    if (config->latency_max_ms < config->latency_min_ms) {
        return MEASURE_LATENCY_BACKWARDS;
    }
    if (config->nodes > 1 && 2 * config->latency_min_ms >= measure_timeout_ms(config)) {
        return MEASURE_LATENCY_TOO_LONG;
    }
    if (cut && config->part_to > config->rounds) {
        return MEASURE_CUT_TOO_LATE;
    }
    if (config->nodes == 1 && (cut || config->payments > 0 || config->crash > 0)) {
        return MEASURE_TOO_LONELY;
    }
    return MEASURE_POSSIBLE;
}
