/* Calls, their ends, and answers to requests. */
#include "core/node/talk.h"

#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/node/digests.h"
#include "core/node/greeting.h"
#include "core/node/peers.h"

enum hc_code talk_init(struct talk *talk, const struct hc_node_config *config)
{
    *talk = (struct talk){0};
    calls_init(&talk->calls, config);
    return contacts_init(&talk->contacts, config->contacts, config->contact_count);
}

void talk_free(struct talk *talk)
{
    calls_free(&talk->calls);
    told_free(&talk->told);
    intake_free(&talk->intake);
    contacts_free(&talk->contacts);
    targets_free(&talk->targets);
    links_clear(&talk->links);
}

/* ---- Calls ---- */

/* What a call of the simple form tells: everything or, where links compare tables and it is more than a little, only our row:
 * the answer tells everything in any case. */
static struct hc_state *call_state(struct talk *talk, struct base *base)
{
    return base_keeps_links(base) && base->table.count > LIST_ROWS_MAX ? told_own(base) : told_now(&talk->told, base);
}

/* Whether this one is called in the simple form (K12): it keeps no links, and has no other way to hear of what is new. The
 * first meeting with a contact, and with a node where another one was expected, is such a call, too: it brings everything. */
static bool is_called_full(const struct base *base, const struct target *target, const struct member *member)
{
    return !base_keeps_links(base) || target->contact || target->meet || !member_keeps_links(member);
}

static void target_call(struct talk *talk, struct base *base, const struct target *target, uint64_t round,
                        struct hc_effects *effects)
{
    struct member *member = target->contact ? NULL : members_find(&base->members, target->id);
    if ((!target->contact && !member) || calls_have(&talk->calls, target)) {
        return;
    }
    bool full = is_called_full(base, target, member);
    bool hinted = target->hinted || (member && member->urgency == URGENCY_HINT);
    struct hc_state *state = full ? call_state(talk, base) : NULL;
    if ((full && !state) || !calls_begin(&talk->calls, target, hinted, base, state, effects) || !member) {
        return;
    }
    /* A guess is asked about until there is an answer, or none: this call may be taken back. */
    member->urgency = member->guessed && !base_keeps_links(base) ? URGENCY_CALLED : URGENCY_NONE;
    member->asked_round = round;
    base_story(base, member, HC_STORY_ASKED, HC_OK, NULL);
}

void talk_open(struct talk *talk, struct base *base, uint64_t round, struct hc_effects *effects)
{
    struct target target;
    ASSERT(round > 0);
    while (!calls_are_full(&talk->calls) && base->now_ms >= talk->next_open_ms &&
           targets_take(&talk->targets, &target)) {
        target_call(talk, base, &target, round, effects);
        bool more = !target.introduction && !targets_are_empty(&talk->targets);
        talk->next_open_ms = base->now_ms + (more ? talk->pace_ms : 0);
    }
}

int64_t talk_deadline(const struct talk *talk)
{
    int64_t deadline = calls_deadline(&talk->calls);
    bool waits = !targets_are_empty(&talk->targets) && !calls_are_full(&talk->calls);
    return waits && talk->next_open_ms < deadline ? talk->next_open_ms : deadline;
}

/* P3, K8: ends the call; a member that failed is dropped, unless it speaks on a link that it opened: then only its address is
 * out of reach. */
static void call_failed(struct talk *talk, struct base *base, struct call *call, enum hc_code code, const char *text,
                        struct hc_effects *effects)
{
    struct target target = call->target;
    bool hinted = call->hinted;
    call_close(&talk->calls, call, effects);
    if (base->leaving) {
        return;
    }
    if (target.contact) {
        contact_failed(target.contact, code, text, effects);
        return;
    }
    struct member *member = members_find(&base->members, target.id);
    if (member && links_speak(&talk->links, base, member->id)) {
        member->reached = HC_REACH_NO;
        base_story(base, member, HC_STORY_FAILED, code, NULL);
    } else if (member) {
        peer_fail(base, member, code, text, hinted, effects);
    }
}

void talk_failure(struct talk *talk, struct base *base, const struct hc_event *event, struct hc_effects *effects)
{
    struct attempt *attempt;
    struct call *call = calls_find(&talk->calls, event->handle, &attempt);
    if (!call) {
        return;
    }
    attempt->handle = 0;
    if (event->code == HC_NO_MEMORY) {
        call_close(&talk->calls, call, effects); /* ours: no fault of the peer's */
    } else {
        call_failed(talk, base, call, event->code, event->text, effects);
    }
}

