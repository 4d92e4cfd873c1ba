/* Whether others reach this node. */
#include "core/node/reach.h"

/* How many live peers say this. */
static size_t count_saying(const struct members *members, enum hc_reach reach)
{
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        count += member->status == HC_MEMBER_LIVE && member->reaches_us == reach;
    }
    return count;
}

bool reach_is_known(const struct members *members)
{
    return count_saying(members, HC_REACH_YES) > 0;
}

void reach_judge(struct reach *reach, const struct members *members, struct hc_row *own, struct hc_effects *effects)
{
    size_t yes = count_saying(members, HC_REACH_YES), no = count_saying(members, HC_REACH_NO);
    ASSERT(yes + no <= members->live_count);
    bool doubted = yes == 0 && no > 0 && (no >= UNREACHED_PEERS || no == members->live_count);
    reach->unreached_rounds = doubted ? reach->unreached_rounds + 1 : 0;
    if (yes > 0 && reach->reach != HC_REACH_YES) {
        if (reach->reach == HC_REACH_NO) {
            notice_add(effects, HC_NOTICE_REACHED, own);
        }
        reach->reach = HC_REACH_YES;
    } else if (reach->unreached_rounds >= UNREACHED_ROUNDS && reach->reach != HC_REACH_NO) {
        notice_add(effects, HC_NOTICE_UNREACHED, own)->count = no;
        reach->reach = HC_REACH_NO;
    }
}
