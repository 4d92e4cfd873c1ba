/* Answers go out in the order of the requests, whenever they become known, and a ticket may outlive the client that
 * holds it. */
#include "rows.h"

#include <stdlib.h>

#include "daemon/answers.h"

/* Takes what can go out, and checks what it is; NULL: nothing can. */
static void goes_out(struct answers *answers, const char *expected)
{
    assert_int_equal(answers_bytes(answers), expected ? strlen(expected) : 0);
    if (expected) {
        char *lines = answers_take(answers);
        assert_string_equal(lines, expected);
        free(lines);
    }
}

static void answers_keep_the_order_of_the_requests(void **unused)
{
    (void)unused;
    struct answers answers = {0};
    for (uint64_t ticket = 1; ticket <= 9; ticket += 2) { /* the numbers between belong to other clients */
        assert_true(answers_expect(&answers, ticket));
    }
    answers_put(&answers, 3, strdup("b\n"));
    goes_out(&answers, NULL);
    answers_put(&answers, 7, strdup("d\n"));
    answers_put(&answers, 1, strdup("a\n"));
    goes_out(&answers, "a\nb\n");
    goes_out(&answers, NULL);
    answers_put(&answers, 5, strdup("c\n"));
    goes_out(&answers, "c\nd\n");
    assert_int_equal(answers.count, 1);
    answers_put(&answers, 9, strdup("e\n"));
    goes_out(&answers, "e\n");
    assert_int_equal(answers.count, 0);
    answers_clear(&answers);
}

static void a_ticket_is_known_until_its_answer_went_out(void **unused)
{
    (void)unused;
    struct answers answers = {0};
    assert_false(answers_has(&answers, 1));
    assert_true(answers_expect(&answers, 1) && answers_expect(&answers, 4));
    assert_true(answers_has(&answers, 1) && answers_has(&answers, 4));
    assert_false(answers_has(&answers, 2) || answers_has(&answers, 5));
    answers_put(&answers, 1, strdup("a\n"));
    assert_true(answers_has(&answers, 1));
    goes_out(&answers, "a\n");
    assert_false(answers_has(&answers, 1));
    answers_put(&answers, 4, strdup("never read\n"));
    answers_clear(&answers);
    assert_false(answers_has(&answers, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_keep_the_order_of_the_requests),
        cmocka_unit_test(a_ticket_is_known_until_its_answer_went_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
