/* Links (K1 to K3): which there are, and how they begin. What is told on them is in test_news.c and test_tables.c, who is
 * alive in test_life.c, networks of links and the simple form in test_mixed.c.
 */
#include "scenario.h"

#include <string.h>

/* Hosts start all at once, and agree with a closed ring. */
static void ring_of(size_t count)
{
    hosts(count);
    for (size_t host = 0; host < count; host++) {
        start(host);
    }
    within(2 * ROUND, all_agree() && ring_is_closed());
}

/* K1: each node has a link to the next one in the circle of ids, one link to a peer, and has opened no more than it is to:
 * after a start, a join, a death, and many. */
static void the_ring_closes_again(void **unused)
{
    (void)unused;
    ring_of(16);
    (void)join(A);
    within(SECOND, all_agree() && ring_is_closed());
    crash(C);
    within(SECOND, all_agree() && ring_is_closed());
    unplug(D);
    within(6 * SECOND, all_agree() && ring_is_closed());
    for (size_t host = F; host < 16; host += 2) {
        crash(host);
    }
    within(SECOND, all_agree() && ring_is_closed());
    start(C);
    within(SECOND, all_agree() && ring_is_closed());
    holds_for(5 * ROUND, all_agree() && ring_is_closed());
}

/* K1: two nodes open a link to each other at once: one of the two stays. */
static void one_of_two_links_stays(void **unused)
{
    (void)unused;
    ring_of(2);
    within(SECOND, links_of(A) == 1 && links_of(B) == 1);
    assert_int_equal(links_opened(A) + links_opened(B), 1);
    holds_for(10 * ROUND, links_of(A) == 1 && links_of(B) == 1);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
}

/* K1: --links says how many a node opens; the ring is one of them. */
static void as_many_links_as_wanted(void **unused)
{
    (void)unused;
    world_settings(world)->links = 6;
    ring_of(20);
    size_t opened = 0;
    for (size_t host = 0; host < 20; host++) {
        opened += links_opened(host);
    }
    assert_in_range(opened, 20 * 5, 20 * 6);
}

/* What a host has opened beside the ring: the handles. */
static size_t chords_of(size_t host, uint64_t handles[static 4], bool lazy_only)
{
    size_t count = 0;
    const struct hc_node *node = world_host(world, host)->node;
    for (size_t i = 0; i < hc_node_link_count(node); i++) {
        struct hc_node_link_view view;
        hc_node_link(node, i, &view);
        if (view.ours && view.proved && !view.ring && !(lazy_only && view.pushes && view.pushed)) {
            assert_true(count < 4);
            handles[count++] = view.handle;
        }
    }
    return count;
}

/* K1: every fortieth round the oldest lazy chord is replaced by another, by saying `bye`: nobody is suspected. */
static void a_lazy_chord_has_its_term(void **unused)
{
    (void)unused;
    enum { HOSTS = 16 };
    uint64_t before[HOSTS][4], after[4];
    size_t lazy[HOSTS], replaced = 0, had = 0, asks = 0;
    world_settings(world)->mutate_interval_ms = ROUND;
    ring_of(HOSTS);
    run_for(10 * ROUND);
    for (size_t host = 0; host < HOSTS; host++) {
        lazy[host] = chords_of(host, before[host], true);
        asks -= asked_by_all(host);
    }
    run_for((CHORD_LAZY_ROUNDS + 2) * ROUND);
    for (size_t host = 0; host < HOSTS; host++) {
        size_t count = chords_of(host, after, false), stayed = 0;
        for (size_t i = 0; i < lazy[host]; i++) {
            for (size_t k = 0; k < count; k++) {
                stayed += before[host][i] == after[k];
            }
        }
        had += lazy[host] > 0;
        replaced += lazy[host] > stayed;
        asks += asked_by_all(host);
        assert_true(count >= 1);
    }
    assert_true(had >= HOSTS / 2 && replaced == had);
    assert_true(asks < HOSTS);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
    world_settings(world)->mutate_interval_ms = 0;
}

static size_t meddled;

