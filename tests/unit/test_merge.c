/* The table: how rows replace each other, what is a fork, and which owners can pay (M1-M7, L1-L5). */
#include "with_network.h"

#include <stdlib.h>

#define MESSAGE_ROWS_MAX 64
#define POOL_MAX 64

static const uint8_t key[16] = {7};

/* The id that tables are merged for here: it has no row, so every row is another owner's. */
static const uint8_t *no_owner(void)
{
    return test_identity(100)->id;
}

static void merge_rows(struct table *table, struct hc_row *const *rows, size_t count)
{
    struct merge merge;
    MUST(table_merge(table, &merge, rows, count, no_owner()));
    merge_free(&merge);
    assert_true(table_verify(table));
}

static size_t table_rows(const struct table *table, struct hc_row **rows)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        for (size_t b = 0; b < table->entries[i].branch_count; b++) {
            rows[count++] = table->entries[i].branches[b];
        }
    }
    return count;
}

/* ---- Rules as a text table ---- */

static void print_sum(char *out, size_t room, hc_coin_sum sum)
{
    (void)snprintf(out, room, "%lld", (long long)sum);
}

/* "A2=5 B1=15": each owner's version and balance; a forked owner's with the number of its rows: "A2*2=-5". Then what
 * was refused in the last message: "; waiting 1". */
static void table_print(char *out, size_t room, const struct table *table, const struct merge *merge)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned owner = 0; owner < OWNERS_MAX; owner++) {
        char number[32];
        const struct entry *entry = table_find(table, test_identity(owner)->id);
        hc_coin_sum balance = table_balance(table, test_identity(owner)->id);
        print_sum(number, sizeof number, balance);
        if (entry) {
            used += (size_t)snprintf(out + used, room - used, "%s%c%llu", used ? " " : "", 'A' + (char)owner,
                                     (unsigned long long)entry_row(entry)->fields.version / TEST_VERSION);
            if (entry_is_forked(entry)) {
                used += (size_t)snprintf(out + used, room - used, "*%zu", entry->branch_count);
            }
            used += (size_t)snprintf(out + used, room - used, "=%s", number);
        } else if (balance != 0) {
            used += (size_t)snprintf(out + used, room - used, "%s(%c=%s)", used ? " " : "", 'A' + (char)owner, number);
        }
    }
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        if (merge->refused[code] > 0) {
            used += (size_t)snprintf(out + used, room - used, "; %s %zu", hc_code_name((enum hc_code)code),
                                     merge->refused[code]);
        }
    }
}

