/* What all parts of a storm use: its random numbers, its trace, and whether a check has failed. */
#include "sim/storm_parts.h"

#include <inttypes.h>
#include <stdarg.h>

#include "core/common/error.h"

uint64_t storm_below(struct storm *storm, uint64_t bound)
{
    ASSERT(bound > 0);
    return random_below(world_random(storm->world), bound);
}

void storm_trace(struct storm *storm, const char *format, ...) __attribute__((format(printf, 2, 3)));
void storm_trace(struct storm *storm, const char *format, ...)
{
    va_list arguments;
    if (!storm->trace) {
        return;
    }
    fprintf(storm->trace, "%8" PRId64 " ms  ", world_now(storm->world));
    va_start(arguments, format);
    vfprintf(storm->trace, format, arguments);
    va_end(arguments);
    fputc('\n', storm->trace);
}

bool storm_is_wrong(struct storm *storm)
{
    if (storm->checks.wrong[0] != '\0') {
        snprintf(storm->result->wrong, sizeof storm->result->wrong, "%s", storm->checks.wrong);
        storm_trace(storm, "WRONG: %s", storm->checks.wrong);
        return true;
    }
    return false;
}
