/* Hosts that move or take over a port (P5, P9), and a disk that fails (S5). */
#include <string.h>

#include "scenario.h"

/* P5: a key at another address: a greater version tells so, and from then on all ask there. */
static void moved_node_is_found_again(void **state)
{
    (void)state;
    network(4);
    crash(D);
    within(2 * ROUND, all_see(D, "dropped"));
    world_move(world, D, NULL);
    start(D);
    within(2 * ROUND, all_see(D, "live"));
    for (size_t host = A; host <= C; host++) {
        const struct table *table = node_table(world_host(world, host)->node);
        const struct entry *entry = table_find(table, world_host(world, D)->identity.id);
        assert_string_equal(entry_row(entry)->fields.addr, world_host(world, D)->address);
    }
    holds_for(5 * ROUND, all_agree());
}

/* P5: the same before any peer has noticed that it was away. */
static void quick_move_is_borne(void **state)
{
    (void)state;
    network(4);
    crash(D);
    world_move(world, D, NULL);
    start(D);
    within(4 * ROUND, all_agree());
    holds_for(5 * ROUND, all_agree());
}

/* P9: C takes the port of D, which is dead; D comes back at another one. No host mixes them up. */
static void taken_port_is_not_its_old_owner(void **state)
{
    (void)state;
    network(5);
    crash(C);
    crash(D);
    world_move(world, C, world_host(world, D)->address);
    start(C);
    assert_int_equal(world_find_address(world, world_host(world, D)->address), C);
    within(3 * ROUND, all_see(C, "live") && all_see(D, "dropped"));
    assert_int_equal(drop_reason(A, D), HC_OTHER_NODE);
    assert_int_equal(drop_reason(B, D), HC_OTHER_NODE);
    holds_for(3 * ROUND, all_see(C, "live") && all_see(D, "dropped"));
    world_move(world, D, NULL);
    start(D);
    within(3 * ROUND, all_agree());
    holds_for(3 * ROUND, all_agree());
}

/* S5: after a commit that failed a host says so, and signs nothing more, but goes on gossiping; a new start mends
 * it. */
static void failed_commit_ends_signing(void **state)
{
    (void)state;
    network(3);
    uint64_t before = version(A, C);
    world_settings(world)->commit_fails = PER_MILLION;
    mutate(C);
    within(SECOND, look(C).store_failed);
    world_settings(world)->commit_fails = 0;
    mutate(C);
    assert_int_equal(told(C, HC_NOTICE_STORE_FAILED, ANYBODY), 1);
    MUST(step(C, (struct hc_event){.kind = HC_EVENT_PAY, .handle = 9, .payee = id_of(A), .amount = 1}));
    assert_int_equal(effects()->answers[0].code, HC_STORE_FAILED);
    holds_for(10 * ROUND, version(A, C) == before && all_see(C, "live"));
    leave(C);
    within(ROUND, !world_host(world, C)->node);
    start(C);
    within(2 * ROUND, version(A, C) > before);
    pay(C, A, 1);
    within(2 * ROUND, balance(B, A) == COINS + 1);
    within(ROUND, all_agree() && all_sound());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario_both(moved_node_is_found_again),
        scenario_both(quick_move_is_borne),
        scenario_both(taken_port_is_not_its_old_owner),
        scenario_both(failed_commit_ends_signing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
