/* What a network of a given size costs, and how it copes with faults: `howcoin-node simulate`.
 *
 * A run has three parts. First the nodes join, each with an earlier one as its contact, until all know all. Then come
 * the configured rounds with the configured faults; only these are measured. At last everything heals, and the network
 * has `measure_settle_rounds` to agree. All numbers are integers, so the same configuration gives the same figures on
 * every machine.
 */
#ifndef HOWCOIN_SIM_MEASURE_H
#define HOWCOIN_SIM_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/node.h"

#define MEASURE_ROUNDS_MAX 1000000u /* three months of the default interval */
#define MEASURE_RUNS_MAX 10000u
#define MEASURE_LATENCY_MS_MAX 60000u
#define MEASURE_PAYMENTS_MAX 1000u        /* per node and second; more change no row, since rows carry totals */
#define MEASURE_COST_US_MAX 1000000u      /* a second for a signature, a row or a kB */
#define MEASURE_LINK_BYTES_MAX UINT32_MAX /* bytes a second */
#define CURVE_STEPS_MAX 64u               /* of the curve of a spread; a longer one is still timed */
#define CURVE_LINKS_MS 50u                /* a step of it with links; of the simple form it is a round */

struct measure_config {
    uint32_t nodes, rounds, runs;
    enum hc_exchange exchange;
    uint32_t fanout; /* of the simple form; 0: all */
    uint32_t gossip_interval_ms, mutate_interval_ms;
    uint32_t latency_min_ms, latency_max_ms; /* of a message, one way */
    uint32_t lost;                           /* chance that a message is lost, in millionths */
    uint32_t crash, stall;                   /* chance of each node in each round, in millionths */
    uint32_t part_from, part_to; /* rounds after which the network is cut in two, and healed; equal: never */
    uint64_t payments;           /* per node and second, in millionths */
    uint32_t signature_us, row_us, kilobyte_us; /* what work costs (struct world_config); 0: nothing */
    uint32_t link_bytes_s;                      /* what a node can send in a second; 0: no bound */
    uint64_t seed;                              /* of the first run; each later run takes the next one */
};

/* Times in milliseconds; all 0 if count is. */
struct measure_times {
    uint64_t count, mean, p50, p99, max;
};

/* The share of nodes that know a change after a number of steps, in thousandths, over all changes that were followed.
 * Rounded down, so 1000 means all nodes. */
struct measure_share {
    uint32_t mean, p50, p99, worst; /* p99: 99 of 100 changes had reached at least this share */
};

/* How busy the nodes were in the measured rounds, all runs together. */
struct measure_load {
    uint64_t work_us, work_most_us;            /* with steps: all nodes together; the busiest node of a run */
    uint64_t link_us, link_most_us;            /* with sending, likewise */
    uint64_t messages, waited_ms, wait_max_ms; /* that were handled; how long they waited for the node */
};

struct measured {
    struct measure_times spread; /* from a change until all live nodes knew it */
    struct measure_share curve[CURVE_STEPS_MAX + 1];
    size_t curve_count;       /* after 0, 1, ... steps; ends where the worst change is known to all */
    uint64_t spread_unknown;  /* changes that some node still lacked at the end */
    uint64_t bytes, messages; /* sent in the measured rounds, of all nodes and runs */
    uint64_t wire_bytes;      /* the same with what TCP adds (struct host_traffic) */
    uint64_t exchanges;       /* requests, likewise */
    uint64_t copies,
        wanted; /* with links: rows and patches that came; what must come if each node is told each new row once */
    struct measure_load load;
    struct measure_times drop; /* from a crash until all live nodes had dropped the node */
    uint64_t drop_never;       /* crashes after which not all had, at the end */
    uint64_t crashes, stalls;
    uint64_t resurrections;    /* dead nodes that some node took back as live */
    uint64_t false_drops;      /* drops of nodes that ran, were awake and could be reached */
    struct measure_times heal; /* from the end of the cut until each side holds all of the other as live again */
    uint64_t heal_never;       /* runs in which that did not happen */
    uint64_t payments;         /* that were asked for */
    bool agree;                /* at the end, in all runs */
    bool sum_ok;               /* L4 on every node at the end, in all runs */
    uint64_t settle_ms;        /* longest time that a run needed to agree after all faults ended */
    char disagreement[160];    /* what was missing in the first run that did not agree */
    uint32_t failed_run;       /* counted from 1; 0: all agreed */
    uint64_t join_rounds;      /* rounds of the run that took longest until all knew all */
    bool joined;               /* in all runs; a run that did not join measured nothing */
};

/* Rounds in which a network must agree after all faults ended. To take a peer back, a node asks it itself (P5), so
 * after a cut in two it has nodes / 2 peers to ask, a few at a time. This is twice that, and some rounds for the
 * rest. */
uint32_t measure_settle_rounds(const struct measure_config *config);

/* A step of the curve. */
uint32_t measure_step_ms(const struct measure_config *config);

/* The time that an exchange has for its answer. */
uint32_t measure_timeout_ms(const struct measure_config *config);

/* Whether a configuration can be run, or why not. */
enum measure_fit {
    MEASURE_POSSIBLE,
    MEASURE_LATENCY_BACKWARDS, /* the minimum latency exceeds the maximum */
    MEASURE_LATENCY_TOO_LONG,  /* there and back takes longer than measure_timeout_ms */
    MEASURE_CUT_TOO_LATE,      /* the network is cut beyond the last round */
    MEASURE_TOO_LONELY,        /* one node, and a cut, payments or crashes, which need two */
};
enum measure_fit measure_check(const struct measure_config *config) HC_MUST_USE;

/* Runs the simulation. `progress` (may be NULL) is called after each round: `rounds` rounds of run `run`, counted from
 * 1, are done; 0 while the nodes join. */
void measure_run(const struct measure_config *config, struct measured *measured,
                 void (*progress)(void *context, uint32_t run, uint32_t rounds), void *context);

#endif
