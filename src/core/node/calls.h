/* Calls: the exchanges that this node began and that are under way. Each asks a target, and ends with its answer, its
 * failure or its time-out. What an end means for the peer is not decided here (talk.c).
 *
 * A call of the simple form tells all rows, and is repeated when its time is over. An ask is a hello (K2): it is repeated over
 * another connection after a moment, and the answer to either counts (K8).
 */
#ifndef HOWCOIN_CORE_CALLS_H
#define HOWCOIN_CORE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/node/targets.h"

/* One of the two tries of a call. */
struct attempt {
    uint64_t handle; /* 0: there is none, or it is over */
    uint8_t nonce[HC_NONCE_BYTES];
};

struct call {
    struct attempt attempts[2];
    struct target target;
    char address[HC_ADDR_BYTES_MAX + 1]; /* where it was asked */
    int64_t deadline_ms;                 /* of the first try, then of all */
    bool again;                          /* there were two tries */
    bool hinted;                         /* asked because a peer thinks otherwise of it */
    bool full;                           /* of the simple form */
};

struct calls {
    struct call *list; /* in no order */
    size_t count, capacity;
    size_t most;          /* how many at once */
    uint64_t next_handle; /* handles are never used again; those of links are taken here, too */
    int64_t timeout_ms;
};

/* The time-out is a third of the interval, at most EXCHANGE_TIMEOUT_MS_MAX; times the patience. */
void calls_init(struct calls *calls, const struct hc_node_config *config);
void calls_free(struct calls *calls);
uint64_t calls_new_handle(struct calls *calls);
/* How long a call may take now: a node that is late itself has more patience (K8). */
int64_t calls_timeout_ms(const struct calls *calls, const struct base *base);

/* NULL: it has ended. Valid until a call is begun or ends. `attempt` says which of its tries it is. */
struct call *calls_find(struct calls *calls, uint64_t handle, struct attempt **attempt);
bool calls_are_full(const struct calls *calls);
/* Whether the target is being asked. */
bool calls_have(const struct calls *calls, const struct target *target);
/* The first time-out; INT64_MAX if there is no call. */
int64_t calls_deadline(const struct calls *calls);

/* Begins a call. `state` is what it tells, the caller's reference to which is taken; NULL: it is an ask. There must be
 * room, and the target must be known and not be asked already. False if memory ran out: there is no call. */
bool calls_begin(struct calls *calls, const struct target *target, bool hinted, struct base *base,
                 struct hc_state *state, struct hc_effects *effects);
/* Asks once more, under another handle and with another nonce; `state` as in calls_begin. A first try of the simple form is
 * cancelled. False if memory ran out: nothing was sent. */
bool call_repeat(struct calls *calls, struct call *call, struct base *base, struct hc_state *state,
                 struct hc_effects *effects);
/* Ends a call: what of it is still open is cancelled. Another one takes its place in the list. */
void call_close(struct calls *calls, struct call *call, struct hc_effects *effects);
/* Ends all. */
void calls_take_back(struct calls *calls, struct hc_effects *effects);

#endif
