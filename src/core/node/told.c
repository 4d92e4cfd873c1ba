/* What this node tells: the state. */
#include "core/node/told.h"

#include "core/common/id.h"
#include "core/node/digests.h"

void told_free(struct told *told)
{
    state_unref(told->state);
    *told = (struct told){0};
}

/* For how long a member has been gone, as it is told. A reader must not take it for younger than it is, or ages would
 * lag a little more each time that they are passed on: so it is the age at which the state is used for the last time
 * and the exchange is over, rounded up. */
static uint32_t told_age_s(const struct base *base, const struct member *member)
{
    int64_t age = (base->now_ms - member->gone_ms + STATE_AGE_MS_MAX + EXCHANGE_TIMEOUT_MS_MAX + 999) / 1000;
    ASSERT(age > 0);
    return age < (int64_t)(FORGET_MS / 1000) ? (uint32_t)age : (uint32_t)(FORGET_MS / 1000);
}

/* What of the table goes into a state: all of it, or what a frame has room for. */
struct telling {
    struct hc_state *state;
    struct hc_state *old; /* what was told before, if nothing else holds it; NULL otherwise */
    size_t old_next;
    size_t live_text_bytes; /* of those that are told as live */
    size_t own;             /* index of our own entry; SIZE_MAX if there is none yet */
    size_t first, count;    /* the entries that are told, from the first on and around the end; our own in any case */
};

/* Leaves an entry out of the sum. */
static void tell_not(struct telling *telling, const struct entry *entry)
{
    ASSERT(telling->live_text_bytes >= entry_row(entry)->text_bytes);
    telling->live_text_bytes -= entry_row(entry)->text_bytes;
}

/* `member` is NULL for our own entry, and where all are live. */
static enum hc_code tell_entry(const struct base *base, struct telling *telling, const struct entry *entry,
                               const struct member *member)
{
    struct hc_row *row = entry_row(entry);
    enum hc_code code;
    if (!digests_tell(member)) {
        tell_not(telling, entry);
        return HC_OK;
    }
    if (!member || member->status == HC_MEMBER_LIVE) {
        code = state_move_live(telling->state, row, telling->old, &telling->old_next);
    } else {
        code = state_add_gone(telling->state, row, told_age_s(base, member));
        telling->live_text_bytes -= row->text_bytes;
    }
    for (size_t b = 0; entry_is_forked(entry) && code == HC_OK && b < entry->branch_count; b++) {
        code = state_add_fork(telling->state, entry->branches[b]);
    }
    return code;
}

/* Of a frame's room: bytes, or what its many values amount to. */
static size_t row_cost(const struct hc_row *row)
{
    size_t values = (size_t)row->values * FRAME_VALUE_BYTES;
    return row->text_bytes > values ? row->text_bytes : values;
}

static size_t told_cost(const struct entry *entry)
{
    size_t bytes = row_cost(entry_row(entry)) + 32; /* commas, brackets, an age */
    for (size_t b = 0; entry_is_forked(entry) && b < entry->branch_count; b++) {
        bytes += row_cost(entry->branches[b]) + 4;
    }
    return bytes;
}

/* Whether all of the table fits a frame. A forked owner's row may stand in a message twice. */
static bool frame_has_room(const struct table *table)
{
    return 2 * table->text_bytes + 64 * table->count <= HC_FRAME_BYTES_MAX &&
           2 * (table->values + table->count) <= FRAME_VALUES_MAX;
}

/* What does not fit a frame: our own row and as many of the others as do, from a random one on, so that all are told
 * in the course of time. */
static void tell_some(struct base *base, struct telling *telling)
{
    const struct table *table = &base->table;
    size_t room = HC_FRAME_BYTES_MAX - 1024;
    ASSERT(table->count > 0);
    room -= telling->own < table->count ? told_cost(&table->entries[telling->own]) : 0;
    telling->first = (size_t)random_below(&base->random, table->count);
    for (telling->count = 0; telling->count < table->count; telling->count++) {
        size_t cost = told_cost(&table->entries[(telling->first + telling->count) % table->count]);
        if (cost > room) {
            break;
        }
        room -= cost;
    }
}

