/* Patches: a row that is rebuilt from its base is the owner's own, to the byte, or none is made (K5). */
#include "unit/with_network.h"

#include <stdlib.h>

#include "core/common/bytes.h"
#include "core/common/id.h"
#include "core/rows/patch.h"

static struct patch *patch_of(struct hc_words *words, const struct hc_row *base, const struct hc_row *row)
{
    struct patch *patch = words_add_patch(words);
    assert_non_null(patch);
    assert_int_equal(patch_make(patch, base, row), PATCH_MADE);
    return patch;
}

/* Makes a patch and applies it; the result is the row, and verifies. The base and the row are given up. */
static void round_trip(struct hc_row *base, struct hc_row *row, size_t payees_named)
{
    struct hc_words *words = words_new();
    struct hc_row *built;
    const struct patch *patch = patch_of(words, base, row);
    assert_int_equal(patch->sent_count, payees_named);
    assert_true(patch_bytes(patch) < 300 + 84 * payees_named);
    MUST(patch_apply(&built, patch, base));
    assert_false(built->verified);
    MUST(row_verify(built, network));
    assert_string_equal(built->text, row->text);
    assert_memory_equal(built->hash, row->hash, HC_HASH_BYTES);
    hc_row_unref(built);
    hc_row_unref(base);
    hc_row_unref(row);
    words_unref(words);
}

static void round_trip_of_lines(const char *base, const char *row, size_t payees_named)
{
    round_trip(row_of_line(network, base), row_of_line(network, row), payees_named);
}

/* K5: draws, payments, goodbyes and returns travel as what differs. */
static void a_patched_row_verifies(void **unused)
{
    (void)unused;
    round_trip_of_lines("A1:10", "A2:20", 0);
    round_trip_of_lines("A1:10", "A7:10", 0);
    round_trip_of_lines("A1:10", "A2:10 B3", 1);
    round_trip_of_lines("A1:10 B3", "A2:10 B4", 1);
    round_trip_of_lines("A1:10 B3 C2 D1", "A2:20 B3 C4 D1", 1);
    round_trip_of_lines("M1:10 C2 T1", "M2:20 A1 C3 E1 T1 Z5", 4);
    round_trip_of_lines("A2:10 B5", "A3:10 B5 left", 0);
    round_trip_of_lines("A3:10 B5 left", "A4:10 B5", 0);
}

static struct hc_sent *many_payees(size_t count)
{
    struct hc_sent *sent = calloc(count, sizeof *sent);
    assert_non_null(sent);
    for (size_t i = 0; i < count; i++) {
        bytes_put_number(sent[i].payee, (i + 1) << 8, 8);
        sent[i].amount = i + 1;
    }
    return sent;
}

static struct hc_row *row_of(const struct hc_sent *sent, size_t count, uint64_t version)
{
    struct hc_row *row;
    const struct hc_identity *owner = test_identity(25);
    struct hc_row_fields fields = {.addr = "127.0.0.1:8000", .name = "payer", .draw = 1, .version = version};
    id_copy(fields.id, owner->id);
    fields.coins = network_draw(network, owner->id, 1);
    fields.sent = sent;
    fields.sent_count = count;
    MUST(row_fields_check(&fields, NULL));
    MUST(row_sign(&row, &fields, network, owner));
    return row;
}

/* K5: a payment of an owner who has paid 500 others costs as much as its first one. */
static void one_of_many_payees_is_cheap(void **unused)
{
    (void)unused;
    enum { MANY = 500 };
    struct hc_sent *sent = many_payees(HC_PAYEES_MAX);
    struct hc_row *base = row_of(sent, MANY, 1);
    sent[250].amount += 7;
    round_trip(hc_row_ref(base), row_of(sent, MANY, 2), 1);
    for (size_t i = 0; i < MANY; i++) {
        sent[i].amount += i + 1;
    }
    round_trip(hc_row_ref(base), row_of(sent, MANY, 3), MANY);
    round_trip(base, row_of(sent, HC_PAYEES_MAX, 4), HC_PAYEES_MAX);
    round_trip(row_of(sent, 0, 1), row_of(sent, HC_PAYEES_MAX, 5), HC_PAYEES_MAX);
    free(sent);
}

