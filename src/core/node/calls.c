/* Exchanges under way. */
#include "core/node/calls.h"

#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/rows/state.h"

void calls_init(struct calls *calls, uint32_t gossip_interval_ms)
{
    uint32_t third = gossip_interval_ms / 3;
    *calls = (struct calls){.timeout_ms = third < EXCHANGE_TIMEOUT_MS_MAX ? third : EXCHANGE_TIMEOUT_MS_MAX};
}

struct call *calls_find(struct calls *calls, uint64_t handle)
{
    for (size_t i = 0; i < calls->count; i++) {
        if (calls->list[i].handle == handle) {
            return &calls->list[i];
        }
    }
    return NULL;
}

bool calls_are_full(const struct calls *calls)
{
    ASSERT(calls->count <= HC_EXCHANGES_MAX);
    return calls->count == HC_EXCHANGES_MAX;
}

bool calls_have(const struct calls *calls, const struct target *target)
{
    for (size_t i = 0; i < calls->count; i++) {
        const struct target *other = &calls->list[i].target;
        if (other->contact == target->contact && id_equal(other->id, target->id)) {
            return true;
        }
    }
    return false;
}

int64_t calls_deadline(const struct calls *calls)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; i < calls->count; i++) {
        deadline = calls->list[i].deadline_ms < deadline ? calls->list[i].deadline_ms : deadline;
    }
    return deadline;
}

/* Sends what `state` tells, and gives it a new handle, nonce and deadline. */
static bool call_send(struct calls *calls, struct call *call, struct base *base, struct hc_state *state,
                      struct hc_effects *effects)
{
    const struct contact *contact = call->target.contact;
    const struct hc_row *row = contact ? NULL : base_row(base, call->target.id);
    ASSERT(contact || row);
    struct hc_send *send = send_add(effects);
    if (!send) {
        state_unref(state);
        return false;
    }
    call->handle = calls->next_handle++;
    call->deadline_ms = base->now_ms + calls->timeout_ms;
    random_bytes(&base->random, call->nonce, HC_NONCE_BYTES);
    snprintf(call->address, sizeof call->address, "%s", contact ? contact->address : row->fields.addr);
    send->kind = HC_SEND_REQUEST;
    send->handle = call->handle;
    memcpy(send->address, call->address, sizeof send->address);
    send->message = (struct hc_message){.type = HC_MESSAGE_REQUEST, .state = state};
    memcpy(send->message.network, base->network->id, HC_NETWORK_BYTES);
    id_copy(send->message.from, base->identity.id);
    memcpy(send->message.nonce, call->nonce, HC_NONCE_BYTES);
    return true;
}

bool calls_begin(struct calls *calls, const struct target *target, bool hinted, struct base *base,
                 struct hc_state *state, struct hc_effects *effects)
{
    ASSERT(!calls_are_full(calls) && !calls_have(calls, target));
    struct call *call = &calls->list[calls->count];
    *call = (struct call){.target = *target, .hinted = hinted};
    bool sent = call_send(calls, call, base, state, effects);
    calls->count += sent;
    return sent;
}

bool call_repeat(struct calls *calls, struct call *call, struct base *base, struct hc_state *state,
                 struct hc_effects *effects)
{
    ASSERT(!call->again);
    call->again = call_send(calls, call, base, state, effects);
    return call->again;
}

void call_cancel(const struct call *call, struct hc_effects *effects)
{
    struct hc_send *send = send_add(effects);
    if (send) { /* otherwise the shell finds out by itself: nothing waits for the answer */
        send->kind = HC_SEND_CANCEL;
        send->handle = call->handle;
    }
}

void call_close(struct calls *calls, struct call *call)
{
    ASSERT(calls->count > 0 && call >= calls->list && call < calls->list + calls->count);
    *call = calls->list[--calls->count];
}

void calls_take_back(struct calls *calls, struct hc_effects *effects)
{
    for (size_t i = 0; i < calls->count; i++) {
        call_cancel(&calls->list[i], effects);
    }
    calls->count = 0;
}
