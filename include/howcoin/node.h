/* The node: one door to everything it does.
 *
 * The shell (daemon, simulator, test) tells the node what happened as an event, with the time, and does what the
 * effects say, in this order: persist, send, notify. The node never calls out. It has no clock, draws all chance from
 * the seed that it was given, and touches no socket or file.
 *
 * What to call, in this order: hc_node_new; hc_node_restore if there is a store; hc_node_step with HC_EVENT_START,
 * once; then hc_node_step for all that happens, and with HC_EVENT_TIMEOUT when hc_node_deadline, asked anew after
 * each step, has come; HC_EVENT_LEAVE, and steps until effects.stopped, to say goodbye; hc_node_free. A node may be
 * freed at any time: to the others that is a crash. Before the start requests are answered with `busy`.
 *
 * A call: HC_SEND_REQUEST opens a connection and sends a request; the shell answers with HC_EVENT_REPLY or
 * HC_EVENT_FAILURE under the same handle, or not at all: time-outs are the node's. After HC_SEND_CANCEL the shell
 * closes the connection; what it still reports of that handle is ignored.
 *
 * A link: a connection that is kept (K1). HC_SEND_OPEN opens one to another node, HC_EVENT_LINK_OPENED says that another
 * node opens one to this. From then on either side sends messages as it likes: HC_SEND_LINK, HC_EVENT_LINK_MESSAGE, in
 * order, whole or not at all. It ends with HC_SEND_CLOSE, or with HC_EVENT_LINK_ENDED, once. The handles of links that
 * this node opens are the node's, and have HC_HANDLE_THEIRS clear; the handles of the others are the shell's, and have
 * it set. No handle is used twice. A shell that keeps no links answers HC_SEND_OPEN with HC_EVENT_LINK_ENDED.
 *
 * A commit: a new row of this node's own is in effects.commit before any other node hears of it. The shell makes it
 * durable and then steps with HC_EVENT_COMMITTED; only that installs the row, tells it to others, and answers the
 * payments in it. There is at most one commit under way; what changes meanwhile goes into the next one, together
 * (S3).
 *
 * Ownership: what a function or an event is given is borrowed for the call, unless it says more. What is in the
 * effects belongs to them until the next step; a shell that keeps a row or a state longer takes a reference. What the
 * hc_node_look functions give belongs to the node, and is valid until the next step.
 *
 * Failure: memory is all that can run out in a node (HC_NO_MEMORY). Whatever comes from outside, also forged or
 * hostile messages, leads to effects and never to an error or an end. To break the contract of this header (a time
 * that goes back, a second start, a payment without a payee) ends the process with a message.
 *
 * Threads: a node is not thread-safe. Separate nodes may live in separate threads, as long as they share no rows,
 * states or messages: reference counts, and the note in a row that its signature was checked, are not atomic. The
 * network, which never changes, may be shared.
 */
#ifndef HOWCOIN_NODE_H
#define HOWCOIN_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/identity.h"
#include "howcoin/limits.h"
#include "howcoin/network.h"
#include "howcoin/row.h"
#include "howcoin/text.h"
#include "howcoin/wire.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hc_node;

/* How a node talks of its own accord. It answers others in either form. */
enum hc_exchange {
    HC_EXCHANGE_FULL,  /* the simple form (K12): all rows in each round, over a connection for each exchange */
    HC_EXCHANGE_LINKS, /* kept connections, and what changes (K1-K11) */
};
/* "full", "links". */
HC_API const char *hc_exchange_name(enum hc_exchange exchange);

struct hc_node_config {
    struct hc_identity identity;      /* copied, and wiped by hc_node_free; wipe your own */
    const struct hc_network *network; /* borrowed for the node's life */
    const char *address;              /* canonical: where others reach this node; copied */
    const char *name;                 /* passed hc_name_check; copied */
    const struct hc_tags *tags;       /* changes of the tags that are kept from before; copied. NULL: none */
    const char *const *contacts;      /* canonical addresses; copied */
    size_t contact_count;             /* at most HC_CONTACTS_MAX */
    uint32_t gossip_interval_ms;      /* HC_INTERVAL_MS_MIN to HC_INTERVAL_MS_MAX */
    uint32_t mutate_interval_ms;      /* the same, or 0: never */
    bool durable;           /* commits wait for HC_EVENT_COMMITTED; otherwise they are done as soon as they are made */
    bool recovering;        /* the store was lost: sign nothing before the network was heard (S4) */
    uint32_t checks_a_step; /* signatures of rows that a step checks at most; 0: HC_CHECKS_A_STEP_MAX */
    enum hc_exchange exchange;
    uint32_t fanout;             /* HC_EXCHANGE_FULL: live peers asked a round; 0: all */
    uint32_t links;              /* HC_EXCHANGE_LINKS: how many it opens; 0: 3 */
    uint32_t patience;           /* by how much its time-outs are multiplied; 0: 1 */
    uint8_t seed[HC_SEED_BYTES]; /* of all chance; unpredictable to others, or nonces could be guessed */
};

