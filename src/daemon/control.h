/* The control socket: how people and scripts on this machine talk to a running node (V4).
 *
 * A Unix socket, mode 0600, in the node's directory. One JSON object a line each way. docs/CONTROL.md has the
 * requests and answers, control_commands.c the table of commands. What is not understood is answered with
 * `bad_request`.
 */
#ifndef HOWCOIN_DAEMON_CONTROL_H
#define HOWCOIN_DAEMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/disk.h"
#include "daemon/facts.h"
#include "daemon/inbox.h"
#include "daemon/kept.h"
#include "daemon/payments.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

struct control_client;

struct control {
    uv_loop_t *loop; /* borrowed, like the six below */
    struct inbox *inbox;
    struct disk *disk;
    struct payments *payments;
    const struct kept *kept;
    const struct hc_node *node;
    const struct runtime_facts *facts;
    uv_pipe_t server;
    struct control_client *list;
    size_t count;
    size_t waiting, watching; /* of these */
    uint64_t last_ticket;     /* of a request that is answered later (answers.h) */
    bool answered;            /* some of them; control_flush is due */
    bool stopping;
};

/* Readies the struct and its socket, which is closed with control_stop whatever follows. */
void control_init(struct control *control, uv_loop_t *loop, struct inbox *inbox, struct disk *disk,
                  struct payments *payments, const struct kept *kept);
/* Listens at `path`, in a directory whose lock is ours: a socket that is there already belongs to a dead process.
 * `node` and `facts` are borrowed until control_stop. */
enum hc_code control_listen(struct control *control, const char *path, const struct hc_node *node,
                            const struct runtime_facts *facts, struct hc_fault *fault) HC_MUST_USE;

/* Tells the watchers of an event. */
void control_notice(struct control *control, const struct hc_notice *notice, int64_t now_ms);
/* After every step: answers the clients whose wait is over. */
void control_check(struct control *control);

/* Clients wait for what only other nodes can tell: that they hold this node's table, or have seen its row. True: it is time
 * to ask them, by this event, without its time; to be called until it is false. */
bool control_survey(struct control *control, struct hc_event *event, int64_t now_ms) HC_MUST_USE;
/* When to call it next, at the latest; INT64_MAX: nobody waits. */
int64_t control_deadline(const struct control *control);

/* What became of a payment; for payments_init, with the control as its owner. */
void control_paid(void *control, uint64_t ticket, const struct store_payment *what,
                  const struct payment_outcome *outcome);
/* The changes of tags that INBOX_TAG reported under this ticket; NULL if the client is gone. Valid until it is
 * answered. */
const struct hc_tags *control_tags(const struct control *control, uint64_t ticket);
/* What became of such changes; the answer's handle is the ticket. */
void control_tagged(struct control *control, const struct hc_answer *answer);
/* Writes the answers that became known. */
void control_flush(struct control *control);

/* The node has stopped, and so have its payments. Accepts no more clients, answers `leave` (`goodbye`: it was said)
 * and everything else that is under way, and closes each client once it has read what was written. The socket's name
 * is gone when this returns. */
void control_stop(struct control *control, bool goodbye);
/* Closes those that control_stop has left. */
void control_abort(struct control *control);
bool control_is_busy(const struct control *control);

#endif