static void cannot(struct hc_row *base, struct hc_row *row)
{
    struct patch patch = {0};
    assert_int_equal(patch_make(&patch, base, row), PATCH_CANNOT);
    assert_null(patch.sent);
    assert_int_equal(patch.version, 0);
    hc_row_unref(base);
    hc_row_unref(row);
}

enum { CHANGED_ADDR, CHANGED_NAME, CHANGED_TAGS, CHANGED_MORE, CHANGES };

/* K5: what a patch has no words for travels whole. */
static void some_changes_travel_whole(void **unused)
{
    (void)unused;
    cannot(row_of_line(network, "A2:10"), row_of_line(network, "A2:10"));
    cannot(row_of_line(network, "A2:10"), row_of_line(network, "A1:10"));
    cannot(row_of_line(network, "A1:10 B1 C1"), row_of_line(network, "A2:10 B1"));
    cannot(row_of_line(network, "A1:10 B1"), row_of_line(network, "A2:10 C1"));
    static const uint8_t tag[] = {1, 'k', 0, 1, 'v'};
    for (int change = 0; change < CHANGES; change++) {
        struct hc_row *base = row_of_line(network, "A1:10"), *row;
        struct hc_row_fields fields = base->fields;
        fields.version++;
        fields.addr = change == CHANGED_ADDR ? "127.0.0.1:1" : fields.addr;
        fields.name = change == CHANGED_NAME ? "another" : fields.name;
        fields.tags = tag;
        fields.tags_bytes = change == CHANGED_TAGS ? sizeof tag : 0;
        fields.more = "{\"k\":1}";
        fields.more_bytes = change == CHANGED_MORE ? 7 : 0;
        MUST(row_sign(&row, &fields, network, test_identity(0)));
        cannot(base, row);
    }
}

/* K5: a payee whose beginning another shares is not named by it; a new one, named whole, may share it. */
static void payees_that_begin_alike(void **unused)
{
    (void)unused;
    struct hc_sent *sent = many_payees(4);
    memcpy(sent[2].payee, sent[1].payee, ID_SHORT_BYTES);
    sent[2].payee[ID_SHORT_BYTES] = 1;
    struct hc_row *base = row_of(sent, 4, 1);
    sent[3].amount++;
    round_trip(hc_row_ref(base), row_of(sent, 4, 2), 1);
    sent[1].amount++;
    cannot(hc_row_ref(base), row_of(sent, 4, 3));
    sent[1].amount--;
    sent[2].amount++;
    cannot(base, row_of(sent, 4, 3));

    const struct hc_sent without[] = {sent[0], sent[1], sent[3]};
    sent[1].amount++;
    round_trip(row_of(without, 3, 1), row_of(sent, 4, 4), 2);

    /* What names both is refused. */
    struct patch_sent both = {.amount = 9};
    memcpy(both.payee, sent[1].payee, ID_SHORT_BYTES);
    base = row_of(sent, 4, 1);
    struct patch patch = {.base = 1, .version = 2, .draw = 1, .coins = base->fields.coins, .sent = &both};
    memcpy(patch.id, base->fields.id, ID_SHORT_BYTES);
    patch.sent_count = 1;
    struct hc_row *built;
    assert_int_equal(patch_apply(&built, &patch, base), HC_BAD_ROW);
    hc_row_unref(base);
    free(sent);
}

enum {
    WRONG_ID,
    WRONG_BASE,
    WRONG_VERSION,
    WRONG_PAYEE,
    WRONG_FRESH,
    WRONG_ORDER,
    WRONG_ORDER_OF_FRESH,
    WRONG_TWICE,
    WRONG_FRESH_TWICE,
    WRONG_SELF,
    WRONG_AMOUNT,
    WRONG_COINS,
    WRONGS
};

