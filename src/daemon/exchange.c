/* The good path: exchanges_begin dials (dial.h); on_dialled starts to write the request and to read. on_read collects
 * bytes until a line is whole, stops reading, and puts the exchange into the inbox; the runtime takes the message, which
 * closes it.
 *
 * What fails:
 * - no connection: HC_UNREACHABLE.
 * - a reset, or the end before a whole line: HC_CLOSED. A failed write is not told by itself: the peer may have
 *   answered (`busy`) before it closed, and reading shows which.
 * - too long a line: HC_BAD_REPLY. Each of them closes the exchange; so do its reply, once taken, and
 *   exchanges_cancel.
 *
 * An exchange is a dial. exchange_close takes it out of the list at once; on_hung_up frees it.
 */
#include "daemon/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/memory.h"
#include "daemon/chunk.h"
#include "daemon/dial.h"
#include "daemon/frame.h"
#include "daemon/limits.h"
#include "daemon/list.h"

struct exchange {
    struct dial dial;
    uv_write_t write;
    struct exchanges *all;
    struct exchange *next;
    uint64_t handle;
    bool closed;   /* out of the list; only memory is left */
    bool paused;   /* does not read, for want of buffer */
    char *request; /* the line that goes out; memory_free */
    size_t request_bytes;
    struct frame frame;
    const char *line; /* the whole reply; in the frame, or being decoded */
    size_t line_bytes;
    struct decoding *decoding; /* of a long line */
};

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

/* ---- closing ---- */

static void on_hung_up(struct dial *dial)
{
    struct exchange *exchange = dial->owner;
    memory_free(exchange->request);
    free(exchange);
}

static uv_stream_t *stream_of(struct exchange *exchange)
{
    return (uv_stream_t *)&exchange->dial.tcp;
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
        int status = uv_read_start(stream_of(exchange), chunk_alloc, on_read);
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
    decoding_abandon(exchange->decoding);
    exchange->decoding = NULL;
    resume_paused(all);
    dial_close(&exchange->dial);
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
        uv_read_stop(stream_of(exchange));
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
            uv_read_stop(stream_of(exchange));
            exchange->paused = all->paused = true;
        }
        break;
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct exchange *exchange = ((struct dial *)stream->data)->owner;
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

static void on_dialled(struct dial *dial, enum hc_code code, const char *text)
{
    struct exchange *exchange = dial->owner;
    if (code != HC_OK) {
        exchange_fail(exchange, code, text);
        return;
    }
    uv_stream_t *stream = stream_of(exchange);
    uv_buf_t buffer = uv_buf_init(exchange->request, (unsigned)exchange->request_bytes);
    exchange->write.data = exchange;
    int status = uv_write(&exchange->write, stream, &buffer, 1, on_written);
    if (status == 0) {
        status = uv_read_start(stream, chunk_alloc, on_read);
    }
    if (status != 0) {
        exchange_fail(exchange, HC_CLOSED, uv_strerror(status));
    }
}

/* ---- what the runtime asks for ---- */

void exchanges_init(struct exchanges *exchanges, uv_loop_t *loop, struct inbox *inbox, struct lookups *lookups,
                    struct decoder *decoder, const uint8_t network[static HC_NETWORK_BYTES])
{
    memset(exchanges, 0, sizeof *exchanges);
    exchanges->loop = loop;
    exchanges->inbox = inbox;
    exchanges->lookups = lookups;
    exchanges->decoder = decoder;
    exchanges->network = network;
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
    exchange->dial.loop = exchanges->loop;
    exchange->dial.lookups = exchanges->lookups;
    exchange->dial.owner = exchange;
    exchange->dial.done = on_dialled;
    exchange->dial.closed = on_hung_up;
    exchange->all = exchanges;
    exchange->handle = handle;
    frame_init(&exchange->frame, HC_FRAME_BYTES_MAX);
    exchange->next = exchanges->list;
    exchanges->list = exchange;
    dial_begin(&exchange->dial, address);
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

static bool is_answer(const struct hc_message *message)
{
    return message->type == HC_MESSAGE_REPLY || message->type == HC_MESSAGE_WELCOME ||
           message->type == HC_MESSAGE_ERROR;
}

/* Decodes the whole line. Otherwise the fault says what is wrong with it. */
static bool exchange_decode(struct exchange *exchange, struct hc_message *message, struct hc_fault *fault)
{
    enum hc_code code;
    if (exchange->decoding) {
        code = decoding_take(exchange->decoding, message, fault);
        exchange->decoding = NULL;
    } else {
        code = hc_wire_decode(message, exchange->line, exchange->line_bytes, exchange->all->network, fault);
    }
    if (code == HC_OK && is_answer(message)) {
        return true;
    }
    if (code == HC_OK) {
        hc_message_clear(message);
        fault_set(fault, HC_BAD_REPLY, "what it answered with is no answer");
    } else if (code == HC_NO_MEMORY) {
        fault_set(fault, HC_NO_MEMORY, "out of memory");
    } else if (code != HC_WRONG_NETWORK) {
        fault->code = HC_BAD_REPLY;
    }
    return false;
}

/* Has a long line decoded elsewhere. Without memory for that it is decoded here. */
static bool exchange_must_wait(struct exchange *exchange)
{
    struct exchanges *all = exchange->all;
    if (!exchange->decoding && exchange->line_bytes > DECODE_HERE_BYTES_MAX) {
        exchange->decoding = decoding_begin(all->decoder, &exchange->frame, exchange->line, exchange->line_bytes,
                                            &all->buffer_bytes, INBOX_REPLY, exchange->handle);
    }
    return exchange->decoding && !decoding_is_done(exchange->decoding);
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
    if (exchange_must_wait(exchange)) {
        return EXCHANGE_DECODES;
    }
    bool decoded = exchange_decode(exchange, message, fault);
    if (uv_tcp_getpeername(&exchange->dial.tcp, &peer->any, &peer_bytes) != 0) {
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
}
