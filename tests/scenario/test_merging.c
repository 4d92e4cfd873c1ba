/* What is believed: M1 to M7, in the order of the rules. */
#include "scenario.h"

#include "core/common/id.h"

#include <stdlib.h>
#include <string.h>

/* M1: the row of an unknown owner is taken in if its owner signed it, whichever host brings it. */
static void unknown_owner_is_taken_in(void **state)
{
    (void)state;
    network(2);
    hosts(2);
    struct hc_row *row = row_by(C, A, 1, A, 0);
    assert_int_equal(send_rows(D, A, &row, 1), HC_OK);
    assert_int_equal(version(A, C), 1);
    within(ROUND + SECOND, version(B, C) == 1);
}

/* M1: only as many rows as the table has room for are taken in; the others are counted. */
static void full_table_takes_no_row(void **state)
{
    (void)state;
    network(1);
    hosts(1);
    struct hc_row **rows = malloc((HC_ROWS_MAX + 5) * sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < HC_ROWS_MAX + 5; i++) {
        struct hc_identity identity = {.id = {1, (uint8_t)(i >> 8), (uint8_t)i}};
        struct hc_row_fields fields = {.addr = "127.0.0.1:1", .name = "", .draw = 1, .coins = COINS, .version = 1};
        id_copy(fields.id, identity.id);
        assert_int_equal(row_sign(&rows[i], &fields, world_settings(world)->network, &identity), HC_OK);
    }
    assert_int_equal(send_rows(B, A, rows, HC_ROWS_MAX + 5), HC_OK);
    free(rows);
    assert_int_equal(node_table(world_host(world, A)->node)->count, HC_ROWS_MAX);
    assert_int_equal(refused(A, HC_TABLE_FULL), 6); /* A's own row is one of them */
    assert_true(sound(A));
}

/* M2: a row that is not newer is ignored before its signature is looked at, so even a false one does no harm. */
static void known_rows_are_not_looked_at(void **state)
{
    (void)state;
    network(2);
    hosts(1);
    struct hc_row *row = row_forged(row_by(B, A, 0, A, 0));
    uint64_t before = version(A, B);
    assert_int_equal(send_rows(C, A, &row, 1), HC_OK);
    assert_int_equal(version(A, B), before);
    assert_int_equal(refused(A, HC_BAD_SIGNATURE), 0);
}

/* M3: a newer row takes the old one's place, everywhere. */
static void newer_row_takes_its_place(void **state)
{
    (void)state;
    network(4);
    uint64_t before = version(A, B);
    mutate(B);
    assert_int_equal(version(A, B), before); /* no peer has told it yet */
    within(ROUND + SECOND, version(A, B) == before + 1 && version(C, B) == before + 1 && version(D, B) == before + 1);
    assert_int_equal(told(D, HC_NOTICE_MUTATED, B), 1);
}

/* M4: one false signature rejects the whole message: its good rows are not taken in either, and the sender is told. */
static void forged_row_ends_the_message(void **state)
{
    (void)state;
    network(2);
    hosts(2);
    uint64_t before = version(A, B);
    struct hc_row *rows[] = {row_by(C, A, 1, A, 0), row_forged(row_by(B, A, 1, A, 0))};
    assert_int_equal(send_rows(D, A, rows, 2), HC_BAD_ROW);
    assert_int_equal(version(A, B), before);
    assert_true(sees(A, C, "unknown"));
    assert_int_equal(refused(A, HC_BAD_SIGNATURE), 1);
    assert_int_equal(told(A, HC_NOTICE_REFUSED, ANYBODY), 1);
    holds_for(2 * ROUND, all_agree()); /* and B, whose name it bore, is unharmed */
}

/* M4, D2: coins that were not drawn are refused like a false signature, though their owner signed them. */
static void coins_are_drawn_not_claimed(void **state)
{
    (void)state;
    network(2);
    hosts(2);
    const struct host *thief = world_host(world, C);
    struct hc_row_fields fields = {
        .addr = thief->address, .name = "", .draw = 1, .coins = 1000000 * (uint64_t)COINS, .version = 1};
    struct hc_row *row;
    id_copy(fields.id, thief->identity.id);
    assert_int_equal(row_sign(&row, &fields, world_settings(world)->network, &thief->identity), HC_OK);
    row->verified = false;
    struct hc_row *rows[] = {row_by(D, A, 1, A, 0), row};
    assert_int_equal(send_rows(D, A, rows, 2), HC_BAD_ROW);
    assert_true(sees(A, C, "unknown") && sees(A, D, "unknown"));
    assert_int_equal(refused(A, HC_BAD_DRAW), 1);
    assert_int_equal(told(A, HC_NOTICE_REFUSED, ANYBODY), 1);
}

/* M5: a node that lost its disk hears from the others what it had signed, takes that over and goes on above it. */
static void lost_disk_is_recovered_from_others(void **state)
{
    (void)state;
    network(3);
    pay(C, A, 40);
    mutate(C);
    within(2 * ROUND, balance(A, A) == COINS + 40 && balance(B, C) == COINS - 40);
    uint64_t before = version(A, C);
    crash(C);
    within(2 * ROUND, all_see(C, "dropped"));
    start_from(C, DISK_LOST);
    within(3 * ROUND, all_agree());
    assert_true(version(A, C) > before);
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, C, 0), 2);
    assert_int_equal(balance(C, C), COINS - 40);
    assert_int_equal(told(C, HC_NOTICE_TWIN, C), 0);
    assert_false(forked(A, C));
}

