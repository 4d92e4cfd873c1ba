/* One run, in the order of the functions at the end: run_join, run_rounds, run_settle, run_end.
 *
 * What is measured is heard, not looked for: every node tells of what it learns (notices), so a measurement costs less than
 * the step that caused it. Of the changes a sample is followed, FOLLOWED_MAX at a time.
 */
#include "sim/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/identity.h"
#include "sim/world.h"

#define FOLLOWED_MAX 64u     /* changes that are followed at a time: of their owners' ids, each begins otherwise */
#define JOIN_ROUNDS_MAX 500u /* far more than any network takes that can come together at all */
#define DOWN_ROUNDS 10u      /* a dead node starts again so long after all dropped it: time enough for a resurrection */
#define STALL_ROUNDS_MAX 3u
#define COMMIT_MS_MAX 10u
#define AMOUNT_MAX 10u
#define THOUSAND 1000u

static const char coins_text[] = "0\n5\n10\n20\n50\n75\n100\n150\n200\n250\n";

/* What the alarms of a run mean: the kind in the upper half, the host in the lower. */
enum alarm { ALARM_START, ALARM_MUTATE, ALARM_PAY, ALARM_CRASH, ALARM_STALL, ALARM_RESTART };

/* A change on its way. */
struct follow {
    bool active;
    size_t owner;
    uint64_t version;
    int64_t since_ms;
    bool *done;                             /* by host: knows it, or does not count any more */
    size_t known, wanted;                   /* hosts that know it; that still have to */
    uint32_t learned[CURVE_ROUNDS_MAX + 1]; /* hosts that came to know it in each round */
};

/* What is known of a host beside the world's own notes. */
struct subject {
    size_t holders;        /* of a dead one: who has it as live */
    bool mourned;          /* its time until all dropped it is being measured */
    int64_t well_since_ms; /* awake and running */
};

struct times {
    uint64_t *list;
    size_t count, capacity;
};

struct run {
    const struct measure_config *config;
    struct measured *measured;
    const struct hc_network *network;
    struct world *world;
    struct subject *subjects;
    struct follow follows[FOLLOWED_MAX];
    bool measuring, quiet; /* the rounds in the middle; all after them */
    size_t running;
    uint64_t payments_due; /* in thousandths of millionths: what did not make up a whole payment */
    /* Pairs of nodes that the cut made strangers: [a * nodes + b] while a has not taken b back. NULL before and after. */
    bool *apart;
    size_t apart_count;
    int64_t healed_ms; /* the end of the cut; INT64_MIN: before */
    struct times *spreads, *drops, *heals;
    uint32_t (*shares)[THOUSAND + 1]; /* by round: how many changes were known to so many thousandths */
};

static void *must(void *memory)
{
    if (!memory) {
        (void)fprintf(stderr, "the simulator ran out of memory\n");
        exit(1);
    }
    return memory;
}

/* ---- Figures ---- */

static void times_add(struct times *times, int64_t ms)
{
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? 2 * times->capacity : 256;
        times->list = must(reallocarray(times->list, times->capacity, sizeof *times->list));
    }
    times->list[times->count++] = (uint64_t)ms;
}

