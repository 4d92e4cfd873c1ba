/* A storm: a small world, faults drawn from a seed while everything is checked after every step; then all heals, and
 * within STORM_HEAL_ROUNDS rounds the network must be whole again. The same seed is the same storm.
 */
#ifndef HOWCOIN_SIM_STORM_H
#define HOWCOIN_SIM_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* From the end of all faults until all live nodes agree, all know all and nobody dead is listed. */
#define STORM_HEAL_ROUNDS 24

struct storm_result {
    bool ok;
    char wrong[400];      /* what was wrong first, or what is missing at the end */
    uint64_t steps;       /* of all nodes together */
    uint64_t acts;        /* of the storm */
    unsigned heal_rounds; /* how many it took */
};

/* `trace` may be NULL: then nothing is told. */
void storm_run(struct storm_result *result, uint64_t seed, FILE *trace);

#endif
