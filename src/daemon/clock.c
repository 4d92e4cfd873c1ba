/* The two clocks: one that never runs backwards, and the time of day. */
#include "daemon/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec time = {0, 0};
    if (clock_gettime(clock, &time) != 0) {
        return 0;
    }
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t clock_now_ms(const uv_loop_t *loop)
{
    static int64_t last_ms;
    /* The two are read one after the other: the difference may be off by a millisecond either way. */
    int64_t suspended_ms = read_ms(CLOCK_BOOTTIME) - read_ms(CLOCK_MONOTONIC);
    int64_t now_ms = (int64_t)uv_now(loop) + (suspended_ms > 0 ? suspended_ms : 0);
    if (now_ms > last_ms) {
        last_ms = now_ms;
    }
    return last_ms;
}

int64_t clock_day_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}
