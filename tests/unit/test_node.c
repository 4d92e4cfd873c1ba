/* The node, step by step: what it asks, answers, believes and tells (P1-P10, M5, D3, D4, L2, S3).
 *
 * Two and more nodes in memory, every message as the bytes of the wire, time as it is told. The network's own kinds of failure
 * are the moods of support.h; after every step of everybody node_verify is asked.
 */
#include "support.h"

#include <stdlib.h>

#define ROUND 3000
#define SOON 50 /* a few ways there and back, at a millisecond each */

static struct net net;

static int setup(void **unused)
{
    (void)unused;
    net_init(&net);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    net_free(&net);
    return 0;
}

/* So many nodes, the first the contact of all, and time for them to meet and agree. */
static void start_nodes(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        net_add(&net, 0);
    }
    net_run(&net, 2 * ROUND + 500); /* nothing is on its way now */
    assert_true(net.mutate_interval_ms > 0 || net_agree(&net));
}

static struct hc_node_view look(size_t node)
{
    struct hc_node_view view;
    hc_node_look(net.nodes[node].node, &view);
    return view;
}

static const struct hc_row *row_at(size_t node, size_t of)
{
    const struct entry *entry = table_find(node_table(net.nodes[node].node), net.nodes[of].identity->id);
    return entry ? entry_row(entry) : NULL;
}

static bool all_see(size_t about, const char *status)
{
    for (size_t i = 0; i < net.count; i++) {
        if (i != about && net.nodes[i].node && strcmp(net_sees(&net, i, about), status) != 0) {
            return false;
        }
    }
    return true;
}

/* Waits until everybody who runs sees it so; returns for how long, or fails after `most_ms`. */
static int64_t wait_until_all_see(size_t about, const char *status, int64_t most_ms)
{
    int64_t start = net.now_ms;
    while (!all_see(about, status)) {
        if (net.now_ms - start >= most_ms) {
            fail_msg("not everybody sees %zu as %s after %lld ms", about, status, (long long)most_ms);
        }
        net_run(&net, 10);
    }
    return net.now_ms - start;
}

static size_t told_by_all(enum hc_notice_kind kind, size_t about, int64_t since_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < net.count; i++) {
        count += i == about ? 0 : net_told(&net, i, kind, about, since_ms);
    }
    return count;
}

/* ---- Starting and meeting ---- */

/* D2: a node starts with its first draw, version 1, alone, and says so. */
static void a_node_starts_alone(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    struct hc_node_view view = look(0);
    assert_int_equal(view.row->fields.version, 1);
    assert_int_equal(view.row->fields.draw, 1);
    assert_int_equal(view.row->fields.coins, network_draw(net.network, net.nodes[0].identity->id, 1));
    assert_string_equal(view.row->fields.addr, "127.0.0.1:8000");
    assert_int_equal(view.live, 1);
    assert_int_equal(view.known, 1);
    assert_true(hc_node_balances(net.nodes[0].node) == (hc_coin_sum)view.row->fields.coins);
    assert_int_equal(net_told(&net, 0, HC_NOTICE_STARTED, 0, 0), 1);
    net_run(&net, 10 * ROUND);
    assert_int_equal(net_told(&net, 0, HC_NOTICE_ROUND, 0, 0), look(0).round);
    assert_true(look(0).round >= 10 && look(0).round <= 11);
    assert_true(look(0).agree);
}

/* P1: a node turns to its contact at once, not after a round, and to all that it learns of there right after. */
static void one_contact_introduces_all_to_all(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_run(&net, ROUND / 2);
    for (size_t i = 1; i < 6; i++) {
        uint64_t asked[6];
        for (size_t j = 0; j < i; j++) {
            asked[j] = net.nodes[j].asked;
        }
        net_add(&net, 0);
        net_run(&net, SOON);
        assert_true(net_agree(&net));
        for (size_t j = 0; j < i; j++) {
            assert_true(net.nodes[j].asked > asked[j]);
            assert_int_equal(net_told(&net, j, HC_NOTICE_JOINED, i, 0), 1);
            assert_int_equal(net_told(&net, i, HC_NOTICE_JOINED, j, 0), 1);
        }
    }
}

/* P6: a contact that starts later than its caller is found; that it does not answer is told once until it does. */
static void a_contact_may_start_later(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_kill(&net, 0);
    net_add(&net, 0);
    net_run(&net, 5 * ROUND);
    assert_int_equal(net_told(&net, 1, HC_NOTICE_UNANSWERED, 1, 0), 1);
    assert_int_equal(net_last(&net, 1, HC_NOTICE_UNANSWERED)->code, HC_UNREACHABLE);
    assert_string_equal(net_sees(&net, 1, 0), "unknown");
    net_start(&net, 0, 0);
    net_run(&net, ROUND + SOON);
    assert_true(net_agree(&net));
    assert_int_equal(net_told(&net, 1, HC_NOTICE_UNANSWERED, 1, 0), 1);
}

/* A node that is its own contact, as a script may have it, asks nobody. */
static void a_node_does_not_ask_itself(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_kill(&net, 0);
    net.count = 2;
    net.nodes[1] = net.nodes[0]; /* the contact is a node with its address */
    net.nodes[1].identity = test_identity(1);
    net_start(&net, 1, 0);
    net.nodes[0].node = NULL;
    net_run(&net, 3 * ROUND);
    assert_int_equal(net.nodes[1].asked, 0);
    assert_int_equal(net_told(&net, 1, HC_NOTICE_UNANSWERED, 1, 0), 0);
}

/* P2: with a fan-out every node is asked within ceil(peers / fanout) rounds. */
static void a_fanout_bounds_a_round(void **unused)
{
    (void)unused;
    net.fanout = 2;
    start_nodes(8);
    net_run(&net, 4 * ROUND);
    for (size_t i = 0; i < 8; i++) {
        net.nodes[i].asked = 0;
    }
    uint64_t rounds = look(0).round, asked = 0;
    net_run(&net, 8 * ROUND);
    assert_int_equal(look(0).round, rounds + 8);
    for (size_t i = 0; i < 8; i++) {
        asked += net.nodes[i].asked;
        /* seven others, each of whom asks him at least every four rounds */
        assert_true(net.nodes[i].asked >= 7 * 2);
    }
    assert_int_equal(asked, 8 * 8 * 2);
}

/* ---- Dropping ---- */

/* P3: a peer whose request fails is dropped, and told of once, with the reason; not before it was asked. */
static void a_failed_request_drops_the_peer(void **unused)
{
    (void)unused;
    static const struct {
        enum net_mood mood;
        const char *answer;
        enum hc_code reason;
    } cases[] = {
        {NET_REFUSING, NULL, HC_UNREACHABLE},
        {NET_CLOSING, NULL, HC_CLOSED},
        {NET_SILENT, NULL, HC_SILENT},
        {NET_UNPROVEN, NULL, HC_BAD_PROOF},
        {NET_ERROR, "bad_frame", HC_BAD_FRAME},
        {NET_ERROR, "too_large", HC_TOO_LARGE},
        {NET_ERROR, "wrong_version", HC_WRONG_VERSION},
        {NET_ERROR, "wrong_network", HC_WRONG_NETWORK},
        {NET_ERROR, "bad_row", HC_BAD_ROW},
        {NET_ERROR, "timeout", HC_SLOW},
        {NET_ERROR, "of_tomorrow", HC_BAD_REPLY},
        /* W3: the list is closed. These are names of ours, but nothing that a peer may say: no goodbye without a signature. */
        {NET_ERROR, "left", HC_BAD_REPLY},
        {NET_ERROR, "ok", HC_BAD_REPLY},
        {NET_ERROR, "silent", HC_BAD_REPLY},
        {NET_ERROR, "no_memory", HC_BAD_REPLY},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start_nodes(3);
        net.nodes[2].mood = cases[i].mood;
        net.nodes[2].answer = cases[i].answer;
        assert_true(all_see(2, "live"));
        int64_t since = net.now_ms;
        net_run(&net, 1);
        assert_true(all_see(2, "live"));
        wait_until_all_see(2, "dropped", ROUND + 2 * 1000 + SOON);
        net_run(&net, 3 * ROUND);
        assert_true(all_see(2, "dropped"));
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(net_told(&net, j, HC_NOTICE_DROPPED, 2, since), 1);
            if (net_last(&net, j, HC_NOTICE_DROPPED)->code != cases[i].reason) {
                fail_msg("case %zu: %s", i, hc_code_name(net_last(&net, j, HC_NOTICE_DROPPED)->code));
            }
            assert_int_equal(net_told(&net, j, HC_NOTICE_LEFT, 2, since), 0);
            assert_int_equal(look(j).live, 2);
            assert_int_equal(look(j).known, 3);
        }
        /* P6: and when it does answer again, it comes back. */
        net.nodes[2].mood = NET_WELL;
        wait_until_all_see(2, "live", 2 * ROUND + SOON);
        net_free(&net);
        net_init(&net);
    }
}

