/* The node: one door to everything it does.
 *
 * The shell (daemon, simulator, test) tells the node what happened as an event, with the time, and does what
 * the effects say, in this order: persist, send, notify. The node never calls out. It has no clock, draws all chance
 * from the seed it was given, and touches no socket or file. After every step the shell asks node_deadline
 * when to step again with EVENT_TIMEOUT, whatever else happens.
 *
 * An exchange: SEND_REQUEST opens a connection and sends a request; the shell answers with EVENT_REPLY or
 * EVENT_FAILURE under the same handle, or not at all: time-outs are the node's. After SEND_CANCEL the shell
 * closes the connection; what it still reports of that handle is ignored.
 *
 * A commit: a new row of our own is in effects.commit before anybody hears of it. The shell makes it durable and then
 * steps with EVENT_COMMITTED; only that installs the row, tells it to others, and answers the payments in it. There is
 * at most one commit under way; what changes meanwhile goes into the next one, together (S3).
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
#include "howcoin/tags.h"
#include "howcoin/wire.h"

struct node;

struct node_config {
    struct identity identity;    /* copied, and wiped by node_free */
    const struct coins *coins;   /* borrowed for the node's life */
    const char *address;         /* canonical: where others reach this node; copied */
    const char *name;            /* passed name_check; copied */
    const struct tags *tags;     /* changes of the tags that are kept from before; copied. NULL: none */
    const char *const *contacts; /* canonical addresses; copied */
    size_t contact_count;        /* at most CONTACTS_MAX */
    uint32_t gossip_interval_ms; /* INTERVAL_MS_MIN to INTERVAL_MS_MAX */
    uint32_t mutate_interval_ms; /* the same, or 0: never */
    bool durable;             /* commits wait for EVENT_COMMITTED; otherwise they are done as soon as they are made */
    bool recovering;          /* the store was lost: sign nothing before the network was heard (S4) */
    uint32_t checks_a_step;   /* signatures of rows that a step checks at most; 0: CHECKS_A_STEP_MAX */
    uint32_t fanout;          /* live peers asked a round; 0: all */
    uint8_t seed[SEED_BYTES]; /* of all chance; unpredictable to others, or nonces could be guessed */
};

/* Makes a node that has not started yet. HC_NO_MEMORY. */
enum hc_code node_new(struct node **node, const struct node_config *config) MUST_USE;
void node_free(struct node *node); /* NULL is fine */

/* Before the start: rows from our own store, which are trusted to be verified. Those of ourselves make us start where we
 * stopped, with a greater version; the owners of the others are gone until they answer, dropped or left, by now for
 * `age_s`, and those that `live` marks are turned to first. HC_NO_MEMORY: some are missing. HC_BAD_TAG: our tags, those of the
 * configuration with them, would be too large. */
struct stored_row {
    struct row *row; /* borrowed */
    uint32_t age_s;  /* for how long its owner has been gone; if he was live, for how long we have */
    bool live;       /* he was live when we stopped */
};
enum hc_code node_restore(struct node *node, const struct stored_row *rows, size_t count, int64_t now_ms) MUST_USE;

enum event_kind {
    EVENT_START,   /* once, first: the node draws its coins and turns to its contacts (P1) */
    EVENT_TIMEOUT, /* the deadline came */
    EVENT_REQUEST, /* `message` came on the connection `handle`; it is answered by a SEND_REPLY in this step, even if its
                      rows need more steps to be taken in */
    EVENT_BUSY, /* `message` is the head of a request (wire_decode_head) that the shell is too busy for; it is answered by a
                      SEND_REPLY in this step: `busy`, in the words of `text`, with the proof that this node says it */
    EVENT_REPLY,   /* `message` (a reply or an error) came to the request `handle` */
    EVENT_FAILURE, /* the exchange `handle` failed: HC_UNREACHABLE, HC_CLOSED, HC_BAD_REPLY, HC_WRONG_NETWORK,
                      or HC_NO_MEMORY: the shell's own trouble, for which nobody is dropped */
    EVENT_REFUSED, /* the shell refused something from outside for the reason `code`; if it is HC_WRONG_NETWORK, `host`
                      is where it came from */
    EVENT_MUTATE,  /* draw anew now, whatever the interval says */
    EVENT_PAY,     /* pay `amount` to `payee`; effects.answers, in this or a later step, answer the `handle` */
    EVENT_TAG,     /* make the changes `tags` to our own; answered as a payment is */
    EVENT_COMMITTED,     /* the commit that was under way is durable */
    EVENT_COMMIT_FAILED, /* it is not, or nobody knows: nothing is signed any more (S5); the reason in `text` */
    EVENT_LEAVE,         /* say goodbye; effects.stopped follows in this or a later step (P8) */
};

struct event {
    enum event_kind kind;
    int64_t now_ms; /* monotonic; never less than in the step before */
    uint64_t handle;
    const struct message *message; /* borrowed */
    const uint8_t *payee;          /* ID_BYTES, borrowed */
    uint64_t amount;
    const struct tags *tags; /* borrowed */
    enum hc_code code;
    const char *text; /* words for EVENT_BUSY, EVENT_FAILURE and EVENT_REFUSED; may be NULL */
    const char *host; /* for EVENT_REFUSED: the other side's address without its port; NULL: unknown */
};

enum send_kind { SEND_REQUEST, SEND_REPLY, SEND_CANCEL };

struct send {
    enum send_kind kind;
    uint64_t handle;                  /* of the exchange; of the connection for SEND_REPLY */
    char address[ADDR_BYTES_MAX + 1]; /* SEND_REQUEST: canonical; where to */
    struct message message;           /* SEND_REQUEST and SEND_REPLY; after an error the connection closes */
};

