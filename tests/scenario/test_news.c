/* News, where nodes keep links (K4, K5): it travels at once, along few links, as patches. */
#include "scenario.h"

#include <string.h>

#include "core/rows/words.h"

/* How many chords are lazy, at either end. */
static size_t lazy_ends(size_t count, bool ring)
{
    size_t lazy = 0;
    for (size_t host = 0; host < count; host++) {
        const struct hc_node *node = world_host(world, host)->node;
        for (size_t i = 0; node && i < hc_node_link_count(node); i++) {
            struct hc_node_link_view view;
            hc_node_link(node, i, &view);
            lazy += view.proved && view.ring == ring && !(view.pushes && view.pushed);
        }
    }
    return lazy;
}

/* K4: news is pushed at once: it is with all in a few latencies, wherever it began. */
static void news_travels_at_once(void **unused)
{
    (void)unused;
    linked(32);
    for (size_t host = 0; host < 32; host += 5) {
        spread(host, 10 * LATENCY_MS);
        run_for(SECOND / 3);
    }
}

static size_t told_messages, told_rows;

static enum passage news_counted(size_t from, size_t to, struct hc_message *message)
{
    (void)from;
    (void)to;
    if (message->type == HC_MESSAGE_NEWS) {
        told_messages++;
        told_rows += message->state ? message->state->live_count : 0;
        told_rows += message->words ? message->words->patch_count : 0;
    }
    return PASSAGE_WHOLE;
}

/* K4: chords that bring little that is new become lazy, and the ring never does. So a row comes to a node less than twice,
 * and still at once. */
static void chords_become_lazy(void **unused)
{
    (void)unused;
    enum { HOSTS = 32 };
    linked(HOSTS);
    for (size_t i = 0; i < 10 * HOSTS; i++) {
        mutate(i % HOSTS);
        run_for(8 * SECOND / HOSTS);
    }
    assert_true(lazy_ends(HOSTS, false) > HOSTS / 2);
    assert_int_equal(lazy_ends(HOSTS, true), 0);
    told_rows = 0;
    meddle(news_counted);
    for (size_t i = 0; i < 4 * HOSTS; i++) {
        spread(i % HOSTS, 24 * LATENCY_MS);
    }
    assert_in_range(told_rows, 4 * HOSTS * (HOSTS - 1), 4 * HOSTS * (HOSTS - 1) * 2);
}

/* K4: when an eager link is lost, lazy ones wake, and news finds its way at once. */
static void lazy_chords_wake_when_a_link_is_lost(void **unused)
{
    (void)unused;
    enum { HOSTS = 24 };
    linked(HOSTS);
    for (size_t i = 0; i < 10 * HOSTS; i++) {
        mutate(i % HOSTS);
        run_for(8 * SECOND / HOSTS);
    }
    size_t lazy = lazy_ends(HOSTS, false);
    assert_true(lazy > HOSTS / 2);
    for (size_t host = B; host < HOSTS; host += 4) {
        crash(host);
    }
    spread(A, SECOND);
    assert_true(lazy_ends(HOSTS, false) < lazy / 2);
}

/* K4, K7: news that is on its way over links that end comes by others at once: a comparison after such an end leaves nothing
 * out. */
static void news_survives_its_carriers(void **unused)
{
    (void)unused;
    enum { HOSTS = 24 };
    for (int delay = 0; delay < 8; delay++) {
        linked(HOSTS);
        for (size_t i = 0; i < 6 * HOSTS; i++) {
            mutate(i % HOSTS);
            run_for(250);
        }
        uint64_t before = version(A, A);
        mutate(A);
        run_for(2 + delay * LATENCY_MS / 2);
        for (size_t host = B + (size_t)delay % 3; host < HOSTS; host += 3) {
            crash(host);
        }
        within(SECOND, version(A, A) > before && all_agree());
        world_renew();
    }
}

/* K4: what is new within 10 ms goes in one message. */
static void news_is_gathered(void **unused)
{
    (void)unused;
    linked(2);
    run_for(ROUND);
    told_messages = told_rows = 0;
    meddle(news_counted);
    for (int i = 0; i < 50; i++) {
        mutate(A);
        run_for(2);
    }
    spread(A, SECOND);
    assert_in_range(told_messages, 2, 12);
    assert_true(told_rows <= told_messages);
}

