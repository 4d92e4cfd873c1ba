/* The words of the scenario tests: a small network in simulated time, and what can happen to it.
 *
 * Hosts are A, B, C, ...; A is the contact of all others. Each stands on a side of its own, so any two can be cut off from
 * each other. Every draw gives COINS, so that balances are plain sums. Two ways of waiting, both in steps of STEP_MS:
 *
 *     holds_for(2 * ROUND, sees(A, B, "live"));     not before: it holds at every step of that time
 *     within(ROUND, sees(A, B, "dropped"));         by then: it comes to hold, or the test fails
 */
#ifndef HOWCOIN_TESTS_SCENARIO_H
#define HOWCOIN_TESTS_SCENARIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/state.h"
#include "sim/world.h"

enum { A, B, C, D, E, F, G, H };

#define SECOND 1000
#define ROUND (3 * SECOND)
#define STEP_MS 20
#define LATENCY_MS 20 /* of every message */
#define HOSTS_MAX 32
#define COINS 1000

#define holds_for(ms, condition)                                            \
    do {                                                                    \
        for (int64_t end_ = now() + (ms); now() < end_; run_for(STEP_MS)) { \
            assert_true(condition);                                         \
        }                                                                   \
    } while (0)
#define within(ms, condition)                                              \
    do {                                                                   \
        for (int64_t end_ = now() + (ms); !(condition) && now() < end_;) { \
            run_for(STEP_MS);                                              \
        }                                                                  \
        assert_true(condition);                                            \
    } while (0)

/* The world of the test that runs; each has its own. */
extern struct world *world;

/* cmocka's setup and teardown: a world with rounds of 3 s, a fanout of 8 and no mutations, and none of it left. */
int scenario_setup(void **state);
int scenario_teardown(void **state);
#define scenario(test) cmocka_unit_test_setup_teardown(test, scenario_setup, scenario_teardown)

/* ---- What happens ---- */

/* So many hosts, none of which runs yet. */
void hosts(size_t count);
void start(size_t host);
/* From what is left of the disk. */
void start_from(size_t host, enum disk disk);
/* So many hosts that have met and agree. */
void network(size_t count);
void crash(size_t host);  /* its process ends: connections to it are refused */
void unplug(size_t host); /* its machine ends: silence */
void leave(size_t host);
void stall(size_t host, int64_t for_ms);
void cut(size_t one, size_t other); /* neither reaches the other */
void cut_one_way(size_t from, size_t to);
void cut_off(size_t host); /* from everybody */
void heal(void);
void mutate(size_t host);
void pay(size_t from, size_t to, uint64_t amount);
void run_for(int64_t ms);

/* ---- What can be seen ---- */

int64_t now(void);
/* What one thinks of another: "live", "dropped", "left" or "unknown". */
bool sees(size_t host, size_t other, const char *as);
bool all_see(size_t other, const char *as);
/* All that run know each other as live, nobody else, and hold the same rows. */
bool all_agree(void);
/* By what a host knows. */
uint64_t version(size_t host, size_t of);
int64_t balance(size_t host, size_t of);
bool forked(size_t host, size_t owner);
/* Every invariant of its table, the sum of all balances (L4) among them. */
bool sound(size_t host);
bool all_sound(void);
uint64_t refused(size_t host, enum hc_code reason);
/* How often a host has told of something that another did or suffered. */
size_t told(size_t host, enum hc_notice_kind kind, size_t about);
/* Why a host dropped another the last time. */
enum hc_code drop_reason(size_t host, size_t other);
/* The least and the greatest age, in seconds, that anybody told of anybody since ages_reset. */
void ages_reset(void);
int64_t age_least(void);
int64_t age_greatest(void);
/* How often a host asked another: requests, whether they arrived or not. */
size_t asked(size_t host, size_t other);

/* ---- Rows that nobody's node made ---- */

/* A row that the owner signs, though his node does not know of it: so many versions after the one that `knower` knows, and
 * with `amount` more sent to a payee. */
struct hc_row *row_by(size_t owner, size_t knower, uint64_t later, size_t payee, uint64_t amount);
/* The same row under a signature that is not the owner's. Takes over the reference. */
struct hc_row *row_forged(struct hc_row *row);
/* A request of host `from`, which runs no node, that tells these rows as live; takes over the references. Returns the error
 * that answers it, HC_OK for a reply and HC_SILENT for nothing. */
enum hc_code send_rows(size_t from, size_t to, struct hc_row **rows, size_t count);
/* The same, of owners who have been dropped. */
enum hc_code send_doubts(size_t from, size_t to, struct hc_row **rows, size_t count);

#endif
