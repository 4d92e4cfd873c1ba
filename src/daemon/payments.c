/* The good path: payments_add asks the disk for the key; on_found, or payments_add if there is no key, makes the
 * payment ready; the runtime takes it with payments_next, steps the node, stores it with the node's row
 * (payments_get), and brings the node's answer to payments_answer, which tells the owner of the ticket and frees the
 * payment.
 *
 * What fails: a key that is stored already: on_found answers from the store. A key that is under way: the payment
 * waits behind that one (`same_key`), and begins anew when that one is answered. No memory for that: it is answered
 * so. At the end payments_stop answers what is left; what the disk still finds then is ignored.
 */
#include "daemon/payments.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "daemon/clock.h"
#include "daemon/list.h"

struct payment {
    uint64_t handle; /* the node's and the disk's word for it */
    uint64_t ticket;
    struct store_payment what;   /* as it was asked for */
    struct payment *next_handle; /* in its bucket */
    struct payment *next_key;    /* in its bucket, if it is the one that others with its key wait for */
    struct payment *next_ready;  /* in the order in which they became ready */
    struct payment *same_key;    /* that wait for this one; their own are in the same list */
};

static size_t key_bucket(const char *key)
{
    /* FNV-1a; keys are chosen by the node's owner, not by an attacker. */
    uint32_t hash = 2166136261u;
    for (; *key != '\0'; key++) {
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    }
    return hash % PAYMENTS_BUCKETS;
}

void payments_init(struct payments *payments, struct disk *disk, struct inbox *inbox, payments_answered *answered,
                   void *owner)
{
    ASSERT(disk && inbox && answered);
    memset(payments, 0, sizeof *payments);
    payments->disk = disk;
    payments->inbox = inbox;
    payments->answered = answered;
    payments->owner = owner;
    payments->ready_end = &payments->ready;
}

static struct payment *find(const struct payments *payments, uint64_t handle)
{
    struct payment *payment = payments->by_handle[handle % PAYMENTS_BUCKETS];
    while (payment && payment->handle != handle) {
        payment = payment->next_handle;
    }
    return payment;
}

/* ---- on the way to the node ---- */

static void make_ready(struct payments *payments, struct payment *payment)
{
    ASSERT(!payment->next_ready && payments->ready_end != &payment->next_ready);
    *payments->ready_end = payment;
    payments->ready_end = &payment->next_ready;
    inbox_wake(payments->inbox);
}

static void on_found(void *owner, const struct disk_question *question);

/* Where it goes first: to the node, behind the one with its key, or into the store. False if memory ran out. */
static bool begin(struct payments *payments, struct payment *payment)
{
    ASSERT(!payment->same_key && !payment->next_key);
    if (payment->what.key[0] == '\0') {
        make_ready(payments, payment);
        return true;
    }
    struct payment **bucket = &payments->by_key[key_bucket(payment->what.key)];
    for (struct payment *other = *bucket; other; other = other->next_key) {
        if (strcmp(other->what.key, payment->what.key) == 0) {
            payment->same_key = other->same_key;
            other->same_key = payment;
            return true;
        }
    }
    if (!disk_find(payments->disk, payment->what.key, on_found, payments, payment->handle)) {
        return false;
    }
    payment->next_key = *bucket;
    *bucket = payment;
    return true;
}

bool payments_add(struct payments *payments, uint64_t ticket, const struct store_payment *what)
{
    ASSERT(what->amount > 0 && what->amount <= HC_NUMBER_MAX);
    struct payment *payment = calloc(1, sizeof *payment);
    if (!payment) {
        return false;
    }
    payment->handle = ++payments->last_handle;
    payment->ticket = ticket;
    payment->what = *what;
    payment->what.at_ms = clock_day_ms();
    if (!begin(payments, payment)) {
        free(payment);
        return false;
    }
    struct payment **bucket = &payments->by_handle[payment->handle % PAYMENTS_BUCKETS];
    payment->next_handle = *bucket;
    *bucket = payment;
    return true;
}

bool payments_next(struct payments *payments, struct hc_event *event)
{
    struct payment *payment = payments->ready;
    if (!payment) {
        return false;
    }
    payments->ready = payment->next_ready;
    payment->next_ready = NULL;
    if (!payments->ready) {
        payments->ready_end = &payments->ready;
    }
    event->kind = HC_EVENT_PAY;
    event->handle = payment->handle;
    event->payee = payment->what.other;
    event->amount = payment->what.amount;
    return true;
}

const struct store_payment *payments_get(const struct payments *payments, uint64_t handle)
{
    const struct payment *payment = find(payments, handle);
    return payment ? &payment->what : NULL;
}

/* ---- answered ---- */

static void remove_from_lists(struct payments *payments, const struct payment *payment)
{
    LIST_REMOVE(payments->by_handle[payment->handle % PAYMENTS_BUCKETS], payment, next_handle);
    struct payment **link = &payments->by_key[key_bucket(payment->what.key)];
    while (*link && *link != payment) {
        link = &(*link)->next_key;
    }
    if (*link) {
        *link = payment->next_key;
    }
}

/* Answers the ticket and frees the payment. Those that waited for it begin. */
static void finish(struct payments *payments, struct payment *payment, const struct payment_outcome *outcome)
{
    const struct payment_outcome no_memory = {.code = HC_NO_MEMORY};
    struct payment *waiting = payment->same_key;
    remove_from_lists(payments, payment);
    payments->answered(payments->owner, payment->ticket, &payment->what, outcome);
    free(payment);
    while (waiting) {
        struct payment *next = waiting->same_key;
        waiting->same_key = NULL;
        if (!begin(payments, waiting)) {
            finish(payments, waiting, &no_memory); /* none waits for this one */
        }
        waiting = next;
    }
}

/* The key was looked for. */
static void on_found(void *owner, const struct disk_question *question)
{
    struct payments *payments = owner;
    struct payment *payment = find(payments, question->ticket);
    const struct store_payment *before = question->payments;
    struct payment_outcome outcome = {.code = question->code};
    if (!payment) {
        return; /* answered by payments_stop */
    }
    if (question->code == HC_OK && before->number == 0) {
        make_ready(payments, payment);
        return;
    }
    if (question->code == HC_OK) {
        bool same =
            !before->received && before->amount == payment->what.amount && id_equal(before->other, payment->what.other);
        outcome.code = same ? HC_OK : HC_KEY_REUSED;
        outcome.version = before->version;
    }
    finish(payments, payment, &outcome);
}

void payments_answer(struct payments *payments, const struct hc_answer *answer)
{
    ASSERT(answer->kind == HC_EVENT_PAY);
    struct payment *payment = find(payments, answer->handle);
    if (payment) {
        const struct payment_outcome outcome = {.code = answer->code, .version = answer->version, .left = answer->left};
        finish(payments, payment, &outcome);
    }
}

void payments_stop(struct payments *payments)
{
    const struct payment_outcome leaving = {.code = HC_LEAVING};
    for (size_t i = 0; i < PAYMENTS_BUCKETS; i++) {
        while (payments->by_handle[i]) {
            struct payment *payment = payments->by_handle[i];
            payments->by_handle[i] = payment->next_handle;
            payments->answered(payments->owner, payment->ticket, &payment->what, &leaving);
            free(payment);
        }
        payments->by_key[i] = NULL;
    }
    payments->ready = NULL;
    payments->ready_end = &payments->ready;
}
