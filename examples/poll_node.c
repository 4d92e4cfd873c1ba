/* A node over plain poll(2): joins a network of howcoin-node with the library and POSIX, and nothing else.
 *
 *     cc poll_node.c $(pkg-config --cflags --libs howcoin) -o poll_node
 *     ./poll_node --port 8005 --peer 8000 --coins coins.txt --state /var/tmp/poll_node
 *
 * docs/EMBEDDING.md walks through it. The story: main() opens what the node needs and makes the node; run() waits for
 * sockets, deadlines and signals, and turns each of them into an event; step() gives one event to the node and does
 * what the effects say: persist, send, notify.
 *
 * A connection is INCOMING (it brings requests, which this node answers) or OUTGOING (it carries one request of ours,
 * and its reply). Either kind has a fixed number of places, a bound on its bytes, and a deadline, whatever its other
 * side does.
 *
 * What howcoin-node does beyond this: it looks up host names, keeps the rows of others, writes in another thread,
 * proves `busy` to peers that it turns away, and keeps places for those that it knows.
 */
#define _GNU_SOURCE /* ppoll, accept4 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <howcoin/node.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INCOMING_MAX 64               /* connections; for one more, the one that is due first gives way */
#define OUTGOING_MAX HC_EXCHANGES_MAX /* the node never has more exchanges under way */
#define PLACES (INCOMING_MAX + OUTGOING_MAX)
#define BUFFERS_MAX ((size_t)64 << 20) /* bytes that all connections hold together; one that needs more is closed */
#define IN_BYTES_FIRST ((size_t)4096)  /* of a line that comes in; doubled as it grows, up to HC_FRAME_BYTES_MAX */
#define INCOMING_MS 5000               /* for a request to come whole, and for its reply to be taken */
#define DRAIN_MS 1000                  /* for an error to reach its reader */
#define OUTGOING_MS 10000 /* far beyond the node's own time-out: only an exchange whose cancel was lost gets there */
#define ROW_FILE_BYTES_MAX ((size_t)1 << 20) /* more than any row has */

enum stage {
    FREE,
    CONNECTING, /* outgoing only */
    TALKING,    /* `out` goes out; an outgoing connection reads meanwhile, an incoming one afterwards */
    DRAINING,   /* incoming, after an error: what still comes is thrown away. Closing at once would reset the
                   connection, and the error would be lost on its way */
    FAILED,     /* outgoing: the node is told `failure` in the next turn of the loop */
};

struct connection {
    enum stage stage;
    bool outgoing;
    bool polled; /* what poll said is of this connection, and not of the one that had the place before */
    int fd;      /* -1: none */
    uint64_t handle;
    int64_t deadline_ms;
    char host[INET6_ADDRSTRLEN]; /* incoming: the other side */
    char *in; /* what has come of a line: `in_bytes` of `in_room`; no line ends in the first `in_seen` */
    size_t in_bytes, in_seen, in_room;
    char *out; /* the line that goes out, of hc_wire_encode; NULL: none */
    size_t out_bytes, out_done;
    bool last; /* `out` is an error, after which the connection ends */
    struct hc_fault failure;
};

struct shell {
    struct hc_network *network;
    struct hc_node *node;
    struct hc_effects effects;
    int directory; /* the state */
    int listener;
    int64_t now_ms;
    uint64_t next_handle; /* of incoming connections; those of outgoing ones are the node's */
    size_t buffered;      /* bytes in all `in` and `out` */
    bool stopped;
    struct connection places[PLACES]; /* INCOMING_MAX of the one kind, then OUTGOING_MAX of the other */
};

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* never goes back, which is what the node asks for */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- The state: DIR/key (who this node is, and in which network), DIR/row (what it said last), DIR/lock ---- */

/* The whole of a file of at most `most` bytes, for free(). NULL: errno says why. */
static char *file_read(int directory, const char *name, size_t most, size_t *count)
{
    char *bytes = NULL;
    struct stat status;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &status) == 0 && (uintmax_t)status.st_size <= most) {
        *count = (size_t)status.st_size;
        bytes = malloc(*count + 1);
        if (bytes && read(fd, bytes, *count) != (ssize_t)*count) {
            free(bytes);
            bytes = NULL;
        }
    } else {
        errno = EFBIG;
    }
    close(fd);
    return bytes;
}