/* Makes a node that has not started yet. HC_NO_MEMORY: *node is NULL. Free it with hc_node_free. */
HC_API enum hc_code hc_node_new(struct hc_node **node, const struct hc_node_config *config) HC_MUST_USE;
HC_API void hc_node_free(struct hc_node *node); /* NULL is fine */

/* A row of our own store. */
struct hc_stored_row {
    struct hc_row *row; /* borrowed */
    uint32_t age_s;     /* for how long its owner has been gone; if it was live, for how long this node has been */
    bool live;          /* its owner was live when this node stopped */
};
/* Before the start: rows from this node's own store, of its network, in any order. They are trusted to be signed as
 * they should be. Those of this node make it start where it stopped, with a greater version; the owners of the others
 * are gone until they answer, and those that `live` marks are asked first. `now_ms` is no later than the start's.
 * HC_NO_MEMORY: some are missing. HC_BAD_TAG: this node's tags, with those of the
 * configuration, would be too large. After either the node is only good for hc_node_free. */
HC_API enum hc_code hc_node_restore(struct hc_node *node, const struct hc_stored_row *rows, size_t count,
                                    int64_t now_ms) HC_MUST_USE;

enum hc_event_kind {
    HC_EVENT_START,   /* once, first: the node draws its coins and turns to its contacts (P1) */
    HC_EVENT_TIMEOUT, /* the deadline came */
    HC_EVENT_REQUEST, /* `message` came on the connection `handle`; a HC_SEND_REPLY in this step answers it, even if
                      its rows need more steps to be taken in */
    HC_EVENT_BUSY,    /* `message` is the head of a request (hc_wire_decode_head) that the shell is too busy for; a
                      HC_SEND_REPLY in this step answers it: `busy`, in the words of `text`, with this node's proof */
    HC_EVENT_REPLY,   /* `message` (a reply or an error) came to the request `handle` */
    HC_EVENT_FAILURE, /* the request `handle` failed: HC_UNREACHABLE, HC_CLOSED, HC_BAD_REPLY, HC_WRONG_NETWORK,
                      or HC_NO_MEMORY: the shell's own trouble, for which no peer is dropped */
    HC_EVENT_REFUSED, /* the shell refused something from outside for the reason `code`; if it is HC_WRONG_NETWORK, `host`
                      is where it came from */
    HC_EVENT_LINK_OPENED, /* another node asks for a link: `message` is its hello, `handle` the link's from now on */
    HC_EVENT_LINK_MESSAGE, /* `message` came on the link `handle`; the first on one that this node opens is a welcome or an
                              error */
    HC_EVENT_LINK_ENDED, /* the link `handle` is over, or could not be opened, for the reason `code` */
    HC_EVENT_SURVEY, /* ask the live peers that did not tell this table last, or, if `amount` is not 0, not this node's
                              row at that version */
    HC_EVENT_MUTATE, /* draw anew now, whatever the interval says */
    HC_EVENT_PAY,    /* pay `amount` to `payee`; effects.answers, in this or a later step, answer the `handle` */
    HC_EVENT_TAG,    /* make the changes `tags` to this node's own; answered as a payment is */
    HC_EVENT_COMMITTED,     /* the commit that was under way is durable */
    HC_EVENT_COMMIT_FAILED, /* it is not, or that is not known: nothing is signed any more (S5); the reason in `text` */
    HC_EVENT_LEAVE,         /* say goodbye; effects.stopped follows in this or a later step (P8) */
};

struct hc_event {
    enum hc_event_kind kind;
    int64_t now_ms; /* monotonic; never less than in the step before */
    uint64_t handle;
    const struct hc_message *message; /* borrowed */
    const uint8_t *payee;             /* HC_ID_BYTES, borrowed */
    uint64_t amount;
    const struct hc_tags *tags; /* borrowed */
    enum hc_code code;
    const char *text; /* words for HC_EVENT_BUSY, HC_EVENT_FAILURE and HC_EVENT_REFUSED; may be NULL */
    const char *host; /* for HC_EVENT_REFUSED: the other side's address without its port; NULL: unknown */
};

