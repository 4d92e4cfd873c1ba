/* The worked examples of docs/PROTOCOL.md, read out of the document, hold for the core (W5).
 *
 * They are made by protocol_examples.py from the document's words; here the core is compared with them, byte for byte.
 * An example is the block after the comment with its name.
 */
#include "rows.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/common/text.h"
#include "core/rows/patch.h"
#include "core/rows/tree.h"
#include "core/rows/words.h"

static struct hc_network *network;
static char *document;

static char *file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long bytes = ftell(file);
    assert_true(bytes > 0);
    rewind(file);
    char *text = calloc((size_t)bytes + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)bytes, file), bytes);
    (void)fclose(file);
    return text;
}

/* The text of an example, without the last line's end; valid for the next three calls. */
static const char *example(const char *name)
{
    static char texts[4][8192];
    static unsigned turn;
    char mark[100];
    (void)snprintf(mark, sizeof mark, "<!-- example: %s -->\n```", name);
    const char *at = strstr(document, mark);
    if (!at) {
        fail_msg("docs/PROTOCOL.md has no example %s", name);
        return NULL;
    }
    const char *start = strchr(at + strlen(mark), '\n') + 1, *end = strstr(start, "\n```");
    char *text = texts[turn++ % 4];
    assert_true(end && end > start && (size_t)(end - start) < sizeof texts[0]);
    memcpy(text, start, (size_t)(end - start));
    text[end - start] = '\0';
    return text;
}

/* The bytes of an example in hex, which may be broken into lines; returns their number. */
static size_t example_bytes(uint8_t *out, size_t room, const char *name)
{
    char digits[8192];
    size_t count = 0;
    for (const char *at = example(name); *at; at++) {
        if (!isspace((unsigned char)*at)) {
            digits[count++] = *at;
        }
    }
    assert_true(count / 2 <= room);
    assert_true(hex_decode(out, count / 2, digits, count));
    return count / 2;
}

static void key_make(struct hc_identity *identity, unsigned number)
{
    uint8_t seed[HC_SEED_BYTES];
    for (unsigned i = 0; i < HC_SEED_BYTES; i++) {
        seed[i] = (uint8_t)(HC_SEED_BYTES * number + i);
    }
    hc_identity_from_seed(identity, seed);
}

static int setup(void **unused)
{
    (void)unused;
    document = file_read(HOWCOIN_SOURCE_DIR "/docs/PROTOCOL.md");
    const char *text = example("coins");
    MUST(hc_network_new(&network, text, strlen(text), "the example", "", NULL));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    hc_network_free(network);
    free(document);
    return 0;
}

/* D3: the network id of the coins file, with and without a name. */
static void the_network_id(void **unused)
{
    (void)unused;
    uint8_t expected[HC_NETWORK_BYTES];
    struct hc_network *named;
    const char *text = example("coins");
    assert_int_equal(example_bytes(expected, sizeof expected, "network"), HC_NETWORK_BYTES);
    assert_memory_equal(network->id, expected, HC_NETWORK_BYTES);
    MUST(hc_network_new(&named, text, strlen(text), "the example", "test", NULL));
    assert_int_equal(example_bytes(expected, sizeof expected, "network-named"), HC_NETWORK_BYTES);
    assert_memory_equal(named->id, expected, HC_NETWORK_BYTES);
    hc_network_free(named);
}

/* D2: the id of the fixed seed, and what it draws. */
static void the_draws(void **unused)
{
    (void)unused;
    struct hc_identity a;
    uint8_t id[HC_ID_BYTES];
    key_make(&a, 0);
    assert_int_equal(example_bytes(id, sizeof id, "id"), HC_ID_BYTES);
    assert_memory_equal(a.id, id, HC_ID_BYTES);
    const char *at = example("draws");
    size_t lines = 0;
    for (char *end; *at; at = *end ? end + 1 : end, lines++) {
        uint64_t number = strtoull(at, &end, 10), value = strtoull(end, &end, 10);
        assert_int_equal(number, lines + 1);
        assert_int_equal(network_draw(network, a.id, number), value);
    }
    assert_int_equal(lines, 8);
}

