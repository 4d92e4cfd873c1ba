/* What counts as a failure, and what does not (P3, P9). */
#include "scenario.h"

/* P3: a peer whose request fails is dropped, and reported once, with the reason: not before it was asked, and at once
 * when it was; after silence, when a second try has also failed. P6: it comes back when it answers again. */
static void a_failed_request_drops_the_peer(void **unused)
{
    (void)unused;
    static const struct {
        enum mood mood;
        const char *answer;
        enum hc_code reason;
    } cases[] = {
        {REFUSING, NULL, HC_UNREACHABLE},
        {CLOSING, NULL, HC_CLOSED},
        {SILENT, NULL, HC_SILENT},
        {UNPROVEN, NULL, HC_BAD_PROOF},
        {ERRONEOUS, "bad_frame", HC_BAD_FRAME},
        {ERRONEOUS, "too_large", HC_TOO_LARGE},
        {ERRONEOUS, "wrong_version", HC_WRONG_VERSION},
        {ERRONEOUS, "wrong_network", HC_WRONG_NETWORK},
        {ERRONEOUS, "bad_row", HC_BAD_ROW},
        {ERRONEOUS, "timeout", HC_SLOW},
        {ERRONEOUS, "of_tomorrow", HC_BAD_REPLY},
        /* W3: the list is closed. These are names of our own codes, but a peer may not say them: there is no goodbye
         * without a signature. */
        {ERRONEOUS, "left", HC_BAD_REPLY},
        {ERRONEOUS, "ok", HC_BAD_REPLY},
        {ERRONEOUS, "silent", HC_BAD_REPLY},
        {ERRONEOUS, "no_memory", HC_BAD_REPLY},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        crowd(3);
        be(C, cases[i].mood);
        if (cases[i].answer) {
            answer_error(C, cases[i].answer);
        }
        assert_true(all_see(C, "live"));
        int64_t since = now();
        run_for(1);
        assert_true(all_see(C, "live"));
        time_until_all_see(C, "dropped", ROUND + (cases[i].mood == SILENT ? 2 * SECOND : 0) + SOON);
        run_for(3 * ROUND);
        assert_true(all_see(C, "dropped"));
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(told_since(j, HC_NOTICE_DROPPED, C, since), 1);
            if (last_told(j, HC_NOTICE_DROPPED)->code != cases[i].reason) {
                fail_msg("case %zu: %s", i, hc_code_name(last_told(j, HC_NOTICE_DROPPED)->code));
            }
            assert_int_equal(told_since(j, HC_NOTICE_LEFT, C, since), 0);
            assert_int_equal(look(j).live, 2);
            assert_int_equal(look(j).known, 3);
        }
        be(C, WELL);
        time_until_all_see(C, "live", 2 * ROUND + SOON);
        world_renew();
    }
}

/* P3: silence counts only after a second try in the same round; if the second try is answered, nothing happens. */
static void silent_peer_gets_a_second_try(void **state)
{
    (void)state;
    network(2);
    run_for(ROUND / 2); /* both tries of a round fall into one turn below */
    for (int turn = 0; turn < 5; turn++) {
        be(B, SILENT_ONCE);
        run_for(ROUND);
        assert_int_equal(mood_of(B), WELL);
    }
    assert_int_equal(told(A, HC_NOTICE_DROPPED, B), 0);
    unplug(B);
    size_t before = asked(A, B);
    within(ROUND, asked(A, B) == before + 1);
    holds_for(SECOND - 2 * STEP_MS, asked(A, B) == before + 1 && sees(A, B, "live")); /* the time-out is 1 s */
    within(4 * STEP_MS, asked(A, B) == before + 2);
    holds_for(SECOND - 2 * STEP_MS, sees(A, B, "live"));
    within(4 * STEP_MS, sees(A, B, "dropped"));
    assert_int_equal(drop_reason(A, B), HC_SILENT);
}

/* P3: busy is an answer, not a failure: its sender is asked again, and goes on with its own requests. But any program
 * on a dead node's port can say it: after ten in a row without a proof, the peer is dropped. */
static void busy_is_an_answer(void **unused)
{
    (void)unused;
    crowd(3);
    answer_error(C, "busy");
    size_t before = asked_by_all(C), own = asked(C, A);
    run_for(6 * ROUND);
    assert_true(all_see(C, "live"));
    assert_true(asked_by_all(C) >= before + 2 * 6);
    assert_true(asked(C, A) >= own + 4);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, C, 0), 0);
    be(C, WELL);
    run_for(ROUND + SOON);
    assert_true(all_agree());
    answer_error(C, "busy");
    run_for(6 * ROUND);
    assert_true(all_see(C, "live"));
    run_for(5 * ROUND);
    assert_true(all_see(C, "dropped"));
}

