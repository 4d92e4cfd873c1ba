/* The control socket: how people and scripts on this machine talk to a running node (V4).
 *
 * A Unix socket, mode 0600, in the node's directory. One JSON object a line each way; several requests may follow each
 * other on a connection.
 *
 *     {"command":"status"}     the status object (report_status)
 *     {"command":"wait","nodes":N,"agree":true,"timeout_ms":T}
 *                              {"ok":true} as soon as exactly N nodes are live, this one included, and (with "agree")
 *                              every one of them holds this node's table by what it told last. Exactly, so that
 *                              scripts can wait for nodes to go as well as to come. At the time-out
 *                              {"ok":false,"error":"timeout","message":"3 of 4 nodes are live; ..."}
 *                              "agree" may be absent (false), and "timeout_ms", too (CONTROL_WAIT_MS_DEFAULT)
 *     {"command":"watch"}      {"ok":true}, then one line an event (report_event) until the client closes; one who
 *                              lets more than CONTROL_WATCH_BYTES_MAX pile up is cut off
 *     {"command":"leave"}      {"ok":true} once the node has said goodbye
 *
 *     {"command":"pay","to":TO,"amount":N,"memo":TEXT,"key":KEY}
 *                              the payment once it is durable, or why it is not made; many may be sent at once, and
 *                              are answered in their order
 *     {"command":"payee","to":TO}
 *                              whom a payment to TO would go to
 *     {"command":"seen","version":V,"nodes":N,"timeout_ms":T}
 *                              {"ok":true} as soon as N other nodes are known to hold this node's row at version V
 *     {"command":"history","after":N,"most":M}
 *                              payments, either way, by number
 *     {"command":"tag","tags":{KEY:VALUE,...}}
 *                              the node's tags once the change is durable; an empty value takes its key away
 *     {"command":"id"}         who this is
 *
 * What is not understood gets {"ok":false,"error":"bad_request","message":"..."}.
 */
#ifndef HOWCOIN_DAEMON_CONTROL_H
#define HOWCOIN_DAEMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/disk.h"
#include "daemon/facts.h"
#include "daemon/inbox.h"
#include "daemon/payments.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

struct control_client;

struct control {
    uv_loop_t *loop; /* borrowed, like all three below */
    struct inbox *inbox;
    const struct hc_node *node;
    const struct runtime_facts *facts;
    uv_pipe_t server;
    struct control_client *list;
    size_t count;
    size_t waiting, watching; /* of these */
    uint64_t last_number;     /* of a client */
    struct payments payments; /* under way */
    bool answered;            /* some of them; control_flush is due */
    bool stopping;
};

/* Readies the struct and its socket, which is closed with control_stop whatever follows. */
void control_init(struct control *control, uv_loop_t *loop, struct inbox *inbox, struct disk *disk);
/* Listens at `path`, in a directory whose lock is ours: a socket that is there already is a dead one's. `node` and
 * `facts` are borrowed until control_stop. */
enum hc_code control_listen(struct control *control, const char *path, const struct hc_node *node,
                            const struct runtime_facts *facts, struct hc_fault *fault) HC_MUST_USE;

/* Tells the watchers of an event. */
void control_notice(struct control *control, const struct hc_notice *notice, int64_t now_ms);
/* Looks after every step whether somebody waits no longer. */
void control_check(struct control *control);

/* The changes of tags that the client of this number asked for; NULL if it is gone. Valid until it is answered. */
const struct hc_tags *control_tags(const struct control *control, uint64_t number);
/* What became of a payment or of such changes, and what the store said to a question; the answers go out with control_flush. */
void control_answer(struct control *control, const struct hc_answer *answer);
void control_found(struct control *control, struct disk_question *question);
void control_flush(struct control *control);

/* The node has stopped: takes nobody in any more, answers `leave` (`goodbye`: it was said) and `wait`, and closes
 * everybody once they have read what was written. The socket's name is gone when it returns. */
void control_stop(struct control *control, bool goodbye);
/* Closes those that control_stop has left. */
void control_abort(struct control *control);
bool control_is_busy(const struct control *control);

#endif