/* Puts a file in the place of another: as a whole or not at all, whenever the power goes. First the bytes reach the
 * disk under another name, then the name changes, then the directory reaches the disk. false: errno says why. */
static bool file_replace(int directory, const char *name, const void *bytes, size_t count)
{
    int fd = openat(directory, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool good = write(fd, bytes, count) == (ssize_t)count && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    return good && renameat(directory, "new", directory, name) == 0 && fsync(directory) == 0;
}

/* Two processes that sign with one key would fork their row, and all others would see a thief: the lock keeps the
 * second one out. The system drops it when the process ends. */
static int state_open(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        err(1, "%s", path);
    }
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int lock = directory < 0 ? -1 : openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        err(1, "%s", path);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        errx(1, "%s is in use by another process", path);
    }
    return directory;
}

/* The key of this node; true: it was made just now. The network stands beside it, because a row of one network means
 * nothing in another. */
static bool identity_load(struct hc_identity *identity, const struct shell *shell)
{
    struct {
        uint8_t seed[HC_SEED_BYTES], network[HC_NETWORK_BYTES];
    } key;
    size_t count;
    char *bytes = file_read(shell->directory, "key", sizeof key, &count);
    bool fresh = !bytes && errno == ENOENT;
    memcpy(key.network, hc_network_id(shell->network), HC_NETWORK_BYTES);
    if (fresh) {
        if (getrandom(key.seed, sizeof key.seed, 0) != sizeof key.seed ||
            !file_replace(shell->directory, "key", &key, sizeof key)) {
            err(1, "the key cannot be made");
        }
    } else if (!bytes || count != sizeof key) {
        errx(1, "the file 'key' cannot be used");
    } else if (memcmp(bytes + HC_SEED_BYTES, key.network, HC_NETWORK_BYTES) != 0) {
        errx(1, "this state belongs to another network, with other coins");
    } else {
        memcpy(key.seed, bytes, HC_SEED_BYTES);
        explicit_bzero(bytes, count);
    }
    free(bytes);
    hc_identity_from_seed(identity, key.seed);
    explicit_bzero(&key, sizeof key);
    return fresh;
}

/* What this node said last; NULL: nothing yet. */
static struct hc_row *row_load(const struct shell *shell, const struct hc_identity *identity)
{
    size_t count;
    struct hc_row *row;
    struct hc_fault fault;
    char *text = file_read(shell->directory, "row", ROW_FILE_BYTES_MAX, &count);
    if (!text && errno == ENOENT) {
        return NULL;
    }
    if (!text) {
        err(1, "the file 'row'");
    }
    if (hc_wire_decode_row(&row, text, count, hc_network_id(shell->network), &fault) != HC_OK) {
        errx(1, "the file 'row' is damaged (%s); without it this node asks the others what it said", fault.text);
    }
    free(text);
    if (memcmp(hc_row_fields(row)->id, identity->id, HC_ID_BYTES) != 0) {
        errx(1, "the file 'row' belongs to another key");
    }
    return row;
}

/* ---- Connections ---- */

static void connection_close(struct shell *shell, struct connection *connection)
{
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    shell->buffered -= connection->in_room + connection->out_bytes;
    free(connection->in);
    hc_wire_free(connection->out);
    *connection = (struct connection){.fd = -1};
}

/* A free place for a connection of that kind. If there is none, the one that is due first gives way: it has been
 * idle for the longest time, so idle connections cannot shut others out. */
static struct connection *place_take(struct shell *shell, bool outgoing)
{
    struct connection *places = outgoing ? shell->places + INCOMING_MAX : shell->places, *best = places;
    for (size_t i = 0; i < (outgoing ? OUTGOING_MAX : INCOMING_MAX); i++) {
        if (places[i].stage == FREE) {
            best = &places[i];
            break;
        }
        best = places[i].deadline_ms < best->deadline_ms ? &places[i] : best;
    }
    connection_close(shell, best);
    best->outgoing = outgoing;
    return best;
}