enum notice_kind {
    NOTICE_STARTED,      /* row: our own */
    NOTICE_JOINED,       /* row: of somebody new who is live */
    NOTICE_DROPPED,      /* row; code: why; text */
    NOTICE_RETURNED,     /* row */
    NOTICE_LEFT,         /* row */
    NOTICE_MUTATED,      /* row: new; from, to: coins */
    NOTICE_REFUSED,      /* code, count; text: of what */
    NOTICE_FORKED,       /* row: of who tried to spend twice */
    NOTICE_UNANSWERED,   /* text: a contact that does not answer, and why; told once until it does */
    NOTICE_PAID,         /* row: the payee's; to: the amount, all payments of one commit together */
    NOTICE_RECEIVED,     /* row: the payer's; to: the amount, all payments of one message together */
    NOTICE_TAGGED,       /* row: new, with other tags than before; our own, too */
    NOTICE_STORE_FAILED, /* text: why */
    NOTICE_UNREACHED,    /* row: our own; count: peers that say that they do not reach us at its address */
    NOTICE_REACHED,      /* row: our own; after NOTICE_UNREACHED somebody does */
    NOTICE_TWIN,         /* row: ours, after we signed above the twin's */
    NOTICE_ROUND,        /* a round is complete: time to show the table */
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

/* What became of a payment, or of a change of our tags. */
struct answer {
    enum event_kind kind; /* EVENT_PAY or EVENT_TAG: whose handle it is */
    uint64_t handle;
    enum hc_code code; /* HC_OK: it is durable */
    uint64_t version;  /* HC_OK: of our row that has it */
    uint64_t left;     /* HC_NOT_ENOUGH: how many coins there are to spend */
};

/* A row of our own that must be durable before it is told, and the payments that are new in it. */
struct commit {
    struct row *row;    /* a reference; NULL: nothing to commit */
    uint64_t *payments; /* their handles, in the order in which they were accepted */
    size_t payment_count;
};

/* What the shell must do. Zero it once; node_step clears it first, effects_free at the end. */
struct effects {
    struct commit commit;
    uint8_t (*changed)[ID_BYTES]; /* owners whose rows or status changed: to be stored within a second or so */
    size_t changed_count, changed_capacity;
    struct answer *answers;
    size_t answer_count, answer_capacity;
    struct send *sends;
    size_t send_count, send_capacity;
    struct notice *notices;
    size_t notice_count, notice_capacity;
    struct notice lost; /* where a notice goes for which there is no memory */
    bool proved;        /* EVENT_REPLY: whoever answered proved who it is */
    bool stopped;       /* the node has said goodbye and wants no more steps */
};
void effects_free(struct effects *effects);

/* HC_OK, or HC_NO_MEMORY: part of the work was left undone. The node stays whole either way, and tries again by
 * itself; a request that got no SEND_REPLY in the effects stays unanswered, and its connection should be closed. */
enum hc_code node_step(struct node *node, const struct event *event, struct effects *effects) MUST_USE;

/* When to step next, at the latest. INT64_MAX before the start and after the end. While rows are still to be checked it is
 * now: the shell looks at its sockets, and steps. */
int64_t node_deadline(const struct node *node);

/* ---- What can be seen of a node. Pointers are valid until the next step. ---- */

struct node_view {
    const struct row *row; /* our own; NULL before the first commit */
    const uint8_t *network;
    uint64_t round;    /* complete ones */
    size_t live;       /* live nodes, this one included */
    size_t known;      /* rows, whatever we think of their owners */
    size_t waiting;    /* rows that came and wait for their owners' credits (L3) */
    coin_sum balances; /* of the live ones together */
    bool agree;        /* all peers that were asked in the last round hold our table, by what they told last */
    size_t disagree;   /* live peers whose last word was another table, or who gave none yet */
    enum reach reach;  /* whether others reach us at our row's address, by what they say */
    bool leaving;
    bool recovering;              /* signs nothing before the network was heard (S4) */
    bool store_failed;            /* signs nothing any more (S5) */
    uint8_t digest[DIGEST_BYTES]; /* of our table */
    const uint64_t *refused;      /* HC_CODE_COUNT counters */
};
/* Goes through all members, for balances and opinions. */
void node_look(const struct node *node, struct node_view *view);
/* ID_BYTES: who the node is. Costs nothing. */
const uint8_t *node_id(const struct node *node);

struct node_row_view {
    const struct row *row;
    bool self;
    bool forked;
    bool incomplete; /* rows of its owner were left out (M6): whom he paid may be worth less than it seems */
    enum member_status status;
    enum hc_code reason; /* why it is not live */
    coin_sum balance;
    coin_sum paid, received; /* all that its owner has ever paid to others, and they to it */
    int64_t changed_ms;      /* when the row was last replaced here; what this node's clock said */
    int64_t claimed_ms;      /* since when it says this address */
    int64_t answered_ms;     /* when its owner last answered there with its proof; NEVER_MS: not yet, or it is ours */
};
/* The row at `index`, 0 to view.known - 1, ascending by id. */
void node_look_at(const struct node *node, size_t index, struct node_row_view *view);

/* How many other nodes have told us, in answers that proved who they are, our own row at `version` or a later one. */
size_t node_seen(const struct node *node, uint64_t version);

/* The parts, for invariants (table_verify, members_verify) and tests. */
const struct table *node_table(const struct node *node);
const struct members *node_members(const struct node *node);
bool node_verify(const struct node *node);

#endif