/* P3: busy is an answer, not a failure. */
static void busy_is_an_answer(void **unused)
{
    (void)unused;
    start_nodes(3);
    net.nodes[2].mood = NET_ERROR;
    net.nodes[2].answer = "busy";
    uint64_t asked = net.nodes[2].asked;
    net_run(&net, 6 * ROUND);
    assert_true(all_see(2, "live"));
    assert_true(net.nodes[2].asked >= asked + 2 * 6);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, 2, 0), 0);
    /* But anybody on a dead node's port can say it: after ten in a row nobody is there. */
    net_run(&net, 5 * ROUND);
    assert_true(all_see(2, "dropped"));
}

/* P3, P9: who proves with `busy` that it is he who says it is alive, for however long. It brings back, too, like any
 * answer. */
static void a_proved_busy_is_a_sign_of_life(void **unused)
{
    (void)unused;
    start_nodes(3);
    net.nodes[2].mood = NET_BUSY;
    uint64_t asked = net.nodes[2].asked;
    net_run(&net, 4 * BUSY_ROUNDS_MAX * ROUND);
    assert_true(net.nodes[2].asked >= asked + 2 * 4 * BUSY_ROUNDS_MAX);
    assert_true(all_see(2, "live"));
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, 2, 0), 0);
    assert_false(look(0).agree); /* it told nothing */
    net.nodes[2].mood = NET_CLOSING;
    wait_until_all_see(2, "dropped", ROUND + SOON);
    net.nodes[2].mood = NET_BUSY;
    wait_until_all_see(2, "live", 2 * ROUND + SOON);
}

/* P9: a proof that does not verify is none. */
static void a_busy_with_a_bad_proof_proves_nothing(void **unused)
{
    (void)unused;
    start_nodes(3);
    net.nodes[2].mood = NET_BUSY_UNPROVEN;
    net_run(&net, 6 * ROUND);
    assert_true(all_see(2, "live"));
    net_run(&net, 5 * ROUND);
    assert_true(all_see(2, "dropped"));
    assert_int_equal(net_last(&net, 0, HC_NOTICE_DROPPED)->code, HC_BUSY);
}

/* P9: a node that took a port over is not the old one, though it is too busy to say more. */
static void a_busy_of_another_node_drops_the_old_one(void **unused)
{
    (void)unused;
    start_nodes(3);
    net_kill(&net, 2);
    const struct hc_identity *old = net.nodes[2].identity;
    net.nodes[2].identity = test_identity(9);
    net.nodes[2].mood = NET_BUSY;
    net_start(&net, 2, 2);
    net_run(&net, ROUND + SOON);
    net.nodes[2].identity = old;
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(net_sees(&net, i, 2), "dropped");
        assert_int_equal(net_last(&net, i, HC_NOTICE_DROPPED)->code, HC_OTHER_NODE);
    }
}

/* However many are turned away, a second has so many proofs and no more. */
static void proofs_of_busy_are_bounded(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    struct hc_message head = {.type = HC_MESSAGE_REQUEST};
    memcpy(head.network, net.network->id, HC_NETWORK_BYTES);
    memcpy(head.from, test_identity(1)->id, HC_ID_BYTES);
    for (int second = 0; second < 2; second++) {
        for (size_t i = 0; i < BUSY_PROOFS_MAX + 2; i++) {
            struct hc_event event = {.kind = HC_EVENT_BUSY, .handle = i + 1, .message = &head, .text = "no place"};
            MUST(net_step(&net, 0, event));
            assert_int_equal(net.nodes[0].effects.send_count, 1);
            const struct hc_send *send = &net.nodes[0].effects.sends[0];
            assert_int_equal(send->kind, HC_SEND_REPLY);
            assert_int_equal(send->handle, i + 1);
            assert_int_equal(send->message.error.code, HC_BUSY);
            assert_string_equal(send->message.error.text, "no place");
            assert_int_equal(send->message.proved, i < BUSY_PROOFS_MAX);
            if (i == 0) {
                assert_memory_equal(send->message.from, net.nodes[0].identity->id, HC_ID_BYTES);
                assert_true(proof_verify(send->message.proof, net.network, head.nonce, head.from, send->message.from));
            }
        }
        net_run(&net, 1000);
    }
}

/* P3: silence counts after one more try in the same round. */
static void silence_counts_twice(void **unused)
{
    (void)unused;
    start_nodes(2);
    net_run(&net, ROUND / 2); /* both tries of a round fall into one turn below */
    for (int i = 0; i < 5; i++) {
        net.nodes[1].mood = NET_SILENT_ONCE;
        net_run(&net, ROUND);
        assert_int_equal(net.nodes[1].mood, NET_WELL);
    }
    assert_int_equal(net_told(&net, 0, HC_NOTICE_DROPPED, 1, 0), 0);
    net.nodes[1].mood = NET_SILENT;
    uint64_t asked = net.nodes[1].asked;
    int64_t waited = wait_until_all_see(1, "dropped", ROUND + 2000 + SOON);
    assert_true(waited >= 2000); /* a third of the interval, at most a second, and that twice */
    assert_int_equal(net.nodes[1].asked - asked, 2);
}

/* P4: a node that dies is dropped by all within a few rounds, each by its own request, whatever the fan-out; P5: it never
 * comes back, and whoever is new learns of it as dropped. */
static void the_dead_are_dropped_and_stay_dead(void **unused)
{
    (void)unused;
    net.fanout = 8;
    start_nodes(32);
    net_kill(&net, 5);
    int64_t since = net.now_ms;
    wait_until_all_see(5, "dropped", 7 * ROUND / 2);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, 5, since), 31);
    since = net.now_ms;
    net_run(&net, 30 * ROUND);
    size_t newcomer = net_add(&net, 3);
    net_run(&net, 5 * ROUND);
    assert_true(all_see(5, "dropped"));
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, 5, since) + told_by_all(HC_NOTICE_JOINED, 5, since), 0);
    assert_int_equal(net_told(&net, newcomer, HC_NOTICE_DROPPED, 5, 0), 0);
    assert_true(net_agree(&net));
}

/* P4: one node's bad network fells nobody: the others ask for themselves, and keep whom they reach; nor do they ask more and
 * more for all the hints. */
static void a_hint_is_only_a_hint(void **unused)
{
    (void)unused;
    start_nodes(5);
    net.cut[1][4] = true;
    int64_t since = net.now_ms;
    net_run(&net, 2 * ROUND);
    assert_string_equal(net_sees(&net, 1, 4), "dropped");
    net_run(&net, 20 * ROUND);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(net_sees(&net, i, 4), i == 1 ? "dropped" : "live");
        assert_int_equal(net_told(&net, i, HC_NOTICE_DROPPED, 4, since), i == 1);
    }
    /* Every one of four live peers in every round, as before; nobody is asked twice in one. */
    uint64_t asked = net.nodes[4].asked;
    net_run(&net, 10 * ROUND);
    assert_int_equal(net.nodes[4].asked - asked, 3 * 10);
    net.cut[1][4] = false;
    wait_until_all_see(4, "live", 2 * ROUND + SOON);
}

/* P4: a hint that was looked into and found wrong is not looked into again in every round, whoever repeats it. */
static void hints_rest(void **unused)
{
    (void)unused;
    net.fanout = 2;
    start_nodes(9);
    net.cut[1][4] = true;
    net_run(&net, 12 * ROUND);
    assert_string_equal(net_sees(&net, 1, 4), "dropped");
    uint64_t asked = net.nodes[4].asked;
    net_run(&net, 30 * ROUND);
    /* Seven others in 30 rounds: 53 by their turns, and some 20 by hints; without a rest they would be more than 50. */
    assert_true(net.nodes[4].asked - asked < 92);
    assert_true(all_see(4, "live") || strcmp(net_sees(&net, 1, 4), "dropped") == 0);
}

