/* Which nodes are there (P1, P2, P4 to P9), in the order of the rules. What counts as a failure (P3) is in
 * test_failures.c, how the gone are forgotten (P10) in test_forgetting.c.
 */
#include "scenario.h"

#include <string.h>

/* P1: a node asks its contact as soon as it starts, and the nodes it learns of right after, without waiting for a
 * round. */
static void newcomer_meets_all_at_once(void **state)
{
    (void)state;
    network(1);
    for (size_t newcomer = B; newcomer <= F; newcomer++) {
        (void)join(A);
        assert_true(sees(newcomer, A, "unknown"));
        within(4 * LATENCY_MS, sees(newcomer, newcomer - 1, "live")); /* from the contact's answer */
        within(4 * LATENCY_MS, all_see(newcomer, "live"));            /* from the newcomer itself */
        within(2 * LATENCY_MS, all_agree());
        for (size_t other = A; other < newcomer; other++) {
            assert_true(asked(newcomer, other) > 0);
            assert_int_equal(told(other, HC_NOTICE_JOINED, newcomer), 1);
            assert_int_equal(told(newcomer, HC_NOTICE_JOINED, other), 1);
        }
    }
}

/* P1, P6: a contact that is not there yet is asked again in every round; its silence is reported once. */
static void contact_may_come_later(void **state)
{
    (void)state;
    hosts(2);
    start(B);
    holds_for(5 * ROUND, sees(B, A, "unknown"));
    assert_int_equal(told(B, HC_NOTICE_UNANSWERED, ANYBODY), 1);
    assert_int_equal(last_told(B, HC_NOTICE_UNANSWERED)->code, HC_UNREACHABLE);
    start(A);
    within(ROUND + SECOND, sees(B, A, "live") && sees(A, B, "live"));
    within(SECOND, all_agree());
    assert_int_equal(told(B, HC_NOTICE_UNANSWERED, ANYBODY), 1);
}

/* P2: a round goes to `fanout` peers, and all have been asked after ceil(peers / fanout) rounds. */
static void fanout_bounds_a_round(void **state)
{
    (void)state;
    size_t before[20], asked_in_all = 0;
    world_settings(world)->fanout = 4;
    hosts(20);
    for (size_t host = 0; host < 20; host++) {
        start(host);
    }
    within(10 * ROUND, all_agree());
    run_for(4 * ROUND); /* no hint is on its way now */
    for (size_t peer = B; peer < 20; peer++) {
        before[peer] = asked(A, peer);
        asked_in_all -= before[peer];
    }
    uint64_t rounds = look(A).round;
    run_for(5 * ROUND); /* ceil(19 / 4) */
    assert_int_equal(look(A).round, rounds + 5);
    for (size_t peer = B; peer < 20; peer++) {
        assert_true(asked(A, peer) > before[peer]);
        asked_in_all += asked(A, peer);
    }
    assert_int_equal(asked_in_all, 5 * 4);
}

/* P2: with up to nine nodes all are asked in every round. */
static void small_networks_ask_all(void **state)
{
    (void)state;
    network(8);
    size_t before = asked(A, H);
    run_for(10 * ROUND);
    assert_int_equal(asked(A, H) - before, 10);
}

/* Twenty hosts that agree, each of which asks two others a round. */
static void twenty_that_ask_two(void)
{
    world_settings(world)->fanout = 2;
    hosts(20);
    for (size_t host = 0; host < 20; host++) {
        start(host);
        run_for(100);
    }
    within(20 * ROUND, all_agree());
}

/* P2: twice the bound holds even if a liar sows doubts in every round, so that more nodes are always due out of turn
 * than a round has places. */
