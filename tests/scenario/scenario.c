/* The world of the tests, and the verbs that scenario.h explains. */
#include "scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/rows/identity.h"

struct world *world;

static struct hc_network *its_network;

/* What the test did to the places of its hosts. */
struct place {
    enum mood mood;
    enum hc_code error;     /* ERRONEOUS */
    struct hc_state *state; /* SAYING; a reference */
};
static bool no_way[HOSTS_MAX][HOSTS_MAX]; /* [a][b]: a cannot connect to b */
static struct place places[HOSTS_MAX];

static struct tale *told_tales;
static size_t tale_count, tale_capacity;
static size_t asked_count[HOSTS_MAX][HOSTS_MAX];
static size_t liar = SIZE_MAX; /* the host that waits for an answer in send_rows */
static enum hc_code answer;
static int64_t ages_least, ages_greatest; /* that any host told */
static enum passage (*meddler)(size_t from, size_t to, struct hc_message *message);
static int (*last_setup)(void **state);

/* ---- What the world tells ---- */

static void noticed(void *context, struct world *at, size_t host, const struct hc_notice *notice)
{
    (void)context;
    size_t about = notice->row ? world_find_id(at, notice->row->fields.id) : ANYBODY;
    assert_true(ARRAY_RESERVE(told_tales, tale_capacity, tale_count + 1));
    told_tales[tale_count++] = (struct tale){.host = host,
                                             .about = about,
                                             .at_ms = world_now(at),
                                             .kind = notice->kind,
                                             .code = notice->code,
                                             .count = notice->count};
}

static void stepped(void *context, struct world *at, size_t host, const struct hc_effects *step_effects)
{
    (void)context;
    for (size_t i = 0; i < step_effects->send_count; i++) {
        const struct hc_send *send = &step_effects->sends[i];
        size_t to = send->kind == HC_SEND_REQUEST ? world_find_address(at, send->address) : SIZE_MAX;
        if (to < HOSTS_MAX && host < HOSTS_MAX) {
            asked_count[host][to]++;
        }
    }
    if (world_host(at, host)->node && world_host_count(at) <= HOSTS_MAX) {
        assert_true(node_verify(world_host(at, host)->node));
    }
}

static enum passage passed(void *context, struct world *at, size_t from, size_t to, struct hc_message *message)
{
    (void)context;
    (void)at;
    if (message->type != HC_MESSAGE_REQUEST) {
        if (to == liar) {
            answer = message->type == HC_MESSAGE_ERROR ? message->error.code : HC_OK;
        }
        message->proof[5] ^= mood_of(from) == UNPROVEN || mood_of(from) == BUSY_UNPROVEN;
    }
    for (size_t i = 0; message->state && i < message->state->gone_count; i++) {
        int64_t age = message->state->gone[i].age_s;
        ages_least = age < ages_least ? age : ages_least;
        ages_greatest = age > ages_greatest ? age : ages_greatest;
    }
    return meddler ? meddler(from, to, message) : PASSAGE_WHOLE;
}

static enum reception asked_at(void *context, struct world *at, size_t host, const struct hc_message *message,
                               struct hc_message *reply)
{
    (void)context;
    if (host >= HOSTS_MAX) {
        return RECEPTION_NODE;
    }
    struct place *place = &places[host];
    size_t from = world_find_id(at, message->from);
    if (from < HOSTS_MAX && no_way[from][host]) {
        return RECEPTION_REFUSED;
    }
    switch (place->mood) {
    case REFUSING:
        return RECEPTION_REFUSED;
    case SILENT_ONCE:
        place->mood = WELL;
        return RECEPTION_SILENT;
    case SILENT:
        return RECEPTION_SILENT;
    case CLOSING:
        return RECEPTION_CLOSED;
    case ERRONEOUS:
        reply->type = HC_MESSAGE_ERROR;
        (void)fault_set(&reply->error, place->error, "as told");
        return RECEPTION_REPLY;
    case SAYING:
        *reply = (struct hc_message){.type = HC_MESSAGE_REPLY, .state = state_ref(place->state)};
        memcpy(reply->network, its_network->id, HC_NETWORK_BYTES);
        id_copy(reply->from, id_of(host));
        proof_make(&world_host(at, host)->identity, reply->proof, its_network, message->nonce, message->from);
        return RECEPTION_REPLY;
    case BUSY:
    case BUSY_UNPROVEN:
        return RECEPTION_BUSY;
    case WELL:
    case UNPROVEN:
        break;
    }
    return RECEPTION_NODE;
}

