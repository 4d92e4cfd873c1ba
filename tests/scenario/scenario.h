/* The words of all tests in which nodes talk: a small network in simulated time, what can happen to it, and what can be
 * seen of it. The network is the simulator's (sim/world.h).
 *
 * Hosts are A, B, C, ...; A is the contact of all others. Each stands on a side of its own, so any two can be cut off
 * from each other. A host has the key and the address that rows in one line have (unit/rows.h).
 *
 * A scenario tells the protocol's story over many rounds: signatures are simulated, and every draw gives COINS, so that
 * balances are plain sums. A node test looks at single steps and messages: signatures are real, coins are those of
 * test_network (unit/rows.h), each message travels as the bytes of the wire, and commits take no time. node_verify is
 * called after every step of every host.
 *
 * Two ways of waiting, both in steps of STEP_MS:
 *
 *     holds_for(2 * ROUND, sees(A, B, "live"));     not before: it holds at every step of that time
 *     within(ROUND, sees(A, B, "dropped"));         by then: it becomes true, or the test fails
 */
#ifndef HOWCOIN_TESTS_SCENARIO_H
#define HOWCOIN_TESTS_SCENARIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rows/state.h"
#include "sim/world.h"
#include "unit/rows.h"

enum { A, B, C, D, E, F, G, H };

#define SECOND 1000
#define ROUND (3 * SECOND)
#define STEP_MS 20
#define LATENCY_MS 20 /* of every message in a scenario; in a node test it is 1 ms */
#define SOON 50       /* in a node test: time for a few exchanges */
#define HOSTS_MAX 40  /* of those that can be told apart; more are a multitude */
#define ANYBODY SIZE_MAX
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

/* cmocka's setup and teardown of a world with rounds of 3 s and no mutations. The fanout is 8 in a scenario; a node
 * test asks all peers. */
int scenario_setup(void **state);
/* The same with links; the other two keep to the simple form. */
int links_setup(void **state);
/* The same, and every message travels as the bytes of the wire. */
int links_text_setup(void **state);
int node_test_setup(void **state);
int scenario_teardown(void **state);
#define scenario(test) cmocka_unit_test_setup_teardown(test, scenario_setup, scenario_teardown)
#define links_test(test) cmocka_unit_test_setup_teardown(test, links_setup, scenario_teardown)
#define links_text_test(test) cmocka_unit_test_setup_teardown(test, links_text_setup, scenario_teardown)
/* For a rule that holds however nodes talk: the test in the simple form and with links. */
#define scenario_both(test)                                          \
    scenario(test),                                                  \
    {                                                                \
#test " (links)", test, links_setup, scenario_teardown, NULL \
    }
#define node_test(test) cmocka_unit_test_setup_teardown(test, node_test_setup, scenario_teardown)
/* The test's world made anew. */
void world_renew(void);
/* The network of the world. */
const struct hc_network *the_network(void);

/* ---- What happens ---- */

/* Adds `count` hosts, none of which runs yet. */
void hosts(size_t count);
void start(size_t host);
/* Starts it from this disk. */
void start_from(size_t host, enum disk disk);
/* Adds and starts `count` hosts, which meet and agree. */
void network(size_t count);
/* The same at once, and however many; no host stands on a side of its own, and no invariants are checked of more than
 * HOSTS_MAX. Their contact is A. */
void multitude(size_t count, int64_t agree_within_ms);
/* The same with links, and a ring that is closed and has come to rest. */
void linked(size_t count);
/* Adds a host whose contact is this one (itself: none) and starts it. */
size_t join(size_t contact);
/* Adds this many hosts at once, whose contact is A, and waits until they agree. */
void crowd(size_t count);
void crash(size_t host);  /* its process ends: connections to it are refused */
void unplug(size_t host); /* its machine ends: silence */
void leave(size_t host);
void stall(size_t host, int64_t for_ms);
void cut(size_t one, size_t other); /* neither reaches the other */
void cut_one_way(size_t from, size_t to);
void cut_off(size_t host); /* from all others */
/* Connections from one to the other are refused; requests the other way are answered. */
void cannot_connect(size_t from, size_t to);
void heal(void); /* all of the above */
/* What becomes of every message from now on; it may be changed. NULL: nothing. */
void meddle(enum passage (*with)(size_t from, size_t to, struct hc_message *message));
void mutate(size_t host);
/* It draws anew, and all agree on that by then. */
void spread(size_t host, int64_t within_ms);
void pay(size_t from, size_t to, uint64_t amount);
void run_for(int64_t ms);
/* Steps a host's node with an event, now. HC_NO_MEMORY only where the test lets memory run out. */
enum hc_code step(size_t host, struct hc_event event);
/* What the last step asked for. */
const struct hc_effects *effects(void);
/* How a host's address behaves, whatever its node does. */
enum mood {
    WELL,
    REFUSING, /* no host can connect to it */
    SILENT,   /* requests are swallowed */
    SILENT_ONCE,
    CLOSING,       /* it closes the connection without an answer */
    ERRONEOUS,     /* it answers with an error: see answer_error */
    UNPROVEN,      /* its proofs do not verify */
    BUSY,          /* its node turns requests away, as a daemon without a free place does */
    BUSY_UNPROVEN, /* the same, and the proof does not verify */
    SAYING,        /* it answers with a state: see answer_state */
};
void be(size_t host, enum mood mood);
enum mood mood_of(size_t host);
/* From now on a host answers with this error, named as on the wire, until `be(host, WELL)`. */
void answer_error(size_t host, const char *code);
/* The same with a state and the host's own proof. Keeps a reference. */
void answer_state(size_t host, struct hc_state *state);

