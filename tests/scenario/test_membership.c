/* Who is there: P1 to P10, in the order of the design. */
#include "scenario.h"

#include <string.h>

/* P1: a node turns to its contact as soon as it starts, and to those it learns of right after, without waiting for a
 * round. */
static void newcomer_meets_all_at_once(void **state)
{
    (void)state;
    network(5);
    hosts(1);
    start(F);
    assert_true(sees(F, A, "unknown"));
    within(4 * LATENCY_MS, sees(F, E, "live")); /* from the contact's answer */
    within(4 * LATENCY_MS, all_see(F, "live")); /* from the newcomer itself */
}

/* P1: a contact that is not there yet is turned to again in every round. */
static void contact_may_come_later(void **state)
{
    (void)state;
    hosts(2);
    start(B);
    holds_for(2 * ROUND, sees(B, A, "unknown"));
    start(A);
    within(ROUND + SECOND, sees(B, A, "live") && sees(A, B, "live"));
}

/* P2: a round goes to at most `fanout` peers, and all have been asked after ceil(peers / fanout) rounds. */
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
    for (size_t peer = B; peer < 20; peer++) {
        before[peer] = asked(A, peer);
        asked_in_all -= before[peer];
    }
    run_for(5 * ROUND); /* ceil(19 / 4) */
    for (size_t peer = B; peer < 20; peer++) {
        assert_true(asked(A, peer) > before[peer]);
        asked_in_all += asked(A, peer);
    }
    assert_true(asked_in_all <= 5 * 4);
}

/* P2: with up to nine nodes everybody is asked in every round. */
static void small_networks_ask_all(void **state)
{
    (void)state;
    network(8);
    size_t before = asked(A, H);
    run_for(10 * ROUND);
    assert_int_equal(asked(A, H) - before, 10);
}

/* P2: the bound holds, if twice as large, though somebody sows doubts in every round, so that there are always more nodes to
 * be asked out of turn than a round has places. */
static void doubts_keep_nobody_from_his_turn(void **state)
{
    (void)state;
    size_t before[20];
    world_settings(world)->fanout = 2;
    hosts(20);
    for (size_t host = 0; host < 20; host++) {
        start(host);
        run_for(100);
    }
    within(20 * ROUND, all_agree());
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

/* P3: whoever refuses a connection is dropped by the one who asked, at once, and with a line that says why. */
static void refusing_peer_is_dropped(void **state)
{
    (void)state;
    network(3);
    crash(C);
    assert_true(all_see(C, "live")); /* nobody has asked yet */
    within(ROUND + 4 * LATENCY_MS, all_see(C, "dropped"));
    assert_int_equal(drop_reason(A, C), HC_UNREACHABLE);
    assert_int_equal(told(A, HC_NOTICE_DROPPED, C), 1);
}

/* P3: silence counts only after a second try in the same round. */
static void silent_peer_gets_a_second_try(void **state)
{
    (void)state;
    network(2);
    unplug(B);
    size_t before = asked(A, B);
    within(ROUND, asked(A, B) == before + 1);
    holds_for(SECOND - 2 * STEP_MS, asked(A, B) == before + 1 && sees(A, B, "live")); /* the time-out is 1 s */
    within(4 * STEP_MS, asked(A, B) == before + 2);
    holds_for(SECOND - 2 * STEP_MS, sees(A, B, "live"));
    within(4 * STEP_MS, sees(A, B, "dropped"));
    assert_int_equal(drop_reason(A, B), HC_SILENT);
}

/* P4: one node's bad line fells nobody for the others: they hear of it, ask for themselves, and keep the peer. */
static void drop_is_an_opinion(void **state)
{
    (void)state;
    network(4);
    cut(A, B);
    within(ROUND + 2 * SECOND + STEP_MS, sees(A, B, "dropped") && sees(B, A, "dropped"));
    holds_for(10 * ROUND, sees(C, B, "live") && sees(D, B, "live") && sees(C, A, "live") && sees(D, A, "live"));
}

/* P4: told of a death, a node asks the dead one in its next round, out of turn: with a fanout of 2, twenty nodes know it
 * long before each would have come upon it. */
static void death_spreads_by_hints(void **state)
{
    (void)state;
    world_settings(world)->fanout = 2;
    hosts(20);
    for (size_t host = 0; host < 20; host++) {
        start(host);
        run_for(100);
    }
    within(20 * ROUND, all_agree());
    crash(B);
    within(7 * ROUND, all_see(B, "dropped")); /* a walk along all takes 10 */
}

/* P4: who has just started has everybody as dropped until they answer. It is no news to anybody: nobody is asked out of
 * turn because of it. */
static void restart_spreads_no_doubt(void **state)
{
    (void)state;
    world_settings(world)->fanout = 2;
    hosts(20);
    for (size_t host = 0; host < 20; host++) {
        start(host);
        run_for(100);
    }
    within(20 * ROUND, all_agree());
    crash(B);
    within(10 * ROUND, all_see(B, "dropped"));
    start(B);
    crash(C);
    within(7 * ROUND, all_see(C, "dropped"));
}

/* P5: a row that is no newer than the one its owner was dropped at does not bring him back, whoever tells it. */
static void old_row_revives_nobody(void **state)
{
    (void)state;
    network(3);
    hosts(1);
    unplug(C);
    within(3 * ROUND, all_see(C, "dropped"));
    struct hc_row *row = row_by(C, A, 0, A, 0);
    assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
    holds_for(5 * ROUND, sees(A, C, "dropped") && sees(B, C, "dropped"));
}

/* P5: a newer row makes a node ask its owner, and his answer brings him back; if he does not answer, he stays dropped. */
static void newer_row_is_looked_into(void **state)
{
    (void)state;
    network(3);
    hosts(1);
    unplug(C);
    within(3 * ROUND, all_see(C, "dropped"));
    size_t before = asked(A, C);
    struct hc_row *row = row_by(C, A, 1, A, 0);
    assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
    within(ROUND + STEP_MS, asked(A, C) > before);
    holds_for(3 * ROUND, sees(A, C, "dropped"));
    start(C);
    within(2 * ROUND, all_agree());
    assert_int_equal(told(A, HC_NOTICE_RETURNED, C), 1);
}

/* P5: a newcomer learns of dropped nodes as dropped. */
static void newcomer_learns_of_the_dead(void **state)
{
    (void)state;
    network(3);
    hosts(1);
    crash(C);
    within(2 * ROUND, all_see(C, "dropped"));
    start(D);
    within(4 * LATENCY_MS, sees(D, A, "live"));
    holds_for(3 * ROUND, sees(D, C, "dropped"));
    assert_int_equal(told(D, HC_NOTICE_JOINED, C), 0);
}

/* P6: both halves of a split drop each other, and find together again by themselves. */
static void split_heals(void **state)
{
    (void)state;
    network(6);
    for (size_t one = A; one <= C; one++) {
        for (size_t other = D; other <= F; other++) {
            cut(one, other);
        }
    }
    within(2 * ROUND, sees(A, D, "dropped") && sees(C, F, "dropped") && sees(D, A, "dropped"));
    mutate(B);
    mutate(E);
    holds_for(5 * ROUND, sees(A, B, "live") && sees(D, E, "live") && sees(A, E, "dropped"));
    heal();
    within(4 * ROUND, all_agree());
}

/* P6: a contact that was dropped is tried in every round, so whoever lost everybody finds back through it. */
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

/* P7: a node that slept through its deadlines blames nobody, not even whom it had asked a second time; the others, whom it
 * did not answer, have dropped it, and take it back. */
static void sleeper_blames_nobody(void **state)
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

/* P8: a goodbye drops its owner at once, without anybody having to find out; a greater version brings him back. */
static void goodbye_is_heard_at_once(void **state)
{
    (void)state;
    network(4);
    uint64_t before = version(A, D);
    leave(D);
    within(4 * LATENCY_MS, all_see(D, "left"));
    assert_true(version(A, D) > before);
    holds_for(3 * ROUND, all_see(D, "left"));
    assert_int_equal(told(A, HC_NOTICE_DROPPED, D), 0);
    start(D);
    within(2 * ROUND, all_agree());
    assert_true(version(A, D) > before + 1);
}

/* P9: another node at a known address does not pass for the one that was there: that one is dropped, the new one met. */
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
    within(2 * ROUND, sees(A, C, "live") && sees(B, C, "live"));
    const struct members *members = node_members(world_host(world, A)->node);
    assert_int_equal(members_find(members, old.id)->status, HC_MEMBER_DROPPED);
    assert_int_equal(members_find(members, old.id)->reason, HC_OTHER_NODE);
}