static enum reception link_asked_at(void *context, struct world *at, size_t host, uint64_t link,
                                    const struct hc_message *hello, struct hc_message *reply)
{
    (void)link;
    return asked_at(context, at, host, hello, reply);
}

/* ---- A world's beginning and end ---- */

static int begin(const struct world_config *config)
{
    const struct world_watch watch = {
        .notice = noticed, .stepped = stepped, .message = passed, .asked = asked_at, .opened = link_asked_at};
    memset(asked_count, 0, sizeof asked_count);
    memset(no_way, 0, sizeof no_way);
    tale_count = 0;
    meddler = NULL;
    world = world_new(config, &watch);
    return world ? 0 : -1;
}

static int setup(enum hc_exchange exchange, bool over_text)
{
    char coins[24];
    int chars = snprintf(coins, sizeof coins, "%d\n", COINS);
    MUST(network_new_simulated(&its_network, coins, (size_t)chars, "scenario", NULL));
    const struct world_config config = {.seed = 1,
                                        .network = its_network,
                                        .gossip_interval_ms = ROUND,
                                        .fanout = 8,
                                        .exchange = exchange,
                                        .latency_min_ms = LATENCY_MS,
                                        .latency_max_ms = LATENCY_MS,
                                        .over_text = over_text,
                                        .commit_max_ms = 1};
    return begin(&config);
}

int scenario_setup(void **state)
{
    (void)state;
    last_setup = scenario_setup;
    return setup(HC_EXCHANGE_FULL, false);
}

int links_setup(void **state)
{
    (void)state;
    last_setup = links_setup;
    return setup(HC_EXCHANGE_LINKS, false);
}

int links_text_setup(void **state)
{
    (void)state;
    last_setup = links_text_setup;
    return setup(HC_EXCHANGE_LINKS, true);
}

int node_test_setup(void **state)
{
    (void)state;
    last_setup = node_test_setup;
    its_network = test_network();
    const struct world_config config = {.seed = 1,
                                        .network = its_network,
                                        .gossip_interval_ms = ROUND,
                                        .latency_min_ms = 1,
                                        .latency_max_ms = 1,
                                        .over_text = true,
                                        .memory_fail_after = memory_fail_after};
    return begin(&config);
}

int scenario_teardown(void **state)
{
    (void)state;
    for (size_t host = 0; host < HOSTS_MAX; host++) {
        be(host, WELL);
    }
    world_free(world);
    world = NULL;
    memory_free(told_tales);
    told_tales = NULL;
    tale_count = tale_capacity = 0;
    hc_network_free(its_network);
    its_network = NULL;
    return 0;
}

void world_renew(void)
{
    assert_int_equal(scenario_teardown(NULL), 0);
    assert_int_equal(last_setup(NULL), 0);
}

const struct hc_network *the_network(void)
{
    return its_network;
}

/* ---- What happens ---- */

static size_t host_add(size_t contact)
{
    size_t host = world_add_as(world, test_identity((unsigned)world_host_count(world)));
    char address[HOST_ADDRESS_BYTES];
    assert_true(host < HOSTS_MAX);
    (void)snprintf(address, sizeof address, "127.0.0.1:%zu", 8000 + host);
    world_move(world, host, address);
    world_host(world, host)->side = host < SIDES_MAX ? (uint32_t)host : 0;
    if (contact != host) {
        world_contact(world, host, contact);
    }
    return host;
}

void hosts(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)host_add(A);
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

void multitude(size_t count, int64_t agree_within_ms)
{
    for (size_t i = 0; i < count; i++) {
        size_t host = world_add(world);
        if (host != A) {
            world_contact(world, host, A);
        }
        start(host);
    }
    int64_t until = now() + agree_within_ms;
    while (!all_agree()) {
        run_for(SECOND);
        assert_true(now() <= until);
    }
}

void linked(size_t count)
{
    hosts(count);
    for (size_t host = 0; host < count; host++) {
        start(host);
    }
    within(2 * ROUND, all_agree() && ring_is_closed());
    run_for(2 * ROUND);
}

size_t join(size_t contact)
{
    size_t host = host_add(contact);
    start(host);
    return host;
}

