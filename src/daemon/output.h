/* Standard output without waiting: a reader that stops reading (a terminal on hold, a full pipe) must not stop gossip.
 * What is queued beyond OUTPUT_BYTES_MAX is dropped, whole writes at a time. */
#ifndef HOWCOIN_DAEMON_OUTPUT_H
#define HOWCOIN_DAEMON_OUTPUT_H

#include <stddef.h>
#include <uv.h>

#define OUTPUT_BYTES_MAX (1u << 20)

/* Opens it on the loop; once. A terminal is opened anew, so that the shell's own stays blocking; a file is written
 * directly. 0 or a libuv error. */
int output_open(uv_loop_t *loop);
/* Writes all or nothing; the bytes are copied. Before output_open, and after output_close, directly. */
void output_write(const char *bytes, size_t count);
/* Waits up to OUTPUT_FLUSH_MS_MAX for what is queued, and closes. Runs the loop: not to be called from its callbacks,
 * and the loop must be run once more for the close. */
void output_close(void);

#endif
