/* What is remembered of a peer, and in how much room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/node/story.h"

static struct hc_story_entry entries[HC_STORY_MAX];

static void the_last_entries_are_kept(void **unused)
{
    (void)unused;
    struct story *story = NULL;
    assert_int_equal(story_read(story, entries), 0);
    for (int64_t at = 0; at < 100; at++) {
        story_add(&story, at, at % 2 ? HC_STORY_LINKED : HC_STORY_UNLINKED, HC_OK, NULL);
    }
    assert_int_equal(story_read(story, entries), HC_STORY_MAX);
    for (int64_t i = 0; i < HC_STORY_MAX; i++) {
        assert_int_equal(entries[i].at_ms, 100 - HC_STORY_MAX + i);
    }
    story_free(&story);
    assert_null(story);
}

static void who_said_so_is_kept(void **unused)
{
    (void)unused;
    const uint8_t by[HC_ID_BYTES] = {7};
    struct story *story = NULL;
    story_add(&story, 5, HC_STORY_HINT, HC_SILENT, by);
    assert_int_equal(story_read(story, entries), 1);
    assert_true(entries[0].has_by && entries[0].by[0] == 7 && entries[0].code == HC_SILENT);
    story_free(&story);
}

/* A peer that is dropped is asked again and again: why it was dropped must not be lost for that. */
static void asks_with_the_same_end_are_folded(void **unused)
{
    (void)unused;
    struct story *story = NULL;
    story_add(&story, 1, HC_STORY_DROPPED, HC_CLOSED, NULL);
    for (int64_t at = 2; at < 1000; at += 2) {
        story_add(&story, at, HC_STORY_ASKED, HC_OK, NULL);
        story_add(&story, at + 1, HC_STORY_FAILED, HC_UNREACHABLE, NULL);
    }
    assert_int_equal(story_read(story, entries), 3);
    assert_int_equal(entries[0].kind, HC_STORY_DROPPED);
    assert_int_equal(entries[1].at_ms, 2);
    assert_int_equal(entries[2].at_ms, 999);
    story_add(&story, 1000, HC_STORY_ASKED, HC_OK, NULL);
    story_add(&story, 1001, HC_STORY_FAILED, HC_SILENT, NULL); /* another end: that is news */
    assert_int_equal(story_read(story, entries), 5);
    story_free(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_entries_are_kept),
        cmocka_unit_test(who_said_so_is_kept),
        cmocka_unit_test(asks_with_the_same_end_are_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
