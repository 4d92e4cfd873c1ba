/* The node, step by step: what single messages, steps, commits and allocations do. What nodes do together over many
 * rounds is in tests/scenario.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scenario/scenario.h"

#include "core/common/id.h"

/* D2: a node starts with its first draw, version 1, alone, and says so. */
static void a_node_starts_alone(void **unused)
{
    (void)unused;
    join(A);
    struct hc_node_view view = look(A);
    assert_int_equal(view.row->fields.version, 1);
    assert_int_equal(view.row->fields.draw, 1);
    assert_int_equal(view.row->fields.coins, network_draw(the_network(), id_of(A), 1));
    assert_string_equal(view.row->fields.addr, "127.0.0.1:8000");
    assert_int_equal(view.live, 1);
    assert_int_equal(view.known, 1);
    assert_true(hc_node_balances(world_host(world, A)->node) == (hc_coin_sum)view.row->fields.coins);
    assert_int_equal(told(A, HC_NOTICE_STARTED, ANYBODY), 1);
    run_for(10 * ROUND);
    assert_int_equal(told(A, HC_NOTICE_ROUND, ANYBODY), look(A).round);
    assert_true(look(A).round >= 10 && look(A).round <= 11);
    assert_true(look(A).agree);
}

/* P1: a node that is its own contact, as a script may have it, asks no node. */
static void a_node_does_not_ask_itself(void **unused)
{
    (void)unused;
    hosts(1);
    world_contact(world, A, A);
    start(A);
    run_for(3 * ROUND);
    assert_int_equal(asked(A, A), 0);
    assert_int_equal(told(A, HC_NOTICE_UNANSWERED, ANYBODY), 0);
}

static void step_without_a_message(void)
{
    join(A);
    (void)step(A, (struct hc_event){.kind = HC_EVENT_REQUEST});
}

static void step_backwards(void)
{
    join(A);
    run_for(ROUND);
    struct hc_effects done = {0};
    (void)!hc_node_step(world_host(world, A)->node, &(struct hc_event){.kind = HC_EVENT_TIMEOUT}, &done);
}

static void node_of(const char *address, const char *name)
{
    struct hc_node *node;
    const struct hc_node_config config = {
        .network = the_network(), .address = address, .name = name, .gossip_interval_ms = ROUND};
    (void)!hc_node_new(&node, &config);
    hc_node_free(node);
}

static void node_as_it_should_be(void)
{
    node_of("127.0.0.1:8000", "alpha");
}

static void node_of_a_bare_port(void)
{
    node_of("8000", "alpha");
}

static void node_of_a_wild_name(void)
{
    node_of("127.0.0.1:8000", "\n");
}

static void row_of_nothing(void)
{
    (void)hc_row_ref(NULL);
}

