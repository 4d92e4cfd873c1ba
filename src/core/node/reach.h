/* Reach: whether others reach this node at its row's address, by what they say in answers that they prove. */
#ifndef HOWCOIN_CORE_REACH_H
#define HOWCOIN_CORE_REACH_H

#include <stdbool.h>

#include "core/node/effects.h"
#include "core/node/members.h"

/* Zeroed at first. */
struct reach {
    enum hc_reach reach;       /* HC_REACH_NO: that was told */
    uint32_t unreached_rounds; /* in which they said that they do not, without a break */
};

/* At the end of a round. One peer alone raises no alarm, unless there is no other; and if any of them reaches us, the
 * others' trouble is not our address. `own` is our row. */
void reach_judge(struct reach *reach, const struct members *members, struct hc_row *own, struct hc_effects *effects);
/* Whether a live peer has said that it reaches us. */
bool reach_is_known(const struct members *members);

#endif
