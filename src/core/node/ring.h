/* The ring and the chords (K1): which links this node is to have. The next live id after its own in the circle of ids is its
 * successor, and each node has a link to its successor: so the network is connected, whatever chance decides. The others
 * go to random peers: so it is small.
 */
#ifndef HOWCOIN_CORE_RING_H
#define HOWCOIN_CORE_RING_H

#include <stdint.h>

#include "core/node/talk.h"

/* Zeroed at first, but for `links`. */
struct ring {
    uint32_t links; /* how many this node opens */
    uint64_t members_revision, links_revision;
    int64_t look_again_ms; /* when a peer that refused may be asked again */
};

/* Opens the links that are missing, and gives up those that are too many. Costs nothing if no peer and no link has come or
 * gone. */
void ring_tend(struct ring *ring, struct talk *talk, struct base *base, struct hc_effects *effects);
/* Once a round: the oldest lazy chord has its term, and so has any chord. */
void ring_turn(struct ring *ring, struct talk *talk, struct base *base, uint64_t round, struct hc_effects *effects);
/* Once a round: peers behind this node in the circle that keep no links are asked, for nobody but this node watches them; and
 * one of those that never answered at their address. */
void ring_watch(struct talk *talk, struct base *base);

#endif
