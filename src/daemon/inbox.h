/* What happened, until the node is told of it: a queue between libuv's callbacks and hc_node_step.
 *
 * Callbacks only push. The runtime takes items out at one place, after the loop has polled, so that a step is never
 * entered while another one's effects are being applied, and whatever fails while they are is told afterwards.
 */
#ifndef HOWCOIN_DAEMON_INBOX_H
#define HOWCOIN_DAEMON_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "howcoin/error.h"

enum inbox_kind {
    INBOX_REQUEST, /* the session `handle` has a whole line */
    INBOX_BUSY,    /* the session `handle` is to be answered with `busy`: `fault` */
    INBOX_REPLY,   /* the exchange `handle` has a whole line */
    INBOX_FAILURE, /* the exchange `handle` failed: `fault` */
    INBOX_LINK,    /* the link `handle` has a line, or has ended */
    INBOX_LOST,    /* the link `handle` could not be opened: `fault` */
    INBOX_REFUSED, /* something from outside was refused: `fault` */
    INBOX_TAG,     /* the control client `handle` asks for other tags */
    INBOX_LEAVE,   /* the node is asked to leave */
};

/* Lines wait where they were read, and are decoded when their turn comes: one decoded message at a time. */
struct inbox_item {
    enum inbox_kind kind;
    uint64_t handle;
    struct hc_fault fault;
};

struct inbox {
    struct inbox_item *items; /* a ring; owned */
    size_t first, count, capacity;
    uv_idle_t idle; /* active while items wait: the loop then polls without waiting */
};

void inbox_init(struct inbox *inbox, uv_loop_t *loop);
/* Closes the handle; the memory of the inbox itself must outlive the loop. Pushes after it are lost. */
void inbox_close(struct inbox *inbox);

/* False if memory ran out: the caller closes what the item was about. `fault` may be NULL. */
bool inbox_push(struct inbox *inbox, enum inbox_kind kind, uint64_t handle, const struct hc_fault *fault) HC_MUST_USE;
/* False if it is empty. */
bool inbox_take(struct inbox *inbox, struct inbox_item *item);
/* Makes the loop come round without waiting, though nothing is in here. */
void inbox_wake(struct inbox *inbox);
/* Lets the loop wait again if the inbox is empty. */
void inbox_settle(struct inbox *inbox);

#endif
