/* Lines out of a stream of bytes, with a limit. Knows neither sockets nor JSON.
 *
 * Memory grows with the bytes that came, never by a number that was sent, and each byte is looked at once in
 * the search for the end of its line.
 */
#ifndef HOWCOIN_DAEMON_FRAME_H
#define HOWCOIN_DAEMON_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "howcoin/error.h"

struct frame {
    char *bytes;     /* owned; NULL while nothing is held */
    size_t capacity; /* of `bytes` */
    size_t start;    /* of the line that is not taken yet; at most `scanned` */
    size_t scanned;  /* no line ends between start and here; at most `used` */
    size_t used;     /* at most `capacity` */
    size_t limit;    /* bytes of a line, without its end */
};

enum frame_result {
    FRAME_MORE,     /* no whole line yet */
    FRAME_LINE,     /* one line */
    FRAME_TOO_LONG, /* the line that is coming is above the limit: nothing more can be taken */
};

void frame_init(struct frame *frame, size_t limit);
/* Gives the memory back; the frame is empty then, and may be used again. */
void frame_clear(struct frame *frame);

/* How many bytes of memory an append of `count` bytes would take in addition. */
size_t frame_growth(const struct frame *frame, size_t count);
/* Copies `count` bytes in. False if memory ran out; the frame is as it was. */
bool frame_append(struct frame *frame, const char *bytes, size_t count) HC_MUST_USE;
/* What frame_next will give. Ends the life of no line. */
enum frame_result frame_look(struct frame *frame) HC_MUST_USE;
/* Takes the next line, without its end. It is valid until the next append or clear. */
enum frame_result frame_next(struct frame *frame, const char **line, size_t *count) HC_MUST_USE;
/* How many bytes came that were not taken as lines. */
size_t frame_pending(const struct frame *frame);
/* Gives the memory back if nothing is pending. Ends the life of the line taken last. */
void frame_rest(struct frame *frame);

#endif
