/* The node's inside: what node.c, node_own.c, node_gossip.c, node_held.c, node_exchange.c and node_look.c share, and nobody
 * else includes. What each of them does stands above its functions below.
 */
#ifndef HOWCOIN_CORE_NODE_PARTS_H
#define HOWCOIN_CORE_NODE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node.h"
#include "core/random.h"
#include "core/state.h"

/* An address that people gave, and what we know of who answers there. */
struct contact {
    char address[HC_ADDR_BYTES_MAX + 1];
    uint8_t id[HC_ID_BYTES]; /* who answered last */
    bool answered;           /* `id` is set */
    bool complained;         /* that it does not answer was told */
};

/* Whom to ask: a contact, or the member `id`. */
struct target {
    const struct contact *contact; /* NULL: the member */
    uint8_t id[HC_ID_BYTES];
    bool introduction; /* asked because a newcomer (we) just heard of it */
};

struct exchange {
    uint64_t handle;
    struct target target;
    char address[HC_ADDR_BYTES_MAX + 1]; /* where it was asked */
    uint8_t nonce[HC_NONCE_BYTES];
    int64_t deadline_ms;
    bool again;  /* the second try */
    bool hinted; /* asked because somebody thinks otherwise of it */
};

/* What a message said, whose rows are not all checked yet. */
struct held {
    struct hc_state *state;    /* in node.held a reference */
    size_t bytes;              /* of its rows as text; in node.held */
    int64_t heard_ms;          /* when it came */
    uint8_t from[HC_ID_BYTES]; /* who sent it */
    bool answer; /* to a request of ours, with his proof; otherwise a request, and `from` is what it says */
    /* Of an answer: */
    char address[HC_ADDR_BYTES_MAX + 1]; /* where we asked */
    enum hc_reach reached;               /* whether its sender reached us when it last tried */
    bool introduce;                      /* whoever is new in it is asked at once (P1) */
    bool hinted;                         /* he was asked because somebody thinks otherwise of him */
};

/* Payments, or changes of our tags, that wait for their commit. */
struct handles {
    uint64_t *list;
    size_t count, capacity;
};

/* A row that was forgotten (P10). */
struct forgotten {
    uint8_t id[HC_ID_BYTES];
    uint64_t version;
};

struct hc_node {
    struct hc_identity identity;
    const struct hc_network *network;
    char address[HC_ADDR_BYTES_MAX + 1];
    char name[HC_NAME_BYTES_MAX + 1];
    struct contact *contacts;
    size_t contact_count;
    uint32_t gossip_interval_ms, mutate_interval_ms, timeout_ms, fanout;
    bool durable;

    struct random random;
    struct table table;
    struct members members; /* of everybody but ourselves */
    /* Our own row, in up to three ages. `own` is committed and in the table: others may know it. `pending` is signed and
     * waits for its commit. `draft` is what the next one will say; its version is the greatest that was used or seen. */
    struct hc_row *own;     /* NULL before the first commit */
    struct hc_row *pending; /* NULL: no commit is under way */
    struct hc_row_fields draft;
    struct hc_sent draft_sent[HC_PAYEES_MAX];
    struct hc_tags draft_tags;
    char draft_more[MORE_BYTES_MAX]; /* of a later version of this program that ran with our key before */
    struct hc_tags given_tags;       /* the configuration's: changes of what was said before */
    bool tagged;                     /* they were changed since the start: what we said before is outdated */
    bool draft_dirty;                /* differs from the row that was signed last */
    bool pending_committed;          /* it is durable, but memory ran out before it was in the table */
    struct handles draft_payments, pending_payments, draft_changes, pending_changes;
    int64_t own_changed_ms;
    bool store_failed, recovering;

    struct forgotten *forgotten; /* a ring of FORGOTTEN_MAX; NULL: none yet */
    size_t forgotten_count;      /* ever */

    struct hc_state *told; /* what we tell, made for the revisions below; NULL: to be made */
    uint64_t told_table, told_members;
    int64_t told_ms;

    struct exchange exchanges[HC_EXCHANGES_MAX];
    size_t exchange_count;
    struct target *queue; /* from queue_next on: to be asked in this round */
    size_t queue_next, queue_count, queue_capacity;
    uint64_t next_handle;

    struct held held[HELD_MAX]; /* the oldest first */
    size_t held_count;

    int64_t now_ms, wake_ms, next_round_ms, next_mutation_ms;
    uint64_t round;            /* complete ones */
    size_t introductions_left; /* in this round */
    bool in_round, agree;
    enum hc_reach reach;       /* whether others reach us; NO: that was told */
    uint32_t unreached_rounds; /* in which they said that they do not, without a break */
    bool met;                  /* somebody answered, ever */
    bool settled;              /* a round in which somebody answered is complete */
    bool started, started_told, leaving, goodbyes_queued, stopped;
    int64_t twin_told_ms; /* when a twin was last told of; INT64_MIN: never */

    int64_t busy_since_ms; /* the second in which `busy_proofs` went with `busy` */
    unsigned busy_proofs;

    uint64_t refused[HC_CODE_COUNT], refused_told[HC_CODE_COUNT];
    int64_t refused_told_ms[HC_CODE_COUNT];
    char strangers[STRANGERS_MAX][STRANGER_BYTES_MAX + 1]; /* a ring: where nodes of other networks came from */
    size_t stranger_count;                                 /* ever */
    int64_t strangers_since_ms;                            /* of the two below */
    uint64_t strangers_shown, strangers_hidden;            /* that were told of one by one, and that were not */
};