/* K9: an ask without an answer is told as a suspicion: others ask for themselves. */
static void suspicion_tell(struct base *base, const struct call *call)
{
    const struct member *member = call->full ? NULL : members_find(&base->members, call->target.id);
    if (member && member->status == HC_MEMBER_LIVE) {
        news_add_verdict(&base->news, base_member_row(base, member), HC_SILENT);
    }
}

void talk_expire(struct talk *talk, struct base *base, struct hc_effects *effects)
{
    struct calls *calls = &talk->calls;
    for (size_t i = 0; i < calls->count;) {
        struct call *call = &calls->list[i];
        if (call->deadline_ms > base->now_ms) {
            i++;
            continue;
        }
        if (call->again || base->leaving) {
            call_failed(talk, base, call, HC_SILENT, NULL, effects); /* the last one takes its place */
            continue;
        }
        suspicion_tell(base, call);
        struct hc_state *state = call->full ? call_state(talk, base) : NULL;
        if ((call->full && !state) || !call_repeat(calls, call, base, state, effects)) {
            call_close(calls, call, effects); /* our memory is not its fault */
        } else {
            i++;
        }
    }
}

void talk_hurry(struct talk *talk, struct base *base)
{
    struct members *members = &base->members;
    if (!members->urgent || !base_keeps_links(base)) {
        return;
    }
    members->urgent = false;
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->list[i];
        if (member->urgency != URGENCY_NONE) {
            targets_add_urgent(&talk->targets, member->id, member->urgency == URGENCY_HINT);
            member->urgency = URGENCY_NONE;
        }
    }
}

void talk_survey(struct talk *talk, struct base *base, uint64_t version)
{
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    digests_now(rows, whole, base);
    if (!base_keeps_links(base) || base->leaving || !targets_are_empty(&talk->targets)) {
        return;
    }
    for (size_t i = 0; i < base->members.count; i++) {
        const struct member *member = &base->members.list[i];
        bool fresh = version > 0 ? member->own_told >= version
                                 : member->told_known && memcmp(member->told, rows, HC_DIGEST_BYTES) == 0;
        if (member->status == HC_MEMBER_LIVE && !fresh) {
            targets_add_member(&talk->targets, member->id);
        }
    }
}

void talk_take_back(struct talk *talk, struct hc_effects *effects)
{
    calls_take_back(&talk->calls, effects);
    targets_clear(&talk->targets);
    talk->pace_ms = 0;
    talk->next_open_ms = 0;
}

bool talk_is_idle(const struct talk *talk)
{
    return talk->calls.count == 0 && targets_are_empty(&talk->targets);
}

/* ---- Answers to calls ---- */

/* Whether the proof in a message is of its sender, for this try of a call (P9). */
static bool is_proved(const struct attempt *attempt, const struct base *base, const struct hc_message *message)
{
    return proof_verify(message->proof, base->network, attempt->nonce, base->identity.id, message->from);
}

static void call_answered(struct talk *talk, struct base *base, struct own *own, struct call *call,
                          const struct hc_message *message, struct hc_effects *effects)
{
    struct target target = call->target;
    struct heard answer = {.state = message->state,
                           .heard_ms = base->now_ms,
                           .answer = true,
                           .echo = message->state == talk->told.state,
                           .reached = message->reached,
                           .introduce = (target.contact || target.introduction) && !base->leaving,
                           .hinted = call->hinted};
    id_copy(answer.from, message->from);
    memcpy(answer.address, call->address, sizeof answer.address);
    if (!target.contact && !id_equal(target.id, message->from)) {
        /* P9: the address is another node's now. */
        call_failed(talk, base, call, HC_OTHER_NODE, NULL, effects);
        answer.hinted = false;
    } else {
        call_close(&talk->calls, call, effects);
    }
    if (target.contact) {
        contact_answered(target.contact, message->from);
    }
    enum hc_code code = intake_take(&talk->intake, base, own, &talk->targets, &answer, effects);
    (void)code; /* its sender was judged, and what memory lacked for comes again */
}

/* P3: an answer, so ask again next round. A peer that proves with it who it is (P9) is alive; without a proof it does
 * not count for ever. */