#define HC_HANDLE_THEIRS (UINT64_C(1) << 63)

enum hc_send_kind {
    HC_SEND_REQUEST, /* open a connection to `address`, send the message, wait for one in return */
    HC_SEND_REPLY,   /* to a HC_EVENT_REQUEST or HC_EVENT_BUSY; after an error the connection closes */
    HC_SEND_CANCEL,  /* close the connection of a HC_SEND_REQUEST */
    HC_SEND_OPEN,    /* open a link to `address`, and send the hello */
    HC_SEND_LINK,    /* send the message on a link, behind what was sent before */
    HC_SEND_CLOSE,   /* close a link, once all that was sent is written; nothing more is reported of it */
};

struct hc_send {
    enum hc_send_kind kind;
    uint64_t handle;                     /* of the exchange, the connection or the link */
    char address[HC_ADDR_BYTES_MAX + 1]; /* HC_SEND_REQUEST and HC_SEND_OPEN: canonical; where to */
    struct hc_message message;           /* of all but HC_SEND_CANCEL and HC_SEND_CLOSE */
};

/* What people may want to know: name in C, name in JSON; and what the notice says beside its kind. */
#define HC_NOTICES(X)                                                                                                  \
    X(HC_NOTICE_STARTED, "started")       /* row: this node's own */                                                   \
    X(HC_NOTICE_JOINED, "joined")         /* row: of a new node that is live */                                        \
    X(HC_NOTICE_DROPPED, "dropped")       /* row; code: why; text */                                                   \
    X(HC_NOTICE_RETURNED, "returned")     /* row */                                                                    \
    X(HC_NOTICE_LEFT, "left")             /* row */                                                                    \
    X(HC_NOTICE_MUTATED, "mutated")       /* row: new; from, to: coins */                                              \
    X(HC_NOTICE_REFUSED, "refused")       /* code, count; text: of what */                                             \
    X(HC_NOTICE_FORKED, "forked")         /* row: of an owner that tried to spend twice */                             \
    X(HC_NOTICE_UNANSWERED, "unanswered") /* code; text: which contact, and why; told once until it answers */         \
    X(HC_NOTICE_PAID, "paid")             /* row: the payee's; to: the amount, all payments of one commit together */  \
    X(HC_NOTICE_RECEIVED, "received")     /* row: the payer's; to: the amount, all payments of one message together */ \
    X(HC_NOTICE_TAGGED, "tagged")         /* row: new, with other tags than before; this node's own, too */            \
    X(HC_NOTICE_STORE_FAILED, "store_failed") /* text: why */                                                          \
    X(HC_NOTICE_UNREACHED, "unreached") /* row: this node's own; count: peers that cannot reach it at its address */   \
    X(HC_NOTICE_REACHED, "reached")     /* row: this node's own; after HC_NOTICE_UNREACHED a peer does */              \
    X(HC_NOTICE_TWIN, "twin")           /* row: this node's own; another node runs with its key */                     \
    X(HC_NOTICE_LINKED, "link")         /* row: the other side's; text: which kind. Of use to developers only */       \
    X(HC_NOTICE_UNLINKED, "unlink")     /* row; code: why; text. The same */                                           \
    X(HC_NOTICE_ACCUSED, "accused")     /* row: of a peer that had dropped this node; code: why; count: seconds ago */ \
    X(HC_NOTICE_ROUND, "round")         /* row: this node's own; a round is complete: time to show the table */

enum hc_notice_kind {
#define HC_NOTICE_IN_ENUM(kind, name) kind,
    HC_NOTICES(HC_NOTICE_IN_ENUM)
#undef HC_NOTICE_IN_ENUM
};

struct hc_notice {
    enum hc_notice_kind kind;
    enum hc_code code;
    struct hc_row *row; /* a reference; NULL where the kind has none, or the row is not known here */
    uint64_t from, to;
    uint64_t count;
    char text[HC_MESSAGE_TEXT_BYTES_MAX + 1];
};
/* "started", "joined", ... */
HC_API const char *hc_notice_kind_name(enum hc_notice_kind kind);