/* Messages, separated by '|', go into an empty table one after the other; then what it holds. */
static void rules_as_a_table(void **unused)
{
    (void)unused;
    static const struct {
        const char *rule, *messages, *then;
    } cases[] = {
        {"M1: a row of an unknown owner is taken in", "A1:10", "A1=10"},
        {"M1: and of several", "B1:10, A1:20, C1:0", "A1=20 B1=10 C1=0"},
        {"M2: what is known is ignored", "A1:10 | A1:10", "A1=10"},
        {"M2: what is older is ignored", "A2:10 | A1:50", "A2=10"},
        {"M3: a newer row takes the old one's place", "A1:10 | A2:50", "A2=50"},
        {"M3: versions may be skipped", "A1:10 | A7:50 | A3:20", "A7=50"},
        {"M3: of one message, too", "A1:10, A7:50, A3:20", "A7=50"},
        {"L1: a balance is coins and credits less what was sent", "A2:10 B4, B1:5", "A2=6 B1=9"},
        {"L1: several payers, several payees", "A2:10 B4 C1, B2:5 C2, C1:0", "A2=5 B2=7 C1=3"},
        {"L1: a payee without a row has what it was paid", "A2:10 B4", "A2=6 (B=4)"},
        {"L2: sent is a total: skipped versions lose nothing", "A2:10 B1 | A9:10 B7, B1:0", "A9=3 B1=7"},
        {"L2: money received can be passed on", "A2:10 B10, B2:0 C10, C1:0", "A2=0 B2=0 C1=10"},
        {"L3: a row whose owner cannot pay waits", "A2:10 B11", "; waiting 1"},
        {"L3: a known owner keeps its old row", "A1:10 | A2:10 B11", "A1=10; waiting 1"},
        {"L3: of the same message, too", "A1:10, A2:10 B11", "A1=10; waiting 1"},
        {"L3: the row comes again with its credits", "A1:10 | A2:10 B11 | C2:5 A1 | A2:10 B11", "A2=0 (B=11) C2=4"},
        {"L3: or without coming again, when they come", "A1:10 | A2:10 B11 | C2:5 A1", "A2=0 (B=11) C2=4"},
        {"L3: while it waits, it comes for nothing", "A2:10 B11 | A2:10 B11, A2:10 B11", ""},
        {"L3: what comes twice at once waits once", "A2:10 B11, A2:10 B11", "; waiting 1"},
        {"L3: one row waits for another that waits", "C2:0 D10 | B2:0 C10 | A2:10 B10", "A2=0 B2=0 C2=0 (D=10)"},
        {"L3: two rows wait for each other", "A2:5 B25 | B2:0 A20", "A2=0 B2=5"},
        {"L3: three", "A2:1 B10 | B2:0 C10 | C2:0 A9", "A2=0 B2=0 C2=1"},
        {"L3: a credit that is too small", "A2:10 B13 | C2:5 A1 | C3:5 A2", "(A=2) C3=3"},
        {"L3: a newer row outlives one that waits", "A2:10 B11 | A3:20 B11 | C2:5 A1", "A3=10 (B=11) C2=4"},
        {"L3, M6: one that waits can prove a fork later", "A2:10 B11 | A3:10 | C2:5 A1", "A3*2=0 (B=11) C2=4"},
        {"L3: several rows of one owner wait", "A2:10 B11, A3:10 B13 | C2:5 A1 | C3:5 A3", "A3=0 (B=13) C3=2"},
        {"L3: a chain of credits is taken together", "C2:0 D10, B2:0 C10, A2:10 B10", "A2=0 B2=0 C2=0 (D=10)"},
        {"L3: a chain whose first cannot pay waits as a whole", "C2:0 D10, B2:0 C10, A2:5 B10", "; waiting 3"},
        {"L3: but owners that can pay without it do not wait", "C2:10 D10, B2:0 C10, A2:5 B10",
         "C2=0 (D=10); waiting 2"},
        {"L3: two owners that paid each other back and forth are solvent together", "A2:5 B25, B2:0 A20", "A2=0 B2=5"},
        {"L3: one of them alone is not", "A2:5 B25", "; waiting 1"},
        {"L3: a ring is", "A2:1 B10, B2:0 C10, C2:0 A9", "A2=0 B2=0 C2=1"},
        {"L3: a later draw that is too low waits", "A1:10, A2:10 B8 | A3:5 B8", "A2=2 (B=8); waiting 1"},
        {"L3: an earlier row steps in for one that waits", "A2:10 B8, A3:5 B8", "A2=2 (B=8); waiting 1"},
        {"L3: coins that cover all need no credits", "A2:100 B100", "A2=0 (B=100)"},
        {"L5: goodbye keeps the row and the money", "A2:10 B4, B1:0 | A3:10 B4 left", "A3=6 B1=4"},
        {"M6: a payment taken back is a fork", "A2:10 B5 | A3:10", "A3*2=5 (B=5)"},
        {"M6: so is one to another payee instead", "A2:10 B5 | A2:10 C5", "A2*2=0 (B=5) (C=5)"},
        {"M6: of one message, too", "A2:10 B5, A2:10 C5", "A2*2=0 (B=5) (C=5)"},
        {"M6: every payee has the greatest sum", "A2:10 B5 | A3:10 B3 C5", "A3*2=0 (B=5) (C=5)"},
        {"M6, L4: a forked owner can be in debt", "A2:10 B10 | A2:10 C10", "A2*2=-10 (B=10) (C=10)"},
        {"M6: a third row", "A2:10 B5 | A2:10 C5 | A2:10 D5", "A2*3=-5 (B=5) (C=5) (D=5)"},
        {"M6: an older row that conflicts is kept, too", "A3:10 C5 | A2:10 B5", "A3*2=0 (B=5) (C=5)"},
        {"M6: an older row that one of them covers is not", "A3:10 C5 | A2:10 B5 | A1:10", "A3*2=0 (B=5) (C=5)"},
        {"M6: a row that covers all heals", "A2:10 B5 | A2:10 C5 | A3:10 B5 C5", "A3=0 (B=5) (C=5)"},
        {"M6: if the owner can pay for it", "A2:10 B10 | A2:10 C10 | A3:10 B10 C10",
         "A2*2=-10 (B=10) (C=10); waiting 1"},
        {"M6: with a greater draw it can", "A2:10 B10 | A2:10 C10 | A3:20 B10 C10", "A3=0 (B=10) (C=10)"},
        {"M6: with credits it can", "A2:10 B10 | A2:10 C10 | D2:10 A10, A3:10 B10 C10", "A3=0 (B=10) (C=10) D2=0"},
        {"M6: one that covers only some is one more", "A2:10 B5 | A2:10 C5 | A3:10 B5", "A3*2=0 (B=5) (C=5)"},
        {"M6: equal versions of which one covers are no fork", "A2:10 B5 | A2:10 B5 C5", "A2=0 (B=5) (C=5)"},
        {"M6: nor in the other order", "A2:10 B5 C5 | A2:10 B5", "A2=0 (B=5) (C=5)"},
        {"M6: other content, equal payments: one stays", "A2:10 B5 | A2:10' B5", "A2=5 (B=5)"},
        {"L3: sums at their greatest", "A2:0 B9007199254740991, B2:0 A9007199254740991", "A2=0 B2=0"},
        {"L1: a credit greater than any number",
         "A2:0 B9007199254740991 C9007199254740991, B2:0 A9007199254740991 C9007199254740991, "
         "C2:1 A9007199254740991 B9007199254740991",
         "A2=0 B2=0 C2=1"},
        {"L3: one coin more than there is", "A2:0 B9007199254740991, B2:0 A9007199254740990", "; waiting 2"},
        {"L3: a waiting row does not take others with it", "A2:0 B1, C1:5", "C1=5; waiting 1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct table table;
        struct merge merge = {0};
        char then[1024];
        table_init(&table, network, key);
        for (const char *text = cases[i].messages; *text;) {
            struct hc_row *rows[MESSAGE_ROWS_MAX];
            size_t count = rows_from(network, rows, COUNT_OF(rows), &text);
            merge_free(&merge);
            MUST(table_merge(&table, &merge, rows, count, no_owner()));
            assert_true(table_verify(&table));
            rows_unref(rows, count);
        }
        table_print(then, sizeof then, &table, &merge);
        if (strcmp(then, cases[i].then) != 0) {
            fail_msg("%s: %s: '%s', not '%s'", cases[i].rule, cases[i].messages, then, cases[i].then);
        }
        merge_free(&merge);
        table_free(&table);
    }
}

/* M6: of more than four rows that conflict, those with the smallest hashes stay. */
static void a_fork_keeps_four_rows(void **unused)
{
    (void)unused;
    static const char *const lines[] = {"A2:10 B1", "A2:10 C1", "A2:10 D1", "A2:10 E1", "A2:10 F1", "A2:10 G1"};
    struct hc_row *rows[COUNT_OF(lines)];
    struct table table;
    table_init(&table, network, key);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        rows[i] = row_of_line(network, lines[i]);
        merge_rows(&table, &rows[i], 1);
    }
    const struct entry *entry = table_find(&table, rows[0]->fields.id);
    assert_int_equal(entry->branch_count, BRANCHES_MAX);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        size_t smaller = 0;
        bool kept = false;
        for (size_t j = 0; j < COUNT_OF(lines); j++) {
            smaller += memcmp(rows[j]->hash, rows[i]->hash, HC_HASH_BYTES) < 0;
        }
        for (size_t b = 0; b < entry->branch_count; b++) {
            kept = kept || entry->branches[b] == rows[i];
        }
        assert_int_equal(kept, smaller < BRANCHES_MAX);
    }
    rows_unref(rows, COUNT_OF(rows));
    table_free(&table);
}

/* M6, L4: when a row is left out, what it paid no longer counts, and an owner that spent it is in debt without having
 * forked. The entry says so, also after its owner has cured part of the fork. A newcomer sees neither: rows that cannot
 * pay wait. */