/* P5: an opinion of others does not revive anybody: as long as he does not answer, he stays dropped. */
static void others_opinions_revive_nobody(void **unused)
{
    (void)unused;
    start_nodes(3);
    struct hc_row *live = hc_row_ref((struct hc_row *)(uintptr_t)row_at(0, 2));
    net_kill(&net, 2);
    wait_until_all_see(2, "dropped", 2 * ROUND);
    struct hc_state *state = state_of(&live, 1);
    for (int i = 0; i < 5; i++) {
        struct hc_message reply;
        net_request(&net, 0, net.nodes[1].identity, state, &reply);
        assert_int_equal(reply.type, HC_MESSAGE_REPLY);
        hc_message_clear(&reply);
        net_run(&net, ROUND);
        assert_string_equal(net_sees(&net, 0, 2), "dropped");
    }
    /* Even a newer row only makes it ask. */
    struct hc_row_fields fields = live->fields;
    struct hc_row *newer;
    fields.version += 5;
    MUST(row_sign(&newer, &fields, net.network, net.nodes[2].identity));
    struct hc_state *news = state_of(&newer, 1);
    struct hc_message reply;
    net_request(&net, 0, net.nodes[1].identity, news, &reply);
    hc_message_clear(&reply);
    net_run(&net, 2 * ROUND);
    assert_string_equal(net_sees(&net, 0, 2), "dropped");
    assert_int_equal(row_at(0, 2)->fields.version, fields.version);
    state_unref(state);
    state_unref(news);
    hc_row_unref(newer);
    hc_row_unref(live);
}

/* M5, P5: a node that comes back without its memory signs above what it signed before, is no twin, and returns to all. */
static void a_restarted_node_returns(void **unused)
{
    (void)unused;
    net.mutate_interval_ms = 500;
    start_nodes(4);
    net_run(&net, 4 * ROUND);
    net_kill(&net, 3);
    wait_until_all_see(3, "dropped", 2 * ROUND);
    uint64_t version = row_at(0, 3)->fields.version, draw = row_at(0, 3)->fields.draw;
    assert_true(version > 5);
    int64_t since = net.now_ms;
    net_start(&net, 3, 0);
    assert_int_equal(look(3).row->fields.version, 1);
    net_run(&net, ROUND + SOON);
    assert_true(all_see(3, "live"));
    assert_true(row_at(0, 3)->fields.version > version);
    assert_true(row_at(0, 3)->fields.draw >= draw);
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, 3, since), 3);
    assert_int_equal(net_told(&net, 3, HC_NOTICE_TWIN, 3, since), 0);
    assert_int_equal(told_by_all(HC_NOTICE_FORKED, 3, since), 0);
}

/* P6: two halves that could not reach each other are one network again, though nobody restarts. */
static void splits_heal(void **unused)
{
    (void)unused;
    start_nodes(8);
    for (size_t a = 0; a < 8; a++) {
        for (size_t b = 0; b < 8; b++) {
            net.cut[a][b] = a / 4 != b / 4;
        }
    }
    net_run(&net, 20 * ROUND);
    for (size_t a = 0; a < 8; a++) {
        for (size_t b = 0; b < 8; b++) {
            assert_true(a == b || strcmp(net_sees(&net, a, b), a / 4 == b / 4 ? "live" : "dropped") == 0);
        }
    }
    memset(net.cut, 0, sizeof net.cut);
    net_run(&net, 4 * ROUND);
    assert_true(net_agree(&net));
}

/* P6: a request from a dropped peer puts it first in the next round; the request alone does not bring it back. */
static void a_call_from_a_dropped_peer_is_answered_by_a_question(void **unused)
{
    (void)unused;
    start_nodes(6);
    for (size_t i = 1; i < 6; i++) {
        net.cut[0][i] = net.cut[i][0] = true;
    }
    net_run(&net, 4 * ROUND);
    assert_int_equal(look(0).live, 1);
    net.cut[4][0] = net.cut[0][4] = false;
    struct hc_message reply;
    struct hc_row *row = hc_row_ref((struct hc_row *)(uintptr_t)row_at(4, 4));
    struct hc_state *state = state_of(&row, 1);
    uint64_t asked = net.nodes[4].asked;
    net_request(&net, 0, net.nodes[4].identity, state, &reply);
    assert_string_equal(net_sees(&net, 0, 4), "dropped");
    net_run(&net, ROUND + SOON);
    assert_string_equal(net_sees(&net, 0, 4), "live");
    assert_true(net.nodes[4].asked > asked);
    hc_message_clear(&reply);
    state_unref(state);
    hc_row_unref(row);
}

/* P7: a node that slept through its exchanges drops nobody for them, and those who dropped it have it back soon. */
static void whoever_overslept_blames_nobody(void **unused)
{
    (void)unused;
    start_nodes(4);
    net.latency_ms = 100;
    while (net.nodes[2].effects.send_count == 0 || net.nodes[2].effects.sends[0].kind != HC_SEND_REQUEST) {
        net_run(&net, 10);
    }
    net.nodes[2].asleep = true;
    int64_t since = net.now_ms;
    net_run(&net, 5000);
    assert_true(all_see(2, "dropped")); /* silent for two time-outs */
    net.nodes[2].asleep = false;
    net_run(&net, 10);
    assert_int_equal(net_told(&net, 2, HC_NOTICE_DROPPED, 2, since), 0);
    net_run(&net, 2 * ROUND);
    assert_int_equal(net_told(&net, 2, HC_NOTICE_DROPPED, 2, since), 0);
    assert_true(net_agree(&net));
}

/* P7: nor if it slept through the second try of an exchange, and its timer comes before anything else. */
static void whoever_overslept_a_second_try_blames_nobody(void **unused)
{
    (void)unused;
    start_nodes(2);
    net_run(&net, ROUND / 2);
    net.nodes[1].mood = NET_SILENT;
    uint64_t asked = net.nodes[1].asked;
    while (net.nodes[1].asked < asked + 2) {
        net_run(&net, 10);
    }
    net.nodes[1].mood = NET_WELL;
    net.now_ms += 5000;
    int64_t since = net.now_ms;
    MUST(net_step(&net, 0, (struct hc_event){.kind = HC_EVENT_TIMEOUT}));
    net_run(&net, SOON);
    assert_int_equal(net_told(&net, 0, HC_NOTICE_DROPPED, 1, since), 0);
    assert_string_equal(net_sees(&net, 0, 1), "live");
    /* A little late is not overslept. */
    net.nodes[1].mood = NET_SILENT;
    wait_until_all_see(1, "dropped", ROUND + 2000 + SOON);
}

/* P8: a goodbye is known to all at once, and is no failure; coming back takes a greater version. */
static void goodbye(void **unused)
{
    (void)unused;
    start_nodes(5);
    uint64_t version = row_at(0, 3)->fields.version;
    int64_t since = net.now_ms;
    net_leave(&net, 3);
    net_run(&net, SOON);
    assert_null(net.nodes[3].node);
    assert_true(all_see(3, "left"));
    assert_int_equal(told_by_all(HC_NOTICE_LEFT, 3, since), 4);
    assert_int_equal(told_by_all(HC_NOTICE_DROPPED, 3, since), 0);
    assert_true(row_at(0, 3)->fields.left && row_at(0, 3)->fields.version == version + 1);
    net_run(&net, 10 * ROUND);
    assert_true(all_see(3, "left"));
    size_t newcomer = net_add(&net, 0);
    net_run(&net, SOON);
    assert_string_equal(net_sees(&net, newcomer, 3), "left");
    assert_int_equal(net_told(&net, newcomer, HC_NOTICE_JOINED, 3, 0), 0);
    net_start(&net, 3, 0);
    net_run(&net, ROUND + SOON);
    assert_true(all_see(3, "live"));
    assert_false(row_at(0, 3)->fields.left);
    assert_true(row_at(0, 3)->fields.version > version + 1);
}

/* Tells node 0 a row of B's as if B asked. */
static void call_as_b(struct hc_row *row)
{
    struct hc_state *state = state_of(&row, 1);
    struct hc_message reply;
    net_request(&net, 0, test_identity(1), state, &reply);
    hc_message_clear(&reply);
    state_unref(state);
}

/* P8: whoever answers, with a newer row that is no goodbye, is back, though that row rests on credits that are not known here
 * and is not taken in yet. A call alone makes us ask, no more. */
static void an_answer_outranks_a_goodbye(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_add(&net, 1);
    net_kill(&net, 1);
    struct hc_row *away = row_of_line(net.network, "B9:10 left"), *back = row_of_line(net.network, "B11:5 C20");
    call_as_b(away);
    net_run(&net, 2 * ROUND);
    assert_string_equal(net_sees(&net, 0, 1), "left");
    uint64_t waiting = look(0).refused[HC_WAITING];
    call_as_b(back);
    assert_int_equal(look(0).refused[HC_WAITING], waiting + 1);
    assert_string_equal(net_sees(&net, 0, 1), "left");
    net.now_ms = hc_node_deadline(net.nodes[0].node);
    MUST(net_step(&net, 0, (struct hc_event){.kind = HC_EVENT_TIMEOUT}));
    assert_int_equal(net.nodes[0].effects.send_count, 1); /* it asks B */
    const struct hc_message *request = &net.nodes[0].effects.sends[0].message;
    struct hc_message reply = {.type = HC_MESSAGE_REPLY, .state = state_of(&back, 1)};
    memcpy(reply.network, net.network->id, HC_NETWORK_BYTES);
    memcpy(reply.from, test_identity(1)->id, HC_ID_BYTES);
    proof_make(test_identity(1), reply.proof, net.network, request->nonce, request->from);
    MUST(net_step(
        &net, 0,
        (struct hc_event){.kind = HC_EVENT_REPLY, .handle = net.nodes[0].effects.sends[0].handle, .message = &reply}));
    assert_string_equal(net_sees(&net, 0, 1), "live");
    assert_int_equal(row_at(0, 1)->fields.version, 9 * TEST_VERSION);
    hc_message_clear(&reply);
    hc_row_unref(away);
    hc_row_unref(back);
}

