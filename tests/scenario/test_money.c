/* Balances and payments: L1 to L5, in the order of the rules. */
#include "scenario.h"

/* L1: a balance is the coins drawn, plus what others' rows say was paid to the owner, less what the owner paid; it is
 * the same in all tables. */
static void balance_is_computed(void **state)
{
    (void)state;
    network(3);
    pay(A, B, 300);
    pay(B, C, 50);
    assert_int_equal(balance(C, B), COINS); /* not heard of yet */
    within(2 * ROUND, balance(C, B) == COINS + 300 - 50);
    for (size_t host = A; host <= C; host++) {
        within(ROUND,
               balance(host, A) == COINS - 300 && balance(host, B) == COINS + 250 && balance(host, C) == COINS + 50);
    }
}

/* L1: received coins can be spent, and not one coin more. */
static void only_what_is_there_is_spent(void **state)
{
    (void)state;
    network(2);
    pay(A, B, COINS + 1);
    run_for(2 * ROUND);
    assert_int_equal(balance(B, B), COINS);
    pay(A, B, COINS);
    within(2 * ROUND, balance(B, B) == 2 * COINS);
    pay(B, A, 2 * COINS);
    within(2 * ROUND, balance(A, A) == 2 * COINS && balance(A, B) == 0);
}

/* L2: rows carry totals, so five hundred payments at once travel as one or two rows, and lost versions lose nothing. */
static void payments_travel_as_totals(void **state)
{
    (void)state;
    network(3);
    uint64_t before = version(B, A);
    for (int i = 0; i < 500; i++) {
        pay(A, B, 1);
    }
    within(2 * ROUND, balance(C, B) == COINS + 500);
    assert_true(version(C, A) <= before + 2);
    cut_off(C);
    for (int i = 0; i < 5; i++) { /* versions that C never sees */
        pay(A, B, 10);
        run_for(ROUND);
    }
    assert_int_equal(balance(C, B), COINS + 500);
    heal();
    within(4 * ROUND, balance(C, B) == COINS + 550);
}

/* L3: a row whose owner cannot pay, by what is known, waits until the credits that it spent are known, too. */
static void payment_waits_for_its_credit(void **state)
{
    (void)state;
    network(2);
    hosts(3);
    struct hc_row *spent = row_by(C, A, 1, A, COINS + 500);
    assert_int_equal(send_rows(E, A, &spent, 1), HC_OK);
    assert_true(sees(A, C, "unknown"));
    assert_int_equal(refused(A, HC_WAITING), 1);
    holds_for(2 * ROUND, balance(A, A) == COINS && balance(B, A) == COINS);
    struct hc_row *both[] = {row_by(C, A, 1, A, COINS + 500), row_by(D, A, 1, C, 500)};
    assert_int_equal(send_rows(E, A, both, 2), HC_OK);
    assert_int_equal(balance(A, A), COINS + COINS + 500);
    assert_int_equal(balance(A, C), 0);
    within(2 * ROUND, balance(B, A) == COINS + COINS + 500);
}

/* L3: two owners that paid each other back and forth are each solvent only by the other's row. A newcomer, which gets
 * both rows in one message, comes to the same table. */
static void rows_are_accepted_together(void **state)
{
    (void)state;
    network(3);
    for (int i = 0; i < 5; i++) {
        pay(A, B, COINS);
        within(2 * ROUND, balance(B, B) == 2 * COINS);
        pay(B, A, COINS);
        within(2 * ROUND, balance(A, A) == COINS);
    }
    within(2 * ROUND, all_agree());
    hosts(1);
    start(D);
    within(SECOND, version(D, A) == version(A, A) && version(D, B) == version(A, B));
    assert_int_equal(refused(D, HC_WAITING), 0);
    within(2 * ROUND, all_agree());
}

/* L4: in every table and at every moment the balances add up to all coins drawn, and none is negative. */
static void sum_holds_at_every_moment(void **state)
{
    (void)state;
    network(6);
    for (size_t turn = 0; turn < 60; turn++) {
        pay(turn % 6, (turn * 5 + 1) % 6, 70);
        mutate((turn + 2) % 6);
        if (turn % 20 == 10) {
            cut(turn % 3, 3 + turn % 2);
        }
        if (turn % 20 == 19) {
            heal();
        }
        holds_for(300, all_sound());
    }
    heal();
    within(5 * ROUND, all_agree());
    int64_t sum = 0;
    for (size_t owner = A; owner <= F; owner++) {
        assert_true(balance(A, owner) >= 0);
        sum += balance(A, owner);
    }
    assert_int_equal(sum, 6 * COINS);
}

/* L5: a node that is dropped or has left keeps its coins, and what it paid stays paid. */
static void coins_of_the_gone_are_not_lost(void **state)
{
    (void)state;
    network(4);
    pay(A, C, 100);
    pay(D, B, 30);
    within(2 * ROUND, balance(B, C) == COINS + 100 && balance(C, B) == COINS + 30 && balance(A, B) == COINS + 30);
    crash(C);
    leave(D);
    within(2 * ROUND, all_see(C, "dropped") && all_see(D, "left"));
    assert_int_equal(balance(B, C), COINS + 100);
    assert_int_equal(balance(A, B), COINS + 30);
    pay(B, C, 1); /* it can even be paid */
    within(ROUND + SECOND, balance(A, C) == COINS + 101);
    start(C);
    within(3 * ROUND, balance(C, C) == COINS + 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario_both(balance_is_computed),
        scenario_both(only_what_is_there_is_spent),
        scenario_both(payments_travel_as_totals),
        scenario_both(payment_waits_for_its_credit),
        scenario_both(rows_are_accepted_together),
        scenario_both(sum_holds_at_every_moment),
        scenario_both(coins_of_the_gone_are_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