/* ---- What can be seen ---- */

int64_t now(void);
/* One host's opinion of another: "live", "dropped", "left" or "unknown". */
bool sees(size_t host, size_t other, const char *as);
bool all_see(size_t other, const char *as);
/* All running hosts hold each other and no other host as live, and have the same rows. */
bool all_agree(void);
/* As a host knows it. */
uint64_t version(size_t host, size_t of);
int64_t balance(size_t host, size_t of);
bool forked(size_t host, size_t owner);
/* Every invariant of its table, the sum of all balances (L4) among them. */
bool sound(size_t host);
bool all_sound(void);
uint64_t refused(size_t host, enum hc_code reason);
/* How many notices of a kind about another host (or ANYBODY) a host has given, so far or since then. */
size_t told(size_t host, enum hc_notice_kind kind, size_t about);
size_t told_since(size_t host, enum hc_notice_kind kind, size_t about, int64_t since_ms);
/* By all hosts except the one that the notices are about. */
size_t told_by_all(enum hc_notice_kind kind, size_t about, int64_t since_ms);
/* The notices of all hosts, in their order. */
struct tale {
    size_t host, about; /* ANYBODY: no host */
    int64_t at_ms;
    enum hc_notice_kind kind;
    enum hc_code code;
    uint64_t count;
};
const struct tale *tales(size_t *count);
/* NULL: never. */
const struct tale *last_told(size_t host, enum hc_notice_kind kind);
/* The links that a host has, those that both sides have proved themselves on; of them those that it opened. */
size_t links_of(size_t host);
size_t links_opened(size_t host);
/* Its link to another host; NULL: none. Valid until the next call. */
const struct hc_node_link_view *link_to(size_t host, size_t other);
/* All running hosts have a link to the next running one in the circle of ids, have opened no more than they want, and have
 * no two links to one host (K1). If not, it says which. */
bool ring_is_closed(void);
/* Messages that went over links, so far. */
uint64_t link_messages(void);
/* Why a host last dropped another. */
enum hc_code drop_reason(size_t host, size_t other);
/* The least and the greatest age, in seconds, that any host told of any other since ages_reset. */
void ages_reset(void);
int64_t age_least(void);
int64_t age_greatest(void);
/* How often a host asked another: requests and hellos that open no link, whether they arrived or not. */
size_t asked(size_t host, size_t other);
size_t asked_by_all(size_t other);
/* The time until all see it so; more than `at_most_ms` fails the test. */
int64_t time_until_all_see(size_t other, const char *as, int64_t at_most_ms);
struct hc_node_view look(size_t host);
const struct table *table_of(size_t host);
const struct member *member_of(size_t host, size_t other);
const uint8_t *id_of(size_t host);
/* The row that a host holds for an owner; NULL: none. */
const struct hc_row *row_at(size_t host, size_t owner);

/* ---- Rows that no node made ---- */

/* A row that the owner signs without its node's knowledge: `later` versions after the one that `knower` holds, and with
 * `amount` more sent to a payee. */
struct hc_row *row_by(size_t owner, size_t knower, uint64_t later, size_t payee, uint64_t amount);
/* The goodbye of a node that ran long ago, the stranger of this number; it has sent `amount` to another one (0: nothing). */
struct hc_row *row_of_stranger(size_t number, size_t payee, uint64_t amount);
/* Those of `count` strangers, numbered from `first` on, in an array of the caller's. Nobody asks for them. */
struct hc_row **rows_of_strangers(size_t count, size_t first);
/* Puts such rows on the disk of a host that does not run, but did. Takes them over. */
void disk_add(size_t host, struct hc_row **rows, size_t count);
/* The same row with a false signature. Takes over the reference. */
struct hc_row *row_forged(struct hc_row *row);
/* A request of host `from`, which runs no node, that tells these rows as live; takes over the references. Returns the
 * error that answers it, HC_OK for a reply and HC_SILENT for nothing. */
enum hc_code send_rows(size_t from, size_t to, struct hc_row **rows, size_t count);
/* The same, with the owners as dropped. */
enum hc_code send_doubts(size_t from, size_t to, struct hc_row **rows, size_t count);
/* Steps a host with a request of this sender and returns its reply, which is valid until the next step. */
const struct hc_message *request(size_t to, const struct hc_identity *from, struct hc_state *state);

/* ---- A node without a world ---- */

/* A node with A's key that has not started. `tags` may be NULL. */
struct hc_node *bare_node(const struct hc_tags *tags);
/* The same with these rows in its store. */
struct hc_node *node_restored(const struct hc_stored_row *rows, size_t count, int64_t now_ms);

#endif
