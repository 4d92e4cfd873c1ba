/* The store's work on a thread of its own (libuv's pool), so that a slow disk never holds up gossip: one job at a time,
 * and what comes meanwhile gathers for the next one. A job writes one transaction: our own new row with all payments
 * in it, and the rows of others if it is their time; then it looks up what was asked for.
 */
#ifndef HOWCOIN_DAEMON_DISK_H
#define HOWCOIN_DAEMON_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/inbox.h"
#include "daemon/store.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

enum disk_asked { DISK_FIND, DISK_HISTORY };

struct disk_question;

/* Told to the asker. The question is borrowed, and freed when this returns. */
typedef void disk_answered(void *owner, const struct disk_question *question);

/* A look into the store, and then what was found there. */
struct disk_question {
    struct disk_question *next;
    enum disk_asked asked;
    disk_answered *answered;
    void *owner;     /* of `answered` */
    uint64_t ticket; /* the asker's own number for it */
    char key[PAYMENT_KEY_BYTES_MAX + 1];
    uint64_t after;
    size_t most;
    enum hc_code code; /* HC_OK, HC_STORE_FAILED, HC_NO_MEMORY */
    struct hc_fault fault;
    size_t count;
    struct store_payment payments[]; /* `most` of them; 1 of a DISK_FIND, with number 0 if there is none */
};

struct disk_list {
    struct disk_question *first, **end;
};

struct disk_payments {
    struct store_payment *list; /* owned */
    size_t count, capacity;
};

struct disk {
    uv_loop_t *loop;
    struct inbox *inbox; /* woken when a job is done */
    struct store *store; /* owned; NULL: there is none */
    const struct hc_node *node;
    uv_work_t work;
    uv_timer_t timer; /* until others' rows are written */
    bool running;     /* a job is; it has the store, and what is below for itself */
    bool due;         /* others' rows are to be written */
    uint64_t rows_ms; /* when they were last, on the loop's clock */

    /* What gathers for the next job. */
    struct hc_row *own;
    struct disk_payments paid, received;
    uint8_t (*changed)[HC_ID_BYTES];
    size_t changed_count, changed_capacity;
    struct disk_list questions;

    /* The running job, and its end. */
    struct hc_row *job_own;
    struct disk_payments job_payments;
    struct store_owner *job_owners;
    size_t job_owner_count;
    struct disk_list job_questions;
    enum hc_code job_code;
    struct hc_fault job_fault;

    /* What is to be told. */
    bool committed; /* the own row is durable */
    bool failed;    /* once and for all; then nothing is written any more */
    bool failure_told;
    struct hc_fault fault; /* why */
    struct disk_list answered;
};

/* What became of the jobs, for the node. */
enum disk_news { DISK_NOTHING, DISK_COMMITTED, DISK_FAILED };

void disk_init(struct disk *disk, uv_loop_t *loop, struct inbox *inbox);
/* From here on there is a store, which is taken over. */
void disk_use(struct disk *disk, struct store *store);
/* Jobs look into this node, which is borrowed. No others' rows are written before. */
void disk_watch(struct disk *disk, const struct hc_node *node);

/* No write is to be counted on from here on, for a reason that is not the store's. */
void disk_fail(struct disk *disk, const char *words);

/* Takes note of what a step's effects want stored. `payments`: of the commit's, what is stored of each. */
void disk_commit(struct disk *disk, struct hc_row *own, const struct store_payment *payments, size_t count);
void disk_changed(struct disk *disk, const uint8_t (*ids)[HC_ID_BYTES], size_t count);
void disk_received(struct disk *disk, const struct hc_row *payer, uint64_t amount);

/* Asks. False if memory ran out: it will not be answered. Otherwise it is answered by disk_take, once, unless the
 * disk is closed before. Without a store nothing is found. */
bool disk_find(struct disk *disk, const char *key, disk_answered *answered, void *owner, uint64_t ticket) HC_MUST_USE;
bool disk_history(struct disk *disk, uint64_t after, size_t most, disk_answered *answered, void *owner,
                  uint64_t ticket) HC_MUST_USE;

/* To be asked until it is DISK_NOTHING, whenever the inbox was woken; then it answers the questions, too. DISK_FAILED:
 * disk->fault says why. */
enum disk_news disk_take(struct disk *disk) HC_MUST_USE;

/* Takes no more jobs; closes its timer. */
void disk_stop(struct disk *disk);
/* When the loop has ended: writes the others' rows, for the last time, and closes the store. */
void disk_close(struct disk *disk);

#endif
