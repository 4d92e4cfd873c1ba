/* The begin and the end of a round. */
#include "core/node/rounds.h"

#include <string.h>

#include "core/common/memory.h"
#include "core/node/digests.h"
#include "core/node/link_talk.h"

/* P2: the simple form asks the next live peers. */
static void live_pick(const struct rounds *rounds, struct base *base, struct talk *talk, uint8_t (*ids)[HC_ID_BYTES])
{
    struct members *members = &base->members;
    size_t live_max = rounds->fanout && rounds->fanout < members->count ? rounds->fanout : members->count;
    size_t picked = members_pick_live(members, ids, live_max);
    for (size_t i = 0; i < picked; i++) {
        targets_add_member(&talk->targets, ids[i]);
    }
}

/* P2: the simple form does not ask all at once: what is queued takes a third of the round. In its first round a
 * node is in a hurry. */
static void pace_set(const struct rounds *rounds, const struct base *base, struct talk *talk)
{
    int64_t queued = (int64_t)targets_count(&talk->targets);
    bool paced = !base_keeps_links(base) && rounds->complete > 0 && queued > 0;
    talk->pace_ms = paced ? base->gossip_interval_ms / 3 / queued : 0;
}

/* How many members that are not live are tried. The simple form tries many at first, also those that were live when we stopped
 * (hc_node_restore); links turn to those by themselves (K11), and try one (K10) unless there is nobody else. */
static size_t gone_most(const struct rounds *rounds, const struct base *base)
{
    if (base_keeps_links(base)) {
        return base->members.live_count > 0 ? 1 : GONE_TRIED_MAX;
    }
    return rounds->complete == 0 ? INTRODUCTIONS_MAX : rounds->fanout ? rounds->fanout : GONE_TRIED_MAX;
}

static void gone_pick(const struct rounds *rounds, struct base *base, struct talk *talk, uint8_t (*ids)[HC_ID_BYTES])
{
    struct members *members = &base->members;
    size_t most = gone_most(rounds, base);
    size_t picked = members_pick_gone(members, ids, most < members->count ? most : members->count, &base->random);
    for (size_t i = 0; i < picked; i++) {
        const struct member *member = members_find(members, ids[i]);
        if (!base_keeps_links(base) || !member->guessed || rounds->complete > 0) {
            targets_add_member(&talk->targets, ids[i]);
        }
    }
}

/* K8: as long as no peer has said that it reaches us, one is asked that has not said whether it does; asked so, it tries. */
static void reach_ask(const struct base *base, struct talk *talk)
{
    for (size_t i = 0; i < talk->links.count && !reach_is_known(&base->members); i++) {
        const struct link *link = talk->links.list[i];
        const struct member *member = members_find(&base->members, link->id);
        if (link->ours && link->stage == LINK_UP && member && member->reaches_us == HC_REACH_UNKNOWN) {
            targets_add_member(&talk->targets, link->id);
            break;
        }
    }
}

enum hc_code rounds_start(struct rounds *rounds, struct base *base, struct talk *talk, struct hc_effects *effects)
{
    ASSERT(!rounds->under_way && !base->leaving && base->now_ms >= rounds->next_ms);
    uint8_t(*ids)[HC_ID_BYTES] = memory_new(base->members.count + 1, sizeof *ids);
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
    if (base_keeps_links(base)) {
        ring_turn(&rounds->ring, talk, base, rounds->complete + 1, effects);
        ring_watch(talk, base);
        links_beat(talk, base, effects);
        reach_ask(base, talk);
    } else {
        live_pick(rounds, base, talk, ids);
    }
    gone_pick(rounds, base, talk, ids);
    pace_set(rounds, base, talk);
    memory_free(ids);
    return HC_OK;
}

bool rounds_are_answered(const struct rounds *rounds, const struct talk *talk)
{
    ASSERT(rounds->under_way);
    return talk_is_idle(talk) && !links_await(talk) && !held_has_answers(&talk->intake.held);
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

/* K11: those that were live when we stopped, and that no peer has told of, are asked. */
static void guesses_end(struct base *base)
{
    for (size_t i = 0; base->members.live_count > 0 && i < base->members.count; i++) {
        struct member *member = &base->members.list[i];
        if (member->guessed) {
            member_urge(&base->members, member, URGENCY_CALLED);
        }
    }
}

void rounds_finish(struct rounds *rounds, struct base *base, struct own *own, struct talk *talk,
                   struct hc_effects *effects)
{
    ASSERT(rounds->under_way);
    rounds->under_way = false;
    rounds->complete++;
    if (talk->intake.met) {
        own_settle(own); /* all that we could ask at once have told what they know of us */
    }
    digests_sweep(base);
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    digests_now(rows, whole, base);
    rounds->agree = base_keeps_links(base) ? links_agree(talk, base) : asked_agree(base, rounds->complete, rows);
    refusals_tell(&base->refusals, base->now_ms, effects);
    reach_judge(&rounds->reach, &base->members, own->row, effects);
    intake_forget(&talk->intake, base, effects);
    if (base_keeps_links(base) && base->members.live_count < base->members.count) {
        guesses_end(base);
    }
    notice_add(effects, HC_NOTICE_ROUND, own->row);
}
