/* Exchanges, and the rounds that they make.
 *
 * round_start queues whom to ask; exchanges_open turns the queue into requests, as many at once as there may be; each
 * ends in exchange_answered or exchange_failed; when none is left, round_finish. A newcomer's first round begins with its
 * contacts, and whoever they tell it of goes into the same queue (P1).
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/node_parts.h"
#include "core/state.h"

/* ---- Exchanges ---- */

void target_queue(struct hc_node *node, const struct contact *contact, const uint8_t *id, bool introduction)
{
    if (node->queue_count == node->queue_capacity) {
        size_t capacity = node->queue_capacity ? 2 * node->queue_capacity : 16;
        struct target *queue = memory_resize(node->queue, capacity, sizeof *queue);
        if (!queue) {
            return; /* asked in a later round */
        }
        node->queue = queue;
        node->queue_capacity = capacity;
    }
    struct target *target = &node->queue[node->queue_count++];
    *target = (struct target){.contact = contact, .introduction = introduction};
    if (id) {
        memcpy(target->id, id, HC_ID_BYTES);
    }
}

struct exchange *exchange_find(struct hc_node *node, uint64_t handle)
{
    for (size_t i = 0; i < node->exchange_count; i++) {
        if (node->exchanges[i].handle == handle) {
            return &node->exchanges[i];
        }
    }
    return NULL;
}