static struct connection *place_find(struct shell *shell, bool outgoing, uint64_t handle)
{
    for (size_t i = 0; i < PLACES; i++) {
        struct connection *connection = &shell->places[i];
        if (connection->stage != FREE && connection->outgoing == outgoing && connection->handle == handle) {
            return connection;
        }
    }
    return NULL;
}

/* The node hears of it from the loop, and not from here: this may run while the effects of a step are being done. */
static void outgoing_fail(struct connection *connection, enum hc_code code, const char *text)
{
    connection->stage = FAILED;
    connection->failure.code = code;
    snprintf(connection->failure.text, sizeof connection->failure.text, "%s", text);
}

/* Makes the message the line that goes out. false: there is no memory for it. */
static bool out_put(struct shell *shell, struct connection *connection, const struct hc_message *message)
{
    if (shell->buffered + hc_wire_size(message) > BUFFERS_MAX ||
        hc_wire_encode(&connection->out, &connection->out_bytes, message) != HC_OK) {
        return false;
    }
    shell->buffered += connection->out_bytes;
    connection->out_done = 0;
    return true;
}

static void out_drop(struct shell *shell, struct connection *connection)
{
    shell->buffered -= connection->out_bytes;
    connection->out_bytes = 0;
    hc_wire_free(connection->out);
    connection->out = NULL;
}

/* Room for more of the line that is coming in; false: there is no memory for it. */
static bool in_grow(struct shell *shell, struct connection *connection)
{
    const size_t most = HC_FRAME_BYTES_MAX + 1; /* with the line's end */
    size_t room = connection->in_room ? 2 * connection->in_room : IN_BYTES_FIRST;
    room = room < most ? room : most;
    size_t more = room - connection->in_room;
    char *in = shell->buffered + more <= BUFFERS_MAX ? realloc(connection->in, room) : NULL;
    if (!in) {
        return false;
    }
    connection->in = in;
    connection->in_room = room;
    shell->buffered += more;
    return true;
}

/* A canonical address as the system wants it. Host names are not looked up: getaddrinfo would hold up everything
 * else until a name server answers, so a shell that wants them needs a resolver that does not wait, or a thread. */
static bool address_read(struct sockaddr_storage *out, socklen_t *bytes, const char *address)
{
    char host[HC_ADDR_BYTES_MAX + 1], service[8];
    uint16_t port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
    hc_address_split(host, &port, address);
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        return false;
    }
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *bytes = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* ---- Effects: persist, send, notify ---- */

/* HC_SEND_REQUEST: a connection, and the request on it. */
static void request_send(struct shell *shell, const struct hc_send *send)
{
    struct connection *connection = place_take(shell, true);
    struct sockaddr_storage address;
    socklen_t bytes;
    connection->handle = send->handle;
    connection->deadline_ms = shell->now_ms + OUTGOING_MS;
    if (!out_put(shell, connection, &send->message)) {
        /* Our own trouble: no peer is dropped for it. */
        outgoing_fail(connection, HC_NO_MEMORY, "out of memory");
        return;
    }
    if (!address_read(&address, &bytes, send->address)) {
        outgoing_fail(connection, HC_UNREACHABLE, "host names are not looked up here");
        return;
    }
    connection->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        outgoing_fail(connection, HC_NO_MEMORY, strerror(errno));
    } else if (connect(connection->fd, (struct sockaddr *)&address, bytes) == 0 || errno == EINPROGRESS) {
        connection->stage = CONNECTING;
    } else {
        outgoing_fail(connection, HC_UNREACHABLE, strerror(errno));
    }
}

/* Answers on an incoming connection. */
static void out_begin(struct shell *shell, struct connection *connection, const struct hc_message *message)
{
    connection->last = message->type == HC_MESSAGE_ERROR;
    connection->deadline_ms = shell->now_ms + INCOMING_MS;
    if (!out_put(shell, connection, message)) {
        connection_close(shell, connection);
    }
}

