/* A full state: all that one node tells in one exchange. Immutable once made, shared by reference count, so that
 * the exchanges of a round (and in the simulator, the nodes of a network) share one. */
#ifndef HOWCOIN_CORE_STATE_H
#define HOWCOIN_CORE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/rows/row.h"

/* A row of an owner that the teller has dropped, or that has left. */
struct gone {
    struct hc_row *row;
    uint32_t
        age_s; /* for how long the owner has been gone; spreads with the row, so that all nodes forget it at one time (P10) */
};

struct hc_state {
    struct hc_row **live; /* rows of owners that the teller holds as live, its own among them; references */
    size_t live_count;
    struct gone *gone;
    size_t gone_count;
    struct hc_row **forks; /* every branch of every forked owner, an owner's side by side; references */
    size_t fork_count;
    uint8_t digest[HC_DIGEST_BYTES]; /* if `digest_known`: see state_digest */
    bool digest_known;
    size_t live_text_bytes; /* sum of the live rows' text_bytes, the greater part of a frame; set by state_seal */
    uint32_t refs;
    size_t gone_capacity, live_capacity, fork_capacity;
};

/* An empty state with one reference, to be filled with the adds (which take a reference of their own to the row)
 * and then sealed. HC_NO_MEMORY leaves it as it was. */
enum hc_code state_new(struct hc_state **state) HC_MUST_USE;
/* Makes room for `live` live rows in all. */
enum hc_code state_reserve(struct hc_state *state, size_t live) HC_MUST_USE;
enum hc_code state_add_live(struct hc_state *state, struct hc_row *row) HC_MUST_USE;
/* The same, for a state that takes the place of `old`: a row at *next of it moves over with its reference, which costs less
 * than a look at the row. *next begins at 0 and moves on. `old` has no
 * other holder, or is NULL; after this it can only be given here again, and to state_unref. */
enum hc_code state_move_live(struct hc_state *state, struct hc_row *row, struct hc_state *old,
                             size_t *next) HC_MUST_USE;
enum hc_code state_add_gone(struct hc_state *state, struct hc_row *row, uint32_t age_s) HC_MUST_USE;
enum hc_code state_add_fork(struct hc_state *state, struct hc_row *row) HC_MUST_USE;
/* Sorts its lists by id, and adds up their size; after it the state does not change any more. */
void state_seal(struct hc_state *state);
/* The same for one whose lists are in order, and whose digest and size are known. */
void state_seal_known(struct hc_state *state, const uint8_t digest[static HC_DIGEST_BYTES], size_t live_text_bytes);

/* The digest of all its rows, each once (tree.h), of a sealed state. Costs a hash of all their hashes, unless the state was
 * sealed with it. */
void state_digest(uint8_t digest[static HC_DIGEST_BYTES], const struct hc_state *state);

/* All rows of it in one array, to be freed with memory_free; the references stay the state's. */
enum hc_code state_rows(struct hc_row ***rows, size_t *count, const struct hc_state *state) HC_MUST_USE;

/* What a sealed state says of an owner; NULL if the owner is not in that list. Of an owner that stands there twice (an honest
 * teller never says that), the first. */
const struct hc_row *state_find_live(const struct hc_state *state, const uint8_t id[static HC_ID_BYTES]);
const struct gone *state_find_gone(const struct hc_state *state, const uint8_t id[static HC_ID_BYTES]);

struct hc_state *state_ref(struct hc_state *state);
void state_unref(struct hc_state *state); /* NULL is fine */

#endif