static bool exchange_under_way(const struct hc_node *node, const struct target *target)
{
    for (size_t i = 0; i < node->exchange_count; i++) {
        const struct target *other = &node->exchanges[i].target;
        if (other->contact == target->contact && memcmp(other->id, target->id, HC_ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

void exchange_close(struct hc_node *node, struct exchange *exchange)
{
    *exchange = node->exchanges[--node->exchange_count];
}

/* Sends (once more) what we tell, with a new handle and nonce. */
static enum hc_code exchange_send(struct hc_node *node, struct exchange *exchange, struct hc_effects *effects)
{
    const struct hc_row *row = exchange->target.contact ? NULL : row_of(node, exchange->target.id);
    struct hc_state *state = told_now(node);
    struct hc_send *send = state ? send_add(effects) : NULL;
    if (!send) {
        state_unref(state);
        return HC_NO_MEMORY;
    }
    exchange->handle = node->next_handle++;
    exchange->deadline_ms = node->now_ms + node->timeout_ms;
    random_bytes(&node->random, exchange->nonce, HC_NONCE_BYTES);
    send->kind = HC_SEND_REQUEST;
    send->handle = exchange->handle;
    snprintf(exchange->address, sizeof exchange->address, "%s",
             row ? row->fields.addr : exchange->target.contact->address);
    memcpy(send->address, exchange->address, sizeof send->address);
    send->message = (struct hc_message){.type = HC_MESSAGE_REQUEST, .state = state};
    memcpy(send->message.network, node->network->id, HC_NETWORK_BYTES);
    memcpy(send->message.from, node->identity.id, HC_ID_BYTES);
    memcpy(send->message.nonce, exchange->nonce, HC_NONCE_BYTES);
    return HC_OK;
}

static void exchange_cancel(const struct exchange *exchange, struct hc_effects *effects)
{
    struct hc_send *send = send_add(effects);
    if (send) { /* else the shell finds out by itself: nobody waits for its answer */
        send->kind = HC_SEND_CANCEL;
        send->handle = exchange->handle;
    }
}

static void exchange_open(struct hc_node *node, const struct target *target, struct hc_effects *effects)
{
    struct member *member = target->contact ? NULL : members_find(&node->members, target->id);
    if ((!target->contact && !member) || exchange_under_way(node, target)) {
        return;
    }
    struct exchange *exchange = &node->exchanges[node->exchange_count];
    *exchange = (struct exchange){.target = *target, .hinted = member && member->urgency == URGENCY_HINT};
    if (exchange_send(node, exchange, effects) == HC_OK) {
        node->exchange_count++;
        if (member) {
            /* A guess is asked about until there is an answer, or none: this exchange may be taken back. */
            member->urgency = member->guessed ? URGENCY_CALLED : URGENCY_NONE;
            member->asked_round = node->round + 1;
        }
    }
}

/* P3: the peer is dropped. Closes the exchange. */
void exchange_failed(struct hc_node *node, struct exchange *exchange, enum hc_code code, const char *text,
                     struct hc_effects *effects)
{
    struct target target = exchange->target;
    bool hinted = exchange->hinted;
    exchange_close(node, exchange);
    if (node->leaving) {
        return;
    }
    if (target.contact) {
        struct contact *contact = &node->contacts[target.contact - node->contacts];
        if (!contact->complained) {
            char words[HC_MESSAGE_TEXT_BYTES_MAX + 1];
            contact->complained = true;
            struct hc_notice *notice = notice_add(effects, HC_NOTICE_UNANSWERED, NULL);
            notice->code = code;
            snprintf(words, sizeof words, "%.120s: %.175s", contact->address, text ? text : hc_code_text(code));
            notice_text(notice, words);
        }
        return;
    }
    struct member *member = members_find(&node->members, target.id);
    if (!member) {
        return;
    }
    if (code == HC_UNREACHABLE || code == HC_SILENT || code == HC_OTHER_NODE) {
        member->reached = HC_REACH_NO;
    }
    if (code == HC_OTHER_NODE) {
        member->answered_ms = HC_NEVER_MS; /* another has proved itself there since */
    }
    if (member->status == HC_MEMBER_LIVE || member->guessed) {
        peer_drop(node, member, code, text, effects);
    } else if (hinted) {
        member->hints_rest_until_ms = node->now_ms + (int64_t)HINT_REST_ROUNDS * node->gossip_interval_ms;
    }
}

/* Whether the last we know of `id` is its goodbye. A newer row in its own words outranks that, also one that cannot be taken
 * in yet, for want of a credit that we have not heard of. `told` may be NULL. */
static bool is_away(const struct hc_node *node, const uint8_t *id, const struct hc_state *told)
{
    const struct hc_row *known = row_of(node, id), *newer = told ? state_find_live(told, id) : NULL;
    return known->fields.left && !(newer && !newer->fields.left && newer->fields.version > known->fields.version);
}

/* It has proved that it is alive, and told us so much; NULL: nothing. */
static void peer_alive(struct hc_node *node, struct member *member, const struct hc_state *told, bool hinted,
                       struct hc_effects *effects)
{
    if (member->status != HC_MEMBER_LIVE && !is_away(node, member->id, told)) {
        members_return(&node->members, member, &node->random);
        changed_add(effects, member->id);
        notice_add(effects, HC_NOTICE_RETURNED, row_of(node, member->id));
    } else if (member->status != HC_MEMBER_LIVE) {
        member_shows_life(member, node->now_ms);
    } else if (hinted) {
        member->hints_rest_until_ms = node->now_ms + (int64_t)HINT_REST_ROUNDS * node->gossip_interval_ms;
        member->urgency = URGENCY_NONE;
    }
    member->busy_rounds = 0;
}

/* A valid reply: its sender is alive, and is the one at the address where we asked. */
static void peer_answered(struct hc_node *node, const struct held *answer, struct hc_effects *effects)
{
    const struct hc_state *state = answer->state;
    struct member *member = members_find(&node->members, answer->from);
    if (!member) {
        return; /* no room for its row */
    }
    peer_alive(node, member, state, answer->hinted, effects);
    if (strcmp(row_of(node, member->id)->fields.addr, answer->address) == 0) {
        member->answered_ms = node->now_ms;
        member->reached = HC_REACH_YES;
    }
    member->reaches_us = answer->reached;
    memcpy(member->told, state->digest, HC_DIGEST_BYTES);
    member->told_known = true;
    const struct gone *gone = state_find_gone(state, node->identity.id);
    const struct hc_row *ours = gone ? gone->row : state_find_live(state, node->identity.id);
    if (ours && node->own && ours->fields.version <= node->own->fields.version) {
        member->own_told = ours->fields.version;
    }
}

static void exchange_answered(struct hc_node *node, struct exchange *exchange, const struct hc_message *message,
                              struct hc_effects *effects)
{
    struct target target = exchange->target;
    struct held answer = {.state = message->state,
                          .heard_ms = node->now_ms,
                          .answer = true,
                          .reached = message->reached,
                          .introduce = (target.contact || target.introduction) && !node->leaving,
                          .hinted = exchange->hinted};
    memcpy(answer.from, message->from, HC_ID_BYTES);
    memcpy(answer.address, exchange->address, sizeof answer.address);
    if (!target.contact && memcmp(target.id, message->from, HC_ID_BYTES) != 0) {
        /* P9: the address is somebody else's now. */
        exchange_failed(node, exchange, HC_OTHER_NODE, NULL, effects);
        answer.hinted = false;
    } else {
        exchange_close(node, exchange);
    }
    if (target.contact) {
        struct contact *contact = &node->contacts[target.contact - node->contacts];
        contact->answered = true;
        contact->complained = false;
        memcpy(contact->id, message->from, HC_ID_BYTES);
    }
    enum hc_code code = held_take(node, &answer, effects);
    (void)code; /* answer_taken was told */
}

void answer_taken(struct hc_node *node, const struct held *answer, enum hc_code code, struct hc_effects *effects)
{
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        struct member *member = members_find(&node->members, answer->from);
        if (member && member->status == HC_MEMBER_LIVE) {
            peer_drop(node, member, HC_BAD_REPLY, hc_code_text(code), effects);
        }
        return;
    }
    node->met = node->met || !is_self(node, answer->from);
    peer_answered(node, answer, effects);
}

/* P3: an answer, so ask again next round. Whoever proves with it who he is (P9) is alive; otherwise it does not count for
 * ever. */
static void exchange_busy(struct hc_node *node, struct exchange *exchange, const struct hc_message *message,
                          struct hc_effects *effects)
{
    struct member *member = exchange->target.contact ? NULL : members_find(&node->members, exchange->target.id);
    bool hinted = exchange->hinted;
    effects->proved = message->proved &&
                      proof_verify(message->proof, node->network, exchange->nonce, node->identity.id, message->from);
    if (member && effects->proved && memcmp(member->id, message->from, HC_ID_BYTES) != 0) {
        exchange_failed(node, exchange, HC_OTHER_NODE, NULL, effects);
        return;
    }
    if (member && !effects->proved && ++member->busy_rounds >= BUSY_ROUNDS_MAX) {
        exchange_failed(node, exchange, HC_BUSY, NULL, effects);
        return;
    }
    if (member) {
        member->told_known = false;
    }
    exchange_close(node, exchange);
    if (member && effects->proved) {
        peer_alive(node, member, NULL, hinted, effects);
    }
}

void reply_take(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
    struct exchange *exchange = exchange_find(node, event->handle);
    if (!exchange) {
        return; /* taken back, or timed out */
    }
    if (message->type == HC_MESSAGE_REPLY) {
        if (proof_verify(message->proof, node->network, exchange->nonce, node->identity.id, message->from)) {
            effects->proved = true;
            exchange_answered(node, exchange, message, effects);
        } else {
            exchange_failed(node, exchange, HC_BAD_PROOF, NULL, effects);
        }
    } else if (message->type == HC_MESSAGE_ERROR && message->error.code == HC_BUSY) {
        exchange_busy(node, exchange, message, effects);
    } else if (message->type == HC_MESSAGE_ERROR) {
        /* W3: the list is closed. Above all, nobody says goodbye for another. */
        bool known = code_kind(message->error.code) == CODE_MESSAGE;
        enum hc_code code = known ? message->error.code : HC_BAD_REPLY;
        exchange_failed(node, exchange, code, message->error.text, effects);
    } else {
        exchange_failed(node, exchange, HC_BAD_REPLY, "a request came for a reply", effects);
    }
}

void exchanges_expire(struct hc_node *node, struct hc_effects *effects)
{
    for (size_t i = 0; i < node->exchange_count;) {
        struct exchange *exchange = &node->exchanges[i];
        if (exchange->deadline_ms > node->now_ms) {
            i++;
            continue;
        }
        exchange_cancel(exchange, effects);
        if (exchange->again || node->leaving) {
            exchange_failed(node, exchange, HC_SILENT, NULL, effects); /* the last one takes its place */
        } else if (exchange_send(node, exchange, effects) == HC_OK) {
            exchange->again = true;
            i++;
        } else {
            exchange_close(node, exchange); /* our memory is not its fault */
        }
    }
}

void exchanges_take_back(struct hc_node *node, struct hc_effects *effects)
{
    for (size_t i = 0; i < node->exchange_count; i++) {
        exchange_cancel(&node->exchanges[i], effects);
    }
    node->exchange_count = 0;
    node->queue_next = node->queue_count = 0;
    node->in_round = false;
}

void exchanges_open(struct hc_node *node, struct hc_effects *effects)
{
    while (node->queue_next < node->queue_count && node->exchange_count < HC_EXCHANGES_MAX) {
        struct target target = node->queue[node->queue_next++];
        exchange_open(node, &target, effects);
    }
    if (node->queue_next == node->queue_count) {
        node->queue_next = node->queue_count = 0;
    }
}

/* ---- Requests ---- */

/* The error, or NULL if memory ran out. */
static struct hc_message *request_refuse(const struct hc_event *event, enum hc_code code, const char *text,
                                         struct hc_effects *effects)
{
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

void request_busy(struct hc_node *node, const struct hc_event *event, const char *text, struct hc_effects *effects)
{
    const struct hc_message *request = event->message;
    struct hc_message *busy = request_refuse(event, HC_BUSY, text ? text : hc_code_text(HC_BUSY), effects);
    if (node->now_ms - node->busy_since_ms >= 1000) {
        node->busy_since_ms = node->now_ms;
        node->busy_proofs = 0;
    }
    if (!busy || node->busy_proofs >= BUSY_PROOFS_MAX) {
        return;
    }
    node->busy_proofs++;
    busy->proved = true;
    memcpy(busy->from, node->identity.id, HC_ID_BYTES);
    proof_make(&node->identity, busy->proof, node->network, request->nonce, request->from);
}

/* What we tell whoever asks. Whoever knows an older row of its own than we do, because it put an old disk back, must hear of
 * that one (M5), also if nobody else is told of it any more (P10). */
static struct hc_state *told_to(struct hc_node *node, struct member *member, const struct hc_state *told)
{
    const struct hc_row *theirs = member ? state_find_live(told, member->id) : NULL;
    bool calls =
        theirs && member->status != HC_MEMBER_LIVE && theirs->fields.version < row_of(node, member->id)->fields.version;
    if (!calls) {
        return told_now(node);
    }
    member->calls = true;
    node->members.revision++;
    struct hc_state *state = told_now(node);
    member->calls = false;
    node->members.revision++;
    return state;
}

enum hc_code request_take(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    const struct hc_message *message = event->message;
    if (message->type != HC_MESSAGE_REQUEST) {
        refused_add(node, HC_BAD_FRAME, 1, "a reply came for a request", effects);
        request_refuse(event, HC_BAD_FRAME, "a request was expected", effects);
        return HC_OK;
    }
    if (!node->started || !may_tell(node)) {
        request_busy(node, event, "not started yet", effects);
        return HC_OK;
    }
    struct held request = {.state = message->state, .heard_ms = node->now_ms};
    memcpy(request.from, message->from, HC_ID_BYTES);
    enum hc_code code = held_take(node, &request, effects);
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        char text[HC_MESSAGE_TEXT_BYTES_MAX];
        snprintf(text, sizeof text, "%s: %s", hc_code_name(code), hc_code_text(code));
        request_refuse(event, HC_BAD_ROW, text, effects);
        return HC_OK;
    }
    if (code != HC_OK) {
        return code;
    }
    struct member *member = members_find(&node->members, message->from);
    if (member && member->status == HC_MEMBER_LIVE) {
        memcpy(member->told, message->state->digest, HC_DIGEST_BYTES);
        member->told_known = true;
    } else if (member && !is_away(node, member->id, message->state)) {
        member->urgency = URGENCY_CALLED; /* P6; anybody can say that he is somebody, so ask */
    }
    struct hc_state *state = told_to(node, member, message->state);
    struct hc_send *send = state ? send_add(effects) : NULL;
    if (!send) {
        state_unref(state);
        return HC_NO_MEMORY;
    }
    send->kind = HC_SEND_REPLY;
    send->handle = event->handle;
    send->message = (struct hc_message){.type = HC_MESSAGE_REPLY, .state = state};
    send->message.reached = member ? member->reached : HC_REACH_UNKNOWN;
    memcpy(send->message.network, node->network->id, HC_NETWORK_BYTES);
    memcpy(send->message.from, node->identity.id, HC_ID_BYTES);
    proof_make(&node->identity, send->message.proof, node->network, message->nonce, message->from);
    return HC_OK;
}

/* ---- Rounds ---- */

static bool contact_is_live(const struct hc_node *node, const struct contact *contact)
{
    if (strcmp(contact->address, node->address) == 0 || (contact->answered && is_self(node, contact->id))) {
        return true;
    }
    if (contact->answered) {
        const struct member *member = members_find(&node->members, contact->id);
        if (member && member->status == HC_MEMBER_LIVE) {
            return true;
        }
    }
    for (size_t i = 0; i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        if (member->status == HC_MEMBER_LIVE && strcmp(row_of(node, member->id)->fields.addr, contact->address) == 0) {
            return true;
        }
    }
    return false;
}

enum hc_code round_start(struct hc_node *node)
{
    struct members *members = &node->members;
    size_t most = node->fanout && node->fanout < members->count ? node->fanout : members->count;
    uint8_t(*ids)[HC_ID_BYTES] = memory_new(members->count + 1, sizeof *ids);
    node->next_round_ms += node->gossip_interval_ms;
    if (node->next_round_ms <= node->now_ms) {
        node->next_round_ms = node->now_ms + node->gossip_interval_ms;
    }
    if (!ids) {
        return HC_NO_MEMORY;
    }
    node->in_round = true;
    node->introductions_left = INTRODUCTIONS_MAX;
    for (size_t i = 0; i < node->contact_count; i++) {
        if (!contact_is_live(node, &node->contacts[i])) {
            target_queue(node, &node->contacts[i], NULL, false);
        }
    }
    size_t picked = members_pick_live(members, ids, most);
    for (size_t i = 0; i < picked; i++) {
        target_queue(node, NULL, ids[i], false);
    }
    /* At first, also those who were live when we stopped (hc_node_restore). */
    size_t gone_most = node->round == 0 ? INTRODUCTIONS_MAX : node->fanout ? node->fanout : GONE_TRIED_MAX;
    gone_most = gone_most < members->count ? gone_most : members->count;
    picked = members_pick_gone(members, ids, gone_most, &node->random);
    for (size_t i = 0; i < picked; i++) {
        target_queue(node, NULL, ids[i], false);
    }
    memory_free(ids);
    return HC_OK;
}

/* Whether others reach us, by what they say in answers that they prove. One alone alarms nobody, unless there is no other; and
 * if any of them reaches us, the others' trouble is not our address. */
static void reach_judge(struct hc_node *node, struct hc_effects *effects)
{
    size_t yes = 0, no = 0;
    for (size_t i = 0; i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        yes += member->status == HC_MEMBER_LIVE && member->reaches_us == HC_REACH_YES;
        no += member->status == HC_MEMBER_LIVE && member->reaches_us == HC_REACH_NO;
    }
    bool doubted = yes == 0 && no > 0 && (no >= UNREACHED_PEERS || no == node->members.live_count);
    node->unreached_rounds = doubted ? node->unreached_rounds + 1 : 0;
    if (yes > 0 && node->reach != HC_REACH_YES) {
        if (node->reach == HC_REACH_NO) {
            notice_add(effects, HC_NOTICE_REACHED, node->own);
        }
        node->reach = HC_REACH_YES;
    } else if (node->unreached_rounds >= UNREACHED_ROUNDS && node->reach != HC_REACH_NO) {
        notice_add(effects, HC_NOTICE_UNREACHED, node->own)->count = no;
        node->reach = HC_REACH_NO;
    }
}

void round_finish(struct hc_node *node, struct hc_effects *effects)
{
    node->in_round = false;
    node->round++;
    node->settled = node->settled || node->met;
    node->recovering =
        node->recovering && !node->settled; /* all whom we could ask at once have told what they know of us */
    struct hc_state *state = told_now(node);
    node->agree = state != NULL;
    for (size_t i = 0; node->agree && i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        if (member->status == HC_MEMBER_LIVE && member->asked_round == node->round) {
            node->agree = member->told_known && memcmp(member->told, state->digest, HC_DIGEST_BYTES) == 0;
        }
    }
    state_unref(state);
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        refused_tell(node, (enum hc_code)code, NULL, effects);
    }
    strangers_tell(node, effects);
    reach_judge(node, effects);
    if (node->members.live_count < node->members.count) {
        gone_forget(node, effects);
    }
    notice_add(effects, HC_NOTICE_ROUND, node->own);
}