static void doubts_take_no_turn_away(void **state)
{
    (void)state;
    size_t before[20];
    twenty_that_ask_two();
    hosts(1);
    for (size_t peer = B; peer < 20; peer++) {
        before[peer] = asked(A, peer);
    }
    for (size_t round = 0; round < 20; round++) { /* 2 * ceil(19 / 2) */
        struct hc_row *rows[12];
        for (size_t peer = 0; peer < 12; peer++) {
            rows[peer] = row_by(B + peer, A, 0, A, 0);
        }
        assert_int_equal(send_doubts(20, A, rows, 12), HC_OK);
        run_for(ROUND - 3 * LATENCY_MS);
    }
    for (size_t peer = B; peer < 20; peer++) {
        assert_true(asked(A, peer) > before[peer]);
    }
}

/* P4: one node's bad link drops no peer for the others: they hear of it, ask for themselves, and keep the peer. All the
 * hints make them ask no more often. */
static void a_hint_is_only_a_hint(void **state)
{
    (void)state;
    network(5);
    cut(B, E);
    within(3 * ROUND / 2 + 2 * SECOND + STEP_MS, sees(B, E, "dropped") && sees(E, B, "dropped"));
    holds_for(20 * ROUND, sees(A, E, "live") && sees(C, E, "live") && sees(D, E, "live") && sees(A, B, "live") &&
                              sees(C, B, "live") && sees(D, B, "live"));
    assert_true(sees(B, E, "dropped") && sees(E, B, "dropped"));
    for (size_t host = A; host <= D; host++) {
        assert_int_equal(told(host, HC_NOTICE_DROPPED, E), host == B);
    }
    /* Each of the others asks it once in every round, as before. */
    size_t before = asked(A, E) + asked(C, E) + asked(D, E);
    run_for(10 * ROUND);
    assert_int_equal(asked(A, E) + asked(C, E) + asked(D, E) - before, 3 * 10);
    heal();
    within(2 * ROUND + SECOND, all_agree());
}

/* P4: a hint that was checked and found wrong is not checked again in every round, whichever peer repeats it. */
static void hints_rest(void **unused)
{
    (void)unused;
    world_settings(world)->fanout = 2;
    crowd(9);
    cannot_connect(B, E);
    run_for(12 * ROUND);
    assert_true(sees(B, E, "dropped"));
    size_t before = asked_by_all(E) - asked(B, E);
    run_for(30 * ROUND);
    /* Seven others in 30 rounds: 53 by their turns, and some 20 by hints; without a rest there would be more than 50
     * hints. */
    assert_true(asked_by_all(E) - asked(B, E) - before < 92);
    assert_true(sees(B, E, "dropped"));
    for (size_t host = A; host < 9; host++) {
        assert_true(host == B || host == E || sees(host, E, "live"));
    }
}

/* P4: a node that dies is dropped by all within a few rounds, each by its own request, whatever the fan-out; P5: it
 * never comes back, and a newcomer learns of it as dropped. */
static void the_dead_are_dropped_and_stay_dead(void **unused)
{
    (void)unused;
    world_settings(world)->fanout = 8;
    crowd(32);
    crash(F);
    int64_t since = now();
    time_until_all_see(F, "dropped", 7 * ROUND / 2);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, F, since), 31);
    since = now();
    run_for(30 * ROUND);
    size_t newcomer = join(D);
    run_for(SOON);
    assert_true(sees(newcomer, D, "live"));
    holds_for(5 * ROUND, sees(newcomer, F, "dropped"));
    assert_true(all_see(F, "dropped"));
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, F, since) + told_by_all(HC_NOTICE_JOINED, F, since), 0);
    assert_int_equal(told(newcomer, HC_NOTICE_DROPPED, F), 0);
    assert_true(all_agree());
}

/* P4: a node that hears of a death asks the dead node in its next round, out of turn: with a fanout of 2, twenty nodes
 * know it long before each would have asked it in turn. */
static void death_spreads_by_hints(void **state)
{
    (void)state;
    twenty_that_ask_two();
    crash(B);
    within(7 * ROUND, all_see(B, "dropped")); /* a walk along all takes 10 */
}

/* P4: a node that has just started holds all others as dropped until they answer. That is no hint: no node is asked out
 * of turn because of it. */
