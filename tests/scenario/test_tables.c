/* Tables are compared by hashes, and only what differs is sent (K6, K7). */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/id.h"
#include "core/rows/words.h"

/* What went over links, by kind. */
static size_t counted[HC_MESSAGE_UNKNOWN + 1], rows_told;
/* The link's message that is lost, counted from 1 on, and breaks it; 0: none. */
static size_t break_at, link_messages_seen;

static enum passage counting(size_t from, size_t to, struct hc_message *message)
{
    (void)from;
    (void)to;
    if (message->type == HC_MESSAGE_REQUEST || message->type == HC_MESSAGE_REPLY) {
        return PASSAGE_WHOLE;
    }
    counted[message->type]++;
    rows_told += message->type == HC_MESSAGE_ROWS ? message->state->live_count + message->state->gone_count : 0;
    return ++link_messages_seen == break_at ? PASSAGE_LOST : PASSAGE_WHOLE;
}

static void count_from_now(size_t broken)
{
    memset(counted, 0, sizeof counted);
    rows_told = link_messages_seen = 0;
    break_at = broken;
    meddle(counting);
}

/* Two hosts that know each other stop, and each starts from a disk with `common` rows that are the same, and so many that the
 * other one has not. They turn to each other by links alone: they have no contact. */
static void two_tables(size_t common, size_t only_a, size_t only_b, size_t broken)
{
    hosts(2);
    start(A);
    start(B);
    within(SECOND, all_agree());
    run_for(ROUND);
    world_host(world, B)->contact_count = 0;
    crash(A);
    crash(B);
    run_for(ROUND);
    disk_add(A, rows_of_strangers(common, 0), common);
    disk_add(B, rows_of_strangers(common, 0), common);
    disk_add(A, rows_of_strangers(only_a, 100000), only_a);
    disk_add(B, rows_of_strangers(only_b, 200000), only_b);
    count_from_now(broken);
    start(A);
    start(B);
}

static uint64_t link_bytes(void)
{
    return world_host(world, A)->traffic.link_bytes + world_host(world, B)->traffic.link_bytes;
}

/* K7: a small table is compared by its list, a large one by its buckets first; what moves is what differs, and little else. */
static void what_differs_is_told(void **unused)
{
    (void)unused;
    static const struct {
        size_t common, only_a, only_b, bytes_max;
    } cases[] = {
        {20, 1, 0, 6000},    {20, 1, 1, 6000},    {20, 0, 10, 10000},   {2000, 1, 0, 14000},
        {2000, 0, 1, 14000}, {2000, 5, 5, 24000}, {3000, 10, 0, 36000}, {0, 500, 300, 400000},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t before;
        two_tables(cases[i].common, cases[i].only_a, cases[i].only_b, 0);
        before = link_bytes();
        within(SECOND, all_agree());
        within(SECOND, ring_is_closed());
        assert_int_equal(look(A).known, 2 + cases[i].common + cases[i].only_a + cases[i].only_b);
        /* Both open a link at once, and each of the two may have compared. */
        assert_in_range(rows_told, cases[i].only_a + cases[i].only_b, 2 * (cases[i].only_a + cases[i].only_b + 4));
        assert_true((counted[HC_MESSAGE_BUCKETS] > 0) == (cases[i].common + cases[i].only_a > LIST_ROWS_MAX));
        assert_true(link_bytes() - before < cases[i].bytes_max);
        run_for(2 * ROUND);
        count_from_now(0);
        run_for(5 * ROUND);
        assert_int_equal(link_messages_seen, counted[HC_MESSAGE_BEAT]); /* it is over */
        world_renew();
    }
}

/* K7: ten thousand rows that differ. */
static void ten_thousand_rows_are_told(void **unused)
{
    (void)unused;
    enum { MANY = HC_ROWS_MAX - 10 };
    two_tables(0, MANY / 2, MANY / 2, 0);
    within(10 * SECOND, all_agree());
    assert_int_equal(look(A).known, MANY + 2);
    assert_in_range(rows_told, MANY, 2 * MANY + 2);
    world_renew();
    two_tables(0, MANY, 0, 0);
    within(10 * SECOND, all_agree());
    assert_int_equal(look(B).known, MANY + 2);
    assert_in_range(rows_told, MANY, 2 * MANY + 2);
}

/* K7: wherever a comparison is interrupted, the next one goes on from what both then hold. */
static void interrupted_anywhere_it_goes_on(void **unused)
{
    (void)unused;
    static const size_t only[][2] = {{3, 2}, {400, 350}};
    for (size_t i = 0; i < COUNT_OF(only); i++) {
        for (size_t broken = 1;; broken++) {
            two_tables(10, only[i][0], only[i][1], broken);
            within(4 * ROUND, all_agree());
            within(SECOND, ring_is_closed());
            assert_int_equal(look(A).known, 12 + only[i][0] + only[i][1]);
            bool was_broken = link_messages_seen >= broken;
            world_renew();
            if (!was_broken) {
                assert_true(broken > 10);
                break;
            }
        }
    }
}