/* R3, R7, W2: three rows, the bytes they sign, and their text, which the core writes the same. */
static void the_rows(void **unused)
{
    (void)unused;
    static const char *const names[][2] = {{"row", "row-signed"}, {"paid", "paid-signed"}, {"tagged", "tagged-signed"}};
    struct hc_identity a;
    key_make(&a, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct hc_row *row, *again;
        struct hc_fault fault;
        uint8_t expected[ROW_SIGNED_BYTES_MAX], bytes[ROW_SIGNED_BYTES_MAX];
        const char *text = example(names[i][0]);
        if (hc_wire_decode_row(&row, text, strlen(text), network->id, &fault) != HC_OK) {
            fail_msg("%s: %s", names[i][0], fault.text);
        }
        MUST(row_verify(row, network));
        assert_string_equal(row->text, text);
        size_t count = example_bytes(expected, sizeof expected, names[i][1]);
        assert_int_equal(row_signed_bytes(bytes, &row->fields, network->id), count);
        assert_memory_equal(bytes, expected, count);
        MUST(row_sign(&again, &row->fields, network, &a));
        assert_string_equal(again->text, text);
        if (i == 0) {
            uint8_t signature[HC_SIGNATURE_BYTES];
            assert_int_equal(example_bytes(signature, sizeof signature, "row-signature"), HC_SIGNATURE_BYTES);
            assert_memory_equal(row->sig, signature, HC_SIGNATURE_BYTES);
        }
        hc_row_unref(row);
        hc_row_unref(again);
    }
}

/* R7: `more` in another spelling comes to the same row, with the same signature. */
static void more_is_canonical(void **unused)
{
    (void)unused;
    struct hc_row *row;
    struct hc_fault fault;
    char text[8192];
    const char *tagged = example("tagged"), *more = strstr(tagged, ",\"more\":"),
               *version = strstr(tagged, ",\"version\"");
    assert_true(more && version > more);
    int bytes =
        snprintf(text, sizeof text, "%.*s,\"more\":%s%s", (int)(more - tagged), tagged, example("more-spelt"), version);
    if (hc_wire_decode_row(&row, text, (size_t)bytes, network->id, &fault) != HC_OK) {
        fail_msg("%s", fault.text);
    }
    MUST(row_verify(row, network));
    assert_string_equal(row->text, tagged);
    hc_row_unref(row);
}

/* What the core reads of the example, it writes as the same bytes. */
static void decode(struct hc_message *message, const char *name)
{
    struct hc_fault fault;
    const char *text = example(name);
    if (hc_wire_decode(message, text, strlen(text), network->id, &fault) != HC_OK) {
        fail_msg("%s: %s", name, fault.text);
    }
    char *line;
    size_t bytes;
    MUST(hc_wire_encode(&line, &bytes, message));
    assert_int_equal(line[bytes - 1], '\n');
    line[bytes - 1] = '\0';
    assert_string_equal(line, text);
    memory_free(line);
}

/* W2, P9: the request and the reply, and the proof for the request's nonce. */
static void the_messages(void **unused)
{
    (void)unused;
    struct hc_message request, reply, busy;
    struct hc_identity a, b;
    uint8_t expected[100];
    key_make(&a, 0);
    key_make(&b, 1);
    decode(&request, "request");
    decode(&reply, "reply");
    assert_int_equal(request.type, HC_MESSAGE_REQUEST);
    assert_int_equal(reply.type, HC_MESSAGE_REPLY);
    assert_memory_equal(request.from, b.id, HC_ID_BYTES);
    assert_memory_equal(reply.from, a.id, HC_ID_BYTES);
    assert_int_equal(request.state->gone[0].age_s, 90);
    assert_true(proof_verify(reply.proof, network, request.nonce, b.id, a.id));
    size_t count = example_bytes(expected, sizeof expected, "proof-signed");
    assert_true(signature_verify(reply.proof, network, expected, count, a.id));
    decode(&busy, "busy");
    assert_int_equal(busy.error.code, HC_BUSY);
    assert_true(busy.proved && memcmp(busy.from, reply.from, HC_ID_BYTES) == 0);
    assert_memory_equal(busy.proof, reply.proof, HC_SIGNATURE_BYTES);
    hc_message_clear(&request);
    hc_message_clear(&reply);
}