static void restart_spreads_no_doubt(void **state)
{
    (void)state;
    twenty_that_ask_two();
    crash(B);
    within(10 * ROUND, all_see(B, "dropped"));
    start(B);
    crash(C);
    within(7 * ROUND, all_see(C, "dropped"));
}

/* P5: a row that is no newer than the one at which its owner was dropped does not bring it back, however often it is
 * told. */
static void old_row_revives_no_node(void **state)
{
    (void)state;
    network(3);
    hosts(1);
    unplug(C);
    within(3 * ROUND, all_see(C, "dropped"));
    for (int turn = 0; turn < 5; turn++) {
        struct hc_row *row = row_by(C, A, 0, A, 0);
        assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
        holds_for(ROUND, sees(A, C, "dropped") && sees(B, C, "dropped"));
    }
}

/* P5: a newer row is taken in and makes a node ask its owner, whose answer brings it back; without an answer it stays
 * dropped. */
static void newer_row_is_looked_into(void **state)
{
    (void)state;
    network(3);
    hosts(1);
    unplug(C);
    within(3 * ROUND, all_see(C, "dropped"));
    size_t before = asked(A, C);
    uint64_t known = version(A, C);
    struct hc_row *row = row_by(C, A, 5, A, 0);
    assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
    within(ROUND + STEP_MS, asked(A, C) > before);
    holds_for(3 * ROUND, sees(A, C, "dropped"));
    assert_int_equal(version(A, C), known + 5);
    start(C);
    within(2 * ROUND, all_agree());
    assert_int_equal(told(A, HC_NOTICE_RETURNED, C), 1);
}

/* Whether each host holds its own half of the network as live, and the other half as `other_half_as`. */
static bool halves_see(size_t half, const char *other_half_as)
{
    for (size_t host = 0; host < 2 * half; host++) {
        for (size_t other = 0; other < 2 * half; other++) {
            bool same = host / half == other / half;
            if (host != other && !sees(host, other, same ? "live" : other_half_as)) {
                return false;
            }
        }
    }
    return true;
}

/* P6: both halves of a split drop each other, and join again by themselves. */
static void split_heals(void **state)
{
    (void)state;
    enum { HALF = 4 };
    network(2 * HALF);
    for (size_t one = A; one < HALF; one++) {
        for (size_t other = HALF; other < 2 * HALF; other++) {
            cut(one, other);
        }
    }
    within(2 * ROUND, halves_see(HALF, "dropped"));
    mutate(B);
    mutate(F);
    holds_for(20 * ROUND, halves_see(HALF, "dropped"));
    heal();
    within(4 * ROUND, all_agree());
}

/* P6: a contact that was dropped is tried in every round, so a node that lost all its peers returns through it. */
static void contact_is_the_way_back(void **state)
{
    (void)state;
    network(4);
    cut_off(D);
    within(2 * ROUND, sees(D, A, "dropped") && sees(D, B, "dropped") && sees(D, C, "dropped"));
    run_for(5 * ROUND);
    heal();
    within(ROUND + 4 * LATENCY_MS, sees(D, A, "live"));
    within(3 * ROUND, all_agree());
}

/* P6: a request from a dropped peer puts it first in the next round; the request alone does not bring it back. */
static void a_call_from_a_dropped_peer_is_answered_by_a_question(void **unused)
{
    (void)unused;
    crowd(6);
    cut_off(A);
    run_for(4 * ROUND);
    assert_int_equal(look(A).live, 1);
    world_cut(world, A, E, false);
    world_cut(world, E, A, false);
    for (size_t other = B; other <= F; other++) {
        cannot_connect(other, A); /* E does not call by itself */
    }
    struct hc_row *row = entry_row(table_find(table_of(E), id_of(E)));
    struct hc_state *said = state_of(&row, 1);
    size_t before = asked(A, E);
    (void)request(A, test_identity(E), said);
    assert_true(sees(A, E, "dropped"));
    run_for(ROUND + SOON);
    assert_true(sees(A, E, "live"));
    assert_true(asked(A, E) > before);
    state_unref(said);
}