static void call_busy(struct talk *talk, struct base *base, struct call *call, const struct attempt *attempt,
                      const struct hc_message *message, struct hc_effects *effects)
{
    struct member *member = call->target.contact ? NULL : members_find(&base->members, call->target.id);
    bool hinted = call->hinted;
    effects->proved = message->proved && is_proved(attempt, base, message);
    if (member && effects->proved && !id_equal(member->id, message->from)) {
        call_failed(talk, base, call, HC_OTHER_NODE, NULL, effects);
        return;
    }
    if (member && !effects->proved && ++member->busy_rounds >= BUSY_ROUNDS_MAX) {
        call_failed(talk, base, call, HC_BUSY, NULL, effects);
        return;
    }
    call_close(&talk->calls, call, effects);
    if (member) {
        member->told_known = false;
    }
    if (member && effects->proved) {
        peer_lives(base, member, NULL, hinted, effects);
    }
}

void talk_stranger(struct talk *talk, struct base *base, const uint8_t expected[static HC_ID_BYTES],
                   const char *address, const uint8_t found[static HC_ID_BYTES], struct hc_effects *effects)
{
    struct member *member = members_find(&base->members, found);
    if (member) {
        peer_lives(base, member, NULL, false, effects);
        peer_answered_at(base, member, address);
    } else if (!base_is_self(base, found)) {
        targets_meet(&talk->targets, expected);
    }
}

/* K8: it answered an ask, and proved who it is. */
static void ask_answered(struct talk *talk, struct base *base, const struct own *own, struct call *call,
                         const struct hc_message *welcome, struct hc_effects *effects)
{
    struct member *member = members_find(&base->members, call->target.id);
    bool hinted = call->hinted;
    struct call ended = *call;
    if (!id_equal(ended.target.id, welcome->from)) {
        call_failed(talk, base, call, HC_OTHER_NODE, NULL, effects);
        talk_stranger(talk, base, ended.target.id, ended.address, welcome->from, effects);
        return;
    }
    call_close(&talk->calls, call, effects);
    if (!member) {
        return;
    }
    base_story(base, member, HC_STORY_ANSWERED, HC_OK, NULL);
    peer_lives(base, member, NULL, hinted, effects);
    peer_answered_at(base, member, ended.address);
    greeting_heard(base, own, member, welcome, effects);
}

/* K12: it does not know what a hello is: it is asked in the simple form, from now on. */
static void ask_not_understood(struct talk *talk, struct base *base, struct call *call, struct hc_effects *effects)
{
    struct target target = call->target;
    struct member *member = members_find(&base->members, target.id);
    call_close(&talk->calls, call, effects);
    if (member) {
        member_is_simple(member);
        targets_add_urgent(&talk->targets, target.id, target.hinted);
    }
}

static void call_refused(struct talk *talk, struct base *base, struct call *call, const struct attempt *attempt,
                         const struct hc_message *message, struct hc_effects *effects)
{
    enum hc_code code = message->error.code;
    if (code == HC_BUSY) {
        call_busy(talk, base, call, attempt, message, effects);
    } else if (!call->full && code == HC_BAD_FRAME) {
        ask_not_understood(talk, base, call, effects);
    } else {
        /* W3: the list is closed. Above all, no node says goodbye for another. */
        code = code_kind(code) == CODE_MESSAGE ? code : HC_BAD_REPLY;
        call_failed(talk, base, call, code, message->error.text, effects);
    }
}

void talk_reply(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
    struct attempt *attempt;
    struct call *call = calls_find(&talk->calls, event->handle, &attempt);
    if (!call) {
        return; /* taken back, or timed out */
    }
    struct attempt ended = *attempt;
    attempt->handle = 0;
    if (message->type == HC_MESSAGE_ERROR) {
        call_refused(talk, base, call, &ended, message, effects);
    } else if (message->type != (call->full ? HC_MESSAGE_REPLY : HC_MESSAGE_WELCOME)) {
        call_failed(talk, base, call, HC_BAD_REPLY, "another message came for the reply", effects);
    } else if (!is_proved(&ended, base, message)) {
        call_failed(talk, base, call, HC_BAD_PROOF, NULL, effects);
    } else {
        effects->proved = true;
        if (call->full) {
            call_answered(talk, base, own, call, message, effects);
        } else {
            ask_answered(talk, base, own, call, message, effects);
        }
    }
}

/* ---- Requests ---- */

/* The error, or NULL if memory ran out. */
static struct hc_message *request_refuse(const struct hc_event *event, enum hc_code code, const char *text,
                                         struct hc_effects *effects)
{
    ASSERT(code_kind(code) == CODE_MESSAGE);
    struct hc_send *send = send_add(effects);
    if (!send) {
        return NULL;
    }
    send->kind = HC_SEND_REPLY;
    send->handle = event->handle;
    send->message.type = HC_MESSAGE_ERROR;
    fault_set(&send->message.error, code, "%s", text);
    return &send->message;
}