/* B's greetings prove nothing. */
static enum passage unproven_by_b(size_t from, size_t to, struct hc_message *message)
{
    (void)to;
    if (from == B && (message->type == HC_MESSAGE_WELCOME || message->type == HC_MESSAGE_PROOF)) {
        message->proof[0] ^= 1;
        meddled++;
    }
    return PASSAGE_WHOLE;
}

/* K2, P9: both sides of a link prove who they are; who does not has no link, and is not alive for that. */
static void a_link_is_proved_by_both(void **unused)
{
    (void)unused;
    ring_of(3);
    crash(B);
    within(SECOND, sees(A, B, "dropped") && sees(C, B, "dropped"));
    meddled = 0;
    meddle(unproven_by_b);
    start(B);
    holds_for(3 * ROUND, !link_to(A, B) && !link_to(C, B));
    assert_true(meddled > 0);
    assert_true(refused(A, HC_BAD_PROOF) + refused(C, HC_BAD_PROOF) > 0);
    assert_true(sees(A, C, "live") && sees(C, A, "live"));
    meddle(NULL);
    within(10 * ROUND, all_agree() && ring_is_closed());
}

/* A's first news is of a type that nobody knows. */
static enum passage unknown_from_a(size_t from, size_t to, struct hc_message *message)
{
    (void)to;
    if (from == A && message->type == HC_MESSAGE_NEWS && meddled++ == 0) {
        message->type = HC_MESSAGE_UNKNOWN;
    }
    return PASSAGE_WHOLE;
}

/* K2: a message of an unknown type is skipped and counted: later versions may say more. */
static void unknown_messages_are_skipped(void **unused)
{
    (void)unused;
    ring_of(2);
    run_for(ROUND);
    size_t lost = told(A, HC_NOTICE_UNLINKED, ANYBODY);
    meddled = 0;
    meddle(unknown_from_a);
    mutate(A);
    within(SECOND, refused(B, HC_BAD_FRAME) == 1);
    within(2 * ROUND, all_agree() && ring_is_closed()); /* by what the next beat says */
    assert_int_equal(told(A, HC_NOTICE_UNLINKED, ANYBODY), lost);
}

static size_t beats[2], other_messages;

static enum passage beats_counted(size_t from, size_t to, struct hc_message *message)
{
    (void)to;
    if (message->type == HC_MESSAGE_BEAT) {
        beats[from]++;
    } else {
        other_messages++;
    }
    return PASSAGE_WHOLE;
}

/* K3: while nothing changes there is one beat a round, and its answer; nothing else. */
static void quiet_links_say_beats_only(void **unused)
{
    (void)unused;
    ring_of(2);
    run_for(2 * ROUND);
    beats[A] = beats[B] = other_messages = 0;
    meddle(beats_counted);
    run_for(20 * ROUND);
    assert_int_equal(beats[A], 20);
    assert_int_equal(beats[B], 20);
    assert_int_equal(other_messages, 0);
}

/* K3, K8: a process that hangs is silent, though its machine takes what comes: after one and a half intervals it is asked
 * anew, and dropped when that is not answered. It blames nobody for that when it goes on (P7). */
static void a_silent_link_is_looked_into(void **unused)
{
    (void)unused;
    ring_of(6);
    size_t before = asked_by_all(C);
    int64_t since = now();
    stall(C, 10 * ROUND);
    holds_for(ROUND / 2, asked_by_all(C) == before);
    within(5 * ROUND / 2, asked_by_all(C) > before);
    within(3 * SECOND, all_see(C, "dropped"));
    assert_int_equal(drop_reason(A, C), HC_SILENT);
    within(12 * ROUND, all_agree() && ring_is_closed());
    assert_int_equal(told_since(C, HC_NOTICE_DROPPED, ANYBODY, since), 0);
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, C, since), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(the_ring_closes_again),      links_test(one_of_two_links_stays),
        links_test(as_many_links_as_wanted),    links_test(a_lazy_chord_has_its_term),
        links_test(a_link_is_proved_by_both),   links_test(unknown_messages_are_skipped),
        links_test(quiet_links_say_beats_only), links_test(a_silent_link_is_looked_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