/* M5, P10: a row on its way to be forgotten is told to nobody, but to its owner, if that has put an old disk back. */
static void an_old_disk_hears_of_its_last_row(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_add(&net, 1);
    net_kill(&net, 1);
    struct hc_row *last = row_of_line(net.network, "B9:10 left"), *old = row_of_line(net.network, "B3:5");
    struct hc_state *state;
    struct hc_message reply;
    MUST(state_new(&state));
    MUST(state_add_gone(state, last, FORGET_MS / 1000));
    state_seal(state);
    net_request(&net, 0, test_identity(30), state, &reply);
    assert_int_equal(row_at(0, 1)->fields.version, 9 * TEST_VERSION);
    assert_null(state_find_gone(reply.state, test_identity(1)->id));
    hc_message_clear(&reply);
    state_unref(state);
    state = state_of(&old, 1);
    net_request(&net, 0, test_identity(1), state, &reply);
    assert_non_null(state_find_gone(reply.state, test_identity(1)->id));
    hc_message_clear(&reply);
    net_request(&net, 0, test_identity(30), state, &reply);
    assert_null(state_find_gone(reply.state, test_identity(1)->id));
    hc_message_clear(&reply);
    state_unref(state);
    hc_row_unref(last);
    hc_row_unref(old);
}

/* P8: a node that leaves stops even if nobody listens, and when it is alone. */
static void goodbye_to_nobody(void **unused)
{
    (void)unused;
    start_nodes(3);
    net.nodes[1].mood = net.nodes[2].mood = NET_SILENT;
    net_leave(&net, 0);
    net_run(&net, 1000 + SOON);
    assert_null(net.nodes[0].node);
    net_kill(&net, 2);
    net.nodes[1].mood = NET_WELL;
    net_run(&net, 3 * ROUND);
    net_leave(&net, 1);
    assert_null(net.nodes[1].node); /* nobody is live: at once */
}

/* P9: another node at a known address does not pass for the old one: that one is dropped, the new one is met. */
static void a_taken_address(void **unused)
{
    (void)unused;
    start_nodes(3);
    net_kill(&net, 2);
    net.count = 4;
    net.nodes[3].identity = test_identity(30);
    memcpy(net.nodes[3].address, net.nodes[2].address, sizeof net.nodes[2].address);
    net_start(&net, 3, 3); /* knows nobody */
    net_run(&net, ROUND + SOON);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(net_sees(&net, i, 2), "dropped");
        assert_int_equal(net_last(&net, i, HC_NOTICE_DROPPED)->code, HC_OTHER_NODE);
        assert_string_equal(net_sees(&net, i, 3), "live");
    }
    net_run(&net, 4 * ROUND);
    assert_true(net_agree(&net));
    assert_string_equal(net_sees(&net, 3, 2), "dropped");
}

/* P10: a gone node whom no payment touches is forgotten by all after seven days, not before; it is not passed on after half of
 * that; one who was paid is never forgotten. */
static void the_gone_are_forgotten(void **unused)
{
    (void)unused;
    const int64_t hour = 3600 * 1000, day = 24 * hour;
    net.gossip_interval_ms = (uint32_t)hour;
    for (size_t i = 0; i < 5; i++) {
        net_add(&net, 0);
        net_run(&net, SOON);
    }
    net_run(&net, hour);
    assert_true(net_agree(&net));
    struct hc_event pay = {.kind = HC_EVENT_PAY, .handle = 1, .payee = net.nodes[4].identity->id, .amount = 1};
    MUST(net_step(&net, 0, pay)); /* node 0's first draw is no 0: see below */
    assert_int_equal(net.nodes[0].effects.answers[0].code, HC_OK);
    net_run(&net, hour);
    net_kill(&net, 3);
    net_leave(&net, 4);
    net_run(&net, 2 * hour);
    net_kill(&net, 2); /* two hours after */
    net_run(&net, 3 * day);
    size_t early = net_add(&net, 0);
    net_run(&net, SOON);
    assert_string_equal(net_sees(&net, early, 3), "dropped");
    net_run(&net, day);
    size_t late = net_add(&net, 0);
    net_run(&net, 2 * hour);
    assert_string_equal(net_sees(&net, late, 3), "unknown");
    assert_string_equal(net_sees(&net, late, 4), "left");
    net_run(&net, 2 * day + 18 * hour); /* 6 days and 22 hours */
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(net_sees(&net, i, 3), "dropped");
    }
    assert_string_equal(net_sees(&net, early, 3), "dropped");
    net_run(&net, 5 * hour);
    assert_true(all_see(3, "unknown"));
    assert_true(all_see(4, "left"));
    net_run(&net, day);
    assert_true(all_see(2, "unknown"));
    assert_true(all_see(4, "left"));
    assert_true(net_agree(&net));
    /* The dropped one may come back as if it was new. */
    net_start(&net, 3, 0);
    net_run(&net, SOON);
    assert_true(all_see(3, "live"));
}

/* P10: they forget together, though one of them dropped him earlier: the last one is right. */
static void all_forget_together(void **unused)
{
    (void)unused;
    const int64_t hour = 3600 * 1000, day = 24 * hour;
    net.gossip_interval_ms = (uint32_t)hour;
    for (size_t i = 0; i < 4; i++) {
        net_add(&net, 0);
        net_run(&net, SOON);
    }
    net_run(&net, 2 * hour);
    net.cut[1][3] = true;
    net_run(&net, 2 * day);
    assert_string_equal(net_sees(&net, 1, 3), "dropped");
    assert_string_equal(net_sees(&net, 0, 3), "live");
    net_kill(&net, 3);
    net_run(&net, 2 * hour);
    assert_true(all_see(3, "dropped"));
    net_run(&net, 6 * day + 18 * hour);
    assert_true(all_see(3, "dropped"));
    net_run(&net, 6 * hour);
    assert_true(all_see(3, "unknown"));
    net_run(&net, 2 * day);
    assert_true(all_see(3, "unknown"));
}

/* P10, S4: a node that starts again goes on counting; of whom it knew as live it knows when it stopped, and whoever tells less
 * knows better. */
static void ages_outlast_a_restart(void **unused)
{
    (void)unused;
    start_nodes(3);
    struct hc_stored_row stored[] = {{.row = (struct hc_row *)row_at(0, 1), .age_s = 7200},
                                     {.row = (struct hc_row *)row_at(0, 2), .age_s = 3600, .live = true}};
    struct hc_node_config config = {.identity = *test_identity(9),
                                    .network = net.network,
                                    .address = "127.0.0.1:8009",
                                    .name = "",
                                    .gossip_interval_ms = ROUND};
    struct hc_node *node;
    const struct member *gone, *live;
    MUST(hc_node_new(&node, &config));
    MUST(hc_node_restore(node, stored, 2, 50 * ROUND));
    gone = members_find(node_members(node), net.nodes[1].identity->id);
    live = members_find(node_members(node), net.nodes[2].identity->id);
    assert_int_equal(gone->gone_ms, 50 * ROUND - 7200 * 1000);
    assert_int_equal(gone->lifeless_ms, 50 * ROUND - 7200 * 1000);
    assert_int_equal(live->gone_ms, 50 * ROUND - 3600 * 1000);
    assert_int_equal(live->lifeless_ms, 50 * ROUND);
    hc_node_free(node);
}

/* One who is no node tells them all that the owner of `row` has been gone for so long. */
static void lie_about_age(struct hc_row *row, uint32_t age_s)
{
    struct hc_state *state;
    MUST(state_new(&state));
    MUST(state_add_gone(state, row, age_s));
    state_seal(state);
    for (size_t i = 0; i < net.count; i++) {
        struct hc_message reply;
        if (net.nodes[i].node) {
            net_request(&net, i, test_identity(60), state, &reply);
            hc_message_clear(&reply);
        }
    }
    state_unref(state);
}

static void lie_for(int64_t ms, struct hc_row *row, uint32_t age_s)
{
    for (int64_t end = net.now_ms + ms; net.now_ms < end;) {
        lie_about_age(row, age_s);
        net_run(&net, net.gossip_interval_ms);
    }
}

/* P10: who tells for ever that a dead one has just gone keeps its row for half of the time longer, and not for ever: neither
 * in the tables that knew it, nor by bringing it back into them. */
