/* Which peers a node asks next (P2, P5, P6), and its one source of chance. */
#include "rows.h"

#include "core/node/members.h"

static struct random chance;

static void id_make(uint8_t *id, unsigned number)
{
    memset(id, 0, HC_ID_BYTES);
    id[0] = (uint8_t)(number * 37);
    id[1] = (uint8_t)number;
    id[2] = (uint8_t)(number >> 8);
}

static struct member *add(struct members *members, unsigned number, enum hc_member_status status)
{
    struct member *member;
    uint8_t id[HC_ID_BYTES];
    id_make(id, number);
    MUST(members_add(members, &member, id, status, 5, &chance));
    assert_true(members_verify(members));
    return member;
}

static struct member *find(const struct members *members, unsigned number)
{
    uint8_t id[HC_ID_BYTES];
    id_make(id, number);
    return members_find(members, id);
}

static unsigned number_of(const uint8_t *id)
{
    return id[1] | (unsigned)id[2] << 8;
}

/* P2: no peer waits more than ceil(live / fanout) rounds for its turn, whatever both numbers are, and none is asked
 * twice in one round. */
static void no_peer_waits_longer_than_its_share(void **unused)
{
    (void)unused;
    for (unsigned live = 1; live <= 40; live++) {
        for (unsigned fanout = 1; fanout <= live; fanout++) {
            struct members members;
            uint8_t ids[40][HC_ID_BYTES];
            unsigned last[40] = {0}, bound = (live + fanout - 1) / fanout;
            random_from(&chance, live * 100 + fanout);
            members_init(&members);
            for (unsigned i = 0; i < live; i++) {
                add(&members, i, HC_MEMBER_LIVE);
            }
            for (unsigned round = 1; round <= 5 * bound; round++) {
                bool asked[40] = {false};
                assert_int_equal(members_pick_live(&members, ids, fanout), fanout);
                for (unsigned i = 0; i < fanout; i++) {
                    unsigned number = number_of(ids[i]);
                    assert_false(asked[number]);
                    asked[number] = true;
                    assert_true(round - last[number] <= bound);
                    last[number] = round;
                }
            }
            for (unsigned i = 0; i < live; i++) {
                assert_true(5 * bound - last[i] < bound);
            }
            members_free(&members);
        }
    }
}

/* P2: that also holds for the peers that stay while others come and go. */
static void peers_that_stay_keep_their_turns(void **unused)
{
    (void)unused;
    enum { STAY = 12, FANOUT = 4, ROUNDS = 400 };
    struct members members;
    uint8_t ids[FANOUT][HC_ID_BYTES];
    unsigned last[STAY] = {0}, oldest = STAY, next = STAY, live = STAY, longest = 0;
    random_from(&chance, 3);
    members_init(&members);
    for (unsigned i = 0; i < STAY; i++) {
        add(&members, i, HC_MEMBER_LIVE);
    }
    for (unsigned round = 1; round <= ROUNDS; round++) {
        unsigned count = (unsigned)members_pick_live(&members, ids, FANOUT);
        for (unsigned i = 0; i < count; i++) {
            unsigned number = number_of(ids[i]);
            if (number < STAY) {
                longest = round - last[number] > longest ? round - last[number] : longest;
                last[number] = round;
            }
        }
        /* One comes, or one that came earlier goes: 12 to 16 are live. */
        if (live < 16) {
            add(&members, next++, HC_MEMBER_LIVE);
            live++;
        } else {
            uint8_t id[HC_ID_BYTES];
            id_make(id, oldest);
            members_drop(&members, find(&members, oldest++), HC_SILENT, 9);
            members_remove(&members, id);
            live--;
        }
        assert_true(members_verify(&members));
    }
    assert_true(longest >= 3 && longest <= 5); /* ceil(16 / 4), and one for a peer that came in before it */
    members_free(&members);
}

/* P2: when a peer comes or goes in the middle of a walk, the others keep their order; none is left out or asked
 * twice. */
