/* Messages that bring more new rows than one step may check: held, checked in parts, taken in as a whole (L3, M2,
 * M4). */
#include "scenario/scenario.h"

#include "core/common/id.h"

#define NEW_ROWS 500u
#define STEPS_MAX 10000u

static size_t replies;

/* What A asked last. */
static uint64_t asked_handle;
static uint8_t asked_nonce[HC_NONCE_BYTES];

static void remember_asked(void)
{
    for (size_t i = 0; i < effects()->send_count; i++) {
        if (effects()->sends[i].kind == HC_SEND_REQUEST) {
            asked_handle = effects()->sends[i].handle;
            memcpy(asked_nonce, effects()->sends[i].message.nonce, HC_NONCE_BYTES);
        }
    }
}

/* One more event for A; its replies are counted. */
static enum hc_code step_counted(struct hc_event event)
{
    enum hc_code code = step(A, event);
    for (size_t i = 0; i < effects()->send_count; i++) {
        replies += effects()->sends[i].kind == HC_SEND_REPLY;
    }
    remember_asked();
    return code;
}

static enum hc_code time_out(void)
{
    return step_counted((struct hc_event){.kind = HC_EVENT_TIMEOUT});
}

/* A starts with this many contacts, which do not answer by themselves. From here on it is stepped by hand: its clock
 * does not wake it. */
static void start_with(size_t contact_count)
{
    hosts(1 + contact_count);
    for (size_t contact = 1; contact <= contact_count; contact++) {
        world_contact(world, A, contact);
        be(contact, SILENT);
    }
    start(A);
    remember_asked();
    stall(A, 3600 * SECOND);
    replies = 0;
}

/* Rows of the strangers `from` to `to` - 1, as they come from the wire; if `forged`, the last one is. */
static struct hc_state *strangers(unsigned from, unsigned to, bool forged)
{
    struct hc_state *state;
    MUST(state_new(&state));
    for (unsigned i = from; i < to; i++) {
        uint8_t seed[HC_SEED_BYTES] = {'h', 'e', 'l', 'd', (uint8_t)i, (uint8_t)(i >> 8)};
        struct hc_identity identity;
        struct hc_row *row;
        hc_identity_from_seed(&identity, seed);
        struct hc_row_fields fields = {.addr = "127.0.0.1:9000", .name = "", .draw = 1, .version = 1};
        id_copy(fields.id, identity.id);
        fields.coins = network_draw(the_network(), fields.id, 1);
        MUST(row_sign(&row, &fields, the_network(), &identity));
        row->verified = false;
        MUST(state_add_live(state, row));
        hc_row_unref(row);
    }
    state_seal(state);
    state->live[state->live_count - 1]->sig[7] ^= forged;
    return state;
}

static size_t verified(const struct hc_state *state)
{
    size_t count = 0;
    for (size_t i = 0; i < state->live_count; i++) {
        count += state->live[i]->verified;
    }
    return count;
}

static enum hc_code ask(struct hc_state *state)
{
    struct hc_message message = {.type = HC_MESSAGE_REQUEST, .state = state};
    memcpy(message.network, the_network()->id, HC_NETWORK_BYTES);
    id_copy(message.from, test_identity(B)->id);
    return step_counted((struct hc_event){.kind = HC_EVENT_REQUEST, .handle = 7, .message = &message});
}

/* The answer of stranger 0 to what A asked last. */
static void answer(struct hc_state *state)
{
    uint8_t seed[HC_SEED_BYTES] = {'h', 'e', 'l', 'd'};
    struct hc_identity identity;
    struct hc_message message = {.type = HC_MESSAGE_REPLY, .state = state};
    hc_identity_from_seed(&identity, seed);
    memcpy(message.network, the_network()->id, HC_NETWORK_BYTES);
    id_copy(message.from, identity.id);
    proof_make(&identity, message.proof, the_network(), asked_nonce, test_identity(A)->id);
    MUST(step_counted((struct hc_event){.kind = HC_EVENT_REPLY, .handle = asked_handle, .message = &message}));
}

static int64_t deadline(void)
{
    return hc_node_deadline(world_host(world, A)->node);
}

/* Lets the node do what it has to do now; returns how many steps that took. */
static size_t work(void)
{
    size_t steps = 0;
    while (deadline() <= now()) {
        MUST(time_out());
        assert_true(++steps < STEPS_MAX);
    }
    return steps;
}