void crowd(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)join(A);
    }
    run_for(2 * ROUND + 500); /* nothing is on its way now */
    assert_true(world_settings(world)->mutate_interval_ms > 0 || all_agree());
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

void cannot_connect(size_t from, size_t to)
{
    assert_true(from < HOSTS_MAX && to < HOSTS_MAX);
    no_way[from][to] = true;
}

void heal(void)
{
    memset(no_way, 0, sizeof no_way);
    world_heal(world);
}

void meddle(enum passage (*with)(size_t from, size_t to, struct hc_message *message))
{
    meddler = with;
}

void mutate(size_t host)
{
    world_mutate(world, host);
}

void spread(size_t host, int64_t within_ms)
{
    uint64_t before = version(host, host);
    mutate(host);
    within(within_ms, version(host, host) > before && all_agree());
}

void pay(size_t from, size_t to, uint64_t amount)
{
    world_pay(world, from, to, amount);
}

void run_for(int64_t ms)
{
    world_run(world, ms);
}

enum hc_code step(size_t host, struct hc_event event)
{
    assert_non_null(world_host(world, host)->node);
    return world_step(world, host, &event);
}

const struct hc_effects *effects(void)
{
    return world_effects(world);
}

void be(size_t host, enum mood mood)
{
    assert_true(host < HOSTS_MAX);
    state_unref(places[host].state);
    places[host] = (struct place){.mood = mood};
}

enum mood mood_of(size_t host)
{
    return host < HOSTS_MAX ? places[host].mood : WELL;
}

void answer_error(size_t host, const char *code)
{
    be(host, ERRONEOUS);
    places[host].error = hc_code_find(code);
}

void answer_state(size_t host, struct hc_state *state)
{
    be(host, SAYING);
    places[host].state = state_ref(state);
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

int64_t time_until_all_see(size_t other, const char *as, int64_t at_most_ms)
{
    int64_t began = now();
    while (!all_see(other, as)) {
        if (now() - began >= at_most_ms) {
            fail_msg("not all see host %zu as %s after %lld ms", other, as, (long long)at_most_ms);
        }
        run_for(10);
    }
    return now() - began;
}

bool all_agree(void)
{
    char missing[200];
    return world_agrees(world, missing, sizeof missing);
}

struct hc_node_view look(size_t host)
{
    struct hc_node_view view;
    assert_non_null(world_host(world, host)->node);
    hc_node_look(world_host(world, host)->node, &view);
    return view;
}

const struct table *table_of(size_t host)
{
    assert_non_null(world_host(world, host)->node);
    return node_table(world_host(world, host)->node);
}

const uint8_t *id_of(size_t host)
{
    return world_host(world, host)->identity.id;
}

static const struct entry *entry_of(size_t host, size_t owner)
{
    return table_find(table_of(host), id_of(owner));
}

const struct hc_row *row_at(size_t host, size_t owner)
{
    const struct entry *entry = entry_of(host, owner);
    return entry ? entry_row(entry) : NULL;
}

const struct member *member_of(size_t host, size_t other)
{
    assert_non_null(world_host(world, host)->node);
    return members_find(node_members(world_host(world, host)->node), id_of(other));
}

uint64_t version(size_t host, size_t of)
{
    const struct hc_row *row = row_at(host, of);
    return row ? row->fields.version : 0;
}

int64_t balance(size_t host, size_t of)
{
    return (int64_t)table_balance(table_of(host), id_of(of));
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
    return look(host).refused[reason];
}

const struct tale *tales(size_t *count)
{
    *count = tale_count;
    return told_tales;
}

size_t told_since(size_t host, enum hc_notice_kind kind, size_t about, int64_t since_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < tale_count; i++) {
        const struct tale *tale = &told_tales[i];
        count += tale->host == host && tale->kind == kind && tale->at_ms >= since_ms &&
                 (about == ANYBODY || tale->about == about);
    }
    return count;
}

size_t told(size_t host, enum hc_notice_kind kind, size_t about)
{
    return told_since(host, kind, about, 0);
}

size_t told_by_all(enum hc_notice_kind kind, size_t about, int64_t since_ms)
{
    size_t count = 0;
    for (size_t host = 0; host < world_host_count(world); host++) {
        count += host == about ? 0 : told_since(host, kind, about, since_ms);
    }
    return count;
}

