/* This node's own row: what changes it, and how a change becomes durable before any other node hears of it (S3).
 *
 * A change works on the draft. own_commit signs the draft as the next version and hands it to the shell; own_committed
 * remembers that it is durable, and the next own_commit installs it: it goes into the table, from where it is told. While
 * a commit is under way changes gather in the draft, and one row carries them all.
 */
#ifndef HOWCOIN_CORE_OWN_H
#define HOWCOIN_CORE_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/node/draft.h"

/* The payments and the changes of tags that wait for one commit, by their handles, in order. */
struct waiters {
    struct handles {
        uint64_t *list;
        size_t count, capacity;
    } payments, changes;
};

struct own {
    struct hc_row *row;     /* committed, and in the table: others may know it; NULL before the first commit */
    struct hc_row *pending; /* signed, and waits for its commit; NULL: no commit is under way */
    struct draft draft;     /* what the next one will say */
    struct waiters draft_waiters, pending_waiters;
    char name[HC_NAME_BYTES_MAX + 1];
    struct hc_tags given_tags; /* the configuration's: changes of what was said before */
    int64_t twin_told_ms;      /* when a twin was last told of; HC_NEVER_MS: not yet */
    bool durable;              /* commits wait for own_committed */
    bool pending_committed;    /* `pending` is durable, but not in the table yet: the next own_commit installs it */
    bool tagged;               /* tags were changed since the start: what we said before is outdated */
    bool started;              /* a row was committed in this life */
    bool settled;      /* a round in which a peer answered is complete: rows of ours that we do not know are a twin's */
    bool recovering;   /* signs nothing before the network was heard (S4) */
    bool store_failed; /* signs nothing any more (S5) */
};

/* `base` stays where it is for this one's life: the draft points to its address. */
void own_init(struct own *own, const struct base *base, const struct hc_node_config *config);
void own_free(struct own *own);

/* Before the start: a row of ours from the store, where we stopped. HC_NO_MEMORY, HC_BAD_TAG. */
enum hc_code own_restore(struct own *own, struct base *base, struct hc_row *row) HC_MUST_USE;
void own_start(struct own *own, const struct base *base);

/* Draws anew, if that is possible. */
void own_mutate(struct own *own, const struct base *base);
/* HC_EVENT_PAY and HC_EVENT_TAG. Each is answered once, now or with its commit. */
void own_pay(struct own *own, const struct base *base, const struct hc_event *event, struct hc_effects *effects);
void own_tag(struct own *own, const struct base *base, const struct hc_event *event, struct hc_effects *effects);
/* M5: rows of ours, verified, that we do not know: the next row covers them. */
void own_adopt(struct own *own, const struct base *base, struct hc_row *const *rows, size_t count,
               struct hc_effects *effects);
/* The goodbye: the next row says `left`. */
void own_leave(struct own *own);
/* The network was heard: all peers that could be asked at once have told what they know of us (S4). */
void own_settle(struct own *own);

/* Installs what was committed; then signs what changed, if no commit is under way. HC_NO_MEMORY: it is tried again. */
enum hc_code own_commit(struct own *own, struct base *base, struct hc_effects *effects) HC_MUST_USE;
void own_committed(struct own *own);
void own_commit_failed(struct own *own, const char *text, struct hc_effects *effects);

/* Whether this node takes part in gossip: from the first commit of this life on. What it said in an earlier life is known
 * already, or was a goodbye. */
bool own_takes_part(const struct own *own);
/* Whether own_commit has something left to do that only memory keeps it from. */
bool own_is_behind(const struct own *own);
/* Whether a goodbye can still come into force. */
bool own_awaits_goodbye(const struct own *own);
/* For tests and the simulator. */
bool own_verify(const struct own *own, const struct base *base);

#endif
