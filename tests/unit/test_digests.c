/* Digests: two tables that are the same have the same, others differ where they differ (K6). What is kept from the last time is
 * held against a slow computation from the words of the rule. */
#include "unit/with_network.h"

#include <sodium.h>

#include "core/common/id.h"
#include "core/node/digests.h"
#include "core/node/told.h"

#define OWN 25u /* Z */

static void base_make(struct base *base)
{
    struct hc_node_config config = {.network = network, .address = "127.0.0.1:9000", .gossip_interval_ms = 1000};
    config.identity = *test_identity(OWN);
    MUST(base_init(base, &config));
    base->now_ms = 1000;
}

/* Takes rows in as a node does: whoever is new is a live member. */
static void take(struct base *base, const char *text)
{
    struct hc_row *rows[OWNERS_MAX];
    size_t count = rows_from(network, rows, COUNT_OF(rows), &text);
    struct merge merge;
    MUST(table_merge(&base->table, &merge, rows, count, base->identity.id));
    for (size_t i = 0; i < merge.change_count; i++) {
        struct member *member;
        if (!merge.changes[i].before) {
            MUST(members_add(&base->members, &member, merge.changes[i].after->fields.id, HC_MEMBER_LIVE, base->now_ms,
                             &base->random));
        }
    }
    merge_free(&merge);
    rows_unref(rows, count);
}

static void put_own(struct base *base, const char *line)
{
    struct hc_row *row = row_of_line(network, line);
    MUST(table_put_own(&base->table, row));
    hc_row_unref(row);
}

static struct member *member_of(const struct base *base, char owner)
{
    struct member *member = members_find(&base->members, test_identity((unsigned)(owner - 'A'))->id);
    assert_non_null(member);
    return member;
}

static void drop(struct base *base, char owner, enum hc_code reason)
{
    struct member *member = member_of(base, owner);
    members_drop(&base->members, member, reason, base->now_ms);
    digests_judge(base, member);
}

static void forget(struct base *base, char owner)
{
    const uint8_t *id = test_identity((unsigned)(owner - 'A'))->id;
    members_remove(&base->members, id);
    table_remove(&base->table, id);
}

/* ---- The slow way ---- */

static size_t slow_entry(uint8_t *out, const struct base *base, const struct entry *entry, bool whole)
{
    const struct member *member = members_find(&base->members, entry_id(entry));
    size_t bytes = 0;
    if (member && member->untold) {
        return 0;
    }
    for (size_t b = 0; b < entry->branch_count; b++, bytes += HC_HASH_BYTES) {
        memcpy(out + bytes, entry->branches[b]->hash, HC_HASH_BYTES);
    }
    if (whole) {
        out[bytes++] = member ? member->status != HC_MEMBER_LIVE : entry_row(entry)->fields.left;
    }
    return bytes;
}

static void slow(uint8_t digest[static HC_DIGEST_BYTES], uint8_t buckets[static BUCKETS][HC_DIGEST_BYTES],
                 const struct base *base, bool whole)
{
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        uint8_t bytes[OWNERS_MAX * (BRANCHES_MAX * HC_HASH_BYTES + 1)], hash[HC_HASH_BYTES];
        size_t used = 0;
        for (size_t i = 0; i < base->table.count; i++) {
            const struct entry *entry = &base->table.entries[i];
            crypto_generichash(hash, sizeof hash, entry_id(entry), HC_ID_BYTES, NULL, 0);
            used += hash[0] == bucket ? slow_entry(bytes + used, base, entry, whole) : 0;
        }
        crypto_generichash(buckets[bucket], HC_DIGEST_BYTES, bytes, used, NULL, 0);
    }
    crypto_generichash(digest, HC_DIGEST_BYTES, buckets[0], (size_t)BUCKETS * HC_DIGEST_BYTES, NULL, 0);
}