/* P3, P9: a node that says `busy` with a proof is alive, however long it says so. Like any answer, that also brings it
 * back. */
static void a_proved_busy_is_a_sign_of_life(void **unused)
{
    (void)unused;
    crowd(3);
    be(C, BUSY);
    size_t before = asked_by_all(C);
    run_for(4 * BUSY_ROUNDS_MAX * ROUND);
    assert_true(asked_by_all(C) >= before + 2 * 4 * BUSY_ROUNDS_MAX);
    assert_true(all_see(C, "live"));
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, C, 0), 0);
    assert_false(look(A).agree); /* it told nothing */
    be(C, CLOSING);
    time_until_all_see(C, "dropped", ROUND + SOON);
    be(C, BUSY);
    time_until_all_see(C, "live", 2 * ROUND + SOON);
}

/* P9: a proof that does not verify is no proof. */
static void a_busy_with_a_bad_proof_proves_nothing(void **unused)
{
    (void)unused;
    crowd(3);
    be(C, BUSY_UNPROVEN);
    run_for(6 * ROUND);
    assert_true(all_see(C, "live"));
    run_for(5 * ROUND);
    assert_true(all_see(C, "dropped"));
    assert_int_equal(last_told(A, HC_NOTICE_DROPPED)->code, HC_BUSY);
}

/* P9: a node that took over a port is not the old one, even if it is too busy to say more. */
static void a_busy_of_another_node_drops_the_old_one(void **unused)
{
    (void)unused;
    crowd(3);
    run_for(ROUND / 2); /* no request is on its way */
    crash(C);
    assert_int_equal(world_add_as(world, test_identity(9)), D);
    world_move(world, D, world_host(world, C)->address);
    be(D, BUSY);
    start(D);                          /* it has no contact and asks no node */
    run_for(ROUND + ROUND / 3 + SOON); /* requests are spread over a third of a round */
    for (size_t i = 0; i < 2; i++) {
        assert_true(sees(i, C, "dropped"));
        assert_int_equal(last_told(i, HC_NOTICE_DROPPED)->code, HC_OTHER_NODE);
    }
}

/* P3: peers that cannot reach a node tell it so. It tells its users once, and again when a peer reaches it. */
static void an_unreached_node_is_told(void **unused)
{
    (void)unused;
    crowd(4);
    run_for(3 * ROUND);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(look(i).reach, HC_REACH_YES);
    }
    be(D, REFUSING);
    run_for(2 * ROUND);
    assert_int_equal(told(D, HC_NOTICE_UNREACHED, ANYBODY), 0);
    run_for(20 * ROUND);
    assert_int_equal(look(D).reach, HC_REACH_NO);
    assert_int_equal(told(D, HC_NOTICE_UNREACHED, ANYBODY), 1);
    assert_int_equal(last_told(D, HC_NOTICE_UNREACHED)->count, 3);
    be(D, WELL);
    run_for(20 * ROUND);
    assert_int_equal(look(D).reach, HC_REACH_YES);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(told(i, HC_NOTICE_UNREACHED, ANYBODY), i == 3);
        assert_int_equal(told(i, HC_NOTICE_REACHED, ANYBODY), i == 3);
    }
    assert_true(all_agree());
}

/* P3: what one of several peers says raises no alarm; what the only peer says does. */
static void one_voice_is_no_alarm(void **unused)
{
    (void)unused;
    crowd(3);
    cannot_connect(B, C); /* or B says so */
    run_for(20 * ROUND);
    assert_int_equal(look(C).reach, HC_REACH_YES);
    crash(B);
    run_for(2 * ROUND);
    assert_int_equal(told(C, HC_NOTICE_UNREACHED, ANYBODY), 0);
    be(C, REFUSING);
    run_for(6 * ROUND);
    assert_int_equal(told(C, HC_NOTICE_UNREACHED, ANYBODY), 1);
    assert_int_equal(look(C).reach, HC_REACH_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(a_failed_request_drops_the_peer),
        scenario(silent_peer_gets_a_second_try),
        node_test(busy_is_an_answer),
        node_test(a_proved_busy_is_a_sign_of_life),
        node_test(a_busy_with_a_bad_proof_proves_nothing),
        node_test(a_busy_of_another_node_drops_the_old_one),
        node_test(an_unreached_node_is_told),
        node_test(one_voice_is_no_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