/* How a process ends that does this: 0, or the signal. */
static int end_of(void (*doing)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        (void)!freopen("/dev/null", "w", stderr);
        doing();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* Misuse of the library ends the process on the spot, as its headers say, and goes on with nothing. */
static void misuse_ends_the_process(void **unused)
{
    (void)unused;
    assert_int_equal(end_of(node_as_it_should_be), 0);
    assert_int_equal(end_of(node_of_a_bare_port), SIGABRT);
    assert_int_equal(end_of(node_of_a_wild_name), SIGABRT);
    assert_int_equal(end_of(row_of_nothing), SIGABRT);
    assert_int_equal(end_of(step_without_a_message), SIGABRT);
    assert_int_equal(end_of(step_backwards), SIGABRT);
}

/* P9: however many requests are turned away, a node makes at most BUSY_PROOFS_MAX proofs a second. */
static void proofs_of_busy_are_bounded(void **unused)
{
    (void)unused;
    join(A);
    struct hc_message head = {.type = HC_MESSAGE_REQUEST};
    memcpy(head.network, the_network()->id, HC_NETWORK_BYTES);
    id_copy(head.from, test_identity(B)->id);
    for (int second = 0; second < 2; second++) {
        for (size_t i = 0; i < BUSY_PROOFS_MAX + 2; i++) {
            struct hc_event event = {.kind = HC_EVENT_BUSY, .handle = i + 1, .message = &head, .text = "no place"};
            MUST(step(A, event));
            assert_int_equal(effects()->send_count, 1);
            const struct hc_send *send = &effects()->sends[0];
            assert_int_equal(send->kind, HC_SEND_REPLY);
            assert_int_equal(send->handle, i + 1);
            assert_int_equal(send->message.error.code, HC_BUSY);
            assert_string_equal(send->message.error.text, "no place");
            assert_int_equal(send->message.proved, i < BUSY_PROOFS_MAX);
            if (i == 0) {
                assert_memory_equal(send->message.from, id_of(A), HC_ID_BYTES);
                assert_true(
                    proof_verify(send->message.proof, the_network(), head.nonce, head.from, send->message.from));
            }
        }
        run_for(1000);
    }
}

/* M5, P5: a node that comes back without its memory signs above what it signed before, is no twin, and returns to
 * all. */
static void a_restarted_node_returns(void **unused)
{
    (void)unused;
    world_settings(world)->mutate_interval_ms = 500;
    crowd(4);
    run_for(4 * ROUND);
    crash(D);
    time_until_all_see(D, "dropped", 2 * ROUND);
    uint64_t version = row_at(A, D)->fields.version, draw = row_at(A, D)->fields.draw;
    assert_true(version > 5);
    int64_t since = now();
    start(D);
    assert_int_equal(look(D).row->fields.version, 1);
    run_for(3 * ROUND / 2 + SOON);
    assert_true(all_see(D, "live"));
    assert_true(row_at(A, D)->fields.version > version);
    assert_true(row_at(A, D)->fields.draw >= draw);
    assert_int_equal(told_by_all(HC_NOTICE_RETURNED, D, since), 3);
    assert_int_equal(told_since(D, HC_NOTICE_TWIN, ANYBODY, since), 0);
    assert_int_equal(told_by_all(HC_NOTICE_FORKED, D, since), 0);
}

/* P7: a node that slept through the second try of an exchange, and whose timer comes before anything else, drops no
 * peer. */
static void oversleeping_a_second_try_drops_no_peer(void **unused)
{
    (void)unused;
    crowd(2);
    run_for(ROUND / 2);
    be(B, SILENT);
    size_t before = asked(A, B);
    while (asked(A, B) < before + 2) {
        run_for(10);
    }
    run_for(SOON);
    stall(A, 5000);
    run_for(4999);
    be(B, WELL);
    int64_t since = now();
    run_for(1 + SOON);
    assert_int_equal(told_since(A, HC_NOTICE_DROPPED, B, since), 0);
    assert_true(sees(A, B, "live"));
    /* A little late is not oversleeping. It only makes the node more patient (K8). */
    be(B, SILENT);
    time_until_all_see(B, "dropped", ROUND + 2 * 2000 + SOON);
}

/* P7: missed rounds are not made up for. */
static void overslept_rounds_are_left_out(void **unused)
{
    (void)unused;
    crowd(2);
    uint64_t before = look(A).round;
    stall(A, 5 * ROUND + ROUND / 2);
    run_for(5 * ROUND + ROUND / 2 + SOON);
    assert_true(look(A).round <= before + 2);
    run_for(2 * ROUND);
    assert_true(look(A).round >= before + 2 && look(A).round <= before + 4);
}

/* P6: a contact with the address of a live peer is asked as that peer, once a round and not twice. */
static void a_contact_that_is_a_peer_is_asked_once(void **unused)
{
    (void)unused;
    hosts(2);
    start(B);
    run_for(ROUND / 2);
    struct hc_row *row = row_of_line(the_network(), "A1:10");
    struct hc_state *said = state_of(&row, 1);
    (void)request(B, test_identity(C), said);
    assert_true(sees(B, A, "live"));
    size_t before = asked(B, A);
    run_for(ROUND);
    assert_int_equal(asked(B, A), before + 1);
    assert_true(sees(B, A, "dropped"));
    state_unref(said);
    hc_row_unref(row);
}

/* Asks A in the name of an identity, with this state; an error instead of a reply fails the test. */
static const struct hc_message *reply_of_a(unsigned from, struct hc_state *state)
{
    const struct hc_message *reply = request(A, test_identity(from), state);
    assert_int_equal(reply->type, HC_MESSAGE_REPLY);
    return reply;
}

/* Tells A this row of B's, as if B asked. */
static void call_as_b(struct hc_row *row)
{
    struct hc_state *state = state_of(&row, 1);
    (void)request(A, test_identity(B), state);
    state_unref(state);
}

/* P8: a peer that answers with a newer row that is no goodbye is back, though that row rests on credits that are not
 * known here and is not taken in yet. A call alone only makes us ask. */
static void an_answer_outranks_a_goodbye(void **unused)
{
    (void)unused;
    crowd(2);
    crash(B);
    be(B, REFUSING);
    struct hc_row *away = row_of_line(the_network(), "B9:10 left"), *back = row_of_line(the_network(), "B11:5 C20");
    struct hc_state *state = state_of(&back, 1);
    call_as_b(away);
    run_for(2 * ROUND);
    assert_true(sees(A, B, "left"));
    uint64_t waiting = refused(A, HC_WAITING);
    size_t before = asked(A, B);
    call_as_b(back);
    assert_int_equal(refused(A, HC_WAITING), waiting + 1);
    assert_true(sees(A, B, "left"));
    answer_state(B, state);
    while (asked(A, B) == before) {
        assert_true(sees(A, B, "left"));
        run_for(1);
    }
    run_for(SOON);
    assert_int_equal(asked(A, B), before + 1);
    assert_true(sees(A, B, "live"));
    assert_int_equal(row_at(A, B)->fields.version, 9 * TEST_VERSION);
    state_unref(state);
    hc_row_unref(away);
    hc_row_unref(back);
}

/* M5, P10: a row on its way to be forgotten is told to no peer but its owner, if that has put an old disk back. */
static void an_old_disk_hears_of_its_last_row(void **unused)
{
    (void)unused;
    join(A);
    join(B);
    crash(B);
    struct hc_row *last = row_of_line(the_network(), "B9:10 left"), *old = row_of_line(the_network(), "B3:5");
    struct hc_state *state;
    MUST(state_new(&state));
    MUST(state_add_gone(state, last, FORGET_MS / 1000));
    state_seal(state);
    const struct hc_message *reply = reply_of_a(30, state);
    assert_int_equal(row_at(A, B)->fields.version, 9 * TEST_VERSION);
    assert_null(state_find_gone(reply->state, test_identity(B)->id));
    state_unref(state);
    state = state_of(&old, 1);
    assert_non_null(state_find_gone(reply_of_a(B, state)->state, test_identity(B)->id));
    assert_null(state_find_gone(reply_of_a(30, state)->state, test_identity(B)->id));
    state_unref(state);
    hc_row_unref(last);
    hc_row_unref(old);
}

/* P8: a node that leaves stops even if no peer listens, and at once when it is alone. */
static void a_goodbye_waits_for_no_answer(void **unused)
{
    (void)unused;
    crowd(3);
    be(B, SILENT);
    be(C, SILENT);
    leave(A);
    run_for(1000 + SOON);
    assert_null(world_host(world, A)->node);
    crash(C);
    be(B, WELL);
    run_for(3 * ROUND);
    leave(B);
    assert_null(world_host(world, B)->node);
}

/* P10, S4: a node that starts again goes on counting: peers that were live when it stopped may be gone since then. A
 * peer that tells a shorter time knows better. */
static void ages_outlast_a_restart(void **unused)
{
    (void)unused;
    struct hc_row *rows[] = {row_of_line(the_network(), "B1:10"), row_of_line(the_network(), "C1:10")};
    struct hc_stored_row stored[] = {{.row = rows[0], .age_s = 7200}, {.row = rows[1], .age_s = 3600, .live = true}};
    struct hc_node *node = node_restored(stored, 2, 50 * ROUND);
    const struct member *gone = members_find(node_members(node), test_identity(B)->id),
                        *live = members_find(node_members(node), test_identity(C)->id);
    assert_int_equal(gone->gone_ms, 50 * ROUND - 7200 * 1000);
    assert_int_equal(gone->lifeless_ms, 50 * ROUND - 7200 * 1000);
    assert_int_equal(live->gone_ms, 50 * ROUND - 3600 * 1000);
    assert_int_equal(live->lifeless_ms, 50 * ROUND);
    hc_node_free(node);
    rows_unref(rows, 2);
}

/* S4: a store holds rows as text, so they come without their verification. A node starts from them, its own row among
 * them, and goes on with a greater version. */
static void a_node_starts_from_rows_in_text(void **unused)
{
    (void)unused;
    const char *text = "B2:10 A5, A3:10 B2, C1:5";
    struct hc_row *signed_rows[3], *rows[3];
    struct hc_stored_row stored[3];
    struct hc_effects started = {0};
    struct hc_node_view view;
    size_t count = rows_from(the_network(), signed_rows, 3, &text);
    for (size_t i = 0; i < count; i++) {
        MUST(hc_wire_decode_row(&rows[i], signed_rows[i]->text, signed_rows[i]->text_bytes, the_network()->id, NULL));
        assert_false(rows[i]->verified);
        stored[i] = (struct hc_stored_row){.row = rows[i], .live = true};
    }
    struct hc_node *node = node_restored(stored, count, 0);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &started));
    assert_true(node_verify(node));
    hc_node_look(node, &view);
    assert_true(view.row->fields.version > 3 * TEST_VERSION);
    assert_int_equal(row_sent_to(view.row, test_identity(B)->id), 2);
    for (unsigned owner = A; owner <= C; owner++) {
        assert_non_null(table_find(node_table(node), test_identity(owner)->id));
    }
    assert_true(table_balance(node_table(node), test_identity(A)->id) == 10 + 5 - 2);
    hc_effects_free(&started);
    hc_node_free(node);
    rows_unref(signed_rows, count);
    rows_unref(rows, count);
}