/* What became of a payment, or of a change of this node's tags. */
struct hc_answer {
    enum hc_event_kind kind; /* HC_EVENT_PAY or HC_EVENT_TAG: whose handle it is */
    uint64_t handle;
    enum hc_code code; /* HC_OK: it is durable */
    uint64_t version;  /* HC_OK: of this node's row that has it */
    uint64_t left;     /* HC_NOT_ENOUGH: how many coins there are to spend */
};

/* A row of this node that must be durable before it is told, and the payments that are new in it. */
struct hc_commit {
    struct hc_row *row; /* a reference; NULL: nothing to commit */
    uint64_t *payments; /* their handles, in the order in which they were accepted */
    size_t payment_count;
};

/* What the shell must do. Zero it once; each hc_node_step clears it first; hc_effects_free at the end. One may serve
 * many nodes, one after the other. */
struct hc_effects {
    struct hc_commit commit;
    uint8_t (*changed)[HC_ID_BYTES]; /* owners whose rows or status changed: to be stored within a second or so */
    size_t changed_count, changed_capacity;
    struct hc_answer *answers;
    size_t answer_count, answer_capacity;
    struct hc_send *sends;
    size_t send_count, send_capacity;
    struct hc_notice *notices;
    size_t notice_count, notice_capacity;
    struct hc_notice lost; /* where a notice goes for which there is no memory */
    bool proved;           /* HC_EVENT_REPLY: the peer that answered proved who it is */
    bool stopped;          /* the node has said goodbye and wants no more steps */
};
HC_API void hc_effects_free(struct hc_effects *effects);

/* HC_OK, or HC_NO_MEMORY: part of the work was left undone. The node stays whole either way, and tries again by
 * itself; a request that got no HC_SEND_REPLY in the effects stays unanswered, and its connection should be closed. */
HC_API enum hc_code hc_node_step(struct hc_node *node, const struct hc_event *event,
                                 struct hc_effects *effects) HC_MUST_USE;

/* When to step next, at the latest. INT64_MAX before the start and after the end. While rows are still to be checked
 * it is now: the shell looks at its sockets, and steps. */
HC_API int64_t hc_node_deadline(const struct hc_node *node);

/* ---- What can be seen of a node: none of it changes anything. Pointers are valid until the next step. ---- */

/* The node's id, HC_ID_BYTES bytes; valid as long as the node. */
HC_API const uint8_t *hc_node_id(const struct hc_node *node);

/* What the node is now. */
struct hc_node_view {
    const struct hc_row *row; /* its own; NULL before the first commit */
    const uint8_t *network;   /* HC_NETWORK_BYTES */
    uint64_t round;           /* complete ones */
    size_t live;              /* live nodes, this one included */
    size_t known;             /* rows, whatever this node thinks of their owners */
    size_t waiting;           /* rows that came and wait for their owners' credits (L3) */
    bool agree;               /* all peers that were asked in the last round hold its table, by what they told last */
    size_t heard;             /* live peers whose word of their tables this node has (others: hc_node_disagreeing) */
    size_t agreeing;          /* of them, those that told this table last */
    enum hc_reach reach;      /* whether others reach it at its row's address, by what they say */
    bool leaving;
    bool recovering;         /* signs nothing before the network was heard (S4) */
    bool store_failed;       /* signs nothing any more (S5) */
    const uint64_t *refused; /* HC_CODE_COUNT counters */
};
/* Costs nothing. */
HC_API void hc_node_look(const struct hc_node *node, struct hc_node_view *view);

/* The digest of the node's table, as others compare it. Costs the hashing of what changed since the last call. */
HC_API void hc_node_digest(const struct hc_node *node, uint8_t digest[HC_AT_LEAST(HC_DIGEST_BYTES)]);
/* How many live peers told another table last, or none yet. Costs a look at each member. */
HC_API size_t hc_node_disagreeing(const struct hc_node *node);
/* How many other nodes have told, in answers that proved who they are, this node's row at `version` or a later one.
 * Costs a look at each member. */
HC_API size_t hc_node_seen(const struct hc_node *node, uint64_t version);

/* Coins of many nodes together. */
__extension__ typedef __int128 hc_coin_sum;
/* The balances of all live nodes together, this one included. Costs a sum for each. */
HC_API hc_coin_sum hc_node_balances(const struct hc_node *node);

enum hc_member_status { HC_MEMBER_LIVE, HC_MEMBER_DROPPED, HC_MEMBER_LEFT };
/* "live", "dropped", "left". */
HC_API const char *hc_member_status_name(enum hc_member_status status);

