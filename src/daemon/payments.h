/* Payments under way: from the request on the control socket until its answer is known.
 *
 * One with a key is first looked for in the store: a request that is repeated is answered as the first time, and pays
 * nothing. While a payment is under way, others with its key wait for its end.
 */
#ifndef HOWCOIN_DAEMON_PAYMENTS_H
#define HOWCOIN_DAEMON_PAYMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/disk.h"
#include "daemon/store.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

struct control_client;

#define PAYMENTS_BUCKETS 512u

struct payment {
    uint64_t handle;
    struct control_client *client; /* NULL: it is gone; the payment goes on */
    struct payment *next;          /* of its client's, in the order of the requests */
    struct store_payment what;     /* as it was asked for */
    char *answer;                  /* the line, once it is known; owned */
    enum hc_code failed;           /* HC_NO_MEMORY: it is not to be made, and to be answered so */
    /* For payments.c */
    struct payment *next_handle, *next_key, *next_ready, *same_key;
};

struct payments {
    struct disk *disk;
    uint64_t next_handle;
    struct payment *by_handle[PAYMENTS_BUCKETS];
    struct payment *by_key[PAYMENTS_BUCKETS]; /* those that others with their key wait for */
    struct payment *ready, **ready_end;       /* for the node */
};

void payments_init(struct payments *payments, struct disk *disk);

/* Takes one in; `what` has payee, amount, key and memo. NULL if memory ran out. When it is answered it is the
 * client's to free (payment_free), or freed at once if there is none any more. */
struct payment *payments_add(struct payments *payments, struct control_client *client,
                             const struct store_payment *what);
/* NULL: there is none. */
struct payment *payments_get(const struct payments *payments, uint64_t handle);
/* The next one that the node is to be asked for; NULL if there is none. */
struct payment *payments_next(struct payments *payments);

/* The store was looked into; true: it is answered now, with *code and *version. */
bool payments_found(struct payments *payments, struct payment *payment, const struct disk_question *question,
                    enum hc_code *code, uint64_t *version);
/* It is answered: nothing here knows of it any more. Those that waited for it are looked up now. */
void payments_done(struct payments *payments, struct payment *payment);
void payment_free(struct payment *payment);
/* At the end: all that are left. */
void payments_clear_all(struct payments *payments);

#endif