static void a_liar_keeps_nobody_for_ever(void **unused)
{
    (void)unused;
    const int64_t hour = 3600 * 1000, day = 24 * hour;
    net.gossip_interval_ms = (uint32_t)hour;
    for (size_t i = 0; i < 4; i++) {
        net_add(&net, 0);
        net_run(&net, SOON);
    }
    net_run(&net, 2 * hour);
    struct hc_row *row = hc_row_ref((struct hc_row *)row_at(0, 3));
    net_kill(&net, 3);
    net_run(&net, 2 * hour);
    assert_true(all_see(3, "dropped"));
    lie_for(10 * day, row, 0);
    assert_true(all_see(3, "dropped"));
    lie_for(day, row, 0);
    assert_true(all_see(3, "unknown"));
    for (int i = 0; i < 48; i++) {
        lie_for(hour, row, 0);
        assert_true(all_see(3, "unknown"));
    }
    /* It is nobody's enemy: it may come back, with its next version or told as live. */
    net_start(&net, 3, 0);
    net_run(&net, SOON);
    assert_true(all_see(3, "live"));
    hc_row_unref(row);
}

/* P10: who tells that one who has just gone was so for a week makes nobody forget him early, not even a newcomer. */
static void a_liar_makes_nobody_forget_early(void **unused)
{
    (void)unused;
    const int64_t hour = 3600 * 1000, day = 24 * hour;
    const uint32_t week_s = 7 * 24 * 3600;
    net.gossip_interval_ms = (uint32_t)hour;
    for (size_t i = 0; i < 3; i++) {
        net_add(&net, 0);
        net_run(&net, SOON);
    }
    net_run(&net, 2 * hour);
    struct hc_row *row = hc_row_ref((struct hc_row *)row_at(0, 2));
    net_kill(&net, 2);
    net_run(&net, 2 * hour);
    size_t alone = net_add(&net, net.count); /* hears of it from the liar alone */
    net_run(&net, SOON);
    lie_for(3 * day, row, week_s);
    assert_true(all_see(2, "dropped"));
    lie_for(12 * hour, row, week_s); /* half of the time */
    net_run(&net, 2 * hour);
    assert_string_equal(net_sees(&net, alone, 2), "unknown");
    assert_string_equal(net_sees(&net, 0, 2), "dropped");
    lie_for(3 * day, row, week_s);
    assert_string_equal(net_sees(&net, 0, 2), "dropped");
    assert_string_equal(net_sees(&net, 1, 2), "dropped");
    lie_for(day, row, week_s);
    assert_true(all_see(2, "unknown"));
    hc_row_unref(row);
}

/* P3: whom nobody reaches is told so by those who tried, and tells its people once, and once when somebody does again. */
static void whom_nobody_reaches_is_told(void **unused)
{
    (void)unused;
    start_nodes(4);
    net_run(&net, 3 * ROUND);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(look(i).reach, HC_REACH_YES);
    }
    net.nodes[3].mood = NET_REFUSING;
    net_run(&net, 2 * ROUND);
    assert_int_equal(net_told(&net, 3, HC_NOTICE_UNREACHED, 3, 0), 0);
    net_run(&net, 20 * ROUND);
    assert_int_equal(look(3).reach, HC_REACH_NO);
    assert_int_equal(net_told(&net, 3, HC_NOTICE_UNREACHED, 3, 0), 1);
    assert_int_equal(net_last(&net, 3, HC_NOTICE_UNREACHED)->count, 3);
    net.nodes[3].mood = NET_WELL;
    net_run(&net, 20 * ROUND);
    assert_int_equal(look(3).reach, HC_REACH_YES);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(net_told(&net, i, HC_NOTICE_UNREACHED, i, 0), i == 3);
        assert_int_equal(net_told(&net, i, HC_NOTICE_REACHED, i, 0), i == 3);
    }
    assert_true(net_agree(&net));
}

/* P3: what one alone says alarms nobody; what the only one says does. */
static void one_voice_is_no_alarm(void **unused)
{
    (void)unused;
    start_nodes(3);
    net.cut[1][2] = true; /* or node 1 says so */
    net_run(&net, 20 * ROUND);
    assert_int_equal(look(2).reach, HC_REACH_YES);
    net_kill(&net, 1);
    net_run(&net, 2 * ROUND);
    assert_int_equal(net_told(&net, 2, HC_NOTICE_UNREACHED, 2, 0), 0);
    net.nodes[2].mood = NET_REFUSING;
    net_run(&net, 6 * ROUND);
    assert_int_equal(net_told(&net, 2, HC_NOTICE_UNREACHED, 2, 0), 1);
    assert_int_equal(look(2).reach, HC_REACH_NO);
}

/* ---- Rows and what they say ---- */

/* D4, P2: a mutation every interval is the next draw, a new version, and known to all within a round. */
static void mutations_reach_all(void **unused)
{
    (void)unused;
    net.mutate_interval_ms = 8000;
    start_nodes(5);
    net_run(&net, 80000);
    for (size_t i = 0; i < 5; i++) {
        const struct hc_row *row = look(i).row;
        size_t mutations = net_told(&net, i, HC_NOTICE_MUTATED, i, 0);
        assert_true(row->fields.draw >= 10 && row->fields.draw <= 12);
        assert_int_equal(row->fields.version, row->fields.draw);
        assert_int_equal(row->fields.coins, network_draw(net.network, row->fields.id, row->fields.draw));
        assert_true(mutations > 4 * 9); /* its own and those of four others */
        for (size_t j = 0; j < 5; j++) {
            assert_true(row_at(j, i)->fields.version + 1 >= row->fields.version);
        }
    }
    net_run(&net, 80000 % 8000 + 6000); /* between two mutations, after a round */
    assert_true(net_agree(&net) || hc_node_disagreeing(net.nodes[0].node) <= 4);
}

/* V1: agree says whether all who were asked in the round hold the same table by what they told last. */
static void agree_means_the_same_table(void **unused)
{
    (void)unused;
    start_nodes(3);
    assert_true(look(0).agree);
    assert_int_equal(hc_node_disagreeing(net.nodes[0].node), 0);
    struct hc_message reply;
    struct hc_state *nothing = state_of(NULL, 0);
    net_request(&net, 0, net.nodes[1].identity, nothing, &reply);
    assert_int_equal(hc_node_disagreeing(net.nodes[0].node), 1);
    hc_message_clear(&reply);
    state_unref(nothing);
    net_run(&net, ROUND + SOON);
    assert_int_equal(hc_node_disagreeing(net.nodes[0].node), 0);
    uint8_t ours[HC_DIGEST_BYTES], theirs[HC_DIGEST_BYTES];
    hc_node_digest(net.nodes[0].node, ours);
    hc_node_digest(net.nodes[1].node, theirs);
    assert_memory_equal(ours, theirs, HC_DIGEST_BYTES);
    net.nodes[1].mood = NET_ERROR;
    net.nodes[1].answer = "busy";
    net_run(&net, 10);
    struct hc_event pay = {.kind = HC_EVENT_PAY, .payee = net.nodes[2].identity->id, .amount = 1};
    size_t payer = row_at(0, 0)->fields.coins > 0 ? 0 : 2;
    pay.payee = net.nodes[2 - payer].identity->id;
    MUST(net_step(&net, payer, pay));
    net_run(&net, ROUND);
    net.nodes[1].mood = NET_WELL;
    net_run(&net, 2 * ROUND);
    assert_true(look(0).agree);
}

/* M5: two nodes with one key: both sign above each other, and say so after their first round, once a minute at most. */
static void twins_are_told_of(void **unused)
{
    (void)unused;
    start_nodes(2);
    net.count = 3;
    net.nodes[2].identity = net.nodes[1].identity;
    (void)snprintf(net.nodes[2].address, sizeof net.nodes[2].address, "127.0.0.1:9000");
    int64_t since = net.now_ms;
    net_start(&net, 2, 0);
    net_run(&net, 10);
    assert_int_equal(net_told(&net, 2, HC_NOTICE_TWIN, 2, since), 0); /* it may have lost its disk */
    net_run(&net, 58000);
    assert_int_equal(net_told(&net, 1, HC_NOTICE_TWIN, 1, since), 1);
    assert_true(net_told(&net, 2, HC_NOTICE_TWIN, 2, since) <= 1);
    net_run(&net, 600000);
    assert_true(net_told(&net, 1, HC_NOTICE_TWIN, 1, since) + net_told(&net, 2, HC_NOTICE_TWIN, 2, since) >= 5);
    assert_true(net_told(&net, 1, HC_NOTICE_TWIN, 1, since) <= 11);
    assert_true(net_told(&net, 2, HC_NOTICE_TWIN, 2, since) <= 11);
}

