/* Whom a payment is meant for: an address means a node that proved itself there, and what more than one may be called means
 * nobody. */
#include "support.h"

#include "core/text.h"
#include "daemon/payee.h"

#define ROUND 3000
#define SOON 50

static struct net net;

static int setup(void **unused)
{
    (void)unused;
    net_init(&net);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    net_free(&net);
    return 0;
}

/* So many nodes, the first the contact of all, and time for everybody to ask everybody. */
static void start_nodes(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        net_add(&net, 0);
    }
    net_run(&net, 2 * ROUND + 500);
    assert_true(net_agree(&net));
}

/* Node 0 hears a row of this owner from somebody. */
static void tell(unsigned owner, uint64_t version, const char *addr, const char *name)
{
    const struct hc_identity *identity = test_identity(owner);
    struct hc_row_fields fields = {.addr = addr, .name = name, .version = version, .draw = 1};
    struct hc_message reply;
    struct hc_row *row;
    memcpy(fields.id, identity->id, HC_ID_BYTES);
    fields.coins = network_draw(net.network, fields.id, fields.draw);
    MUST(row_sign(&row, &fields, net.network, identity));
    struct hc_state *state = state_of(&row, 1);
    net_request(&net, 0, identity, state, &reply);
    hc_message_clear(&reply);
    state_unref(state);
    hc_row_unref(row);
}

static struct hc_fault fault;

/* What node 0 takes `text` for. */
static enum hc_code find(uint8_t *id, const char *text)
{
    struct runtime_facts facts = {.address = net.nodes[0].address};
    memcpy(facts.id, net.nodes[0].identity->id, HC_ID_BYTES);
    return payee_find(id, net.nodes[0].node, text, &facts, net.now_ms, &fault);
}

static void means(const char *text, unsigned owner)
{
    uint8_t id[HC_ID_BYTES];
    MUST(find(id, text));
    assert_memory_equal(id, test_identity(owner)->id, HC_ID_BYTES);
}

static void means_nobody(const char *text)
{
    uint8_t id[HC_ID_BYTES];
    assert_int_equal(find(id, text), HC_UNKNOWN_PAYEE);
}

/* It is not certain, and the fault says how this one stands. */
static void may_mean(const char *text, unsigned owner, const char *stands)
{
    uint8_t id[HC_ID_BYTES];
    char hex[HC_ID_HEX_CHARS + 1], listed[160];
    assert_int_equal(find(id, text), HC_AMBIGUOUS);
    hc_id_hex(hex, test_identity(owner)->id);
    (void)snprintf(listed, sizeof listed, "%.12s (%s)", hex, stands);
    if (strstr(fault.text, listed) == NULL) {
        fail_msg("'%s' is not in: %s", listed, fault.text);
    }
}

static const char *id_start(unsigned owner, size_t chars)
{
    static char hex[HC_ID_HEX_CHARS + 1];
    hc_id_hex(hex, test_identity(owner)->id);
    hex[chars] = '\0';
    return hex;
}

/* Ports, addresses, and the own one; a call proves nothing, an answer does. */
static void an_address_means_who_answered_there(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_run(&net, ROUND / 2);
    net_add(&net, 0);
    net_run(&net, SOON);
    may_mean("8001", 1, "127.0.0.1:8001, live, never answered");
    net_run(&net, ROUND);
    means("8001", 1);
    means("127.0.0.1:8001", 1);
    means_nobody("127.0.0.2:8001");
    means_nobody("8002");
    means("8000", 0);
    tell(40, 1, "127.0.0.1:8000", "");
    means("8000", 0);
}

/* A newcomer that claims a dead node's address is not paid for it: before it was asked, and after. */
static void a_claim_is_no_proof(void **unused)
{
    (void)unused;
    start_nodes(3);
    net_kill(&net, 2);
    net_run(&net, 2 * ROUND);
    assert_string_equal(net_sees(&net, 0, 2), "dropped");
    means("8002", 2);
    tell(40, 1, "127.0.0.1:8002", "bob");
    may_mean("8002", 40, "127.0.0.1:8002 bob, live, never answered");
    may_mean("8002", 2, "127.0.0.1:8002, dropped, answered 6s ago");
    net_run(&net, 2 * ROUND);
    may_mean("8002", 40, "127.0.0.1:8002 bob, dropped, never answered");
    means(id_start(2, HC_ID_HEX_CHARS), 2);
    means(id_start(2, 12), 2);
}

