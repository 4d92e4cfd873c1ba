/* Payments under way: from the request until it is known what became of it.
 *
 * The runtime owns them. A payment is added under a ticket; one with a key is first looked for in the store, so that a
 * request that is repeated is answered as the first time, and pays nothing; then the node is asked. While a payment is
 * under way, others with its key wait for its end. Each is answered exactly once, by payments_answered.
 */
#ifndef HOWCOIN_DAEMON_PAYMENTS_H
#define HOWCOIN_DAEMON_PAYMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/disk.h"
#include "daemon/inbox.h"
#include "daemon/store.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

#define PAYMENTS_BUCKETS 512u

struct payment;

struct payment_outcome {
    enum hc_code code; /* HC_OK: it is durable, now or since a request before this one */
    uint64_t version;  /* HC_OK: of our row that has it */
    uint64_t left;     /* HC_NOT_ENOUGH: how many coins there are to spend */
};

/* Answers a ticket. Not called from within payments_add. */
typedef void payments_answered(void *owner, uint64_t ticket, const struct store_payment *what,
                               const struct payment_outcome *outcome);

struct payments {
    struct disk *disk;   /* borrowed */
    struct inbox *inbox; /* borrowed; woken when one is ready */
    payments_answered *answered;
    void *owner; /* of `answered` */
    uint64_t last_handle;
    struct payment *by_handle[PAYMENTS_BUCKETS];
    struct payment *by_key[PAYMENTS_BUCKETS]; /* those that others with their key wait for */
    struct payment *ready, **ready_end;       /* for the node */
};

void payments_init(struct payments *payments, struct disk *disk, struct inbox *inbox, payments_answered *answered,
                   void *owner);

/* Takes one in; `what` has payee, amount, key and memo. False if memory ran out: it will not be answered. */
bool payments_add(struct payments *payments, uint64_t ticket, const struct store_payment *what) HC_MUST_USE;
/* The event that asks the node for the next one; its payee is valid until the payment is answered. False: none is
 * ready. */
bool payments_next(struct payments *payments, struct hc_event *event) HC_MUST_USE;
/* What is to be stored of one that the node has accepted; NULL if it is not under way. */
const struct store_payment *payments_get(const struct payments *payments, uint64_t handle);
/* What became of one, as the node says (HC_EVENT_PAY). */
void payments_answer(struct payments *payments, const struct hc_answer *answer);

/* The node has stopped: all that are under way are answered HC_LEAVING, because it is not known whether they are
 * made. None may be added from here on. */
void payments_stop(struct payments *payments);

#endif