/* L3: no step checks more than HC_CHECKS_A_STEP_MAX; the answer does not wait; all rows are taken in together. */
static void a_large_message_takes_several_steps(void **unused)
{
    (void)unused;
    start_with(0);
    work();
    struct hc_state *state = strangers(0, NEW_ROWS, false);
    MUST(ask(state));
    assert_int_equal(replies, 1);
    assert_int_equal(verified(state), HC_CHECKS_A_STEP_MAX);
    for (size_t before = verified(state); before < NEW_ROWS; before = verified(state)) {
        assert_int_equal(look(A).known, 1);
        assert_int_equal(deadline(), now());
        MUST(time_out());
        assert_int_equal(verified(state), before + HC_CHECKS_A_STEP_MAX);
    }
    assert_int_equal(work(), 1); /* takes them in */
    assert_int_equal(look(A).known, 1 + NEW_ROWS);
    assert_int_equal(look(A).live, 1 + NEW_ROWS);
    assert_int_equal(replies, 1);
    state_unref(state);
}

/* A message that one step can check does not wait for those that need more. */
static void a_small_message_does_not_wait(void **unused)
{
    (void)unused;
    start_with(0);
    struct hc_state *large = strangers(0, NEW_ROWS, false), *small = strangers(NEW_ROWS, NEW_ROWS + 10, false);
    MUST(ask(large));
    MUST(ask(small));
    assert_int_equal(replies, 2);
    assert_int_equal(look(A).known, 1 + 10);
    work();
    assert_int_equal(look(A).known, 1 + NEW_ROWS + 10);
    state_unref(large);
    state_unref(small);
}

/* M2: rows that several peers tell are checked once, except for the part that each message begins with. */
static void what_several_tell_is_checked_once(void **unused)
{
    (void)unused;
    start_with(0);
    struct hc_state *states[4];
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        states[i] = strangers(0, NEW_ROWS, false);
        MUST(ask(states[i]));
    }
    work();
    assert_int_equal(look(A).known, 1 + NEW_ROWS);
    assert_int_equal(verified(states[0]), NEW_ROWS);
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        assert_true(i == 0 || verified(states[i]) == HC_CHECKS_A_STEP_MAX);
        state_unref(states[i]);
    }
}

/* M4: one forged row, and nothing of its message is taken in, however late it is found. A peer that answered with it is
 * dropped. */
static void a_forged_row_ends_a_held_message(void **unused)
{
    (void)unused;
    start_with(1);
    struct hc_state *known = strangers(0, 1, false), *forged = strangers(0, NEW_ROWS, true);
    struct hc_state *answering = strangers(0, NEW_ROWS, true);
    MUST(ask(forged));
    assert_int_equal(replies, 1);
    work();
    assert_int_equal(look(A).known, 1);
    assert_int_equal(look(A).refused[HC_BAD_SIGNATURE], 1);

    MUST(ask(known));
    assert_int_equal(look(A).live, 2);
    answer(answering);
    assert_int_equal(look(A).live, 2);
    work();
    assert_int_equal(look(A).known, 2);
    assert_int_equal(look(A).live, 1);
    assert_int_equal(look(A).refused[HC_BAD_SIGNATURE], 2);
    state_unref(known);
    state_unref(forged);
    state_unref(answering);
}

/* P1, P3: an answer that is being checked is not silence; its round ends only with it. Answers come before requests. */
static void a_round_waits_for_its_answers(void **unused)
{
    (void)unused;
    start_with(1);
    struct hc_state *asking = strangers(NEW_ROWS, 2 * NEW_ROWS, false), *answering = strangers(0, NEW_ROWS, false);
    MUST(ask(asking));
    answer(answering);
    run_for(1500); /* more than a time-out */
    while (verified(answering) < NEW_ROWS) {
        assert_int_equal(look(A).round, 0);
        MUST(time_out());
        assert_int_equal(effects()->send_count, 0);
    }
    assert_int_equal(verified(asking), HC_CHECKS_A_STEP_MAX);
    MUST(time_out()); /* takes them in, and turns to the newcomers */
    assert_int_equal(look(A).known, 1 + NEW_ROWS);
    assert_int_equal(effects()->send_count, INTRODUCTIONS_MAX);
    work();
    assert_int_equal(look(A).known, 1 + 2 * NEW_ROWS);
    state_unref(asking);
    state_unref(answering);
}

/* P10: an age counts from the moment when it was told, however long the rows of its message are checked. */
static void ages_go_on_while_a_message_is_held(void **unused)
{
    (void)unused;
    start_with(0);
    work();
    struct hc_state *state = strangers(0, NEW_ROWS, false), *gone = strangers(NEW_ROWS, NEW_ROWS + 1, false);
    struct hc_row *row = gone->live[0];
    MUST(state_add_gone(state, row, 100));
    state_seal(state);
    MUST(ask(state));
    int64_t heard_ms = now();
    run_for(5000);
    MUST(time_out());
    assert_null(members_find(node_members(world_host(world, A)->node), row->fields.id));
    work();
    const struct member *member = members_find(node_members(world_host(world, A)->node), row->fields.id);
    assert_non_null(member);
    assert_int_equal(member->gone_ms, heard_ms - 100 * 1000);
    state_unref(state);
    state_unref(gone);
}