/* M5: a node takes over all that its earlier rows have paid, the greater of each, and signs above all of them. */
static void a_node_takes_over_what_it_paid(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    const char *text = "A5:100 B5 C9, A7:100 B8 C2, B1:100 A3, C1:0, D1:0, A3:100 B1 D4";
    struct hc_row *rows[6];
    struct hc_message reply;
    size_t count = rows_from(net.network, rows, 6, &text);
    struct hc_state *state = state_of(rows, count);
    net_request(&net, 0, test_identity(1), state, &reply);
    assert_int_equal(reply.type, HC_MESSAGE_REPLY);
    const struct hc_row *own = look(0).row;
    assert_true(own->fields.version > 7 * TEST_VERSION);
    assert_int_equal(own->fields.sent_count, 3);
    assert_int_equal(row_sent_to(own, test_identity(1)->id), 8);
    assert_int_equal(row_sent_to(own, test_identity(2)->id), 9);
    assert_int_equal(row_sent_to(own, test_identity(3)->id), 4);
    assert_true((hc_coin_sum)own->fields.coins + 3 >= 21); /* D4: with a draw that pays for it */
    for (size_t i = 0; i < count; i++) {
        assert_true(memcmp(rows[i]->fields.id, own->fields.id, HC_ID_BYTES) != 0 || row_supersedes(own, rows[i]));
    }
    /* Told once more, it is known: nothing new is signed. */
    uint64_t version = own->fields.version;
    hc_message_clear(&reply);
    net_request(&net, 0, test_identity(1), state, &reply);
    assert_int_equal(look(0).row->fields.version, version);
    hc_message_clear(&reply);
    state_unref(state);
    rows_unref(rows, count);
}

/* M5: rows of ours that no one row can cover, because together they pay too many, are not taken over; we go on as we were. */
static void too_much_to_take_over(void **unused)
{
    (void)unused;
    static struct hc_sent sent[HC_PAYEES_MAX];
    struct hc_row *before, *full;
    struct hc_message reply;
    net_add(&net, 0);
    before = row_of_line(net.network, "A5:100 B5");
    struct hc_row_fields fields = before->fields;
    for (size_t i = 0; i < HC_PAYEES_MAX; i++) {
        sent[i] = (struct hc_sent){.payee = {0, (uint8_t)(i >> 8), (uint8_t)i, 1}};
    }
    fields.sent = sent;
    fields.sent_count = HC_PAYEES_MAX;
    fields.version = 9 * TEST_VERSION;
    MUST(row_sign(&full, &fields, net.network, test_identity(0)));
    struct hc_row *rows[] = {before, full};
    for (size_t i = 0; i < 2; i++) {
        struct hc_state *state = state_of(&rows[i], 1);
        net_request(&net, 0, test_identity(1), state, &reply);
        assert_int_equal(reply.type, HC_MESSAGE_REPLY);
        hc_message_clear(&reply);
        state_unref(state);
        assert_int_equal(look(0).row->fields.sent_count, 1);
        assert_int_equal(look(0).row->fields.version, 5 * TEST_VERSION + 1);
    }
    hc_row_unref(before);
    hc_row_unref(full);
}

/* M5, R5: a thief with our key who used up the last version cannot make us sign beyond it, crash, or spin. */
static void the_last_version_is_the_last(void **unused)
{
    (void)unused;
    net.mutate_interval_ms = 5000;
    net_add(&net, 0);
    net_run(&net, 100);
    struct hc_row *last = row_of_line(net.network, "A9007199254740991:10 B1");
    struct hc_state *state = state_of(&last, 1);
    struct hc_message reply;
    net_request(&net, 0, test_identity(1), state, &reply);
    assert_int_equal(reply.type, HC_MESSAGE_REPLY);
    hc_message_clear(&reply);
    long steps = net.steps;
    net_run(&net, 20 * ROUND);
    assert_true(net.steps - steps < 60);
    net_leave(&net, 0);
    net_run(&net, SOON);
    assert_null(net.nodes[0].node);
    state_unref(state);
    hc_row_unref(last);
}

/* M6: a fork is told of once, and its proof is passed on to whoever is new. */
static void a_fork_is_proved_to_all(void **unused)
{
    (void)unused;
    net_add(&net, 0);
    net_add(&net, 0);
    net_run(&net, ROUND);
    const char *text = "F2:10 G5, F3:10 H5";
    struct hc_row *rows[2];
    struct hc_message reply;
    size_t count = rows_from(net.network, rows, 2, &text);
    struct hc_state *state = state_of(rows, count);
    net_request(&net, 0, test_identity(5), state, &reply);
    assert_int_equal(reply.type, HC_MESSAGE_REPLY);
    assert_int_equal(reply.state->fork_count, 2);
    hc_message_clear(&reply);
    net_run(&net, ROUND);
    size_t newcomer = net_add(&net, 1);
    net_run(&net, 2 * ROUND);
    for (size_t i = 0; i <= newcomer; i++) {
        assert_true(entry_is_forked(table_find(node_table(net.nodes[i].node), test_identity(5)->id)));
        size_t told = 0;
        for (size_t n = 0; n < net.notice_count; n++) {
            told += net.notices[n].node == i && net.notices[n].kind == HC_NOTICE_FORKED;
        }
        assert_int_equal(told, 1);
    }
    assert_true(net_agree(&net));
    state_unref(state);
    rows_unref(rows, count);
}

/* M4: a forged row in a request: nothing of the request is taken in, the answer is bad_row, and it is counted. */
static void a_forged_row_is_refused(void **unused)
{
    (void)unused;
    start_nodes(2);
    struct hc_row *good = row_of_line(net.network, "F1:10"), *drawn = row_of_line(net.network, "G1:10"), *forged;
    struct hc_row_fields fields = drawn->fields;
    fields.coins = 100;
    MUST(row_sign(&forged, &fields, net.network, test_identity(6)));
    for (int kind = 0; kind < 2; kind++) {
        struct hc_row *rows[] = {row_unverified(good), row_unverified(kind == 0 ? drawn : forged)};
        rows[1]->sig[9] ^= kind == 0;
        struct hc_state *state = state_of(rows, 2);
        struct hc_message reply;
        net_request(&net, 0, test_identity(5), state, &reply);
        assert_int_equal(reply.type, HC_MESSAGE_ERROR);
        assert_int_equal(reply.error.code, HC_BAD_ROW);
        assert_int_equal(look(0).known, 2);
        assert_int_equal(look(0).refused[kind == 0 ? HC_BAD_SIGNATURE : HC_BAD_DRAW], 1);
        hc_message_clear(&reply);
        state_unref(state);
        rows_unref(rows, 2);
    }
    assert_int_equal(net_told(&net, 0, HC_NOTICE_REFUSED, 0, 0), 2);
    hc_row_unref(good);
    hc_row_unref(drawn);
    hc_row_unref(forged);
}

/* W1: a reply is no request; a peer that answers with one is dropped. */
static void requests_and_replies_are_not_mixed_up(void **unused)
{
    (void)unused;
    start_nodes(2);
    struct hc_message wrong = {.type = HC_MESSAGE_REPLY, .state = state_of(NULL, 0)};
    struct hc_event event = {.kind = HC_EVENT_REQUEST, .handle = 5, .message = &wrong};
    MUST(net_step(&net, 0, event));
    assert_int_equal(net.nodes[0].effects.send_count, 1);
    assert_int_equal(net.nodes[0].effects.sends[0].message.type, HC_MESSAGE_ERROR);
    assert_int_equal(net.nodes[0].effects.sends[0].message.error.code, HC_BAD_FRAME);
    /* An answer to a question that nobody asked is nothing. */
    event.kind = HC_EVENT_REPLY;
    event.handle = 4711;
    MUST(net_step(&net, 0, event));
    assert_int_equal(net.nodes[0].effects.send_count, 0);
    hc_message_clear(&wrong);
    assert_true(net_agree(&net));
}

/* How many notices of other networks a node told since `since_ms`, and in *count, what they come to. */
static size_t strangers_told(size_t node, uint64_t *count, int64_t since_ms)
{
    size_t notices = 0;
    *count = 0;
    for (size_t i = 0; i < net.notice_count; i++) {
        const struct net_notice *notice = &net.notices[i];
        if (notice->node == node && notice->at_ms >= since_ms && notice->kind == HC_NOTICE_REFUSED &&
            notice->code == HC_WRONG_NETWORK) {
            notices++;
            *count += notice->count;
        }
    }
    return notices;
}

static void stranger_comes(const char *host)
{
    MUST(net_step(
        &net, 0,
        (struct hc_event){.kind = HC_EVENT_REFUSED, .code = HC_WRONG_NETWORK, .host = host, .text = "differs"}));
}