static void rows_that_are_left_out_are_remembered(void **unused)
{
    (void)unused;
    struct hc_row *rows[BRANCHES_MAX + 1], *payee_row, *later;
    struct table table, newcomer;
    char line[64];
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        (void)snprintf(line, sizeof line, "A2:10 %c1", 'B' + (char)i);
        struct hc_row *row = row_of_line(network, line);
        unsigned at = i;
        for (; at > 0 && memcmp(rows[at - 1]->hash, row->hash, HC_HASH_BYTES) > 0; at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
    table_init(&table, network, key);
    merge_rows(&table, &rows[BRANCHES_MAX], 1);
    const uint8_t *payee = rows[BRANCHES_MAX]->fields.sent[0].payee;
    for (unsigned i = 1; i <= COUNT_OF(rows); i++) {
        if (memcmp(test_identity(i)->id, payee, HC_ID_BYTES) == 0) {
            (void)snprintf(line, sizeof line, "%c2:0 Z1", 'A' + (char)i);
        }
    }
    payee_row = row_of_line(network, line);
    merge_rows(&table, &payee_row, 1);
    assert_int_equal(table_balance(&table, payee), 0);
    merge_rows(&table, rows, BRANCHES_MAX - 1);
    assert_false(table_find(&table, rows[0]->fields.id)->incomplete); /* there is room for four */
    merge_rows(&table, rows, BRANCHES_MAX);
    assert_true(table_find(&table, rows[0]->fields.id)->incomplete);
    assert_int_equal(table_balance(&table, payee), -1);
    /* A row that covers two of the four. */
    struct hc_sent sent[2] = {rows[0]->fields.sent[0], rows[1]->fields.sent[0]};
    if (memcmp(sent[0].payee, sent[1].payee, HC_ID_BYTES) > 0) {
        struct hc_sent first = sent[1];
        sent[1] = sent[0];
        sent[0] = first;
    }
    struct hc_row_fields fields = rows[0]->fields;
    fields.version = 3 * TEST_VERSION;
    fields.sent = sent;
    fields.sent_count = 2;
    MUST(row_sign(&later, &fields, network, test_identity(0)));
    merge_rows(&table, &later, 1);
    assert_int_equal(table_find(&table, rows[0]->fields.id)->branch_count, 3);
    assert_true(table_find(&table, rows[0]->fields.id)->incomplete);
    assert_int_equal(table_balance(&table, payee), -1);
    struct hc_row *told[8];
    table_init(&newcomer, network, key);
    merge_rows(&newcomer, told, table_rows(&table, told));
    assert_false(table_find(&newcomer, rows[0]->fields.id)->incomplete);
    assert_null(table_find(&newcomer, payee));
    rows_unref(rows, COUNT_OF(rows));
    hc_row_unref(payee_row);
    hc_row_unref(later);
    table_free(&table);
    table_free(&newcomer);
}

/* M2: what is known already is ignored before its signature is looked at. */
static void known_rows_cost_no_signature(void **unused)
{
    (void)unused;
    struct hc_row *old = row_of_line(network, "A1:10"), *new = row_of_line(network, "A2:10 B5");
    struct hc_row *forged[] = {row_unverified(old), row_unverified(new)};
    struct table table;
    struct merge merge;
    forged[0]->sig[7] ^= 1;
    forged[1]->sig[7] ^= 1;
    table_init(&table, network, key);
    merge_rows(&table, &new, 1);
    uint64_t revision = table.revision;
    MUST(table_merge(&table, &merge, forged, 2, no_owner()));
    assert_int_equal(merge.change_count, 0);
    assert_false(forged[0]->verified || forged[1]->verified);
    assert_int_equal(table.revision, revision);
    merge_free(&merge);
    rows_unref(forged, 2);
    hc_row_unref(old);
    hc_row_unref(new);
    table_free(&table);
}

/* M4: one forged row ends the whole message: nothing of it is taken in, and the rest is not even looked at. */
static void one_forged_row_ends_the_message(void **unused)
{
    (void)unused;
    struct hc_row *good[] = {row_of_line(network, "A1:10"), row_of_line(network, "B1:10"),
                             row_of_line(network, "C1:10")};
    struct hc_row_fields fields = good[1]->fields;
    struct hc_row *undrawn;
    fields.coins = 100;
    MUST(row_sign(&undrawn, &fields, network, test_identity(1)));
    for (int kind = 0; kind < 2; kind++) {
        struct hc_row *rows[] = {row_unverified(good[0]), row_unverified(kind == 0 ? good[1] : undrawn),
                                 row_unverified(good[2])};
        enum hc_code expected = kind == 0 ? HC_BAD_SIGNATURE : HC_BAD_DRAW;
        struct table table;
        struct merge merge;
        rows[1]->sig[0] ^= kind == 0;
        table_init(&table, network, key);
        assert_int_equal(table_merge(&table, &merge, rows, 3, no_owner()), expected);
        assert_int_equal(merge.refused[expected], 1);
        assert_int_equal(merge.change_count, 0);
        assert_int_equal(table.count, 0);
        assert_int_equal(table.revision, 0);
        assert_false(rows[2]->verified);
        assert_true(table_verify(&table));
        merge_free(&merge);
        rows_unref(rows, 3);
        table_free(&table);
    }
    hc_row_unref(undrawn);
    rows_unref(good, 3);
}

/* M5: rows about ourselves are not taken in but handed back, verified, unless ours supersedes them. */
static void our_own_rows_are_handed_back(void **unused)
{
    (void)unused;
    struct hc_row *own = row_of_line(network, "A5:10 B2"), *newer = row_of_line(network, "A7:10 B5"),
                  *older = row_of_line(network, "A4:10 B1"), *fork = row_of_line(network, "A4:10 C1"),
                  *other = row_of_line(network, "B1:5");
    struct hc_row *rows[] = {row_unverified(newer), older, row_unverified(fork), other};
    const uint8_t *own_id = test_identity(0)->id;
    struct table table;
    struct merge merge;
    table_init(&table, network, key);
    MUST(table_put_own(&table, own));
    MUST(table_merge(&table, &merge, rows, 4, own_id));
    assert_int_equal(merge.own_count, 2);
    assert_ptr_equal(merge.own[0], rows[0]);
    assert_ptr_equal(merge.own[1], rows[2]);
    assert_true(rows[0]->verified && rows[2]->verified);
    assert_int_equal(merge.change_count, 1);
    assert_ptr_equal(entry_row(table_find(&table, own_id)), own);
    merge_free(&merge);
    struct hc_row *forged = row_unverified(newer);
    forged->sig[1] ^= 1;
    assert_int_equal(table_merge(&table, &merge, &forged, 1, own_id), HC_BAD_SIGNATURE);
    assert_int_equal(merge.own_count, 0);
    merge_free(&merge);
    /* What we sign takes the place of all. */
    MUST(table_put_own(&table, newer));
    assert_ptr_equal(entry_row(table_find(&table, own_id)), newer);
    assert_int_equal(table_balance(&table, test_identity(1)->id), 10);
    assert_true(table_verify(&table));
    hc_row_unref(forged);
    hc_row_unref(rows[0]);
    hc_row_unref(rows[2]);
    hc_row_unref(own);
    hc_row_unref(newer);
    hc_row_unref(older);
    hc_row_unref(fork);
    hc_row_unref(other);
    table_free(&table);
}

/* P10, L5: nodes that a payment touches are told apart from the others; forgetting one of the others changes no
 * balance. */
static void payments_touch_both_sides(void **unused)
{
    (void)unused;
    const char *text = "A2:10 B4, B1:5, C1:20, D2:20";
    struct hc_row *rows[4];
    struct table table;
    table_init(&table, network, key);
    size_t count = rows_from(network, rows, 4, &text);
    merge_rows(&table, rows, count);
    assert_true(table_is_touched(&table, test_identity(0)->id));
    assert_true(table_is_touched(&table, test_identity(1)->id));
    assert_false(table_is_touched(&table, test_identity(2)->id));
    assert_false(table_is_touched(&table, test_identity(3)->id));
    assert_false(table_is_touched(&table, test_identity(4)->id));
    table_remove(&table, test_identity(2)->id);
    table_remove(&table, test_identity(4)->id);
    assert_null(table_find(&table, test_identity(2)->id));
    assert_int_equal(table_balance(&table, test_identity(1)->id), 9);
    assert_int_equal(table.count, 3);
    assert_true(table_verify(&table));
    rows_unref(rows, count);
    table_free(&table);
}

/* What a merge tells of its changes: one per owner, the rows that spoke for it before and after, and whether it shows a
 * new fork. */
static void a_merge_tells_what_changed(void **unused)
{
    (void)unused;
    const char *first = "B1:10, C2:10 D1", *second = "A1:10, A2:20, B1:10, C3:10, D1:0 | C4:10 D2";
    struct hc_row *before[2], *after[5];
    struct table table;
    struct merge merge;
    table_init(&table, network, key);
    (void)rows_from(network, before, 2, &first);
    merge_rows(&table, before, 2);
    (void)rows_from(network, after, 5, &second);
    MUST(table_merge(&table, &merge, after, 5, no_owner()));
    assert_int_equal(merge.change_count, 3);
    assert_null(merge.changes[0].before);
    assert_ptr_equal(merge.changes[0].after, after[1]);
    assert_ptr_equal(merge.changes[1].before, before[1]);
    assert_ptr_equal(merge.changes[1].after, after[3]);
    assert_true(merge.changes[1].forked);
    assert_ptr_equal(merge.changes[2].after, after[4]);
    assert_false(merge.changes[0].forked || merge.changes[2].forked);
    merge_free(&merge);
    rows_unref(after, 5);
    rows_unref(before, 2);
    /* Healing is a change, but not a fork; one more branch is not news a second time. */
    struct hc_row *more = row_of_line(network, "C5:10 A1"), *healed = row_of_line(network, "C6:10 A1 D2");
    MUST(table_merge(&table, &merge, &more, 1, no_owner()));
    assert_int_equal(merge.change_count, 1);
    assert_false(merge.changes[0].forked);
    merge_free(&merge);
    MUST(table_merge(&table, &merge, &healed, 1, no_owner()));
    assert_false(merge.changes[0].forked);
    assert_false(entry_is_forked(table_find(&table, test_identity(2)->id)));
    merge_free(&merge);
    hc_row_unref(more);
    hc_row_unref(healed);
    table_free(&table);
}

/* A row that need not be signed: of the owner `number` in four bytes. */
static struct hc_row *cheap_row(uint32_t number, uint64_t version)
{
    struct hc_row_fields fields = {.addr = "h:1", .name = "", .version = version, .draw = 1};
    struct hc_row *row;
    for (size_t i = 0; i < 4; i++) {
        fields.id[i] = (uint8_t)(number >> (24 - 8 * i));
    }
    fields.coins = network_draw(network, fields.id, 1);
    MUST(row_new(&row, &fields, network->id, (uint8_t[HC_SIGNATURE_BYTES]){0}));
    row->verified = true;
    return row;
}

/* M1: owners beyond 10,000 are refused and counted; known owners still change. */
static void a_table_has_a_greatest_size(void **unused)
{
    (void)unused;
    enum { EXTRA = 3 };
    static struct hc_row *rows[HC_ROWS_MAX + EXTRA];
    struct table table;
    struct merge merge;
    table_init(&table, network, key);
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        rows[i] = cheap_row(i * 2, 1);
    }
    MUST(table_merge(&table, &merge, rows, COUNT_OF(rows), no_owner()));
    assert_int_equal(table.count, HC_ROWS_MAX);
    assert_int_equal(merge.refused[HC_TABLE_FULL], EXTRA);
    assert_int_equal(merge.change_count, HC_ROWS_MAX);
    merge_free(&merge);
    struct hc_row *newer = cheap_row(8, 2), *strange = cheap_row(9, 1);
    struct hc_row *both[] = {newer, strange};
    MUST(table_merge(&table, &merge, both, 2, no_owner()));
    assert_int_equal(merge.refused[HC_TABLE_FULL], 1);
    assert_int_equal(merge.change_count, 1);
    assert_ptr_equal(entry_row(table_find(&table, newer->fields.id)), newer);
    merge_free(&merge);
    assert_true(table_verify(&table));
    rows_unref(both, 2);
    rows_unref(rows, COUNT_OF(rows));
    table_free(&table);
}