/* D4, P2: a mutation every interval is the next draw, a new version, and known to all within a round. */
static void mutations_reach_all(void **unused)
{
    (void)unused;
    world_settings(world)->mutate_interval_ms = 8000;
    crowd(5);
    run_for(80000);
    for (size_t i = 0; i < 5; i++) {
        const struct hc_row *row = look(i).row;
        size_t mutations = told(i, HC_NOTICE_MUTATED, ANYBODY);
        assert_true(row->fields.draw >= 10 && row->fields.draw <= 12);
        assert_int_equal(row->fields.version, row->fields.draw);
        assert_int_equal(row->fields.coins, network_draw(the_network(), row->fields.id, row->fields.draw));
        assert_true(mutations > 4 * 9); /* its own and those of four others */
        for (size_t j = 0; j < 5; j++) {
            assert_true(row_at(j, i)->fields.version + 1 >= row->fields.version);
        }
    }
    run_for(80000 % 8000 + 6000); /* between two mutations, after a round */
    assert_true(all_agree() || hc_node_disagreeing(world_host(world, A)->node) <= 4);
}

/* V1: `agree` says whether all peers asked in the round hold the same table, by what they told last. */
static void agree_means_the_same_table(void **unused)
{
    (void)unused;
    crowd(3);
    assert_true(look(A).agree);
    assert_int_equal(hc_node_disagreeing(world_host(world, A)->node), 0);
    struct hc_state *nothing = state_of(NULL, 0);
    (void)request(A, test_identity(B), nothing);
    assert_int_equal(hc_node_disagreeing(world_host(world, A)->node), 1);
    state_unref(nothing);
    run_for(ROUND + SOON);
    assert_int_equal(hc_node_disagreeing(world_host(world, A)->node), 0);
    uint8_t ours[HC_DIGEST_BYTES], theirs[HC_DIGEST_BYTES];
    hc_node_digest(world_host(world, A)->node, ours);
    hc_node_digest(world_host(world, B)->node, theirs);
    assert_memory_equal(ours, theirs, HC_DIGEST_BYTES);
    answer_error(B, "busy");
    run_for(10);
    struct hc_event payment = {.kind = HC_EVENT_PAY, .payee = id_of(C), .amount = 1};
    size_t payer = row_at(A, A)->fields.coins > 0 ? 0 : 2;
    payment.payee = id_of(C - payer);
    MUST(step(payer, payment));
    run_for(ROUND);
    be(B, WELL);
    run_for(2 * ROUND);
    assert_true(look(A).agree);
}

