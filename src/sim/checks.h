/* What must hold in every simulated world, after every step of every host.
 *
 * The checks know what a node cannot: which rows each owner really signed, which hosts run, and since when. They are
 * called through the world's watch; the first thing that is wrong is kept in words.
 */
#ifndef HOWCOIN_SIM_CHECKS_H
#define HOWCOIN_SIM_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world.h"

struct owner_history;

struct checks {
    struct owner_history *owners; /* one per host */
    size_t owner_count;
    uint64_t steps, returns;
    bool crowded;    /* some fork has BRANCHES_MAX rows: others may have been left out, so tables need not agree (M6) */
    char wrong[300]; /* the first thing that was wrong; empty: nothing */
};

void checks_init(struct checks *checks, const struct world *world);
void checks_free(struct checks *checks);

/* This host's owner may sign anything (a liar), or by accident two rows of one version (a twin, an old disk). */
void checks_excuse(struct checks *checks, size_t host);
bool checks_is_excused(const struct checks *checks, size_t host);
/* After every step, from watch.stepped. */
void checks_step(struct checks *checks, struct world *world, size_t host, const struct hc_effects *effects);
/* Every notice, from watch.notice. */
void checks_notice(struct checks *checks, struct world *world, size_t host, const struct hc_notice *notice);

#endif
