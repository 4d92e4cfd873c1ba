/* Payments on their way between the client, the store and the node: a key is paid once, and each ticket is answered
 * exactly once. The test takes the place of the runtime, the node and the control socket. */
#include "rows.h"

#include <stdlib.h>
#include <unistd.h>

#include "daemon/control_pay.h"
#include "daemon/payments.h"

#define PATIENCE 10000 /* turns of the loop, each up to a millisecond long */
#define TICKETS 16

static uv_loop_t loop;
static struct inbox inbox;
static struct disk disk;
static struct payments payments;
static struct {
    unsigned times;
    struct payment_outcome outcome;
} answers[TICKETS];

static void on_answered(void *owner, uint64_t ticket, const struct store_payment *what,
                        const struct payment_outcome *outcome)
{
    assert_ptr_equal(owner, answers);
    assert_true(ticket < TICKETS && what->amount > 0);
    answers[ticket].times++;
    answers[ticket].outcome = *outcome;
}

static int setup(void **unused)
{
    struct store *store;
    struct hc_fault fault;
    const uint8_t network[HC_NETWORK_BYTES] = {7};
    (void)unused;
    memset(answers, 0, sizeof answers);
    assert_int_equal(uv_loop_init(&loop), 0);
    inbox_init(&inbox, &loop);
    disk_init(&disk, &loop, &inbox);
    MUST(store_open(&store, NULL, network, test_identity(1)->id, true, &fault));
    disk_use(&disk, store);
    payments_init(&payments, &disk, &inbox, on_answered, answers);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    payments_stop(&payments);
    disk_stop(&disk);
    inbox_close(&inbox);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
        continue;
    }
    assert_int_equal(uv_loop_close(&loop), 0);
    disk_close(&disk);
    return 0;
}

static void pay(uint64_t ticket, const char *key, uint64_t amount)
{
    struct store_payment what = {.amount = amount};
    memcpy(what.other, test_identity(2)->id, HC_ID_BYTES);
    (void)snprintf(what.key, sizeof what.key, "%s", key);
    assert_true(payments_add(&payments, ticket, &what));
    assert_int_equal(answers[ticket].times, 0); /* never at once */
}

/* Lets the loop and the disk work until the node is to be asked. */
static uint64_t next_for_the_node(void)
{
    struct hc_event event = {.now_ms = 1};
    for (int i = 0; i < PATIENCE; i++) {
        assert_int_equal(disk_take(&disk), DISK_NOTHING);
        if (payments_next(&payments, &event)) {
            assert_int_equal(event.kind, HC_EVENT_PAY);
            return event.handle;
        }
        inbox_settle(&inbox);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        (void)usleep(1000);
    }
    fail_msg("no payment became ready");
    return 0;
}

static void no_more_for_the_node(void)
{
    struct hc_event event;
    for (int i = 0; i < 50; i++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        assert_int_equal(disk_take(&disk), DISK_NOTHING);
        assert_false(payments_next(&payments, &event));
        (void)usleep(1000);
    }
}

static void node_answers(uint64_t handle, enum hc_code code, uint64_t version)
{
    const struct hc_answer answer = {.kind = HC_EVENT_PAY, .handle = handle, .code = code, .version = version};
    payments_answer(&payments, &answer);
}

/* What the node has accepted becomes durable. */
static void store(uint64_t handle, uint64_t version)
{
    struct hc_fault fault;
    struct store_payment stored = *payments_get(&payments, handle);
    stored.version = version;
    const struct store_batch batch = {.payments = &stored, .payment_count = 1};
    MUST(store_write(disk.store, &batch, &fault));
}

static void answered(uint64_t ticket, enum hc_code code, uint64_t version)
{
    assert_int_equal(answers[ticket].times, 1);
    assert_int_equal(answers[ticket].outcome.code, code);
    assert_int_equal(answers[ticket].outcome.version, version);
}

/* Of three requests with one key the node is asked once; the others are answered from the store. */
static void a_key_is_made_once(void **unused)
{
    (void)unused;
    pay(1, "k", 5);
    pay(2, "k", 5);
    pay(3, "k", 6);
    uint64_t handle = next_for_the_node();
    no_more_for_the_node();
    store(handle, 9);
    node_answers(handle, HC_OK, 9);
    answered(1, HC_OK, 9);
    no_more_for_the_node();
    answered(2, HC_OK, 9);
    assert_int_equal(answers[3].times, 1);
    assert_int_equal(answers[3].outcome.code, HC_KEY_REUSED);
}

/* A refusal is not remembered: the next request with the key asks the node again. */
static void a_refused_key_is_free(void **unused)
{
    (void)unused;
    pay(1, "k", 5);
    pay(2, "k", 5);
    node_answers(next_for_the_node(), HC_NOT_ENOUGH, 0);
    answered(1, HC_NOT_ENOUGH, 0);
    assert_int_equal(answers[2].times, 0);
    uint64_t handle = next_for_the_node();
    store(handle, 4);
    node_answers(handle, HC_OK, 4);
    answered(2, HC_OK, 4);
}

static void without_a_key_each_is_a_payment(void **unused)
{
    (void)unused;
    pay(1, "", 5);
    pay(2, "", 5);
    uint64_t first = next_for_the_node(), second = next_for_the_node();
    assert_true(first != second);
    node_answers(second, HC_OK, 3);
    answered(2, HC_OK, 3);
    assert_int_equal(answers[1].times, 0);
    node_answers(first, HC_OK, 3);
    answered(1, HC_OK, 3);
    node_answers(first, HC_OK, 3); /* no longer under way */
    answered(1, HC_OK, 3);
}

/* At the end a payment may be at the disk, behind another one, ready, or at the node. */
static void all_are_answered_at_the_end(void **unused)
{
    (void)unused;
    pay(1, "", 5);
    uint64_t handle = next_for_the_node();
    pay(2, "k", 5);
    pay(3, "k", 5);
    pay(4, "", 5);
    payments_stop(&payments);
    for (uint64_t ticket = 1; ticket <= 4; ticket++) {
        answered(ticket, HC_LEAVING, 0);
    }
    node_answers(handle, HC_OK, 3);
    no_more_for_the_node();
    answered(1, HC_LEAVING, 0);
    answered(2, HC_LEAVING, 0);
}

/* A store may fail after some payments were read; that is told, and no half of a history. */
static void a_history_that_fails_is_an_answer(void **unused)
{
    (void)unused;
    struct disk_question *question = calloc(1, sizeof *question + sizeof *question->payments);
    assert_non_null(question);
    question->count = 1;
    question->code = fault_set(&question->fault, HC_STORE_FAILED, "damaged");
    char *line = history_line(question, NULL);
    assert_non_null(line);
    assert_string_equal(line, "{\"ok\":false,\"error\":\"store_failed\",\"message\":\"damaged\"}\n");
    free(line);
    free(question);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_made_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_key_is_free, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_key_each_is_a_payment, setup, teardown),
        cmocka_unit_test_setup_teardown(all_are_answered_at_the_end, setup, teardown),
        cmocka_unit_test(a_history_that_fails_is_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
