/* A storm: a small world, faults drawn from a seed while everything is checked after every step; then all heals, and
 * within STORM_HEAL_ROUNDS rounds the network must be whole again. Then a newcomer joins, and must come to the same
 * table within STORM_JOIN_ROUNDS. The same seed is the same storm.
 */
#ifndef HOWCOIN_SIM_STORM_H
#define HOWCOIN_SIM_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* From the end of all faults until all live nodes agree, all know all and no dead node is listed. */
#define STORM_HEAL_ROUNDS 24
/* From a newcomer's start until all agree again, the newcomer among them. */
#define STORM_JOIN_ROUNDS 8

/* What a storm did, beside what every storm does. */
enum storm_fault {
    FAULT_CRASH,
    FAULT_MOVE,
    FAULT_TAKEN_PORT,
    FAULT_COMMIT,
    FAULT_BUSY,
    FAULT_WORK,
    FAULT_LIAR,
    FAULT_CROWD,
    FAULT_TWIN,
    FAULT_LARGE,
    FAULT_NEWCOMER, /* none joins after a fork of BRANCHES_MAX rows */
    FAULT_COUNT
};
/* "crashes", "moves to another address", ... */
const char *storm_fault_name(enum storm_fault fault);

struct storm_result {
    bool ok;
    char wrong[400]; /* what was wrong first, or what is missing at the end */
    uint64_t steps;  /* of all nodes together */
    uint64_t acts;   /* of the storm */
    uint64_t faults[FAULT_COUNT];
    unsigned heal_rounds; /* how many it took */
    unsigned join_rounds; /* the newcomer */
};

/* `trace` may be NULL: then nothing is written. */
void storm_run(struct storm_result *result, uint64_t seed, FILE *trace);

#endif
