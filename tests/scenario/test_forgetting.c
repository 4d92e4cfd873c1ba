/* How long gone nodes are remembered (P10). Most rounds here take an hour: a week of short ones would take too long to
 * run. */
#include "scenario.h"

#define HOUR (3600 * SECOND)
#define DAY (24LL * HOUR)

/* This many hosts that have met, and rounds of an hour. */
static void slow_network(size_t count)
{
    world_settings(world)->gossip_interval_ms = HOUR;
    for (size_t i = 0; i < count; i++) {
        (void)join(A);
        run_for(SOON);
    }
}

static struct hc_row *row_of(size_t host, size_t owner)
{
    return entry_row(table_find(table_of(host), id_of(owner)));
}

/* P10: a gone node that no payment touches is forgotten by all after seven days, not before; it is passed on for half
 * of that time. A node that was paid is never forgotten. */
static void the_gone_are_forgotten(void **unused)
{
    (void)unused;
    slow_network(5);
    run_for(HOUR);
    assert_true(all_agree());
    struct hc_event payment = {.kind = HC_EVENT_PAY, .handle = 1, .payee = id_of(E), .amount = 1};
    MUST(step(A, payment)); /* A's first draw is not 0 */
    assert_int_equal(effects()->answers[0].code, HC_OK);
    run_for(HOUR);
    crash(D);
    leave(E);
    run_for(2 * HOUR);
    crash(C); /* two hours later */
    run_for(3 * DAY);
    size_t early = join(A);
    run_for(SOON);
    assert_true(sees(early, D, "dropped"));
    run_for(DAY);
    size_t late = join(A);
    run_for(2 * HOUR);
    assert_true(sees(late, D, "unknown"));
    assert_true(sees(late, E, "left"));
    run_for(2 * DAY + 18 * HOUR); /* 6 days and 22 hours */
    for (size_t i = 0; i < 2; i++) {
        assert_true(sees(i, D, "dropped"));
    }
    assert_true(sees(early, D, "dropped"));
    run_for(5 * HOUR);
    assert_true(all_see(D, "unknown"));
    assert_true(all_see(E, "left"));
    run_for(DAY);
    assert_true(all_see(C, "unknown"));
    assert_true(all_see(E, "left"));
    assert_true(all_agree());
    /* The dropped one may come back as if it were new. */
    start(D);
    run_for(SOON);
    assert_true(all_see(D, "live"));
}

/* P10: a node that has paid is not forgotten: its row keeps the others' balances right. */
static void payers_are_not_forgotten(void **state)
{
    (void)state;
    world_settings(world)->gossip_interval_ms = HOUR;
    hosts(3);
    for (size_t host = A; host <= C; host++) {
        start(host);
    }
    run_for(3 * HOUR);
    pay(C, A, 1);
    run_for(3 * HOUR);
    crash(C);
    run_for(9 * DAY);
    assert_true(all_see(C, "dropped"));
    assert_int_equal(balance(B, A), COINS + 1);
}

/* P10: all forget together, though one of them dropped the dead node earlier: the last drop counts. */
static void all_forget_together(void **unused)
{
    (void)unused;
    slow_network(4);
    run_for(2 * HOUR);
    cannot_connect(B, D);
    run_for(2 * DAY);
    assert_true(sees(B, D, "dropped"));
    assert_true(sees(A, D, "live"));
    crash(D);
    run_for(2 * HOUR);
    assert_true(all_see(D, "dropped"));
    run_for(6 * DAY + 18 * HOUR);
    assert_true(all_see(D, "dropped"));
    run_for(6 * HOUR);
    assert_true(all_see(D, "unknown"));
    run_for(2 * DAY);
    assert_true(all_see(D, "unknown"));
}

/* P10: the ages that nodes tell keep up with the time: those of nodes that dropped the dead node, and those of
 * newcomers, which only know what others told them. */