/* One owner's rows in one message are limited to the newest eight: an honest peer never tells more than five. */
static void one_owner_fills_no_message(void **unused)
{
    (void)unused;
    struct hc_row *rows[20];
    struct table table;
    struct merge merge;
    table_init(&table, network, key);
    for (uint32_t i = 0; i < 20; i++) {
        rows[i] = cheap_row(1, i + 1);
        rows[i]->verified = i >= 12; /* the others are left out before any signature is checked */
    }
    MUST(table_merge(&table, &merge, rows, 20, no_owner()));
    assert_int_equal(merge.refused[HC_BAD_ROW], 12);
    assert_ptr_equal(table.entries[0].branches[0], rows[19]);
    merge_free(&merge);
    rows_unref(rows, 20);
    table_free(&table);
}

/* A merge that runs out of memory, at whatever allocation, leaves the table as it was. */
static void a_merge_without_memory_changes_nothing(void **unused)
{
    (void)unused;
    const char *text = "A2:10 B5, B1:5, C2:10 D1, G2:0 H1, H2:0 I1, I2:0 J9 | A3:20 B6, A2:10 C5, B2:5 A1, C3:10 D1 "
                       "E3, D1:0, E2:50 A1 B1 C1 D1 F1 G1 "
                       "H1 I1 J1 K1 L1 M1 N1 O1 P1, Z9:1 A1";
    struct hc_row *first[8], *second[8];
    size_t first_count = rows_from(network, first, 8, &text), second_count = rows_from(network, second, 8, &text);
    long after = 0;
    enum hc_code code;
    do {
        struct table table;
        struct merge merge;
        table_init(&table, network, key);
        merge_rows(&table, first, first_count);
        struct entry before[8];
        size_t count = table.count;
        assert_true(count <= COUNT_OF(before));
        memcpy(before, table.entries, count * sizeof *before);
        uint64_t revision = table.revision;
        memory_fail_after(after++);
        code = table_merge(&table, &merge, second, second_count, test_identity(25)->id);
        memory_fail_after(-1);
        assert_true(table_verify(&table));
        if (code != HC_OK) {
            assert_int_equal(code, HC_NO_MEMORY);
            assert_int_equal(table.revision, revision);
            assert_int_equal(table.count, count);
            assert_memory_equal(before, table.entries, count * sizeof *before);
            assert_int_equal(table.waiting.count, 3);
        } else {
            assert_int_equal(table.waiting.count, 1); /* G and H were paid, I not enough */
        }
        merge_free(&merge);
        table_free(&table);
    } while (code != HC_OK);
    assert_true(after > 6); /* every allocation failed once */
    rows_unref(first, first_count);
    rows_unref(second, second_count);
}

