/* The queue of those to ask: nobody stands in it twice for a hint, and it takes no more room than those who wait. */
#include "unit/rows.h"

#include "core/node/targets.h"

static void a_hint_finds_its_place_taken(void **unused)
{
    (void)unused;
    struct targets targets = {0};
    struct target target;
    const uint8_t *one = test_identity(1)->id, *other = test_identity(2)->id;
    targets_add_urgent(&targets, one, true);
    targets_add_urgent(&targets, other, false);
    targets_add_urgent(&targets, one, false);
    assert_int_equal(targets_count(&targets), 2);
    assert_true(targets_take(&targets, &target) && target.hinted);
    targets_add_urgent(&targets, one, false); /* it is being asked, and may be asked again */
    assert_int_equal(targets_count(&targets), 2);
    targets_free(&targets);
}

static void those_that_were_taken_make_room(void **unused)
{
    (void)unused;
    struct targets targets = {0};
    struct target target;
    targets_add_member(&targets, test_identity(0)->id);
    for (unsigned i = 1; i < 10000; i++) { /* never empty */
        targets_add_member(&targets, test_identity(i % IDENTITIES)->id);
        assert_true(targets_take(&targets, &target));
        assert_memory_equal(target.id, test_identity((i - 1) % IDENTITIES)->id, HC_ID_BYTES);
    }
    assert_true(targets.capacity < 100);
    targets_free(&targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hint_finds_its_place_taken),
        cmocka_unit_test(those_that_were_taken_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
