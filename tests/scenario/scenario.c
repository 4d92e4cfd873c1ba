#include "scenario.h"

#include <stdio.h>
#include <string.h>

#include "core/identity.h"

struct world *world;

static struct hc_network *the_network;

#define KINDS 32
static size_t told_count[HOSTS_MAX][HOSTS_MAX][KINDS], asked_count[HOSTS_MAX][HOSTS_MAX];
static enum hc_code reasons[HOSTS_MAX][HOSTS_MAX];
static size_t liar = SIZE_MAX; /* who waits for an answer in send_rows */
static enum hc_code answer;
static int64_t ages_least, ages_greatest; /* of those that were told */

static void noticed(void *context, struct world *at, size_t host, const struct hc_notice *notice)
{
    (void)context;
    size_t about = notice->row ? world_find_id(at, notice->row->fields.id) : SIZE_MAX;
    if (about < HOSTS_MAX && (size_t)notice->kind < KINDS) {
        told_count[host][about][notice->kind]++;
        if (notice->kind == HC_NOTICE_DROPPED) {
            reasons[host][about] = notice->code;
        }
    }
}

static void stepped(void *context, struct world *at, size_t host, const struct hc_effects *effects)
{
    (void)context;
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct hc_send *send = &effects->sends[i];
        size_t to = send->kind == HC_SEND_REQUEST ? world_find_address(at, send->address) : SIZE_MAX;
        if (to < HOSTS_MAX) {
            asked_count[host][to]++;
        }
    }
    if (world_host(at, host)->node) {
        assert_true(node_verify(world_host(at, host)->node));
    }
}

static enum passage passed(void *context, struct world *at, size_t from, size_t to, struct hc_message *message)
{
    (void)context;
    (void)at;
    (void)from;
    if (to == liar && message->type != HC_MESSAGE_REQUEST) {
        answer = message->type == HC_MESSAGE_ERROR ? message->error.code : HC_OK;
    }
    for (size_t i = 0; message->state && i < message->state->gone_count; i++) {
        int64_t age = message->state->gone[i].age_s;
        ages_least = age < ages_least ? age : ages_least;
        ages_greatest = age > ages_greatest ? age : ages_greatest;
    }
    return PASSAGE_WHOLE;
}

void ages_reset(void)
{
    ages_least = INT64_MAX;
    ages_greatest = 0;
}

int64_t age_least(void)
{
    return ages_least;
}

int64_t age_greatest(void)
{
    return ages_greatest;
}

int scenario_setup(void **state)
{
    (void)state;
    char coins[24];
    int chars = snprintf(coins, sizeof coins, "%d\n", COINS);
    assert_int_equal(network_new_simulated(&the_network, coins, (size_t)chars, "scenario", NULL), HC_OK);
    const struct world_config config = {.seed = 1,
                                        .network = the_network,
                                        .gossip_interval_ms = ROUND,
                                        .fanout = 8,
                                        .latency_min_ms = LATENCY_MS,
                                        .latency_max_ms = LATENCY_MS,
                                        .commit_max_ms = 1};
    const struct world_watch watch = {.notice = noticed, .stepped = stepped, .message = passed};
    memset(told_count, 0, sizeof told_count);
    memset(asked_count, 0, sizeof asked_count);
    memset(reasons, 0, sizeof reasons);
    world = world_new(&config, &watch);
    return world ? 0 : -1;
}

int scenario_teardown(void **state)
{
    (void)state;
    world_free(world);
    world = NULL;
    hc_network_free(the_network);
    the_network = NULL;
    return 0;
}

/* ---- What happens ---- */

void hosts(size_t count)
{
    assert_true(count <= HOSTS_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t host = world_add(world, SIZE_MAX);
        world_host(world, host)->side = host < SIDES_MAX ? (uint32_t)host : 0;
        if (host != A) {
            world_contact(world, host, A);
        }
    }
}

void start_from(size_t host, enum disk disk)
{
    world_start(world, host, disk);
}

void start(size_t host)
{
    start_from(host, DISK_KEPT);
}

void network(size_t count)
{
    hosts(count);
    for (size_t host = 0; host < count; host++) {
        start(host);
        run_for(200); /* so that their rounds do not begin together */
    }
    within(5 * ROUND, all_agree());
}

void crash(size_t host)
{
    world_crash(world, host, CRASH_PROCESS);
}

void unplug(size_t host)
{
    world_crash(world, host, CRASH_MACHINE);
}

void leave(size_t host)
{
    world_leave(world, host);
}

void stall(size_t host, int64_t for_ms)
{
    world_stall(world, host, for_ms);
}

void cut_one_way(size_t from, size_t to)
{
    assert_true(from < SIDES_MAX && to < SIDES_MAX);
    world_cut(world, (uint32_t)from, (uint32_t)to, true);
}

void cut(size_t one, size_t other)
{
    cut_one_way(one, other);
    cut_one_way(other, one);
}

void cut_off(size_t host)
{
    for (size_t other = 0; other < world_host_count(world); other++) {
        if (other != host) {
            cut(host, other);
        }
    }
}