/* D3: an address from which a node of another network comes is told of once, under however many ids; other refusals are
 * counted together. */
static void strangers_are_told_of_once(void **unused)
{
    static const char *const hosts[] = {"192.0.2.1", "192.0.2.2", NULL};
    uint64_t count;
    (void)unused;
    net_add(&net, 0);
    for (int turn = 0; turn < 1000; turn++) {
        for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
            stranger_comes(hosts[i]);
        }
        if (turn % 100 == 0) {
            MUST(net_step(&net, 0,
                          (struct hc_event){.kind = HC_EVENT_REFUSED, .code = HC_BAD_FRAME, .text = "not JSON"}));
        }
        net_run(&net, 3600);
    }
    assert_int_equal(strangers_told(0, &count, 0), 3);
    assert_int_equal(count, 3);
    assert_int_equal(look(0).refused[HC_WRONG_NETWORK], 3000);
    assert_int_equal(look(0).refused[HC_BAD_FRAME], 10);
    assert_int_equal(net_told(&net, 0, HC_NOTICE_REFUSED, 0, 0), 3 + 10);
}

/* D3: from however many addresses they come, the notices of a minute are few, and what they count is all of them. */
static void many_strangers_are_counted(void **unused)
{
    const int64_t minute = 60 * 1000;
    char host[32];
    uint64_t count;
    (void)unused;
    net_add(&net, 0);
    net_run(&net, ROUND);
    int64_t since_ms = net.now_ms;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(host, sizeof host, "198.51.%d.%d", i / 250, i % 250);
        stranger_comes(host);
        if (i % 100 == 99) {
            size_t notices = strangers_told(0, &count, net.now_ms - minute + 1);
            assert_true(notices >= 1 && notices <= STRANGER_NOTICES_MAX);
            net_run(&net, minute);
        }
    }
    net_run(&net, minute + ROUND);
    assert_true(strangers_told(0, &count, since_ms) <= 11 * STRANGER_NOTICES_MAX);
    assert_int_equal(count, 1000);
    assert_int_equal(look(0).refused[HC_WRONG_NETWORK], 1000);
}

/* ---- Payments and commits ---- */

/* L2, L3: a payment raises what was sent, reaches all, and is refused with the reason if it cannot be made. */
static void payments_are_made_or_refused(void **unused)
{
    (void)unused;
    start_nodes(3);
    size_t payer = look(0).row->fields.coins > 0 ? 0 : 1, payee = 2;
    uint64_t coins = look(payer).row->fields.coins;
    assert_true(coins > 0);
    const struct {
        const uint8_t *payee;
        uint64_t amount;
        enum hc_code code;
    } cases[] = {
        {net.nodes[payee].identity->id, coins + 1, HC_NOT_ENOUGH},
        {net.nodes[payee].identity->id, 0, HC_BAD_AMOUNT},
        {net.nodes[payee].identity->id, HC_NUMBER_MAX + 1, HC_BAD_AMOUNT},
        {net.nodes[payer].identity->id, 1, HC_OWN_PAYEE},
        {test_identity(40)->id, 1, HC_UNKNOWN_PAYEE},
        {net.nodes[payee].identity->id, 1, HC_OK},
        {net.nodes[payee].identity->id, coins - 1 > 0 ? coins - 1 : 1, coins - 1 > 0 ? HC_OK : HC_NOT_ENOUGH},
        {net.nodes[payee].identity->id, 1, HC_NOT_ENOUGH},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_event pay = {
            .kind = HC_EVENT_PAY, .handle = 100 + i, .payee = cases[i].payee, .amount = cases[i].amount};
        MUST(net_step(&net, payer, pay));
        const struct hc_effects *effects = &net.nodes[payer].effects;
        assert_int_equal(effects->answer_count, 1);
        assert_int_equal(effects->answers[0].handle, 100 + i);
        if (effects->answers[0].code != cases[i].code) {
            fail_msg("case %zu: %s", i, hc_code_name(effects->answers[0].code));
        }
    }
    net_run(&net, ROUND + SOON);
    assert_true(net_agree(&net));
    for (size_t i = 0; i < 3; i++) {
        const struct table *table = node_table(net.nodes[i].node);
        assert_true(table_balance(table, net.nodes[payer].identity->id) == 0);
        assert_true(table_balance(table, net.nodes[payee].identity->id) ==
                    (hc_coin_sum)(look(payee).row->fields.coins + coins));
    }
}

/* D4, L4: draws go on, but none leaves its owner in debt; all coins together stay what was drawn. */
static void no_draw_leaves_a_debt(void **unused)
{
    (void)unused;
    struct random random;
    net.mutate_interval_ms = 700;
    random_from(&random, 21);
    start_nodes(4);
    for (int turn = 0; turn < 300; turn++) {
        size_t payer = (size_t)random_below(&random, 4), payee = (payer + 1 + (size_t)random_below(&random, 3)) % 4;
        struct hc_event pay = {
            .kind = HC_EVENT_PAY, .payee = net.nodes[payee].identity->id, .amount = 1 + random_below(&random, 30)};
        MUST(net_step(&net, payer, pay));
        net_run(&net, 200);
        for (size_t i = 0; i < 4; i++) {
            assert_true(table_balance(node_table(net.nodes[i].node), net.nodes[i].identity->id) >= 0);
        }
    }
    assert_int_equal(told_by_all(HC_NOTICE_FORKED, 4, 0), 0);
    hc_coin_sum drawn = 0;
    net_run(&net, 4 * ROUND);
    for (size_t i = 0; i < 4; i++) {
        drawn += (hc_coin_sum)row_at(0, i)->fields.coins;
    }
    assert_true(hc_node_balances(net.nodes[0].node) == drawn);
}

static struct hc_row *row_of_draw(unsigned owner, uint64_t draw, uint64_t version)
{
    struct hc_row_fields fields = {.addr = "127.0.0.1:9000", .name = "", .draw = draw, .version = version};
    struct hc_row *row;
    memcpy(fields.id, test_identity(owner)->id, HC_ID_BYTES);
    fields.coins = network_draw(net.network, fields.id, draw);
    MUST(row_sign(&row, &fields, net.network, test_identity(owner)));
    row->verified = false;
    return row;
}

/* D5: a store of an earlier program may have draws above their versions. Those of others are left out; our own is not told
 * again, but goes on with a version that is high enough. */
static void old_draws_are_not_told(void **unused)
{
    (void)unused;
    struct hc_row *rows[] = {row_of_draw(0, 9, 3), row_of_draw(1, 9, 3), row_of_draw(2, 3, 3)};
    struct hc_stored_row stored[COUNT_OF(rows)] = {{.row = rows[0]}, {.row = rows[1]}, {.row = rows[2]}};
    struct hc_node_config config = {.identity = *test_identity(0),
                                    .network = net.network,
                                    .address = "127.0.0.1:8000",
                                    .name = "",
                                    .gossip_interval_ms = 3000};
    struct hc_effects effects = {0};
    struct hc_node_view view;
    struct hc_node *node;
    MUST(hc_node_new(&node, &config));
    MUST(hc_node_restore(node, stored, COUNT_OF(stored), 0));
    assert_true(node_verify(node));
    assert_null(table_find(node_table(node), rows[1]->fields.id));
    assert_ptr_equal(entry_row(table_find(node_table(node), rows[2]->fields.id)), rows[2]);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &effects));
    hc_node_look(node, &view);
    assert_int_equal(view.row->fields.draw, 9);
    assert_int_equal(view.row->fields.version, 9);
    assert_int_equal(view.row->fields.coins, rows[0]->fields.coins);
    assert_true(node_verify(node));
    hc_effects_free(&effects);
    hc_node_free(node);
    rows_unref(rows, COUNT_OF(rows));
}

/* P7: whom we remember from before the start, we ask until we know: an exchange that is taken back is no answer, and until
 * there is one nobody hears of that row from us. */
static void the_remembered_are_asked_again(void **unused)
{
    (void)unused;
    enum { REMEMBERED = 20 };
    struct hc_stored_row stored[REMEMBERED];
    struct hc_row *rows[REMEMBERED];
    struct hc_node_config config = {.identity = *test_identity(0),
                                    .network = net.network,
                                    .address = "127.0.0.1:8000",
                                    .name = "",
                                    .gossip_interval_ms = ROUND};
    struct hc_effects effects = {0};
    struct hc_node *node;
    for (unsigned i = 0; i < REMEMBERED; i++) {
        char line[] = "B1:10";
        line[0] = (char)(line[0] + (char)i);
        rows[i] = row_of_line(net.network, line);
        stored[i] = (struct hc_stored_row){.row = rows[i], .live = true};
    }
    MUST(hc_node_new(&node, &config));
    MUST(hc_node_restore(node, stored, REMEMBERED, 0));
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &effects));
    assert_int_equal(effects.send_count, REMEMBERED);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_TIMEOUT, .now_ms = 10 * ROUND},
                      &effects)); /* it overslept */
    size_t asked = 0;
    for (size_t i = 0; i < effects.send_count; i++) {
        asked += effects.sends[i].kind == HC_SEND_REQUEST;
    }
    assert_int_equal(asked, REMEMBERED);
    hc_effects_free(&effects);
    hc_node_free(node);
    rows_unref(rows, REMEMBERED);
}

