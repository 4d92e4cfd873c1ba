/* Who is alive, where nodes keep links (K8 to K11; P7, P8). */
#include "scenario.h"

#include <string.h>

#include "core/rows/words.h"

/* K8, K9: the kernel of a killed process tells those that have a link to it, and they tell all others, each of which asks
 * for itself: a few latencies. */
static void a_killed_process_is_dropped_at_once(void **unused)
{
    (void)unused;
    linked(32);
    int64_t since = now();
    crash(F);
    int64_t took = time_until_all_see(F, "dropped", SECOND);
    assert_true(took <= 16 * LATENCY_MS);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, F, since), 31);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, since), 31);
    within(SECOND, all_agree() && ring_is_closed());
    holds_for(20 * ROUND, all_see(F, "dropped"));
}

/* K8, K9: of a vanished machine nobody tells: the first to miss it finds it out within 6 s, and all others within a time-out
 * after its suspicion. */
static void a_vanished_machine_is_missed(void **unused)
{
    (void)unused;
    linked(32);
    size_t count, told_of = 0;
    int64_t since = now(), first = INT64_MAX, last = 0;
    unplug(F);
    (void)time_until_all_see(F, "dropped", 6 * SECOND);
    const struct tale *all = tales(&count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].kind == HC_NOTICE_DROPPED && all[i].at_ms >= since) {
            assert_int_equal(all[i].about, F);
            first = all[i].at_ms < first ? all[i].at_ms : first;
            last = all[i].at_ms > last ? all[i].at_ms : last;
            told_of++;
        }
    }
    assert_int_equal(told_of, 31);
    assert_true(last - first <= 3 * SECOND / 2);
    within(SECOND, all_agree() && ring_is_closed());
}

/* K8, K9: half of all die at once; the others have dropped them within a second, and agree. */
static void half_of_all_die(void **unused)
{
    (void)unused;
    linked(32);
    int64_t since = now();
    for (size_t host = B; host < 32; host += 2) {
        crash(host);
    }
    within(SECOND, all_agree());
    within(SECOND, ring_is_closed());
    for (size_t host = A; host < 32; host++) {
        assert_int_equal(told_by_all(HC_NOTICE_DROPPED, host, since), host % 2 ? 16 : 0);
    }
}

/* K8: a node that nobody can dial, but that opens links itself, is alive for those, and no candidate for links. It hears
 * about it. */
static void a_node_behind_a_router_lives(void **unused)
{
    (void)unused;
    enum { HIDDEN = 8 };
    linked(8);
    hosts(1);
    for (size_t host = 0; host < HIDDEN; host++) {
        cannot_connect(host, HIDDEN);
    }
    start(HIDDEN);
    run_for(2 * ROUND);
    size_t opened = links_opened(HIDDEN), live = 0;
    assert_true(opened > 0);
    for (int round = 0; round < 30; round++) {
        run_for(ROUND);
        assert_true(links_opened(HIDDEN) > 0);
        for (size_t host = 0; host < HIDDEN; host++) {
            const struct hc_node_link_view *link = link_to(host, HIDDEN);
            assert_true(!link || (!link->ours && sees(host, HIDDEN, "live")));
            live += sees(host, HIDDEN, "live");
        }
    }
    assert_true(live >= 30 * opened);
}

/* The time until B, which hangs, is dropped by A. */
static int64_t silence_until_dropped(uint32_t patience)
{
    world_renew();
    world_settings(world)->patience = patience;
    linked(2);
    stall(B, 60 * SECOND);
    return time_until_all_see(B, "dropped", 30 * SECOND);
}

/* K8: --patience multiplies all time-outs. */
static void patience_multiplies(void **unused)
{
    (void)unused;
    int64_t once = silence_until_dropped(1), thrice = silence_until_dropped(3);
    assert_true(once <= 3 * ROUND / 2 + 2 * SECOND + SOON);
    assert_true(thrice >= 2 * once && thrice <= 9 * ROUND / 2 + 6 * SECOND + SOON);
}

/* K8: a node that is itself late waits longer before it blames another. */
static void who_is_late_is_patient(void **unused)
{
    (void)unused;
    linked(2);
    stall(B, 60 * SECOND);
    int64_t since = now();
    run_for(SECOND);
    for (int i = 0; i < 9; i++) {
        stall(A, SECOND - 2 * STEP_MS); /* less than makes it forgive all (P7) */
        run_for(SECOND);
    }
    (void)time_until_all_see(B, "dropped", 30 * SECOND);
    assert_true(now() - since > 3 * ROUND + 2 * SECOND);
}