static const struct tale *last_told_of(size_t host, enum hc_notice_kind kind, size_t about)
{
    for (size_t i = tale_count; i-- > 0;) {
        const struct tale *tale = &told_tales[i];
        if (tale->host == host && tale->kind == kind && (about == ANYBODY || tale->about == about)) {
            return tale;
        }
    }
    return NULL;
}

const struct tale *last_told(size_t host, enum hc_notice_kind kind)
{
    return last_told_of(host, kind, ANYBODY);
}

size_t links_of(size_t host)
{
    size_t count = 0;
    const struct hc_node *node = world_host(world, host)->node;
    for (size_t i = 0; i < hc_node_link_count(node); i++) {
        struct hc_node_link_view view;
        hc_node_link(node, i, &view);
        count += view.proved;
    }
    return count;
}

size_t links_opened(size_t host)
{
    size_t count = 0;
    const struct hc_node *node = world_host(world, host)->node;
    for (size_t i = 0; i < hc_node_link_count(node); i++) {
        struct hc_node_link_view view;
        hc_node_link(node, i, &view);
        count += view.proved && view.ours;
    }
    return count;
}

/* How many proved links a host has to another; `view` is the last of them. */
static size_t links_between(size_t host, size_t other, struct hc_node_link_view *view)
{
    size_t count = 0;
    const struct hc_node *node = world_host(world, host)->node;
    for (size_t i = 0; i < hc_node_link_count(node); i++) {
        struct hc_node_link_view one;
        hc_node_link(node, i, &one);
        if (one.proved && id_equal(one.id, id_of(other))) {
            *view = one;
            count++;
        }
    }
    return count;
}

const struct hc_node_link_view *link_to(size_t host, size_t other)
{
    static struct hc_node_link_view view;
    return links_between(host, other, &view) > 0 ? &view : NULL;
}

/* The next running host in the circle of ids. */
static size_t successor_of(size_t host)
{
    size_t next = host, least = host;
    for (size_t other = 0; other < world_host_count(world); other++) {
        if (!world_host(world, other)->node) {
            continue;
        }
        bool after = id_compare(id_of(other), id_of(host)) > 0;
        if (after && (next == host || id_compare(id_of(other), id_of(next)) < 0)) {
            next = other;
        }
        least = id_compare(id_of(other), id_of(least)) < 0 ? other : least;
    }
    return next == host ? least : next;
}

bool ring_is_closed(void)
{
    const uint32_t wanted = world_settings(world)->links ? world_settings(world)->links : LINKS_OURS;
    for (size_t host = 0; host < world_host_count(world); host++) {
        if (!world_host(world, host)->node) {
            continue;
        }
        struct hc_node_link_view view;
        size_t next = successor_of(host);
        if (next != host && (links_between(host, next, &view) != 1 || !view.ring)) {
            return false;
        }
        if (links_opened(host) > wanted) {
            return false;
        }
        const struct hc_node *node = world_host(world, host)->node;
        for (size_t i = 0; i < hc_node_link_count(node); i++) {
            struct hc_node_link_view two;
            hc_node_link(node, i, &two);
            if (two.proved && links_between(host, world_find_id(world, two.id), &view) > 1) {
                return false;
            }
        }
    }
    return true;
}

uint64_t link_messages(void)
{
    uint64_t count = 0;
    for (size_t host = 0; host < world_host_count(world); host++) {
        count += world_host(world, host)->traffic.link_messages;
    }
    return count;
}

enum hc_code drop_reason(size_t host, size_t other)
{
    const struct tale *dropped = last_told_of(host, HC_NOTICE_DROPPED, other);
    return dropped ? dropped->code : HC_OK;
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

size_t asked(size_t host, size_t other)
{
    return asked_count[host][other];
}

size_t asked_by_all(size_t other)
{
    size_t count = 0;
    for (size_t host = 0; host < HOSTS_MAX; host++) {
        count += asked_count[host][other];
    }
    return count;
}

/* ---- Rows that no node made ---- */

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
    id_copy(fields.id, host->identity.id);
    fields.version += later;
    if (amount > 0) {
        id_copy(sent.payee, id_of(payee));
        fields.sent = &sent;
        fields.sent_count = 1;
    }
    MUST(row_sign(&row, &fields, its_network, &host->identity));
    row->verified = false; /* as it comes from a stranger */
    return row;
}

