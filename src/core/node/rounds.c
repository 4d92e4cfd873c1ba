/* The begin and the end of a round. */
#include "core/node/rounds.h"

#include <string.h>

#include "core/common/memory.h"

enum hc_code rounds_start(struct rounds *rounds, struct base *base, struct talk *talk)
{
    struct members *members = &base->members;
    ASSERT(!rounds->under_way && !base->leaving && base->now_ms >= rounds->next_ms);
    size_t live_max = rounds->fanout && rounds->fanout < members->count ? rounds->fanout : members->count;
    uint8_t(*ids)[HC_ID_BYTES] = memory_new(members->count + 1, sizeof *ids);
    rounds->next_ms += base->gossip_interval_ms;
    if (rounds->next_ms <= base->now_ms) {
        rounds->next_ms = base->now_ms + base->gossip_interval_ms;
    }
    if (!ids) {
        return HC_NO_MEMORY;
    }
    rounds->under_way = true;
    targets_begin_round(&talk->targets);
    for (size_t i = 0; i < talk->contacts.count; i++) {
        if (!contact_is_live(&talk->contacts.list[i], base)) {
            targets_add_contact(&talk->targets, &talk->contacts.list[i]);
        }
    }
    size_t picked = members_pick_live(members, ids, live_max);
    for (size_t i = 0; i < picked; i++) {
        targets_add_member(&talk->targets, ids[i]);
    }
    /* At first, also those that were live when we stopped (hc_node_restore). */
    size_t gone_max = rounds->complete == 0 ? INTRODUCTIONS_MAX : rounds->fanout ? rounds->fanout : GONE_TRIED_MAX;
    gone_max = gone_max < members->count ? gone_max : members->count;
    picked = members_pick_gone(members, ids, gone_max, &base->random);
    for (size_t i = 0; i < picked; i++) {
        targets_add_member(&talk->targets, ids[i]);
    }
    memory_free(ids);
    return HC_OK;
}

/* Whether all live peers that were asked in `round` told `digest` last. */
static bool asked_agree(const struct base *base, uint64_t round, const uint8_t *digest)
{
    for (size_t i = 0; i < base->members.count; i++) {
        const struct member *member = &base->members.list[i];
        if (member->status == HC_MEMBER_LIVE && member->asked_round == round &&
            !(member->told_known && memcmp(member->told, digest, HC_DIGEST_BYTES) == 0)) {
            return false;
        }
    }
    return true;
}

void rounds_finish(struct rounds *rounds, struct base *base, struct own *own, struct talk *talk,
                   struct hc_effects *effects)
{
    ASSERT(rounds->under_way && talk_is_idle(talk));
    rounds->under_way = false;
    rounds->complete++;
    if (talk->intake.met) {
        own_settle(own); /* all that we could ask at once have told what they know of us */
    }
    struct hc_state *ours = told_now(&talk->told, base);
    rounds->agree = ours && asked_agree(base, rounds->complete, ours->digest);
    state_unref(ours);
    refusals_tell(&base->refusals, base->now_ms, effects);
    reach_judge(&rounds->reach, &base->members, own->row, effects);
    intake_forget(&talk->intake, base, effects);
    notice_add(effects, HC_NOTICE_ROUND, own->row);
}