static void assert_right(const struct base *base)
{
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES], slow_rows[HC_DIGEST_BYTES], slow_whole[HC_DIGEST_BYTES];
    uint8_t buckets[BUCKETS][HC_DIGEST_BYTES];
    assert_true(digests_verify(base)); /* before what is stale is hashed anew */
    digests_now(rows, whole, base);
    slow(slow_rows, buckets, base, false);
    assert_memory_equal(rows, slow_rows, sizeof rows);
    slow(slow_whole, buckets, base, true);
    assert_memory_equal(whole, slow_whole, sizeof whole);
    assert_memory_equal(digests_buckets(base), buckets, sizeof buckets);
    assert_true(digests_verify(base));
}

/* ---- Tests ---- */

/* K6: whatever changes, the digests are those of what is there. */
static void digests_follow_every_change(void **unused)
{
    (void)unused;
    struct base base;
    base_make(&base);
    assert_right(&base);
    take(&base, "A1:10, B1:5, C1:20, D1:0");
    assert_right(&base);
    put_own(&base, "Z1:10");
    assert_right(&base);
    take(&base, "A2:10 B5");
    assert_right(&base);
    take(&base, "A2:10 C5");
    assert_true(entry_is_forked(table_find(&base.table, test_identity(0)->id)));
    assert_right(&base);
    drop(&base, 'B', HC_SILENT);
    assert_right(&base);
    drop(&base, 'A', HC_SILENT);
    take(&base, "B2:5, E1:3");
    assert_right(&base);
    members_return(&base.members, member_of(&base, 'A'), &base.random);
    assert_right(&base);
    drop(&base, 'D', HC_LEFT);
    forget(&base, 'D');
    assert_right(&base);
    put_own(&base, "Z2:10 left");
    assert_right(&base);
    base_free(&base);
}

static void random_change(struct base *base, struct random *random)
{
    char line[16], owner = (char)('A' + random_below(random, 12));
    struct member *member = members_find(&base->members, test_identity((unsigned)(owner - 'A'))->id);
    unsigned what = (unsigned)random_below(random, 5);
    if (!member || what == 0) {
        (void)snprintf(line, sizeof line, "%c%u:10%s", owner, 1 + (unsigned)random_below(random, 30),
                       random_below(random, 2) ? "'" : "");
        take(base, line);
    } else if (what == 1 && member->status == HC_MEMBER_LIVE) {
        drop(base, owner, random_below(random, 2) ? HC_SILENT : HC_LEFT);
    } else if (what == 2 && member->status != HC_MEMBER_LIVE) {
        members_return(&base->members, member, &base->random);
    } else if (what == 3 && member->status != HC_MEMBER_LIVE) {
        forget(base, owner);
    } else {
        base->now_ms += (int64_t)(AGE_TOLD_MS_MAX / 4);
        digests_sweep(base);
    }
}

static void digests_follow_many_changes(void **unused)
{
    (void)unused;
    struct base base;
    struct random random;
    base_make(&base);
    random_from(&random, 6);
    for (unsigned i = 0; i < 1000; i++) {
        random_change(&base, &random);
        assert_true(digests_verify(&base));
        if (random_below(&random, 4) == 0) {
            assert_right(&base);
        }
    }
    base_free(&base);
}

/* K6, M7: the same rows, in whatever order they came, have the same digests. */
static void order_does_not_matter(void **unused)
{
    (void)unused;
    static const char *const lines[] = {"A1:10", "B1:5", "A2:10 B5", "A2:10 C5", "C3:20 A1", "D1:0"};
    struct random random;
    uint8_t rows[2][HC_DIGEST_BYTES], whole[2][HC_DIGEST_BYTES];
    random_from(&random, 7);
    for (unsigned run = 0; run < 50; run++) {
        struct base base;
        bool taken[COUNT_OF(lines)] = {false};
        base_make(&base);
        for (size_t left = COUNT_OF(lines); left > 0;) {
            size_t i = (size_t)random_below(&random, COUNT_OF(lines));
            if (!taken[i]) {
                take(&base, lines[i]);
                taken[i] = true;
                left--;
            }
            if (random_below(&random, 3) == 0) {
                digests_now(rows[1], whole[1], &base);
            }
        }
        digests_now(rows[run > 0], whole[run > 0], &base);
        if (run > 0) {
            assert_memory_equal(rows[0], rows[1], sizeof rows[0]);
            assert_memory_equal(whole[0], whole[1], sizeof whole[0]);
        }
        base_free(&base);
    }
}