/* S3: a row of one's own is told to nobody, and no payment is answered, before it is durable. */
static void nothing_is_told_before_it_is_durable(void **unused)
{
    (void)unused;
    net.durable = true;
    net.commit_ms = 20;
    start_nodes(3);
    size_t payer = look(0).row->fields.coins > 0 ? 0 : 1;
    uint64_t version = look(payer).row->fields.version;
    net.commit_ms = -1; /* the disk hangs */
    struct hc_event pay = {.kind = HC_EVENT_PAY, .handle = 9, .payee = net.nodes[2].identity->id, .amount = 1};
    MUST(net_step(&net, payer, pay));
    assert_non_null(net.nodes[payer].effects.commit.row);
    assert_int_equal(net.nodes[payer].effects.commit.payment_count, 1);
    assert_int_equal(net.nodes[payer].effects.answer_count, 0);
    net_run(&net, 5 * ROUND);
    assert_int_equal(look(payer).row->fields.version, version);
    assert_int_equal(row_at(2, payer)->fields.version, version);
    MUST(net_step(&net, payer, (struct hc_event){.kind = HC_EVENT_COMMITTED}));
    assert_int_equal(net.nodes[payer].effects.answer_count, 1);
    assert_int_equal(net.nodes[payer].effects.answers[0].handle, 9);
    assert_int_equal(net.nodes[payer].effects.answers[0].version, version + 1);
    net_run(&net, ROUND + SOON);
    assert_int_equal(row_at(2, payer)->fields.version, version + 1);
}

/* S5: a disk that fails stops signing and says so; the node goes on gossiping what it has. */
static void a_failed_disk_stops_signing(void **unused)
{
    (void)unused;
    net.durable = true;
    net.commit_ms = 5;
    net.mutate_interval_ms = 1000;
    start_nodes(3);
    net.commit_ms = -1;
    net_run(&net, 1000);
    uint64_t version = look(0).row->fields.version;
    MUST(net_step(&net, 0, (struct hc_event){.kind = HC_EVENT_COMMIT_FAILED, .text = "no space"}));
    assert_int_equal(net_told(&net, 0, HC_NOTICE_STORE_FAILED, 0, 0), 1);
    net.commit_ms = 5;
    net_run(&net, 10 * ROUND);
    assert_int_equal(look(0).row->fields.version, version);
    assert_true(all_see(0, "live"));
    struct hc_event pay = {.kind = HC_EVENT_PAY, .handle = 9, .payee = net.nodes[2].identity->id, .amount = 1};
    MUST(net_step(&net, 0, pay));
    assert_int_equal(net.nodes[0].effects.answers[0].code, HC_STORE_FAILED);
    net_leave(&net, 0);
    net_run(&net, ROUND);
    assert_null(net.nodes[0].node);
}

/* ---- Memory ---- */

/* A small life: four nodes meet, mutate, pay, lose one by death and one by goodbye, and meet a newcomer. */
static void live_a_little(void)
{
    net.mutate_interval_ms = 1500;
    for (size_t i = 0; i < 3; i++) {
        net_add(&net, 0);
        net_run(&net, 40);
    }
    net_run(&net, ROUND);
    for (size_t i = 0; i < 3; i++) {
        struct hc_event pay = {
            .kind = HC_EVENT_PAY, .handle = i, .payee = net.nodes[(i + 1) % 3].identity->id, .amount = 1};
        (void)net_step(&net, i, pay);
    }
    const char *text = "K2:10 G5, K3:10 H5, L1:10";
    struct hc_row *rows[3];
    size_t count = rows_from(net.network, rows, 3, &text);
    struct hc_state *state = state_of(rows, count);
    struct hc_message request = {.type = HC_MESSAGE_REQUEST, .state = state};
    memcpy(request.network, net.network->id, HC_NETWORK_BYTES);
    memcpy(request.from, test_identity(10)->id, HC_ID_BYTES);
    (void)net_step(&net, 0, (struct hc_event){.kind = HC_EVENT_REQUEST, .handle = 1, .message = &request});
    state_unref(state);
    rows_unref(rows, count);
    net_kill(&net, 1);
    net_run(&net, ROUND);
    size_t newcomer = net_add(&net, 0);
    net_run(&net, ROUND);
    if (net.nodes[2].node) {
        net_leave(&net, 2);
    }
    net_run(&net, ROUND);
    if (!net.nodes[1].node) {
        net_start(&net, 1, newcomer);
    }
}

/* When there is memory again, all ends well. */
static void live_on(void)
{
    net.failures = 0;
    net.fail_step = -1;
    net.mutate_interval_ms = 0;
    net_run(&net, 6 * ROUND);
    for (size_t i = 0; i < net.count; i++) {
        for (size_t j = 0; j < net.count; j++) {
            if (i != j && net.nodes[i].node && net.nodes[j].node && strcmp(net_sees(&net, i, j), "live") != 0) {
                fail_msg("node %zu sees %zu as %s", i, j, net_sees(&net, i, j));
            }
        }
    }
}

/* STYLE 9: wherever memory runs out, for one step, at whatever allocation in it, the node is whole and goes on. */
static void memory_may_run_out_anywhere(void **unused)
{
    (void)unused;
    live_a_little();
    live_on();
    long steps = net.steps;
    assert_true(steps > 100);
    net_free(&net);
    for (long step = 0; step < steps; step++) {
        for (long after = step * 7 % 24; after < 24; after += 24) {
            net_init(&net);
            net.fail_step = step;
            net.fail_after = after;
            live_a_little();
            live_on();
            net_free(&net);
        }
    }
    net_init(&net);
}

/* The same for many steps of one life. */
static void memory_may_run_out_often(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 60; seed++) {
        random_from(&net.chance, seed);
        net.failures = 150;
        live_a_little();
        live_on();
        net_free(&net);
        net_init(&net);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_node_starts_alone),
        TEST(one_contact_introduces_all_to_all),
        TEST(a_contact_may_start_later),
        TEST(a_node_does_not_ask_itself),
        TEST(a_fanout_bounds_a_round),
        TEST(a_failed_request_drops_the_peer),
        TEST(busy_is_an_answer),
        TEST(a_proved_busy_is_a_sign_of_life),
        TEST(a_busy_with_a_bad_proof_proves_nothing),
        TEST(a_busy_of_another_node_drops_the_old_one),
        TEST(proofs_of_busy_are_bounded),
        TEST(silence_counts_twice),
        TEST(the_dead_are_dropped_and_stay_dead),
        TEST(a_hint_is_only_a_hint),
        TEST(hints_rest),
        TEST(others_opinions_revive_nobody),
        TEST(a_restarted_node_returns),
        TEST(splits_heal),
        TEST(a_call_from_a_dropped_peer_is_answered_by_a_question),
        TEST(whoever_overslept_blames_nobody),
        TEST(whoever_overslept_a_second_try_blames_nobody),
        TEST(goodbye),
        TEST(an_answer_outranks_a_goodbye),
        TEST(an_old_disk_hears_of_its_last_row),
        TEST(goodbye_to_nobody),
        TEST(a_taken_address),
        TEST(the_gone_are_forgotten),
        TEST(all_forget_together),
        TEST(ages_outlast_a_restart),
        TEST(a_liar_keeps_nobody_for_ever),
        TEST(a_liar_makes_nobody_forget_early),
        TEST(whom_nobody_reaches_is_told),
        TEST(one_voice_is_no_alarm),
        TEST(mutations_reach_all),
        TEST(agree_means_the_same_table),
        TEST(twins_are_told_of),
        TEST(a_node_takes_over_what_it_paid),
        TEST(too_much_to_take_over),
        TEST(the_last_version_is_the_last),
        TEST(a_fork_is_proved_to_all),
        TEST(a_forged_row_is_refused),
        TEST(requests_and_replies_are_not_mixed_up),
        TEST(strangers_are_told_of_once),
        TEST(many_strangers_are_counted),
        TEST(payments_are_made_or_refused),
        TEST(no_draw_leaves_a_debt),
        TEST(old_draws_are_not_told),
        TEST(the_remembered_are_asked_again),
        TEST(nothing_is_told_before_it_is_durable),
        TEST(a_failed_disk_stops_signing),
        TEST(memory_may_run_out_anywhere),
        TEST(memory_may_run_out_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
