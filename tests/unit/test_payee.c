/* Which node a payment is meant for: an address means a node that proved itself there (P9), and a name that
 * several nodes have means none. */
#include "core/common/id.h"
#include "core/common/text.h"
#include "daemon/payee.h"
#include "scenario/scenario.h"

/* A hears a row of this owner. */
static void tell(unsigned owner, uint64_t version, const char *addr, const char *name)
{
    const struct hc_identity *identity = test_identity(owner);
    struct hc_row_fields fields = {.addr = addr, .name = name, .version = version, .draw = 1};
    struct hc_row *row;
    id_copy(fields.id, identity->id);
    fields.coins = network_draw(the_network(), fields.id, fields.draw);
    MUST(row_sign(&row, &fields, the_network(), identity));
    struct hc_state *state = state_of(&row, 1);
    (void)request(A, identity, state);
    state_unref(state);
    hc_row_unref(row);
}

static struct hc_fault fault;

/* Which node A takes `text` for. */
static enum hc_code find(uint8_t *id, const char *text)
{
    struct runtime_facts facts = {.address = world_host(world, A)->address};
    id_copy(facts.id, id_of(A));
    return payee_find(id, world_host(world, A)->node, text, &facts, now(), &fault);
}

static void means(const char *text, unsigned owner)
{
    uint8_t id[HC_ID_BYTES];
    MUST(find(id, text));
    assert_memory_equal(id, test_identity(owner)->id, HC_ID_BYTES);
}

static void means_none(const char *text)
{
    uint8_t id[HC_ID_BYTES];
    assert_int_equal(find(id, text), HC_UNKNOWN_PAYEE);
}

/* It is uncertain, and the fault describes this candidate. */
static void may_mean(const char *text, unsigned owner, const char *stands)
{
    uint8_t id[HC_ID_BYTES];
    char hex[HC_ID_HEX_CHARS + 1], listed[160];
    assert_int_equal(find(id, text), HC_AMBIGUOUS);
    hc_id_hex(hex, test_identity(owner)->id);
    (void)snprintf(listed, sizeof listed, "%.12s (%s)", hex, stands);
    if (!strstr(fault.text, listed)) {
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

/* Ports, addresses, and the node's own; a call proves nothing, an answer does. */
static void an_address_means_who_answered_there(void **unused)
{
    (void)unused;
    join(A);
    run_for(ROUND / 2);
    join(A);
    run_for(SOON);
    may_mean("8001", 1, "127.0.0.1:8001, live, never answered");
    run_for(ROUND);
    means("8001", 1);
    means("127.0.0.1:8001", 1);
    means_none("127.0.0.2:8001");
    means_none("8002");
    means("8000", 0);
    tell(40, 1, "127.0.0.1:8000", "");
    means("8000", 0);
}

/* A newcomer that claims a dead node's address is not paid for it: before it was asked, and after. */
static void a_claim_is_no_proof(void **unused)
{
    (void)unused;
    crowd(3);
    crash(C);
    run_for(2 * ROUND);
    assert_true(sees(A, C, "dropped"));
    means("8002", 2);
    tell(40, 1, "127.0.0.1:8002", "bob");
    may_mean("8002", 40, "127.0.0.1:8002 bob, live, never answered");
    may_mean("8002", 2, "127.0.0.1:8002, dropped, answered 6s ago");
    run_for(2 * ROUND);
    may_mean("8002", 40, "127.0.0.1:8002 bob, dropped, never answered");
    means(id_start(2, HC_ID_HEX_CHARS), 2);
    means(id_start(2, 12), 2);
}

/* P9: a node that still answers there is found again at the next answer, whichever other nodes claim the address. */
static void an_answer_outlasts_claims(void **unused)
{
    (void)unused;
    crowd(3);
    tell(40, 1, "127.0.0.1:8001", "");
    may_mean("8001", 1, "127.0.0.1:8001, live, answered 2s ago");
    run_for(ROUND + SOON);
    means("8001", 1);
    for (unsigned owner = 41; owner < 49; owner++) {
        tell(owner, 1, "127.0.0.1:8001", "");
    }
    may_mean("8001", 1, "127.0.0.1:8001, live, answered 0s ago"); /* however many claims are listed */
    run_for(ROUND + SOON);
    means("8001", 1);
}

/* P9: of two nodes that answered there in turn, the last one is meant. */
static void a_port_may_change_hands(void **unused)
{
    (void)unused;
    crowd(3);
    crash(C);
    assert_int_equal(world_add_as(world, test_identity(30)), D);
    world_move(world, D, world_host(world, C)->address);
    world_contact(world, D, A);
    start(D);
    run_for(2 * ROUND);
    means("8002", 30);
    crash(D);
    start(C);
    run_for(2 * ROUND);
    assert_true(sees(A, C, "live"));
    means("8002", 2);
    tell(2, HC_NUMBER_MAX / 2, "127.0.0.1:7000", ""); /* it moves away, which does not bring the previous one back */
    may_mean("8002", 30, "127.0.0.1:8002, dropped, never answered");
}

/* An answer proves the address that was asked, and not one to which its owner moves in between. */
static void a_node_that_moves_must_answer_anew(void **unused)
{
    (void)unused;
    const uint32_t way_ms = 100;
    crowd(3);
    world_settings(world)->latency_min_ms = world_settings(world)->latency_max_ms = way_ms;
    for (size_t before = asked(A, B); asked(A, B) == before;) {
        run_for(1);
    }
    run_for(way_ms); /* B has answered */
    tell(1, 5, "127.0.0.1:7000", "");
    run_for(way_ms);
    may_mean("7000", 1, "127.0.0.1:7000, live, never answered");
    means_none("8001");
}

/* A name, or the beginning of an id, of two nodes means none, whether they are live or not. */
static void a_name_means_one_node_only(void **unused)
{
    (void)unused;
    crowd(2);
    tell(40, 1, "127.0.0.1:7000", "bob");
    means("bob", 40);
    means(id_start(40, 8), 40);
    means_none(id_start(40, 3));
    means_none("bo");
    means_none("");
    run_for(2 * ROUND);
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
    crowd(2);
    while (strspn(id_start(owner, 4), "0123456789") < 4 || *id_start(owner, 4) == '0') {
        owner++;
    }
    tell(owner, 1, "127.0.0.1:7000", "9999");
    means_none(id_start(owner, 4));
    means_none("9999");
    means(id_start(owner, 12), owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(an_address_means_who_answered_there),
        node_test(a_claim_is_no_proof),
        node_test(an_answer_outlasts_claims),
        node_test(a_port_may_change_hands),
        node_test(a_node_that_moves_must_answer_anew),
        node_test(a_name_means_one_node_only),
        node_test(a_port_is_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
