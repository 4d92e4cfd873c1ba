/* The daemon's own bounds, beside those of the protocol in howcoin/limits.h: unit, reason, what happens at it. */
#ifndef HOWCOIN_DAEMON_LIMITS_H
#define HOWCOIN_DAEMON_LIMITS_H

#include <assert.h>

#include "core/common/limits.h"

/* ---- Connections that others open (session.h) ---- */

/* Connections at once. When all are taken, the one that has gone longest without a complete request gives way to
 * the new one, strangers before known ones, so that idle connections cannot shut others out. */
#define SESSIONS_MAX 256u
/* Of these, kept for known addresses: a stranger never takes one of them, so that no number of strangers shuts out the
 * peers of this node. 64 are the peers of a few rounds at once. */
#define SESSIONS_KNOWN 64u
/* Known addresses: those at which a peer has proved its identity. One more takes the place of the oldest, which is
 * known again when it next answers. */
#define KNOWN_MAX 1024u
/* A connection younger than this does not give way: the new one is told `busy` instead. In a burst an honest peer's
 * request must have time to be read; and `busy` with its proof is an answer, for which no peer is dropped. */
#define SESSION_GRACE_MS 250u
/* Of these, from one address other than loopback. One more is answered with `busy`. */
#define SESSIONS_PER_ADDRESS_MAX 32u
/* Connections beyond the limits that are still being told `busy`. For one more the oldest is closed, a stranger's
 * first: it had the most time to read it. */
#define SESSIONS_TURNED_AWAY_MAX 256u
/* Milliseconds in which such a connection shows the head of its request, to which `busy` is then proved. It comes
 * with the first bytes of an honest peer; after this time `busy` goes out without a proof. */
#define SESSION_HEAD_MS 500u
/* Milliseconds from connecting to the first byte, and from a request's first byte to its end. Then `timeout`. */
#define SESSION_FIRST_BYTE_MS 5000u
#define SESSION_REQUEST_MS 5000u
/* Milliseconds that a connection may rest after a reply. Then it is closed. */
#define SESSION_IDLE_MS 60000u
/* Milliseconds for a reply to reach its peer's system. Then the connection is closed. */
#define SESSION_REPLY_MS 5000u
/* Milliseconds after which it is looked again whether it has, while the peer's next request waits for that. */
#define SESSION_HOLD_MS 20u
/* After an error the rest of what a peer is still sending is read and thrown away, so that it receives the error
 * and not a reset: for this long, and this many bytes (a few of the largest frames). Then the connection is closed. */
#define SESSION_DISCARD_MS 2000u
#define SESSION_DISCARD_BYTES_MAX (64u << 20)
/* Bytes of memory for requests that are coming in, over all connections. A request that would need more is
 * answered with `busy`. */
#define SESSIONS_BUFFER_BYTES_MAX (64u << 20)
/* Bytes of replies that were not yet read, over all connections. A reply beyond it becomes `busy`. */
#define SESSIONS_REPLY_BYTES_MAX (64u << 20)
/* Connections that the kernel holds until they are accepted. Beyond that, TCP tries again by itself. */
#define LISTEN_BACKLOG 512

/* ---- Connections that this node opens (exchange.h) ---- */

/* Bytes of memory for replies that are coming in, over all exchanges. At it, exchanges with something to read wait
 * until others are done, or until the node's time-out ends them. */
#define EXCHANGES_BUFFER_BYTES_MAX (64u << 20)

/* Look-ups of host names at once, including those that nothing waits for any more. One more ends the oldest of these;
 * each exchange, and each link that is being opened, waits for at most one. */
#define LOOKUPS_MAX (HC_EXCHANGES_MAX + LINKS_OURS_MAX)
/* Milliseconds for the answer to the first query for a name; the second one gets twice as much. Then, and at the latest
 * after LOOKUP_MS (with many name servers, or search domains), the name counts as not resolved. That is a bit less than
 * the longest two tries of an exchange, so that a peer is dropped for the right reason. */
#define LOOKUP_QUERY_MS 600
#define LOOKUP_QUERIES 2
#define LOOKUP_MS 1900u
/* Addresses of a name that are tried. The rest are left out. */
#define LOOKUP_ADDRESSES_MAX 8u

/* ---- Connections that are kept, in either direction (kept.h) ---- */

/* Links at once: those that the node lets live, and as many again that end, or were only just opened. For one more the
 * one that has been ending for longest is cut off; if none is, the new one is not taken in. */
#define LINKS_MAX (2 * (LINKS_THEIRS_MAX + LINKS_OURS_MAX))
/* Bytes that were read from a link and wait for the node. At it the link is not read until half of them are taken, or all
 * whole lines. */
#define LINK_AHEAD_BYTES_MAX (256u << 10)
/* Bytes that wait to be written on a link. With more it ends. */
#define LINK_QUEUE_BYTES_MAX (1u << 20)
/* What a link may bring on average, a second, and how many seconds of that at once. Beyond it the link is not read until it
 * is within its share again; TCP tells the other side to wait. */
#define LINK_SHARE_BYTES 256000u
#define LINK_SHARE_MESSAGES 200u
#define LINK_SHARE_S 10u
/* Milliseconds from dialling, or looking its address up, to the connection. Then the link ends. The longest look-up and
 * a time-out of an exchange fit. Times the node's patience. */
