/* The good path: kept_open dials (dial.h), or kept_adopt takes a connection over; from then on the link TALKS. on_read
 * collects bytes; while a whole line is there the link stands in the inbox, once. The runtime takes one line a turn of the
 * loop, so that a busy peer does not keep others out. What is sent is collected in `out`. kept_flush gives it to the kernel;
 * what the kernel does not take is `written` by libuv, and `out` waits until on_written. A link at rest has neither.
 *
 * What fails, each of them once the lines before it are taken:
 * - no connection, or none in time: HC_UNREACHABLE, HC_SILENT.
 * - the end of the stream, or a reset: HC_CLOSED. The kernel waited for an acknowledgement in vain: HC_SILENT. A failed
 *   write is not told by itself: the other side may have said something before it closed, and reading shows that.
 * - too much that waits to be written: HC_SLOW; no memory for a line: HC_NO_MEMORY.
 * - a line that is too long or does not decode: the other side is told the error as the last word.
 * A link that brings more than its share is HELD: its lines wait, and soon it is not read any more, until on_tick finds that
 * it has a share again.
 *
 * The end: link_finish writes what is left, shuts this side down, and throws away what still comes until the other side has
 * closed, or its time is over: closing at once might reset the connection, and the last words would be lost. link_close takes
 * the link out of the list at once; on_hung_up frees it.
 */
#include "daemon/kept.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"
#include "daemon/chunk.h"
#include "daemon/dial.h"
#include "daemon/limits.h"
#include "daemon/list.h"
#include "daemon/share.h"
#include "howcoin/node.h"

enum link_stage {
    LINK_DIALS,
    LINK_TALKS,
    LINK_FINISHES, /* nothing is reported any more; the last words go out */
    LINK_CLOSED,
};

struct link {
    struct dial dial;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct kept *all;
    struct link *next;
    uint64_t handle;
    enum link_stage stage;
    bool told;          /* it stands in the inbox */
    bool paused;        /* it is not read: too much waits */
    bool held;          /* what waits is not told: it is more than its share */
    bool mute;          /* nothing can be written any more */
    bool over;          /* nothing more comes, because of: */
    enum hc_code why;   /* */
    const char *text;   /* static */
    int trouble;        /* of the write that failed; a libuv error */
    uint64_t until_ms;  /* when it has dialled or finished for too long */
    struct frame frame; /* what has come */
    char *out;          /* what is to be written next */
    size_t out_bytes, out_capacity;
    char *written; /* what libuv writes; NULL: nothing */
    struct share share;
    struct link_counters counters;
};

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);
static void on_tick(uv_timer_t *timer);

static uv_stream_t *stream_of(struct link *link)
{
    return (uv_stream_t *)&link->dial.tcp;
}

static void tick_start(struct kept *kept)
{
    if (!uv_is_active((uv_handle_t *)&kept->timer)) {
        uv_timer_start(&kept->timer, on_tick, LINKS_TICK_MS, LINKS_TICK_MS);
    }
}

/* ---- closing ---- */

static void out_drop(struct link *link)
{
    memory_free(link->out);
    link->out = NULL;
    link->out_bytes = link->out_capacity = 0;
}

static void on_hung_up(struct dial *dial)
{
    free(dial->owner);
}

/* The link may be gone when it returns. */
static void link_close(struct link *link)
{
    ASSERT(link->stage != LINK_CLOSED && link->all->count > 0);
    link->stage = LINK_CLOSED;
    LIST_REMOVE(link->all->list, link, next);
    link->all->count--;
    frame_clear(&link->frame);
    out_drop(link);
    dial_close(&link->dial);
}

/* ---- telling ---- */

static bool link_has_news(struct link *link)
{
    return (link->stage == LINK_DIALS || link->stage == LINK_TALKS) &&
           (link->over || frame_look(&link->frame) != FRAME_MORE);
}

/* Puts the link into the inbox, if there is something to be taken; without memory for that, at a later tick. */
static void link_tell(struct link *link)
{
    if (link->told || link->held || !link_has_news(link)) {
        return;
    }
    link->told = inbox_push(link->all->inbox, INBOX_LINK, link->handle, NULL);
    if (!link->told) {
        tick_start(link->all);
    }
}

/* Nothing more comes. What was read before is still told. */
static void link_over(struct link *link, enum hc_code why, const char *text)
{
    if (link->over) {
        return;
    }
    link->over = link->mute = true;
    link->why = why;
    link->text = text;
    out_drop(link);
    if (link->stage == LINK_TALKS) {
        uv_read_stop(stream_of(link));
    }
    link_tell(link);
}

/* ---- writing ---- */

static void link_flush(struct link *link);

static void link_mute(struct link *link, int status)
{
    link->mute = true;
    link->trouble = status;
    out_drop(link);
}