/* Numbers of strangers with the least and the greatest id of `count`. */
static void outermost(size_t count, size_t *least, size_t *greatest)
{
    struct hc_row **rows = rows_of_strangers(count, 0);
    *least = *greatest = 0;
    for (size_t i = 1; i < count; i++) {
        *least = id_compare(rows[i]->fields.id, rows[*least]->fields.id) < 0 ? i : *least;
        *greatest = id_compare(rows[i]->fields.id, rows[*greatest]->fields.id) > 0 ? i : *greatest;
    }
    rows_unref(rows, count);
    memory_free(rows);
}

/* K7, L3: two owners that could not have paid without each other, whose rows come in different messages, for they are far
 * apart in the circle: the first one waits for the other, and both are taken in. */
static void payers_that_need_each_other_arrive(void **unused)
{
    (void)unused;
    enum { COUNT = 1500 };
    size_t p, q;
    hosts(2);
    start(A);
    start(B);
    within(SECOND, all_agree());
    world_host(world, B)->contact_count = 0;
    crash(A);
    run_for(SECOND);
    outermost(COUNT, &p, &q);
    struct hc_row **rows = rows_of_strangers(COUNT, 0);
    hc_row_unref(rows[p]);
    hc_row_unref(rows[q]);
    rows[p] = row_of_stranger(p, q, COINS + 500);
    rows[q] = row_of_stranger(q, p, COINS + 500);
    disk_add(A, rows, COUNT);
    count_from_now(0);
    start(A);
    within(2 * ROUND, all_agree());
    assert_true(counted[HC_MESSAGE_ROWS] > 4);
    assert_int_equal(look(B).known, COUNT + 2);
    assert_int_equal(look(B).waiting, 0);
    assert_true(all_sound());
}

/* K7: what is on its way by itself is not compared: in a network in which something changes all the time, news brings it, and
 * hardly a comparison begins. */
static void news_is_not_told_twice(void **unused)
{
    (void)unused;
    enum { HOSTS = 24, ROUNDS = 20 };
    hosts(HOSTS);
    for (size_t host = 0; host < HOSTS; host++) {
        start(host * 7 % HOSTS); /* not in the order of ids: each would have A as its successor for a while */
        run_for(110);
    }
    within(2 * ROUND, all_agree() && ring_is_closed());
    run_for(5 * ROUND);
    count_from_now(0);
    for (size_t i = 0; i < ROUNDS * ROUND / 250; i++) {
        mutate(i % HOSTS);
        run_for(250);
    }
    assert_true(counted[HC_MESSAGE_LIST] < counted[HC_MESSAGE_BEAT] / 8);
    assert_true(rows_told < 5);
    within(SECOND, all_agree());
}

static size_t deaf;

/* Nobody tells this host any news: it hears something that nobody knows the meaning of. */
static enum passage no_news(size_t from, size_t to, struct hc_message *message)
{
    (void)from;
    if (to == deaf && message->type == HC_MESSAGE_NEWS) {
        message->type = HC_MESSAGE_UNKNOWN;
    }
    return PASSAGE_WHOLE;
}

/* K7: what news did not bring, the next beat does. */
static void a_beat_shows_what_is_missing(void **unused)
{
    (void)unused;
    hosts(12);
    for (size_t host = 0; host < 12; host++) {
        start(host);
    }
    within(2 * ROUND, all_agree() && ring_is_closed());
    run_for(5 * ROUND);
    deaf = D;
    meddle(no_news);
    for (int i = 0; i < 10; i++) {
        uint64_t before = version(A, A);
        mutate(A);
        within(SECOND, version(A, A) > before);
        within(3 * ROUND, version(D, A) > before);
    }
    meddle(NULL);
    within(2 * ROUND, all_agree());
}

/* K6: the digest is one of all rows, whichever way they came, and of what is told: restarted or not, all say the same. */
static void a_digest_is_of_rows_not_of_history(void **unused)
{
    (void)unused;
    uint8_t of_a[HC_DIGEST_BYTES], of_other[HC_DIGEST_BYTES];
    two_tables(100, 30, 20, 0);
    within(SECOND, all_agree());
    size_t newcomer = join(A);
    within(SECOND, all_agree());
    hc_node_digest(world_host(world, A)->node, of_a);
    for (size_t host = B; host <= newcomer; host++) {
        hc_node_digest(world_host(world, host)->node, of_other);
        assert_memory_equal(of_a, of_other, sizeof of_a);
    }
    crash(newcomer);
    within(SECOND, all_see(newcomer, "dropped"));
    hc_node_digest(world_host(world, A)->node, of_other);
    assert_memory_equal(of_a, of_other, sizeof of_a); /* of the rows: who is live is in the other one */
    uint64_t before = version(A, A);
    mutate(A);
    within(SECOND, version(B, A) > before);
    hc_node_digest(world_host(world, B)->node, of_other);
    assert_memory_not_equal(of_a, of_other, sizeof of_a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(what_differs_is_told),
        links_test(ten_thousand_rows_are_told),
        links_test(interrupted_anywhere_it_goes_on),
        links_test(payers_that_need_each_other_arrive),
        links_test(news_is_not_told_twice),
        links_test(a_beat_shows_what_is_missing),
        links_test(a_digest_is_of_rows_not_of_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