static void patch_break(struct patch *patch, int wrong, const struct hc_row *row)
{
    struct patch_sent *sent = patch->sent, first = sent[0], third = sent[2];
    patch->id[0] ^= wrong == WRONG_ID;
    patch->base -= wrong == WRONG_BASE;
    patch->version = wrong == WRONG_VERSION ? patch->base : patch->version;
    sent[0].payee[7] ^= wrong == WRONG_PAYEE;
    sent[3].amount = wrong == WRONG_AMOUNT ? 0 : sent[3].amount;
    patch->coins = wrong == WRONG_COINS ? HC_COINS_MAX + 1 : patch->coins;
    switch (wrong) {
    case WRONG_FRESH: /* it stands in the base */
        id_copy(sent[0].payee, test_identity(1)->id);
        sent[0].fresh = true;
        break;
    case WRONG_ORDER:
        sent[0] = sent[1];
        sent[1] = first;
        break;
    case WRONG_ORDER_OF_FRESH:
        sent[2] = sent[3];
        sent[3] = third;
        break;
    case WRONG_TWICE:
        sent[1] = first;
        break;
    case WRONG_FRESH_TWICE:
        sent[3] = third;
        break;
    case WRONG_SELF:
        id_copy(sent[2].payee, row->fields.id);
        break;
    default:
        break;
    }
}

/* K5: whatever does not fit the base makes no row. */
static void patches_that_do_not_fit(void **unused)
{
    (void)unused;
    struct hc_row *base = row_of_line(network, "A2:20 B1 C2"), *row = row_of_line(network, "A4:20 B2 C3 D1 E1"), *built;
    for (int wrong = 0; wrong <= WRONGS; wrong++) {
        struct hc_words *words = words_new();
        struct patch *patch = patch_of(words, base, row);
        assert_int_equal(patch->sent_count, 4);
        patch_break(patch, wrong, row);
        enum hc_code code = patch_apply(&built, patch, base), expected = wrong == WRONGS ? HC_OK : HC_BAD_ROW;
        if (code != expected) {
            fail_msg("wrong %d: %s", wrong, hc_code_name(code));
        }
        assert_true((code == HC_OK) == (built != NULL));
        hc_row_unref(built);
        words_unref(words);
    }
    /* One that fits, and says what its owner did not. */
    struct hc_words *words = words_new();
    struct patch *patch = patch_of(words, base, row);
    patch->sent[3].amount++;
    MUST(patch_apply(&built, patch, base));
    assert_int_equal(row_verify(built, network), HC_BAD_SIGNATURE);
    hc_row_unref(built);
    words_unref(words);
    hc_row_unref(base);
    hc_row_unref(row);
}

/* No row has more payees than one may have, wherever the one too many would stand. */
static void too_many_payees(void **unused)
{
    (void)unused;
    struct hc_sent *sent = many_payees(HC_PAYEES_MAX);
    struct hc_row *base = row_of(sent, HC_PAYEES_MAX, 1), *built;
    struct patch_sent last = {.fresh = true, .amount = 1};
    struct patch patch = {.base = 1, .version = 2, .draw = 1, .coins = base->fields.coins, .sent = &last};
    memcpy(patch.id, base->fields.id, ID_SHORT_BYTES);
    patch.sent_count = 1;
    for (uint64_t beside = 0; beside <= HC_PAYEES_MAX; beside += HC_PAYEES_MAX / 2) {
        bytes_put_number(last.payee, beside << 8 | 1, 8);
        assert_int_equal(patch_apply(&built, &patch, base), HC_BAD_ROW);
        assert_null(built);
    }
    hc_row_unref(base);
    free(sent);
}

/* K5: without memory there is no patch, and no row. */
static void without_memory(void **unused)
{
    (void)unused;
    struct hc_row *base = row_of_line(network, "A1:10"), *row = row_of_line(network, "A2:10 B3"), *built;
    struct hc_words *words = words_new();
    struct patch none = {0};
    const struct patch *patch = patch_of(words, base, row);
    memory_fail_after(0);
    enum patching patching = patch_make(&none, base, row);
    enum hc_code code = patch_apply(&built, patch, base);
    memory_fail_after(-1);
    assert_int_equal(patching, PATCH_NO_MEMORY);
    assert_null(none.sent);
    assert_int_equal(code, HC_NO_MEMORY);
    assert_null(built);
    words_unref(words);
    hc_row_unref(base);
    hc_row_unref(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_patched_row_verifies),
        cmocka_unit_test(one_of_many_payees_is_cheap),
        cmocka_unit_test(some_changes_travel_whole),
        cmocka_unit_test(payees_that_begin_alike),
        cmocka_unit_test(patches_that_do_not_fit),
        cmocka_unit_test(too_many_payees),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, network_setup, network_teardown);
}