static void ages_keep_up(void **state)
{
    (void)state;
    const int64_t minute = 60 * SECOND;
    hosts(30);
    for (size_t host = 0; host < 26; host++) {
        start(host);
        run_for(200);
    }
    within(5 * ROUND, all_agree());
    unplug(B);
    int64_t died = now();
    within(10 * ROUND, all_see(B, "dropped"));
    for (size_t newcomer = 26; newcomer < 30; newcomer++) {
        run_for(10 * minute);
        start(newcomer);
    }
    run_for(died + 60 * minute - now());
    ages_reset();
    run_for(2 * ROUND);
    int64_t real_s = (now() - died) / SECOND;
    assert_true(age_least() >= real_s * 95 / 100);
    assert_true(age_greatest() <= real_s * 105 / 100 + 5);
    assert_true(all_see(B, "dropped"));
    assert_true(all_sound());
}

/* A liar, which runs no node, tells all that the owner of `row` has been gone for `age_s`. */
static void lie_about_age(struct hc_row *row, uint32_t age_s)
{
    struct hc_state *state;
    MUST(state_new(&state));
    MUST(state_add_gone(state, row, age_s));
    state_seal(state);
    for (size_t i = 0; i < world_host_count(world); i++) {
        if (world_host(world, i)->node) {
            (void)request(i, test_identity(60), state);
        }
    }
    state_unref(state);
}

static void lie_for(int64_t ms, struct hc_row *row, uint32_t age_s)
{
    for (int64_t end = now() + ms; now() < end;) {
        lie_about_age(row, age_s);
        run_for(HOUR);
    }
}

/* P10: a liar that keeps saying that a dead node has just gone keeps its row for half of the time longer, not for ever:
 * neither in tables that have it, nor by bringing it back. */
static void a_liar_keeps_no_row_for_ever(void **unused)
{
    (void)unused;
    slow_network(4);
    run_for(2 * HOUR);
    struct hc_row *row = hc_row_ref(row_of(A, D));
    crash(D);
    run_for(2 * HOUR);
    assert_true(all_see(D, "dropped"));
    lie_for(10 * DAY, row, 0);
    assert_true(all_see(D, "dropped"));
    lie_for(DAY, row, 0);
    assert_true(all_see(D, "unknown"));
    for (int i = 0; i < 48; i++) {
        lie_for(HOUR, row, 0);
        assert_true(all_see(D, "unknown"));
    }
    /* Its owner may come back, with its next version or told as live. */
    start(D);
    run_for(SOON);
    assert_true(all_see(D, "live"));
    hc_row_unref(row);
}

/* P10: a liar that says that a node went a week ago, when it has just gone, makes no node forget it early, not even a
 * newcomer. */
static void a_liar_makes_no_node_forget_early(void **unused)
{
    (void)unused;
    const uint32_t week_s = 7 * 24 * 3600;
    slow_network(3);
    run_for(2 * HOUR);
    struct hc_row *row = hc_row_ref(row_of(A, C));
    crash(C);
    run_for(2 * HOUR);
    size_t alone = join(world_host_count(world)); /* hears of it from the liar alone */
    run_for(SOON);
    lie_for(3 * DAY, row, week_s);
    assert_true(all_see(C, "dropped"));
    lie_for(12 * HOUR, row, week_s); /* half of the time */
    run_for(2 * HOUR);
    assert_true(sees(alone, C, "unknown"));
    assert_true(sees(A, C, "dropped"));
    lie_for(3 * DAY, row, week_s);
    assert_true(sees(A, C, "dropped"));
    assert_true(sees(B, C, "dropped"));
    lie_for(DAY, row, week_s);
    assert_true(all_see(C, "unknown"));
    hc_row_unref(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(the_gone_are_forgotten),       scenario_both(payers_are_not_forgotten),
        node_test(all_forget_together),          scenario_both(ages_keep_up),
        node_test(a_liar_keeps_no_row_for_ever), node_test(a_liar_makes_no_node_forget_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