static void on_written(uv_write_t *write, int status)
{
    struct link *link = write->data;
    memory_free(link->written);
    link->written = NULL;
    if (status != 0) {
        link_mute(link, status);
    }
    link_flush(link);
}

/* Hands the rest of `out` to libuv. */
static void link_write(struct link *link, size_t done)
{
    uv_buf_t rest = uv_buf_init(link->out + done, (unsigned)(link->out_bytes - done));
    link->write.data = link;
    int status = uv_write(&link->write, stream_of(link), &rest, 1, on_written);
    if (status != 0) {
        link_mute(link, status);
        return;
    }
    link->written = link->out;
    link->out = NULL;
    link->out_bytes = link->out_capacity = 0;
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    struct link *link = shutdown->data;
    if (status != 0 && link->stage != LINK_CLOSED) {
        link_close(link);
    }
}

/* Everything is said: the other side may close now. */
static void link_shut(struct link *link)
{
    link->mute = true;
    link->shutdown.data = link;
    if (uv_shutdown(&link->shutdown, stream_of(link), on_shutdown) != 0) {
        link_close(link);
    }
}

/* The link may be gone when it returns. */
static void link_flush(struct link *link)
{
    bool talks = link->stage == LINK_TALKS || link->stage == LINK_FINISHES;
    if (!talks || link->written) {
        return;
    }
    if (link->out_bytes > 0) {
        uv_buf_t buffer = uv_buf_init(link->out, (unsigned)link->out_bytes);
        int sent = uv_try_write(stream_of(link), &buffer, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            link_mute(link, sent);
        } else if (sent >= 0 && (size_t)sent == link->out_bytes) {
            out_drop(link);
        } else {
            link_write(link, sent > 0 ? (size_t)sent : 0);
        }
    }
    if (link->stage != LINK_FINISHES || link->written) {
        return;
    }
    if (!link->mute) {
        link_shut(link);
    } else if (link->trouble != 0) {
        link_close(link);
    }
}

static void link_send(struct link *link, const struct hc_message *message)
{
    char *line;
    size_t bytes;
    if (link->mute) {
        return;
    }
    if (hc_wire_encode(&line, &bytes, message) != HC_OK) {
        link_over(link, HC_NO_MEMORY, "out of memory");
        return;
    }
    size_t waiting = link->out_bytes;
    waiting += link->written ? uv_stream_get_write_queue_size(stream_of(link)) : 0;
    if (waiting + bytes > LINK_QUEUE_BYTES_MAX) {
        link_over(link, HC_SLOW, "it does not take what it is sent");
    } else if (!ARRAY_RESERVE(link->out, link->out_capacity, link->out_bytes + bytes)) {
        link_over(link, HC_NO_MEMORY, "out of memory");
    } else {
        memcpy(link->out + link->out_bytes, line, bytes);
        link->out_bytes += bytes;
        link->counters.messages_sent++;
        link->counters.bytes_sent += bytes;
    }
    hc_wire_free(line);
}

/* ---- reading ---- */

static void read_on(struct link *link)
{
    int status = uv_read_start(stream_of(link), chunk_alloc, on_read);
    if (status != 0 && status != UV_EALREADY) {
        link_over(link, HC_CLOSED, uv_strerror(status));
    }
}

static void link_receive(struct link *link, const char *bytes, size_t count)
{
    link->counters.bytes_received += count;
    if (!frame_append(&link->frame, bytes, count)) {
        link_over(link, HC_NO_MEMORY, "out of memory");
        return;
    }
    if (frame_pending(&link->frame) >= LINK_AHEAD_BYTES_MAX && frame_look(&link->frame) != FRAME_MORE) {
        link->paused = true;
        uv_read_stop(stream_of(link));
    }
    link_tell(link);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct link *link = ((struct dial *)stream->data)->owner;
    if (link->stage == LINK_FINISHES) {
        if (count < 0) {
            link_close(link);
        }
    } else if (count > 0) {
        link_receive(link, buffer->base, (size_t)count);
    } else if (count < 0) {
        int status = link->trouble != 0 ? link->trouble : (int)count;
        link_over(link, status == UV_ETIMEDOUT ? HC_SILENT : HC_CLOSED,
                  status == UV_EOF ? "closed the connection" : uv_strerror(status));
    }
}

/* After a line was taken. */
static void link_advance(struct link *link)
{
    frame_rest(&link->frame);
    if (link->paused &&
        (frame_pending(&link->frame) < LINK_AHEAD_BYTES_MAX / 2 || frame_look(&link->frame) == FRAME_MORE)) {
        link->paused = false;
        if (!link->over) {
            read_on(link);
        }
    }
    link_tell(link);
}

