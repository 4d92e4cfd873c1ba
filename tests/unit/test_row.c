/* Identities, proofs and rows (R1-R6, P9), and how two rows of one owner compare (M2, M3, M6). */
#include "with_network.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/common/text.h"

/* RFC 8032, section 7.1, tests 1 and 2: the key of a seed and a signature are the standard's. */
static void keys_and_signatures_are_ed25519(void **unused)
{
    (void)unused;
    uint8_t seed[HC_SEED_BYTES], expected[HC_SIGNATURE_BYTES], signature[HC_SIGNATURE_BYTES], id[HC_ID_BYTES];
    struct hc_identity identity;
    assert_true(hex_decode(seed, 32, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", 64));
    assert_true(hex_decode(id, 32, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", 64));
    assert_true(hex_decode(expected, 64,
                           "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                           "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
                           128));
    hc_identity_from_seed(&identity, seed);
    assert_memory_equal(identity.id, id, HC_ID_BYTES);
    identity_sign(&identity, signature, network, (const uint8_t *)"\x72", 1);
    assert_memory_equal(signature, expected, HC_SIGNATURE_BYTES);
    assert_true(signature_verify(signature, network, (const uint8_t *)"\x72", 1, id));
    assert_false(signature_verify(signature, network, (const uint8_t *)"\x73", 1, id));
    hc_identity_wipe(&identity);
    assert_true(sodium_is_zero((const uint8_t *)&identity, sizeof identity));
}

/* A simulated network has its own, cheap signatures: those that a simulation makes are worth nothing outside of it. */
static void a_simulated_signature_is_none(void **unused)
{
    (void)unused;
    static const char coins[] = "0\n1\n2\n3\n5\n10\n20\n50\n100\n1000000000000\n"; /* as in test_network */
    struct hc_network *simulated;
    MUST(network_new_simulated(&simulated, coins, sizeof coins - 1, "f", NULL));
    assert_memory_equal(simulated->id, network->id, HC_NETWORK_BYTES);
    struct hc_row *real = row_of_line(network, "A2:10 B5"), *cheap = row_of_line(simulated, "A2:10 B5");
    struct hc_row *real_heard = row_unverified(real), *cheap_heard = row_unverified(cheap);
    assert_int_equal(row_verify(real_heard, simulated), HC_BAD_SIGNATURE);
    assert_int_equal(row_verify(cheap_heard, network), HC_BAD_SIGNATURE);
    MUST(row_verify(real_heard, network));
    MUST(row_verify(cheap_heard, simulated));
    struct hc_row *rows[] = {real, cheap, real_heard, cheap_heard};
    rows_unref(rows, COUNT_OF(rows));
    hc_network_free(simulated);
}

/* P9, R4: a proof is for one network, one nonce and one requester, by one node; a row's signature is no proof. */
static void a_proof_is_for_one_question(void **unused)
{
    (void)unused;
    const struct hc_identity *asked = test_identity(0), *asking = test_identity(1);
    uint8_t nonce[HC_NONCE_BYTES] = {1, 2, 3}, other[HC_NONCE_BYTES] = {1, 2, 4};
    struct hc_network *another;
    uint8_t proof[HC_SIGNATURE_BYTES], message[16 + HC_NETWORK_BYTES + HC_NONCE_BYTES + HC_ID_BYTES];
    MUST(hc_network_new(&another, "9\n", 2, "f", "", NULL));
    proof_make(asked, proof, network, nonce, asking->id);
    assert_true(proof_verify(proof, network, nonce, asking->id, asked->id));
    assert_false(proof_verify(proof, another, nonce, asking->id, asked->id));
    assert_false(proof_verify(proof, network, other, asking->id, asked->id));
    assert_false(proof_verify(proof, network, nonce, asked->id, asked->id));
    assert_false(proof_verify(proof, network, nonce, asking->id, asking->id));
    memcpy(message, "howcoin proof 1\n", 16);
    memcpy(message + 16, network->id, HC_NETWORK_BYTES);
    memcpy(message + 32, nonce, HC_NONCE_BYTES);
    memcpy(message + 48, asking->id, HC_ID_BYTES);
    assert_true(signature_verify(proof, network, message, sizeof message, asked->id));
    hc_network_free(another);
}

/* R3: the signature covers the tag, the network, the id, three numbers, left, addr, name and the payees in order. */
static void the_signed_bytes_are_fixed(void **unused)
{
    (void)unused;
    uint8_t made_for[HC_NETWORK_BYTES], bytes[ROW_SIGNED_BYTES_MAX];
    struct hc_sent sent[2] = {{{0}, 258}, {{0}, HC_NUMBER_MAX}};
    struct hc_row_fields fields = {.addr = "h:1",
                                   .name = "\xc3\xa9",
                                   .draw = 2,
                                   .coins = 115,
                                   .sent = sent,
                                   .sent_count = 2,
                                   .left = true,
                                   .version = 3};
    memset(made_for, 0x11, sizeof made_for);
    memset(fields.id, 0x22, HC_ID_BYTES);
    memset(sent[0].payee, 0x33, HC_ID_BYTES);
    memset(sent[1].payee, 0x44, HC_ID_BYTES);
    static const char expected[] = "686f77636f696e20726f7720310a"
                                   "11111111111111111111111111111111"
                                   "2222222222222222222222222222222222222222222222222222222222222222"
                                   "0000000000000003"
                                   "0000000000000002"
                                   "0000000000000073"
                                   "01"
                                   "0003"
                                   "683a31"
                                   "0002"
                                   "c3a9"
                                   "00000002"
                                   "3333333333333333333333333333333333333333333333333333333333333333"
                                   "0000000000000102"
                                   "4444444444444444444444444444444444444444444444444444444444444444"
                                   "001fffffffffffff";
    char hex[sizeof expected];
    size_t count = row_signed_bytes(bytes, &fields, made_for);
    assert_int_equal(2 * count, sizeof expected - 1);
    hex_encode(hex, bytes, count);
    assert_string_equal(hex, expected);
}

/* W2, R2: a row keeps its own text; sent and left are absent when empty or false. */
static void a_row_keeps_its_text(void **unused)
{
    (void)unused;
    struct hc_row *row = row_of_line(network, "A2:10 B5 left");
    char expected[1024], id[HC_ID_HEX_CHARS + 1], payee[HC_ID_HEX_CHARS + 1], sig[BASE64_CHARS(HC_SIGNATURE_BYTES) + 1];
    hc_id_hex(id, test_identity(0)->id);
    hc_id_hex(payee, test_identity(1)->id);
    base64_encode(sig, row->sig, HC_SIGNATURE_BYTES);
    (void)snprintf(
        expected, sizeof expected,
        "{\"id\":\"%s\",\"addr\":\"127.0.0.1:8000\",\"name\":\"\",\"draw\":%llu,\"coins\":10,\"sent\":{\"%s\":5},"
        "\"left\":true,\"version\":2000,\"sig\":\"%s\"}",
        id, (unsigned long long)row->fields.draw, payee, sig);
    assert_string_equal(row->text, expected);
    assert_int_equal(row->text_bytes, strlen(expected));
    hc_row_unref(row);
    row = row_of_line(network, "A1:0");
    assert_null(strstr(row->text, "sent"));
    assert_null(strstr(row->text, "left"));
    hc_row_unref(row);
}

/* M3, R4: a row that was not signed by its owner, for this network, or with other coins than drawn, does not verify. */
static void tampered_rows_do_not_verify(void **unused)
{
    (void)unused;
    struct hc_row *row = row_of_line(network, "A2:10 B5");
    struct hc_sent sent = row->fields.sent[0];
    struct hc_network *others;
    MUST(hc_network_new(&others, "10\n", 3, "f", "", NULL));
    for (int change = 0; change < 10; change++) {
        struct hc_row_fields fields = row->fields;
        uint8_t sig[HC_SIGNATURE_BYTES], made_for[HC_NETWORK_BYTES];
        enum hc_code expected = HC_BAD_SIGNATURE;
        memcpy(sig, row->sig, sizeof sig);
        memcpy(made_for, network->id, sizeof made_for);
        fields.sent = &sent;
        sent.amount = 5;
        switch (change) {
        case 0:
            expected = HC_OK;
            break;
        case 1:
            sig[63] ^= 1;
            break;
        case 2:
            fields.version++;
            break;
        case 3:
            sent.amount = 4;
            break;
        case 4:
            fields.sent_count = 0;
            break;
        case 5:
            fields.left = true;
            break;
        case 6:
            fields.addr = "127.0.0.1:8001";
            break;
        case 7:
            fields.name = "x";
            break;
        case 8:
            fields.coins = 50;
            expected = HC_BAD_DRAW;
            break;
        case 9: /* another draw of the same coins */
            fields.draw = draw_that_gives(network, fields.id, 10, 1);
            break;
        }
        struct hc_row *tampered;
        MUST(row_new(&tampered, &fields, made_for, sig));
        if (row_verify(tampered, network) != expected) {
            fail_msg("change %d: %s", change, hc_code_name(row_verify(tampered, network)));
        }
        assert_int_equal(tampered->verified, expected == HC_OK);
        hc_row_unref(tampered);
    }
    assert_int_equal(row_verify(row, others), HC_BAD_SIGNATURE);
    hc_network_free(others);
    hc_row_unref(row);
}

/* D5: a draw is never above its version and never 0; so a first version has the first draw. */
static void a_draw_is_not_above_its_version(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t draw, version;
        enum hc_code expected;
    } cases[] = {
        {1, 1, HC_OK},
        {7, 7, HC_OK},
        {1, HC_NUMBER_MAX, HC_OK},
        {HC_NUMBER_MAX, HC_NUMBER_MAX, HC_OK},
        {2, 1, HC_BAD_DRAW},
        {0, 1, HC_BAD_DRAW},
        {HC_NUMBER_MAX, 1000, HC_BAD_DRAW},
        {0, 0, HC_BAD_DRAW},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_row *row;
        struct hc_row_fields fields = {.addr = "h:1", .name = "", .draw = cases[i].draw, .version = cases[i].version};
        memcpy(fields.id, test_identity(0)->id, HC_ID_BYTES);
        fields.coins = network_draw(network, fields.id, fields.draw);
        MUST(row_sign(&row, &fields, network, test_identity(0)));
        row->verified = false;
        assert_int_equal(row_verify(row, network), cases[i].expected);
        hc_row_unref(row);
    }
}

/* D2, M4: coins that were not drawn are detected, though they are properly signed. */
static void no_owner_names_its_own_coins(void **unused)
{
    (void)unused;
    struct hc_row *honest = row_of_line(network, "A1:10"), *thief;
    struct hc_row_fields fields = honest->fields;
    fields.coins = 100;
    MUST(row_sign(&thief, &fields, network, test_identity(0)));
    struct hc_row *heard = row_unverified(thief);
    assert_int_equal(row_verify(heard, network), HC_BAD_DRAW);
    hc_row_unref(heard);
    hc_row_unref(thief);
    hc_row_unref(honest);
}

/* M2, M3, M6: which of an owner's two rows may replace the other; if neither may, they prove a fork. */
static void rows_of_one_owner_compare(void **unused)
{
    (void)unused;
    static const struct {
        const char *a, *b;
        bool a_covers, b_covers, a_supersedes, b_supersedes;
    } cases[] = {
        {"A2:10", "A1:10", true, true, true, false},          /* newer */
        {"A2:10 B5", "A1:10", true, false, true, false},      /* newer, has paid */
        {"A2:10 B5", "A1:10 B5", true, true, true, false},    /* newer, the same payments */
        {"A2:10", "A1:10 B5", false, true, false, false},     /* newer, but took a payment back: a fork */
        {"A2:10 B4", "A1:10 B5", false, true, false, false},  /* less of it: a fork */
        {"A2:10 B5", "A1:10 C5", false, false, false, false}, /* another payee instead: a fork */
        {"A2:10 B5", "A2:10 C5", false, false, false, false}, /* equal version: a fork */
        {"A2:10 B5", "A2:10", true, false, true, false},      /* equal version, covers more: no fork */
        {"A2:10 B5 C1", "A2:10 B5", true, false, true, false},
        {"A9:10 B5 C2 D3", "A3:10 B5 D3", true, false, true, false},
        {"A9:10 B5 C2 D2", "A3:10 B5 D3", false, false, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_row *a = row_of_line(network, cases[i].a), *b = row_of_line(network, cases[i].b);
        bool as_good = a->fields.version == b->fields.version && cases[i].a_covers && cases[i].b_covers;
        bool greater = memcmp(a->hash, b->hash, HC_HASH_BYTES) > 0;
        if (row_covers(a, b) != cases[i].a_covers || row_covers(b, a) != cases[i].b_covers ||
            row_supersedes(a, b) != (as_good ? greater : cases[i].a_supersedes) ||
            row_supersedes(b, a) != (as_good ? !greater : cases[i].b_supersedes)) {
            fail_msg("case %zu: %s, %s", i, cases[i].a, cases[i].b);
        }
        assert_true(row_supersedes(a, a) && row_covers(a, a));
        assert_int_equal(row_compare(a, a), 0);
        assert_true((row_compare(a, b) > 0) == (row_compare(b, a) < 0));
        hc_row_unref(a);
        hc_row_unref(b);
    }
    struct hc_row *a = row_of_line(network, "A2:10"), *b = row_of_line(network, "A2:10'"), *twin = row_unverified(a);
    assert_true(row_supersedes(a, b) != row_supersedes(b, a)); /* other content, equal payments: the greater hash */
    assert_true(row_supersedes(a, twin) && row_supersedes(twin, a));
    hc_row_unref(a);
    hc_row_unref(b);
    hc_row_unref(twin);
}

/* R1, R5: every field has its limit, and the fault names the field. */
static void fields_have_limits(void **unused)
{
    (void)unused;
    struct hc_sent sent[HC_PAYEES_MAX + 1];
    char host[HC_ADDR_BYTES_MAX + 2];
    memset(host, 'a', sizeof host);
    memcpy(host + sizeof host - 4, ":80", 4);
    for (size_t i = 0; i < COUNT_OF(sent); i++) {
        sent[i] = (struct hc_sent){{(uint8_t)(i >> 8), (uint8_t)i, 1}, 1};
    }
    const struct hc_row_fields good = {.addr = "h:1",
                                       .name = "n",
                                       .version = HC_NUMBER_MAX,
                                       .draw = HC_NUMBER_MAX,
                                       .coins = HC_COINS_MAX,
                                       .sent = sent,
                                       .sent_count = HC_PAYEES_MAX};
    struct hc_row *row;
    struct hc_fault fault;
    MUST(row_fields_check(&good, &fault));
    MUST(row_new(&row, &good, network->id, (uint8_t[HC_SIGNATURE_BYTES]){0})); /* the largest row fits its text */
    hc_row_unref(row);
    for (int change = 0; change < 14; change++) {
        struct hc_row_fields fields = good;
        struct hc_sent changed[3] = {sent[0], sent[1], sent[2]};
        const char *named = "sent";
        if (change >= 8) {
            fields.sent = changed;
            fields.sent_count = 3;
        }
        switch (change) {
        case 0:
            fields.addr = "H:1";
            named = "addr";
            break;
        case 1:
            fields.addr = host;
            named = "addr";
            break;
        case 2:
            fields.addr = "8000";
            named = "addr";
            break;
        case 3:
            fields.name = "\x1b[2J";
            named = "name";
            break;
        case 4:
            fields.version++;
            named = "version";
            break;
        case 5:
            fields.draw++;
            named = "version, draw";
            break;
        case 6:
            fields.coins++;
            named = "version, draw or coins";
            break;
        case 7:
            fields.sent_count = HC_PAYEES_MAX + 1;
            break;
        case 8:
            changed[1].amount = HC_NUMBER_MAX + 1;
            break;
        case 9:
            changed[1] = changed[0];
            break;
        case 10:
            changed[2] = sent[0];
            break;
        case 11:
            memcpy(fields.id, changed[1].payee, HC_ID_BYTES);
            break;
        case 13: /* a payment of nothing is none */
            changed[1].amount = 0;
            break;
        case 12:
            fields.name = "123456789012345678901234567890123";
            named = "name";
            break;
        }
        assert_int_equal(row_fields_check(&fields, &fault), HC_BAD_ROW);
        if (strncmp(fault.text, named, strlen(named)) != 0) {
            fail_msg("change %d: %s", change, fault.text);
        }
    }
}

/* R2: a row is a copy of its own; its maker's buffers may be freed. */
static void a_row_outlives_its_fields(void **unused)
{
    (void)unused;
    struct hc_row *row = row_of_line(network, "A2:10 B5 C3"), *copy;
    struct hc_sent *sent = malloc(2 * sizeof *sent);
    char *addr = strdup(row->fields.addr);
    assert_non_null(sent);
    assert_non_null(addr);
    memcpy(sent, row->fields.sent, 2 * sizeof *sent);
    struct hc_row_fields fields = row->fields;
    fields.sent = sent;
    fields.addr = addr;
    MUST(row_new(&copy, &fields, network->id, row->sig));
    free(sent);
    free(addr);
    assert_ptr_equal(hc_row_ref(copy), copy);
    hc_row_unref(copy);
    MUST(row_verify(copy, network));
    assert_string_equal(copy->text, row->text);
    assert_memory_equal(copy->hash, row->hash, HC_HASH_BYTES);
    assert_int_equal(copy->sent_total, 8);
    assert_int_equal(row_sent_to(copy, test_identity(1)->id), 5);
    assert_int_equal(row_sent_to(copy, test_identity(2)->id), 3);
    assert_int_equal(row_sent_to(copy, test_identity(3)->id), 0);
    memory_fail_after(0);
    struct hc_row *none;
    enum hc_code code = row_new(&none, &row->fields, network->id, row->sig);
    memory_fail_after(-1);
    assert_int_equal(code, HC_NO_MEMORY);
    assert_null(none);
    hc_row_unref(copy);
    hc_row_unref(row);
    hc_row_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_signatures_are_ed25519),
        cmocka_unit_test(a_simulated_signature_is_none),
        cmocka_unit_test(a_proof_is_for_one_question),
        cmocka_unit_test(the_signed_bytes_are_fixed),
        cmocka_unit_test(a_row_keeps_its_text),
        cmocka_unit_test(tampered_rows_do_not_verify),
        cmocka_unit_test(no_owner_names_its_own_coins),
        cmocka_unit_test(a_draw_is_not_above_its_version),
        cmocka_unit_test(rows_of_one_owner_compare),
        cmocka_unit_test(fields_have_limits),
        cmocka_unit_test(a_row_outlives_its_fields),
    };
    return cmocka_run_group_tests(tests, network_setup, network_teardown);
}