/* A node with A's key that has just started answers the request with the very bytes of the reply. */
static void the_node_replies_so(void **unused)
{
    (void)unused;
    struct hc_node_config config = {
        .network = network, .address = "127.0.0.1:8001", .name = "", .gossip_interval_ms = 3000, .fanout = 8};
    struct hc_effects effects = {0};
    struct hc_message request;
    struct hc_node *node;
    char *line;
    size_t bytes;
    key_make(&config.identity, 0);
    decode(&request, "request");
    MUST(hc_node_new(&node, &config));
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START, .now_ms = 1000}, &effects));
    MUST(hc_node_step(node,
                      &(struct hc_event){.kind = HC_EVENT_REQUEST, .now_ms = 1000, .handle = 3, .message = &request},
                      &effects));
    assert_int_equal(effects.sends[0].kind, HC_SEND_REPLY);
    MUST(hc_wire_encode(&line, &bytes, &effects.sends[0].message));
    line[bytes - 1] = '\0';
    assert_string_equal(line, example("reply"));
    memory_free(line);
    hc_message_clear(&request);
    hc_effects_free(&effects);
    hc_node_free(node);
}

/* M6: the example of a fork is one. */
static void the_fork(void **unused)
{
    (void)unused;
    struct hc_message message;
    struct hc_fault fault;
    struct table table;
    struct merge merge;
    char line[16384], network_hex[HEX_CHARS(HC_NETWORK_BYTES) + 1];
    hex_encode(network_hex, network->id, HC_NETWORK_BYTES);
    int bytes = snprintf(
        line, sizeof line,
        "{\"howcoin\":1,\"type\":\"gossip\",\"network\":\"%s\",\"from\":\"%s\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","
        "\"rows\":[],\"forks\":%s}",
        network_hex, example("id"), example("forks"));
    if (hc_wire_decode(&message, line, (size_t)bytes, network->id, &fault) != HC_OK) {
        fail_msg("%s", fault.text);
    }
    table_init(&table, network, (const uint8_t[16]){0});
    MUST(table_merge(&table, &merge, message.state->forks, message.state->fork_count, message.from));
    assert_int_equal(table.count, 1);
    assert_int_equal(table.entries[0].branch_count, 2);
    assert_true(merge.changes[0].forked);
    merge_free(&merge);
    table_free(&table);
    hc_message_clear(&message);
}

/* K2: the greetings, and the proof of the node that opened the link. */
static void the_greetings(void **unused)
{
    (void)unused;
    struct hc_message hello, welcome, ask, proof;
    struct hc_identity a, b;
    uint8_t expected[200], made[HC_SIGNATURE_BYTES];
    key_make(&a, 0);
    key_make(&b, 1);
    decode(&hello, "hello");
    decode(&welcome, "welcome");
    decode(&ask, "ask");
    decode(&proof, "proof");
    assert_true(hello.keep && hello.links && hello.lowest == 1 && hello.highest == 1 && hello.your_version == 1);
    assert_true(welcome.keep && welcome.your_version == 4);
    assert_true(!ask.keep && !ask.has_digests && ask.dropped_why == HC_SILENT && ask.dropped_ago_s == 12);
    assert_true(proof_verify(welcome.proof, network, hello.nonce, b.id, a.id));
    size_t count = example_bytes(expected, sizeof expected, "link-proof-signed");
    assert_true(signature_verify(proof.proof, network, expected, count, b.id));
    link_proof_make(&b, made, network, hello.nonce, welcome.nonce, a.id);
    assert_memory_equal(made, proof.proof, HC_SIGNATURE_BYTES);
    assert_true(link_proof_verify(proof.proof, network, hello.nonce, welcome.nonce, a.id, b.id));
}

