/* Exchanges under way. */
#include "core/node/calls.h"

#include <stdio.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/greeting.h"
#include "core/rows/state.h"

void calls_init(struct calls *calls, const struct hc_node_config *config)
{
    uint32_t third = config->gossip_interval_ms / 3;
    bool links = config->exchange == HC_EXCHANGE_LINKS;
    *calls = (struct calls){.timeout_ms = third < EXCHANGE_TIMEOUT_MS_MAX ? third : EXCHANGE_TIMEOUT_MS_MAX,
                            .most = links ? ASKS_MAX : HC_EXCHANGES_MAX,
                            .next_handle = 1};
}

void calls_free(struct calls *calls)
{
    memory_free(calls->list);
    *calls = (struct calls){0};
}

uint64_t calls_new_handle(struct calls *calls)
{
    ASSERT(calls->next_handle < HC_HANDLE_THEIRS);
    return calls->next_handle++;
}

int64_t calls_timeout_ms(const struct calls *calls, const struct base *base)
{
    return calls->timeout_ms * base->patience * base->lateness;
}

/* After how long an ask that has no answer is repeated. */
static int64_t again_ms(const struct calls *calls, const struct base *base, const struct call *call)
{
    int64_t most = calls->timeout_ms < ASK_AGAIN_MS ? calls->timeout_ms : ASK_AGAIN_MS;
    return call->full ? calls_timeout_ms(calls, base) : most * base->patience * base->lateness;
}

struct call *calls_find(struct calls *calls, uint64_t handle, struct attempt **attempt)
{
    for (size_t i = 0; handle != 0 && i < calls->count; i++) {
        for (size_t a = 0; a < 2; a++) {
            if (calls->list[i].attempts[a].handle == handle) {
                *attempt = &calls->list[i].attempts[a];
                return &calls->list[i];
            }
        }
    }
    return NULL;
}

bool calls_are_full(const struct calls *calls)
{
    ASSERT(calls->count <= calls->most && calls->most <= HC_EXCHANGES_MAX);
    return calls->count == calls->most;
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

static void request_fill(struct hc_message *message, struct base *base, struct hc_state *state)
{
    *message = (struct hc_message){.type = HC_MESSAGE_REQUEST, .state = state};
    memcpy(message->network, base->network->id, HC_NETWORK_BYTES);
    id_copy(message->from, base->identity.id);
    random_bytes(&base->random, message->nonce, HC_NONCE_BYTES);
}

/* Sends a request that tells `state`, or a hello, as the attempt, and gives it a new handle and nonce. */
static bool attempt_send(struct calls *calls, struct call *call, struct attempt *attempt, struct base *base,
                         struct hc_state *state, struct hc_effects *effects)
{
    ASSERT(attempt->handle == 0 && call->full == (state != NULL));
    struct hc_send *send = send_add(effects);
    if (!send) {
        state_unref(state);
        return false;
    }
    attempt->handle = calls_new_handle(calls);
    send->kind = HC_SEND_REQUEST;
    send->handle = attempt->handle;
    memcpy(send->address, call->address, sizeof send->address);
    if (state) {
        request_fill(&send->message, base, state);
    } else {
        greeting_hello(&send->message, base, members_find(&base->members, call->target.id), false);
    }
    memcpy(attempt->nonce, send->message.nonce, HC_NONCE_BYTES);
    return true;
}

static void address_choose(struct call *call, const struct base *base)
{
    const struct contact *contact = call->target.contact;
    const struct hc_row *row = contact ? NULL : base_row(base, call->target.id);
    ASSERT(contact || row);
    snprintf(call->address, sizeof call->address, "%s", contact ? contact->address : row->fields.addr);
}

bool calls_begin(struct calls *calls, const struct target *target, bool hinted, struct base *base,
                 struct hc_state *state, struct hc_effects *effects)
{
    ASSERT(!calls_are_full(calls) && !calls_have(calls, target));
    if (!ARRAY_RESERVE(calls->list, calls->capacity, calls->count + 1)) {
        state_unref(state);
        return false;
    }
    struct call *call = &calls->list[calls->count];
    *call = (struct call){.target = *target, .hinted = hinted, .full = state};
    address_choose(call, base);
    call->deadline_ms = base->now_ms + again_ms(calls, base, call);
    bool sent = attempt_send(calls, call, &call->attempts[0], base, state, effects);
    calls->count += sent;
    return sent;
}

static void attempt_cancel(struct attempt *attempt, struct hc_effects *effects)
{
    struct hc_send *send = attempt->handle ? send_add(effects) : NULL;
    if (send) { /* otherwise the shell finds out by itself: nothing waits for the answer */
        send->kind = HC_SEND_CANCEL;
        send->handle = attempt->handle;
    }
    attempt->handle = 0;
}

bool call_repeat(struct calls *calls, struct call *call, struct base *base, struct hc_state *state,
                 struct hc_effects *effects)
{
    ASSERT(!call->again);
    if (call->full) {
        attempt_cancel(&call->attempts[0], effects);
    }
    address_choose(call, base);
    call->again = attempt_send(calls, call, &call->attempts[1], base, state, effects);
    call->deadline_ms = base->now_ms + calls_timeout_ms(calls, base);
    return call->again;
}

void call_close(struct calls *calls, struct call *call, struct hc_effects *effects)
{
    ASSERT(calls->count > 0 && call >= calls->list && call < calls->list + calls->count);
    attempt_cancel(&call->attempts[0], effects);
    attempt_cancel(&call->attempts[1], effects);
    *call = calls->list[--calls->count];
}

void calls_take_back(struct calls *calls, struct hc_effects *effects)
{
    while (calls->count > 0) {
        call_close(calls, &calls->list[calls->count - 1], effects);
    }
}