/* M5: a node takes over all that its earlier rows have paid, the greater of each, and signs above all of them. */
static void a_node_takes_over_what_it_paid(void **unused)
{
    (void)unused;
    join(A);
    const char *text = "A5:100 B5 C9, A7:100 B8 C2, B1:100 A3, C1:0, D1:0, A3:100 B1 D4";
    struct hc_row *rows[6];
    size_t count = rows_from(the_network(), rows, 6, &text);
    struct hc_state *state = state_of(rows, count);
    (void)reply_of_a(B, state);
    const struct hc_row *own = look(A).row;
    assert_true(own->fields.version > 7 * TEST_VERSION);
    assert_int_equal(own->fields.sent_count, 3);
    assert_int_equal(row_sent_to(own, test_identity(B)->id), 8);
    assert_int_equal(row_sent_to(own, test_identity(C)->id), 9);
    assert_int_equal(row_sent_to(own, test_identity(D)->id), 4);
    assert_true((hc_coin_sum)own->fields.coins + 3 >= 21); /* D4: with a draw that pays for it */
    for (size_t i = 0; i < count; i++) {
        assert_true(!id_equal(rows[i]->fields.id, own->fields.id) || row_supersedes(own, rows[i]));
    }
    /* Told again, they are known: nothing new is signed. */
    uint64_t version = own->fields.version;
    (void)reply_of_a(B, state);
    assert_int_equal(look(A).row->fields.version, version);
    state_unref(state);
    rows_unref(rows, count);
}

/* M5: rows of ours that no single row can cover, because together they have too many payees, are not taken over; we go
 * on as before. */
static void too_much_to_take_over(void **unused)
{
    (void)unused;
    static struct hc_sent sent[HC_PAYEES_MAX];
    struct hc_row *before, *full;
    join(A);
    before = row_of_line(the_network(), "A5:100 B5");
    struct hc_row_fields fields = before->fields;
    for (size_t i = 0; i < HC_PAYEES_MAX; i++) {
        sent[i] = (struct hc_sent){.payee = {0, (uint8_t)(i >> 8), (uint8_t)i, 1}};
    }
    fields.sent = sent;
    fields.sent_count = HC_PAYEES_MAX;
    fields.version = 9 * TEST_VERSION;
    MUST(row_sign(&full, &fields, the_network(), test_identity(A)));
    struct hc_row *rows[] = {before, full};
    for (size_t i = 0; i < 2; i++) {
        struct hc_state *state = state_of(&rows[i], 1);
        (void)reply_of_a(B, state);
        state_unref(state);
        assert_int_equal(look(A).row->fields.sent_count, 1);
        assert_int_equal(look(A).row->fields.version, 5 * TEST_VERSION + 1);
    }
    hc_row_unref(before);
    hc_row_unref(full);
}

