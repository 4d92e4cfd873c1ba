/* What we tell others, and what we take in from them. */
#include <string.h>

#include "core/canary.h"
#include "core/memory.h"
#include "core/node_parts.h"
#include "core/state.h"

/* For how long a member has been gone, as it is told. Whoever reads it must not take him for younger than he is, or ages would
 * lag a little more with each time that they are passed on: it is his age when the state was used for the last time and
 * the exchange is over, rounded up. */
static uint32_t told_age_s(const struct hc_node *node, const struct member *member)
{
    int64_t age = (node->now_ms - member->gone_ms + STATE_AGE_MS_MAX + EXCHANGE_TIMEOUT_MS_MAX + 999) / 1000;
    return age < (int64_t)(FORGET_MS / 1000) ? (uint32_t)age : (uint32_t)(FORGET_MS / 1000);
}

/* What of the table goes into a state: all of it, or what a frame has room for. */
struct telling {
    struct hc_state *state;
    struct hc_state *old; /* what was told before, if nobody else holds it; NULL otherwise */
    size_t old_next;
    struct rows_sum sum;    /* of the rows that are told */
    size_t live_text_bytes; /* of those that are told as live */
    size_t own;             /* index of our own entry; SIZE_MAX if there is none yet */
    size_t first, count;    /* the entries that are told, from the first on and around the end; our own in any case */
};

/* Leaves an entry out of the sums. */
static void tell_not(struct telling *telling, const struct entry *entry)
{
    telling->live_text_bytes -= entry_row(entry)->text_bytes;
    for (size_t b = 0; b < entry->branch_count; b++) {
        rows_sum_take(&telling->sum, entry->branches[b]);
    }
}