static void the_walk_goes_on_where_it_was(void **unused)
{
    (void)unused;
    enum { LIVE = 10 };
    for (unsigned seed = 0; seed < 300; seed++) {
        struct members members;
        uint8_t id[1][HC_ID_BYTES];
        unsigned order[LIVE];
        random_from(&chance, seed);
        members_init(&members);
        for (unsigned i = 0; i < LIVE; i++) {
            add(&members, i, HC_MEMBER_LIVE);
        }
        for (unsigned i = 0; i < LIVE; i++) {
            assert_int_equal(members_pick_live(&members, id, 1), 1);
            order[i] = number_of(id[0]);
        }
        unsigned asked = (unsigned)random_below(&chance, LIVE), gone = LIVE;
        for (unsigned i = 0; i < asked; i++) {
            (void)members_pick_live(&members, id, 1);
        }
        if (seed % 2 == 0) {
            add(&members, LIVE, HC_MEMBER_LIVE);
        } else {
            gone = (unsigned)random_below(&chance, LIVE);
            members_drop(&members, find(&members, order[gone]), HC_SILENT, 0);
        }
        for (unsigned i = asked; i < LIVE; i++) {
            if (i == gone) {
                continue;
            }
            (void)members_pick_live(&members, id, 1);
            if (number_of(id[0]) == LIVE) { /* the new peer has its turn at its place */
                (void)members_pick_live(&members, id, 1);
            }
            assert_int_equal(number_of(id[0]), order[i]);
        }
        members_free(&members);
    }
}

/* P2: doubts about peers, however many and in every round, keep no peer from its turn: it comes within twice the
 * rounds. The doubted peers have their turns, too. */
static void doubts_keep_no_peer_from_its_turn(void **unused)
{
    (void)unused;
    enum { LIVE = 24 };
    for (unsigned fanout = 1; fanout <= 8; fanout++) {
        struct members members;
        uint8_t ids[LIVE][HC_ID_BYTES];
        unsigned last[LIVE] = {0}, bound = (LIVE + fanout - 1) / fanout;
        random_from(&chance, fanout);
        members_init(&members);
        for (unsigned i = 0; i < LIVE; i++) {
            add(&members, i, HC_MEMBER_LIVE);
        }
        for (unsigned round = 1; round <= 10 * bound; round++) {
            for (unsigned i = 0; i < LIVE; i += 2) {
                find(&members, i)->urgency = URGENCY_HINT;
            }
            assert_int_equal(members_pick_live(&members, ids, fanout), fanout);
            for (unsigned i = 0; i < fanout; i++) {
                unsigned number = number_of(ids[i]);
                if (round - last[number] > 2 * bound + 1) {
                    fail_msg("%u a round: %u waited for %u rounds", fanout, number, round - last[number]);
                }
                last[number] = round;
            }
        }
        for (unsigned i = 0; i < LIVE; i++) {
            assert_true(10 * bound - last[i] <= 2 * bound + 1);
        }
        members_free(&members);
    }
}

/* P4: a peer that another one disagrees about is asked first, and takes one place of the round, not two. */
static void the_urgent_come_first(void **unused)
{
    (void)unused;
    struct members members;
    uint8_t ids[10][HC_ID_BYTES];
    random_from(&chance, 4);
    members_init(&members);
    for (unsigned i = 0; i < 10; i++) {
        add(&members, i, HC_MEMBER_LIVE);
    }
    for (unsigned urgent = 0; urgent < 10; urgent++) {
        find(&members, urgent)->urgency = URGENCY_HINT;
        assert_int_equal(members_pick_live(&members, ids, 3), 3);
        assert_int_equal(number_of(ids[0]), urgent);
        assert_true(number_of(ids[1]) != urgent && number_of(ids[2]) != urgent);
        find(&members, urgent)->urgency = URGENCY_NONE;
    }
    find(&members, 3)->urgency = URGENCY_HINT;
    assert_int_equal(members_pick_live(&members, ids, 10), 10);
    assert_int_equal(members_pick_live(&members, ids, 0), 0);
    members_free(&members);
}

