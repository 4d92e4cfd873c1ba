/* Refusals: what was not taken, counted by reason and told of now and then, so that a flood of garbage is a line, not
 * a flood of lines.
 *
 * Nodes of other networks (strangers) are told of by address, once each: whatever id such a node comes with costs it
 * nothing (D3).
 */
#ifndef HOWCOIN_CORE_REFUSALS_H
#define HOWCOIN_CORE_REFUSALS_H

#include <stdint.h>

#include "core/common/limits.h"
#include "core/node/effects.h"

struct strangers {
    char hosts[STRANGERS_MAX][STRANGER_BYTES_MAX + 1]; /* a ring: where they came from */
    size_t host_count;                                 /* ever */
    int64_t since_ms;                                  /* of the two below */
    uint64_t shown, hidden;                            /* told of one by one, and not; shown <= STRANGER_NOTICES_MAX */
};

/* Zeroed at first. */
struct refusals {
    uint64_t counted[HC_CODE_COUNT];
    uint64_t told[HC_CODE_COUNT]; /* how many of them; told <= counted */
    int64_t told_ms[HC_CODE_COUNT];
    struct strangers strangers;
};

/* Counts, and tells if it is time to: the first of a kind at once, more after REFUSED_NOTICE_MS. `text`, which may be
 * NULL, says of what. */
void refusals_add(struct refusals *refusals, enum hc_code code, uint64_t count, const char *text, int64_t now_ms,
                  struct hc_effects *effects);
/* A node of another network came from `host` (NULL: unknown). */
void refusals_add_stranger(struct refusals *refusals, const char *host, const char *text, int64_t now_ms,
                           struct hc_effects *effects);
/* Tells of all that was counted and not yet told, as far as it is time to. */
void refusals_tell(struct refusals *refusals, int64_t now_ms, struct hc_effects *effects);

#endif