#define LINK_DIAL_MS 3000u
/* Milliseconds after which the kernel gives up a link on which bytes are not acknowledged (K8). Times the node's
 * patience. */
#define LINK_UNACKNOWLEDGED_MS 1000u
/* Milliseconds for the last words on a link, and for the other side to close. Then it is cut off. */
#define LINK_LAST_WORDS_MS 500u
/* Milliseconds after which links that are dialled, slowed down or ending are looked at, while there are any. */
#define LINKS_TICK_MS 50u

/* ---- The control socket (control.h) ---- */

/* Connections at once. When all are taken, the one that has rested longest gives way. */
#define CONTROLS_MAX 64u
/* Bytes of a request line. A longer one is answered with `bad_request`, and the connection closed. */
#define CONTROL_LINE_BYTES_MAX (64u << 10)
/* Bytes of requests that wait while one is being answered. With more, the connection is closed. */
#define CONTROL_AHEAD_BYTES_MAX (128u << 10)
/* Bytes of events that a watcher has not read yet. With more, it is cut off. */
#define CONTROL_WATCH_BYTES_MAX (1u << 20)
/* Milliseconds that a `wait` may take, and takes if it does not say. A longer one is a bad request. */
#define CONTROL_WAIT_MS_MAX 604800000u
#define CONTROL_WAIT_MS_DEFAULT 30000u

/* Milliseconds after which other nodes are asked again for what a client waits for: at first, since news is on its way, and
 * at the most; between them twice as long each time. Those that have said it are not asked again. */
#define SURVEY_FIRST_MS 10
#define SURVEY_MS 100

/* ---- The store (store.h, disk.h) and payments (payments.h) ---- */

/* Bytes of a payment's key and of its memo. Longer ones are a bad request. */
#define PAYMENT_KEY_BYTES_MAX 64u
#define PAYMENT_MEMO_BYTES_MAX 200u
/* Requests of one control connection that are under way. At the limit no more of its lines are read. */
#define PAYMENTS_AHEAD_MAX 1024u
/* Payments in one answer to `history`. More are a bad request: ask again, from the last one on. */
#define HISTORY_MOST 1000u
/* Others' rows are written this long after the first of them changed, so that the many changes of a round cost one
 * write; or with an own row that is written anyway, if the last time was so long ago (S3). */
#define DISK_ROWS_MS 5000u
#define DISK_ROWS_ALONG_MS 1000u

/* Bytes of a line above which it is decoded on a thread (decoder.h). Below it takes a few milliseconds. */
#define DECODE_HERE_BYTES_MAX (256u << 10)

/* ---- The end ---- */

/* Milliseconds for the goodbye after the first signal (the node itself takes two time-outs of an exchange). */
#define GOODBYE_MS_MAX 4000u
/* Milliseconds for replies and answers under way, once the node has stopped. What is left is cut off. */
#define SHUTDOWN_MS_MAX 500u
/* Milliseconds for what is queued on standard output. What is left is lost. */
#define OUTPUT_FLUSH_MS_MAX 200u

/* ---- Other ---- */

/* Bytes of one read. The buffer is shared by all connections, so that an idle one has none. */
#define READ_BYTES (64u << 10)
/* Bytes of a state directory's path, and of a file's in it. Longer ones are refused. */
#define STATE_PATH_BYTES 1024u
/* Descriptors that all of the above may take together. The soft limit is raised to it where that is allowed. */
#define DESCRIPTORS_WANTED 1280u

static_assert(SESSIONS_KNOWN < SESSIONS_MAX, "strangers find places, too");
static_assert(SESSIONS_BUFFER_BYTES_MAX >= 4 * HC_FRAME_BYTES_MAX, "a few of the largest requests fit at once");
static_assert(EXCHANGES_BUFFER_BYTES_MAX >= 4 * HC_FRAME_BYTES_MAX, "a few of the largest replies fit at once");
static_assert(SESSIONS_REPLY_BYTES_MAX >= 4 * HC_FRAME_BYTES_MAX, "a few of the largest replies fit at once");
static_assert(SESSION_DISCARD_BYTES_MAX >= 4 * HC_FRAME_BYTES_MAX, "a frame that is too large is read to its end");
static_assert(GOODBYE_MS_MAX > 2 * EXCHANGE_TIMEOUT_MS_MAX, "the node ends its goodbye before it is cut off");
static_assert(LOOKUP_MS > 3 * LOOKUP_QUERY_MS && LOOKUP_MS < 2 * EXCHANGE_TIMEOUT_MS_MAX, "see LOOKUP_QUERY_MS");
static_assert(LINK_QUEUE_BYTES_MAX >= 2 * HC_LINK_LINE_BYTES_MAX, "a few of the largest messages can wait");
static_assert(LINK_DIAL_MS > LOOKUP_MS + EXCHANGE_TIMEOUT_MS_MAX, "see LINK_DIAL_MS");
static_assert(LINK_LAST_WORDS_MS <= SHUTDOWN_MS_MAX, "a goodbye on a link has its time");
static_assert(SESSIONS_MAX + SESSIONS_TURNED_AWAY_MAX + HC_EXCHANGES_MAX + LINKS_MAX + 2 * LOOKUPS_MAX + CONTROLS_MAX +
                      32 <=
                  DESCRIPTORS_WANTED,
              "every connection that may be open has a descriptor, and two sockets every look-up");

#endif
