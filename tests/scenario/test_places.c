/* Who is where: hosts that move, take over ports, have no place left, or a disk that fails. */
#include <string.h>

#include "scenario.h"

/* P5: the same key at another address: a greater version tells it, and all ask there from then on. */
static void moved_node_is_found_again(void **state)
{
    (void)state;
    network(4);
    crash(D);
    within(2 * ROUND, all_see(D, "dropped"));
    world_move(world, D, SIZE_MAX);
    start(D);
    within(2 * ROUND, all_see(D, "live"));
    for (size_t host = A; host <= C; host++) {
        const struct table *table = node_table(world_host(world, host)->node);
        const struct entry *entry = table_find(table, world_host(world, D)->identity.id);
        assert_string_equal(entry_row(entry)->fields.addr, world_host(world, D)->address);
    }
    holds_for(5 * ROUND, all_agree());
}

/* The same while nobody has noticed that it was away. */
static void quick_move_is_borne(void **state)
{
    (void)state;
    network(4);
    crash(D);
    world_move(world, D, SIZE_MAX);
    start(D);
    within(4 * ROUND, all_agree());
    holds_for(5 * ROUND, all_agree());
}

/* P9: C takes the port of D, which is dead; D comes back at another one. Nobody mixes them up. */
static void taken_port_is_not_its_old_owner(void **state)
{
    (void)state;
    network(5);
    crash(C);
    crash(D);
    world_move(world, C, D);
    start(C);
    assert_int_equal(world_find_address(world, world_host(world, D)->address), C);
    within(3 * ROUND, all_see(C, "live") && all_see(D, "dropped"));
    holds_for(3 * ROUND, all_see(C, "live") && all_see(D, "dropped"));
    world_move(world, D, SIZE_MAX);
    start(D);
    within(3 * ROUND, all_agree());
    holds_for(3 * ROUND, all_agree());
}

/* P3: who has no place for a request is alive: nobody drops it for some rounds of that, and requests of its own go on. */
static void busy_for_some_rounds_is_borne(void **state)
{
    (void)state;
    network(3);
    world_turn_away(world, C, 5 * ROUND);
    size_t before = asked(C, A);
    holds_for(6 * ROUND, sees(A, C, "live") && sees(B, C, "live"));
    assert_true(asked(C, A) >= before + 4);
    within(ROUND, all_agree());
}

static bool signs_no_more(size_t host)
{
    struct hc_node_view view;
    hc_node_look(world_host(world, host)->node, &view);
    return view.store_failed;
}

/* S5: after a commit that failed a host signs nothing more, but goes on gossiping; a new start mends it. */
static void failed_commit_ends_signing(void **state)
{
    (void)state;
    network(3);
    uint64_t before = version(A, C);
    world_settings(world)->commit_fails = PER_MILLION;
    mutate(C);
    within(SECOND, signs_no_more(C));
    world_settings(world)->commit_fails = 0;
    mutate(C);
    pay(C, A, 1);
    holds_for(3 * ROUND, version(A, C) == before && all_see(C, "live"));
    crash(C);
    start(C);
    within(2 * ROUND, version(A, C) > before);
    pay(C, A, 1);
    within(2 * ROUND, balance(B, A) == COINS + 1);
    within(ROUND, all_agree() && all_sound());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario(moved_node_is_found_again),       scenario(quick_move_is_borne),
        scenario(taken_port_is_not_its_old_owner), scenario(busy_for_some_rounds_is_borne),
        scenario(failed_commit_ends_signing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