/* ---- What waits ---- */

/* A row that costs more than its owner has, of the owner `number`, and need not be signed. */
static struct hc_row *poor_row(uint32_t number, uint64_t version, bool verified)
{
    struct hc_sent sent[HC_PAYEES_MAX];
    struct hc_row_fields fields = {.addr = "h:1", .name = "", .version = version, .draw = 1, .sent = sent};
    struct hc_row *row;
    fields.id[0] = (uint8_t)(number >> 8);
    fields.id[1] = (uint8_t)number;
    fields.coins = network_draw(network, fields.id, 1);
    for (fields.sent_count = 0; fields.sent_count < (number == 0 ? HC_PAYEES_MAX : 1); fields.sent_count++) {
        sent[fields.sent_count] = (struct hc_sent){.amount = HC_COINS_MAX + 1};
        memset(sent[fields.sent_count].payee, 255, HC_ID_BYTES);
        sent[fields.sent_count].payee[0] = (uint8_t)(fields.sent_count >> 8);
        sent[fields.sent_count].payee[1] = (uint8_t)fields.sent_count;
    }
    MUST(row_new(&row, &fields, network->id, (uint8_t[HC_SIGNATURE_BYTES]){0}));
    row->verified = verified;
    return row;
}

/* L3: a waiting row is verified once. When it comes again, its signature is ignored, and it is not counted again. */
static void what_waits_is_verified_once(void **unused)
{
    (void)unused;
    struct hc_row *row = row_of_line(network, "A2:10 B11"), *again = row_unverified(row),
                  *paid = row_of_line(network, "C2:5 A1");
    struct table table;
    struct merge merge;
    table_init(&table, network, key);
    assert_false(waiting_has(&table.waiting, row));
    merge_rows(&table, &row, 1);
    assert_true(waiting_has(&table.waiting, again));
    again->sig[0] ^= 1;
    MUST(table_merge(&table, &merge, &again, 1, no_owner()));
    assert_false(again->verified);
    assert_int_equal(merge.refused[HC_WAITING], 0);
    merge_free(&merge);
    uint64_t revision = table.revision;
    assert_int_equal(table.waiting.count, 1);
    merge_rows(&table, &paid, 1);
    assert_ptr_equal(entry_row(table_find(&table, row->fields.id)), row);
    assert_int_equal(table.revision, revision + 1);
    assert_int_equal(table.waiting.count, 0);
    hc_row_unref(row);
    hc_row_unref(again);
    hc_row_unref(paid);
    table_free(&table);
}

/* M6: a row that a full fork has no place for is verified once, too. */
static void what_is_left_out_is_verified_once(void **unused)
{
    (void)unused;
    struct hc_row *rows[BRANCHES_MAX + 1], *again;
    struct table table;
    char line[] = "A2:10 B1";
    size_t last = 0;
    table_init(&table, network, key);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        line[6] = (char)('B' + (char)i);
        rows[i] = row_of_line(network, line);
        last = memcmp(rows[i]->hash, rows[last]->hash, HC_HASH_BYTES) > 0 ? i : last;
    }
    merge_rows(&table, rows, COUNT_OF(rows));
    again = row_unverified(rows[last]);
    merge_rows(&table, &again, 1);
    assert_false(again->verified);
    hc_row_unref(again);
    rows_unref(rows, COUNT_OF(rows));
    table_free(&table);
}