static enum hc_code tell_entry(const struct hc_node *node, struct telling *telling, const struct entry *entry,
                               const struct member *member)
{
    struct hc_row *row = entry_row(entry);
    enum hc_code code;
    if (!member || member->status == HC_MEMBER_LIVE) {
        code = state_move_live(telling->state, row, telling->old, &telling->old_next);
    } else if (member->guessed) {
        tell_not(telling, entry); /* known to nobody but us, it would make everybody ask */
        return HC_OK;
    } else if (node->now_ms - member->gone_ms < (int64_t)AGE_TOLD_MS_MAX || member->calls ||
               table_is_touched(&node->table, row->fields.id)) {
        code = state_add_gone(telling->state, row, told_age_s(node, member));
        telling->live_text_bytes -= row->text_bytes;
    } else {
        tell_not(telling, entry); /* on its way to be forgotten (P10) */
        return HC_OK;
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

/* What does not fit a frame: our own row and as many of the others as do, from a random one on, so that all are told in the
 * course of time. */
static void tell_some(struct hc_node *node, struct telling *telling)
{
    const struct table *table = &node->table;
    size_t room = HC_FRAME_BYTES_MAX - 1024;
    room -= telling->own < table->count ? told_cost(&table->entries[telling->own]) : 0;
    telling->first = (size_t)random_below(&node->random, table->count);
    for (telling->count = 0; telling->count < table->count; telling->count++) {
        size_t cost = told_cost(&table->entries[(telling->first + telling->count) % table->count]);
        if (cost > room) {
            break;
        }
        room -= cost;
    }
}

static enum hc_code told_fill(struct hc_node *node, struct hc_state *state, struct hc_state *old)
{
    const struct table *table = &node->table;
    bool all_live = node->members.live_count == node->members.count; /* no need to look at each */
    struct telling telling = {.state = state, .old = old, .sum = table->sum, .count = table->count};
    bool found;
    telling.own = table_place(table, node->identity.id, SIZE_MAX, &found);
    telling.own = found ? telling.own : SIZE_MAX;
    telling.live_text_bytes = table->text_bytes;
    /* A forked owner's row may stand in a message twice. */
    if (2 * table->text_bytes + 64 * table->count > HC_FRAME_BYTES_MAX ||
        2 * (table->values + table->count) > FRAME_VALUES_MAX) {
        tell_some(node, &telling);
    }
    enum hc_code code = state_reserve(state, node->members.live_count + 1);
    /* Entries and members are both in order of ids; we are an entry, but not a member. */
    size_t m = 0;
    for (size_t i = 0; code == HC_OK && i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        size_t turn = i >= telling.first ? i - telling.first : i + table->count - telling.first;
        for (size_t b = 0; entry_is_forked(entry) && b < entry->branch_count; b++) {
            telling.live_text_bytes -= entry->branches[b] == entry_row(entry) ? 0 : entry->branches[b]->text_bytes;
        }
        if (i == telling.own || turn < telling.count) {
            code = tell_entry(node, &telling, entry, i == telling.own || all_live ? NULL : &node->members.list[m]);
        } else {
            tell_not(&telling, entry);
        }
        m += i != telling.own;
    }
    state_seal_known(state, &telling.sum, telling.live_text_bytes);
    return code;
}

/* They are made when they are needed, and made again when something changed. */
struct hc_state *told_now(struct hc_node *node)
{
    bool ages = node->members.count > node->members.live_count;
    bool fresh = node->told && node->told_table == node->table.revision &&
                 node->told_members == node->members.revision &&
                 (!ages || node->now_ms - node->told_ms < STATE_AGE_MS_MAX);
    if (!fresh) {
        struct hc_state *state;
        if (state_new(&state) != HC_OK) {
            return NULL;
        }
        bool alone = node->told && node->told->refs == 1;
        enum hc_code code = told_fill(node, state, alone ? node->told : NULL);
        state_unref(node->told);
        node->told = code == HC_OK ? state : NULL;
        if (code != HC_OK) {
            state_unref(state);
            return NULL;
        }
        node->told_table = node->table.revision;
        node->told_members = node->members.revision;
        node->told_ms = node->now_ms;
    }
    return state_ref(node->told);
}

void peer_drop(struct hc_node *node, struct member *member, enum hc_code reason, const char *text,
               struct hc_effects *effects)
{
    if (member->status == HC_MEMBER_LIVE) {
        struct hc_notice *notice =
            notice_add(effects, reason == HC_LEFT ? HC_NOTICE_LEFT : HC_NOTICE_DROPPED, row_of(node, member->id));
        notice->code = reason;
        notice_text(notice, text);
    }
    changed_add(effects, member->id);
    members_drop(&node->members, member, reason, node->now_ms);
}

static void tell_tagged(const struct change *change, struct hc_effects *effects)
{
    if (change->before && !row_same_tags(change->before, change->after)) {
        notice_add(effects, HC_NOTICE_TAGGED, change->after);
    }
}

static void tell_received(const struct hc_node *node, const struct change *change, struct hc_effects *effects)
{
    uint64_t before = change->before ? row_sent_to(change->before, node->identity.id) : 0;
    uint64_t after = row_sent_to(change->after, node->identity.id);
    if (after > before) {
        notice_add(effects, HC_NOTICE_RECEIVED, change->after)->to = after - before;
    }
}

/* Somebody who is new here. Whom the teller has dropped, we learn of as dropped (P5). */
static void peer_meet(struct hc_node *node, struct hc_row *row, const struct hc_state *state, int64_t heard_ms,
                      bool introduce, struct hc_effects *effects)
{
    struct member *member;
    const struct gone *gone = state_find_gone(state, row->fields.id);
    enum hc_member_status status = row->fields.left ? HC_MEMBER_LEFT : gone ? HC_MEMBER_DROPPED : HC_MEMBER_LIVE;
    enum hc_code code = members_add(&node->members, &member, row->fields.id, status, node->now_ms, &node->random);
    ASSERT(code == HC_OK); /* state_take made room: once its row is in the table, others may owe their means to it */
    if (status != HC_MEMBER_LIVE) {
        member->reason = status == HC_MEMBER_LEFT ? HC_LEFT : HC_UNREACHABLE;
        member_learn_age(member, gone ? gone->age_s : 0, heard_ms);
        return;
    }
    notice_add(effects, HC_NOTICE_JOINED, row);
    if (introduce && node->introductions_left > 0) {
        node->introductions_left--;
        target_queue(node, NULL, row->fields.id, true);
    }
}

static void peer_changed(struct hc_node *node, const struct change *change, const struct hc_state *state,
                         int64_t heard_ms, struct hc_effects *effects)
{
    const struct hc_row_fields *before = &change->before->fields, *after = &change->after->fields;
    const struct gone *gone = state_find_gone(state, after->id);
    struct member *member = members_find_near(&node->members, after->id, change->place);
    ASSERT(member);
    member->changed_ms = node->now_ms;
    if (strcmp(before->addr, after->addr) != 0) {
        member->claimed_ms = node->now_ms;
        member->answered_ms = HC_NEVER_MS;
        member->reached = HC_REACH_UNKNOWN;
    }
    if (before->draw != after->draw) {
        struct hc_notice *notice = notice_add(effects, HC_NOTICE_MUTATED, change->after);
        notice->from = before->coins;
        notice->to = after->coins;
    }
    if (after->left && member->status != HC_MEMBER_LEFT) {
        peer_drop(node, member, HC_LEFT, NULL, effects);
    } else if (!after->left && member->status != HC_MEMBER_LIVE && !gone) {
        member->urgency = URGENCY_CALLED; /* it signed something new: ask it */
    }
    if (member->status != HC_MEMBER_LIVE && after->version > before->version) {
        member_learn_age(member, gone ? gone->age_s : 0, heard_ms);
    }
}

/* P4 and its mirror: where the teller's opinion differs from ours, we ask for ourselves, but not again and again. */
static void hints_take(struct hc_node *node, const struct hc_state *state, int64_t heard_ms)
{
    struct members *members = &node->members;
    for (size_t i = 0; i < state->gone_count; i++) {
        const struct gone *gone = &state->gone[i];
        struct member *member = members_find(members, gone->row->fields.id);
        if (!member) {
            continue;
        }
        if (member->status != HC_MEMBER_LIVE) {
            member_hear_age(member, gone->age_s, heard_ms);
            members->revision += member->guessed;
            member->guessed = false; /* it is not only us */
        } else if (!gone->row->fields.left && node->now_ms >= member->hints_rest_until_ms) {
            member->urgency = URGENCY_HINT;
        }
    }
    for (size_t i = 0; members->live_count < members->count && i < members->count; i++) {
        struct member *member = &members->list[i];
        if (member->status == HC_MEMBER_LIVE || member->urgency != URGENCY_NONE ||
            node->now_ms < member->hints_rest_until_ms) {
            continue;
        }
        const struct hc_row *told = state_find_live(state, member->id), *row = row_of(node, member->id);
        if (CANARY_REVIVED && told) {
            members_return(members, member, &node->random);
        } else if (told && !row->fields.left && memcmp(told->hash, row->hash, HC_HASH_BYTES) == 0) {
            member->urgency = URGENCY_HINT;
        }
    }
}

/* P10. The memory of it is a favour: without room for it the row is forgotten all the same. */
static void forgotten_add(struct hc_node *node, const struct hc_row *row)
{
    if (!node->forgotten) {
        node->forgotten = memory_new(FORGOTTEN_MAX, sizeof *node->forgotten);
    }
    if (node->forgotten) {
        struct forgotten *place = &node->forgotten[node->forgotten_count++ % FORGOTTEN_MAX];
        memcpy(place->id, row->fields.id, HC_ID_BYTES);
        place->version = row->fields.version;
    }
}

static bool is_forgotten(const struct hc_node *node, const struct hc_row *row)
{
    size_t kept = node->forgotten_count < FORGOTTEN_MAX ? node->forgotten_count : FORGOTTEN_MAX;
    for (size_t i = 0; i < kept; i++) {
        const struct forgotten *forgotten = &node->forgotten[i];
        if (memcmp(forgotten->id, row->fields.id, HC_ID_BYTES) == 0 && row->fields.version <= forgotten->version) {
            return true;
        }
    }
    return false;
}

void gone_forget(struct hc_node *node, struct hc_effects *effects)
{
    for (size_t i = 0; i < node->members.count;) {
        const struct member *member = &node->members.list[i];
        uint8_t id[HC_ID_BYTES];
        memcpy(id, member->id, HC_ID_BYTES);
        if (member->status != HC_MEMBER_LIVE && node->now_ms - member->gone_ms >= (int64_t)FORGET_MS &&
            !table_is_touched(&node->table, id)) {
            forgotten_add(node, row_of(node, id));
            changed_add(effects, id);
            members_remove(&node->members, id);
            table_remove(&node->table, id);
        } else {
            i++;
        }
    }
}

/* All rows of a state but those that are told as dropped and were forgotten here, unless a payment touches them by now. */
static enum hc_code rows_to_merge(struct hc_node *node, struct hc_row ***rows, size_t *count,
                                  const struct hc_state *state)
{
    enum hc_code code = state_rows(rows, count, state);
    if (code != HC_OK || node->forgotten_count == 0) {
        return code;
    }
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct hc_row *row = (*rows)[i];
        bool told_as_gone = i >= state->live_count && i < state->live_count + state->gone_count;
        if (!told_as_gone || row_of(node, row->fields.id) || !is_forgotten(node, row) ||
            table_is_touched(&node->table, row->fields.id)) {
            (*rows)[kept++] = row;
        }
    }
    *count = kept;
    return HC_OK;
}

enum hc_code state_take(struct hc_node *node, const struct hc_state *state, int64_t heard_ms, bool introduce,
                        struct hc_effects *effects)
{
    struct hc_row **rows;
    size_t count;
    struct merge merge;
    if (state == node->told) {
        return HC_OK; /* our own words */
    }
    if (rows_to_merge(node, &rows, &count, state) != HC_OK) {
        return HC_NO_MEMORY;
    }
    /* What waits can come in with what came. */
    if (members_reserve(&node->members, count + node->table.waiting.count) != HC_OK) {
        memory_free(rows);
        return HC_NO_MEMORY;
    }
    enum hc_code code = table_merge(&node->table, &merge, rows, count, node->identity.id);
    memory_free(rows);
    if (code == HC_BUSY) {
        merge_free(&merge);
        return code;
    }
    for (int reason = 0; reason < HC_CODE_COUNT; reason++) {
        if (merge.refused[reason] > 0) {
            refused_add(node, (enum hc_code)reason, merge.refused[reason], NULL, effects);
        }
    }
    if (code != HC_OK) {
        merge_free(&merge);
        return code;
    }
    for (size_t i = 0; i < merge.change_count; i++) {
        const struct change *change = &merge.changes[i];
        changed_add(effects, change->after->fields.id);
        if (change->before) {
            peer_changed(node, change, state, heard_ms, effects);
        } else {
            peer_meet(node, change->after, state, heard_ms, introduce, effects);
        }
        tell_tagged(change, effects);
        tell_received(node, change, effects);
        if (change->forked) {
            notice_add(effects, HC_NOTICE_FORKED, change->after);
        }
    }
    hints_take(node, state, heard_ms);
    if (merge.own_count > 0 && !node->leaving) {
        own_adopt(node, merge.own, merge.own_count, effects);
    }
    merge_free(&merge);
    return code;
}
