/* What becomes of this node's opinions. */
#include "core/node/peers.h"

#include <string.h>

#include "core/common/canary.h"
#include "core/common/id.h"
#include "core/node/digests.h"

void peer_restore(struct base *base, const struct hc_stored_row *stored, int64_t now_ms)
{
    const struct hc_row *row = base_row(base, stored->row->fields.id);
    struct member *member;
    if (!row || members_find(&base->members, row->fields.id)) {
        return; /* not solvent by itself, or another branch of one that we have */
    }
    ASSERT(!base_is_self(base, row->fields.id));
    enum hc_member_status status = row->fields.left ? HC_MEMBER_LEFT : HC_MEMBER_DROPPED;
    CHECK(members_add(&base->members, &member, row->fields.id, status, now_ms, &base->random) == HC_OK);
    if (stored->live) {
        /* All that we know is when we stopped: a peer that tells less knows better. */
        member_learn_age(member, stored->age_s, now_ms);
    } else {
        member->gone_ms = member->lifeless_ms = now_ms - (int64_t)stored->age_s * 1000;
    }
    member->reason = row->fields.left ? HC_LEFT : HC_SILENT;
    /* Links turn to those that were live by themselves (K11). */
    member_urge(&base->members, member, stored->live && !base_keeps_links(base) ? URGENCY_CALLED : URGENCY_NONE);
    member->guessed = stored->live && status == HC_MEMBER_DROPPED;
    digests_judge(base, member);
}

/* ---- What is told of it ---- */

bool peer_meet(struct base *base, struct hc_row *row, const struct hc_state *state, int64_t heard_ms,
               struct hc_effects *effects)
{
    struct member *member;
    const struct gone *gone = state_find_gone(state, row->fields.id);
    enum hc_member_status status = row->fields.left ? HC_MEMBER_LEFT : gone ? HC_MEMBER_DROPPED : HC_MEMBER_LIVE;
    ASSERT(!base_is_self(base, row->fields.id));
    CHECK(members_add(&base->members, &member, row->fields.id, status, base->now_ms, &base->random) == HC_OK);
    if (status != HC_MEMBER_LIVE) {
        member->reason = status == HC_MEMBER_LEFT ? HC_LEFT : HC_UNREACHABLE;
        member_learn_age(member, gone ? gone->age_s : 0, heard_ms);
        digests_judge(base, member);
        return false;
    }
    notice_add(effects, HC_NOTICE_JOINED, row);
    return true;
}

/* It is back among the live. */
static void peer_return(struct base *base, struct member *member, struct hc_effects *effects)
{
    members_return(&base->members, member, &base->random);
    member->flaps++;
    changed_add(effects, member->id);
    notice_add(effects, HC_NOTICE_RETURNED, base_member_row(base, member));
    base_story(base, member, HC_STORY_RETURNED, HC_OK, NULL);
}

/* K11: whoever answers first tells a node that has just started who is live, and that need not be asked. */
static bool stands_by_word(const struct base *base, const struct member *member)
{
    return base_keeps_links(base) && member->guessed;
}

void peer_change(struct base *base, const struct change *change, const struct hc_state *state, int64_t heard_ms,
                 struct hc_effects *effects)
{
    const struct hc_row_fields *before = &change->before->fields, *after = &change->after->fields;
    const struct gone *gone = state_find_gone(state, after->id);
    struct member *member = members_find_near(&base->members, after->id, change->place);
    ASSERT(member && id_equal(before->id, after->id));
    member->changed_ms = base->now_ms;
    if (strcmp(before->addr, after->addr) != 0) {
        member->claimed_ms = base->now_ms;
        member->answered_ms = HC_NEVER_MS;
        member->reached = HC_REACH_UNKNOWN;
    }
    if (before->draw != after->draw) {
        struct hc_notice *notice = notice_add(effects, HC_NOTICE_MUTATED, change->after);
        notice->from = before->coins;
        notice->to = after->coins;
    }
    if (!after->left) {
        member_unleave(&base->members, member);
    }
    if (after->left && member->status != HC_MEMBER_LEFT) {
        peer_drop(base, member, HC_LEFT, NULL, effects);
    } else if (!after->left && member->status != HC_MEMBER_LIVE && !gone && !stands_by_word(base, member)) {
        member_urge(&base->members, member, URGENCY_CALLED); /* it signed something new: ask it */
    }
    if (member->status != HC_MEMBER_LIVE && after->version > before->version) {
        member_learn_age(member, gone ? gone->age_s : 0, heard_ms);
    }
    digests_judge(base, member);
}

