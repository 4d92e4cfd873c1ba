/* Calls, their ends, and answers to requests. */
#include "core/node/talk.h"

#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/node/peers.h"

enum hc_code talk_init(struct talk *talk, const struct hc_node_config *config)
{
    *talk = (struct talk){0};
    calls_init(&talk->calls, config->gossip_interval_ms);
    return contacts_init(&talk->contacts, config->contacts, config->contact_count);
}

void talk_free(struct talk *talk)
{
    told_free(&talk->told);
    intake_free(&talk->intake);
    contacts_free(&talk->contacts);
    targets_free(&talk->targets);
}

/* ---- Calls ---- */

static void target_call(struct talk *talk, struct base *base, const struct target *target, uint64_t round,
                        struct hc_effects *effects)
{
    struct member *member = target->contact ? NULL : members_find(&base->members, target->id);
    if ((!target->contact && !member) || calls_have(&talk->calls, target)) {
        return;
    }
    bool hinted = member && member->urgency == URGENCY_HINT;
    struct hc_state *state = told_now(&talk->told, base);
    if (state && calls_begin(&talk->calls, target, hinted, base, state, effects) && member) {
        /* A guess is asked about until there is an answer, or none: this call may be taken back. */
        member->urgency = member->guessed ? URGENCY_CALLED : URGENCY_NONE;
        member->asked_round = round;
    }
}

void talk_open(struct talk *talk, struct base *base, uint64_t round, struct hc_effects *effects)
{
    struct target target;
    ASSERT(round > 0);
    while (!calls_are_full(&talk->calls) && targets_take(&talk->targets, &target)) {
        target_call(talk, base, &target, round, effects);
    }
}

/* P3: ends the call; a member that failed is dropped. */
static void call_failed(struct talk *talk, struct base *base, struct call *call, enum hc_code code, const char *text,
                        struct hc_effects *effects)
{
    struct target target = call->target;
    bool hinted = call->hinted;
    call_close(&talk->calls, call);
    if (base->leaving) {
        return;
    }
    if (target.contact) {
        contact_failed(target.contact, code, text, effects);
        return;
    }
    struct member *member = members_find(&base->members, target.id);
    if (member) {
        peer_fail(base, member, code, text, hinted, effects);
    }
}

void talk_failure(struct talk *talk, struct base *base, const struct hc_event *event, struct hc_effects *effects)
{
    struct call *call = calls_find(&talk->calls, event->handle);
    if (call && event->code == HC_NO_MEMORY) {
        call_close(&talk->calls, call); /* ours: no fault of the peer's */
    } else if (call) {
        call_failed(talk, base, call, event->code, event->text, effects);
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
        call_cancel(call, effects);
        if (call->again || base->leaving) {
            call_failed(talk, base, call, HC_SILENT, NULL, effects); /* the last one takes its place */
            continue;
        }
        struct hc_state *state = told_now(&talk->told, base);
        if (state && call_repeat(calls, call, base, state, effects)) {
            i++;
        } else {
            call_close(calls, call); /* our memory is not its fault */
        }
    }
}

void talk_take_back(struct talk *talk, struct hc_effects *effects)
{
    calls_take_back(&talk->calls, effects);
    targets_clear(&talk->targets);
}

bool talk_is_idle(const struct talk *talk)
{
    return talk->calls.count == 0 && targets_are_empty(&talk->targets);
}

/* ---- Answers to calls ---- */

/* Whether the proof in a message is of its sender, for this call (P9). */
static bool is_proved(const struct call *call, const struct base *base, const struct hc_message *message)
{
    return proof_verify(message->proof, base->network, call->nonce, base->identity.id, message->from);
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
        call_close(&talk->calls, call);
    }
    if (target.contact) {
        contact_answered(target.contact, message->from);
    }
    enum hc_code code = intake_take(&talk->intake, base, own, &talk->targets, &answer, effects);
    (void)code; /* its sender was judged, and what memory lacked for comes again */
}

/* P3: an answer, so ask again next round. A peer that proves with it who it is (P9) is alive; without a proof it does
 * not count for ever. */
static void call_busy(struct talk *talk, struct base *base, struct call *call, const struct hc_message *message,
                      struct hc_effects *effects)
{
    struct member *member = call->target.contact ? NULL : members_find(&base->members, call->target.id);
    bool hinted = call->hinted;
    effects->proved = message->proved && is_proved(call, base, message);
    if (member && effects->proved && !id_equal(member->id, message->from)) {
        call_failed(talk, base, call, HC_OTHER_NODE, NULL, effects);
        return;
    }
    if (member && !effects->proved && ++member->busy_rounds >= BUSY_ROUNDS_MAX) {
        call_failed(talk, base, call, HC_BUSY, NULL, effects);
        return;
    }
    call_close(&talk->calls, call);
    if (member) {
        member->told_known = false;
    }
    if (member && effects->proved) {
        peer_lives(base, member, NULL, hinted, effects);
    }
}

void talk_reply(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
    struct call *call = calls_find(&talk->calls, event->handle);
    if (!call) {
        return; /* taken back, or timed out */
    }
    if (message->type == HC_MESSAGE_REPLY && is_proved(call, base, message)) {
        effects->proved = true;
        call_answered(talk, base, own, call, message, effects);
    } else if (message->type == HC_MESSAGE_REPLY) {
        call_failed(talk, base, call, HC_BAD_PROOF, NULL, effects);
    } else if (message->type == HC_MESSAGE_ERROR && message->error.code == HC_BUSY) {
        call_busy(talk, base, call, message, effects);
    } else if (message->type == HC_MESSAGE_ERROR) {
        /* W3: the list is closed. Above all, no node says goodbye for another. */
        enum hc_code code = code_kind(message->error.code) == CODE_MESSAGE ? message->error.code : HC_BAD_REPLY;
        call_failed(talk, base, call, code, message->error.text, effects);
    } else {
        call_failed(talk, base, call, HC_BAD_REPLY, "a request came for a reply", effects);
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

enum hc_code talk_request(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                          struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
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