/* M5, R5: a thief with our key that used up the last version cannot make us sign beyond it, crash or spin. */
static void the_last_version_is_the_last(void **unused)
{
    (void)unused;
    world_settings(world)->mutate_interval_ms = 5000;
    join(A);
    run_for(100);
    struct hc_row *last = row_of_line(the_network(), "A9007199254740991:10 B1");
    struct hc_state *state = state_of(&last, 1);
    (void)reply_of_a(B, state);
    uint64_t steps = world_steps(world);
    run_for(20 * ROUND);
    assert_true(world_steps(world) - steps < 60);
    leave(A);
    run_for(SOON);
    assert_null(world_host(world, A)->node);
    state_unref(state);
    hc_row_unref(last);
}

/* M6: a fork is told of once, and its proof is passed on to newcomers. */
static void a_fork_is_proved_to_all(void **unused)
{
    (void)unused;
    join(A);
    join(A);
    run_for(ROUND);
    const char *text = "F2:10 G5, F3:10 H5";
    struct hc_row *rows[2];
    size_t count = rows_from(the_network(), rows, 2, &text);
    struct hc_state *state = state_of(rows, count);
    assert_int_equal(reply_of_a(F, state)->state->fork_count, 2);
    run_for(ROUND);
    size_t newcomer = join(B);
    run_for(2 * ROUND);
    for (size_t i = 0; i <= newcomer; i++) {
        assert_true(entry_is_forked(table_find(table_of(i), test_identity(F)->id)));
        assert_int_equal(told(i, HC_NOTICE_FORKED, ANYBODY), 1);
    }
    assert_true(all_agree());
    state_unref(state);
    rows_unref(rows, count);
}

/* W1: a reply is no request; a peer that answers with one is dropped. */
static void requests_and_replies_are_not_mixed_up(void **unused)
{
    (void)unused;
    crowd(2);
    struct hc_message wrong = {.type = HC_MESSAGE_REPLY, .state = state_of(NULL, 0)};
    struct hc_event event = {.kind = HC_EVENT_REQUEST, .handle = 5, .message = &wrong};
    MUST(step(A, event));
    assert_int_equal(effects()->send_count, 1);
    assert_int_equal(effects()->sends[0].message.type, HC_MESSAGE_ERROR);
    assert_int_equal(effects()->sends[0].message.error.code, HC_BAD_FRAME);
    /* A reply to no request of ours is ignored. */
    event.kind = HC_EVENT_REPLY;
    event.handle = 4711;
    MUST(step(A, event));
    assert_int_equal(effects()->send_count, 0);
    hc_message_clear(&wrong);
    assert_true(all_agree());
}

/* How many notices of other networks a node gave since `since_ms`; *count: how many refusals they report. */
static size_t strangers_told(size_t node, uint64_t *count, int64_t since_ms)
{
    size_t notices = 0, tale_count;
    const struct tale *tale = tales(&tale_count);
    *count = 0;
    for (size_t i = 0; i < tale_count; i++, tale++) {
        if (tale->host == node && tale->at_ms >= since_ms && tale->kind == HC_NOTICE_REFUSED &&
            tale->code == HC_WRONG_NETWORK) {
            notices++;
            *count += tale->count;
        }
    }
    return notices;
}

static void stranger_comes(const char *host)
{
    MUST(step(A,
              (struct hc_event){.kind = HC_EVENT_REFUSED, .code = HC_WRONG_NETWORK, .host = host, .text = "differs"}));
}

/* D3: an address from which a node of another network comes is told of once, under however many ids; other refusals are
 * counted together. */
static void strangers_are_told_of_once(void **unused)
{
    static const char *const hosts[] = {"192.0.2.1", "192.0.2.2", NULL};
    uint64_t count;
    (void)unused;
    join(A);
    for (int turn = 0; turn < 1000; turn++) {
        for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
            stranger_comes(hosts[i]);
        }
        if (turn % 100 == 0) {
            MUST(step(A, (struct hc_event){.kind = HC_EVENT_REFUSED, .code = HC_BAD_FRAME, .text = "not JSON"}));
        }
        run_for(3600);
    }
    assert_int_equal(strangers_told(A, &count, 0), 3);
    assert_int_equal(count, 3);
    assert_int_equal(look(A).refused[HC_WRONG_NETWORK], 3000);
    assert_int_equal(look(A).refused[HC_BAD_FRAME], 10);
    assert_int_equal(told(A, HC_NOTICE_REFUSED, ANYBODY), 3 + 10);
}

