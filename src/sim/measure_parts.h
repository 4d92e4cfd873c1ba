/* A run's inside: what measure.c, figures.c, follow.c and outage.c share, and no other file includes. */
#ifndef HOWCOIN_SIM_MEASURE_PARTS_H
#define HOWCOIN_SIM_MEASURE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/measure.h"
#include "sim/world.h"

#define FOLLOWED_MAX 64u /* changes followed at a time; the place is the first byte of the owner's id, modulo this */
#define THOUSAND 1000u

/* What the alarms of a run mean: the kind in the upper half, the host in the lower. */
enum alarm { ALARM_START, ALARM_MUTATE, ALARM_PAY, ALARM_CRASH, ALARM_STALL, ALARM_RESTART };

/* A change on its way. */
struct follow {
    bool active;
    size_t owner;
    uint64_t version;
    int64_t since_ms;
    bool *done;                            /* by host: it knows the change, or no longer counts */
    size_t known, wanted;                  /* hosts that know it; that still have to learn it */
    uint32_t learned[CURVE_STEPS_MAX + 1]; /* hosts that came to know it in each step */
};

/* What is known of a host in addition to struct host. */
struct subject {
    size_t holders;        /* of a dead host: how many others hold it as live */
    bool mourned;          /* the time until all others drop it is being measured */
    int64_t well_since_ms; /* since when it runs and is awake */
};

struct times {
    uint64_t *list;
    size_t count, capacity;
};

struct run {
    const struct measure_config *config;
    struct measured *measured;
    const struct hc_network *network;
    struct world *world;
    struct subject *subjects;
    struct follow follows[FOLLOWED_MAX];
    bool measuring, quiet; /* the rounds in the middle; all after them */
    size_t running;
    uint64_t payments_due; /* in thousandths of millionths: the part of a payment left over */
    /* Pairs of nodes that the cut made strangers: [a * nodes + b] while a has not taken b back. NULL before and
     * after. */
    bool *apart;
    size_t apart_count;
    int64_t healed_ms; /* the end of the cut; INT64_MIN: before */
    struct times *spreads, *drops, *heals;
    uint32_t (*shares)[THOUSAND + 1]; /* [step][share]: changes known to this share of nodes, in thousandths */
};

/* ---- figures.c: many times become few numbers ---- */

void times_add(struct times *times, int64_t ms);
/* Frees the times. */
struct measure_times figures_times(struct times *times);
void figures_curve(struct measured *measured, uint32_t (*shares)[THOUSAND + 1]);

/* ---- follow.c: changes on their way ---- */

void follow_begin(struct run *run, size_t owner, uint64_t version);
void follow_learn(struct run *run, size_t host, const struct hc_row *row);
void follow_mourn(struct run *run, size_t host);
void follow_end(struct run *run, struct follow *follow);

/* ---- outage.c: hosts that die, stall and start again, a network in two halves, and what the others make of it ---- */

void outage_cut(struct run *run);
void outage_heal(struct run *run);
void outage_crash(struct run *run, size_t host);
void outage_start(struct run *run, size_t host);
void outage_stall(struct run *run, size_t host);
/* What host `at` told of host `about`. */
void outage_dropped(struct run *run, size_t at, size_t about);
void outage_returned(struct run *run, size_t at, size_t about);

#endif