/* P6: each round tries one dropped peer at random, so that each has its turn; peers that said goodbye are not tried. */
static void the_dropped_are_tried_at_random(void **unused)
{
    (void)unused;
    struct members members;
    uint8_t ids[12][HC_ID_BYTES];
    unsigned tried[12] = {0};
    random_from(&chance, 5);
    members_init(&members);
    assert_int_equal(members_pick_gone(&members, ids, 8, &chance), 0);
    for (unsigned i = 0; i < 12; i++) {
        add(&members, i, i < 4 ? HC_MEMBER_LIVE : i < 10 ? HC_MEMBER_DROPPED : HC_MEMBER_LEFT);
    }
    for (unsigned round = 0; round < 600; round++) {
        assert_int_equal(members_pick_gone(&members, ids, 8, &chance), 1);
        tried[number_of(ids[0])]++;
    }
    for (unsigned i = 0; i < 12; i++) {
        assert_true(i >= 4 && i < 10 ? tried[i] > 60 && tried[i] < 140 : tried[i] == 0);
    }
    members_free(&members);
}

/* P5, P6: a gone peer that called or signed a newer row comes before one that others only disagree about. */
static void callers_are_tried_first(void **unused)
{
    (void)unused;
    struct members members;
    uint8_t ids[12][HC_ID_BYTES];
    random_from(&chance, 6);
    members_init(&members);
    for (unsigned i = 0; i < 12; i++) {
        add(&members, i, i < 2 ? HC_MEMBER_LIVE : HC_MEMBER_DROPPED);
    }
    find(&members, 5)->urgency = URGENCY_HINT;
    find(&members, 9)->urgency = URGENCY_CALLED;
    assert_int_equal(members_pick_gone(&members, ids, 8, &chance), 3);
    assert_int_equal(number_of(ids[0]), 9);
    assert_int_equal(number_of(ids[1]), 5);
    assert_true(number_of(ids[2]) >= 2 && number_of(ids[2]) != 9 && number_of(ids[2]) != 5);
    assert_int_equal(members_pick_gone(&members, ids, 1, &chance), 1);
    assert_int_equal(number_of(ids[0]), 9);
    assert_int_equal(members_pick_gone(&members, ids, 0, &chance), 0);
    members_free(&members);
}

/* P6: however many peers call and cannot be reached, the others have their turns, so a split heals. */
static void callers_do_not_keep_others_out(void **unused)
{
    (void)unused;
    struct members members;
    uint8_t ids[12][HC_ID_BYTES];
    bool tried[12] = {false};
    random_from(&chance, 9);
    members_init(&members);
    for (unsigned i = 0; i < 12; i++) {
        add(&members, i, HC_MEMBER_DROPPED)->urgency = i < 10 ? URGENCY_CALLED : URGENCY_NONE;
    }
    for (unsigned round = 0; round < 50; round++) {
        assert_int_equal(members_pick_gone(&members, ids, 4, &chance), 4);
        for (size_t i = 0; i < 4; i++) {
            tried[number_of(ids[i])] = true;
        }
    }
    assert_true(tried[10] && tried[11]);
    members_free(&members);
}

/* P3, P8: dropping and returning keep the counts, the reason and the time of the change right. */
static void opinions_change(void **unused)
{
    (void)unused;
    struct members members;
    random_from(&chance, 7);
    members_init(&members);
    struct member *member = add(&members, 1, HC_MEMBER_LIVE);
    assert_int_equal(members.live_count, 1);
    member->urgency = URGENCY_HINT;
    member->told_known = true;
    uint64_t revision = members.revision;
    members_drop(&members, member, HC_SILENT, 100);
    assert_true(members_verify(&members));
    assert_int_equal(member->status, HC_MEMBER_DROPPED);
    assert_int_equal(member->reason, HC_SILENT);
    assert_int_equal(member->gone_ms, 100);
    assert_int_equal(member->urgency, URGENCY_NONE);
    assert_false(member->told_known);
    assert_int_equal(members.live_count, 0);
    assert_true(members.revision > revision);
    members_drop(&members, member, HC_LEFT, 200);
    assert_int_equal(member->status, HC_MEMBER_LEFT);
    assert_int_equal(member->gone_ms, 100); /* gone since the first time */
    members_return(&members, member, &chance);
    assert_int_equal(member->status, HC_MEMBER_LIVE);
    assert_int_equal(member->reason, HC_OK);
    assert_true(members_verify(&members));
    assert_null(find(&members, 2));
    members_free(&members);
}

