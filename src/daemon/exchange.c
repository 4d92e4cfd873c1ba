/* The good path: exchanges_begin parses the address (or has it looked up: on_found), and connects; on_connected
 * starts to write the request and to read. on_read collects bytes until a line is whole, stops reading, and puts the
 * exchange into the inbox; the runtime takes the message, which closes it.
 *
 * What fails:
 * - no such name, no process at the address: exchange_try goes on to the next address, with a new socket once the old
 *   one is closed (on_address_closed); after the last one the reason is told as HC_UNREACHABLE.
 * - a reset, or the end before a whole line: HC_CLOSED. A failed write is not told by itself: the peer may have
 *   answered (`busy`) before it closed, and reading shows which.
 * - too long a line: HC_BAD_REPLY. Each of them closes the exchange; so do its reply, once taken, and
 *   exchanges_cancel.
 *
 * An exchange is one socket, and before that perhaps one wait for a look-up. exchange_close takes it out of the list
 * at once, and ends its wait; it is freed by the socket's close callback, or at once if there is none.
 */
#include "daemon/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/address.h"
#include "core/common/error.h"
#include "core/common/memory.h"
#include "daemon/chunk.h"
#include "daemon/frame.h"
#include "daemon/limits.h"
#include "daemon/list.h"

struct exchange {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct lookup_wait wait;
    struct exchanges *all;
    struct exchange *next;
    uint64_t handle;
    uint16_t port;
    bool socket_open;   /* `tcp` was opened, and its close callback has not come */
    bool closed;        /* out of the list; only memory is left */
    bool paused;        /* does not read, for want of buffer */
    struct found found; /* what its host name stands for */
    size_t tried;       /* of them */
    int trouble;        /* why the last address failed */
    char *request;      /* the line that goes out; memory_free */
    size_t request_bytes;
    struct frame frame;
    const char *line; /* the whole reply; in the frame */
    size_t line_bytes;
};

static void exchange_try(struct exchange *exchange);
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

/* ---- closing ---- */

static void free_if_done(struct exchange *exchange)
{
    if (!exchange->closed || exchange->socket_open) {
        return;
    }
    memory_free(exchange->request);
    free(exchange);
}

static void on_closed(uv_handle_t *handle)
{
    struct exchange *exchange = handle->data;
    exchange->socket_open = false;
    free_if_done(exchange);
}

/* Lets those read on that wait for buffer. */
static void resume_paused(struct exchanges *exchanges)
{
    if (!exchanges->paused) {
        return;
    }
    exchanges->paused = false;
    for (struct exchange *exchange = exchanges->list; exchange; exchange = exchange->next) {
        if (!exchange->paused) {
            continue;
        }
        exchange->paused = false;
        /* If it cannot, the node's time-out ends it. */
        int status = uv_read_start((uv_stream_t *)&exchange->tcp, chunk_alloc, on_read);
        (void)status;
    }
}

/* The exchange may be gone when it returns. */
static void exchange_close(struct exchange *exchange)
{
    struct exchanges *all = exchange->all;
    ASSERT(!exchange->closed && all->buffer_bytes >= exchange->frame.capacity);
    exchange->closed = true;
    LIST_REMOVE(all->list, exchange, next);
    all->buffer_bytes -= exchange->frame.capacity;
    frame_clear(&exchange->frame);
    lookup_abandon(&exchange->wait);
    if (exchange->socket_open && !uv_is_closing((uv_handle_t *)&exchange->tcp)) {
        uv_close((uv_handle_t *)&exchange->tcp, on_closed);
    }
    resume_paused(all);
    free_if_done(exchange);
}

/* Tells the failure and closes. */
static void exchange_fail(struct exchange *exchange, enum hc_code code, const char *text)
{
    struct hc_fault fault;
    fault_set(&fault, code, "%s", text);
    /* Without memory for it the node's time-out has the last word. */
    bool told = inbox_push(exchange->all->inbox, INBOX_FAILURE, exchange->handle, &fault);
    (void)told;
    exchange_close(exchange);
}

/* ---- reading ---- */

