/* Full states: how they are filled, sealed, searched and freed. */
#include "core/rows/state.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/rows/tree.h"

enum hc_code state_new(struct hc_state **state)
{
    *state = memory_new(1, sizeof **state);
    if (!*state) {
        return HC_NO_MEMORY;
    }
    (*state)->refs = 1;
    return HC_OK;
}

enum hc_code state_reserve(struct hc_state *state, size_t live)
{
    return ARRAY_RESERVE(state->live, state->live_capacity, live) ? HC_OK : HC_NO_MEMORY;
}

enum hc_code state_add_live(struct hc_state *state, struct hc_row *row)
{
    ASSERT(state->refs == 1);
    if (!ARRAY_RESERVE(state->live, state->live_capacity, state->live_count + 1)) {
        return HC_NO_MEMORY;
    }
    state->live[state->live_count++] = hc_row_ref(row);
    return HC_OK;
}

enum hc_code state_move_live(struct hc_state *state, struct hc_row *row, struct hc_state *old, size_t *next)
{
    ASSERT(!old || (old != state && old->refs == 1 && *next <= old->live_count));
    if (old && *next < old->live_count && old->live[*next] == row && state->live_count < state->live_capacity) {
        state->live[state->live_count++] = row;
        old->live[(*next)++] = NULL;
        return HC_OK;
    }
    while (old && *next < old->live_count && id_compare(old->live[*next]->fields.id, row->fields.id) <= 0) {
        (*next)++; /* replaced, or not live any more */
    }
    return state_add_live(state, row);
}

enum hc_code state_add_gone(struct hc_state *state, struct hc_row *row, uint32_t age_s)
{
    ASSERT(state->refs == 1);
    if (!ARRAY_RESERVE(state->gone, state->gone_capacity, state->gone_count + 1)) {
        return HC_NO_MEMORY;
    }
    state->gone[state->gone_count++] = (struct gone){.row = hc_row_ref(row), .age_s = age_s};
    return HC_OK;
}

enum hc_code state_add_fork(struct hc_state *state, struct hc_row *row)
{
    ASSERT(state->refs == 1);
    if (!ARRAY_RESERVE(state->forks, state->fork_capacity, state->fork_count + 1)) {
        return HC_NO_MEMORY;
    }
    state->forks[state->fork_count++] = hc_row_ref(row);
    return HC_OK;
}

enum hc_code state_rows(struct hc_row ***rows, size_t *count, const struct hc_state *state)
{
    *count = state->live_count + state->gone_count + state->fork_count;
    *rows = memory_new(*count + 1, sizeof **rows);
    if (!*rows) {
        return HC_NO_MEMORY;
    }
    struct hc_row **to = *rows;
    for (size_t i = 0; i < state->live_count; i++) {
        *to++ = state->live[i];
    }
    for (size_t i = 0; i < state->gone_count; i++) {
        *to++ = state->gone[i].row;
    }
    for (size_t i = 0; i < state->fork_count; i++) {
        *to++ = state->forks[i];
    }
    ASSERT(to == *rows + *count);
    return HC_OK;
}

static int by_id(const void *left, const void *right)
{
    const struct hc_row *a = *(struct hc_row *const *)left, *b = *(struct hc_row *const *)right;
    return id_compare(a->fields.id, b->fields.id);
}

static int gone_by_id(const void *left, const void *right)
{
    return by_id(&((const struct gone *)left)->row, &((const struct gone *)right)->row);
}

static int fork_order(const void *left, const void *right)
{
    const struct hc_row *a = *(struct hc_row *const *)left, *b = *(struct hc_row *const *)right;
    int order = id_compare(a->fields.id, b->fields.id);
    return order ? order : memcmp(a->hash, b->hash, HC_HASH_BYTES);
}

static bool in_order(const struct hc_state *state)
{
    for (size_t i = 1; i < state->live_count; i++) {
        if (by_id(&state->live[i - 1], &state->live[i]) > 0) {
            return false;
        }
    }
    for (size_t i = 1; i < state->gone_count; i++) {
        if (gone_by_id(&state->gone[i - 1], &state->gone[i]) > 0) {
            return false;
        }
    }
    for (size_t i = 1; i < state->fork_count; i++) {
        if (fork_order(&state->forks[i - 1], &state->forks[i]) > 0) {
            return false;
        }
    }
    return true;
}