/* A line for each thing that happens. Names and texts of others are safe to print: the core takes in no others. */
static void notice_print(const struct shell *shell, const struct hc_notice *notice)
{
    printf("%s", hc_notice_kind_name(notice->kind));
    if (notice->kind == HC_NOTICE_ROUND) {
        struct hc_node_view view;
        hc_node_look(shell->node, &view);
        printf(" %" PRIu64 ": %zu live%s", view.round, view.live, view.agree ? ", all agree" : "");
    } else if (notice->row) {
        char id[HC_ID_HEX_CHARS + 1];
        const struct hc_row_fields *fields = hc_row_fields(notice->row);
        hc_id_hex(id, fields->id);
        printf(" %s %s version %" PRIu64, id, fields->addr, fields->version);
    }
    if (notice->kind == HC_NOTICE_MUTATED || notice->kind == HC_NOTICE_RECEIVED) {
        printf(", %" PRIu64 " coins", notice->to);
    }
    if (notice->code != HC_OK) {
        printf(": %s", hc_code_text(notice->code));
    }
    printf("%s%s\n", notice->text[0] ? ": " : "", notice->text);
}

/* What the node wants to send, or to send no more. */
static void send_do(struct shell *shell, const struct hc_send *send)
{
    struct connection *connection = place_find(shell, send->kind != HC_SEND_REPLY, send->handle);
    if (send->kind == HC_SEND_REQUEST) {
        request_send(shell, send);
    } else if (connection && send->kind == HC_SEND_REPLY) {
        out_begin(shell, connection, &send->message);
    } else if (connection) {
        connection_close(shell, connection); /* HC_SEND_CANCEL */
    }
}

/* One event for the node, and what it wants done: persist, send, notify. Its own new row is handed out before any peer
 * hears of it; that it is durable is another event, and only then does the node tell it. */
static void step(struct shell *shell, struct hc_event event)
{
    struct hc_effects *effects = &shell->effects;
    bool committing;
    do {
        event.now_ms = shell->now_ms;
        if (hc_node_step(shell->node, &event, effects) != HC_OK) {
            warnx("out of memory: part of the work is left for later");
        }
        committing = effects->commit.row;
        if (committing) {
            /* Takes some milliseconds. A shell with more to do does it in another thread, and goes on meanwhile. */
            const char *text = hc_row_text(effects->commit.row);
            bool saved = file_replace(shell->directory, "row", text, strlen(text));
            event = (struct hc_event){.kind = saved ? HC_EVENT_COMMITTED : HC_EVENT_COMMIT_FAILED,
                                      .text = saved ? NULL : strerror(errno)};
        }
        for (size_t i = 0; i < effects->send_count; i++) {
            send_do(shell, &effects->sends[i]);
        }
        for (size_t i = 0; i < effects->notice_count; i++) {
            notice_print(shell, &effects->notices[i]);
        }
        shell->stopped = effects->stopped;
    } while (committing);
}

/* ---- What comes in ---- */

/* What came is no good, or there is no memory for it. The node is told; the sender of a request, too. */
static void connection_trouble(struct shell *shell, struct connection *connection, enum hc_code code, const char *text)
{
    if (connection->outgoing) {
        bool as_it_is = code == HC_NO_MEMORY || code == HC_WRONG_NETWORK || code == HC_CLOSED;
        outgoing_fail(connection, as_it_is ? code : HC_BAD_REPLY, text);
        return;
    }
    if (code == HC_NO_MEMORY || code == HC_CLOSED) {
        connection_close(shell, connection);
        return;
    }
    struct hc_message error = {.type = HC_MESSAGE_ERROR, .error = {.code = code}};
    struct hc_event event = {.kind = HC_EVENT_REFUSED, .code = code, .text = text, .host = connection->host};
    snprintf(error.error.text, sizeof error.error.text, "%s", text);
    step(shell, event);
    out_begin(shell, connection, &error);
}

