/* An allocator that can be made to fail, in the place of src/core/common/memory.c. Tests, fuzzers and storms link it;
 * no program that people run does (the test `layers` looks).
 */
#ifndef HOWCOIN_SIM_MEMORY_FAULTS_H
#define HOWCOIN_SIM_MEMORY_FAULTS_H

/* Lets this many more allocations succeed; all later ones fail, until it is called again. Negative: none fails. cJSON's
 * allocations count, too. */
void memory_fail_after(long successes);

#endif