/* K6: what differs shows in the bucket of its owner, and in no other; a status only in the whole. */
static void differences_show_in_their_bucket(void **unused)
{
    (void)unused;
    struct base base;
    uint8_t before[BUCKETS][HC_DIGEST_BYTES], rows[2][HC_DIGEST_BYTES], whole[2][HC_DIGEST_BYTES];
    base_make(&base);
    take(&base, "A1:10, B1:5, C1:20, D1:0, E1:0, F1:0, G1:0");
    for (int change = 0; change < 2; change++) {
        memcpy(before, digests_buckets(&base), sizeof before);
        digests_now(rows[0], whole[0], &base);
        if (change == 0) {
            take(&base, "C2:20");
        } else {
            drop(&base, 'C', HC_SILENT);
        }
        for (unsigned b = 0; b < BUCKETS; b++) {
            bool same = memcmp(before[b], digests_buckets(&base)[b], HC_DIGEST_BYTES) == 0;
            assert_int_equal(same, b != bucket_of(test_identity(2)->id));
        }
        digests_now(rows[1], whole[1], &base);
        assert_true((memcmp(rows[0], rows[1], sizeof rows[0]) == 0) == (change == 1));
        assert_true(memcmp(whole[0], whole[1], sizeof whole[0]) != 0);
    }
    base_free(&base);
}

/* P10, K6: who is on its way to be forgotten, or gone only by our guess, is in neither digest, and is not told. */
static void the_untold_are_in_no_digest(void **unused)
{
    (void)unused;
    struct base base;
    uint8_t rows[3][HC_DIGEST_BYTES], whole[3][HC_DIGEST_BYTES];
    base_make(&base);
    take(&base, "A1:10, C1:5");
    digests_now(rows[0], whole[0], &base);
    take(&base, "B1:20");
    drop(&base, 'B', HC_SILENT);
    digests_now(rows[1], whole[1], &base);
    assert_true(memcmp(rows[0], rows[1], sizeof rows[0]) != 0);

    base.now_ms += (int64_t)AGE_TOLD_MS_MAX;
    digests_sweep(&base);
    assert_false(digests_tell(member_of(&base, 'B')));
    assert_right(&base);
    digests_now(rows[2], whole[2], &base);
    assert_memory_equal(rows[0], rows[2], sizeof rows[0]);
    assert_memory_equal(whole[0], whole[2], sizeof whole[0]);

    take(&base, "A2:10 B1"); /* touched by a payment, it is told again */
    digests_sweep(&base);
    assert_true(digests_tell(member_of(&base, 'B')));
    assert_right(&base);

    member_of(&base, 'B')->guessed = true;
    digests_judge(&base, member_of(&base, 'B'));
    assert_false(digests_tell(member_of(&base, 'B')));
    assert_right(&base);
    members_return(&base.members, member_of(&base, 'B'), &base.random);
    member_of(&base, 'B')->guessed = false;
    assert_true(digests_tell(member_of(&base, 'B')));
    assert_true(digests_tell(NULL));
    assert_right(&base);
    base_free(&base);
}

