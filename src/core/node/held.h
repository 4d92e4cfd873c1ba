/* Held messages: a bounded pool of those that bring more new rows than one step may check (HC_CHECKS_A_STEP_MAX).
 *
 * Answers come first: this node asked for them, and a round is complete only when they are taken in. Requests have
 * half of the places and bytes at most, so that strangers cannot fill all.
 */
#ifndef HOWCOIN_CORE_HELD_H
#define HOWCOIN_CORE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "core/rows/state.h"
#include "howcoin/wire.h"

/* What a message said, and how it came. */
struct heard {
    struct hc_state *state;    /* borrowed; in the pool a reference */
    int64_t heard_ms;          /* when it came */
    uint8_t from[HC_ID_BYTES]; /* its sender: proved in an answer, claimed in a request */
    bool answer;               /* to a request of ours; otherwise a request */
    bool echo;                 /* the state is the very one that this node tells: there is nothing new in it */
    uint64_t link;             /* the link that it came on, from a sender that has proved itself; 0: another way */
    bool patched;              /* its rows were made here, of patches: whoever sent those has not told these rows */
    /* Of an answer: */
    char address[HC_ADDR_BYTES_MAX + 1]; /* where we asked */
    enum hc_reach reached;               /* whether its sender reached us when it last tried */
    bool introduce;                      /* nodes that are new in it are asked at once (P1) */
    bool hinted;                         /* it was asked because a peer thinks otherwise of it */
};

/* Zeroed at first. */
struct held {
    struct held_message {
        struct heard heard;
        size_t bytes; /* of its rows as text */
    } list[HELD_MAX]; /* the oldest first */
    size_t count;
};

/* Takes the message in, with a reference to its state. False: there is no room for it. */
bool held_add(struct held *held, const struct heard *heard);
/* The one to go on with: the oldest answer, or else the oldest request; NULL if there are none. Valid until held_add or
 * held_remove. */
const struct heard *held_next(const struct held *held);
/* Removes what held_next gave. */
void held_remove(struct held *held, const struct heard *heard);
/* Whether there are answers. */
bool held_has_answers(const struct held *held);
void held_clear(struct held *held);

#endif