static int time_order(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* The smallest that is not exceeded by `percent` of a hundred (nearest rank). */
static size_t rank(size_t count, size_t percent)
{
    return (count * percent + 99) / 100 - 1;
}

static struct measure_times times_figures(struct times *times)
{
    struct measure_times figures = {.count = times->count};
    if (times->count > 0) {
        uint64_t sum = 0;
        qsort(times->list, times->count, sizeof *times->list, time_order);
        for (size_t i = 0; i < times->count; i++) {
            sum += times->list[i];
        }
        figures.mean = (sum + times->count / 2) / times->count;
        figures.p50 = times->list[rank(times->count, 50)];
        figures.p99 = times->list[rank(times->count, 99)];
        figures.max = times->list[times->count - 1];
    }
    free(times->list);
    return figures;
}

/* The share that all but `skip` changes had reached. */
static uint32_t share_after(const uint32_t shares[static THOUSAND + 1], uint64_t skip)
{
    uint32_t share = 0;
    for (uint64_t passed = shares[0]; passed <= skip && share < THOUSAND;) {
        passed += shares[++share];
    }
    return share;
}

static void curve_make(struct measured *measured, uint32_t (*shares)[THOUSAND + 1])
{
    for (size_t round = 0; round <= CURVE_ROUNDS_MAX; round++) {
        uint64_t count = 0, sum = 0;
        for (uint32_t share = 0; share <= THOUSAND; share++) {
            count += shares[round][share];
            sum += (uint64_t)share * shares[round][share];
        }
        if (count == 0) {
            return;
        }
        measured->curve[measured->curve_count++] =
            (struct measure_share){.mean = (uint32_t)(sum / count),
                                   .p50 = share_after(shares[round], count - 1 - rank(count, 50)),
                                   .p99 = share_after(shares[round], count - 1 - rank(count, 99)),
                                   .worst = share_after(shares[round], 0)};
        if (shares[round][THOUSAND] == count) {
            return;
        }
    }
}

/* ---- Changes on their way ---- */

/* Where a change of the owner is followed, if it is. */
static struct follow *follow_place(struct run *run, const uint8_t *owner_id)
{
    return &run->follows[owner_id[0] % FOLLOWED_MAX];
}

/* Everybody knows it, or never will. */
static void follow_end(struct run *run, struct follow *follow)
{
    size_t known = 0;
    for (size_t round = 0; round <= CURVE_ROUNDS_MAX; round++) {
        known += follow->learned[round];
        run->shares[round][known * THOUSAND / (follow->known + follow->wanted)]++;
    }
    if (follow->wanted == 0) {
        times_add(run->spreads, world_now(run->world) - follow->since_ms);
    } else {
        run->measured->spread_unknown++;
    }
    follow->active = false;
}

static void follow_begin(struct run *run, size_t owner, uint64_t version)
{
    struct follow *follow = follow_place(run, world_host(run->world, owner)->identity.id);
    if (follow->active) {
        return;
    }
    bool *done = follow->done ? follow->done : must(calloc(run->config->nodes, sizeof *done));
    *follow = (struct follow){.active = true,
                              .owner = owner,
                              .version = version,
                              .since_ms = world_now(run->world),
                              .done = done,
                              .known = 1,
                              .wanted = run->running - 1,
                              .learned = {1}};
    for (size_t i = 0; i < run->config->nodes; i++) {
        done[i] = i == owner || !world_host(run->world, i)->node;
    }
    if (follow->wanted == 0) {
        follow_end(run, follow); /* nobody else is there */
    }
}

static void follow_learn(struct run *run, size_t host, const struct hc_row *row)
{
    struct follow *follow = follow_place(run, row->fields.id);
    if (!follow->active || follow->done[host] || row->fields.version < follow->version ||
        memcmp(world_host(run->world, follow->owner)->identity.id, row->fields.id, HC_ID_BYTES) != 0) {
        return;
    }
    int64_t interval = run->config->gossip_interval_ms;
    int64_t round = (world_now(run->world) - follow->since_ms + interval - 1) / interval;
    follow->done[host] = true;
    follow->known++;
    follow->wanted--;
    if (round <= (int64_t)CURVE_ROUNDS_MAX) {
        follow->learned[round]++;
    }
    if (follow->wanted == 0) {
        follow_end(run, follow);
    }
}

/* A host that dies counts no more; a change of its own that not all know may be lost with it, until it comes back. */
static void follow_mourn(struct run *run, size_t host)
{
    for (size_t i = 0; i < FOLLOWED_MAX; i++) {
        struct follow *follow = &run->follows[i];
        if (follow->active && follow->owner == host) {
            follow->active = false;
        } else if (follow->active && !follow->done[host]) {
            follow->done[host] = true;
            if (--follow->wanted == 0) {
                follow_end(run, follow);
            }
        }
    }
}

/* ---- The two sides ---- */

static void apart_clear(struct run *run, size_t a, size_t b)
{
    bool *apart = run->apart ? &run->apart[a * run->config->nodes + b] : NULL;
    if (!apart || !*apart) {
        return;
    }
    *apart = false;
    if (--run->apart_count == 0) {
        times_add(run->heals, world_now(run->world) - run->healed_ms);
        free(run->apart);
        run->apart = NULL;
    }
}

static void cut_begin(struct run *run)
{
    for (size_t i = run->config->nodes / 2; i < run->config->nodes; i++) {
        world_host(run->world, i)->side = 1;
    }
    world_cut(run->world, 0, 1, true);
    world_cut(run->world, 1, 0, true);
}

static void cut_end(struct run *run)
{
    size_t nodes = run->config->nodes;
    world_heal(run->world);
    run->healed_ms = world_now(run->world);
    run->apart = must(calloc(nodes * nodes, sizeof *run->apart));
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

/* ---- Deaths ---- */

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

/* Somebody has a dead host as live, or not any more. */
static void holder_change(struct run *run, size_t host, bool holds)
{
    struct subject *subject = &run->subjects[host];
    if (holds) {
        subject->holders++;
    } else if (subject->holders > 0 && --subject->holders == 0) {
        dropped_by_all(run, host);
    }
}

static void host_die(struct run *run, size_t host)
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

static void host_start(struct run *run, size_t host)
{
    if (!world_host(run->world, host)->node) {
        run->running++;
        run->subjects[host] = (struct subject){.well_since_ms = world_now(run->world)};
        world_start(run->world, host, DISK_KEPT);
    }
}

static void host_stall(struct run *run, size_t host)
{
    int64_t most = (int64_t)STALL_ROUNDS_MAX * run->config->gossip_interval_ms;
    int64_t ms = 1 + (int64_t)random_below(world_random(run->world), (uint64_t)most);
    if (world_host(run->world, host)->node) {
        world_stall(run->world, host, ms);
        run->subjects[host].well_since_ms = world_now(run->world) + ms;
        run->measured->stalls++;
    }
}

/* ---- What the nodes tell ---- */

static void heard_dropped(struct run *run, size_t at, size_t about)
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

static void heard_returned(struct run *run, size_t at, size_t about)
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

static void heard(void *context, struct world *world, size_t at, const struct hc_notice *notice)
{
    struct run *run = context;
    const struct host *host = world_host(world, at);
    switch (notice->kind) {
    case HC_NOTICE_MUTATED:
        if (run->measuring && memcmp(notice->row->fields.id, host->identity.id, HC_ID_BYTES) == 0) {
            follow_begin(run, at, notice->row->fields.version);
        } else {
            follow_learn(run, at, notice->row);
        }
        break;
    case HC_NOTICE_DROPPED:
        heard_dropped(run, at, world_find_id(world, notice->row->fields.id));
        break;
    case HC_NOTICE_RETURNED:
        heard_returned(run, at, world_find_id(world, notice->row->fields.id));
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
    for (size_t i = 0; run->measuring && i < effects->send_count; i++) {
        run->measured->messages += effects->sends[i].kind != HC_SEND_CANCEL;
        run->measured->exchanges += effects->sends[i].kind == HC_SEND_REQUEST;
    }
}

/* ---- What is done to them ---- */

static void alarm_at(struct run *run, enum alarm alarm, size_t host, int64_t within_ms)
{
    int64_t after = (int64_t)random_below(world_random(run->world), (uint64_t)within_ms);
    world_alarm(run->world, world_now(run->world) + after, (uint64_t)alarm << 32 | host);
}

static void pay(struct run *run)
{
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
        host_start(run, host);
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
        host_die(run, host);
        break;
    case ALARM_STALL:
        host_stall(run, host);
        break;
    case ALARM_RESTART:
        host_start(run, host);
        break;
    }
}

/* Draws what will happen in the round that begins. */
static void round_draw(struct run *run)
{
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

/* ---- The run ---- */

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

/* The first is alone, then their number doubles with each round; nobody has a contact that does not run yet. */
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

static uint64_t bytes_sent(struct run *run)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < run->config->nodes; i++) {
        bytes += world_host(run->world, i)->bytes_sent;
    }
    return bytes;
}

static void load_begin(struct run *run)
{
    for (size_t i = 0; i < run->config->nodes; i++) {
        world_host(run->world, i)->load = (struct host_load){0};
    }
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
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
    uint64_t bytes_before = bytes_sent(run);
    load_begin(run);
    run->measuring = true;
    world_settings(run->world)->lost = config->lost;
    for (size_t host = 0; config->mutate_interval_ms > 0 && host < config->nodes; host++) {
        alarm_at(run, ALARM_MUTATE, host, config->mutate_interval_ms);
    }
    for (uint32_t round = 0; round < config->rounds; round++) {
        if (config->part_from < config->part_to && round == config->part_from) {
            cut_begin(run);
        }
        if (config->part_from < config->part_to && round == config->part_to) {
            cut_end(run);
        }
        round_draw(run);
        world_run(run->world, config->gossip_interval_ms);
        if (progress) {
            progress(context, number, round + 1);
        }
    }
    run->measuring = false;
    run->measured->bytes += bytes_sent(run) - bytes_before;
    load_end(run);
}

/* Whether all running nodes have all of them and nobody else as live, and the same rows. */
static bool run_agrees(struct run *run, char missing[static 160])
{
    const struct table *first = NULL;
    for (size_t a = 0; a < run->config->nodes; a++) {
        const struct host *host = world_host(run->world, a);
        if (!host->node) {
            continue;
        }
        const struct table *table = node_table(host->node);
        first = first ? first : table;
        size_t live = node_members(host->node)->live_count + 1;
        if (live != run->running) {
            (void)snprintf(missing, 160, "node %zu has %zu nodes as live, and %zu run", a, live, run->running);
            return false;
        }
        if (memcmp(&table->sum, &first->sum, sizeof first->sum) != 0) {
            (void)snprintf(missing, 160, "node %zu has other rows than the first one", a);
            return false;
        }
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
    uint32_t most = measure_settle_rounds(run->config), rounds = 0;
    char missing[160] = "";
    run->quiet = true;
    world_settings(run->world)->lost = 0;
    if (run->config->part_from < run->config->part_to && run->config->part_to == run->config->rounds) {
        cut_end(run);
    }
    while (!run_agrees(run, missing) && rounds++ < most) {
        world_run(run->world, run->config->gossip_interval_ms);
    }
    uint64_t took = (uint64_t)rounds * run->config->gossip_interval_ms;
    measured->settle_ms = took > measured->settle_ms ? took : measured->settle_ms;
    if (rounds > most) {
        measured->agree = false;
        if (measured->failed_run == 0) {
            measured->failed_run = number;
            memcpy(measured->disagreement, missing, sizeof missing);
        }
    }
}

/* L4, by what a node would show: all balances, and what ids without a row were paid, are all coins. */
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
    measured->heal_never += run->apart != NULL;
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
                                          .fanout = config->fanout,
                                          .latency_min_ms = config->latency_min_ms,
                                          .latency_max_ms = config->latency_max_ms,
                                          .commit_max_ms = COMMIT_MS_MAX,
                                          .signature_us = config->signature_us,
                                          .row_us = config->row_us,
                                          .kilobyte_us = config->kilobyte_us,
                                          .link_bytes_s = config->link_bytes_s};
    const struct world_watch watch = {.context = run, .notice = heard, .stepped = stepped, .alarm = alarmed};
    run->world = must(world_new(&settings, &watch));
    run->subjects = must(calloc(config->nodes, sizeof *run->subjects));
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
    struct times spreads = {0}, drops = {0}, heals = {0};
    struct hc_network *network;
    CHECK(network_new_simulated(&network, coins_text, sizeof coins_text - 1, "simulate", NULL) == HC_OK);
    uint32_t(*shares)[THOUSAND + 1] = must(calloc(CURVE_ROUNDS_MAX + 1, sizeof *shares));
    *measured = (struct measured){.agree = true, .sum_ok = true, .joined = true};
    for (uint32_t number = 1; number <= config->runs && measured->joined; number++) {
        struct run *run = must(calloc(1, sizeof *run));
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
    curve_make(measured, shares);
    measured->spread = times_figures(&spreads);
    measured->drop = times_figures(&drops);
    measured->heal = times_figures(&heals);
    free(shares);
    hc_network_free(network);
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