/* L3: waiting rows are limited for each owner, in all, and in bytes; the oldest go. */
static void what_waits_is_bounded(void **unused)
{
    (void)unused;
    struct table table;
    struct hc_row *first = poor_row(9, 1, true), *one = poor_row(10, 1, true);
    table_init(&table, network, key);
    merge_rows(&table, &first, 1);
    for (uint64_t version = 1; version <= WAITING_OWNER_ROWS_MAX + 3; version++) {
        struct hc_row *row = poor_row(10, version, true);
        merge_rows(&table, &row, 1);
        hc_row_unref(row);
    }
    assert_int_equal(table.waiting.count, 1 + WAITING_OWNER_ROWS_MAX);
    assert_false(waiting_has(&table.waiting, one));
    assert_true(waiting_has(&table.waiting, first));
    size_t more = WAITING_ROWS_MAX - table.waiting.count;
    struct hc_row **rows = calloc(WAITING_ROWS_MAX, sizeof *rows);
    assert_non_null(rows);
    for (uint32_t i = 0; i < more; i++) {
        rows[i] = poor_row(1000 + i, 1, true);
    }
    merge_rows(&table, rows, more);
    size_t kept = table.waiting.count;
    assert_true(kept <= WAITING_ROWS_MAX && kept > WAITING_ROWS_MAX * 3 / 4);
    assert_true(table.waiting.bytes <= WAITING_BYTES_MAX);
    struct hc_row *two[] = {poor_row(1, 1, true), poor_row(11, 1, true)};
    merge_rows(&table, two, 2);
    assert_false(waiting_has(&table.waiting, first));
    assert_true(waiting_has(&table.waiting, two[0]) && waiting_has(&table.waiting, two[1]));
    /* Large rows: the bytes are the limit. */
    for (uint64_t version = 1; version <= 8; version++) {
        struct hc_row *large = poor_row(0, version, true);
        merge_rows(&table, &large, 1);
        hc_row_unref(large);
    }
    assert_true(table.waiting.count < kept);
    assert_true(waiting_has(&table.waiting, two[0]));
    rows_unref(rows, more);
    rows_unref(two, 2);
    free(rows);
    hc_row_unref(first);
    hc_row_unref(one);
    table_free(&table);
}

/* P10, M5: waiting rows go with their owner, and what we pay counts in the next merge. */
static void what_waits_follows_its_owner(void **unused)
{
    (void)unused;
    struct hc_row *waits = row_of_line(network, "B2:10 C12"), *own = row_of_line(network, "A1:10"),
                  *pays = row_of_line(network, "A2:10 B2");
    struct table table;
    table_init(&table, network, key);
    MUST(table_put_own(&table, own));
    merge_rows(&table, &waits, 1);
    table_remove(&table, waits->fields.id);
    assert_int_equal(table.waiting.count, 0);
    merge_rows(&table, &waits, 1);
    MUST(table_put_own(&table, pays));
    assert_true(table_verify(&table));
    merge_rows(&table, NULL, 0);
    assert_ptr_equal(entry_row(table_find(&table, waits->fields.id)), waits);
    assert_int_equal(table.waiting.count, 0);
    hc_row_unref(waits);
    hc_row_unref(own);
    hc_row_unref(pays);
    table_free(&table);
}

/* ---- Random rows ---- */

/* What a few owners sign: mostly honest chains of payments and draws, sometimes two or three rows that ignore each
 * other (forks), with awkward sums. At most eight rows per owner, as many as a message may bring. */
struct pool {
    struct hc_row *rows[POOL_MAX];
    size_t count;
    unsigned owners;
};

static uint64_t pick(struct random *random, const uint64_t *from, size_t count)
{
    return from[random_below(random, count)];
}

static void pool_add(struct pool *pool, unsigned owner, uint64_t version, uint64_t value, bool left,
                     const uint64_t *sent)
{
    struct hc_sent list[OWNERS_MAX];
    const struct hc_identity *identity = test_identity(owner);
    struct hc_row_fields fields = {
        .addr = "h:1", .name = "", .sent = list, .left = left, .version = version, .coins = value};
    memcpy(fields.id, identity->id, HC_ID_BYTES);
    fields.draw = draw_that_gives(network, fields.id, value, (unsigned)(version % 2));
    for (unsigned payee = 0; payee < pool->owners; payee++) { /* ascending by id, as test identities are */
        if (sent[payee] > 0) {
            struct hc_sent *to = &list[fields.sent_count++];
            memcpy(to->payee, test_identity(payee)->id, HC_ID_BYTES);
            to->amount = sent[payee];
        }
    }
    assert_true(pool->count < POOL_MAX);
    MUST(row_sign(&pool->rows[pool->count++], &fields, network, identity));
}

static void pool_make(struct pool *pool, struct random *random, bool awkward)
{
    static const uint64_t values[] = {0, 5, 10, 100, HC_COINS_MAX}, amounts[] = {1, 3, 5, 20, 60},
                          great[] = {0, 1, 5, 100, HC_COINS_MAX, HC_COINS_MAX + 1, HC_NUMBER_MAX};
    pool->count = 0;
    pool->owners = 2 + (unsigned)random_below(random, 5);
    for (unsigned owner = 0; owner < pool->owners; owner++) {
        const uint64_t nothing[OWNERS_MAX] = {0};
        pool_add(pool, owner, 1, pick(random, values, 4), false, nothing);
        uint64_t chains = random_below(random, 4) < 2 ? 1 : 1 + random_below(random, 3);
        for (uint64_t chain = 0; chain < chains; chain++) {
            uint64_t version = 1, sent[OWNERS_MAX] = {0}, rows = random_below(random, chains == 1 ? 7 : 3);
            for (uint64_t i = 0; i < rows; i++) {
                unsigned payee = (owner + 1 + (unsigned)random_below(random, pool->owners - 1)) % pool->owners;
                version += random_below(random, 4) == 0 ? 2 : 1;
                uint64_t amount =
                    awkward ? pick(random, great, COUNT_OF(great)) : pick(random, amounts, COUNT_OF(amounts));
                if (random_below(random, 10) < 7 && sent[payee] + amount <= HC_NUMBER_MAX) {
                    sent[payee] += amount;
                }
                pool_add(pool, owner, version, pick(random, values, awkward ? 5 : 4), random_below(random, 8) == 0,
                         sent);
            }
        }
    }
}