static void exchange_receive(struct exchange *exchange, const char *bytes, size_t count)
{
    struct exchanges *all = exchange->all;
    char text[64];
    ASSERT(!exchange->line && all->buffer_bytes >= exchange->frame.capacity);
    all->buffer_bytes -= exchange->frame.capacity;
    bool appended = frame_append(&exchange->frame, bytes, count);
    all->buffer_bytes += exchange->frame.capacity;
    if (!appended) {
        /* What was read is lost. To the node it is as if the peer had said that it is busy (see the runtime). */
        exchange_fail(exchange, HC_NO_MEMORY, "out of memory");
        return;
    }
    switch (frame_next(&exchange->frame, &exchange->line, &exchange->line_bytes)) {
    case FRAME_LINE:
        uv_read_stop((uv_stream_t *)&exchange->tcp);
        if (!inbox_push(all->inbox, INBOX_REPLY, exchange->handle, NULL)) {
            exchange_close(exchange);
        }
        break;
    case FRAME_TOO_LONG:
        snprintf(text, sizeof text, "its answer is longer than %u bytes", HC_FRAME_BYTES_MAX);
        exchange_fail(exchange, HC_BAD_REPLY, text);
        break;
    case FRAME_MORE:
        if (all->buffer_bytes >= EXCHANGES_BUFFER_BYTES_MAX) {
            uv_read_stop((uv_stream_t *)&exchange->tcp);
            exchange->paused = all->paused = true;
        }
        break;
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct exchange *exchange = stream->data;
    if (count > 0) {
        exchange_receive(exchange, buffer->base, (size_t)count);
    } else if (count == UV_EOF) {
        exchange_fail(exchange, HC_CLOSED,
                      frame_pending(&exchange->frame) > 0 ? "closed in the middle of its answer"
                                                          : "closed without an answer");
    } else if (count < 0) {
        exchange_fail(exchange, HC_CLOSED, uv_strerror((int)count));
    }
}

/* ---- connecting and writing ---- */

static void on_written(uv_write_t *write, int status)
{
    struct exchange *exchange = write->data;
    (void)status;
    memory_free(exchange->request);
    exchange->request = NULL;
}

static void on_address_closed(uv_handle_t *handle)
{
    struct exchange *exchange = handle->data;
    exchange->socket_open = false;
    if (exchange->closed) {
        free_if_done(exchange);
    } else {
        exchange_try(exchange);
    }
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct exchange *exchange = connect->data;
    if (exchange->closed || uv_is_closing((uv_handle_t *)&exchange->tcp)) {
        return;
    }
    if (status != 0) {
        exchange->trouble = status;
        if (exchange->tried == exchange->found.count) {
            exchange_fail(exchange, HC_UNREACHABLE, uv_strerror(status));
        } else {
            uv_close((uv_handle_t *)&exchange->tcp, on_address_closed);
        }
        return;
    }
    uv_stream_t *stream = (uv_stream_t *)&exchange->tcp;
    uv_buf_t buffer = uv_buf_init(exchange->request, (unsigned)exchange->request_bytes);
    uv_tcp_nodelay(&exchange->tcp, 1);
    exchange->write.data = exchange;
    status = uv_write(&exchange->write, stream, &buffer, 1, on_written);
    if (status == 0) {
        status = uv_read_start(stream, chunk_alloc, on_read);
    }
    if (status != 0) {
        exchange_fail(exchange, HC_CLOSED, uv_strerror(status));
    }
}

/* Opens a socket to one address. 0 or a libuv error; then the socket may be open all the same. */
static int exchange_connect(struct exchange *exchange, const struct sockaddr *address)
{
    ASSERT(!exchange->socket_open && exchange->request);
    int status = uv_tcp_init(exchange->all->loop, &exchange->tcp);
    if (status != 0) {
        return status;
    }
    exchange->tcp.data = exchange;
    exchange->connect.data = exchange;
    exchange->socket_open = true;
    return uv_tcp_connect(&exchange->connect, &exchange->tcp, address, on_connected);
}

/* Connects to the next address that was found; with none left, tells why the last one failed. */
static void exchange_try(struct exchange *exchange)
{
    ASSERT(!exchange->closed && !exchange->socket_open && exchange->tried <= exchange->found.count);
    if (exchange->tried == exchange->found.count) {
        exchange_fail(exchange, HC_UNREACHABLE, uv_strerror(exchange->trouble));
        return;
    }
    union address *next = &exchange->found.list[exchange->tried++];
    address_set_port(next, exchange->port);
    int status = exchange_connect(exchange, &next->any);
    if (status == 0) {
        return;
    }
    exchange->trouble = status;
    if (exchange->socket_open) {
        uv_close((uv_handle_t *)&exchange->tcp, on_address_closed);
    } else {
        exchange_fail(exchange, HC_UNREACHABLE, uv_strerror(status));
    }
}

static void on_found(struct lookup_wait *wait, const struct found *found)
{
    struct exchange *exchange = wait->owner;
    ASSERT(!exchange->closed && exchange->tried == 0);
    exchange->found = *found;
    if (found->count > 0) {
        exchange_try(exchange);
    } else {
        exchange_fail(exchange, HC_UNREACHABLE, found->trouble);
    }
}

/* Turns to the address, or has it looked up. */
static void exchange_begin(struct exchange *exchange, const char *address)
{
    char host[HC_ADDR_BYTES_MAX + 1];
    union address numeric;
    hc_address_split(host, &exchange->port, address);
    if (address_read(&numeric, host, exchange->port)) {
        int status = exchange_connect(exchange, &numeric.any);
        if (status != 0) {
            exchange_fail(exchange, HC_UNREACHABLE, uv_strerror(status));
        }
        return;
    }
    exchange->wait.owner = exchange;
    exchange->wait.done = on_found;
    if (!lookup_begin(&exchange->all->lookups, &exchange->wait, host)) {
        exchange_fail(exchange, HC_NO_MEMORY, "out of memory");
    }
}

/* ---- what the runtime asks for ---- */

void exchanges_init(struct exchanges *exchanges, uv_loop_t *loop, struct inbox *inbox,
                    const uint8_t network[static HC_NETWORK_BYTES])
{
    memset(exchanges, 0, sizeof *exchanges);
    exchanges->loop = loop;
    exchanges->inbox = inbox;
    exchanges->network = network;
    lookups_init(&exchanges->lookups, loop);
}

bool exchanges_begin(struct exchanges *exchanges, uint64_t handle, const char *address,
                     const struct hc_message *message)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        return false;
    }
    if (hc_wire_encode(&exchange->request, &exchange->request_bytes, message) != HC_OK) {
        free(exchange);
        return false;
    }
    exchange->all = exchanges;
    exchange->handle = handle;
    frame_init(&exchange->frame, HC_FRAME_BYTES_MAX);
    exchange->next = exchanges->list;
    exchanges->list = exchange;
    exchange_begin(exchange, address);
    return true;
}

