/* The sums (L1, L4): what each node was sent, the greatest sum of a forked owner, and never an overflow. */
#include "with_network.h"

#include <stdlib.h>

#include "core/table/ledger.h"

static const uint8_t key[16] = {1};

/* L1, M6: credits add up over owners; of one owner's rows, the greatest sum for each payee counts. */
static void credits_add_up(void **unused)
{
    (void)unused;
    const char *text = "A2:10 C5 D1, A3:10 C3 E7, B2:10 C5";
    struct hc_row *rows[3];
    struct ledger ledger;
    (void)rows_from(network, rows, 3, &text);
    ledger_init(&ledger, key);
    assert_true(ledger_credit(&ledger, test_identity(2)->id) == 0);
    MUST(ledger_reserve(&ledger, 6));
    ledger_add(&ledger, rows, 2, 1);
    ledger_add(&ledger, &rows[2], 1, 1);
    assert_true(ledger_credit(&ledger, test_identity(2)->id) == 10);
    assert_true(ledger_credit(&ledger, test_identity(3)->id) == 1);
    assert_true(ledger_credit(&ledger, test_identity(4)->id) == 7);
    assert_true(ledger_total(&ledger) == 18);
    ledger_add(&ledger, rows, 2, -1);
    assert_true(ledger_credit(&ledger, test_identity(2)->id) == 5);
    assert_true(ledger_credit(&ledger, test_identity(4)->id) == 0);
    ledger_add(&ledger, &rows[2], 1, -1);
    assert_true(ledger_total(&ledger) == 0);
    assert_int_equal(ledger.used, 0);
    ledger_free(&ledger);
    rows_unref(rows, 3);
}

/* L1: 10,000 rows that pay one node the greatest number do not overflow its credit. */
static void the_greatest_sums_fit(void **unused)
{
    (void)unused;
    struct hc_sent sent = {.amount = HC_NUMBER_MAX};
    struct hc_row_fields fields = {.addr = "h:1", .name = "", .sent = &sent, .sent_count = 1};
    struct hc_row *row;
    struct ledger ledger;
    memset(fields.id, 1, HC_ID_BYTES);
    MUST(row_new(&row, &fields, network->id, (uint8_t[HC_SIGNATURE_BYTES]){0}));
    ledger_init(&ledger, key);
    MUST(ledger_reserve(&ledger, 1));
    for (size_t i = 0; i < HC_ROWS_MAX; i++) {
        ledger_add(&ledger, &row, 1, 1);
    }
    assert_true(ledger_credit(&ledger, sent.payee) == (hc_coin_sum)HC_NUMBER_MAX * HC_ROWS_MAX);
    assert_true(ledger_total(&ledger) > (hc_coin_sum)UINT64_MAX);
    ledger_free(&ledger);
    hc_row_unref(row);
}

/* Two ledgers are equal if they say the same, whatever their sizes, keys and the order of additions. */
static void random_ledgers_agree_with_a_plain_array(void **unused)
{
    (void)unused;
    enum { PAYEES = 300 };
    struct random random;
    struct ledger ledger, other;
    hc_coin_sum plain[PAYEES] = {0};
    struct hc_row *rows[64] = {NULL};
    random_from(&random, 11);
    ledger_init(&ledger, key);
    for (int turn = 0; turn < 4000; turn++) {
        struct hc_row **row = &rows[random_below(&random, 64)];
        if (*row) {
            ledger_add(&ledger, row, 1, -1);
            for (size_t i = 0; i < (*row)->fields.sent_count; i++) {
                const struct hc_sent *sent = &(*row)->fields.sent[i];
                plain[sent->payee[0] << 8 | sent->payee[1]] -= sent->amount;
            }
            hc_row_unref(*row);
            *row = NULL;
            continue;
        }
        struct hc_sent list[20];
        struct hc_row_fields fields = {.addr = "h:1", .name = "", .sent = list};
        memset(fields.id, 0xee, HC_ID_BYTES);
        size_t payee = (size_t)random_below(&random, 20);
        for (; payee < PAYEES && fields.sent_count < 20; payee += 1 + (size_t)random_below(&random, 40)) {
            struct hc_sent *sent = &list[fields.sent_count++];
            *sent = (struct hc_sent){.payee = {(uint8_t)(payee >> 8), (uint8_t)payee}};
            sent->amount = random_below(&random, 5) == 0 ? 0 : random_below(&random, HC_NUMBER_MAX) + 1;
            plain[payee] += sent->amount;
        }
        MUST(row_new(row, &fields, network->id, (uint8_t[HC_SIGNATURE_BYTES]){0}));
        MUST(ledger_reserve(&ledger, fields.sent_count));
        ledger_add(&ledger, row, 1, 1);
    }
    ledger_init(&other, (const uint8_t[16]){9, 9});
    MUST(ledger_reserve(&other, 5000));
    for (size_t i = 64; i-- > 0;) {
        if (rows[i]) {
            ledger_add(&other, &rows[i], 1, 1);
        }
    }
    hc_coin_sum total = 0;
    for (size_t payee = 0; payee < PAYEES; payee++) {
        const uint8_t id[HC_ID_BYTES] = {(uint8_t)(payee >> 8), (uint8_t)payee};
        assert_true(ledger_credit(&ledger, id) == plain[payee]);
        total += plain[payee];
    }
    assert_true(ledger_total(&ledger) == total);
    assert_true(ledger_equal(&ledger, &other) && ledger_equal(&other, &ledger));
    struct hc_row *one = row_of_line(network, "A2:10 B1");
    MUST(ledger_reserve(&other, 1));
    ledger_add(&other, &one, 1, 1);
    assert_false(ledger_equal(&ledger, &other) || ledger_equal(&other, &ledger));
    hc_row_unref(one);
    for (size_t i = 0; i < 64; i++) {
        hc_row_unref(rows[i]);
    }
    ledger_free(&ledger);
    ledger_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credits_add_up),
        cmocka_unit_test(the_greatest_sums_fit),
        cmocka_unit_test(random_ledgers_agree_with_a_plain_array),
    };
    return cmocka_run_group_tests(tests, network_setup, network_teardown);
}
