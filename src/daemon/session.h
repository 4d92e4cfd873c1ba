/* Sessions: the connections that other nodes open to this one, and the socket that they come in by (W1, W3).
 *
 * A session reads one line, waits for its answer, writes it, and reads on. A peer that stalls, floods or sends
 * garbage is told so with an error, and closed within bounded time; the bounds are in daemon/limits.h.
 *
 * A whole line is reported as INBOX_REQUEST with the session's id, which is never used again. The runtime then takes
 * the message with sessions_take, and answers with sessions_reply or sessions_unanswered. What is refused here is
 * reported as INBOX_REFUSED. A peer to which `busy` can be proved is reported as INBOX_BUSY: the runtime takes the
 * head of its request with sessions_head, and answers with sessions_reply. A connection on which a link begins is given
 * away with sessions_give.
 */
#ifndef HOWCOIN_DAEMON_SESSION_H
#define HOWCOIN_DAEMON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/address.h"
#include "daemon/decoder.h"
#include "daemon/frame.h"
#include "daemon/inbox.h"
#include "daemon/known.h"
#include "howcoin/error.h"
#include "howcoin/wire.h"

/* Room for the text of an address without its port: an IPv6 one, or IPv4 within it. */
#define SESSION_HOST_CHARS (STRANGER_BYTES_MAX + 1)

struct session;

struct sessions {
    uv_loop_t *loop;         /* borrowed */
    struct inbox *inbox;     /* borrowed */
    struct decoder *decoder; /* borrowed */
    const uint8_t *network;  /* borrowed; HC_NETWORK_BYTES */
    uv_tcp_t server;
    uv_tcp_t spare; /* takes in, and closes, a connection that there is no memory for */
    bool spare_busy, starved;
    bool stopping;
    struct session *list;
    struct known known;
    size_t count;        /* within SESSIONS_MAX */
    size_t strangers;    /* of them, not from a known address */
    size_t turned_away;  /* beyond it, being told so */
    size_t buffer_bytes; /* memory of all frames */
    size_t reply_bytes;  /* replies that were not read yet */
    uint64_t last_id;
};

/* Readies the struct and its socket, which is closed with sessions_stop whatever follows. */
void sessions_init(struct sessions *sessions, uv_loop_t *loop, struct inbox *inbox, struct decoder *decoder,
                   const uint8_t network[static HC_NETWORK_BYTES]);
/* Binds and listens; connections are taken in from here on. *port is the one it got. The faults are for people. */
enum hc_code sessions_listen(struct sessions *sessions, uint16_t *port, const union address *address,
                             struct hc_fault *fault) HC_MUST_USE;

/* Where the session that holds a line comes from; empty if it is gone. */
void sessions_host(const struct sessions *sessions, char host[static SESSION_HOST_CHARS], uint64_t id);
enum session_taken {
    SESSION_ASKS, /* the message is a request or a hello, and the caller's, which must answer or take the connection */
    SESSION_REFUSES, /* the sender was told already; the fault says what to count */
    SESSION_DECODES, /* the line is long; INBOX_REQUEST comes once more */
    SESSION_GONE,
};
/* Decodes the line that the session holds. */
enum session_taken sessions_take(struct sessions *sessions, struct hc_message *message, struct hc_fault *fault,
                                 uint64_t id) HC_MUST_USE;
/* The head of the request to which the session wants to say `busy`. False: the session is gone. */
bool sessions_head(const struct sessions *sessions, struct hc_message *head, uint64_t id) HC_MUST_USE;
/* Answers what was taken; after an error the session closes. A session that is gone is fine. */
void sessions_reply(struct sessions *sessions, uint64_t id, const struct hc_message *message);
/* Gives the connection of a session that was taken from to the caller, who owns the descriptor, and *rest: what came
 * behind the line. The session is gone then. -1: it stays, and *rest is not set. */
int sessions_give(struct sessions *sessions, struct frame *rest, uint64_t id) HC_MUST_USE;
/* Closes a session that was taken from and has not been answered; any other stays. */
void sessions_unanswered(struct sessions *sessions, uint64_t id);

/* A peer has proved its identity at this address. */
void sessions_know(struct sessions *sessions, const union address *address);

/* Accepts no more connections; closes every session, those that are being answered after their answer. */
void sessions_stop(struct sessions *sessions);
/* Closes what sessions_stop has left. */
void sessions_abort(struct sessions *sessions);
/* Whether sessions_stop has left something. */
bool sessions_are_busy(const struct sessions *sessions);

#endif