static struct hc_identity stranger(size_t number)
{
    uint8_t seed[HC_SEED_BYTES] = {'g', 'o', 'n', 'e'};
    struct hc_identity identity;
    memcpy(seed + 8, &number, sizeof number);
    hc_identity_from_seed(&identity, seed);
    return identity;
}

struct hc_row *row_of_stranger(size_t number, size_t payee, uint64_t amount)
{
    struct hc_identity identity = stranger(number), to = stranger(payee);
    struct hc_sent sent = {.amount = amount};
    struct hc_row_fields fields = {
        .addr = "127.0.0.1:9", .name = "", .version = 2, .draw = 1, .coins = COINS, .left = true};
    struct hc_row *row;
    if (amount > 0) {
        id_copy(sent.payee, to.id);
        fields.sent = &sent;
        fields.sent_count = 1;
    }
    id_copy(fields.id, identity.id);
    MUST(row_sign(&row, &fields, its_network, &identity));
    return row;
}

struct hc_row **rows_of_strangers(size_t count, size_t first)
{
    struct hc_row **rows = memory_new(count, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count; i++) {
        rows[i] = row_of_stranger(first + i, first + i, 0);
    }
    return rows;
}

void disk_add(size_t number, struct hc_row **rows, size_t count)
{
    struct host *host = world_host(world, number);
    assert_true(!host->node && host->disk_row);
    struct hc_row **all = realloc(host->disk_rows, (host->disk_count + count + 1) * sizeof *all);
    assert_non_null(all);
    memcpy(all + host->disk_count, rows, count * sizeof *rows);
    host->disk_rows = all;
    host->disk_count += count;
    memory_free(rows);
}

struct hc_row *row_forged(struct hc_row *row)
{
    uint8_t sig[HC_SIGNATURE_BYTES];
    struct hc_row *forged;
    memcpy(sig, row->sig, sizeof sig);
    sig[0] ^= 1;
    MUST(row_new(&forged, &row->fields, its_network->id, sig));
    hc_row_unref(row);
    return forged;
}

static enum hc_code rows_send(size_t from, size_t to, struct hc_row **rows, size_t count, bool live)
{
    struct hc_message message = {.type = HC_MESSAGE_REQUEST};
    assert_null(world_host(world, from)->node);
    MUST(state_new(&message.state));
    for (size_t i = 0; i < count; i++) {
        MUST(live ? state_add_live(message.state, rows[i]) : state_add_gone(message.state, rows[i], 0));
        hc_row_unref(rows[i]);
    }
    state_seal(message.state);
    memcpy(message.network, its_network->id, HC_NETWORK_BYTES);
    id_copy(message.from, id_of(from));
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

const struct hc_message *request(size_t to, const struct hc_identity *from, struct hc_state *state)
{
    const uint64_t handle = 77;
    struct hc_message message = {.type = HC_MESSAGE_REQUEST, .state = state};
    const struct hc_message *reply = NULL;
    memcpy(message.network, its_network->id, HC_NETWORK_BYTES);
    id_copy(message.from, from->id);
    MUST(step(to, (struct hc_event){.kind = HC_EVENT_REQUEST, .handle = handle, .message = &message}));
    for (size_t i = 0; i < effects()->send_count; i++) {
        const struct hc_send *send = &effects()->sends[i];
        if (send->kind == HC_SEND_REPLY) {
            assert_null(reply);
            assert_int_equal(send->handle, handle);
            reply = &send->message;
        }
    }
    assert_non_null(reply);
    return reply;
}

/* ---- A node without a world ---- */

struct hc_node *bare_node(const struct hc_tags *tags)
{
    const struct hc_node_config config = {.identity = *test_identity(A),
                                          .network = its_network,
                                          .address = "127.0.0.1:8000",
                                          .name = "",
                                          .tags = tags,
                                          .gossip_interval_ms = ROUND};
    struct hc_node *node;
    MUST(hc_node_new(&node, &config));
    assert_true(hc_node_deadline(node) == INT64_MAX); /* nothing happens before the start */
    return node;
}

struct hc_node *node_restored(const struct hc_stored_row *rows, size_t count, int64_t now_ms)
{
    struct hc_node *node = bare_node(NULL);
    MUST(hc_node_restore(node, rows, count, now_ms));
    assert_true(node_verify(node));
    return node;
}