/* P7: a node that slept through its deadlines blames nobody, though all its links have ended. */
static void who_overslept_blames_nobody(void **unused)
{
    (void)unused;
    linked(8);
    int64_t since = now();
    stall(A, 20 * SECOND);
    run_for(20 * SECOND);
    assert_true(all_see(A, "dropped"));
    within(2 * ROUND, all_agree() && ring_is_closed());
    assert_int_equal(told_since(A, HC_NOTICE_DROPPED, ANYBODY, since), 0);
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, A, since), 7);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, since), 7);
}

/* P8: a goodbye travels over links: all hear it within a few latencies, and nobody asks. */
static void goodbye_travels_over_links(void **unused)
{
    (void)unused;
    linked(20);
    size_t before = asked_by_all(D);
    int64_t since = now();
    leave(D);
    within(8 * LATENCY_MS, all_see(D, "left"));
    within(SECOND, all_agree() && ring_is_closed());
    holds_for(5 * ROUND, all_see(D, "left"));
    assert_int_equal(asked_by_all(D), before);
    assert_int_equal(told_by_all(HC_NOTICE_LEFT, D, since), 19);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, since), 0);
    start(D);
    within(SECOND, all_agree() && ring_is_closed());
}

static size_t liar, victim, lies;
static bool lied_to[HOSTS_MAX];

/* The liar says in place of each beat that the victim is gone. */
static enum passage lie(size_t from, size_t to, struct hc_message *message)
{
    if (from != liar || to == victim || message->type != HC_MESSAGE_BEAT) {
        return PASSAGE_WHOLE;
    }
    struct hc_words *words = words_new();
    struct verdict *verdict = words ? words_add_verdict(words) : NULL;
    assert_non_null(verdict);
    memcpy(verdict->id, id_of(victim), sizeof verdict->id);
    verdict->version = row_at(to, victim)->fields.version;
    verdict->reason = HC_UNREACHABLE;
    *message = (struct hc_message){.type = HC_MESSAGE_NEWS, .words = words};
    lies++;
    lied_to[to] = true;
    return PASSAGE_WHOLE;
}

/* K9: a liar's word ends at its neighbours: each of them asks the victim for itself, and tells nothing on; and then the hint
 * rests for five rounds. */
static void a_lie_ends_at_the_neighbours(void **unused)
{
    (void)unused;
    enum { HOSTS = 20, ROUNDS = 20 };
    size_t before[HOSTS], asks = 0, neighbours = 0;
    linked(HOSTS);
    liar = H;
    victim = C;
    lies = 0;
    memset(lied_to, 0, sizeof lied_to);
    for (size_t host = 0; host < HOSTS; host++) {
        before[host] = asked(host, victim);
    }
    meddle(lie);
    run_for(ROUNDS * ROUND);
    for (size_t host = 0; host < HOSTS; host++) {
        neighbours += lied_to[host];
        assert_true(asked(host, victim) == before[host] || lied_to[host]);
        assert_true(asked(host, victim) - before[host] <= ROUNDS / HINT_REST_ROUNDS);
        asks += asked(host, victim) - before[host];
    }
    assert_true(lies >= 3 * ROUNDS && asks > 0 && neighbours < HOSTS - 2);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
}

/* K10: both halves of a split drop each other, and find together by themselves. */
static void a_split_heals(void **unused)
{
    (void)unused;
    hosts(24);
    for (size_t host = 0; host < 24; host++) {
        world_host(world, host)->side = host % 2;
        start(host);
    }
    within(2 * ROUND, all_agree() && ring_is_closed());
    cut(0, 1);
    run_for(3 * ROUND);
    for (size_t host = 0; host < 24; host++) {
        assert_int_equal(look(host).live, 12);
    }
    mutate(A);
    mutate(B);
    run_for(20 * ROUND);
    heal();
    within(3 * ROUND, all_agree() && ring_is_closed());
}

/* K10: one direction between two nodes fails, for long: what they think of each other does not change again and again. All
 * others keep both. */