/* P7: a node that slept through its deadlines drops no peer, not even one that it had asked a second time. The others,
 * which got no answer from it, have dropped it and take it back. */
static void sleeper_drops_no_peer(void **state)
{
    (void)state;
    network(4);
    size_t before = asked(A, B);
    cut_one_way(B, A); /* the answers are lost */
    within(ROUND + SECOND + 2 * STEP_MS, asked(A, B) == before + 2);
    stall(A, 20 * SECOND);
    run_for(SECOND / 2);
    heal();
    within(3 * ROUND, sees(B, A, "dropped") && sees(C, A, "dropped") && sees(D, A, "dropped"));
    run_for(20 * SECOND);
    within(3 * ROUND, all_agree());
    for (size_t peer = B; peer <= D; peer++) {
        assert_int_equal(told(A, HC_NOTICE_DROPPED, peer), 0);
        assert_int_equal(told(peer, HC_NOTICE_RETURNED, A), 1);
    }
}

/* P8: a goodbye marks its owner as left at once, no peer has to ask first, and newcomers learn of it; a greater version
 * brings it back. */
static void goodbye_is_heard_at_once(void **state)
{
    (void)state;
    network(5);
    uint64_t before = version(A, D);
    leave(D);
    within(4 * LATENCY_MS, all_see(D, "left"));
    within(4 * LATENCY_MS, !world_host(world, D)->node);
    assert_true(row_at(A, D)->fields.left && version(A, D) == before + 1);
    assert_int_equal(told_by_all(HC_NOTICE_LEFT, D, 0), 4);
    holds_for(10 * ROUND, all_see(D, "left"));
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, D, 0), 0);
    size_t newcomer = join(A);
    within(4 * LATENCY_MS, sees(newcomer, D, "left"));
    assert_int_equal(told(newcomer, HC_NOTICE_JOINED, D), 0);
    start(D);
    within(2 * ROUND, all_agree());
    assert_true(!row_at(A, D)->fields.left && version(A, D) > before + 1);
}

/* P9: another node at a known address does not pass for the one that was there: that one is dropped, the new one
 * met. */
static void address_is_no_identity(void **state)
{
    (void)state;
    network(3);
    struct host *host = world_host(world, C);
    struct hc_identity old = host->identity;
    crash(C);
    uint8_t seed[HC_SEED_BYTES] = {99};
    hc_identity_from_seed(&host->identity, seed);
    host->contact_count = 0; /* it must be found */
    start_from(C, DISK_LOST);
    assert_true(sees(A, C, "unknown"));
    within(5 * ROUND / 2, sees(A, C, "live") && sees(B, C, "live"));
    for (size_t peer = A; peer <= B; peer++) {
        const struct member *member = members_find(node_members(world_host(world, peer)->node), old.id);
        assert_int_equal(member->status, HC_MEMBER_DROPPED);
        assert_int_equal(member->reason, HC_OTHER_NODE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario(newcomer_meets_all_at_once),
        scenario(contact_may_come_later),
        scenario(fanout_bounds_a_round),
        scenario(small_networks_ask_all),
        scenario(doubts_take_no_turn_away),
        scenario(a_hint_is_only_a_hint),
        node_test(hints_rest),
        node_test(the_dead_are_dropped_and_stay_dead),
        scenario(death_spreads_by_hints),
        scenario(restart_spreads_no_doubt),
        scenario(old_row_revives_no_node),
        scenario(newer_row_is_looked_into),
        scenario(split_heals),
        scenario(contact_is_the_way_back),
        node_test(a_call_from_a_dropped_peer_is_answered_by_a_question),
        scenario(sleeper_drops_no_peer),
        scenario(goodbye_is_heard_at_once),
        scenario(address_is_no_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