void heal(void)
{
    world_heal(world);
}

void mutate(size_t host)
{
    world_mutate(world, host);
}

void pay(size_t from, size_t to, uint64_t amount)
{
    world_pay(world, from, to, amount);
}

void run_for(int64_t ms)
{
    world_run(world, ms);
}

/* ---- What can be seen ---- */

int64_t now(void)
{
    return world_now(world);
}

bool sees(size_t host, size_t other, const char *as)
{
    enum hc_member_status status;
    bool known = world_opinion(world, host, other, &status);
    return strcmp(known ? hc_member_status_name(status) : "unknown", as) == 0;
}

bool all_see(size_t other, const char *as)
{
    for (size_t host = 0; host < world_host_count(world); host++) {
        if (host != other && world_host(world, host)->node && !sees(host, other, as)) {
            return false;
        }
    }
    return true;
}

bool all_agree(void)
{
    char missing[200];
    return world_agrees(world, missing, sizeof missing);
}

static const struct table *table_of(size_t host)
{
    assert_non_null(world_host(world, host)->node);
    return node_table(world_host(world, host)->node);
}

static const struct entry *entry_of(size_t host, size_t owner)
{
    return table_find(table_of(host), world_host(world, owner)->identity.id);
}

uint64_t version(size_t host, size_t of)
{
    const struct entry *entry = entry_of(host, of);
    return entry ? entry_row(entry)->fields.version : 0;
}

int64_t balance(size_t host, size_t of)
{
    return (int64_t)table_balance(table_of(host), world_host(world, of)->identity.id);
}

bool forked(size_t host, size_t owner)
{
    const struct entry *entry = entry_of(host, owner);
    return entry && entry_is_forked(entry);
}

bool sound(size_t host)
{
    return table_verify(table_of(host));
}

bool all_sound(void)
{
    for (size_t host = 0; host < world_host_count(world); host++) {
        if (world_host(world, host)->node && !sound(host)) {
            return false;
        }
    }
    return true;
}

uint64_t refused(size_t host, enum hc_code reason)
{
    struct hc_node_view view;
    hc_node_look(world_host(world, host)->node, &view);
    return view.refused[reason];
}

size_t told(size_t host, enum hc_notice_kind kind, size_t about)
{
    return told_count[host][about][kind];
}

enum hc_code drop_reason(size_t host, size_t other)
{
    return reasons[host][other];
}

size_t asked(size_t host, size_t other)
{
    return asked_count[host][other];
}

/* ---- Rows that nobody's node made ---- */

struct hc_row *row_by(size_t owner, size_t knower, uint64_t later, size_t payee, uint64_t amount)
{
    const struct host *host = world_host(world, owner);
    const struct entry *entry = entry_of(knower, owner);
    struct hc_sent sent = {.amount = amount};
    struct hc_row_fields fields = {.addr = host->address, .name = "", .draw = 1, .coins = COINS};
    struct hc_row *row;
    if (entry) {
        fields = entry_row(entry)->fields;
        assert_true(fields.sent_count == 0); /* enough for these tests */
    }
    memcpy(fields.id, host->identity.id, HC_ID_BYTES);
    fields.version += later;
    if (amount > 0) {
        memcpy(sent.payee, world_host(world, payee)->identity.id, HC_ID_BYTES);
        fields.sent = &sent;
        fields.sent_count = 1;
    }
    assert_int_equal(row_sign(&row, &fields, the_network, &host->identity), HC_OK);
    row->verified = false; /* as it comes from a stranger */
    return row;
}

struct hc_row *row_forged(struct hc_row *row)
{
    uint8_t sig[HC_SIGNATURE_BYTES];
    struct hc_row *forged;
    memcpy(sig, row->sig, sizeof sig);
    sig[0] ^= 1;
    assert_int_equal(row_new(&forged, &row->fields, the_network->id, sig), HC_OK);
    hc_row_unref(row);
    return forged;
}

static enum hc_code rows_send(size_t from, size_t to, struct hc_row **rows, size_t count, bool live)
{
    struct hc_message message = {.type = HC_MESSAGE_REQUEST};
    assert_null(world_host(world, from)->node);
    assert_int_equal(state_new(&message.state), HC_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(live ? state_add_live(message.state, rows[i]) : state_add_gone(message.state, rows[i], 0),
                         HC_OK);
        hc_row_unref(rows[i]);
    }
    state_seal(message.state);
    memcpy(message.network, the_network->id, HC_NETWORK_BYTES);
    memcpy(message.from, world_host(world, from)->identity.id, HC_ID_BYTES);
    liar = from;
    answer = HC_SILENT;
    world_send(world, from, world_host(world, to)->address, &message);
    run_for(3 * LATENCY_MS);
    liar = SIZE_MAX;
    hc_message_clear(&message);
    return answer;
}

enum hc_code send_rows(size_t from, size_t to, struct hc_row **rows, size_t count)
{
    return rows_send(from, to, rows, count, true);
}

enum hc_code send_doubts(size_t from, size_t to, struct hc_row **rows, size_t count)
{
    return rows_send(from, to, rows, count, false);
}
