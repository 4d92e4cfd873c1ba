/* What a peer that has proved itself on a link can do to a node, and what it cannot (K1, K5, K9). */
#include "unit/rows.h"

#include "core/common/id.h"
#include "core/node/node.h"
#include "core/rows/patch.h"
#include "core/rows/words.h"

#define ROUND_MS 1000
#define PEER_LINK (HC_HANDLE_THEIRS | 1)

static struct hc_network *network;
static struct hc_node *node;
static struct hc_effects effects;
static int64_t now_ms;

static void step(struct hc_event event)
{
    event.now_ms = now_ms;
    MUST(hc_node_step(node, &event, &effects));
    assert_true(node_verify(node));
}

/* The first of this kind that the last step asked for; NULL: none. */
static const struct hc_send *sent(enum hc_send_kind kind)
{
    for (size_t i = 0; i < effects.send_count; i++) {
        if (effects.sends[i].kind == kind) {
            return &effects.sends[i];
        }
    }
    return NULL;
}

static void say(uint64_t handle, struct hc_message message)
{
    step((struct hc_event){.kind = HC_EVENT_LINK_MESSAGE, .handle = handle, .message = &message});
    hc_message_clear(&message);
}

static struct hc_message greeting(enum hc_message_type type, const struct hc_identity *from)
{
    struct hc_message message = {
        .type = type, .lowest = HC_WIRE_VERSION, .highest = HC_WIRE_VERSION, .links = true, .keep = true, .nonce = {7}};
    memcpy(message.network, network->id, HC_NETWORK_BYTES);
    id_copy(message.from, from->id);
    return message;
}

/* The peer, B, opens a link and tells these rows. */
static void peer_comes(const char *rows_text)
{
    struct hc_row *rows[OWNERS_MAX];
    struct hc_message hello = greeting(HC_MESSAGE_HELLO, test_identity(1)), proof = {.type = HC_MESSAGE_PROOF};
    step((struct hc_event){.kind = HC_EVENT_LINK_OPENED, .handle = PEER_LINK, .message = &hello});
    const struct hc_message *welcome = &sent(HC_SEND_LINK)->message;
    assert_int_equal(welcome->type, HC_MESSAGE_WELCOME);
    link_proof_make(test_identity(1), proof.proof, network, hello.nonce, welcome->nonce, test_identity(0)->id);
    say(PEER_LINK, proof);
    size_t count = rows_from(network, rows, OWNERS_MAX, &rows_text);
    say(PEER_LINK, (struct hc_message){.type = HC_MESSAGE_ROWS, .state = state_of(rows, count)});
    rows_unref(rows, count);
    for (int i = 0; i < 10; i++) {
        step((struct hc_event){.kind = HC_EVENT_TIMEOUT});
    }
}

/* A new row of `line` as a patch of the one in `base`, perhaps with a false signature. */
static void patch_add(struct hc_words *words, const char *base, const char *line, bool forged)
{
    struct hc_row *from = row_of_line(network, base), *to = row_of_line(network, line);
    struct patch *patch = words_add_patch(words);
    assert_int_equal(patch_make(patch, from, to), PATCH_MADE);
    patch->sig[0] ^= forged;
    hc_row_unref(from);
    hc_row_unref(to);
}

/* K5: a patch whose result its owner did not sign may have been made of another row than ours: its sender is not blamed, also
 * if its message takes several steps. */
static void held_patches_are_nobodys_fault(void **unused)
{
    (void)unused;
    struct hc_words *words = words_new();
    peer_comes("B1:10, C1:10, D1:10, E1:10");
    patch_add(words, "C1:10", "C2:10 B1", false);
    patch_add(words, "D1:10", "D2:10 B1", false);
    patch_add(words, "E1:10", "E2:10 B1", true);
    say(PEER_LINK, (struct hc_message){.type = HC_MESSAGE_NEWS, .words = words});
    for (int i = 0; i < 10; i++) {
        assert_null(sent(HC_SEND_CLOSE));
        step((struct hc_event){.kind = HC_EVENT_TIMEOUT});
    }
    struct hc_node_view view;
    hc_node_look(node, &view);
    assert_true(view.refused[HC_BAD_SIGNATURE] > 0);
    assert_int_equal(view.live, 5);
}

/* The link that the last step opened to B comes about, and B gives it up at once. True if the node opens it anew at once. */
static bool link_is_given_up(void)
{
    const struct hc_send *open = sent(HC_SEND_OPEN);
    struct hc_message welcome = greeting(HC_MESSAGE_WELCOME, test_identity(1));
    uint64_t handle = open->handle;
    proof_make(test_identity(1), welcome.proof, network, open->message.nonce, test_identity(0)->id);
    say(handle, welcome);
    assert_non_null(sent(HC_SEND_LINK)); /* its proof */
    say(handle, (struct hc_message){.type = HC_MESSAGE_BYE});
    return sent(HC_SEND_OPEN);
}

/* K1: a peer that gives up every link at once is not opened to as fast as the network goes, but once a round. */
static void a_peer_that_gives_up_rests(void **unused)
{
    (void)unused;
    peer_comes("B1:10");
    say(PEER_LINK, (struct hc_message){.type = HC_MESSAGE_BYE});
    assert_false(link_is_given_up());
    unsigned opened = 0;
    for (int64_t end_ms = now_ms + 10 * ROUND_MS; now_ms < end_ms;) {
        now_ms = hc_node_deadline(node);
        step((struct hc_event){.kind = HC_EVENT_TIMEOUT});
        if (sent(HC_SEND_OPEN)) {
            opened++;
            assert_false(link_is_given_up());
        }
        if (sent(HC_SEND_REQUEST)) { /* whether it lives; it does */
            const struct hc_send *ask = sent(HC_SEND_REQUEST);
            struct hc_message welcome = greeting(HC_MESSAGE_WELCOME, test_identity(1));
            welcome.keep = false;
            proof_make(test_identity(1), welcome.proof, network, ask->message.nonce, test_identity(0)->id);
            step((struct hc_event){.kind = HC_EVENT_REPLY, .handle = ask->handle, .message = &welcome});
        }
    }
    assert_in_range(opened, 5, 10);
}