/* ---- effects.c: lists that grow ---- */

/* A zeroed place for one more; NULL if memory ran out. Valid until the next one. */
struct hc_send *send_add(struct hc_effects *effects);
struct hc_answer *answer_add(struct hc_effects *effects, enum hc_event_kind kind, uint64_t handle, enum hc_code code);
/* Never NULL: a notice for which there is no memory is lost; what it tells of happened all the same. */
struct hc_notice *notice_add(struct hc_effects *effects, enum hc_notice_kind kind, struct hc_row *row);
/* Takes words over if they fit and are fit to be shown. */
void notice_text(struct hc_notice *notice, const char *text);
/* An owner whose row or status is to be stored. One that is lost is stored at its next change. */
void changed_add(struct hc_effects *effects, const uint8_t id[static HC_ID_BYTES]);
void effects_clear(struct hc_effects *effects);

/* ---- node.c: life, steps, and what is counted ---- */

/* We take part from the first commit of this life on: what we said in an earlier one is known, or was a goodbye. */
bool may_tell(const struct hc_node *node);
bool is_self(const struct hc_node *node, const uint8_t id[static HC_ID_BYTES]);
/* The row that speaks for an owner; NULL if he is unknown. */
struct hc_row *row_of(const struct hc_node *node, const uint8_t id[static HC_ID_BYTES]);
void refused_add(struct hc_node *node, enum hc_code code, uint64_t count, const char *text, struct hc_effects *effects);
/* Tells of what was counted, if it is time to. */
void refused_tell(struct hc_node *node, enum hc_code code, const char *text, struct hc_effects *effects);
/* Tells of the strangers that were not told of one by one, if it is time to. */
void strangers_tell(struct hc_node *node, struct hc_effects *effects);

/* ---- node_own.c: our own row, its changes and commits ---- */

/* A row of ours from the store: where we stopped. */
enum hc_code own_restore(struct hc_node *node, struct hc_row *row) HC_MUST_USE;
void own_start(struct hc_node *node);
void own_mutate(struct hc_node *node);
void own_leave(struct hc_node *node);
void own_pay(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects);
void own_tag(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects);
/* M5: rows of ours, verified, that we do not know. */
void own_adopt(struct hc_node *node, struct hc_row *const *rows, size_t count, struct hc_effects *effects);
/* Signs and commits what changed, if no commit is under way; puts in force what was committed. */
enum hc_code own_commit(struct hc_node *node, struct hc_effects *effects) HC_MUST_USE;
void own_committed(struct hc_node *node);
void own_commit_failed(struct hc_node *node, const char *text, struct hc_effects *effects);

/* ---- node_gossip.c: what we tell others, and what we take in from them ---- */

/* What we tell now: one reference for the caller, or NULL if memory ran out. */
struct hc_state *told_now(struct hc_node *node);
/* Takes in what a message says that came at `heard_ms`. HC_BAD_SIGNATURE or HC_BAD_DRAW: nothing of it was taken in. HC_BUSY: nothing yet; the next
 * call with this state checks more of it. */
enum hc_code state_take(struct hc_node *node, const struct hc_state *state, int64_t heard_ms, bool introduce,
                        struct hc_effects *effects) HC_MUST_USE;
void peer_drop(struct hc_node *node, struct member *member, enum hc_code reason, const char *text,
               struct hc_effects *effects);
/* P10: of the gone ones, those whom no payment touches are forgotten in the end. */
void gone_forget(struct hc_node *node, struct hc_effects *effects);

/* ---- node_held.c: messages whose rows are checked in more than one step ---- */

/* Takes in what a message says, now or, with a reference to its state, in later steps. If it cannot be held, it is counted
 * as refused: its rows come again. HC_BAD_SIGNATURE, HC_BAD_DRAW, HC_NO_MEMORY as state_take. */
enum hc_code held_take(struct hc_node *node, const struct held *message, struct hc_effects *effects) HC_MUST_USE;
/* Goes on with one of those that are held. */
enum hc_code held_work(struct hc_node *node, struct hc_effects *effects) HC_MUST_USE;
/* Whether answers are among them. */
bool held_answers(const struct hc_node *node);
void held_release(struct hc_node *node);

/* ---- node_exchange.c: exchanges, requests, rounds ---- */

void target_queue(struct hc_node *node, const struct contact *contact, const uint8_t *id, bool introduction);
struct exchange *exchange_find(struct hc_node *node, uint64_t handle);
/* Ends an exchange without a word about the peer. */
void exchange_close(struct hc_node *node, struct exchange *exchange);
void exchange_failed(struct hc_node *node, struct exchange *exchange, enum hc_code code, const char *text,
                     struct hc_effects *effects);
void exchanges_expire(struct hc_node *node, struct hc_effects *effects);
void exchanges_take_back(struct hc_node *node, struct hc_effects *effects);
void exchanges_open(struct hc_node *node, struct hc_effects *effects);
/* What an answer said was taken in, or why not: its sender is alive, unless he passed on what is forged. */
void answer_taken(struct hc_node *node, const struct held *answer, enum hc_code code, struct hc_effects *effects);
void reply_take(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects);
enum hc_code request_take(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects) HC_MUST_USE;
/* Answers the request that the event is about with `busy`. */
void request_busy(struct hc_node *node, const struct hc_event *event, const char *text, struct hc_effects *effects);
enum hc_code round_start(struct hc_node *node) HC_MUST_USE;
void round_finish(struct hc_node *node, struct hc_effects *effects);

#endif