/* ---- finishing ---- */

/* The link may be gone when it returns. */
static void link_finish(struct link *link)
{
    if (link->stage == LINK_DIALS || link->mute) {
        link_close(link);
        return;
    }
    link->stage = LINK_FINISHES;
    link->until_ms = uv_now(link->all->loop) + LINK_LAST_WORDS_MS;
    tick_start(link->all);
    frame_clear(&link->frame);
    read_on(link);
    link_flush(link);
}

/* Tells the other side what is wrong with what it sent, and no more. */
static void link_refuse(struct link *link, const struct hc_fault *fault)
{
    struct hc_message message;
    memset(&message, 0, sizeof message);
    message.type = HC_MESSAGE_ERROR;
    memcpy(message.network, link->all->network, HC_NETWORK_BYTES);
    message.error = *fault;
    link_send(link, &message);
    link_finish(link);
}

/* What time does to a link. Whether it is to be looked at again. */
static bool link_tick(struct link *link, uint64_t now_ms)
{
    bool late = now_ms >= link->until_ms;
    switch (link->stage) {
    case LINK_DIALS:
        if (late) {
            link_over(link, HC_SILENT, "no connection in time");
        }
        break;
    case LINK_TALKS:
        link->held = link->held && !share_is_left(&link->share, now_ms);
        break;
    case LINK_FINISHES:
        if (late) {
            link_close(link);
            return false;
        }
        return true;
    case LINK_CLOSED:
        return false;
    }
    link_tell(link);
    return link->held || (link->stage == LINK_DIALS && !link->over) || (!link->told && link_has_news(link));
}

static void on_tick(uv_timer_t *timer)
{
    struct kept *kept = timer->data;
    uint64_t now_ms = uv_now(kept->loop);
    bool again = false;
    for (struct link *link = kept->list, *next; link; link = next) {
        next = link->next;
        again = link_tick(link, now_ms) || again;
    }
    if (!again) {
        uv_timer_stop(timer);
    }
}

/* ---- beginning ---- */

/* Bytes that are not acknowledged for so long end the connection with ETIMEDOUT; otherwise that takes a quarter of an hour. */
static void link_talk(struct link *link)
{
    unsigned timeout_ms = LINK_UNACKNOWLEDGED_MS * link->all->patience;
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&link->dial.tcp, &fd) == 0) {
        /* If it cannot be set, the node's own time-outs are left. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    }
    link->stage = LINK_TALKS;
    read_on(link);
    link_flush(link);
}

static void on_dialled(struct dial *dial, enum hc_code code, const char *text)
{
    struct link *link = dial->owner;
    if (link->over) {
        return; /* too late */
    }
    if (code == HC_OK) {
        link_talk(link);
    } else {
        link_over(link, code, text);
    }
}

/* With all places taken, the one that has been finishing for longest gives way. */
static bool kept_has_room(struct kept *kept)
{
    struct link *finishing = NULL;
    for (struct link *link = kept->list; link; link = link->next) {
        finishing = link->stage == LINK_FINISHES ? link : finishing;
    }
    if (kept->count >= LINKS_MAX && finishing) {
        link_close(finishing);
    }
    return kept->count < LINKS_MAX;
}

static struct link *link_new(struct kept *kept, uint64_t handle)
{
    struct link *link = kept_has_room(kept) ? calloc(1, sizeof *link) : NULL;
    if (!link) {
        return NULL;
    }
    link->dial.loop = kept->loop;
    link->dial.lookups = kept->lookups;
    link->dial.owner = link;
    link->dial.done = on_dialled;
    link->dial.closed = on_hung_up;
    link->all = kept;
    link->handle = handle;
    link->until_ms = uv_now(kept->loop) + LINK_DIAL_MS * (uint64_t)kept->patience;
    frame_init(&link->frame, HC_LINK_LINE_BYTES_MAX);
    share_init(&link->share, uv_now(kept->loop));
    link->next = kept->list;
    kept->list = link;
    kept->count++;
    return link;
}

/* ---- what the runtime asks for ---- */

void kept_init(struct kept *kept, uv_loop_t *loop, struct inbox *inbox, struct lookups *lookups,
               const uint8_t network[static HC_NETWORK_BYTES], uint32_t patience)
{
    ASSERT(patience > 0);
    memset(kept, 0, sizeof *kept);
    kept->loop = loop;
    kept->inbox = inbox;
    kept->lookups = lookups;
    kept->network = network;
    kept->patience = patience;
    CHECK(uv_timer_init(loop, &kept->timer) == 0);
    kept->timer.data = kept;
}

