/* The good path: on_connection takes a connection in, and its timer runs for the first byte. on_read collects bytes
 * until a line is whole; reading stops, and the session WAITS in the inbox. The runtime takes the message, the node
 * answers it, and the reply is WRITTEN; on_written reads on, or finds the next line already there.
 *
 * What fails:
 * - no line in time, a line above the limit, one that does not decode, the end of the stream inside a line, no memory
 *   for it: refuse() writes an error and throws away what still comes (REFUSED) until the peer has closed, or its
 *   time or bytes are over. Closing at once would reset the connection, and the error would be lost on its way.
 * - a reply that is not read: its timer closes the session. While some of it has not reached the peer, the peer's
 *   next line HOLDS: it cannot fill the kernel's buffers with replies.
 * - a peer that closes or resets: the session is closed, and nothing is told.
 * - too many connections: session_finds_place decides. A peer that finds none is TURNED_AWAY: its first bytes are
 *   searched for the head of its request, and then it is told `busy`.
 * - `busy` to a peer whose request's head is known: the session PLEADS in the inbox, until the node has given the
 *   proof (P9) that goes with it; then it is REFUSED, as above.
 *
 * A session is two handles, its socket and its timer. session_close takes it out of the list at once, so that it
 * counts no more, and closes both; the second close callback frees it. A write that is under way then ends, with its
 * callback, before the socket's close callback, and gives its line back itself.
 */
#include "daemon/session.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "daemon/chunk.h"
#include "daemon/limits.h"
#include "daemon/list.h"

enum session_stage {
    SESSION_READS,       /* its line is coming in */
    SESSION_HOLDS,       /* its line is whole, but the reply before has not reached the peer */
    SESSION_WAITS,       /* its line is whole and was not answered yet */
    SESSION_WRITES,      /* its reply goes out */
    SESSION_TURNED_AWAY, /* it found no place; its first bytes are coming in */
    SESSION_PLEADS,      /* waits for the proof that goes with `busy` */
    SESSION_REFUSED,     /* an error goes out; what comes in is thrown away */
    SESSION_CLOSED,
};

static_assert(SESSION_HOST_CHARS >= INET6_ADDRSTRLEN, "peer_name writes there");

struct session {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct sessions *all;
    struct session *next;
    uint64_t id;
    enum session_stage stage;
    bool begun;   /* the first byte of the line that is coming in is here */
    bool greeted; /* a whole request came on it before */
    bool ended;   /* the peer will send no more */
    bool loopback;
    bool known;       /* from a known address */
    bool turned_away; /* beyond the limits: counted apart */
    bool crowd;       /* turned away because there are too many from its address */
    bool asked;       /* `from` and `nonce` are those of its request */
    uint8_t from[HC_ID_BYTES], nonce[HC_NONCE_BYTES];
    unsigned open_handles;
    uint8_t peer[IP_BYTES];
    uint64_t whole_ms; /* when its last request was complete; at first, when it was taken in */
    struct frame frame;
    uint64_t replied_ms; /* when its last reply was given to the kernel; 0: never */
    const char *line;    /* the line that HOLDS or WAITS; in the frame; NULL: `decoding` has it */
    size_t line_bytes;
    struct decoding *decoding; /* of a long line */
    char *reply;               /* the line that goes out; memory_free */
    size_t reply_bytes;
    size_t discarded_bytes; /* thrown away since it was refused */
};

static void on_connection(uv_stream_t *server, int status);
static void session_advance(struct session *session, bool was_there);

static void peer_name(char out[static INET6_ADDRSTRLEN], const struct session *session)
{
    bool mapped = ip_is_v4(session->peer);
    const void *bytes = mapped ? session->peer + 12 : session->peer;
    if (uv_inet_ntop(mapped ? AF_INET : AF_INET6, bytes, out, INET6_ADDRSTRLEN) != 0) {
        (void)snprintf(out, INET6_ADDRSTRLEN, "?");
    }
}

/* ---- closing ---- */

static void on_session_closed(uv_handle_t *handle)
{
    struct session *session = handle->data;
    ASSERT(session->stage == SESSION_CLOSED && session->open_handles > 0);
    if (--session->open_handles == 0) {
        free(session);
    }
}