/* D3: from however many addresses they come, the notices of a minute are few, and their counts add up to all. */
static void many_strangers_are_counted(void **unused)
{
    const int64_t minute = 60 * 1000;
    char host[32];
    uint64_t count;
    (void)unused;
    join(A);
    run_for(ROUND);
    int64_t since_ms = now();
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(host, sizeof host, "198.51.%d.%d", i / 250, i % 250);
        stranger_comes(host);
        if (i % 100 == 99) {
            size_t notices = strangers_told(A, &count, now() - minute + 1);
            assert_true(notices >= 1 && notices <= STRANGER_NOTICES_MAX);
            run_for(minute);
        }
    }
    run_for(minute + ROUND);
    assert_true(strangers_told(A, &count, since_ms) <= 11 * STRANGER_NOTICES_MAX);
    assert_int_equal(count, 1000);
    assert_int_equal(look(A).refused[HC_WRONG_NETWORK], 1000);
}

/* L2, L3: a payment raises what was sent, reaches all, and is refused with the reason if it cannot be made. */
static void payments_are_made_or_refused(void **unused)
{
    (void)unused;
    crowd(3);
    size_t payer = look(A).row->fields.coins > 0 ? 0 : 1, payee = 2;
    uint64_t coins = look(payer).row->fields.coins;
    assert_true(coins > 0);
    const struct {
        const uint8_t *payee;
        uint64_t amount;
        enum hc_code code;
    } cases[] = {
        {id_of(payee), coins + 1, HC_NOT_ENOUGH},
        {id_of(payee), 0, HC_BAD_AMOUNT},
        {id_of(payee), HC_NUMBER_MAX + 1, HC_BAD_AMOUNT},
        {id_of(payer), 1, HC_OWN_PAYEE},
        {test_identity(40)->id, 1, HC_UNKNOWN_PAYEE},
        {id_of(payee), 1, HC_OK},
        {id_of(payee), coins - 1 > 0 ? coins - 1 : 1, coins - 1 > 0 ? HC_OK : HC_NOT_ENOUGH},
        {id_of(payee), 1, HC_NOT_ENOUGH},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hc_event payment = {
            .kind = HC_EVENT_PAY, .handle = 100 + i, .payee = cases[i].payee, .amount = cases[i].amount};
        MUST(step(payer, payment));
        assert_int_equal(effects()->answer_count, 1);
        assert_int_equal(effects()->answers[0].handle, 100 + i);
        if (effects()->answers[0].code != cases[i].code) {
            fail_msg("case %zu: %s", i, hc_code_name(effects()->answers[0].code));
        }
    }
    run_for(ROUND + SOON);
    assert_true(all_agree());
    for (size_t i = 0; i < 3; i++) {
        const struct table *table = table_of(i);
        assert_true(table_balance(table, id_of(payer)) == 0);
        assert_true(table_balance(table, id_of(payee)) == (hc_coin_sum)(look(payee).row->fields.coins + coins));
    }
}

/* D4, L4: draws go on, but none leaves its owner in debt; all balances still add up to what was drawn. */
static void no_draw_leaves_a_debt(void **unused)
{
    (void)unused;
    struct random random;
    world_settings(world)->mutate_interval_ms = 700;
    random_from(&random, 21);
    crowd(4);
    for (int turn = 0; turn < 300; turn++) {
        size_t payer = (size_t)random_below(&random, 4), payee = (payer + 1 + (size_t)random_below(&random, 3)) % 4;
        struct hc_event payment = {
            .kind = HC_EVENT_PAY, .payee = id_of(payee), .amount = 1 + random_below(&random, 30)};
        MUST(step(payer, payment));
        run_for(200);
        for (size_t i = 0; i < 4; i++) {
            assert_true(table_balance(table_of(i), id_of(i)) >= 0);
        }
    }
    assert_int_equal(told_by_all(HC_NOTICE_FORKED, E, 0), 0);
    hc_coin_sum drawn = 0;
    run_for(4 * ROUND);
    for (size_t i = 0; i < 4; i++) {
        drawn += (hc_coin_sum)row_at(A, i)->fields.coins;
    }
    assert_true(hc_node_balances(world_host(world, A)->node) == drawn);
}

static struct hc_row *row_of_draw(unsigned owner, uint64_t draw, uint64_t version)
{
    struct hc_row_fields fields = {.addr = "127.0.0.1:9000", .name = "", .draw = draw, .version = version};
    struct hc_row *row;
    id_copy(fields.id, test_identity(owner)->id);
    fields.coins = network_draw(the_network(), fields.id, draw);
    MUST(row_sign(&row, &fields, the_network(), test_identity(owner)));
    row->verified = false;
    return row;
}