#define DAY (24 * 3600 * SECOND)

/* P10: a dropped node is passed on for half of seven days and forgotten after them, by all at one time. */
static void the_dead_are_forgotten(void **state)
{
    (void)state;
    world_settings(world)->gossip_interval_ms = 3600 * SECOND; /* a week of short rounds would take long */
    hosts(6);
    for (size_t host = A; host <= C; host++) {
        start(host);
    }
    run_for(3 * 3600 * SECOND);
    crash(C);
    run_for(DAY);
    start(D);
    run_for(SECOND);
    assert_true(sees(D, C, "dropped")); /* heard of on the first day */
    run_for(3 * DAY);
    start(E);
    run_for(SECOND);
    assert_true(sees(E, C, "unknown")); /* nobody speaks of him on the fifth */
    assert_true(sees(A, C, "dropped") && sees(D, C, "dropped"));
    run_for(2 * DAY + DAY / 2);
    assert_true(sees(A, C, "dropped") && sees(B, C, "dropped"));
    run_for(DAY);
    assert_true(all_see(C, "unknown"));
}

/* P10: but not if a payment touches him, for his row keeps the others' money right. */
static void payers_are_not_forgotten(void **state)
{
    (void)state;
    world_settings(world)->gossip_interval_ms = 3600 * SECOND;
    hosts(3);
    for (size_t host = A; host <= C; host++) {
        start(host);
    }
    run_for(3 * 3600 * SECOND);
    pay(C, A, 1);
    run_for(3 * 3600 * SECOND);
    crash(C);
    run_for(9LL * DAY);
    assert_true(all_see(C, "dropped"));
    assert_int_equal(balance(B, A), COINS + 1);
}

/* P10: ages that are told keep up with the time, whoever tells them: those who dropped the dead one, and newcomers, who know of
 * it only what they were told by others, who were told by others. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario(newcomer_meets_all_at_once),
        scenario(contact_may_come_later),
        scenario(fanout_bounds_a_round),
        scenario(small_networks_ask_all),
        scenario(doubts_keep_nobody_from_his_turn),
        scenario(refusing_peer_is_dropped),
        scenario(silent_peer_gets_a_second_try),
        scenario(drop_is_an_opinion),
        scenario(death_spreads_by_hints),
        scenario(restart_spreads_no_doubt),
        scenario(old_row_revives_nobody),
        scenario(newer_row_is_looked_into),
        scenario(newcomer_learns_of_the_dead),
        scenario(split_heals),
        scenario(contact_is_the_way_back),
        scenario(sleeper_blames_nobody),
        scenario(goodbye_is_heard_at_once),
        scenario(address_is_no_identity),
        scenario(the_dead_are_forgotten),
        scenario(ages_keep_up),
        scenario(payers_are_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