/* Before every other time. */
#define HC_NEVER_MS INT64_MIN

struct hc_node_row_view {
    const struct hc_row *row;
    bool self;
    bool forked;
    bool incomplete; /* rows of its owner were left out (M6): those that it paid may be worth less than it seems */
    enum hc_member_status status;
    enum hc_code reason; /* why it is not live */
    hc_coin_sum balance;
    hc_coin_sum paid, received; /* all that its owner has ever paid to others, and they to it */
    int64_t changed_ms;         /* when the row was last replaced here; what this node's clock said */
    int64_t claimed_ms;         /* since when it says this address */
    bool mode_known;            /* `mode` is set */
    enum hc_exchange mode;      /* how its owner talks, by what it said itself */
    bool standing;              /* another node thinks otherwise of its status, and both have looked into it (K11) */
    int64_t answered_ms; /* when its owner last answered there with its proof; HC_NEVER_MS: not yet, or it is ours */
};
/* The row at `index`, 0 to view.known - 1, ascending by id. Costs a few searches. */
HC_API void hc_node_look_at(const struct hc_node *node, size_t index, struct hc_node_row_view *view);

/* ---- Links, and the stories of peers ---- */

struct hc_node_link_view {
    uint64_t handle;
    const uint8_t *id;        /* the other side's, HC_ID_BYTES */
    const struct hc_row *row; /* its row; NULL: not known yet */
    bool ours;                /* this node opened it */
    bool ring;                /* to this node's successor; otherwise a chord (K1) */
    bool proved;              /* both sides know whom they talk to */
    bool pushes, pushed;      /* eager: this node pushes news on it; the other side does (K4) */
    bool agree;               /* the other side told this table last */
    uint32_t usefulness;      /* of what it brings, in thousandths (K4) */
    int64_t since_ms;         /* when it was opened; what this node's clock said */
    int64_t heard_ms;         /* when something last came on it */
};
HC_API size_t hc_node_link_count(const struct hc_node *node);
/* The link at `index`, below hc_node_link_count. */
HC_API void hc_node_link(const struct hc_node *node, size_t index, struct hc_node_link_view *view);

/* What this node remembers of a peer: name in C, name in JSON, and what the entry says beside its kind. */
#define HC_STORY_KINDS(X)                                                                             \
    X(HC_STORY_HEARD, "heard")       /* of it for the first time; by: from whom */                    \
    X(HC_STORY_LINKED, "linked")     /* a link to it or from it */                                    \
    X(HC_STORY_UNLINKED, "unlinked") /* code: why */                                                  \
    X(HC_STORY_ASKED, "asked")       /* whether it lives */                                           \
    X(HC_STORY_ANSWERED, "answered") /* and proved who it is */                                       \
    X(HC_STORY_FAILED, "failed")     /* it did not; code: why */                                      \
    X(HC_STORY_HINT, "hint")         /* that it is gone (code: why) or back (HC_OK); by: from whom */ \
    X(HC_STORY_DROPPED, "dropped")   /* code: why */                                                  \
    X(HC_STORY_RETURNED, "returned") /* */                                                            \
    X(HC_STORY_LEFT, "left")         /* it said goodbye */                                            \
    X(HC_STORY_ACCUSED, "accused")   /* it says that it had dropped this node; code: why */

enum hc_story_kind {
#define HC_STORY_IN_ENUM(kind, name) kind,
    HC_STORY_KINDS(HC_STORY_IN_ENUM)
#undef HC_STORY_IN_ENUM
};
/* "heard", "linked", ... */
HC_API const char *hc_story_kind_name(enum hc_story_kind kind);

/* Entries that are kept of each peer; beyond this the oldest go. */
#define HC_STORY_MAX 32u

struct hc_story_entry {
    enum hc_story_kind kind;
    enum hc_code code;
    int64_t at_ms; /* what this node's clock said */
    bool has_by;
    uint8_t by[HC_ID_BYTES]; /* the peer that said so */
};
/* The story of `id`, the oldest entry first; returns how many there are, at most HC_STORY_MAX. *flaps: how often it
 * returned in all. */
HC_API size_t hc_node_story(const struct hc_node *node, const uint8_t id[HC_AT_LEAST(HC_ID_BYTES)],
                            struct hc_story_entry entries[HC_AT_LEAST(HC_STORY_MAX)], uint32_t *flaps);

#ifdef __cplusplus
}
#endif

#endif
