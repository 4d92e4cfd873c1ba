#include "howcoin/state.h"

#include <stdlib.h>
#include <string.h>

#include "howcoin/memory.h"
#include "howcoin/table.h"

enum hc_code state_new(struct state **state)
{
    *state = memory_new(1, sizeof **state);
    if (!*state) {
        return HC_NO_MEMORY;
    }
    (*state)->refs = 1;
    return HC_OK;
}

/* Makes room for one more in an array that doubles. */
static enum hc_code grow(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return HC_OK;
    }
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *resized = memory_resize(*array, larger, size);
    if (!resized) {
        return HC_NO_MEMORY;
    }
    *array = resized;
    *capacity = larger;
    return HC_OK;
}

enum hc_code state_add_live(struct state *state, struct row *row)
{
    enum hc_code code = grow((void **)&state->live, &state->live_capacity, state->live_count, sizeof *state->live);
    if (code == HC_OK) {
        state->live[state->live_count++] = row_ref(row);
    }
    return code;
}

enum hc_code state_add_gone(struct state *state, struct row *row, uint32_t age_s)
{
    enum hc_code code = grow((void **)&state->gone, &state->gone_capacity, state->gone_count, sizeof *state->gone);
    if (code == HC_OK) {
        state->gone[state->gone_count++] = (struct gone){.row = row_ref(row), .age_s = age_s};
    }
    return code;
}

enum hc_code state_add_fork(struct state *state, struct row *row)
{
    enum hc_code code = grow((void **)&state->forks, &state->fork_capacity, state->fork_count, sizeof *state->forks);
    if (code == HC_OK) {
        state->forks[state->fork_count++] = row_ref(row);
    }
    return code;
}

enum hc_code state_rows(struct row ***rows, size_t *count, const struct state *state)
{
    *count = state->live_count + state->gone_count + state->fork_count;
    *rows = memory_new(*count + 1, sizeof **rows);
    if (!*rows) {
        return HC_NO_MEMORY;
    }
    struct row **to = *rows;
    for (size_t i = 0; i < state->live_count; i++) {
        *to++ = state->live[i];
    }
    for (size_t i = 0; i < state->gone_count; i++) {
        *to++ = state->gone[i].row;
    }
    for (size_t i = 0; i < state->fork_count; i++) {
        *to++ = state->forks[i];
    }
    return HC_OK;
}

static int live_order(const void *left, const void *right)
{
    return memcmp((*(struct row *const *)left)->fields.id, (*(struct row *const *)right)->fields.id, ID_BYTES);
}

static int gone_order(const void *left, const void *right)
{
    return live_order(&((const struct gone *)left)->row, &((const struct gone *)right)->row);
}

enum hc_code state_seal(struct state *state)
{
    struct row **rows;
    size_t count;
    if (state->live_count > 0) {
        qsort(state->live, state->live_count, sizeof *state->live, live_order);
    }
    if (state->gone_count > 0) {
        qsort(state->gone, state->gone_count, sizeof *state->gone, gone_order);
    }
    if (state_rows(&rows, &count, state) != HC_OK) {
        return HC_NO_MEMORY;
    }
    state->text_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        state->text_bytes += rows[i]->text_bytes;
    }
    rows_digest(state->digest, rows, count);
    memory_free(rows);
    return HC_OK;
}

const struct row *state_find_live(const struct state *state, const uint8_t id[static ID_BYTES])
{
    size_t low = 0, high = state->live_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(state->live[middle]->fields.id, id, ID_BYTES);
        if (order == 0) {
            return state->live[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct gone *state_find_gone(const struct state *state, const uint8_t id[static ID_BYTES])
{
    size_t low = 0, high = state->gone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(state->gone[middle].row->fields.id, id, ID_BYTES);
        if (order == 0) {
            return &state->gone[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct state *state_ref(struct state *state)
{
    state->refs++;
    return state;
}

void state_unref(struct state *state)
{
    if (!state || --state->refs > 0) {
        return;
    }
    for (size_t i = 0; i < state->live_count; i++) {
        row_unref(state->live[i]);
    }
    for (size_t i = 0; i < state->gone_count; i++) {
        row_unref(state->gone[i].row);
    }
    for (size_t i = 0; i < state->fork_count; i++) {
        row_unref(state->forks[i]);
    }
    memory_free(state->live);
    memory_free(state->gone);
    memory_free(state->forks);
    memory_free(state);
}