/* If all is told, its digest is the table's. */
static void state_finish(struct hc_state *state, const struct base *base, const struct telling *telling)
{
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    if (telling->count < base->table.count) {
        state_seal(state);
        return;
    }
    digests_now(rows, whole, base);
    state_seal_known(state, rows, telling->live_text_bytes);
}

static enum hc_code state_fill(struct hc_state *state, struct base *base, struct hc_state *old)
{
    const struct table *table = &base->table;
    const struct members *members = &base->members;
    bool all_live = members->live_count == members->count; /* no need to look at each */
    struct telling telling = {.state = state, .old = old, .live_text_bytes = table->text_bytes, .count = table->count};
    bool found;
    telling.own = table_place(table, base->identity.id, SIZE_MAX, &found);
    telling.own = found ? telling.own : SIZE_MAX;
    if (!frame_has_room(table)) {
        tell_some(base, &telling);
    }
    enum hc_code code = state_reserve(state, members->live_count + 1);
    /* Entries and members are both in order of ids; this node is an entry, but not a member. */
    size_t m = 0;
    for (size_t i = 0; code == HC_OK && i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        size_t turn = i >= telling.first ? i - telling.first : i + table->count - telling.first;
        for (size_t b = 0; entry_is_forked(entry) && b < entry->branch_count; b++) {
            telling.live_text_bytes -= entry->branches[b] == entry_row(entry) ? 0 : entry->branches[b]->text_bytes;
        }
        ASSERT(i == telling.own || m < members->count);
        if (i == telling.own || turn < telling.count) {
            code = tell_entry(base, &telling, entry, i == telling.own || all_live ? NULL : &members->list[m]);
        } else {
            tell_not(&telling, entry);
        }
        m += i != telling.own;
    }
    state_finish(state, base, &telling);
    return code;
}

/* Ages that are told go on with the clock, so a state with gone ones grows old. */
static bool is_fresh(const struct told *told, const struct base *base)
{
    bool ages = base->members.count > base->members.live_count;
    return told->state && told->table_revision == base->table.revision &&
           told->members_revision == base->members.revision &&
           (!ages || base->now_ms - told->made_ms < STATE_AGE_MS_MAX);
}

struct hc_state *told_now(struct told *told, struct base *base)
{
    struct hc_state *state;
    if (is_fresh(told, base)) {
        return state_ref(told->state);
    }
    if (state_new(&state) != HC_OK) {
        return NULL;
    }
    digests_sweep(base);
    bool alone = told->state && told->state->refs == 1;
    enum hc_code code = state_fill(state, base, alone ? told->state : NULL);
    state_unref(told->state); /* in any case: the new one may have taken over its rows */
    *told = (struct told){.state = code == HC_OK ? state : NULL,
                          .table_revision = base->table.revision,
                          .members_revision = base->members.revision,
                          .made_ms = base->now_ms};
    if (code != HC_OK) {
        state_unref(state);
        return NULL;
    }
    return state_ref(told->state);
}

struct hc_state *told_with(struct told *told, struct base *base, struct member *member)
{
    ASSERT(!member->calls);
    member->calls = true;
    digests_judge(base, member);
    struct hc_state *state = told_now(told, base);
    member->calls = false;
    digests_judge(base, member);
    return state;
}

/* ---- Parts of it ---- */

enum hc_code told_add(struct hc_state *state, const struct base *base, const struct entry *entry)
{
    const struct member *member = members_find(&base->members, entry_id(entry));
    struct hc_row *row = entry_row(entry);
    enum hc_code code = !member || member->status == HC_MEMBER_LIVE || member->guessed
                            ? state_add_live(state, row)
                            : state_add_gone(state, row, told_age_s(base, member));
    for (size_t b = 0; entry_is_forked(entry) && code == HC_OK && b < entry->branch_count; b++) {
        code = state_add_fork(state, entry->branches[b]);
    }
    return code;
}

struct hc_state *told_own(struct base *base)
{
    const struct entry *entry = table_find(&base->table, base->identity.id);
    struct hc_state *state;
    if (state_new(&state) != HC_OK) {
        return NULL;
    }
    if (entry && told_add(state, base, entry) != HC_OK) {
        state_unref(state);
        return NULL;
    }
    state_seal(state);
    return state;
}