/* Who still answers there is found again at the next answer, whoever else claims the address. */
static void an_answer_outlasts_claims(void **unused)
{
    (void)unused;
    start_nodes(3);
    tell(40, 1, "127.0.0.1:8001", "");
    may_mean("8001", 1, "127.0.0.1:8001, live, answered 0s ago");
    net_run(&net, ROUND + SOON);
    means("8001", 1);
    for (unsigned owner = 41; owner < 49; owner++) {
        tell(owner, 1, "127.0.0.1:8001", "");
    }
    may_mean("8001", 1, "127.0.0.1:8001, live, answered 0s ago"); /* however many claims are listed */
    net_run(&net, ROUND + SOON);
    means("8001", 1);
}

/* Of two who answered there in turn, the last one is meant. */
static void a_port_may_change_hands(void **unused)
{
    (void)unused;
    start_nodes(3);
    net_kill(&net, 2);
    net.count = 4;
    net.nodes[3].identity = test_identity(30);
    memcpy(net.nodes[3].address, net.nodes[2].address, sizeof net.nodes[2].address);
    net_start(&net, 3, 0);
    net_run(&net, 2 * ROUND);
    means("8002", 30);
    net_kill(&net, 3);
    net_start(&net, 2, 0);
    net_run(&net, 2 * ROUND);
    assert_string_equal(net_sees(&net, 0, 2), "live");
    means("8002", 2);
    tell(2, HC_NUMBER_MAX / 2, "127.0.0.1:7000", ""); /* it moves away; that does not bring back the one before it */
    may_mean("8002", 30, "127.0.0.1:8002, dropped, never answered");
}

static bool an_answer_is_on_its_way(size_t from)
{
    bool found = false;
    for (size_t i = 0; i < net.packet_count; i++) {
        const struct packet *packet = &net.packets[i];
        found = found || (packet->kind == HC_EVENT_REPLY && packet->from == from && packet->to == 0);
    }
    return found;
}

/* An answer proves the address that was asked, and not one to which its owner moves in between. */
static void who_moves_has_to_answer_anew(void **unused)
{
    (void)unused;
    start_nodes(3);
    while (!an_answer_is_on_its_way(1)) {
        net_run(&net, 1);
    }
    tell(1, 5, "127.0.0.1:7000", "");
    net_run(&net, 1);
    may_mean("7000", 1, "127.0.0.1:7000, live, never answered");
    means_nobody("8001");
}

/* A name, or the beginning of an id, of two means nobody, whether they are live or not. */
static void a_name_means_one_node_only(void **unused)
{
    (void)unused;
    start_nodes(2);
    tell(40, 1, "127.0.0.1:7000", "bob");
    means("bob", 40);
    means(id_start(40, 8), 40);
    means_nobody(id_start(40, 3));
    means_nobody("bo");
    means_nobody("");
    net_run(&net, 2 * ROUND);
    means("bob", 40);
    tell(41, 1, "127.0.0.1:7001", "bob");
    may_mean("bob", 40, "127.0.0.1:7000 bob, dropped, never answered");
    may_mean("bob", 41, "127.0.0.1:7001 bob, live, never answered");
    tell(42, 1, "127.0.0.1:7002", id_start(40, 12));
    may_mean(id_start(40, 12), 40, "127.0.0.1:7000 bob, dropped, never answered");
}

/* Ids and names that look like ports catch no payments to a port. */
static void a_port_is_nothing_else(void **unused)
{
    (void)unused;
    unsigned owner = 26;
    start_nodes(2);
    while (strspn(id_start(owner, 4), "0123456789") < 4 || *id_start(owner, 4) == '0') {
        owner++;
    }
    tell(owner, 1, "127.0.0.1:7000", "9999");
    means_nobody(id_start(owner, 4));
    means_nobody("9999");
    means(id_start(owner, 12), owner);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_means_who_answered_there),
        TEST(a_claim_is_no_proof),
        TEST(an_answer_outlasts_claims),
        TEST(a_port_may_change_hands),
        TEST(who_moves_has_to_answer_anew),
        TEST(a_name_means_one_node_only),
        TEST(a_port_is_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