/* Gives the next line to the node, if it is whole. */
static void line_take(struct shell *shell, struct connection *connection)
{
    struct hc_fault fault;
    struct hc_message message;
    struct hc_event event = {.handle = connection->handle, .message = &message};
    const char *unseen = connection->in + connection->in_seen;
    const char *end = connection->in ? memchr(unseen, '\n', connection->in_bytes - connection->in_seen) : NULL;
    if (!end) {
        connection->in_seen = connection->in_bytes;
        if (connection->in_bytes > HC_FRAME_BYTES_MAX) {
            connection_trouble(shell, connection, HC_TOO_LARGE, "the line is too long");
        }
        return;
    }
    size_t bytes = (size_t)(end - connection->in);
    enum hc_code code = hc_wire_decode(&message, connection->in, bytes, hc_network_id(shell->network), &fault);
    connection->in_bytes -= bytes + 1;
    connection->in_seen = 0;
    memmove(connection->in, connection->in + bytes + 1, connection->in_bytes);
    if (code != HC_OK) {
        connection_trouble(shell, connection, code, fault.text);
    } else if (connection->outgoing) {
        connection_close(shell, connection);
        event.kind = HC_EVENT_REPLY;
        step(shell, event);
    } else {
        event.kind = HC_EVENT_REQUEST;
        step(shell, event);
        if (connection->stage == TALKING && !connection->out) {
            connection_close(shell, connection); /* no memory for a reply */
        }
    }
    hc_message_clear(&message);
}

static bool is_for_later(void)
{
    return errno == EAGAIN || errno == EINTR;
}

static void connection_read(struct shell *shell, struct connection *connection)
{
    bool draining = connection->stage == DRAINING;
    if (draining) {
        connection->in_bytes = 0;
    } else if (connection->in_bytes == connection->in_room && !in_grow(shell, connection)) {
        connection_trouble(shell, connection, HC_NO_MEMORY, "out of memory");
        return;
    }
    size_t room = connection->in_room - connection->in_bytes;
    ssize_t count = recv(connection->fd, connection->in + connection->in_bytes, room, 0);
    if (count > 0) {
        connection->in_bytes += (size_t)count;
        if (!draining) {
            line_take(shell, connection);
        }
    } else if (count == 0 || !is_for_later()) {
        connection_trouble(shell, connection, HC_CLOSED, count == 0 ? "closed without an answer" : strerror(errno));
    }
}

static void connection_write(struct shell *shell, struct connection *connection)
{
    ssize_t count = send(connection->fd, connection->out + connection->out_done,
                         connection->out_bytes - connection->out_done, MSG_NOSIGNAL);
    if (count < 0 && is_for_later()) {
        return;
    }
    connection->out_done += count > 0 ? (size_t)count : 0;
    if (count >= 0 && connection->out_done < connection->out_bytes) {
        return;
    }
    out_drop(shell, connection);
    if (connection->outgoing) {
        return; /* written, or not: the peer may have said `busy` and closed, and reading shows it */
    }
    if (count < 0) {
        connection_close(shell, connection);
    } else if (connection->last) {
        shutdown(connection->fd, SHUT_WR);
        connection->stage = DRAINING;
        connection->deadline_ms = shell->now_ms + DRAIN_MS;
    } else {
        connection->deadline_ms = shell->now_ms + INCOMING_MS;
        line_take(shell, connection); /* the next request may have come with the last one */
    }
}

/* poll found something about this connection. */
static void connection_ready(struct shell *shell, struct connection *connection, short events)
{
    int trouble = 0;
    socklen_t bytes = sizeof trouble;
    if (connection->stage == CONNECTING) {
        getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &trouble, &bytes);
        connection->stage = TALKING;
        if (trouble) {
            outgoing_fail(connection, HC_UNREACHABLE, strerror(trouble));
        }
    } else if (connection->out && events & ~POLLIN) {
        connection_write(shell, connection);
    } else {
        connection_read(shell, connection);
    }
}

/* Its time is over. */
static void connection_late(struct shell *shell, struct connection *connection)
{
    if (connection->stage == TALKING && !connection->outgoing && !connection->out && connection->in_bytes > 0) {
        connection_trouble(shell, connection, HC_SLOW, "the request did not come whole in time");
    } else {
        connection_close(shell, connection);
    }
}

