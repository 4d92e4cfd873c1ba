/* From a message to rows, opinions and news. */
#include "core/node/intake.h"

#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/peers.h"
#include "core/table/merge.h"

/* What became of a message's rows. */
enum taking {
    TAKING_DONE,
    TAKING_GOES_ON, /* the next call with the same message checks more of it */
    TAKING_FORGED,  /* nothing of it was taken in */
    TAKING_NO_MEMORY,
};

void intake_free(struct intake *intake)
{
    held_clear(&intake->held);
    forgotten_free(&intake->forgotten);
}

/* ---- Rows ---- */

/* All rows of a state but those that are told as gone and were forgotten here, unless a payment touches them by now. The
 * array is the caller's, to be freed with memory_free. */
static enum hc_code rows_to_merge(const struct intake *intake, const struct base *base, struct hc_row ***rows,
                                  size_t *count, const struct hc_state *state)
{
    enum hc_code code = state_rows(rows, count, state);
    if (code != HC_OK || intake->forgotten.count == 0) {
        return code;
    }
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct hc_row *row = (*rows)[i];
        bool told_as_gone = i >= state->live_count && i < state->live_count + state->gone_count;
        if (!told_as_gone || base_row(base, row->fields.id) || !forgotten_has(&intake->forgotten, row) ||
            table_is_touched(&base->table, row->fields.id)) {
            (*rows)[kept++] = row;
        }
    }
    *count = kept;
    return HC_OK;
}

/* How many of the rows are of owners that are unknown here. The rows are mostly in order of ids, as the table is. */
static size_t rows_of_strangers(const struct base *base, struct hc_row *const *rows, size_t count)
{
    size_t strangers = 0, next = 0;
    for (size_t i = 0; i < count; i++) {
        bool found;
        next = table_place(&base->table, rows[i]->fields.id, next, &found) + 1;
        strangers += !found;
    }
    return strangers;
}

/* Merges a state's rows. HC_NO_MEMORY, and what table_merge says; merge_free in every case. */
static enum hc_code rows_merge(const struct intake *intake, struct base *base, struct merge *merge,
                               const struct hc_state *state)
{
    struct hc_row **rows;
    size_t count;
    *merge = (struct merge){0};
    if (rows_to_merge(intake, base, &rows, &count, state) != HC_OK) {
        return HC_NO_MEMORY;
    }
    /* Room before anything changes: once an owner's row is in the table, others may owe their means to it. What waits can
     * come in with what came. */
    size_t strangers = rows_of_strangers(base, rows, count) + base->table.waiting.count;
    enum hc_code code = members_reserve(&base->members, strangers);
    code = code == HC_OK ? table_merge(&base->table, merge, rows, count, base->identity.id) : code;
    memory_free(rows);
    return code;
}

static void change_tell(const struct base *base, const struct change *change, struct hc_effects *effects)
{
    uint64_t before = change->before ? row_sent_to(change->before, base->identity.id) : 0;
    uint64_t after = row_sent_to(change->after, base->identity.id);
    if (change->before && !row_same_tags(change->before, change->after)) {
        notice_add(effects, HC_NOTICE_TAGGED, change->after);
    }
    if (after > before) {
        notice_add(effects, HC_NOTICE_RECEIVED, change->after)->to = after - before;
    }
    if (change->forked) {
        notice_add(effects, HC_NOTICE_FORKED, change->after);
    }
}

/* What the merge of a message changed. */
static void changes_take(struct base *base, struct targets *targets, const struct merge *merge,
                         const struct heard *heard, struct hc_effects *effects)
{
    for (size_t i = 0; i < merge->change_count; i++) {
        const struct change *change = &merge->changes[i];
        changed_add(effects, change->after->fields.id);
        news_add_row(&base->news, change->before, change->after->fields.id);
        if (change->before) {
            peer_change(base, change, heard->state, heard->heard_ms, effects);
        } else if (peer_meet(base, change->after, heard->state, heard->heard_ms, effects) &&
                   (heard->introduce || base_keeps_links(base))) {
            targets_introduce(targets, change->after->fields.id);
        }
        change_tell(base, change, effects);
    }
}

static enum taking taking_of(enum hc_code code)
{
    switch (code) {
    case HC_OK:
        return TAKING_DONE;
    case HC_BUSY:
        return TAKING_GOES_ON;
    case HC_BAD_SIGNATURE:
    case HC_BAD_DRAW:
        return TAKING_FORGED;
    default:
        ASSERT(code == HC_NO_MEMORY);
        return TAKING_NO_MEMORY;
    }
}