/* P10: the smallest age that is told counts, but no less than half of what we know. */
static void ages_are_believed_within_bounds(void **unused)
{
    (void)unused;
    const int64_t hour = 3600 * 1000, half = (int64_t)FORGET_MS / 2;
    const uint32_t week_s = 7 * 24 * 3600;
    struct member member = {.status = HC_MEMBER_DROPPED};
    member_learn_age(&member, 3600, 10 * hour);
    assert_int_equal(member.gone_ms, 9 * hour);
    assert_int_equal(member.lifeless_ms, 10 * hour);
    member_hear_age(&member, 7200, 10 * hour); /* more */
    assert_int_equal(member.gone_ms, 9 * hour);
    member_hear_age(&member, 1800, 10 * hour); /* less */
    assert_int_equal(member.gone_ms, 9 * hour + hour / 2);
    member_hear_age(&member, 0, 500 * hour);
    assert_int_equal(member.gone_ms, 10 * hour + half);
    assert_int_equal(member.lifeless_ms, 10 * hour);
    member_learn_age(&member, week_s, 1000 * hour);
    assert_int_equal(member.gone_ms, 1000 * hour - half);
    member_shows_life(&member, 1001 * hour);
    assert_int_equal(member.gone_ms, 1001 * hour);
    assert_int_equal(member.lifeless_ms, 1001 * hour);
}

/* Without memory a member is not added; with a place reserved it always is. */
static void no_memory_adds_no_member(void **unused)
{
    (void)unused;
    struct members members;
    struct member *member;
    uint8_t id[HC_ID_BYTES];
    random_from(&chance, 8);
    members_init(&members);
    id_make(id, 1);
    for (long after = 0; after < 2; after++) {
        memory_fail_after(after);
        enum hc_code code = members_add(&members, &member, id, HC_MEMBER_LIVE, 0, &chance);
        memory_fail_after(-1);
        assert_int_equal(code, HC_NO_MEMORY);
        assert_null(member);
        assert_true(members_verify(&members));
    }
    MUST(members_reserve(&members, 3));
    memory_fail_after(0);
    for (unsigned i = 0; i < 3; i++) {
        add(&members, i, HC_MEMBER_LIVE);
    }
    memory_fail_after(-1);
    assert_int_equal(members.live_count, 3);
    members_free(&members);
}

/* Chance: one seed gives one run, another seed another; every number below the bound is equally likely. */
static void chance_is_repeatable_and_fair(void **unused)
{
    (void)unused;
    struct random a, b, c;
    uint8_t x[700], y[700], z[700];
    unsigned counts[6] = {0};
    random_from(&a, 1);
    random_from(&b, 1);
    random_from(&c, 2);
    random_bytes(&a, x, sizeof x);
    for (size_t i = 0; i < sizeof y; i += 7) {
        random_bytes(&b, y + i, 7); /* in pieces, the same bytes */
    }
    random_bytes(&c, z, sizeof z);
    assert_memory_equal(x, y, sizeof x);
    assert_memory_not_equal(x, z, sizeof x);
    assert_memory_not_equal(x, x + 256, 256); /* the stream goes on, block after block */
    for (unsigned i = 0; i < 60000; i++) {
        uint64_t number = random_below(&a, 6);
        assert_true(number < 6);
        counts[number]++;
    }
    for (unsigned i = 0; i < 6; i++) {
        assert_true(counts[i] > 9600 && counts[i] < 10400);
    }
    assert_int_equal(random_below(&a, 1), 0);
    assert_true(random_below(&a, UINT64_MAX) < UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_peer_waits_longer_than_its_share),
        cmocka_unit_test(peers_that_stay_keep_their_turns),
        cmocka_unit_test(the_walk_goes_on_where_it_was),
        cmocka_unit_test(doubts_keep_no_peer_from_its_turn),
        cmocka_unit_test(the_urgent_come_first),
        cmocka_unit_test(the_dropped_are_tried_at_random),
        cmocka_unit_test(callers_are_tried_first),
        cmocka_unit_test(callers_do_not_keep_others_out),
        cmocka_unit_test(opinions_change),
        cmocka_unit_test(ages_are_believed_within_bounds),
        cmocka_unit_test(no_memory_adds_no_member),
        cmocka_unit_test(chance_is_repeatable_and_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
