/* Figures of what was measured: means, percentiles and the curve of a spread. */
#include <stdlib.h>

#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/memory.h"
#include "sim/measure_parts.h"

void times_add(struct times *times, int64_t ms)
{
    ASSERT(ms >= 0);
    CHECK(ARRAY_RESERVE(times->list, times->capacity, times->count + 1));
    times->list[times->count++] = (uint64_t)ms;
}

static int time_order(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* The place of a percentile in a sorted list (nearest rank). */
static size_t rank(size_t count, size_t percent)
{
    ASSERT(count > 0 && percent > 0 && percent <= 100);
    return (count * percent + 99) / 100 - 1;
}

struct measure_times figures_times(struct times *times)
{
    struct measure_times figures = {.count = times->count};
    if (times->count > 0) {
        uint64_t sum = 0;
        qsort(times->list, times->count, sizeof *times->list, time_order);
        for (size_t i = 0; i < times->count; i++) {
            sum += times->list[i];
        }
        figures.mean = (sum + times->count / 2) / times->count;
        figures.p50 = times->list[rank(times->count, 50)];
        figures.p99 = times->list[rank(times->count, 99)];
        figures.max = times->list[times->count - 1];
        ASSERT(figures.p50 <= figures.p99 && figures.p99 <= figures.max && figures.mean <= figures.max);
    }
    memory_free(times->list);
    return figures;
}

/* The share that all but `skip` changes had reached. */
static uint32_t share_after(const uint32_t shares[static THOUSAND + 1], uint64_t skip)
{
    uint32_t share = 0;
    for (uint64_t passed = shares[0]; passed <= skip && share < THOUSAND;) {
        passed += shares[++share];
    }
    return share;
}

void figures_curve(struct measured *measured, uint32_t (*shares)[THOUSAND + 1])
{
    for (size_t step = 0; step <= CURVE_STEPS_MAX; step++) {
        uint64_t count = 0, sum = 0;
        for (uint32_t share = 0; share <= THOUSAND; share++) {
            count += shares[step][share];
            sum += (uint64_t)share * shares[step][share];
        }
        if (count == 0) {
            return;
        }
        measured->curve[measured->curve_count++] =
            (struct measure_share){.mean = (uint32_t)(sum / count),
                                   .p50 = share_after(shares[step], count - 1 - rank(count, 50)),
                                   .p99 = share_after(shares[step], count - 1 - rank(count, 99)),
                                   .worst = share_after(shares[step], 0)};
        if (shares[step][THOUSAND] == count) {
            return;
        }
    }
}