static const uint8_t *row_id_at(const void *rows, size_t index)
{
    return ((struct hc_row *const *)rows)[index]->fields.id;
}

static const uint8_t *gone_id_at(const void *gone, size_t index)
{
    return ((const struct gone *)gone)[index].row->fields.id;
}

static void lists_sort(struct hc_state *state)
{
    if (state->live_count > 0) {
        qsort(state->live, state->live_count, sizeof *state->live, by_id);
    }
    if (state->gone_count > 0) {
        qsort(state->gone, state->gone_count, sizeof *state->gone, gone_by_id);
    }
    if (state->fork_count > 0) {
        qsort(state->forks, state->fork_count, sizeof *state->forks, fork_order);
    }
}

/* The one with the lesser id, of two alike the first. Either may be NULL. */
static const struct hc_row *lesser(const struct hc_row *a, const struct hc_row *b)
{
    return !b || (a && id_compare(a->fields.id, b->fields.id) <= 0) ? a : b;
}

/* The digest of all rows, by one walk along the three lists. An owner that forked stands among the forks with all its rows, and
 * elsewhere with one of them, which is left out there. */
static void digest_compute(uint8_t digest[static HC_DIGEST_BYTES], const struct hc_state *state)
{
    struct tree tree;
    uint8_t buckets[BUCKETS][HC_DIGEST_BYTES];
    const struct hc_row *last = NULL; /* of the forks */
    size_t l = 0, g = 0, f = 0;
    tree_begin(&tree);
    for (;;) {
        const struct hc_row *fork = f < state->fork_count ? state->forks[f] : NULL;
        const struct hc_row *live = l < state->live_count ? state->live[l] : NULL;
        const struct hc_row *gone = g < state->gone_count ? state->gone[g].row : NULL;
        const struct hc_row *next = lesser(lesser(fork, live), gone);
        if (!next) {
            break;
        }
        if (next == fork) {
            tree_add(&tree, next->bucket, &state->forks[f++], 1);
            last = next;
            continue;
        }
        struct hc_row *const *row = next == live ? &state->live[l++] : &state->gone[g++].row;
        if (!last || !id_equal(last->fields.id, next->fields.id)) {
            tree_add(&tree, next->bucket, row, 1);
        }
    }
    tree_end(&tree, buckets, NULL);
    tree_digest(digest, buckets);
}

void state_seal(struct hc_state *state)
{
    ASSERT(state->refs == 1);
    if (!in_order(state)) {
        lists_sort(state);
    }
    state->live_text_bytes = 0;
    for (size_t i = 0; i < state->live_count; i++) {
        state->live_text_bytes += state->live[i]->text_bytes;
    }
    state->digest_known = false;
}

void state_digest(uint8_t digest[static HC_DIGEST_BYTES], const struct hc_state *state)
{
    if (state->digest_known) {
        memcpy(digest, state->digest, HC_DIGEST_BYTES);
    } else {
        digest_compute(digest, state);
    }
}

void state_seal_known(struct hc_state *state, const uint8_t digest[static HC_DIGEST_BYTES], size_t live_text_bytes)
{
    ASSERT(state->refs == 1);
    state->live_text_bytes = live_text_bytes;
    memcpy(state->digest, digest, HC_DIGEST_BYTES);
    state->digest_known = true;
}

const struct hc_row *state_find_live(const struct hc_state *state, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = id_place(state->live, state->live_count, row_id_at, id, &found);
    return found ? state->live[at] : NULL;
}

const struct gone *state_find_gone(const struct hc_state *state, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = id_place(state->gone, state->gone_count, gone_id_at, id, &found);
    return found ? &state->gone[at] : NULL;
}

struct hc_state *state_ref(struct hc_state *state)
{
    ASSERT(state->refs > 0 && state->refs < UINT32_MAX);
    state->refs++;
    return state;
}

void state_unref(struct hc_state *state)
{
    if (!state) {
        return;
    }
    ASSERT(state->refs > 0);
    if (--state->refs > 0) {
        return;
    }
    for (size_t i = 0; i < state->live_count; i++) {
        hc_row_unref(state->live[i]);
    }
    for (size_t i = 0; i < state->gone_count; i++) {
        hc_row_unref(state->gone[i].row);
    }
    for (size_t i = 0; i < state->fork_count; i++) {
        hc_row_unref(state->forks[i]);
    }
    memory_free(state->live);
    memory_free(state->gone);
    memory_free(state->forks);
    memory_free(state);
}