static struct exchange *find(struct exchanges *exchanges, uint64_t handle)
{
    struct exchange *exchange = exchanges->list;
    while (exchange && exchange->handle != handle) {
        exchange = exchange->next;
    }
    return exchange;
}

/* Decodes the whole line. Otherwise the fault says what is wrong with it. */
static bool exchange_decode(const struct exchange *exchange, struct hc_message *message, struct hc_fault *fault)
{
    enum hc_code code = hc_wire_decode(message, exchange->line, exchange->line_bytes, exchange->all->network, fault);
    if (code == HC_OK && message->type != HC_MESSAGE_REQUEST) {
        return true;
    }
    if (code == HC_OK) {
        hc_message_clear(message);
        fault_set(fault, HC_BAD_REPLY, "it answered with a request");
    } else if (code == HC_NO_MEMORY) {
        fault_set(fault, HC_NO_MEMORY, "out of memory");
    } else if (code != HC_WRONG_NETWORK) {
        fault->code = HC_BAD_REPLY;
    }
    return false;
}

enum exchange_taken exchanges_take(struct exchanges *exchanges, struct hc_message *message, union address *peer,
                                   struct hc_fault *fault, uint64_t handle)
{
    int peer_bytes = sizeof *peer;
    memset(message, 0, sizeof *message);
    memset(peer, 0, sizeof *peer);
    struct exchange *exchange = find(exchanges, handle);
    if (!exchange || !exchange->line) {
        return EXCHANGE_GONE;
    }
    bool decoded = exchange_decode(exchange, message, fault);
    if (uv_tcp_getpeername(&exchange->tcp, &peer->any, &peer_bytes) != 0) {
        peer->any.sa_family = AF_UNSPEC;
    }
    exchange_close(exchange);
    return decoded ? EXCHANGE_REPLIED : EXCHANGE_FAILED;
}

void exchanges_cancel(struct exchanges *exchanges, uint64_t handle)
{
    struct exchange *exchange = find(exchanges, handle);
    if (exchange) {
        exchange_close(exchange);
    }
}

void exchanges_stop(struct exchanges *exchanges)
{
    for (struct exchange *exchange = exchanges->list, *next; exchange; exchange = next) {
        next = exchange->next;
        exchange_close(exchange);
    }
    lookups_stop(&exchanges->lookups);
}