bool kept_open(struct kept *kept, uint64_t handle, const char *address, const struct hc_message *message)
{
    ASSERT((handle & HC_HANDLE_THEIRS) == 0);
    struct link *link = link_new(kept, handle);
    if (!link) {
        return false;
    }
    link_send(link, message);
    if (!link->over) {
        tick_start(kept);
        dial_begin(&link->dial, address);
    }
    return true;
}

uint64_t kept_adopt(struct kept *kept, int fd, const struct frame *rest)
{
    struct frame came = *rest;
    struct link *link = link_new(kept, HC_HANDLE_THEIRS | (kept->last_id + 1));
    if (!link) {
        frame_clear(&came);
        (void)close(fd);
        return 0;
    }
    kept->last_id++;
    came.limit = HC_LINK_LINE_BYTES_MAX;
    link->frame = came;
    link->counters.bytes_received = frame_pending(&came);
    if (!dial_adopt(&link->dial, fd)) {
        link_close(link);
        return 0;
    }
    link_talk(link);
    link_tell(link);
    return link->handle;
}

static struct link *find(const struct kept *kept, uint64_t handle)
{
    struct link *link = kept->list;
    while (link && (link->handle != handle || link->stage == LINK_FINISHES)) {
        link = link->next;
    }
    return link;
}

void kept_send(struct kept *kept, uint64_t handle, const struct hc_message *message)
{
    struct link *link = find(kept, handle);
    if (link) {
        link_send(link, message);
    }
}

void kept_flush(struct kept *kept)
{
    for (struct link *link = kept->list, *next; link; link = next) {
        next = link->next;
        if (link->out_bytes > 0) {
            link_flush(link);
        }
    }
}

void kept_close(struct kept *kept, uint64_t handle)
{
    struct link *link = find(kept, handle);
    if (link) {
        link_finish(link);
    }
}

/* Decodes one line. Otherwise the fault says what is wrong with it. */
static enum hc_code link_decode(struct link *link, struct hc_message *message, struct hc_fault *fault, const char *line,
                                size_t bytes)
{
    share_spend(&link->share, bytes);
    link->counters.messages_received++;
    enum hc_code code = hc_wire_decode(message, line, bytes, link->all->network, fault);
    return code == HC_NO_MEMORY ? fault_set(fault, HC_NO_MEMORY, "out of memory") : code;
}

/* The last thing that is told of a link. */
static enum link_taken link_end(struct link *link, struct hc_fault *fault)
{
    fault_set(fault, link->why, "%s", link->text);
    link_close(link);
    return LINK_ENDED;
}

enum link_taken kept_take(struct kept *kept, struct hc_message *message, struct hc_fault *fault, uint64_t handle)
{
    const char *line;
    size_t bytes;
    struct link *link = find(kept, handle);
    memset(message, 0, sizeof *message);
    if (!link) {
        return LINK_NOTHING;
    }
    link->told = false;
    if (!share_is_left(&link->share, uv_now(kept->loop))) {
        link->held = true;
        tick_start(kept);
        return LINK_NOTHING;
    }
    switch (frame_next(&link->frame, &line, &bytes)) {
    case FRAME_MORE:
        return link->over ? link_end(link, fault) : LINK_NOTHING;
    case FRAME_TOO_LONG:
        fault_set(fault, HC_TOO_LARGE, "a line of a link has at most %u bytes", HC_LINK_LINE_BYTES_MAX);
        break;
    case FRAME_LINE:
        if (link_decode(link, message, fault, line, bytes) == HC_OK) {
            link_advance(link);
            return LINK_SAYS;
        }
        break;
    }
    if (fault->code == HC_NO_MEMORY) {
        link_close(link);
    } else {
        link_refuse(link, fault);
    }
    return LINK_ENDED;
}

bool kept_peer(const struct kept *kept, union address *peer, uint64_t handle)
{
    const struct link *link = find(kept, handle);
    int bytes = sizeof *peer;
    memset(peer, 0, sizeof *peer);
    return link && link->stage == LINK_TALKS && uv_tcp_getpeername(&link->dial.tcp, &peer->any, &bytes) == 0;
}

bool kept_count(const struct kept *kept, uint64_t handle, struct link_counters *out)
{
    const struct link *link = find(kept, handle);
    *out = link ? link->counters : (struct link_counters){0};
    return link;
}

void kept_stop(struct kept *kept)
{
    for (struct link *link = kept->list, *next; link; link = next) {
        next = link->next;
        if (link->stage != LINK_FINISHES) {
            link_finish(link);
        }
    }
}

void kept_abort(struct kept *kept)
{
    while (kept->list) {
        link_close(kept->list);
    }
    if (!uv_is_closing((uv_handle_t *)&kept->timer)) {
        uv_close((uv_handle_t *)&kept->timer, NULL);
    }
}

bool kept_is_busy(const struct kept *kept)
{
    return kept->list;
}