/* P7: a node that oversleeps takes back unanswered exchanges, and keeps the answers that came. */
static void oversleeping_keeps_answers(void **unused)
{
    (void)unused;
    start_with(2);
    struct hc_state *state = strangers(0, NEW_ROWS, false);
    answer(state);
    run_for(10000);
    MUST(time_out());
    assert_int_equal(effects()->sends[0].kind, HC_SEND_CANCEL);
    assert_int_equal(look(A).known, 1);
    work();
    assert_int_equal(look(A).known, 1 + NEW_ROWS);
    state_unref(state);
}

/* What is held is bounded, and requests leave room for answers. Beyond it they are answered, and their rows come
 * again. */
static void what_is_held_is_bounded(void **unused)
{
    (void)unused;
    start_with(1);
    struct hc_state *state = strangers(0, 2 * HC_CHECKS_A_STEP_MAX, false);
    uint32_t refs = state->refs;
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct hc_state *another = strangers((unsigned)i * 100, (unsigned)i * 100 + 2 * HC_CHECKS_A_STEP_MAX, false);
        MUST(ask(another));
        state_unref(another);
    }
    assert_int_equal(replies, HELD_MAX);
    assert_int_equal(look(A).refused[HC_BUSY], HELD_MAX / 2);
    answer(state);
    assert_int_equal(state->refs, refs + 1);
    assert_int_equal(look(A).refused[HC_BUSY], HELD_MAX / 2);
    work();
    assert_int_equal(look(A).known, 1 + HELD_MAX / 2 * 100);
    assert_int_equal(state->refs, refs);
    state_unref(state);
}

/* P8: a node that is leaving takes no more rows in. */
static void leaving_lets_go(void **unused)
{
    (void)unused;
    start_with(0);
    struct hc_state *state = strangers(0, NEW_ROWS, false);
    MUST(ask(state));
    MUST(ask(state));
    assert_int_equal(state->refs, 3);
    MUST(step_counted((struct hc_event){.kind = HC_EVENT_LEAVE}));
    assert_int_equal(state->refs, 1);
    assert_true(effects()->stopped);
    state_unref(state);
}

/* A node that is freed while messages are held frees them, too. */
static void an_end_lets_go(void **unused)
{
    (void)unused;
    start_with(0);
    struct hc_state *state = strangers(0, NEW_ROWS, false);
    MUST(ask(state));
    assert_int_equal(state->refs, 2);
    crash(A);
    assert_int_equal(state->refs, 1);
    state_unref(state);
}

/* Without memory a message is lost, not the node; the next one brings its rows. */
static void memory_may_run_out(void **unused)
{
    (void)unused;
    enum { STEPS = 3 }; /* steps of one message: answered, checked in parts, taken in */
    struct hc_state *state = strangers(0, 2 * HC_CHECKS_A_STEP_MAX, false);
    for (uint64_t starved = 0; starved < STEPS; starved++) {
        bool whole = false;
        for (uint32_t after = 0; !whole; after++) {
            assert_true(after < 1000);
            start_with(0);
            work();
            for (size_t i = 0; i < state->live_count; i++) {
                state->live[i]->verified = false;
            }
            world_starve(world, world_steps(world) + starved, after);
            enum hc_code code = ask(state);
            for (size_t steps = 0; code == HC_OK && deadline() <= now() && steps < STEPS_MAX; steps++) {
                code = time_out();
            }
            work();
            whole = code == HC_OK;
            assert_true(code == HC_OK || code == HC_NO_MEMORY);
            MUST(ask(state));
            work();
            assert_int_equal(look(A).known, 1 + state->live_count);
            world_renew();
            assert_int_equal(state->refs, 1);
        }
    }
    state_unref(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        node_test(a_large_message_takes_several_steps),
        node_test(a_small_message_does_not_wait),
        node_test(what_several_tell_is_checked_once),
        node_test(a_forged_row_ends_a_held_message),
        node_test(a_round_waits_for_its_answers),
        node_test(ages_go_on_while_a_message_is_held),
        node_test(oversleeping_keeps_answers),
        node_test(what_is_held_is_bounded),
        node_test(leaving_lets_go),
        node_test(an_end_lets_go),
        node_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