static void frame_drop(struct session *session)
{
    ASSERT(session->all->buffer_bytes >= session->frame.capacity);
    session->all->buffer_bytes -= session->frame.capacity;
    frame_clear(&session->frame);
    decoding_abandon(session->decoding);
    session->decoding = NULL;
    session->line = NULL;
}

static void session_give_place_up(const struct session *session)
{
    ASSERT(!session->turned_away && session->all->count > 0);
    session->all->count--;
    session->all->strangers -= !session->known;
    ASSERT(session->all->strangers <= session->all->count);
}

static void session_close(struct session *session)
{
    struct sessions *all = session->all;
    if (session->stage == SESSION_CLOSED) {
        return;
    }
    session->stage = SESSION_CLOSED;
    LIST_REMOVE(all->list, session, next);
    if (session->turned_away) {
        all->turned_away--;
    } else {
        session_give_place_up(session);
    }
    frame_drop(session);
    uv_close((uv_handle_t *)&session->tcp, on_session_closed);
    uv_close((uv_handle_t *)&session->timer, on_session_closed);
}

/* ---- writing ---- */

static void on_timer(uv_timer_t *timer);

static void timer_set(struct session *session, uint64_t timeout_ms)
{
    uv_timer_start(&session->timer, on_timer, timeout_ms, 0);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    struct session *session = request->data;
    if (session->stage == SESSION_REFUSED && (status != 0 || session->ended)) {
        session_close(session);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct session *session = request->data;
    ASSERT(session->reply && session->all->reply_bytes >= session->reply_bytes);
    session->all->reply_bytes -= session->reply_bytes;
    memory_free(session->reply);
    session->reply = NULL;
    session->reply_bytes = 0;
    if (session->stage == SESSION_CLOSED) {
        return;
    }
    if (status != 0 || (session->all->stopping && session->stage == SESSION_WRITES)) {
        session_close(session);
        return;
    }
    if (session->stage == SESSION_REFUSED) {
        session->shutdown.data = session;
        if (uv_shutdown(&session->shutdown, (uv_stream_t *)&session->tcp, on_shutdown) != 0) {
            session_close(session);
        }
        return;
    }
    session->stage = SESSION_READS;
    session->replied_ms = uv_now(session->all->loop);
    session_advance(session, true);
}

/* Encodes and writes. False: nothing was written. */
static bool session_write(struct session *session, const struct hc_message *message)
{
    ASSERT(!session->reply);
    if (hc_wire_encode(&session->reply, &session->reply_bytes, message) != HC_OK) {
        return false;
    }
    session->all->reply_bytes += session->reply_bytes;
    uv_buf_t buffer = uv_buf_init(session->reply, (unsigned)session->reply_bytes);
    session->write.data = session;
    if (uv_write(&session->write, (uv_stream_t *)&session->tcp, &buffer, 1, on_written) == 0) {
        return true;
    }
    session->all->reply_bytes -= session->reply_bytes;
    memory_free(session->reply);
    session->reply = NULL;
    session->reply_bytes = 0;
    return false;
}

/* ---- refusing ---- */

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

static void read_on(struct session *session)
{
    int status = uv_read_start((uv_stream_t *)&session->tcp, chunk_alloc, on_read);
    if (status != 0 && status != UV_EALREADY) {
        session_close(session);
    }
}

static void session_refuse_with(struct session *session, const struct hc_message *message)
{
    frame_drop(session);
    session->stage = SESSION_REFUSED;
    timer_set(session, SESSION_DISCARD_MS);
    if (!session_write(session, message)) {
        session_close(session);
        return;
    }
    if (!session->ended) {
        read_on(session);
    }
}

/* Looks for the head of the request whose first bytes these are. */
static void session_glance(struct session *session, const char *bytes, size_t count)
{
    struct hc_message head;
    session->asked = hc_wire_decode_head(&head, bytes, count, session->all->network) == HC_OK;
    id_copy(session->from, head.from);
    memcpy(session->nonce, head.nonce, HC_NONCE_BYTES);
}

/* Answers with an error, and sees to it that the error arrives. With `busy` goes a proof, if the head of the request
 * is known. */
static void session_refuse(struct session *session, const struct hc_fault *fault)
{
    struct hc_message message;
    if (fault->code == HC_BUSY && session->asked && inbox_push(session->all->inbox, INBOX_BUSY, session->id, fault)) {
        uv_read_stop((uv_stream_t *)&session->tcp);
        frame_drop(session);
        session->stage = SESSION_PLEADS;
        timer_set(session, SESSION_DISCARD_MS);
        return;
    }
    memset(&message, 0, sizeof message);
    message.type = HC_MESSAGE_ERROR;
    memcpy(message.network, session->all->network, HC_NETWORK_BYTES);
    message.error = *fault;
    session_refuse_with(session, &message);
}

/* The fault as it is counted, with the peer's address. */
static void fault_name_peer(struct hc_fault *out, const struct session *session, const struct hc_fault *fault)
{
    char peer[INET6_ADDRSTRLEN];
    peer_name(peer, session);
    fault_set(out, fault->code, "%s: %s", peer, fault->text);
}

static void session_refuse_and_tell(struct session *session, const struct hc_fault *fault)
{
    struct hc_fault told;
    fault_name_peer(&told, session, fault);
    /* Without memory for it a refusal goes uncounted. */
    bool counted = inbox_push(session->all->inbox, INBOX_REFUSED, 0, &told);
    (void)counted;
    session_refuse(session, fault);
}

/* Whether some of its last reply has not reached the peer. A write ends when the kernel has the bytes, and the
 * kernel takes megabytes for a peer that never reads. */
static bool session_is_unread(const struct session *session)
{
    uv_os_fd_t fd;
    int bytes = 0;
    return session->replied_ms > 0 && uv_fileno((const uv_handle_t *)&session->tcp, &fd) == 0 &&
           ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

/* Hands the whole line to the runtime, once the reply before it was read. */
static void session_submit(struct session *session)
{
    ASSERT(session->stage == SESSION_HOLDS && session->line);
    if (!session_is_unread(session)) {
        session->stage = SESSION_WAITS;
        uv_timer_stop(&session->timer);
        if (!inbox_push(session->all->inbox, INBOX_REQUEST, session->id, NULL)) {
            session_close(session);
        }
    } else if (uv_now(session->all->loop) - session->replied_ms >= SESSION_REPLY_MS) {
        session_close(session);
    } else {
        timer_set(session, SESSION_HOLD_MS);
    }
}

/* The time for reading a reply is over, and no new request has begun: the connection may rest for a while. */
static void session_rest(struct session *session)
{
    uint64_t rested_ms = uv_now(session->all->loop) - session->whole_ms;
    if (session_is_unread(session) || rested_ms >= SESSION_IDLE_MS) {
        session_close(session);
    } else {
        timer_set(session, SESSION_IDLE_MS - rested_ms);
    }
}

/* Tells a peer that found no place that this node is busy. */
static void session_turn_away(struct session *session)
{
    struct hc_fault fault;
    if (session->crowd) {
        fault_set(&fault, HC_BUSY, "more than %u connections from one address", SESSIONS_PER_ADDRESS_MAX);
    } else {
        fault_set(&fault, HC_BUSY, "more than %u connections", SESSIONS_MAX);
    }
    session_refuse_and_tell(session, &fault);
}

static void on_timer(uv_timer_t *timer)
{
    struct session *session = timer->data;
    if (session->stage == SESSION_HOLDS) {
        session_submit(session);
        return;
    }
    if (session->stage == SESSION_TURNED_AWAY) {
        session_turn_away(session);
        return;
    }
    if (session->stage == SESSION_READS && session->greeted && !session->begun) {
        session_rest(session);
        return;
    }
    if (session->stage != SESSION_READS) {
        session_close(session);
        return;
    }
    struct hc_fault fault;
    if (session->begun) {
        fault_set(&fault, HC_SLOW, "the request did not come whole within %u s of its first byte",
                  SESSION_REQUEST_MS / 1000);
    } else {
        fault_set(&fault, HC_SLOW, "no request came within %u s", SESSION_FIRST_BYTE_MS / 1000);
    }
    session_refuse_and_tell(session, &fault);
}

/* ---- reading ---- */

/* Finds the next line, or waits for more of it. If it was there before the reply to the last one, all other sessions
 * have their turn first: it waits until the loop has looked at all sockets. */
static void session_advance(struct session *session, bool was_there)
{
    struct hc_fault fault;
    switch (frame_next(&session->frame, &session->line, &session->line_bytes)) {
    case FRAME_LINE:
        session->stage = SESSION_HOLDS;
        session->begun = false;
        session->greeted = true;
        session->whole_ms = uv_now(session->all->loop);
        uv_read_stop((uv_stream_t *)&session->tcp);
        if (was_there) {
            timer_set(session, 0);
        } else {
            session_submit(session);
        }
        return;
    case FRAME_TOO_LONG:
        fault_set(&fault, HC_TOO_LARGE, "a line has at most %u bytes", HC_FRAME_BYTES_MAX);
        session_refuse_and_tell(session, &fault);
        return;
    case FRAME_MORE:
        break;
    }
    ASSERT(session->stage == SESSION_READS);
    bool begun = frame_pending(&session->frame) > 0;
    if (begun && !session->begun) {
        timer_set(session, SESSION_REQUEST_MS);
    } else if (!begun) {
        uint64_t timeout_ms = SESSION_FIRST_BYTE_MS;
        if (session->greeted) {
            timeout_ms = SESSION_REPLY_MS; /* then see session_rest */
        }
        timer_set(session, timeout_ms);
    }
    session->begun = begun;
    read_on(session);
}

/* Refuses a request that is not whole: what is in the frame, and then these bytes. */
static void session_refuse_unread(struct session *session, const char *bytes, size_t count,
                                  const struct hc_fault *fault)
{
    size_t pending = frame_pending(&session->frame);
    ASSERT(session->stage == SESSION_READS);
    if (pending > 0) {
        session_glance(session, session->frame.bytes + session->frame.start, pending);
    } else {
        session_glance(session, bytes, count);
    }
    session_refuse_and_tell(session, fault);
}

static void session_receive(struct session *session, const char *bytes, size_t count)
{
    struct sessions *all = session->all;
    struct hc_fault fault;
    if (all->buffer_bytes + frame_growth(&session->frame, count) > SESSIONS_BUFFER_BYTES_MAX) {
        fault_set(&fault, HC_BUSY, "too many large requests at once");
        session_refuse_unread(session, bytes, count, &fault);
        return;
    }
    all->buffer_bytes -= session->frame.capacity;
    bool appended = frame_append(&session->frame, bytes, count);
    all->buffer_bytes += session->frame.capacity;
    if (appended) {
        session_advance(session, false);
    } else {
        fault_set(&fault, HC_BUSY, "out of memory");
        session_refuse_unread(session, bytes, count, &fault);
    }
}

static void session_end(struct session *session, int status)
{
    uv_read_stop((uv_stream_t *)&session->tcp);
    session->ended = true;
    if (session->stage == SESSION_REFUSED) {
        /* With its error written and its side shut down nothing is left to do; on_shutdown closes otherwise. */
        if (status != UV_EOF || (!session->reply && uv_is_writable((uv_stream_t *)&session->tcp) == 0)) {
            session_close(session);
        }
    } else if (status == UV_EOF && frame_pending(&session->frame) > 0) {
        struct hc_fault fault;
        fault_set(&fault, HC_BAD_FRAME, "the connection ended in the middle of a line");
        session_refuse_and_tell(session, &fault);
    } else {
        session_close(session);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct session *session = stream->data;
    if (count < 0) {
        session_end(session, (int)count);
    } else if (session->stage == SESSION_READS) {
        session_receive(session, buffer->base, (size_t)count);
    } else if (session->stage == SESSION_TURNED_AWAY) {
        session->discarded_bytes += (size_t)count;
        session_glance(session, buffer->base, (size_t)count);
        session_turn_away(session);
    } else {
        session->discarded_bytes += (size_t)count;
        if (session->discarded_bytes > SESSION_DISCARD_BYTES_MAX) {
            session_close(session);
        }
    }
}

/* ---- taking in ---- */

/* The session that gives way to the newcomer: a stranger before a known one, and then the one that has gone longest
 * without a complete request; one that waits for its answer has just had one. NULL: none. */
static struct session *session_idlest(const struct sessions *sessions, const struct session *newcomer, bool known_too)
{
    struct session *idle = NULL;
    for (struct session *session = sessions->list; session; session = session->next) {
        if (session == newcomer || session->turned_away != newcomer->turned_away || session->stage == SESSION_WAITS ||
            (session->known && !known_too) ||
            (!session->turned_away && uv_now(sessions->loop) - session->whole_ms < SESSION_GRACE_MS)) {
            continue;
        }
        /* The list runs from new to old: of equally idle ones the oldest goes. */
        if (!idle || (idle->known && !session->known) ||
            (idle->known == session->known && session->whole_ms <= idle->whole_ms)) {
            idle = session;
        }
    }
    return idle;
}

static size_t count_from(const struct sessions *sessions, const uint8_t peer[static IP_BYTES])
{
    size_t count = 0;
    for (const struct session *session = sessions->list; session; session = session->next) {
        count += !session->turned_away && memcmp(session->peer, peer, IP_BYTES) == 0;
    }
    return count;
}

/* Decides whether a newcomer gets a place, and makes room for it. A stranger never takes one of those that are kept for
 * known ones: with too many strangers it takes a stranger's, or none. */
static bool session_finds_place(struct session *newcomer)
{
    struct sessions *all = newcomer->all;
    bool too_strange = !newcomer->known && all->strangers > SESSIONS_MAX - SESSIONS_KNOWN;
    newcomer->crowd = !newcomer->loopback && count_from(all, newcomer->peer) > SESSIONS_PER_ADDRESS_MAX;
    if (newcomer->crowd) {
        return false;
    }
    if (!too_strange && all->count <= SESSIONS_MAX) {
        return true;
    }
    struct session *idle = session_idlest(all, newcomer, !too_strange);
    if (idle) {
        session_close(idle);
    }
    return idle;
}

static void on_spare_closed(uv_handle_t *handle)
{
    struct sessions *sessions = handle->data;
    sessions->spare_busy = false;
    if (sessions->starved && !sessions->stopping) {
        sessions->starved = false;
        on_connection((uv_stream_t *)&sessions->server, 0);
    }
}

/* libuv goes on listening only when the connection was accepted: without memory it is accepted and closed. */
static void accept_and_close(struct sessions *sessions)
{
    if (sessions->spare_busy) {
        sessions->starved = true;
        return;
    }
    if (uv_tcp_init(sessions->loop, &sessions->spare) != 0) {
        return;
    }
    sessions->spare.data = sessions;
    sessions->spare_busy = true;
    int status = uv_accept((uv_stream_t *)&sessions->server, (uv_stream_t *)&sessions->spare);
    (void)status;
    uv_close((uv_handle_t *)&sessions->spare, on_spare_closed);
}

/* A session with both handles open and the connection in it, counted in the list; NULL if there is none. */
static struct session *session_new(struct sessions *sessions)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
        accept_and_close(sessions);
        return NULL;
    }
    session->all = sessions;
    session->id = ++sessions->last_id;
    session->open_handles = 2;
    session->whole_ms = uv_now(sessions->loop);
    frame_init(&session->frame, HC_FRAME_BYTES_MAX);
    CHECK(uv_tcp_init(sessions->loop, &session->tcp) == 0);
    CHECK(uv_timer_init(sessions->loop, &session->timer) == 0);
    session->tcp.data = session->timer.data = session;
    int status = uv_accept((uv_stream_t *)&sessions->server, (uv_stream_t *)&session->tcp);
    union address address;
    int bytes = sizeof address;
    memset(&address, 0, sizeof address);
    if (status == 0) {
        status = uv_tcp_getpeername(&session->tcp, &address.any, &bytes);
    }
    session->next = sessions->list;
    sessions->list = session;
    sessions->count++;
    sessions->strangers++;
    if (status != 0) {
        session_close(session);
        return NULL;
    }
    ip_of(session->peer, &address);
    session->loopback = ip_is_loopback(session->peer);
    session->known = known_has(&sessions->known, session->peer);
    sessions->strangers -= session->known;
    uv_tcp_nodelay(&session->tcp, 1);
    return session;
}

/* The newcomer has no place; it is heard until the head of its request is there. */
static void session_leave_outside(struct session *newcomer)
{
    struct sessions *sessions = newcomer->all;
    session_give_place_up(newcomer);
    newcomer->turned_away = true;
    newcomer->stage = SESSION_TURNED_AWAY;
    ASSERT(sessions->turned_away <= SESSIONS_TURNED_AWAY_MAX);
    if (++sessions->turned_away > SESSIONS_TURNED_AWAY_MAX) {
        session_close(session_idlest(sessions, newcomer, true));
    }
    timer_set(newcomer, SESSION_HEAD_MS);
    read_on(newcomer);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct sessions *sessions = server->data;
    if (status != 0 || sessions->stopping) {
        return;
    }
    struct session *session = session_new(sessions);
    if (!session) {
        return;
    }
    if (session_finds_place(session)) {
        session_advance(session, false);
    } else {
        session_leave_outside(session);
    }
}

/* ---- what the runtime asks for ---- */

void sessions_init(struct sessions *sessions, uv_loop_t *loop, struct inbox *inbox, struct decoder *decoder,
                   const uint8_t network[static HC_NETWORK_BYTES])
{
    memset(sessions, 0, sizeof *sessions);
    sessions->loop = loop;
    sessions->inbox = inbox;
    sessions->decoder = decoder;
    sessions->network = network;
    CHECK(uv_tcp_init(loop, &sessions->server) == 0);
    sessions->server.data = sessions;
}

enum hc_code sessions_listen(struct sessions *sessions, uint16_t *port, const union address *address,
                             struct hc_fault *fault)
{
    char host[INET6_ADDRSTRLEN] = "?";
    union address bound;
    int bytes = sizeof bound;
    memset(&bound, 0, sizeof bound);
    uv_ip_name(&address->any, host, sizeof host);
    *port = address_port(address);
    int status = uv_tcp_bind(&sessions->server, &address->any, 0);
    if (status == 0) {
        status = uv_listen((uv_stream_t *)&sessions->server, LISTEN_BACKLOG, on_connection);
    }
    if (status == 0) {
        status = uv_tcp_getsockname(&sessions->server, &bound.any, &bytes);
    }
    switch (status) {
    case 0:
        break;
    case UV_EADDRINUSE:
        return fault_set(fault, HC_IN_USE, "port %u on %s is taken by another program; choose another --port", *port,
                         host);
    case UV_EACCES:
        return fault_set(fault, HC_SYSTEM, "port %u needs rights that this user lacks; choose a --port above 1023",
                         *port);
    case UV_EADDRNOTAVAIL:
        return fault_set(fault, HC_BAD_ADDRESS, "%s is not an address of this machine; choose another --bind", host);
    default:
        return fault_set(fault, HC_SYSTEM, "cannot listen on port %u on %s: %s", *port, host, uv_strerror(status));
    }
    *port = address_port(&bound);
    return HC_OK;
}

static struct session *find(const struct sessions *sessions, uint64_t id, enum session_stage stage)
{
    for (struct session *session = sessions->list; session; session = session->next) {
        if (session->id == id) {
            return session->stage == stage ? session : NULL;
        }
    }
    return NULL;
}

void sessions_host(const struct sessions *sessions, char host[static SESSION_HOST_CHARS], uint64_t id)
{
    const struct session *session = find(sessions, id, SESSION_WAITS);
    host[0] = '\0';
    if (session) {
        peer_name(host, session);
    }
}

/* Decodes the whole line. Otherwise the fault says what is wrong with it. */
static bool session_decode(struct session *session, struct hc_message *message, struct hc_fault *fault)
{
    enum hc_code code;
    if (session->decoding) {
        code = decoding_take(session->decoding, message, fault);
        session->decoding = NULL;
        uv_timer_stop(&session->timer);
    } else {
        code = hc_wire_decode(message, session->line, session->line_bytes, session->all->network, fault);
    }
    if (code == HC_OK && (message->type == HC_MESSAGE_REQUEST || message->type == HC_MESSAGE_HELLO)) {
        return true;
    }
    if (code == HC_OK) {
        hc_message_clear(message);
        fault_set(fault, HC_BAD_FRAME, "a request or a hello was expected");
    } else if (code == HC_NO_MEMORY) {
        fault_set(fault, HC_BUSY, "out of memory");
        if (session->line) {
            session_glance(session, session->line, session->line_bytes);
        }
    }
    return false;
}

/* Has a long line decoded elsewhere. Without memory for that it is decoded here. */
static bool session_must_wait(struct session *session)
{
    struct sessions *all = session->all;
    if (!session->decoding && session->line_bytes > DECODE_HERE_BYTES_MAX) {
        session_glance(session, session->line, session->line_bytes);
        session->decoding = decoding_begin(all->decoder, &session->frame, session->line, session->line_bytes,
                                           &all->buffer_bytes, INBOX_REQUEST, session->id);
        if (session->decoding) {
            session->line = NULL;
            timer_set(session, SESSION_REQUEST_MS);
        }
    }
    return session->decoding && !decoding_is_done(session->decoding);
}

enum session_taken sessions_take(struct sessions *sessions, struct hc_message *message, struct hc_fault *fault,
                                 uint64_t id)
{
    struct hc_fault local;
    memset(message, 0, sizeof *message);
    struct session *session = find(sessions, id, SESSION_WAITS);
    if (!session) {
        return SESSION_GONE;
    }
    if (session_must_wait(session)) {
        return SESSION_DECODES;
    }
    if (!session_decode(session, message, &local)) {
        fault_name_peer(fault, session, &local);
        session_refuse(session, &local);
        return SESSION_REFUSES;
    }
    session->asked = true;
    id_copy(session->from, message->from);
    memcpy(session->nonce, message->nonce, HC_NONCE_BYTES);
    session->line = NULL;
    sessions->buffer_bytes -= session->frame.capacity;
    frame_rest(&session->frame);
    sessions->buffer_bytes += session->frame.capacity;
    return SESSION_ASKS;
}

bool sessions_head(const struct sessions *sessions, struct hc_message *head, uint64_t id)
{
    const struct session *session = find(sessions, id, SESSION_PLEADS);
    memset(head, 0, sizeof *head);
    if (!session) {
        return false;
    }
    head->type = HC_MESSAGE_REQUEST;
    memcpy(head->network, sessions->network, HC_NETWORK_BYTES);
    id_copy(head->from, session->from);
    memcpy(head->nonce, session->nonce, HC_NONCE_BYTES);
    return true;
}

void sessions_reply(struct sessions *sessions, uint64_t id, const struct hc_message *message)
{
    ASSERT(message->type != HC_MESSAGE_REQUEST);
    struct session *session = find(sessions, id, SESSION_WAITS);
    if (!session) {
        session = find(sessions, id, SESSION_PLEADS);
    }
    if (!session) {
        return;
    }
    struct hc_fault fault;
    if (message->type == HC_MESSAGE_ERROR) {
        session_refuse_with(session, message);
    } else if (sessions->reply_bytes + hc_wire_size(message) > SESSIONS_REPLY_BYTES_MAX) {
        fault_set(&fault, HC_BUSY, "too many replies that were not read yet");
        session_refuse_and_tell(session, &fault);
    } else {
        session->stage = SESSION_WRITES;
        timer_set(session, SESSION_REPLY_MS);
        if (!session_write(session, message)) {
            session_close(session);
        }
    }
}

/* A descriptor of its own for the same connection: closing the session's handle leaves it open. */
int sessions_give(struct sessions *sessions, struct frame *rest, uint64_t id)
{
    struct session *session = find(sessions, id, SESSION_WAITS);
    uv_os_fd_t fd;
    if (!session || uv_fileno((const uv_handle_t *)&session->tcp, &fd) != 0) {
        return -1;
    }
    int given = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (given >= 0) {
        *rest = session->frame;
        sessions->buffer_bytes -= rest->capacity;
        frame_init(&session->frame, rest->limit);
        session_close(session);
    }
    return given;
}

void sessions_unanswered(struct sessions *sessions, uint64_t id)
{
    struct session *session = find(sessions, id, SESSION_WAITS);
    if (session) {
        session_close(session);
    }
}

void sessions_know(struct sessions *sessions, const union address *address)
{
    uint8_t ip[IP_BYTES];
    ip_of(ip, address);
    known_add(&sessions->known, ip);
}

void sessions_stop(struct sessions *sessions)
{
    sessions->stopping = true;
    if (!uv_is_closing((uv_handle_t *)&sessions->server)) {
        uv_close((uv_handle_t *)&sessions->server, NULL);
    }
    for (struct session *session = sessions->list, *next; session; session = next) {
        next = session->next;
        if (session->stage != SESSION_WRITES && session->stage != SESSION_REFUSED) {
            session_close(session);
        }
    }
}

void sessions_abort(struct sessions *sessions)
{
    while (sessions->list) {
        session_close(sessions->list);
    }
}

bool sessions_are_busy(const struct sessions *sessions)
{
    return sessions->list;
}
