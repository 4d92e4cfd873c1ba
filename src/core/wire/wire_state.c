/* Rows of a message: those of live nodes, those of gone ones with their ages, and those of forks (W2). Sealed in the end. */
#include <string.h>

#include "core/common/id.h"
#include "core/rows/state.h"
#include "core/wire/wire_parse.h"
#include "core/wire/wire_read.h"
#include "core/wire/wire_row.h"

/* How a row is added to one of the state's lists. */
typedef enum hc_code add_row(struct hc_state *state, struct hc_row *row);

static enum hc_code rows_read(struct reader *reader, const cJSON *array, const char *key, add_row *add)
{
    struct hc_state *state = reader->message->state;
    size_t index = 0;
    if (!cJSON_IsArray(array)) {
        return read_expected(reader, key, "an array was");
    }
    for (const cJSON *item = array->child; item; item = item->next, index++) {
        struct hc_row *row;
        if (state->live_count + state->gone_count + state->fork_count >= FRAME_ROWS_MAX) {
            return fault_set(reader->fault, HC_TOO_LARGE, "more than %u rows", FRAME_ROWS_MAX);
        }
        enum hc_code code = row_decode(&row, item, reader->network, reader->fault);
        if (code != HC_OK) {
            return read_refuse_at(reader, code, key, index);
        }
        code = add(state, row);
        hc_row_unref(row);
        if (code != HC_OK) {
            return code;
        }
    }
    return HC_OK;
}

enum hc_code live_read(struct reader *reader, const cJSON *item, const char *key)
{
    return rows_read(reader, item, key, state_add_live);
}

/* Its age follows. */
static enum hc_code add_gone(struct hc_state *state, struct hc_row *row)
{
    return state_add_gone(state, row, 0);
}

/* In a greeting it is about the other side itself (K2). */
static enum hc_code accused_read(struct reader *reader, const cJSON *item, const char *key)
{
    static const char *const names[] = {"code", "ago"};
    const cJSON *items[2];
    uint64_t ago = 0;
    struct hc_message *message = reader->message;
    if (!cJSON_IsObject(item)) {
        return read_expected(reader, key, "an object was");
    }
    enum hc_code code = keys_find(items, item, names, 2, HC_BAD_FRAME, reader->fault);
    if (code != HC_OK) {
        return code;
    }
    bool ok = read_reason(&message->dropped_why, items[0]) && number_read(&ago, items[1]);
    if (!ok) {
        return read_expected(reader, key, "code, a string, and ago, whole seconds, were");
    }
    message->dropped_ago_s = ago < UINT32_MAX ? (uint32_t)ago : UINT32_MAX;
    return HC_OK;
}

enum hc_code dropped_read(struct reader *reader, const cJSON *item, const char *key)
{
    return reader->message->state ? rows_read(reader, item, key, add_gone) : accused_read(reader, item, key);
}

enum hc_code ages_read(struct reader *reader, const cJSON *array, const char *key)
{
    struct hc_state *state = reader->message->state;
    size_t index = 0;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != state->gone_count) {
        return read_expected(reader, key, "an array with one number for each of dropped was");
    }
    for (const cJSON *item = array->child; item; item = item->next, index++) {
        uint64_t age;
        if (!number_read(&age, item)) {
            return read_expected(reader, key, "whole seconds were");
        }
        state->gone[index].age_s = age < FORGET_MS / 1000 ? (uint32_t)age : (uint32_t)(FORGET_MS / 1000);
    }
    return HC_OK;
}

enum hc_code forks_read(struct reader *reader, const cJSON *array, const char *key)
{
    struct hc_state *state = reader->message->state;
    if (!cJSON_IsArray(array)) {
        return read_expected(reader, key, "an array was");
    }
    for (const cJSON *group = array->child; group; group = group->next) {
        size_t first = state->fork_count;
        enum hc_code code = rows_read(reader, group, key, state_add_fork);
        if (code != HC_OK) {
            return code;
        }
        size_t count = state->fork_count - first;
        if (count < 2 || count > BRANCHES_MAX) {
            return read_expected(reader, key, "two to four rows of one owner were");
        }
        for (size_t i = first + 1; i < state->fork_count; i++) {
            if (!id_equal(state->forks[i]->fields.id, state->forks[first]->fields.id)) {
                return read_expected(reader, key, "rows of one owner were");
            }
        }
    }
    return HC_OK;
}

/* Of an owner's branches all stand side by side once the state is sealed, whatever groups they came in. */
enum hc_code state_finish(struct reader *reader)
{
    struct hc_state *state = reader->message->state;
    state_seal(state);
    for (size_t i = BRANCHES_MAX; i < state->fork_count; i++) {
        if (id_equal(state->forks[i]->fields.id, state->forks[i - BRANCHES_MAX]->fields.id)) {
            return read_expected(reader, "forks", "at most four rows of one owner were");
        }
    }
    return HC_OK;
}

/* Each list is in order of ids. */
bool state_is_of_one(const struct hc_state *state)
{
    const struct hc_row *ends[6] = {NULL};
    if (state->live_count > 0) {
        ends[0] = state->live[0];
        ends[1] = state->live[state->live_count - 1];
    }
    if (state->gone_count > 0) {
        ends[2] = state->gone[0].row;
        ends[3] = state->gone[state->gone_count - 1].row;
    }
    if (state->fork_count > 0) {
        ends[4] = state->forks[0];
        ends[5] = state->forks[state->fork_count - 1];
    }
    const struct hc_row *first = NULL;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        first = first ? first : ends[i];
        if (ends[i] && !id_equal(ends[i]->fields.id, first->fields.id)) {
            return false;
        }
    }
    return first;
}
