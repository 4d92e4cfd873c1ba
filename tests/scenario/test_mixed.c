/* Networks of nodes that keep links and of nodes that speak the simple form only (K12). */
#include "scenario.h"

/* Even hosts keep links, odd ones do not. */
static bool keeps_links(size_t host)
{
    return world_host(world, host)->exchange == HC_EXCHANGE_LINKS;
}

static size_t mixed_join(size_t contact, bool links)
{
    world_settings(world)->exchange = links ? HC_EXCHANGE_LINKS : HC_EXCHANGE_FULL;
    return join(contact);
}

static void mixed(size_t count)
{
    for (size_t host = 0; host < count; host++) {
        world_settings(world)->exchange = host % 2 == 0 ? HC_EXCHANGE_LINKS : HC_EXCHANGE_FULL;
        hosts(1);
        start(host);
        run_for(100);
    }
    within(5 * ROUND, all_agree());
}

/* K12: nodes of both forms agree, on what changes, too; each knows how the others talk. */
static void both_forms_agree(void **unused)
{
    (void)unused;
    mixed(12);
    for (int turn = 0; turn < 10; turn++) {
        mutate(A);
        mutate(B);
        pay(C, F, 1);
        pay(F, C, 1);
        run_for(ROUND / 2);
    }
    within(3 * ROUND, all_agree());
    holds_for(20 * ROUND, all_agree());
    assert_true(all_sound());
    for (size_t host = 0; host < 12; host++) {
        for (size_t other = 0; other < 12; other++) {
            const struct member *member = member_of(host, other);
            if (keeps_links(host) && member && member->mode_known) {
                assert_int_equal(member->mode, keeps_links(other) ? HC_EXCHANGE_LINKS : HC_EXCHANGE_FULL);
            }
            assert_true(host == other || !link_to(host, other) || (keeps_links(host) && keeps_links(other)));
        }
    }
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
}

/* K12: a dead node of either form is dropped by all. */
static void the_dead_of_both_forms_are_dropped(void **unused)
{
    (void)unused;
    mixed(12);
    int64_t since = now();
    crash(C);
    (void)time_until_all_see(C, "dropped", 2 * ROUND);
    crash(D);
    (void)time_until_all_see(D, "dropped", 2 * ROUND);
    unplug(E);
    (void)time_until_all_see(E, "dropped", 3 * ROUND);
    unplug(F);
    (void)time_until_all_see(F, "dropped", 3 * ROUND);
    within(2 * ROUND, all_agree());
    holds_for(20 * ROUND, all_agree());
    for (size_t host = C; host <= F; host++) {
        assert_int_equal(told_by_all(HC_NOTICE_RETURNED, host, since), 0);
        start(host);
        within(3 * ROUND, all_agree());
    }
}

/* K12: a newcomer of either form joins through a node of either form. */
static void newcomers_of_both_forms_join(void **unused)
{
    (void)unused;
    mixed(4);
    for (size_t i = 0; i < 8; i++) {
        size_t newcomer = mixed_join(i % 2 ? A : B, i / 2 % 2);
        within(SECOND, sees(newcomer, A, "live") && sees(newcomer, B, "live"));
        within(2 * ROUND, all_agree());
    }
    holds_for(10 * ROUND, all_agree());
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
}

/* K12: a goodbye is heard by nodes of both forms, whichever its node has. */
static void goodbyes_of_both_forms_are_heard(void **unused)
{
    (void)unused;
    mixed(12);
    leave(C);
    within(3 * ROUND, all_see(C, "left"));
    leave(D);
    within(3 * ROUND, all_see(D, "left"));
    within(2 * ROUND, all_agree());
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, ANYBODY, 0), 0);
}

/* K12: one node of the simple form among many with links, and the other way round. */
static void alone_among_the_others(void **unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        world_settings(world)->exchange = i == 0 ? HC_EXCHANGE_LINKS : HC_EXCHANGE_FULL;
        network(7);
        size_t odd = mixed_join(A, i != 0);
        within(2 * ROUND, all_agree());
        spread(odd, 3 * ROUND);
        spread(A, 3 * ROUND);
        crash(odd);
        within(2 * ROUND, all_see(odd, "dropped"));
        run_for(10 * ROUND);
        assert_true(all_agree());
        world_renew();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(both_forms_agree),
        links_test(the_dead_of_both_forms_are_dropped),
        links_test(newcomers_of_both_forms_join),
        links_test(goodbyes_of_both_forms_are_heard),
        links_test(alone_among_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