/* What B's table holds in the examples of links: A and itself, and C, which is gone. In order of ids. */
#define TABLE_ROWS 3
enum { ROW_A, ROW_C, ROW_B };

static void rows_of_b(struct hc_row *rows[static TABLE_ROWS])
{
    struct hc_message reply;
    decode(&reply, "reply");
    rows[ROW_A] = hc_row_ref(reply.state->live[0]);
    rows[ROW_B] = hc_row_ref(reply.state->live[1]);
    rows[ROW_C] = hc_row_ref(reply.state->gone[0].row);
    hc_message_clear(&reply);
}

/* K6: the digests of B's table, the buckets in which its rows are, and an empty one. */
static void the_digests(void **unused)
{
    (void)unused;
    static uint8_t rows_of[BUCKETS][HC_DIGEST_BYTES], whole_of[BUCKETS][HC_DIGEST_BYTES];
    struct hc_row *rows[TABLE_ROWS];
    struct tree *trees = calloc(2, sizeof *trees);
    struct hc_message hello, buckets;
    uint8_t digest[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    char text[1024], hex[4][HEX_CHARS(HC_DIGEST_BYTES) + 1];
    size_t used = 0;
    assert_non_null(trees);
    rows_of_b(rows);
    tree_begin(&trees[0]);
    tree_begin(&trees[1]);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        tree_add(&trees[0], rows[i]->bucket, &rows[i], 1);
        tree_add(&trees[1], rows[i]->bucket, &rows[i], 1);
        tree_add_byte(&trees[1], rows[i]->bucket, i == ROW_C);
    }
    tree_end(&trees[0], rows_of, NULL);
    tree_end(&trees[1], whole_of, NULL);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        hex_encode(hex[0], rows[i]->fields.id, ID_SHORT_BYTES);
        hex_encode(hex[1], rows_of[rows[i]->bucket], HC_DIGEST_BYTES);
        hex_encode(hex[2], whole_of[rows[i]->bucket], HC_DIGEST_BYTES);
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s %u %s %s\n", hex[0], rows[i]->bucket, hex[1], hex[2]);
    }
    tree_digest(digest, rows_of);
    tree_digest(whole, whole_of);
    hex_encode(hex[0], rows_of[0], HC_DIGEST_BYTES); /* it is none of the three */
    hex_encode(hex[1], digest, HC_DIGEST_BYTES);
    hex_encode(hex[2], whole, HC_DIGEST_BYTES);
    (void)snprintf(text + used, sizeof text - used, "empty %s\ntable %s %s", hex[0], hex[1], hex[2]);
    assert_string_equal(text, example("digests"));
    decode(&hello, "hello");
    assert_memory_equal(hello.rows_digest, digest, HC_DIGEST_BYTES);
    assert_memory_equal(hello.whole_digest, whole, HC_DIGEST_BYTES);
    decode(&buckets, "buckets");
    for (size_t b = 0; b < BUCKETS; b++) {
        assert_memory_equal(buckets.words->buckets[b], whole_of[b], ID_SHORT_BYTES);
    }
    hc_message_clear(&buckets);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        hc_row_unref(rows[i]);
    }
    free(trees);
}

