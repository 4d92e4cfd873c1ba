/* The node: one door to everything it does.
 *
 * The shell (daemon, simulator, test) tells the node what happened as an event, with the time, and does what
 * the effects say, in this order: send, then notify. The node never calls out. It has no clock, draws all chance
 * from the seed it was given, and touches no socket or file. After every step the shell asks node_deadline
 * when to step again with EVENT_TIMEOUT, whatever else happens.
 *
 * An exchange: SEND_REQUEST opens a connection and sends a request; the shell answers with EVENT_REPLY or
 * EVENT_FAILURE under the same handle, or not at all: time-outs are the node's. After SEND_CANCEL the shell
 * closes the connection; what it still reports of that handle is ignored.
 */
#ifndef HOWCOIN_NODE_H
#define HOWCOIN_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/coins.h"
#include "howcoin/error.h"
#include "howcoin/identity.h"
#include "howcoin/limits.h"
#include "howcoin/members.h"
#include "howcoin/table.h"
#include "howcoin/wire.h"

struct node;

struct node_config {
    struct identity identity;    /* copied, and wiped by node_free */
    const struct coins *coins;   /* borrowed for the node's life */
    const char *address;         /* canonical: where others reach this node; copied */
    const char *name;            /* passed name_check; copied */
    const char *const *contacts; /* canonical addresses; copied */
    size_t contact_count;        /* at most CONTACTS_MAX */
    uint32_t gossip_interval_ms; /* INTERVAL_MS_MIN to INTERVAL_MS_MAX */
    uint32_t mutate_interval_ms; /* the same, or 0: never */
    uint32_t fanout;             /* live peers asked a round; 0: all */
    uint8_t seed[SEED_BYTES];    /* of all chance; unpredictable to others, or nonces could be guessed */
};

/* Makes a node that has not started yet. HC_NO_MEMORY. */
enum hc_code node_new(struct node **node, const struct node_config *config) MUST_USE;
void node_free(struct node *node); /* NULL is fine */

enum event_kind {
    EVENT_START,   /* once, first: the node draws its coins and turns to its contacts (P1) */
    EVENT_TIMEOUT, /* the deadline came */
    EVENT_REQUEST, /* `message` came on the connection `handle`; it is answered by a SEND_REPLY in this step */
    EVENT_REPLY,   /* `message` (a reply or an error) came to the request `handle` */
    EVENT_FAILURE, /* the exchange `handle` failed: HC_UNREACHABLE, HC_CLOSED, HC_BAD_REPLY or HC_WRONG_NETWORK */
    EVENT_REFUSED, /* the shell refused something from outside for the reason `code`; of HC_WRONG_NETWORK, `message` is
                      what wire_decode left of it */
    EVENT_LEAVE,   /* say goodbye; effects.stopped follows in this or a later step (P8) */
};

struct event {
    enum event_kind kind;
    int64_t now_ms; /* monotonic; never less than in the step before */
    uint64_t handle;
    const struct message *message; /* borrowed */
    enum hc_code code;
    const char *text; /* words for EVENT_FAILURE and EVENT_REFUSED; may be NULL */
};

enum send_kind { SEND_REQUEST, SEND_REPLY, SEND_CANCEL };

struct send {
    enum send_kind kind;
    uint64_t handle;                  /* of the exchange; of the connection for SEND_REPLY */
    char address[ADDR_BYTES_MAX + 1]; /* SEND_REQUEST: canonical; where to */
    struct message message;           /* SEND_REQUEST and SEND_REPLY; after an error the connection closes */
};

enum notice_kind {
    NOTICE_STARTED,    /* row: our own */
    NOTICE_JOINED,     /* row: of somebody new who is live */
    NOTICE_DROPPED,    /* row; code: why; text */
    NOTICE_RETURNED,   /* row */
    NOTICE_LEFT,       /* row */
    NOTICE_MUTATED,    /* row: new; from, to: coins */
    NOTICE_REFUSED,    /* code, count; text: of what */
    NOTICE_FORKED,     /* row: of who tried to spend twice */
    NOTICE_UNANSWERED, /* text: a contact that does not answer, and why; told once until it does */
    NOTICE_TWIN,       /* row: ours, after we signed above the twin's */
    NOTICE_ROUND,      /* a round is complete: time to show the table */
};

struct notice {
    enum notice_kind kind;
    enum hc_code code;
    struct row *row; /* a reference, or NULL */
    uint64_t from, to;
    uint64_t count;
    char text[MESSAGE_TEXT_BYTES_MAX + 1];
};
/* "started", "joined", ... */
const char *notice_kind_name(enum notice_kind kind);

/* What the shell must do. Zero it once; node_step clears it first, effects_free at the end. */
struct effects {
    struct send *sends;
    size_t send_count, send_capacity;
    struct notice *notices;
    size_t notice_count, notice_capacity;
    struct notice lost; /* where a notice goes for which there is no memory */
    bool stopped;       /* the node has said goodbye and wants no more steps */
};
void effects_free(struct effects *effects);

/* HC_OK, or HC_NO_MEMORY: part of the work was left undone. The node stays whole either way, and tries again by
 * itself; a request that got no SEND_REPLY in the effects stays unanswered, and its connection should be closed. */
enum hc_code node_step(struct node *node, const struct event *event, struct effects *effects) MUST_USE;

/* When to step next, at the latest. INT64_MAX before the start and after the end. */
int64_t node_deadline(const struct node *node);

/* ---- What can be seen of a node. Pointers are valid until the next step. ---- */

struct node_view {
    const struct row *row; /* our own; NULL before the start */
    const uint8_t *network;
    uint64_t round;    /* complete ones */
    size_t live;       /* live nodes, this one included */
    size_t known;      /* rows, whatever we think of their owners */
    coin_sum balances; /* of the live ones together */
    bool agree;        /* all peers that were asked in the last round hold our table, by what they told last */
    size_t disagree;   /* live peers whose last word was another table, or who gave none yet */
    bool leaving;
    uint8_t digest[DIGEST_BYTES]; /* of our table */
    const uint64_t *refused;      /* HC_CODE_COUNT counters */
};
void node_look(const struct node *node, struct node_view *view);

struct node_row_view {
    const struct row *row;
    bool self;
    bool forked;
    enum member_status status;
    enum hc_code reason; /* why it is not live */
    coin_sum balance;
    int64_t changed_ms; /* when the row was last replaced here; what this node's clock said */
};
/* The row at `index`, 0 to view.known - 1, ascending by id. */
void node_look_at(const struct node *node, size_t index, struct node_row_view *view);

/* The parts, for invariants (table_verify, members_verify) and tests. */
const struct table *node_table(const struct node *node);
const struct members *node_members(const struct node *node);
bool node_verify(const struct node *node);

#endif
