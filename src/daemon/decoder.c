/* The good path: decoding_begin puts a decoding at the end of the list, and the first is given to a thread: on_work decodes;
 * on_worked, in the loop again, takes it out of the list, pushes its owner into the inbox, and begins the next.
 *
 * What fails: an owner that is gone has abandoned its decoding. One that waits is freed at once; one that is at work, in
 * on_worked. Without memory for the inbox the owner is not woken: then its time-out ends it.
 */
#include "daemon/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "daemon/list.h"

struct decoding {
    struct decoder *decoder;
    struct decoding *next;
    enum inbox_kind kind;
    uint64_t handle;
    struct frame frame; /* holds the line */
    const char *line;
    size_t bytes;
    size_t *counted;
    bool done, abandoned;
    enum hc_code code;
    struct hc_message message;
    struct hc_fault fault;
};

static void decoder_work(struct decoder *decoder);

static void line_free(struct decoding *decoding)
{
    ASSERT(*decoding->counted >= decoding->frame.capacity);
    *decoding->counted -= decoding->frame.capacity;
    frame_clear(&decoding->frame);
}

static void decoding_free(struct decoding *decoding)
{
    line_free(decoding);
    hc_message_clear(&decoding->message);
    free(decoding);
}

/* On a thread: touches nothing but this decoding, and the network, which never changes. */
static void on_work(uv_work_t *work)
{
    struct decoder *decoder = work->data;
    struct decoding *decoding = decoder->first;
    decoding->code =
        hc_wire_decode(&decoding->message, decoding->line, decoding->bytes, decoder->network, &decoding->fault);
}

static void on_worked(uv_work_t *work, int status)
{
    struct decoder *decoder = work->data;
    struct decoding *decoding = decoder->first;
    ASSERT(status == 0);
    decoder->first = decoding->next;
    decoding->done = true;
    if (decoding->abandoned) {
        decoding_free(decoding);
    } else {
        line_free(decoding);
        bool woken = inbox_push(decoder->inbox, decoding->kind, decoding->handle, NULL);
        (void)woken;
    }
    decoder_work(decoder);
}

static void decoder_work(struct decoder *decoder)
{
    if (decoder->first) {
        CHECK(uv_queue_work(decoder->loop, &decoder->work, on_work, on_worked) == 0);
    }
}

void decoder_init(struct decoder *decoder, uv_loop_t *loop, struct inbox *inbox,
                  const uint8_t network[static HC_NETWORK_BYTES])
{
    memset(decoder, 0, sizeof *decoder);
    decoder->loop = loop;
    decoder->inbox = inbox;
    decoder->network = network;
    decoder->work.data = decoder;
}

struct decoding *decoding_begin(struct decoder *decoder, struct frame *frame, const char *line, size_t bytes,
                                size_t *counted, enum inbox_kind kind, uint64_t handle)
{
    struct decoding *decoding = calloc(1, sizeof *decoding), **last = &decoder->first;
    struct frame rest;
    frame_init(&rest, frame->limit);
    if (!decoding || !frame_append(&rest, frame->bytes + frame->start, frame_pending(frame))) {
        free(decoding);
        return NULL;
    }
    *decoding = (struct decoding){.decoder = decoder,
                                  .kind = kind,
                                  .handle = handle,
                                  .frame = *frame,
                                  .line = line,
                                  .bytes = bytes,
                                  .counted = counted};
    *frame = rest;
    *counted += rest.capacity;
    bool idle = !decoder->first;
    while (*last) {
        last = &(*last)->next;
    }
    *last = decoding;
    if (idle) {
        decoder_work(decoder);
    }
    return decoding;
}

bool decoding_is_done(const struct decoding *decoding)
{
    return decoding->done;
}

enum hc_code decoding_take(struct decoding *decoding, struct hc_message *message, struct hc_fault *fault)
{
    ASSERT(decoding->done && !decoding->abandoned);
    enum hc_code code = decoding->code;
    *message = decoding->message;
    *fault = decoding->fault;
    memset(&decoding->message, 0, sizeof decoding->message);
    decoding_free(decoding);
    return code;
}

void decoding_abandon(struct decoding *decoding)
{
    if (!decoding) {
        return;
    }
    if (!decoding->done && decoding->decoder->first == decoding) {
        decoding->abandoned = true;
        return;
    }
    if (!decoding->done) {
        LIST_REMOVE(decoding->decoder->first, decoding, next);
    }
    decoding_free(decoding);
}