/* M5: two nodes with one key are told apart from a lost disk: both sign above each other, and both report it, at most
 * once a minute. The one that has just started may have lost its disk, so it does not report before its first round. */
static void twins_are_told_of(void **state)
{
    (void)state;
    network(3);
    size_t twin = world_add_as(world, &world_host(world, C)->identity);
    world_host(world, twin)->side = (uint32_t)twin;
    world_contact(world, twin, A);
    start(twin);
    run_for(4 * LATENCY_MS);
    assert_int_equal(told(twin, HC_NOTICE_TWIN, ANYBODY), 0);
    within(5 * ROUND, told(C, HC_NOTICE_TWIN, C) == 1);
    holds_for(50 * SECOND, told(C, HC_NOTICE_TWIN, C) == 1 && told(twin, HC_NOTICE_TWIN, ANYBODY) <= 1);
    run_for(600 * SECOND);
    assert_true(told(C, HC_NOTICE_TWIN, C) + told(twin, HC_NOTICE_TWIN, ANYBODY) >= 5);
    assert_true(told(C, HC_NOTICE_TWIN, C) <= 11 && told(twin, HC_NOTICE_TWIN, ANYBODY) <= 11);
}

/* M6: an old copy of a disk, and a payment from it: two rows that contradict each other. All nodes have the proof and
 * count both payments; since the owner is honest, its next row covers both, and the mark is gone. */
static void honest_fork_cures_itself(void **state)
{
    (void)state;
    network(4);
    world_copy_disk(world, D);
    pay(D, A, 100);
    within(2 * ROUND, balance(B, A) == COINS + 100);
    crash(D);
    cut_off(D);
    start_from(D, DISK_OLD);
    pay(D, B, 200);
    run_for(ROUND);
    assert_int_equal(balance(D, D), COINS - 200); /* it knows no better */
    heal();
    within(4 * ROUND, told(A, HC_NOTICE_FORKED, D) + told(B, HC_NOTICE_FORKED, D) + told(C, HC_NOTICE_FORKED, D) > 0);
    within(4 * ROUND, all_agree() && !forked(A, D) && !forked(B, D) && !forked(C, D));
    assert_int_equal(balance(C, A), COINS + 100);
    assert_int_equal(balance(C, B), COINS + 200);
    assert_int_equal(balance(C, D), COINS - 300);
}

/* M6: a thief signs two rows that spend the same coins. All hold both, count both, and it stays in debt. */
static void thief_stays_in_debt(void **state)
{
    (void)state;
    network(3);
    hosts(2);
    struct hc_row *one = row_by(D, A, 1, A, 800), *other = row_by(D, A, 1, B, 900);
    assert_int_equal(send_rows(E, A, &one, 1), HC_OK);
    assert_int_equal(send_rows(E, B, &other, 1), HC_OK);
    if (world_settings(world)->exchange == HC_EXCHANGE_FULL) { /* with links the first one is everywhere by now */
        assert_false(forked(A, D) || forked(B, D));
    }
    within(2 * ROUND, forked(A, D) && forked(B, D) && forked(C, D));
    within(2 * ROUND, balance(C, D) == COINS - 800 - 900);
    holds_for(10 * ROUND, forked(A, D) && forked(B, D) && forked(C, D) && all_sound());
    assert_int_equal(balance(B, A), COINS + 800);
    assert_int_equal(balance(A, B), COINS + 900);
}

static void lively_day(uint8_t digest[static HC_DIGEST_BYTES], uint32_t doubled, uint32_t latency_max_ms)
{
    world_settings(world)->doubled = doubled;
    world_settings(world)->latency_max_ms = latency_max_ms;
    world_settings(world)->commit_max_ms = 0;
    network(6);
    for (size_t turn = 0; turn < 12; turn++) {
        size_t payer = turn % 6;
        pay(payer, (payer + 1 + turn / 6) % 6, 10 + turn);
        run_for(700);
        mutate((turn + 3) % 6);
        run_for(700);
    }
    within(5 * ROUND, all_agree());
    hc_node_digest(world_host(world, A)->node, digest);
}

/* M7: any order and any repetition lead to the same table: a network in which every request comes twice and messages
 * overtake each other ends with the very rows of one in which nothing of that happens. */
static void order_and_repetition_do_not_matter(void **state)
{
    uint8_t orderly[HC_DIGEST_BYTES], disorderly[HC_DIGEST_BYTES];
    lively_day(orderly, 0, LATENCY_MS);
    assert_int_equal(scenario_teardown(state), 0);
    assert_int_equal(scenario_setup(state), 0);
    lively_day(disorderly, PER_MILLION, 300);
    assert_memory_equal(orderly, disorderly, HC_DIGEST_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario_both(unknown_owner_is_taken_in),          scenario_both(full_table_takes_no_row),
        scenario_both(known_rows_are_not_looked_at),       scenario_both(newer_row_takes_its_place),
        scenario_both(forged_row_ends_the_message),        scenario_both(coins_are_drawn_not_claimed),
        scenario_both(lost_disk_is_recovered_from_others), scenario_both(twins_are_told_of),
        scenario_both(honest_fork_cures_itself),           scenario_both(thief_stays_in_debt),
        scenario_both(order_and_repetition_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
