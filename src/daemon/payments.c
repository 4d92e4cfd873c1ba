#include "daemon/payments.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"

static size_t key_bucket(const char *key)
{
    /* FNV-1a; keys are the owner's own, nobody else chooses them. */
    uint32_t hash = 2166136261u;
    for (; *key != '\0'; key++) {
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    }
    return hash % PAYMENTS_BUCKETS;
}

void payments_init(struct payments *payments, struct disk *disk)
{
    memset(payments, 0, sizeof *payments);
    payments->disk = disk;
    payments->next_handle = 1;
    payments->ready_end = &payments->ready;
}

static void make_ready(struct payments *payments, struct payment *payment)
{
    payment->next_ready = NULL;
    *payments->ready_end = payment;
    payments->ready_end = &payment->next_ready;
}

/* Where it goes first: to the node, behind the one with its key, or into the store. False if memory ran out. */
static bool begin(struct payments *payments, struct payment *payment)
{
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
    if (!disk_find(payments->disk, payment->handle, payment->what.key)) {
        return false;
    }
    payment->next_key = *bucket;
    *bucket = payment;
    return true;
}

struct payment *payments_add(struct payments *payments, struct control_client *client, const struct store_payment *what)
{
    struct payment *payment = calloc(1, sizeof *payment);
    if (!payment) {
        return NULL;
    }
    payment->handle = payments->next_handle++;
    payment->client = client;
    payment->what = *what;
    payment->what.at_ms = clock_day_ms();
    if (!begin(payments, payment)) {
        free(payment);
        return NULL;
    }
    struct payment **bucket = &payments->by_handle[payment->handle % PAYMENTS_BUCKETS];
    payment->next_handle = *bucket;
    *bucket = payment;
    return payment;
}

struct payment *payments_get(const struct payments *payments, uint64_t handle)
{
    struct payment *payment = payments->by_handle[handle % PAYMENTS_BUCKETS];
    while (payment && payment->handle != handle) {
        payment = payment->next_handle;
    }
    return payment;
}

struct payment *payments_next(struct payments *payments)
{
    struct payment *payment = payments->ready;
    if (payment) {
        payments->ready = payment->next_ready;
        if (!payments->ready) {
            payments->ready_end = &payments->ready;
        }
    }
    return payment;
}

bool payments_found(struct payments *payments, struct payment *payment, const struct disk_question *question,
                    enum hc_code *code, uint64_t *version)
{
    const struct store_payment *before = question->payments;
    *version = 0;
    *code = question->code;
    if (question->code != HC_OK) {
        return true;
    }
    if (before->number == 0) {
        make_ready(payments, payment);
        return false;
    }
    bool same = !before->received && before->amount == payment->what.amount &&
                memcmp(before->other, payment->what.other, HC_ID_BYTES) == 0;
    *code = same ? HC_OK : HC_KEY_REUSED;
    *version = before->version;
    return true;
}

void payments_done(struct payments *payments, struct payment *payment)
{
    struct payment **link = &payments->by_handle[payment->handle % PAYMENTS_BUCKETS];
    while (*link && *link != payment) {
        link = &(*link)->next_handle;
    }
    if (*link) {
        *link = payment->next_handle;
    }
    link = &payments->by_key[key_bucket(payment->what.key)];
    while (*link && *link != payment) {
        link = &(*link)->next_key;
    }
    if (*link) {
        *link = payment->next_key;
    }
    struct payment *waiting = payment->same_key;
    payment->same_key = NULL;
    while (waiting) {
        struct payment *next = waiting->same_key;
        waiting->same_key = NULL;
        if (!begin(payments, waiting)) {
            waiting->failed = HC_NO_MEMORY;
            make_ready(payments, waiting);
        }
        waiting = next;
    }
}

void payment_free(struct payment *payment)
{
    free(payment->answer);
    free(payment);
}

void payments_clear_all(struct payments *payments)
{
    for (size_t i = 0; i < PAYMENTS_BUCKETS; i++) {
        while (payments->by_handle[i]) {
            struct payment *next = payments->by_handle[i]->next_handle;
            payment_free(payments->by_handle[i]);
            payments->by_handle[i] = next;
        }
        payments->by_key[i] = NULL;
    }
    payments->ready = NULL;
    payments->ready_end = &payments->ready;
}
