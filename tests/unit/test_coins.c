/* The coins file, the network id and the draws (D1-D4). The expected values come from Python's hashlib, not from
 * here. */
#include "rows.h"

#include <stdlib.h>

#include "core/common/text.h"

static enum hc_code parse(struct hc_network **network, const char *text, const char *name, struct hc_fault *fault)
{
    return hc_network_new(network, text, strlen(text), "my.txt", name, fault);
}

/* D1: one whole number a line; blank lines and lines that start with # are skipped, as is the space around a number. */
static void a_coins_file_is_read(void **unused)
{
    (void)unused;
    struct hc_network *network;
    struct hc_fault fault;
    MUST(parse(&network, "# coins\n10\n\n \t20 \r\n  # more\n0\n1000000000000", "", &fault));
    assert_int_equal(network->count, 4);
    assert_int_equal(network->numbers[0], 10);
    assert_int_equal(network->numbers[1], 20);
    assert_int_equal(network->numbers[2], 0);
    assert_int_equal(network->numbers[3], 1000000000000);
    hc_network_free(network);
}

/* D1: what is wrong names the file and the line. */
static void a_bad_coins_file_is_named_with_its_line(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "my.txt: no number"},
        {"\n# only words\n\n", "my.txt: no number"},
        {"abc", "my.txt, line 1: "},
        {"1\n2\n-3\n", "my.txt, line 3: "},
        {"1\n2.5\n", "my.txt, line 2: "},
        {"1\n2e3\n", "my.txt, line 2: "},
        {"1\n+2\n", "my.txt, line 2: "},
        {"# a\n\n1 2\n", "my.txt, line 3: "},
        {"1\n1000000000001\n", "my.txt, line 2: "},
        {"1\n99999999999999999999999999\n", "my.txt, line 2: "},
        {"1\n0x10\n", "my.txt, line 2: "},
        {"1\n2 # two\n", "my.txt, line 2: "},
        {"\xef\xbb\xbf"
         "1\n",
         "my.txt, line 1: "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_network *network;
        struct hc_fault fault = {0};
        assert_int_equal(parse(&network, cases[i].text, "", &fault), HC_BAD_COINS);
        assert_int_equal(fault.code, HC_BAD_COINS);
        if (strncmp(fault.text, cases[i].said, strlen(cases[i].said)) != 0) {
            fail_msg("case %zu: %s", i, fault.text);
        }
        assert_null(network);
    }
    struct hc_network *network;
    assert_int_equal(hc_network_new(&network, "1\0002\n", 4, "f", "", NULL), HC_BAD_COINS);
    assert_null(network);
}

/* D3: the network id is a hash of the name and the numbers: spelling does not count, order and name do. */
static void the_network_id_is_a_hash_of_the_numbers(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *name, *network;
    } cases[] = {
        {"10\n20\n30\n115\n7\n", "", "ed4407d682f7588b464151106ec2609e"},
        {"# five\n10\n\n 20\r\n30\n0115\n7", "", "ed4407d682f7588b464151106ec2609e"},
        {"10\n20\n30\n115\n7\n", "x", "2c4584d59dd3db68181e7cab3494f331"},
        {"115", "", "83dccd3f8f9e1d0c10a45feb2b97ddb2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_network *network;
        char hex[HEX_CHARS(HC_NETWORK_BYTES) + 1];
        MUST(parse(&network, cases[i].text, cases[i].name, NULL));
        hex_encode(hex, network->id, HC_NETWORK_BYTES);
        assert_string_equal(hex, cases[i].network);
        hc_network_free(network);
    }
}

/* D2: a draw is what the hash of its owner and its number says, the same for all nodes. */
static void a_draw_is_what_the_hash_says(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t draw, zeros, rising, ones;
    } cases[] = {
        {0, 20, 115, 30},  {1, 115, 30, 10}, {2, 20, 7, 10},
        {3, 20, 10, 20},   {4, 10, 7, 7},    {5, 7, 20, 10},
        {6, 115, 10, 115}, {7, 7, 115, 115}, {UINT64_C(9007199254740991), 10, 7, 115},
    };
    struct hc_network *network;
    uint8_t zeros[HC_ID_BYTES] = {0}, rising[HC_ID_BYTES], ones[HC_ID_BYTES];
    for (size_t i = 0; i < HC_ID_BYTES; i++) {
        rising[i] = (uint8_t)i;
    }
    memset(ones, 0xff, sizeof ones);
    MUST(parse(&network, "10\n20\n30\n115\n7\n", "", NULL));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(network_draw(network, zeros, cases[i].draw), cases[i].zeros);
        assert_int_equal(network_draw(network, rising, cases[i].draw), cases[i].rising);
        assert_int_equal(network_draw(network, ones, cases[i].draw), cases[i].ones);
    }
    hc_network_free(network);
}

/* D1: a coins file has at most a million numbers. */
static void a_coins_file_has_a_greatest_length(void **unused)
{
    (void)unused;
    size_t bytes = 2 * (size_t)(COIN_LINES_MAX + 1);
    char *text = malloc(bytes);
    struct hc_network *network;
    struct hc_fault fault;
    assert_non_null(text);
    for (size_t i = 0; i < bytes; i += 2) {
        memcpy(text + i, "7\n", 2);
    }
    MUST(hc_network_new(&network, text, bytes - 2, "f", "", &fault));
    assert_int_equal(network->count, COIN_LINES_MAX);
    hc_network_free(network);
    assert_int_equal(hc_network_new(&network, text, bytes, "f", "", &fault), HC_BAD_COINS);
    assert_string_equal(fault.text, "f, line 1000001: more than 1000000 numbers");
    free(text);
}

/* Out of memory is an error like any other: nothing is half read. */
static void no_memory_is_told(void **unused)
{
    (void)unused;
    for (long after = 0; after < 3; after++) {
        struct hc_network *network;
        memory_fail_after(after);
        enum hc_code code = parse(&network, "1\n2\n3\n4\n5\n", "", NULL);
        memory_fail_after(-1);
        assert_int_equal(code, HC_NO_MEMORY);
        assert_null(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coins_file_is_read),
        cmocka_unit_test(a_bad_coins_file_is_named_with_its_line),
        cmocka_unit_test(the_network_id_is_a_hash_of_the_numbers),
        cmocka_unit_test(a_draw_is_what_the_hash_says),
        cmocka_unit_test(a_coins_file_has_a_greatest_length),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