/* K4: a link on which nothing can be pushed for a while is told the newest only. */
static void a_slow_link_is_told_the_newest(void **unused)
{
    (void)unused;
    linked(2);
    const uint64_t before = version(B, A);
    told_rows = 0;
    meddle(news_counted);
    for (int i = 0; i < 200; i++) {
        pay(A, B, 1);
        run_for(1);
    }
    within(SECOND, version(B, A) == version(A, A));
    assert_true(version(B, A) - before > 2 * told_rows); /* many versions were never told */
    assert_int_equal(balance(B, B), COINS + 200);
}

static size_t patches, wants, wholes;
static enum spoiling { SPOIL_NOTHING, SPOIL_BASE, SPOIL_SIGNATURE } spoil;

/* Spoils the patches of A, once each, and counts what that leads to. */
static enum passage patches_spoiled(size_t from, size_t to, struct hc_message *message)
{
    (void)to;
    if (message->type == HC_MESSAGE_WANT) {
        wants++;
    } else if (message->type == HC_MESSAGE_ROWS) {
        wholes++;
    }
    for (size_t i = 0; message->type == HC_MESSAGE_NEWS && message->words && i < message->words->patch_count; i++) {
        struct patch *patch = &message->words->patches[i];
        patches++;
        if (spoil == SPOIL_NOTHING || from != A) {
            continue;
        }
        patch->base -= spoil == SPOIL_BASE;
        patch->sig[0] ^= spoil == SPOIL_SIGNATURE;
        hc_row_unref(patch->row); /* it is made of what the patch says */
        patch->row = NULL;
        spoil = SPOIL_NOTHING;
    }
    return PASSAGE_WHOLE;
}

static void patch_spoiled(enum spoiling how)
{
    world_renew();
    linked(3);
    patches = wants = wholes = 0;
    spoil = how;
    meddle(patches_spoiled);
    pay(A, B, 7);
    run_for(STEP_MS);
    within(10 * LATENCY_MS, all_agree());
    assert_true(patches > 0);
    assert_int_equal(wants, how != SPOIL_NOTHING);
    assert_int_equal(wholes, how != SPOIL_NOTHING);
    assert_int_equal(balance(C, B), COINS + 7);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
    assert_int_equal(told_by_all(HC_NOTICE_FORKED, ANYBODY, 0), 0);
}

/* K5: a payment travels as a patch. Who lacks the base of one, or finds that what it makes is not signed, asks for the whole
 * row, and blames nobody. */
static void a_patch_that_does_not_fit_is_asked_for_whole(void **unused)
{
    (void)unused;
    patch_spoiled(SPOIL_NOTHING);
    patch_spoiled(SPOIL_BASE);
    patch_spoiled(SPOIL_SIGNATURE);
}

/* K5: a patch names the payees that changed; the receiver has the others. */
static void a_patch_says_what_changed(void **unused)
{
    (void)unused;
    linked(8);
    for (size_t payee = B; payee <= H; payee++) {
        pay(A, payee, 10);
        within(SECOND, balance(H, payee) == COINS + 10 && all_agree());
    }
    pay(A, C, 5);
    within(SECOND, balance(H, C) == COINS + 15 && all_agree());
    patches = wants = wholes = 0;
    meddle(patches_spoiled);
    pay(A, D, 5);
    within(SECOND, balance(H, D) == COINS + 15 && all_agree());
    assert_true(patches >= 7 && wants == 0 && wholes == 0);
    assert_int_equal(balance(H, C), COINS + 15);
    assert_int_equal(balance(H, D), COINS + 15);
    assert_true(all_sound());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(news_travels_at_once),
        links_test(chords_become_lazy),
        links_test(lazy_chords_wake_when_a_link_is_lost),
        links_test(news_survives_its_carriers),
        links_test(news_is_gathered),
        links_test(a_slow_link_is_told_the_newest),
        links_test(a_patch_that_does_not_fit_is_asked_for_whole),
        links_text_test(a_patch_that_does_not_fit_is_asked_for_whole),
        links_test(a_patch_says_what_changed),
        links_text_test(a_patch_says_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