static void pool_free(struct pool *pool)
{
    rows_unref(pool->rows, pool->count);
}

static void shuffle(struct random *random, struct hc_row **rows, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)random_below(random, i);
        struct hc_row *swapped = rows[i - 1];
        rows[i - 1] = rows[j];
        rows[j] = swapped;
    }
}

static bool tables_equal(const struct table *a, const struct table *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++) {
        equal = a->entries[i].branch_count == b->entries[i].branch_count;
        for (size_t j = 0; equal && j < a->entries[i].branch_count; j++) {
            equal = memcmp(a->entries[i].branches[j]->hash, b->entries[i].branches[j]->hash, HC_HASH_BYTES) == 0;
        }
    }
    return equal;
}

/* L4: all balances, also those of ids without a row, add up to all coins drawn; only a forked owner's is negative. */
static bool money_is_whole(const struct table *table, unsigned owners)
{
    hc_coin_sum balances = 0, drawn = 0;
    for (unsigned owner = 0; owner < owners; owner++) {
        const struct entry *entry = table_find(table, test_identity(owner)->id);
        hc_coin_sum balance = table_balance(table, test_identity(owner)->id);
        if (balance < 0 && !(entry && entry_is_forked(entry))) {
            return false;
        }
        balances += balance;
        drawn += entry ? (hc_coin_sum)entry_row(entry)->fields.coins : 0;
    }
    return balances == drawn;
}

/* M7, L3, L4: in whatever order and messages rows come, one at a time or all at once, and however often, every table
 * ends the same, and no row need come again. A newcomer that is told the table, without its history, has the same. */
static void any_order_ends_in_the_same_table(void **unused)
{
    (void)unused;
    size_t forked = 0, waited = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct random random;
        struct pool pool;
        struct table tables[3], newcomer;
        random_from(&random, seed);
        pool_make(&pool, &random, seed % 3 == 0);
        for (size_t t = 0; t < 3; t++) {
            table_init(&tables[t], network, key);
            for (uint64_t pass = 0; t > 0 && pass < 1 + seed % 2; pass++) {
                shuffle(&random, pool.rows, pool.count);
                for (size_t at = 0; at < pool.count;) {
                    size_t some = 1 + (size_t)random_below(&random, t == 1 ? 1 : 6);
                    some = some < pool.count - at ? some : pool.count - at;
                    merge_rows(&tables[t], pool.rows + at, some);
                    assert_true(money_is_whole(&tables[t], pool.owners));
                    at += some;
                }
            }
            struct merge merge;
            if (t == 0) {
                MUST(table_merge(&tables[t], &merge, pool.rows, pool.count, no_owner()));
                waited += merge.refused[HC_WAITING];
                assert_int_equal(merge.refused[HC_BAD_ROW], 0);
                merge_free(&merge);
            }
            uint64_t revision = tables[t].revision;
            merge_rows(&tables[t], pool.rows, pool.count);
            assert_int_equal(tables[t].revision, revision); /* the same again changes nothing */
            if (!tables_equal(&tables[0], &tables[t])) {
                fail_msg("seed %llu: table %zu differs", (unsigned long long)seed, t);
            }
        }
        struct hc_row *told[POOL_MAX];
        size_t count = table_rows(&tables[0], told);
        table_init(&newcomer, network, key);
        shuffle(&random, told, count);
        merge_rows(&newcomer, told, count);
        if (!tables_equal(&tables[0], &newcomer)) {
            fail_msg("seed %llu: a newcomer has another table", (unsigned long long)seed);
        }
        for (size_t i = 0; i < tables[0].count; i++) {
            forked += entry_is_forked(&tables[0].entries[i]);
        }
        for (size_t t = 0; t < 3; t++) {
            table_free(&tables[t]);
        }
        table_free(&newcomer);
        pool_free(&pool);
    }
    assert_true(forked > 100 && waited > 100); /* the cases that matter did occur */
}

/* ---- The rules once more, the slow and simple way ---- */

struct model_entry {
    struct hc_row *kept[BRANCHES_MAX + 1];
    size_t count;
};

struct model {
    struct model_entry entries[OWNERS_MAX];
    struct hc_row *waiting[POOL_MAX];
    size_t waiting_count;
};

static unsigned owner_of(const struct hc_row *row)
{
    unsigned owner = 0;
    while (memcmp(test_identity(owner)->id, row->fields.id, HC_ID_BYTES) != 0) {
        owner++;
    }
    return owner;
}

static uint64_t model_sent(const struct hc_row *row, const uint8_t *payee)
{
    for (size_t i = 0; i < row->fields.sent_count; i++) {
        if (memcmp(row->fields.sent[i].payee, payee, HC_ID_BYTES) == 0) {
            return row->fields.sent[i].amount;
        }
    }
    return 0;
}

static bool model_covers(const struct hc_row *a, const struct hc_row *b)
{
    for (unsigned payee = 0; payee < OWNERS_MAX; payee++) {
        if (model_sent(a, test_identity(payee)->id) < model_sent(b, test_identity(payee)->id)) {
            return false;
        }
    }
    return true;
}

static bool model_supersedes(const struct hc_row *a, const struct hc_row *b)
{
    int order = memcmp(a->hash, b->hash, HC_HASH_BYTES);
    if (order == 0) {
        return true;
    }
    if (a->fields.version > b->fields.version) {
        return model_covers(a, b);
    }
    return a->fields.version == b->fields.version && model_covers(a, b) && (!model_covers(b, a) || order > 0);
}

static void model_install(struct model *model, struct hc_row *row)
{
    struct model_entry *entry = &model->entries[owner_of(row)], kept = {0};
    for (size_t i = 0; i < entry->count; i++) {
        if (model_supersedes(entry->kept[i], row)) {
            return;
        }
    }
    for (size_t i = 0; i < entry->count; i++) {
        if (!model_supersedes(row, entry->kept[i])) {
            kept.kept[kept.count++] = entry->kept[i];
        }
    }
    size_t at = kept.count++;
    while (at > 0 && memcmp(kept.kept[at - 1]->hash, row->hash, HC_HASH_BYTES) > 0) {
        kept.kept[at] = kept.kept[at - 1];
        at--;
    }
    kept.kept[at] = row;
    kept.count = kept.count < BRANCHES_MAX ? kept.count : BRANCHES_MAX;
    *entry = kept;
}

