/* Long lines, decoded on one of libuv's threads, so that no turn of the loop takes longer than 20 ms. Only messages of the
 * simple form are so long. One at a time: a message may take many times the memory of its line until the node has it, and
 * the disk needs threads, too.
 *
 * Whoever has a line waits meanwhile; when it is decoded, it is put into the inbox once more, as it was when the line came.
 */
#ifndef HOWCOIN_DAEMON_DECODER_H
#define HOWCOIN_DAEMON_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/frame.h"
#include "daemon/inbox.h"
#include "howcoin/error.h"
#include "howcoin/wire.h"

struct decoding;

struct decoder {
    uv_loop_t *loop;        /* borrowed */
    struct inbox *inbox;    /* borrowed */
    const uint8_t *network; /* borrowed; HC_NETWORK_BYTES */
    uv_work_t work;
    struct decoding *first; /* the one that is at work, and those that wait, in the order in which they came */
};

void decoder_init(struct decoder *decoder, uv_loop_t *loop, struct inbox *inbox,
                  const uint8_t network[static HC_NETWORK_BYTES]);

/* Takes the frame's memory over, with the line, which was taken from it last; what came behind the line stays in the
 * frame. *counted, which counts the memory of frames, counts that of the line until it is given back. NULL if memory ran
 * out: all is as it was. */
struct decoding *decoding_begin(struct decoder *decoder, struct frame *frame, const char *line, size_t bytes,
                                size_t *counted, enum inbox_kind kind, uint64_t handle) HC_MUST_USE;
/* Whether decoding_take may be called. */
bool decoding_is_done(const struct decoding *decoding);
/* Ends a decoding that is done: what hc_wire_decode returned, and gave. */
enum hc_code decoding_take(struct decoding *decoding, struct hc_message *message, struct hc_fault *fault) HC_MUST_USE;
/* Nobody wants it any more. NULL is fine. */
void decoding_abandon(struct decoding *decoding);

#endif
