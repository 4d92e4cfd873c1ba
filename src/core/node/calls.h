/* Calls: the exchanges that this node began and that are under way. Each is a request to a target, and ends with its
 * answer, its failure or its time-out. What an end means for the peer is not decided here (talk.c).
 */
#ifndef HOWCOIN_CORE_CALLS_H
#define HOWCOIN_CORE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/node/targets.h"

struct call {
    uint64_t handle;
    struct target target;
    char address[HC_ADDR_BYTES_MAX + 1]; /* where it was asked */
    uint8_t nonce[HC_NONCE_BYTES];
    int64_t deadline_ms;
    bool again;  /* the second try */
    bool hinted; /* asked because a peer thinks otherwise of it */
};

struct calls {
    struct call list[HC_EXCHANGES_MAX]; /* in no order */
    size_t count;
    uint64_t next_handle; /* handles are never used again */
    int64_t timeout_ms;
};

/* The time-out is a third of the interval, at most EXCHANGE_TIMEOUT_MS_MAX. */
void calls_init(struct calls *calls, uint32_t gossip_interval_ms);

/* NULL: it has ended. Valid until a call is begun or ends. */
struct call *calls_find(struct calls *calls, uint64_t handle);
bool calls_are_full(const struct calls *calls);
/* Whether the target is being asked. */
bool calls_have(const struct calls *calls, const struct target *target);
/* The first time-out; INT64_MAX if there is no call. */
int64_t calls_deadline(const struct calls *calls);

/* Begins a call that tells `state`: takes the caller's reference to it. There must be room, and the target must be
 * known and not be asked already. False if memory ran out: there is no call. */
bool calls_begin(struct calls *calls, const struct target *target, bool hinted, struct base *base,
                 struct hc_state *state, struct hc_effects *effects);
/* Asks once more, under another handle and with another nonce. False if memory ran out: nothing was sent. */
bool call_repeat(struct calls *calls, struct call *call, struct base *base, struct hc_state *state,
                 struct hc_effects *effects);
/* Tells the shell to close the connection. */
void call_cancel(const struct call *call, struct hc_effects *effects);
/* Ends a call. Another one takes its place in the list. */
void call_close(struct calls *calls, struct call *call);
/* Cancels and ends all. */
void calls_take_back(struct calls *calls, struct hc_effects *effects);

#endif