/* Takes in a message's rows and opinions. TAKING_FORGED: *why says in what way. */
static enum taking state_take(struct intake *intake, struct base *base, struct own *own, struct targets *targets,
                              const struct heard *heard, enum hc_code *why, struct hc_effects *effects)
{
    struct merge merge;
    *why = HC_OK;
    if (heard->echo) {
        return TAKING_DONE;
    }
    base->news.from = heard->link;
    enum hc_code code = *why = rows_merge(intake, base, &merge, heard->state);
    enum taking result = taking_of(code);
    for (int reason = HC_OK + 1; result != TAKING_GOES_ON && reason < HC_CODE_COUNT; reason++) {
        if (merge.refused[reason] > 0) {
            base_refuse(base, (enum hc_code)reason, merge.refused[reason], NULL, effects);
        }
    }
    if (result == TAKING_DONE) {
        changes_take(base, targets, &merge, heard, effects);
        peers_take_hints(base, heard->state, heard->heard_ms, heard->answer || heard->link != 0, effects);
        if (merge.own_count > 0 && !base->leaving) {
            own_adopt(own, base, merge.own, merge.own_count, effects);
        }
    }
    merge_free(&merge);
    base->news.from = 0;
    return result;
}

/* ---- Messages ---- */

/* The sender of an answer is alive, and is the one at the address where we asked, if its row says that address. */
static void sender_answered(struct base *base, const struct own *own, const struct heard *heard,
                            struct hc_effects *effects)
{
    const struct hc_state *state = heard->state;
    struct member *member = members_find(&base->members, heard->from);
    if (!member) {
        return; /* no room for its row */
    }
    peer_lives(base, member, state, heard->hinted, effects);
    peer_answered_at(base, member, heard->address);
    member->reaches_us = heard->reached;
    state_digest(member->told, state);
    member->told_known = true;
    const struct gone *gone = state_find_gone(state, base->identity.id);
    const struct hc_row *ours = gone ? gone->row : state_find_live(state, base->identity.id);
    if (ours && own->row && ours->fields.version <= own->row->fields.version) {
        member->own_told = ours->fields.version;
    }
}

/* A message's rows were taken in, or are forged: what that says of its sender. */
static void sender_judge(struct intake *intake, struct base *base, const struct own *own, const struct heard *heard,
                         enum taking result, enum hc_code why, struct hc_effects *effects)
{
    ASSERT(result != TAKING_GOES_ON);
    if (!heard->answer) {
        return; /* any node can claim an id */
    }
    if (result == TAKING_FORGED) {
        struct member *member = members_find(&base->members, heard->from);
        if (member && member->status == HC_MEMBER_LIVE) {
            peer_drop(base, member, HC_BAD_REPLY, hc_code_text(why), effects);
        }
        return;
    }
    intake->met = intake->met || !base_is_self(base, heard->from);
    sender_answered(base, own, heard, effects);
}

static enum hc_code outcome(enum taking result, enum hc_code why)
{
    return result == TAKING_NO_MEMORY ? HC_NO_MEMORY : result == TAKING_FORGED ? why : HC_OK;
}

enum hc_code intake_take(struct intake *intake, struct base *base, struct own *own, struct targets *targets,
                         const struct heard *heard, struct hc_effects *effects)
{
    enum hc_code why;
    ASSERT(heard->state);
    enum taking result = state_take(intake, base, own, targets, heard, &why, effects);
    if (result == TAKING_GOES_ON) {
        if (!base->leaving && held_add(&intake->held, heard)) {
            return heard->link ? HC_WAITING : HC_OK;
        }
        base_refuse(base, HC_BUSY, 1, "too much to check at once", effects);
        result = TAKING_DONE; /* its sender is alive all the same */
    }
    sender_judge(intake, base, own, heard, result, why, effects);
    return outcome(result, why);
}

struct intake_done intake_take_done(struct intake *intake)
{
    struct intake_done done = intake->done;
    intake->done = (struct intake_done){0};
    return done;
}

enum hc_code intake_work(struct intake *intake, struct base *base, struct own *own, struct targets *targets,
                         struct hc_effects *effects)
{
    const struct heard *heard = held_next(&intake->held);
    enum hc_code why;
    if (!heard) {
        return HC_OK;
    }
    enum taking result = state_take(intake, base, own, targets, heard, &why, effects);
    if (result == TAKING_GOES_ON) {
        return HC_OK;
    }
    sender_judge(intake, base, own, heard, result, why, effects);
    if (heard->link) {
        intake->done = (struct intake_done){
            .link = heard->link, .forged = result == TAKING_FORGED ? why : HC_OK, .patched = heard->patched};
    }
    held_remove(&intake->held, heard);
    return result == TAKING_NO_MEMORY ? HC_NO_MEMORY : HC_OK;
}

/* ---- The end of a row ---- */

void intake_forget(struct intake *intake, struct base *base, struct hc_effects *effects)
{
    struct members *members = &base->members;
    for (size_t i = 0; members->live_count < members->count && i < members->count;) {
        const struct member *member = &members->list[i];
        uint8_t id[HC_ID_BYTES];
        id_copy(id, member->id);
        if (member->status != HC_MEMBER_LIVE && base->now_ms - member->gone_ms >= (int64_t)FORGET_MS &&
            !table_is_touched(&base->table, id)) {
            forgotten_add(&intake->forgotten, base_row(base, id));
            changed_add(effects, id);
            members_remove(members, id);
            table_remove(&base->table, id);
        } else {
            i++;
        }
    }
}