/* Until then hints about it are ignored: one was looked into, and found wrong. */
static void hints_rest(const struct base *base, struct member *member)
{
    member->hints_rest_until_ms = base->now_ms + (int64_t)HINT_REST_ROUNDS * base->gossip_interval_ms;
}

/* The teller holds it as gone. */
static void hint_gone(struct base *base, struct member *member, const struct gone *gone, int64_t heard_ms)
{
    if (member->status != HC_MEMBER_LIVE) {
        member_hear_age(member, gone->age_s, heard_ms);
        member->guessed = false; /* it is not only us */
        digests_judge(base, member);
    } else if (!gone->row->fields.left && base->now_ms >= member->hints_rest_until_ms) {
        member_urge(&base->members, member, URGENCY_HINT);
    }
}

/* The teller, which may have proved who it is, holds it as live, with the row `told`. */
static void hint_live(struct base *base, struct member *member, const struct hc_row *told, bool proved,
                      struct hc_effects *effects)
{
    const struct hc_row *row = base_member_row(base, member);
    if (CANARY_REVIVED) {
        members_return(&base->members, member, &base->random);
    } else if (row->fields.left || memcmp(told->hash, row->hash, HC_HASH_BYTES) != 0) {
        return;
    } else if (proved && stands_by_word(base, member)) {
        peer_stands_guess(base, member, effects);
    } else {
        member_urge(&base->members, member, URGENCY_HINT);
    }
}

void peers_take_hints(struct base *base, const struct hc_state *state, int64_t heard_ms, bool proved,
                      struct hc_effects *effects)
{
    struct members *members = &base->members;
    for (size_t i = 0; i < state->gone_count; i++) {
        struct member *member = members_find(members, state->gone[i].row->fields.id);
        if (member) {
            hint_gone(base, member, &state->gone[i], heard_ms);
        }
    }
    for (size_t i = 0; members->live_count < members->count && i < members->count; i++) {
        struct member *member = &members->list[i];
        if (member->status == HC_MEMBER_LIVE || member->urgency != URGENCY_NONE ||
            base->now_ms < member->hints_rest_until_ms) {
            continue;
        }
        const struct hc_row *told = state_find_live(state, member->id);
        if (told) {
            hint_live(base, member, told, proved, effects);
        }
    }
}

/* ---- What it does itself ---- */

/* Whether the last we know of it is its goodbye. A newer row in its own words outranks that, also one that cannot be
 * taken in yet, for want of a credit that we have not heard of. `told` may be NULL. */
static bool is_away(const struct base *base, const struct member *member, const struct hc_state *told)
{
    const struct hc_row *known = base_member_row(base, member),
                        *newer = told ? state_find_live(told, member->id) : NULL;
    return known->fields.left && !(newer && !newer->fields.left && newer->fields.version > known->fields.version);
}

void peer_called(struct base *base, struct member *member, const struct hc_state *told)
{
    if (member->status == HC_MEMBER_LIVE) {
        state_digest(member->told, told);
        member->told_known = true;
    } else if (!is_away(base, member, told)) {
        member_urge(&base->members, member, URGENCY_CALLED); /* P6 */
    }
}

void peer_lives(struct base *base, struct member *member, const struct hc_state *told, bool hinted,
                struct hc_effects *effects)
{
    member->failed_ms = HC_NEVER_MS;
    base->members.revision += member->suspected_until_ms != 0; /* it can be linked again */
    member->suspected_until_ms = 0;
    if (member->status != HC_MEMBER_LIVE && !is_away(base, member, told)) {
        peer_return(base, member, effects);
        news_add_verdict(&base->news, base_member_row(base, member), HC_OK);
    } else if (member->status != HC_MEMBER_LIVE) {
        member_shows_life(member, base->now_ms);
        digests_judge(base, member);
    } else if (hinted) {
        hints_rest(base, member);
        member->urgency = URGENCY_NONE;
    }
    member->busy_rounds = 0;
}