/* K7: B's list, what A lacks of it, and what B sends; and the list of the only bucket that differs. */
static void the_comparison(void **unused)
{
    (void)unused;
    struct hc_row *rows[TABLE_ROWS];
    struct hc_message message;
    rows_of_b(rows);
    decode(&message, "list");
    assert_int_equal(message.words->listed_count, TABLE_ROWS);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        const struct listed *listed = &message.words->listed[i];
        assert_memory_equal(listed->id, rows[i]->fields.id, ID_SHORT_BYTES);
        assert_memory_equal(listed->hash, rows[i]->hash, ID_SHORT_BYTES);
        assert_true(listed->gone == (i == ROW_C) && !listed->fresh);
    }
    hc_message_clear(&message);
    decode(&message, "want");
    assert_int_equal(message.words->wanted_count, 1);
    assert_memory_equal(message.words->wanted[0], rows[ROW_C]->fields.id, ID_SHORT_BYTES);
    hc_message_clear(&message);
    decode(&message, "owed");
    assert_string_equal(message.state->gone[0].row->text, rows[ROW_C]->text);
    hc_message_clear(&message);
    decode(&message, "list-of");
    assert_int_equal(message.words->listed_count, 0);
    for (unsigned b = 0; b < BUCKETS; b++) {
        assert_int_equal(bucket_set_has(message.words->covers, (uint8_t)b), b == rows[ROW_C]->bucket);
    }
    hc_message_clear(&message);
    decode(&message, "beat");
    assert_true(message.ring && message.has_digests);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        hc_row_unref(rows[i]);
    }
}

/* K5, K9: news by patches and verdicts; two patches, one on the other, come to the row that the owner signed. */
static void the_news(void **unused)
{
    (void)unused;
    struct hc_message news, later, whole;
    struct hc_row *rows[TABLE_ROWS], *second, *third;
    struct patch again = {0};
    uint8_t expected[ROW_SIGNED_BYTES_MAX], bytes[ROW_SIGNED_BYTES_MAX];
    rows_of_b(rows);
    decode(&news, "news");
    decode(&later, "news-later");
    decode(&whole, "news-whole");
    assert_true(news.words->verdict_count == 1 && news.words->verdicts[0].reason == HC_OK);
    assert_true(whole.words->verdicts[0].reason == HC_SILENT && whole.words->verdicts[0].version == 2);
    assert_string_equal(whole.state->live[0]->text, rows[ROW_A]->text);
    MUST(patch_apply(&second, &news.words->patches[0], rows[ROW_A]));
    MUST(row_verify(second, network));
    MUST(patch_apply(&third, &later.words->patches[0], second));
    MUST(row_verify(third, network));
    assert_string_equal(third->text, example("patched"));
    size_t count = example_bytes(expected, sizeof expected, "patched-signed");
    assert_int_equal(row_signed_bytes(bytes, &third->fields, network->id), count);
    assert_memory_equal(bytes, expected, count);
    assert_int_equal(patch_make(&again, second, third), PATCH_MADE);
    assert_int_equal(again.sent_count, 2);
    assert_true(again.sent[0].fresh && !again.sent[1].fresh && again.sent[1].amount == 9);
    memory_free(again.sent);
    hc_row_unref(second);
    hc_row_unref(third);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        hc_row_unref(rows[i]);
    }
    hc_message_clear(&news);
    hc_message_clear(&later);
    hc_message_clear(&whole);
}

/* W5: the numbers of docs/PROTOCOL.md, section 10, are the constants of limits.h. */
static void the_limits(void **unused)
{
    (void)unused;
    assert_int_equal(HC_FRAME_BYTES_MAX, 8388608);
    assert_int_equal(FRAME_DEPTH_MAX, 8);
    assert_int_equal(FRAME_VALUES_MAX, 400000);
    assert_int_equal(FRAME_ROWS_MAX, 50000);
    assert_int_equal(HC_ROWS_MAX, 10000);
    assert_int_equal(BRANCHES_MAX, 4);
    assert_int_equal(WAITING_ROWS_MAX, 4096);
    assert_int_equal(WAITING_BYTES_MAX, 4 * 1048576);
    assert_int_equal(WAITING_OWNER_ROWS_MAX, 16);
    assert_int_equal(HC_PAYEES_MAX, 512);
    assert_int_equal(HC_TAGS_BYTES_MAX, 1024);
    assert_int_equal(HC_TAG_KEY_BYTES_MAX, 32);
    assert_int_equal(MORE_BYTES_MAX, 1024);
    assert_int_equal(MORE_DEPTH_MAX, 4);
    assert_int_equal(HC_NAME_BYTES_MAX, 32);
    assert_int_equal(HC_ADDR_BYTES_MAX, 255);
    assert_int_equal(HC_COINS_MAX, 1000000000000);
    assert_int_equal(COIN_LINES_MAX, 1000000);
    assert_int_equal(HC_NUMBER_MAX, 9007199254740991);
    assert_int_equal(FORGET_MS, 604800000);
    assert_int_equal(INTRODUCTIONS_MAX, 64);
    assert_int_equal(HINT_REST_ROUNDS, 5);
    assert_int_equal(HC_MESSAGE_TEXT_BYTES_MAX, 300);
    assert_int_equal(EXCHANGE_TIMEOUT_MS_MAX, 1000);
    for (int code = HC_BAD_FRAME; code <= HC_SLOW; code++) { /* W3: the closed list is in the document */
        char cell[64];
        (void)snprintf(cell, sizeof cell, "\n| `%s` |", hc_code_name((enum hc_code)code));
        assert_non_null(strstr(document, cell));
    }
}