static void accept_some(struct shell *shell)
{
    for (int i = 0; i < INCOMING_MAX; i++) {
        struct sockaddr_storage from;
        socklen_t bytes = sizeof from;
        int fd = accept4(shell->listener, (struct sockaddr *)&from, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        struct connection *connection = place_take(shell, false);
        connection->fd = fd;
        connection->stage = TALKING;
        connection->handle = shell->next_handle++;
        connection->deadline_ms = shell->now_ms + INCOMING_MS;
        getnameinfo((struct sockaddr *)&from, bytes, connection->host, sizeof connection->host, NULL, 0,
                    NI_NUMERICHOST);
    }
}

/* ---- The loop ---- */

/* What to poll each connection for, and until when at the latest. */
static int64_t polled_fill(struct shell *shell, struct pollfd *polled)
{
    int64_t wake_ms = hc_node_deadline(shell->node);
    for (size_t i = 0; i < PLACES; i++) {
        struct connection *connection = &shell->places[i];
        bool failed = connection->stage == FAILED;
        polled[i] = (struct pollfd){.fd = failed ? -1 : connection->fd}; /* poll passes negative ones by */
        connection->polled = true;
        if (connection->stage == CONNECTING || connection->out) {
            polled[i].events = POLLOUT;
        }
        if (connection->stage == DRAINING ||
            (connection->stage == TALKING && (connection->outgoing || !connection->out))) {
            polled[i].events |= POLLIN; /* while its reply goes out, an incoming one must wait */
        }
        if (connection->stage != FREE) {
            int64_t due_ms = failed ? shell->now_ms : connection->deadline_ms;
            wake_ms = due_ms < wake_ms ? due_ms : wake_ms;
        }
    }
    polled[PLACES] = (struct pollfd){.fd = shell->listener, .events = POLLIN};
    return wake_ms;
}

static void connections_look(struct shell *shell, const struct pollfd *polled)
{
    for (size_t i = 0; i < PLACES; i++) {
        struct connection *connection = &shell->places[i];
        if (connection->polled && polled[i].revents) {
            connection_ready(shell, connection, polled[i].revents);
        }
        if (connection->stage == FAILED) {
            uint64_t handle = connection->handle;
            struct hc_fault why = connection->failure;
            connection_close(shell, connection);
            step(shell,
                 (struct hc_event){.kind = HC_EVENT_FAILURE, .handle = handle, .code = why.code, .text = why.text});
        } else if (connection->stage != FREE && shell->now_ms >= connection->deadline_ms) {
            connection_late(shell, connection);
        }
    }
}

/* Until the node has said goodbye. A second signal does not wait for that. */
static void run(struct shell *shell, const sigset_t *unblocked)
{
    struct pollfd polled[PLACES + 1];
    bool leaving = false;
    step(shell, (struct hc_event){.kind = HC_EVENT_START});
    while (!shell->stopped && signals < 2) {
        int64_t wait_ms = polled_fill(shell, polled) - clock_ms();
        wait_ms = wait_ms < 0 ? 0 : wait_ms < 3600000 ? wait_ms : 3600000;
        struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000};
        /* Signals come only during this call, so that none is missed between looking and waiting. */
        if (ppoll(polled, PLACES + 1, &wait, unblocked) < 0) {
            memset(polled, 0, sizeof polled);
        }
        shell->now_ms = clock_ms();
        if (signals > 0 && !leaving) {
            leaving = true;
            step(shell, (struct hc_event){.kind = HC_EVENT_LEAVE});
        }
        connections_look(shell, polled);
        if (polled[PLACES].revents) {
            accept_some(shell);
        }
        /* After what was read, so that a reply that is here counts as in time. */
        if (!shell->stopped && shell->now_ms >= hc_node_deadline(shell->node)) {
            step(shell, (struct hc_event){.kind = HC_EVENT_TIMEOUT});
        }
    }
}

/* ---- The start and the end ---- */

enum { PORT, PEER, COINS, STATE, NAME, OPTIONS };

static void options_read(const char *options[static OPTIONS], int argc, char **argv)
{
    static const struct option known[] = {{"port", required_argument, NULL, 0},  {"peer", required_argument, NULL, 0},
                                          {"coins", required_argument, NULL, 0}, {"state", required_argument, NULL, 0},
                                          {"name", required_argument, NULL, 0},  {0}};
    int index, result;
    while ((result = getopt_long(argc, argv, "", known, &index)) == 0) {
        options[index] = optarg;
    }
    if (result != -1 || optind < argc || !options[PORT] || !options[COINS] || !options[STATE]) {
        errx(2, "usage: poll_node --port PORT --coins FILE --state DIR [--peer ADDRESS] [--name NAME]");
    }
}

