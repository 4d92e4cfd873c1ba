/* What a node must not lose, on disk (S3, S4): the rows of all nodes, its own, and payments as they happened.
 *
 * One SQLite file, state.db in the state directory: write-ahead log, synchronous=FULL, the schema in docs/STORE.md.
 * Everything here waits for the disk and is called by one thread at a time; disk.h does that on a thread of its own.
 * An ephemeral node has one in memory, from its first payment on, for the keys of its payments and their history.
 */
#ifndef HOWCOIN_DAEMON_STORE_H
#define HOWCOIN_DAEMON_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/limits.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

#define STORE_FILE "state.db"

struct store;

/* A payment, either way. */
struct store_payment {
    uint64_t number; /* counts them, in the order in which they were stored; from 1 on */
    bool received;
    int64_t at_ms;                         /* time of day, since 1970 */
    uint8_t other[HC_ID_BYTES];            /* the node that was paid, or that paid us */
    uint64_t amount;                       /* received: all that came with one message */
    uint64_t version;                      /* of the payer's row that has it */
    char key[PAYMENT_KEY_BYTES_MAX + 1];   /* of the request; empty if it had none */
    char memo[PAYMENT_MEMO_BYTES_MAX + 1]; /* the payer's own note */
};

/* An owner as it is to be stored: all its rows, or none if it was forgotten. */
struct store_owner {
    uint8_t id[HC_ID_BYTES];
    struct hc_row *branches[BRANCHES_MAX]; /* references */
    size_t branch_count;
    bool live;
    int64_t gone_s; /* since when it is not; if it is, when this is written; time of day in seconds */
};

/* What is written together, or not at all. All borrowed. */
struct store_batch {
    const struct hc_row *own; /* NULL: as it is */
    const struct store_payment *payments;
    size_t payment_count;
    const struct store_owner *owners;
    size_t owner_count;
};

/* Opens or makes the file; `path` NULL: in memory. `key_is_new`: the node's key was made at this start.
 * HC_SYSTEM, HC_DAMAGED, HC_WRONG_NETWORK, HC_BAD_KEY (the store of another node), HC_WRONG_VERSION (of a later
 * program): the fault says what to do. */
enum hc_code store_open(struct store **store, const char *path, const uint8_t network[static HC_NETWORK_BYTES],
                        const uint8_t id[static HC_ID_BYTES], bool key_is_new, struct hc_fault *fault) HC_MUST_USE;
void store_close(struct store *store); /* NULL is fine */

/* The key has a past that this store knows nothing of (S4). */
bool store_is_lost(const struct store *store);

/* All rows, for hc_node_restore; our own is the first if there is one. `now_s`: the time of day. To be given back with
 * store_rows_free. HC_DAMAGED, HC_SYSTEM, HC_NO_MEMORY. */
enum hc_code store_load(struct store *store, struct hc_stored_row **rows, size_t *count, int64_t now_s,
                        struct hc_fault *fault) HC_MUST_USE;
void store_rows_free(struct hc_stored_row *rows, size_t count);

/* HC_STORE_FAILED: nothing of it is to be counted on, neither that it is there nor that it is not. */
enum hc_code store_write(struct store *store, const struct store_batch *batch, struct hc_fault *fault) HC_MUST_USE;

/* The payment with this key; payment->number is 0 if there is none. HC_STORE_FAILED. */
enum hc_code store_find(struct store *store, struct store_payment *payment, const char *key,
                        struct hc_fault *fault) HC_MUST_USE;
/* Payments by number: at most `most` after the number `after`, ascending. `payments` has room for them.
 * HC_STORE_FAILED. */
enum hc_code store_history(struct store *store, struct store_payment *payments, size_t *count, uint64_t after,
                           size_t most, struct hc_fault *fault) HC_MUST_USE;

#endif