void talk_busy(struct talk *talk, const struct base *base, const struct hc_event *event, const char *text,
               struct hc_effects *effects)
{
    const struct hc_message *request = event->message;
    struct hc_message *busy = request_refuse(event, HC_BUSY, text ? text : hc_code_text(HC_BUSY), effects);
    if (base->now_ms - talk->busy_since_ms >= 1000) {
        talk->busy_since_ms = base->now_ms;
        talk->busy_proofs = 0;
    }
    if (!busy || talk->busy_proofs >= BUSY_PROOFS_MAX) {
        return;
    }
    talk->busy_proofs++;
    busy->proved = true;
    id_copy(busy->from, base->identity.id);
    proof_make(&base->identity, busy->proof, base->network, request->nonce, request->from);
}

/* What we tell the sender of a request. A node that knows an older row of its own than we do, because it put an old
 * disk back, must hear of that one (M5), also if no other node is told of it any more (P10). */
static struct hc_state *told_to(struct talk *talk, struct base *base, struct member *member,
                                const struct hc_state *told)
{
    const struct hc_row *theirs = member ? state_find_live(told, member->id) : NULL;
    bool calls = theirs && member->status != HC_MEMBER_LIVE &&
                 theirs->fields.version < base_member_row(base, member)->fields.version;
    return calls ? told_with(&talk->told, base, member) : told_now(&talk->told, base);
}

static enum hc_code request_answer(struct talk *talk, struct base *base, const struct hc_event *event,
                                   struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
    struct member *member = members_find(&base->members, message->from);
    if (member) {
        peer_called(base, member, message->state);
    }
    struct hc_state *state = told_to(talk, base, member, message->state);
    struct hc_send *send = state ? send_add(effects) : NULL;
    if (!send) {
        state_unref(state);
        return HC_NO_MEMORY;
    }
    send->kind = HC_SEND_REPLY;
    send->handle = event->handle;
    send->message = (struct hc_message){.type = HC_MESSAGE_REPLY, .state = state};
    send->message.reached = member ? member->reached : HC_REACH_UNKNOWN;
    memcpy(send->message.network, base->network->id, HC_NETWORK_BYTES);
    id_copy(send->message.from, base->identity.id);
    proof_make(&base->identity, send->message.proof, base->network, message->nonce, message->from);
    return HC_OK;
}

/* K2: an ask. Any node can claim an id: if it is one that is not live here, it is asked itself. So is one that has a link
 * with us and was never tried here: it learns from the next answer whether it is reached. */
static enum hc_code hello_answer(struct talk *talk, struct base *base, const struct hc_event *event,
                                 struct hc_effects *effects)
{
    const struct hc_message *hello = event->message;
    struct member *member = members_find(&base->members, hello->from);
    struct hc_send *send = send_add(effects);
    if (!send) {
        return HC_NO_MEMORY;
    }
    send->kind = HC_SEND_REPLY;
    send->handle = event->handle;
    greeting_welcome(&send->message, base, member, hello, false);
    if (member) {
        peer_knocked(base, member);
    }
    if (member && member->reached == HC_REACH_UNKNOWN && links_speak(&talk->links, base, member->id)) {
        targets_add_urgent(&talk->targets, member->id, false);
    }
    return HC_OK;
}

enum hc_code talk_request(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                          struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
    if (message->type == HC_MESSAGE_HELLO && !message->keep) {
        return hello_answer(talk, base, event, effects);
    }
    if (message->type != HC_MESSAGE_REQUEST) {
        base_refuse(base, HC_BAD_FRAME, 1, "a reply came for a request", effects);
        request_refuse(event, HC_BAD_FRAME, "a request was expected", effects);
        return HC_OK;
    }
    struct heard request = {
        .state = message->state, .heard_ms = base->now_ms, .echo = message->state == talk->told.state};
    id_copy(request.from, message->from);
    enum hc_code code = intake_take(&talk->intake, base, own, &talk->targets, &request, effects);
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        char text[HC_MESSAGE_TEXT_BYTES_MAX];
        snprintf(text, sizeof text, "%s: %s", hc_code_name(code), hc_code_text(code));
        request_refuse(event, HC_BAD_ROW, text, effects);
        return HC_OK;
    }
    return code == HC_OK ? request_answer(talk, base, event, effects) : code;
}
