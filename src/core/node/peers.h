/* Peers: what becomes of this node's opinion of another one by what happens (P1-P10): it is met, changes, answers,
 * fails, is talked about. members.h keeps the opinions.
 */
#ifndef HOWCOIN_CORE_PEERS_H
#define HOWCOIN_CORE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/rows/state.h"
#include "core/table/merge.h"

/* A peer whose row came from our store: it is gone until it answers. Does nothing if it is a member already. There
 * must be room. */
void peer_restore(struct base *base, const struct hc_stored_row *stored, int64_t now_ms);

/* `state`, heard at `heard_ms`, has the first row of an owner: it is met. A peer that the teller has dropped is met as
 * dropped (P5). There must be room. True if it is live. */
bool peer_meet(struct base *base, struct hc_row *row, const struct hc_state *state, int64_t heard_ms,
               struct hc_effects *effects);
/* `state`, heard at `heard_ms`, has another row of a known owner. */
void peer_change(struct base *base, const struct change *change, const struct hc_state *state, int64_t heard_ms,
                 struct hc_effects *effects);
/* P4 and its mirror: where the opinions in `state` differ from ours, we ask for ourselves, but not again and again. What only
 * our start made us guess, a teller that `proved` who it is knows better (K11). */
void peers_take_hints(struct base *base, const struct hc_state *state, int64_t heard_ms, bool proved,
                      struct hc_effects *effects);

/* It called. `told` is what it said. Any node can claim an id, so it is asked. */
void peer_called(struct base *base, struct member *member, const struct hc_state *told);
/* It proved itself at this address, which may not be the one in its row. */
void peer_answered_at(const struct base *base, struct member *member, const char *address);
/* It proved that it is alive, and told us `told` (NULL: nothing). `hinted`: it was asked because a peer thinks
 * otherwise. */
void peer_lives(struct base *base, struct member *member, const struct hc_state *told, bool hinted,
                struct hc_effects *effects);
/* P3: it was asked and failed, for the reason `code`, in the words of `text` (may be NULL). */
void peer_fail(struct base *base, struct member *member, enum hc_code code, const char *text, bool hinted,
               struct hc_effects *effects);
/* It is not live any more: HC_LEFT if it said goodbye. */
void peer_drop(struct base *base, struct member *member, enum hc_code reason, const char *text,
               struct hc_effects *effects);

/* ---- Links ---- */

/* K11: whether we asked it not long ago because others think otherwise of it, or failed to reach it. */
bool peer_is_looked_into(const struct base *base, const struct member *member);
/* K9: the peer `by` says that it is gone (reason), or back (HC_OK): if that is news, and not known to be wrong, it is asked;
 * true then. */
bool peer_hint(struct base *base, struct member *member, enum hc_code reason, const uint8_t by[static HC_ID_BYTES]);
/* It said hello, without a proof. If it is not live here, and we did not fail to reach it just now, it is asked. */
void peer_knocked(struct base *base, struct member *member);
/* K11: a member that was taken for gone because we just started, and that a peer tells as live, counts as live. */
void peer_stands_guess(struct base *base, struct member *member, struct hc_effects *effects);

#endif