/* K12: a state's digest is that of the rows, at its teller and at whoever reads it. */
static void a_state_has_the_digest_of_its_rows(void **unused)
{
    (void)unused;
    struct base base;
    struct told told = {0};
    struct hc_message message = {.type = HC_MESSAGE_REQUEST}, read;
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES], digest[HC_DIGEST_BYTES];
    char *line;
    size_t bytes;
    base_make(&base);
    put_own(&base, "Z1:10");
    take(&base, "A2:10 B5, B1:5, C1:20, D2:20 C1, E1:0, F1:1");
    take(&base, "A2:10 C5, D2:20 B1");
    drop(&base, 'D', HC_SILENT);
    drop(&base, 'E', HC_SILENT);
    memcpy(message.network, network->id, HC_NETWORK_BYTES);
    id_copy(message.from, base.identity.id);
    message.state = told_now(&told, &base);
    assert_non_null(message.state);
    assert_int_equal(message.state->fork_count, 4);
    assert_int_equal(message.state->gone_count, 2);
    digests_now(rows, whole, &base);
    state_digest(digest, message.state);
    assert_memory_equal(digest, rows, sizeof rows);
    MUST(hc_wire_encode(&line, &bytes, &message));
    MUST(hc_wire_decode(&read, line, bytes - 1, network->id, NULL));
    state_digest(digest, read.state);
    assert_memory_equal(digest, rows, sizeof rows);

    /* In whatever order a teller puts the branches of a fork. */
    struct hc_state *mixed;
    MUST(state_new(&mixed));
    for (size_t i = message.state->live_count; i-- > 0;) {
        MUST(state_add_live(mixed, message.state->live[i]));
    }
    for (size_t i = message.state->gone_count; i-- > 0;) {
        MUST(state_add_gone(mixed, message.state->gone[i].row, 9));
    }
    for (size_t i = message.state->fork_count; i-- > 0;) {
        MUST(state_add_fork(mixed, message.state->forks[i]));
    }
    state_seal(mixed);
    state_digest(digest, mixed);
    assert_memory_equal(digest, rows, sizeof rows);
    state_unref(mixed);
    hc_wire_free(line);
    hc_message_clear(&message);
    hc_message_clear(&read);
    told_free(&told);
    base_free(&base);
}

/* K7: an entry is listed by the beginning of its hash; a fork by that of all its branches. */
static void entries_are_listed_by_hash(void **unused)
{
    (void)unused;
    struct base base;
    uint8_t hash[ID_SHORT_BYTES], hashes[2 * HC_HASH_BYTES], digest[HC_DIGEST_BYTES];
    base_make(&base);
    take(&base, "A2:10 B5, B1:5");
    const struct entry *entry = table_find(&base.table, test_identity(0)->id);
    entry_listed_hash(hash, entry);
    assert_memory_equal(hash, entry_row(entry)->hash, sizeof hash);
    take(&base, "A2:10 C5");
    entry = table_find(&base.table, test_identity(0)->id);
    assert_int_equal(entry->branch_count, 2);
    memcpy(hashes, entry->branches[0]->hash, HC_HASH_BYTES);
    memcpy(hashes + HC_HASH_BYTES, entry->branches[1]->hash, HC_HASH_BYTES);
    crypto_generichash(digest, sizeof digest, hashes, sizeof hashes, NULL, 0);
    entry_listed_hash(hash, entry);
    assert_memory_equal(hash, digest, sizeof hash);
    base_free(&base);
}

/* A digest that is not noted as out of date, and is, is found by node_verify. */
static void a_wrong_digest_is_found(void **unused)
{
    (void)unused;
    struct base base;
    base_make(&base);
    take(&base, "A1:10, B1:5");
    assert_right(&base);
    member_of(&base, 'A')->status = HC_MEMBER_DROPPED; /* behind the members' back */
    assert_false(digests_verify(&base));
    base_free(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_follow_every_change), cmocka_unit_test(digests_follow_many_changes),
        cmocka_unit_test(order_does_not_matter),       cmocka_unit_test(differences_show_in_their_bucket),
        cmocka_unit_test(the_untold_are_in_no_digest), cmocka_unit_test(a_state_has_the_digest_of_its_rows),
        cmocka_unit_test(entries_are_listed_by_hash),  cmocka_unit_test(a_wrong_digest_is_found),
    };
    return cmocka_run_group_tests(tests, network_setup, network_teardown);
}