/* W5: so are those of docs/PROTOCOL.md, section 20, and those that the rules of links give. */
static void the_limits_of_links(void **unused)
{
    (void)unused;
    assert_int_equal(LINK_MESSAGE_BYTES_MAX, 65536);
    assert_int_equal(HC_LINK_LINE_BYTES_MAX, 294912);
    assert_int_equal(LINK_WORDS_MAX, 4096);
    assert_int_equal(LINKS_THEIRS_MAX, 64);
    assert_int_equal(LINKS_OURS_MAX, 16);
    assert_int_equal(LINKS_OURS, 3);
    assert_int_equal(ASKS_MAX, 32);
    assert_int_equal(HINTS_A_ROUND_MAX, 64);
    assert_int_equal(OUTBOX_ROWS_MAX, 4096);
    assert_int_equal(OWED_MESSAGES_MAX, 4);
    assert_int_equal(BUCKETS, 256);
    assert_int_equal(ID_SHORT_BYTES, 8);
    assert_int_equal(LIST_ROWS_MAX, 64);
    assert_int_equal(LIST_MESSAGE_ROWS, 2000);
    assert_int_equal(NEWS_GATHER_MS, 10);
    assert_int_equal(OWN_NEWS_BYTES_S, 32000);
    assert_int_equal(QUIET_MS, 100);
    assert_int_equal(FRESH_MS, 500);
    assert_int_equal(ASK_AGAIN_MS, 200);
    assert_int_equal(LATE_MS, 200);
    assert_int_equal(LATE_FACTOR_MAX, 4);
    assert_int_equal(STANDING_ROUNDS, 10);
    assert_int_equal(FAILED_ROUNDS, 10);
    assert_int_equal(USEFULNESS_FIRST, 500);
    assert_int_equal(USEFULNESS_LAZY, 330);
    assert_int_equal(USEFULNESS_WEIGHT, 10);
    assert_int_equal(CHORD_LAZY_ROUNDS, 40);
    assert_int_equal(CHORD_ROUNDS, 400);
    assert_int_equal(LINK_REST_ROUNDS, 1);
    assert_int_equal(WATCHED_MAX, 4);
    for (int type = HC_MESSAGE_HELLO; type < HC_MESSAGE_UNKNOWN; type++) { /* and every message */
        char name[32];
        (void)snprintf(name, sizeof name, "`%s`", hc_message_type_name((enum hc_message_type)type));
        assert_non_null(strstr(document, name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greetings),
        cmocka_unit_test(the_digests),
        cmocka_unit_test(the_comparison),
        cmocka_unit_test(the_news),
        cmocka_unit_test(the_limits_of_links),
        cmocka_unit_test(the_network_id),
        cmocka_unit_test(the_draws),
        cmocka_unit_test(the_rows),
        cmocka_unit_test(the_messages),
        cmocka_unit_test(the_node_replies_so),
        cmocka_unit_test(the_fork),
        cmocka_unit_test(the_limits),
        cmocka_unit_test(more_is_canonical),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
