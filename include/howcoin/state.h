/* A full state: all that one node tells in one exchange. Immutable once made, shared by reference count, so that
 * the exchanges of a round (and in the simulator, the nodes of a network) share one. */
#ifndef HOWCOIN_STATE_H
#define HOWCOIN_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"
#include "howcoin/row.h"

/* A row of somebody whom the teller has dropped, or who has left. */
struct gone {
    struct row *row;
    uint32_t age_s; /* for how long he has been gone; spreads with the row, so that all forget him at one time (P10) */
};

struct state {
    struct row **live; /* rows of owners that the teller holds as live, his own among them; references */
    size_t live_count;
    struct gone *gone;
    size_t gone_count;
    struct row **forks; /* every branch of every forked owner, an owner's side by side; references */
    size_t fork_count;
    uint8_t digest[DIGEST_BYTES]; /* of the sum of all these rows, each once; set by state_seal */
    size_t live_text_bytes;       /* sum of the live rows' text_bytes: most of the frame; set by state_seal */
    uint32_t refs;
    size_t gone_capacity, live_capacity, fork_capacity;
};

/* An empty state with one reference, to be filled with the adds (which take a reference of their own to the row)
 * and then sealed. HC_NO_MEMORY leaves it as it was. */
enum hc_code state_new(struct state **state) MUST_USE;
/* Makes room for so many live rows at once. */
enum hc_code state_reserve(struct state *state, size_t live) MUST_USE;
enum hc_code state_add_live(struct state *state, struct row *row) MUST_USE;
/* The same, for a state that takes the place of `old`: a row at *next of it moves over with its reference, which costs less
 * than a look at the row. *next begins at 0 and moves on. `old`, NULL if there is none that nobody else holds, is good for
 * nothing but more of this and state_unref. */
enum hc_code state_move_live(struct state *state, struct row *row, struct state *old, size_t *next) MUST_USE;
enum hc_code state_add_gone(struct state *state, struct row *row, uint32_t age_s) MUST_USE;
enum hc_code state_add_fork(struct state *state, struct row *row) MUST_USE;
/* Sorts its lists by id, computes digest and size; after it the state does not change any more. */
void state_seal(struct state *state);
/* The same for one whose lists are in order, and whose sum and size are known. */
void state_seal_known(struct state *state, const struct rows_sum *sum, size_t live_text_bytes);

/* All rows of it in one array, to be freed with memory_free; the references stay the state's. */
enum hc_code state_rows(struct row ***rows, size_t *count, const struct state *state) MUST_USE;

/* What a sealed state says of an owner; NULL if it does not have him there. */
const struct row *state_find_live(const struct state *state, const uint8_t id[static ID_BYTES]);
const struct gone *state_find_gone(const struct state *state, const uint8_t id[static ID_BYTES]);

struct state *state_ref(struct state *state);
void state_unref(struct state *state); /* NULL is fine */

#endif
