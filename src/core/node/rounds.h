/* Rounds: one each gossip interval. rounds_start chooses the nodes to ask, or sends a beat over each link; rounds_finish
 * draws the conclusions, when all of them have answered or failed and what they answered is taken in. In the simple form
 * a newcomer's first round begins with its contacts, and those that they tell it of are asked in the same round (P1).
 */
#ifndef HOWCOIN_CORE_ROUNDS_H
#define HOWCOIN_CORE_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/own.h"
#include "core/node/push.h"
#include "core/node/reach.h"
#include "core/node/ring.h"
#include "core/node/talk.h"

/* Zeroed at first, but for the fan-out. */
struct rounds {
    uint32_t fanout;    /* live peers asked in a round; 0: all */
    uint64_t complete;  /* how many */
    bool under_way;     /* round `complete` + 1 has started */
    int64_t next_ms;    /* when the next one starts, at the earliest */
    bool agree;         /* all peers that were asked in the last round hold our table, by what they told last */
    struct reach reach; /* whether others reach us */
    struct ring ring;   /* which links there are to be */
};

/* Whether all that was asked in this round has come to an end. */
bool rounds_are_answered(const struct rounds *rounds, const struct talk *talk);
/* HC_NO_MEMORY: none was started; the next one is due an interval later in either case. */
enum hc_code rounds_start(struct rounds *rounds, struct base *base, struct talk *talk,
                          struct hc_effects *effects) HC_MUST_USE;
void rounds_finish(struct rounds *rounds, struct base *base, struct own *own, struct talk *talk,
                   struct hc_effects *effects);

#endif