static void a_one_way_fault_does_not_flap(void **unused)
{
    (void)unused;
    linked(8);
    int64_t since = now();
    cut_one_way(B, E);
    run_for(100 * ROUND);
    for (size_t host = 0; host < 8; host++) {
        for (size_t other = 0; other < 8; other++) {
            bool concerned = (host == B && other == E) || (host == E && other == B);
            assert_true(host == other || concerned || sees(host, other, "live"));
            assert_true(told_since(host, HC_NOTICE_DROPPED, other, since) <= (concerned ? 3 : 0));
        }
    }
    heal();
    within(11 * ROUND, all_agree() && ring_is_closed());
}

static size_t lists;

static enum passage lists_counted(size_t from, size_t to, struct hc_message *message)
{
    (void)from;
    (void)to;
    lists += message->type == HC_MESSAGE_LIST || message->type == HC_MESSAGE_BUCKETS;
    return PASSAGE_WHOLE;
}

/* K11: two nodes cannot reach each other, and all others reach both: that both sides have looked into. It stays so, is shown,
 * and is not compared again for ten rounds. */
static void a_standing_disagreement_rests(void **unused)
{
    (void)unused;
    enum { ROUNDS = 50 };
    linked(8);
    cut(B, E);
    run_for(20 * ROUND);
    assert_true(sees(B, E, "dropped") && sees(E, B, "dropped"));
    lists = 0;
    meddle(lists_counted);
    run_for(ROUNDS * ROUND);
    assert_true(lists <= 2 * (links_of(B) + links_of(E)) * (ROUNDS / STANDING_ROUNDS + 1));
    assert_true(member_of(B, E)->standing && member_of(E, B)->standing);
    for (size_t host = 0; host < 8; host++) {
        assert_true(host == B || host == E || (sees(host, B, "live") && sees(host, E, "live")));
    }
    heal();
    within(11 * ROUND, all_agree());
}

/* P5: a row that is no newer than the one at which its owner was dropped revives nobody; K10: a newer one makes a node ask. */
static void old_rows_revive_nobody(void **unused)
{
    (void)unused;
    linked(3);
    hosts(1);
    unplug(C);
    within(6 * SECOND, all_see(C, "dropped"));
    struct hc_row *row = row_by(C, A, 0, A, 0);
    assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
    holds_for(ROUND, sees(A, C, "dropped") && sees(B, C, "dropped"));
    run_for(10 * ROUND);
    size_t before = asked(A, C);
    row = row_by(C, A, 5, A, 0);
    assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
    within(SECOND, asked(A, C) > before);
    holds_for(3 * ROUND, sees(A, C, "dropped") && sees(B, C, "dropped"));
    start(C);
    within(2 * ROUND, all_agree() && ring_is_closed());
}

/* K11: a node that starts from its disk, or without it, is in the midst of the network at once, at the cost of a few asks; and
 * the dead are dead for it, too. */
static void a_start_is_a_join(void **unused)
{
    (void)unused;
    linked(30);
    crash(C);
    within(SECOND, all_see(C, "dropped"));
    for (int i = 0; i < 2; i++) {
        crash(F);
        within(SECOND, all_agree());
        run_for(ROUND);
        size_t asks = 0;
        for (size_t host = 0; host < 30; host++) {
            asks -= asked(F, host);
        }
        uint64_t messages = link_messages();
        start_from(F, i == 0 ? DISK_KEPT : DISK_LOST);
        within(20 * LATENCY_MS, all_agree());
        within(SECOND, ring_is_closed());
        assert_true(link_messages() - messages < 30 * 12);
        for (size_t host = 0; host < 30; host++) {
            asks += asked(F, host);
        }
        assert_true(asks <= (i == 0 ? 8 : 30)); /* a newcomer asks each of the first 64 that it hears of */
        run_for(5 * ROUND);
        assert_true(sees(F, C, "dropped"));
        assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, now() - 5 * ROUND), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(a_killed_process_is_dropped_at_once),
        links_test(a_vanished_machine_is_missed),
        links_test(half_of_all_die),
        links_test(a_node_behind_a_router_lives),
        links_test(patience_multiplies),
        links_test(who_is_late_is_patient),
        links_test(who_overslept_blames_nobody),
        links_test(goodbye_travels_over_links),
        links_test(a_lie_ends_at_the_neighbours),
        links_test(a_split_heals),
        links_test(a_one_way_fault_does_not_flap),
        links_test(a_standing_disagreement_rests),
        links_test(old_rows_revive_nobody),
        links_test(a_start_is_a_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
