/* What the unit tests share: identities, rows written in one line, and a network of nodes in memory with a simulated clock.
 *
 * A row in one line is OWNER VERSION : COINS, then what was sent to whom: "A2:10 B5 C3" is version 2 of A's row; A drew 10
 * and has sent 5 to B and 3 to C. "A3:10 left" is a goodbye. Rows of one message stand side by side behind commas.
 */
#ifndef HOWCOIN_TESTS_UNIT_SUPPORT_H
#define HOWCOIN_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/identity.h"
#include "core/memory.h"
#include "core/merge.h"
#include "core/network.h"
#include "core/node.h"
#include "core/random.h"
#include "core/row.h"
#include "core/state.h"
#include "core/table.h"
#include "howcoin/wire.h"
#include "sim/memory_faults.h"

#define MUST(call) assert_int_equal((call), HC_OK)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define OWNERS_MAX 26
/* The version that is written as 1 is this one, 2 twice it, and so on: a draw's number is never above its version (D5), and
 * any coins are some draw among so many. */
#define TEST_VERSION 1000u

/* A network with the coins 0 1 2 3 5 10 20 50 100 and the greatest there can be. */
struct hc_network *test_network(void);
/* Numbers 0 to 25 are A to Z of the rows in one line, ascending by id; others are strangers. */
const struct hc_identity *test_identity(unsigned number);
/* Some draw of the owner's that gives `value`; which one of them, `nth` says. */
uint64_t draw_that_gives(const struct hc_network *network, const uint8_t *id, uint64_t value, unsigned nth);

/* One signed row; *text is moved behind it. */
struct hc_row *row_from(const struct hc_network *network, const char **text);
struct hc_row *row_of_line(const struct hc_network *network, const char *line);
/* The same row as it comes from the wire, where nobody has looked at its signature yet. */
struct hc_row *row_unverified(const struct hc_row *row);
/* Rows behind commas, up to '|' or the end. Returns their number; *text is moved behind the '|'. */
size_t rows_from(const struct hc_network *network, struct hc_row **rows, size_t most, const char **text);
void rows_unref(struct hc_row **rows, size_t count);

void random_from(struct random *random, uint64_t seed);

/* ---- Nodes in memory ---- */

#define NET_NODES_MAX 40
#define NET_PACKETS_MAX 4096
#define NET_NOTICES_MAX 16384

/* How a node's place in the network behaves, whatever the node itself does. */
enum net_mood {
    NET_WELL,
    NET_REFUSING, /* nobody can connect to it */
    NET_SILENT,   /* requests are swallowed */
    NET_SILENT_ONCE,
    NET_CLOSING,       /* it closes the connection without an answer */
    NET_ERROR,         /* it answers with the error `answer` */
    NET_UNPROVEN,      /* its proof is of another nonce */
    NET_BUSY,          /* turns requests away, as a daemon does that has no place */
    NET_BUSY_UNPROVEN, /* the same, and the proof is not valid */
};

struct net_node {
    struct hc_node *node; /* NULL: not running */
    const struct hc_identity *identity;
    struct hc_effects effects;
    char address[HC_ADDR_BYTES_MAX + 1];
    enum net_mood mood;
    const char *answer;       /* an error's code, as on the wire */
    bool asleep;              /* its timers and what comes for it wait */
    uint64_t asked, answered; /* requests that reached it, and that it answered */
};

struct packet {
    int64_t due_ms;
    size_t to, from;
    enum hc_event_kind kind; /* HC_EVENT_REQUEST, HC_EVENT_REPLY, HC_EVENT_FAILURE, HC_EVENT_COMMITTED */
    enum hc_code code;
    uint64_t handle; /* of the requester's exchange */
    char *line;
    size_t bytes;
};

struct net_notice {
    size_t node;
    int64_t at_ms;
    enum hc_notice_kind kind;
    enum hc_code code;
    uint64_t count;
    uint8_t about[HC_ID_BYTES];
};

struct net {
    struct hc_network *network;
    int64_t now_ms;
    int64_t latency_ms;
    uint32_t gossip_interval_ms, mutate_interval_ms, fanout;
    bool durable;               /* a commit takes commit_ms, and a row of one's own is told only after it */
    int64_t commit_ms;          /* -1: it never ends */
    const struct hc_tags *tags; /* of the nodes that are started */
    uint64_t seed;
    struct net_node nodes[NET_NODES_MAX];
    size_t count;
    bool cut[NET_NODES_MAX][NET_NODES_MAX]; /* [a][b]: a cannot connect to b */
    struct packet packets[NET_PACKETS_MAX];
    size_t packet_count;
    struct net_notice notices[NET_NOTICES_MAX];
    size_t notice_count;
    struct random chance; /* of the memory's failures */
    unsigned failures;    /* of a thousand steps, so many run out of memory somewhere; 0: none */
    long fail_step, fail_after;
    long steps; /* so far */
};

/* 3 s gossip, no mutation, all peers a round, 1 ms a way. Change what you like before the first net_add. */
void net_init(struct net *net);
void net_free(struct net *net);
/* Adds the node of test identity `count` at 127.0.0.1:8000+count and starts it; returns its index. `contact` is the index
 * of its contact, itself if it has none. */
size_t net_add(struct net *net, size_t contact);
/* Starts a node (again) with a new memory. */
void net_start(struct net *net, size_t index, size_t contact);
void net_kill(struct net *net, size_t index);
void net_leave(struct net *net, size_t index);
/* Lets so much time pass; node_verify is asked after every step of everybody. */
void net_run(struct net *net, int64_t ms);
/* One more event for a node, now. */
enum hc_code net_step(struct net *net, size_t index, struct hc_event event);
/* A request to it that no node sent, and what it answers: free with message_clear. */
void net_request(struct net *net, size_t to, const struct hc_identity *from, struct hc_state *state,
                 struct hc_message *reply);

/* What `node` thinks of `about`: "live", "dropped", "left", "unknown". */
const char *net_sees(const struct net *net, size_t node, size_t about);
bool net_agree(const struct net *net); /* whether all running nodes hold the same table, and see each other live */
/* How often the node told it of `about` (itself: of anybody) since `since_ms`. */
size_t net_told(const struct net *net, size_t node, enum hc_notice_kind kind, size_t about, int64_t since_ms);
const struct net_notice *net_last(const struct net *net, size_t node, enum hc_notice_kind kind);

/* A sealed state with these rows as live. */
struct hc_state *state_of(struct hc_row *const *live, size_t count);

#endif
