/* Many nodes that keep links: what it costs when a thousand do it (K1, K10, K11). Without optimisation there are fewer of
 * them, so that it takes seconds.
 */
#include "scenario.h"

#ifdef __OPTIMIZE__
enum { MANY = 1000, SPLIT = 400, DYING = 1000 };
#else
enum { MANY = 200, SPLIT = 200, DYING = 200 };
#endif

static uint64_t exchanges(void)
{
    uint64_t count = 0;
    for (size_t host = 0; host < MANY; host++) {
        count += world_host(world, host)->traffic.exchanges;
    }
    return count;
}

/* K10, P6: two halves that were split for a while, and drop each other, are one again a few rounds after the cut ends. */
static void a_split_of_many_heals(void **unused)
{
    (void)unused;
    multitude(SPLIT, 3 * ROUND);
    for (size_t host = 0; host < SPLIT; host++) {
        world_host(world, host)->side = host % 2;
    }
    cut(0, 1);
    run_for(15 * ROUND);
    for (size_t host = 0; host < SPLIT; host += 7) {
        assert_int_equal(look(host).live, SPLIT / 2);
    }
    mutate(A);
    mutate(B);
    run_for(SECOND);
    heal();
    uint64_t round = look(A).round;
    for (int i = 0; i < 6 && !all_agree(); i++) {
        run_for(ROUND);
    }
    assert_true(all_agree());
    assert_true(look(A).round - round <= 6);
    run_for(ROUND);
    assert_true(ring_is_closed());
}

/* K11: one that starts again is one that joins: whatever the others are to find out, each asks it once at most, and the one
 * that starts asks a few; nobody compares much. */
static void a_restart_among_many_is_a_join(void **unused)
{
    (void)unused;
    multitude(MANY, 3 * ROUND);
    run_for(3 * ROUND);
    crash(B);
    run_for(SECOND);
    assert_true(all_see(B, "dropped"));
    run_for(2 * ROUND);
    uint64_t quiet = exchanges();
    run_for(SECOND);
    quiet = exchanges() - quiet;
    uint64_t messages = link_messages(), asks = exchanges();
    uint64_t of_b = world_host(world, B)->traffic.exchanges;
    start(B);
    run_for(SECOND);
    assert_true(all_agree());
    assert_true(world_host(world, B)->traffic.exchanges - of_b <= 8);
    assert_true(exchanges() - asks <= MANY + quiet + 16);
    assert_true(link_messages() - messages <= 12 * MANY);
    assert_true(ring_is_closed());
}

/* K8, K9: half of all die at once. */
static void half_of_many_die(void **unused)
{
    (void)unused;
    multitude(DYING, 3 * ROUND);
    run_for(3 * ROUND);
    for (size_t host = 1; host < DYING; host += 2) {
        crash(host);
    }
    for (int i = 0; i < 24 && !all_agree(); i++) { /* a link brings so many hints a round */
        run_for(ROUND / 2);
    }
    assert_true(all_agree());
    assert_true(ring_is_closed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(a_split_of_many_heals),
        links_test(a_restart_among_many_is_a_join),
        links_test(half_of_many_die),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