/* D5: a store of an earlier program may have draws above their versions. Those of others are left out. Our own is not
 * told again; the next version is high enough for its draw. */
static void old_draws_are_not_told(void **unused)
{
    (void)unused;
    struct hc_row *rows[] = {row_of_draw(0, 9, 3), row_of_draw(1, 9, 3), row_of_draw(2, 3, 3)};
    struct hc_stored_row stored[COUNT_OF(rows)] = {{.row = rows[0]}, {.row = rows[1]}, {.row = rows[2]}};
    struct hc_effects started = {0};
    struct hc_node_view view;
    struct hc_node *node = node_restored(stored, COUNT_OF(stored), 0);
    assert_null(table_find(node_table(node), rows[1]->fields.id));
    assert_ptr_equal(entry_row(table_find(node_table(node), rows[2]->fields.id)), rows[2]);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &started));
    hc_node_look(node, &view);
    assert_int_equal(view.row->fields.draw, 9);
    assert_int_equal(view.row->fields.version, 9);
    assert_int_equal(view.row->fields.coins, rows[0]->fields.coins);
    assert_true(node_verify(node));
    hc_effects_free(&started);
    hc_node_free(node);
    rows_unref(rows, COUNT_OF(rows));
}

/* D5, S4: a store may even have a row of ours with payments and no draw, as no node of this program writes it. The node starts
 * with its first draw all the same, and does not forget what it owes. */
static void a_store_without_a_draw_starts(void **unused)
{
    (void)unused;
    struct hc_sent sent = {.amount = HC_NUMBER_MAX};
    struct hc_row_fields fields = {.addr = "127.0.0.1:9000", .name = "", .version = 3, .sent = &sent, .sent_count = 1};
    struct hc_effects started = {0};
    struct hc_node_view view;
    struct hc_row *row;
    id_copy(fields.id, test_identity(A)->id);
    id_copy(sent.payee, test_identity(B)->id);
    MUST(row_sign(&row, &fields, the_network(), test_identity(A)));
    struct hc_node *node = node_restored(&(struct hc_stored_row){.row = row}, 1, 0);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &started));
    hc_node_look(node, &view);
    assert_int_equal(view.row->fields.draw, 1);
    assert_int_equal(view.row->fields.version, 4);
    assert_int_equal(view.row->fields.coins, network_draw(the_network(), fields.id, 1));
    assert_int_equal(row_sent_to(view.row, sent.payee), HC_NUMBER_MAX);
    assert_true(node_verify(node));
    hc_effects_free(&started);
    hc_node_free(node);
    hc_row_unref(row);
}

/* P7: peers remembered from before the start are asked until they answer: an exchange that is taken back is no answer,
 * and until there is one, we tell no peer of that row. */
static void the_remembered_are_asked_again(void **unused)
{
    (void)unused;
    enum { REMEMBERED = 20 };
    struct hc_stored_row stored[REMEMBERED];
    struct hc_row *rows[REMEMBERED];
    struct hc_effects done = {0};
    for (unsigned i = 0; i < REMEMBERED; i++) {
        char line[] = "B1:10";
        line[0] = (char)(line[0] + (char)i);
        rows[i] = row_of_line(the_network(), line);
        stored[i] = (struct hc_stored_row){.row = rows[i], .live = true};
    }
    struct hc_node *node = node_restored(stored, REMEMBERED, 0);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &done));
    assert_int_equal(done.send_count, REMEMBERED);
    MUST(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_TIMEOUT, .now_ms = 10 * ROUND},
                      &done)); /* it overslept */
    size_t requests = 0;
    for (size_t i = 0; i < done.send_count; i++) {
        requests += done.sends[i].kind == HC_SEND_REQUEST;
    }
    assert_int_equal(requests, REMEMBERED);
    hc_effects_free(&done);
    hc_node_free(node);
    rows_unref(rows, REMEMBERED);
}

/* S3: a node tells no peer its own row, and answers no payment, before that row is durable. */
static void nothing_is_told_before_it_is_durable(void **unused)
{
    (void)unused;
    world_settings(world)->commit_max_ms = 20;
    crowd(3);
    size_t payer = look(A).row->fields.coins > 0 ? A : B;
    uint64_t before = version(payer, payer);
    world_settings(world)->commits_hang = true;
    struct hc_event pay_one = {.kind = HC_EVENT_PAY, .handle = 9, .payee = id_of(C), .amount = 1};
    MUST(step(payer, pay_one));
    assert_non_null(effects()->commit.row);
    assert_int_equal(effects()->commit.payment_count, 1);
    assert_int_equal(effects()->answer_count, 0);
    run_for(5 * ROUND);
    assert_int_equal(version(payer, payer), before);
    assert_int_equal(version(C, payer), before);
    world_commit_end(world, payer, true);
    assert_int_equal(effects()->answer_count, 1);
    assert_int_equal(effects()->answers[0].handle, 9);
    assert_int_equal(effects()->answers[0].version, before + 1);
    run_for(ROUND + SOON);
    assert_int_equal(version(C, payer), before + 1);
}