void peer_answered_at(const struct base *base, struct member *member, const char *address)
{
    if (strcmp(base_member_row(base, member)->fields.addr, address) == 0) {
        member->answered_ms = base->now_ms;
        member->reached = HC_REACH_YES;
    }
}

void peer_fail(struct base *base, struct member *member, enum hc_code code, const char *text, bool hinted,
               struct hc_effects *effects)
{
    ASSERT(code != HC_OK && !base->leaving);
    if (code == HC_UNREACHABLE || code == HC_SILENT || code == HC_OTHER_NODE) {
        member->reached = HC_REACH_NO;
    }
    member->failed_ms = base->now_ms;
    base_story(base, member, HC_STORY_FAILED, code, NULL);
    if (code == HC_OTHER_NODE) {
        member->answered_ms = HC_NEVER_MS; /* another has proved itself there since */
    }
    if (member->status == HC_MEMBER_LIVE || member->guessed) {
        if (member->status == HC_MEMBER_LIVE) {
            news_add_verdict(&base->news, base_member_row(base, member), code);
        }
        peer_drop(base, member, code, text, effects);
    } else if (hinted) {
        hints_rest(base, member);
    }
}

void peer_drop(struct base *base, struct member *member, enum hc_code reason, const char *text,
               struct hc_effects *effects)
{
    ASSERT(reason != HC_OK);
    if (member->status == HC_MEMBER_LIVE) {
        struct hc_notice *notice =
            notice_add(effects, reason == HC_LEFT ? HC_NOTICE_LEFT : HC_NOTICE_DROPPED, base_member_row(base, member));
        notice->code = reason;
        notice_text(notice, text);
        base_story(base, member, reason == HC_LEFT ? HC_STORY_LEFT : HC_STORY_DROPPED, reason, NULL);
        member->dropped_why = reason == HC_LEFT ? HC_OK : reason;
        member->dropped_ms = base->now_ms;
    }
    changed_add(effects, member->id);
    members_drop(&base->members, member, reason, base->now_ms);
    digests_judge(base, member);
}

/* ---- Links ---- */

bool peer_is_looked_into(const struct base *base, const struct member *member)
{
    bool failed = member->status != HC_MEMBER_LIVE && member->failed_ms != HC_NEVER_MS &&
                  base->now_ms - member->failed_ms < base_rounds_ms(base, FAILED_ROUNDS);
    return failed || base->now_ms < member->hints_rest_until_ms;
}

bool peer_hint(struct base *base, struct member *member, enum hc_code reason, const uint8_t by[static HC_ID_BYTES])
{
    bool gone = reason != HC_OK;
    if (gone != (member->status == HC_MEMBER_LIVE) || member->status == HC_MEMBER_LEFT ||
        base->now_ms < member->hints_rest_until_ms) {
        return false;
    }
    if (member->urgency == URGENCY_NONE) {
        base_story(base, member, HC_STORY_HINT, reason, by);
        member_urge(&base->members, member, URGENCY_HINT);
    }
    return true;
}

void peer_knocked(struct base *base, struct member *member)
{
    bool failed = member->failed_ms != HC_NEVER_MS && base->now_ms - member->failed_ms < base_rounds_ms(base, 1);
    if (member->status == HC_MEMBER_LIVE || failed || is_away(base, member, NULL)) {
        return;
    }
    if (member->guessed) {
        member->urgency = URGENCY_CALLED; /* in the next round: most likely we are told of it before (K11) */
    } else {
        member_urge(&base->members, member, URGENCY_CALLED);
    }
}

void peer_stands_guess(struct base *base, struct member *member, struct hc_effects *effects)
{
    if (member->guessed && member->status == HC_MEMBER_DROPPED) {
        members_return(&base->members, member, &base->random);
        digests_judge(base, member);
        changed_add(effects, member->id);
    }
}
