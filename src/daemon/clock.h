/* The clock of the events: milliseconds that never run backwards. */
#ifndef HOWCOIN_DAEMON_CLOCK_H
#define HOWCOIN_DAEMON_CLOCK_H

#include <stdint.h>
#include <uv.h>

/* The loop's time plus the time that the machine was suspended, which the loop's clock leaves out: a node must know
 * that it overslept (P7). Asked once a callback; for the one loop of the process. */
int64_t clock_now_ms(const uv_loop_t *loop);
/* The time of day, in milliseconds since 1970: for what people read, and for what outlives the process. */
int64_t clock_day_ms(void);

#endif