static struct hc_network *network_load(const char *path)
{
    size_t count;
    struct hc_network *network;
    struct hc_fault fault;
    char *text = file_read(AT_FDCWD, path, HC_COIN_FILE_BYTES_MAX, &count);
    if (!text) {
        err(1, "%s", path);
    }
    if (hc_network_new(&network, text, count, path, "", &fault) != HC_OK) {
        errx(1, "%s", fault.text);
    }
    free(text);
    return network;
}

/* Makes the node, and tells it what it said before. */
static void node_make(struct shell *shell, const char *address, const char *name, const char *contact)
{
    struct hc_node_config config = {.network = shell->network,
                                    .address = address,
                                    .name = name,
                                    .contacts = &contact,
                                    .contact_count = contact[0] ? 1 : 0,
                                    .gossip_interval_ms = 3000,
                                    .mutate_interval_ms = 8000,
                                    .fanout = 8,
                                    .durable = true}; /* commits wait for HC_EVENT_COMMITTED */
    bool fresh = identity_load(&config.identity, shell);
    struct hc_stored_row stored = {.row = row_load(shell, &config.identity)};
    config.recovering = !fresh && !stored.row; /* the key is here, what it signed is lost: listen first, then sign */
    if (getrandom(config.seed, sizeof config.seed, 0) != sizeof config.seed) {
        err(1, "no random numbers");
    }
    if (hc_node_new(&shell->node, &config) != HC_OK ||
        (stored.row && hc_node_restore(shell->node, &stored, 1, shell->now_ms) != HC_OK)) {
        errx(1, "out of memory");
    }
    hc_identity_wipe(&config.identity);
    explicit_bzero(config.seed, sizeof config.seed);
    hc_row_unref(stored.row);
}

static int listener_open(const char *address)
{
    struct sockaddr_storage own;
    socklen_t bytes;
    int on = 1;
    if (!address_read(&own, &bytes, address)) {
        errx(1, "--port takes a port, or a numeric address with a port");
    }
    int fd = socket(own.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&own, bytes) != 0 || listen(fd, 128) != 0) {
        err(1, "%s", address);
    }
    return fd;
}

/* Blocks the signals that mean goodbye; run() waits with what this returns. */
static sigset_t signals_block(void)
{
    sigset_t blocked, before;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return before;
}

/* An address as people write it, in its canonical form; "" stays. */
static void address_parse(char out[static HC_ADDR_BYTES_MAX + 1], const char *text)
{
    struct hc_fault fault;
    if (text[0] && hc_address_parse(out, text, "127.0.0.1", &fault) != HC_OK) {
        errx(1, "%s", fault.text);
    }
}

int main(int argc, char **argv)
{
    static struct shell shell;
    const char *options[OPTIONS] = {[NAME] = "", [PEER] = ""};
    char address[HC_ADDR_BYTES_MAX + 1] = "", contact[HC_ADDR_BYTES_MAX + 1] = "";
    struct hc_fault fault;
    if (hc_init() != HC_OK) {
        errx(1, "libsodium cannot start");
    }
    options_read(options, argc, argv);
    address_parse(address, options[PORT]);
    address_parse(contact, options[PEER]);
    if (hc_name_check(options[NAME], &fault) != HC_OK) {
        errx(1, "%s", fault.text);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigset_t before = signals_block();
    for (size_t i = 0; i < PLACES; i++) {
        shell.places[i].fd = -1;
    }
    shell.now_ms = clock_ms();
    shell.network = network_load(options[COINS]);
    shell.directory = state_open(options[STATE]);
    shell.listener = listener_open(address);
    node_make(&shell, address, options[NAME], contact);
    run(&shell, &before);
    for (size_t i = 0; i < PLACES; i++) {
        connection_close(&shell, &shell.places[i]);
    }
    hc_effects_free(&shell.effects);
    hc_node_free(shell.node);
    hc_network_free(shell.network); /* last: the node has borrowed it */
    return 0;
}