/* ---- Memory ---- */

/* A small life: four nodes meet, mutate, pay, lose one by death and one by goodbye, and meet a newcomer. */
static void live_a_little(void)
{
    world_settings(world)->mutate_interval_ms = 1500;
    for (size_t i = 0; i < 3; i++) {
        join(A);
        run_for(40);
    }
    run_for(ROUND);
    for (size_t i = 0; i < 3; i++) {
        struct hc_event payment = {.kind = HC_EVENT_PAY, .handle = i, .payee = id_of((i + 1) % 3), .amount = 1};
        (void)step(i, payment);
    }
    const char *text = "K2:10 G5, K3:10 H5, L1:10";
    struct hc_row *rows[3];
    size_t count = rows_from(the_network(), rows, 3, &text);
    struct hc_state *state = state_of(rows, count);
    struct hc_message request = {.type = HC_MESSAGE_REQUEST, .state = state};
    memcpy(request.network, the_network()->id, HC_NETWORK_BYTES);
    id_copy(request.from, test_identity(10)->id);
    (void)step(A, (struct hc_event){.kind = HC_EVENT_REQUEST, .handle = 1, .message = &request});
    state_unref(state);
    rows_unref(rows, count);
    crash(B);
    run_for(ROUND);
    world_host(world, B)->contacts[0] = join(A);
    run_for(ROUND);
    if (world_host(world, C)->node) {
        leave(C);
    }
    run_for(ROUND);
    if (!world_host(world, B)->node) {
        start(B);
    }
}

/* With memory again, all ends well. */
static void live_on(void)
{
    world_settings(world)->starved = 0;
    world_settings(world)->mutate_interval_ms = 0;
    run_for(6 * ROUND);
    for (size_t i = 0; i < world_host_count(world); i++) {
        for (size_t j = 0; j < world_host_count(world); j++) {
            if (world_host(world, i)->node && world_host(world, j)->node && !sees(i, j, "live")) {
                fail_msg("host %zu does not see %zu as live", i, j);
            }
        }
    }
}

/* S5, P3: at whatever allocation of whatever step memory runs out, the node stays whole and goes on. */
static void memory_may_run_out_anywhere(void **unused)
{
    (void)unused;
    live_a_little();
    live_on();
    uint64_t steps = world_steps(world);
    assert_true(steps > 100);
    for (uint64_t step = 0; step < steps; step++) {
        for (uint32_t after = (uint32_t)(step * 7 % 24); after < 24; after += 24) {
            world_renew();
            world_starve(world, step, after);
            live_a_little();
            live_on();
        }
    }
}

/* S5, P3: the same for many steps of one life. */
static void memory_may_run_out_often(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 60; seed++) {
        world_renew();
        random_from(world_random(world), seed);
        world_settings(world)->starved = 150 * PER_MILLION / 1000;
        live_a_little();
        live_on();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(a_node_starts_alone),
        node_test(a_node_does_not_ask_itself),
        node_test(misuse_ends_the_process),
        node_test(proofs_of_busy_are_bounded),
        node_test(a_restarted_node_returns),
        node_test(oversleeping_a_second_try_drops_no_peer),
        node_test(overslept_rounds_are_left_out),
        node_test(a_contact_that_is_a_peer_is_asked_once),
        node_test(an_answer_outranks_a_goodbye),
        node_test(an_old_disk_hears_of_its_last_row),
        node_test(a_goodbye_waits_for_no_answer),
        node_test(ages_outlast_a_restart),
        node_test(a_node_starts_from_rows_in_text),
        node_test(mutations_reach_all),
        node_test(agree_means_the_same_table),
        node_test(a_node_takes_over_what_it_paid),
        node_test(too_much_to_take_over),
        node_test(the_last_version_is_the_last),
        node_test(a_fork_is_proved_to_all),
        node_test(requests_and_replies_are_not_mixed_up),
        node_test(strangers_are_told_of_once),
        node_test(many_strangers_are_counted),
        node_test(payments_are_made_or_refused),
        node_test(no_draw_leaves_a_debt),
        node_test(old_draws_are_not_told),
        node_test(a_store_without_a_draw_starts),
        node_test(the_remembered_are_asked_again),
        node_test(nothing_is_told_before_it_is_durable),
        node_test(memory_may_run_out_anywhere),
        node_test(memory_may_run_out_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
