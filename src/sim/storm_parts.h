/* A storm's inside: what storm.c, storm_acts.c, storm_heal.c and storm_parts.c share, and no other file includes. */
#ifndef HOWCOIN_SIM_STORM_PARTS_H
#define HOWCOIN_SIM_STORM_PARTS_H

#include "sim/checks.h"
#include "sim/liar.h"
#include "sim/storm.h"
#include "sim/world.h"

#define CONTACTS 2u /* hosts 0 and 1, at whose addresses newcomers ask: they neither move nor stay dead */
#define ROUND_MS 3000u

struct storm {
    struct world *world;
    struct checks checks;
    struct storm_result *result;
    FILE *trace;
    size_t honest;   /* hosts 0 .. honest - 1 run the core; a newcomer, a twin and liars come after them */
    size_t newcomer; /* starts when all is over */
    size_t twin;     /* SIZE_MAX: none */
    struct liar liars[2];
    size_t liar_count;
    size_t dead; /* stays dead when all heals; SIZE_MAX: none */
};

/* ---- storm_parts.c ---- */

/* A storm draws all its random numbers from the world. */
uint64_t storm_below(struct storm *storm, uint64_t bound);
void storm_trace(struct storm *storm, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether a check has failed; then it is the storm's result. */
bool storm_is_wrong(struct storm *storm);

/* ---- storm_acts.c: what a storm does to its hosts and their network ---- */

/* One act, drawn from all of them. */
void storm_act(struct storm *storm);
/* Starts a host that does not run. `calm`: from its own disk, and where it was, if no other is there. */
void storm_start_again(struct storm *storm, size_t host, bool calm);

/* ---- storm_heal.c: after the storm ---- */

/* Ends all faults. False if the network is not whole in time. */
bool storm_heal(struct storm *storm);
/* A newcomer joins. False if it does not come to the same table in time. */
bool storm_join(struct storm *storm);

#endif