static hc_coin_sum model_credit(const struct model *model, const uint8_t *payee)
{
    hc_coin_sum credit = 0;
    for (unsigned owner = 0; owner < OWNERS_MAX; owner++) {
        uint64_t greatest = 0;
        for (size_t i = 0; i < model->entries[owner].count; i++) {
            uint64_t sent = model_sent(model->entries[owner].kept[i], payee);
            greatest = sent > greatest ? sent : greatest;
        }
        credit += greatest;
    }
    return credit;
}

static bool model_is_poor(const struct model *model, const struct hc_row *row)
{
    hc_coin_sum sent = 0;
    for (size_t i = 0; i < row->fields.sent_count; i++) {
        sent += row->fields.sent[i].amount;
    }
    return (hc_coin_sum)row->fields.coins + model_credit(model, row->fields.id) < sent;
}

static int by_version_then_hash(const void *left, const void *right)
{
    const struct hc_row *a = *(struct hc_row *const *)left, *b = *(struct hc_row *const *)right;
    if (a->fields.version != b->fields.version) {
        return a->fields.version < b->fields.version ? -1 : 1;
    }
    return memcmp(a->hash, b->hash, HC_HASH_BYTES);
}

static void model_wait(struct model *model, struct hc_row *const *rows, const bool *out, size_t count)
{
    model->waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct model_entry *entry = &model->entries[owner_of(rows[i])];
        bool waits = out[i];
        for (size_t b = 0; b < entry->count; b++) {
            waits = waits && !model_supersedes(entry->kept[b], rows[i]);
        }
        for (size_t w = 0; w < model->waiting_count; w++) {
            waits = waits && memcmp(model->waiting[w]->hash, rows[i]->hash, HC_HASH_BYTES) != 0;
        }
        if (waits) {
            model->waiting[model->waiting_count++] = rows[i];
        }
    }
}

/* Start with all rows, the waiting ones included; take out those whose owners cannot pay; repeat until nothing changes
 * (L3). */
static void model_merge(struct model *model, struct hc_row *const *rows, size_t count)
{
    struct hc_row *sorted[2 * POOL_MAX];
    bool out[2 * POOL_MAX] = {false};
    memcpy(sorted, rows, count * sizeof *rows);
    memcpy(sorted + count, model->waiting, model->waiting_count * sizeof *rows);
    count += model->waiting_count;
    qsort(sorted, count, sizeof *sorted, by_version_then_hash);
    for (;;) {
        struct model tried = *model;
        bool poor = false, progress = false;
        for (size_t i = 0; i < count; i++) {
            if (!out[i]) {
                model_install(&tried, sorted[i]);
            }
        }
        for (unsigned owner = 0; owner < OWNERS_MAX; owner++) {
            for (size_t b = 0; b < tried.entries[owner].count; b++) {
                struct hc_row *row = tried.entries[owner].kept[b];
                if (model_is_poor(&tried, row)) {
                    poor = true;
                    for (size_t i = 0; i < count; i++) {
                        progress = progress || (sorted[i] == row && !out[i]);
                        out[i] = out[i] || sorted[i] == row;
                    }
                }
            }
        }
        if (!poor) {
            *model = tried;
            model_wait(model, sorted, out, count);
            return;
        }
        assert_true(progress);
    }
}

static bool model_equals(const struct model *model, const struct table *table)
{
    for (size_t w = 0; w < model->waiting_count; w++) {
        if (!waiting_has(&table->waiting, model->waiting[w])) {
            return false;
        }
    }
    if (model->waiting_count != table->waiting.count) {
        return false;
    }
    for (unsigned owner = 0; owner < OWNERS_MAX; owner++) {
        const struct entry *entry = table_find(table, test_identity(owner)->id);
        const struct model_entry *kept = &model->entries[owner];
        if (kept->count != (entry ? entry->branch_count : 0)) {
            return false;
        }
        for (size_t b = 0; b < kept->count; b++) {
            if (kept->kept[b] != entry->branches[b]) {
                return false;
            }
        }
        if (table_balance(table, test_identity(owner)->id) !=
            (entry ? (hc_coin_sum)entry_row(entry)->fields.coins - entry_sent(entry) : 0) +
                model_credit(model, test_identity(owner)->id)) {
            return false;
        }
    }
    return true;
}

/* M1-M7, L1-L3: after each of thousands of random messages the table is what a naive reading of the rules gives. */
static void the_table_is_what_the_rules_say(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct random random;
        struct pool pool;
        struct table table;
        struct model model = {0};
        random_from(&random, 1000000 + seed);
        pool_make(&pool, &random, seed % 4 == 0);
        table_init(&table, network, key);
        for (int message = 0; message < 12; message++) {
            size_t count = 1 + (size_t)random_below(&random, pool.count);
            shuffle(&random, pool.rows, pool.count);
            merge_rows(&table, pool.rows, count);
            model_merge(&model, pool.rows, count);
            if (!model_equals(&model, &table)) {
                fail_msg("seed %llu, message %d", (unsigned long long)seed, message);
            }
        }
        table_free(&table);
        pool_free(&pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_as_a_table),
        cmocka_unit_test(a_fork_keeps_four_rows),
        cmocka_unit_test(rows_that_are_left_out_are_remembered),
        cmocka_unit_test(known_rows_cost_no_signature),
        cmocka_unit_test(one_forged_row_ends_the_message),
        cmocka_unit_test(our_own_rows_are_handed_back),
        cmocka_unit_test(payments_touch_both_sides),
        cmocka_unit_test(a_merge_tells_what_changed),
        cmocka_unit_test(a_table_has_a_greatest_size),
        cmocka_unit_test(one_owner_fills_no_message),
        cmocka_unit_test(a_merge_without_memory_changes_nothing),
        cmocka_unit_test(what_waits_is_verified_once),
        cmocka_unit_test(what_is_left_out_is_verified_once),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(what_waits_follows_its_owner),
        cmocka_unit_test(any_order_ends_in_the_same_table),
        cmocka_unit_test(the_table_is_what_the_rules_say),
    };
    return cmocka_run_group_tests(tests, network_setup, network_teardown);
}