/* Whoever says that it wants news is compared with only if it did not want any. */
static void eager_again_and_again_costs_nothing(void **unused)
{
    (void)unused;
    peer_comes("B1:10");
    say(PEER_LINK, (struct hc_message){.type = HC_MESSAGE_BYE});
    uint64_t handle = sent(HC_SEND_OPEN)->handle;
    struct hc_message welcome = greeting(HC_MESSAGE_WELCOME, test_identity(1));
    proof_make(test_identity(1), welcome.proof, network, sent(HC_SEND_OPEN)->message.nonce, test_identity(0)->id);
    say(handle, welcome);
    say(handle, (struct hc_message){.type = HC_MESSAGE_BEAT}); /* the first comparison is over */
    for (int i = 0; i < 5; i++) {
        say(handle, (struct hc_message){.type = HC_MESSAGE_EAGER});
        assert_int_equal(effects.send_count, 0);
    }
}

/* K1: those who open links and prove nothing do not keep others out. */
static void hellos_take_no_places(void **unused)
{
    (void)unused;
    struct hc_message hello = greeting(HC_MESSAGE_HELLO, test_identity(2));
    for (uint64_t i = 1; i <= 3 * LINKS_THEIRS_MAX; i++) {
        step((struct hc_event){.kind = HC_EVENT_LINK_OPENED, .handle = PEER_LINK + i, .message = &hello});
        assert_true(hc_node_link_count(node) <= LINKS_THEIRS_MAX);
    }
    peer_comes("B1:10");
    struct hc_node_link_view view;
    hc_node_link(node, hc_node_link_count(node) - 1, &view);
    assert_true(view.proved && id_equal(view.id, test_identity(1)->id));
}

/* A row of a stranger. */
static struct hc_row *row_of_stranger(unsigned number)
{
    const struct hc_identity *owner = test_identity(number);
    struct hc_row_fields fields = {.addr = "127.0.0.1:9", .name = "", .version = TEST_VERSION};
    struct hc_row *row;
    id_copy(fields.id, owner->id);
    fields.draw = draw_that_gives(network, owner->id, 10, 0);
    fields.coins = 10;
    MUST(row_sign(&row, &fields, network, owner));
    return row;
}

static bool is_hinted(const uint8_t *id)
{
    struct hc_story_entry entries[HC_STORY_MAX];
    uint32_t flaps;
    size_t count = hc_node_story(node, id, entries, &flaps);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].kind == HC_STORY_HINT) {
            return true;
        }
    }
    return false;
}

/* K9: a list in which everybody is gone has the node ask for no more of them than verdicts would. */
static void a_list_gives_only_so_many_hints(void **unused)
{
    (void)unused;
    enum { STRANGERS = 100 };
    struct hc_row *rows[STRANGERS];
    struct hc_words *words = words_new();
    size_t hinted = 0;
    peer_comes("B1:10");
    for (unsigned i = 0; i < STRANGERS; i++) {
        rows[i] = row_of_stranger(OWNERS_MAX + i);
    }
    say(PEER_LINK, (struct hc_message){.type = HC_MESSAGE_ROWS, .state = state_of(rows, STRANGERS)});
    rows_unref(rows, STRANGERS);
    memset(words->covers, 0xff, sizeof words->covers);
    for (size_t i = 0; i < node_table(node)->count; i++) {
        struct hc_node_row_view view;
        hc_node_look_at(node, i, &view);
        struct listed *listed = words_add_listed(words);
        memcpy(listed->id, view.row->fields.id, ID_SHORT_BYTES);
        memcpy(listed->hash, view.row->hash, ID_SHORT_BYTES);
        listed->gone = true;
    }
    assert_int_equal(words->listed_count, STRANGERS + 2);
    say(PEER_LINK, (struct hc_message){.type = HC_MESSAGE_LIST, .words = words});
    for (unsigned i = 0; i < STRANGERS; i++) {
        hinted += is_hinted(test_identity(OWNERS_MAX + i)->id);
    }
    assert_in_range(hinted, HINTS_A_ROUND_MAX - 1, HINTS_A_ROUND_MAX);
}

static int begin(void **unused)
{
    (void)unused;
    network = test_network();
    struct hc_node_config config = {.identity = *test_identity(0),
                                    .network = network,
                                    .address = "127.0.0.1:8000",
                                    .name = "",
                                    .gossip_interval_ms = ROUND_MS,
                                    .checks_a_step = 1,
                                    .exchange = HC_EXCHANGE_LINKS};
    now_ms = 100000;
    MUST(hc_node_new(&node, &config));
    step((struct hc_event){.kind = HC_EVENT_START});
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    hc_node_free(node);
    hc_network_free(network);
    hc_effects_free(&effects);
    effects = (struct hc_effects){0};
    return 0;
}

#define link_talk_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        link_talk_test(held_patches_are_nobodys_fault),      link_talk_test(a_peer_that_gives_up_rests),
        link_talk_test(eager_again_and_again_costs_nothing), link_talk_test(hellos_take_no_places),
        link_talk_test(a_list_gives_only_so_many_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
