/* From the rows of a message to verified claims, in the order of the functions below. The table does not change here. */
#include "core/table/claims.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/canary.h"
#include "core/common/id.h"
#include "core/common/memory.h"

static enum hc_code claims_add(struct claims *claims, const struct claim *claim)
{
    if (!ARRAY_RESERVE(claims->list, claims->capacity, claims->count + 1)) {
        return HC_NO_MEMORY;
    }
    ASSERT(claim->row->refs > 0 && claim->place <= claims->table->count);
    claims->list[claims->count++] = *claim;
    return HC_OK;
}

/* M4: one forged row ends the whole message. What was checked stays checked, so that a merge that stopped at
 * table.checks_most goes on there when it is tried again. */
static enum hc_code claims_check(struct claims *claims, struct merge *merge, struct hc_row *row)
{
    const struct table *table = claims->table;
    if (!row->verified && table->checks_most > 0 && claims->checks++ >= table->checks_most) {
        return HC_BUSY;
    }
    enum hc_code code = row_verify(row, table->network);
    merge->refused[code] += code != HC_OK;
    return code;
}

/* M5: a row about ourselves goes back to the caller. */
static enum hc_code claims_set_aside(struct claims *claims, struct merge *merge, struct hc_row *row)
{
    ASSERT(merge->own_count <= OWNER_ROWS_MAX);
    if (merge->own_count == OWNER_ROWS_MAX) {
        return HC_OK;
    }
    enum hc_code code = claims_check(claims, merge, row);
    if (code == HC_OK) {
        merge->own[merge->own_count++] = hc_row_ref(row);
    }
    return code;
}

/* Nearly all rows of a message are known: the loop costs as little as it can for those. */
static enum hc_code claims_collect(struct claims *claims, struct merge *merge, struct hc_row *const *rows, size_t count,
                                   const uint8_t *own_id)
{
    const struct table *table = claims->table;
    enum hc_code code = HC_OK;
    for (size_t i = 0, at = 0; code == HC_OK && i < count; i++) {
        bool known;
        if (at < table->count && table->entries[at].branch_count == 1 && table->entries[at].branches[0] == rows[i]) {
            at++; /* the very row: nothing to compare */
            continue;
        }
        size_t place = table_place(table, rows[i]->fields.id, at, &known);
        const struct entry *entry = known ? &table->entries[place] : NULL;
        at = place + known; /* rows come in the order of entries */
        if (entry && (CANARY_FIRST_KEPT || entry_supersedes(entry, rows[i]) || entry_leaves_out(entry, rows[i]))) {
            continue;
        }
        if (waiting_has(&table->waiting, rows[i])) {
            continue;
        }
        claims->unknown++;
        if (id_equal(rows[i]->fields.id, own_id)) {
            code = claims_set_aside(claims, merge, rows[i]);
        } else {
            code = claims_add(claims, &(struct claim){rows[i], place, .known = known, .waiting = NOT_WAITING});
        }
    }
    return code;
}

/* Adds those of `count` waiting rows that are no claims yet, and marks them. */
static enum hc_code claims_add_waiting(struct claims *claims, size_t first, size_t count)
{
    struct table *table = claims->table;
    enum hc_code code = HC_OK;
    ASSERT(first + count <= table->waiting.count);
    for (size_t i = first; code == HC_OK && i < first + count; i++) {
        struct waiting_row *it = &table->waiting.rows[i];
        if (!it->marked) {
            bool known;
            size_t place = table_place(table, it->row->fields.id, SIZE_MAX, &known);
            it->marked = true;
            code = claims_add(claims, &(struct claim){it->row, place, .known = known, .waiting = i});
        }
    }
    return code;
}

/* L3: adds the waiting rows of each owner that a claim pays more than the table has it paid. */
static enum hc_code claims_join_paid(struct claims *claims, const struct claim *claim)
{
    const struct table *table = claims->table;
    const struct hc_row_fields *fields = &claim->row->fields;
    enum hc_code code = HC_OK;
    for (size_t p = 0; code == HC_OK && p < fields->sent_count; p++) {
        const struct hc_sent *sent = &fields->sent[p];
        size_t count, first = waiting_find(&table->waiting, sent->payee, &count);
        if (count > 0 && (!claim->known || sent->amount > entry_sent_to(&table->entries[claim->place], sent->payee))) {
            code = claims_add_waiting(claims, first, count);
        }
    }
    return code;
}

/* L3: what waits is tried again together with what pays for it, and with what that pays for in turn. */
static enum hc_code claims_join(struct claims *claims)
{
    const struct waiting *waiting = &claims->table->waiting;
    enum hc_code code = HC_OK;
    for (size_t i = 0; code == HC_OK && waiting->ripe && i < waiting->count; i++) {
        code = waiting->rows[i].ripe ? claims_add_waiting(claims, i, 1) : HC_OK;
    }
    for (size_t i = 0; code == HC_OK && waiting->count > 0 && i < claims->count; i++) {
        const struct claim claim = claims->list[i]; /* the list may move */
        code = claims_join_paid(claims, &claim);
    }
    return code;
}

static int claim_order(const void *left, const void *right)
{
    return row_order(((const struct claim *)left)->row, ((const struct claim *)right)->row);
}

/* M1: makes a group of the claims from `from` to `end`, which are one owner's, and moves those that stay to the end of what
 * was kept before. An owner for which there is no room is left out, and so are rows beyond those that an honest peer
 * would have sent together: the oldest. */
static void claims_group_owner(struct claims *claims, struct merge *merge, size_t from, size_t end, size_t *kept)
{
    const struct claim first = claims->list[from];
    struct group group = {.first = *kept, .entry = first.place, .known = first.known};
    size_t come = 0;
    ASSERT(from < end && *kept <= from);
    if (!first.known && claims->table->count + claims->fresh >= HC_ROWS_MAX) {
        merge->refused[HC_TABLE_FULL] += end - from;
        return;
    }
    for (size_t i = from; i < end; i++) {
        come += claims->list[i].waiting == NOT_WAITING;
    }
    size_t too_many = come > OWNER_ROWS_MAX ? come - OWNER_ROWS_MAX : 0;
    merge->refused[HC_BAD_ROW] += too_many;
    for (size_t i = from; i < end; i++) {
        if (too_many > 0 && claims->list[i].waiting == NOT_WAITING) {
            too_many--;
        } else {
            claims->list[(*kept)++] = claims->list[i];
        }
    }
    group.count = *kept - group.first;
    ASSERT(group.count > 0);
    claims->groups[claims->group_count++] = group;
    claims->fresh += !first.known;
}

static enum hc_code claims_group(struct claims *claims, struct merge *merge)
{
    claims->groups = memory_new(claims->count, sizeof *claims->groups);
    if (!claims->groups) {
        return HC_NO_MEMORY;
    }
    qsort(claims->list, claims->count, sizeof *claims->list, claim_order);
    size_t kept = 0;
    for (size_t from = 0, end; from < claims->count; from = end) {
        const uint8_t *id = claims->list[from].row->fields.id;
        for (end = from + 1; end < claims->count && id_equal(claims->list[end].row->fields.id, id);) {
            end++;
        }
        claims_group_owner(claims, merge, from, end, &kept);
    }
    claims->count = kept;
    return HC_OK;
}

static enum hc_code claims_verify(struct claims *claims, struct merge *merge)
{
    const size_t most = claims->table->checks_most;
    enum hc_code code = HC_OK;
    for (size_t i = 0; code == HC_OK && i < claims->count; i++) {
        code = claims_check(claims, merge, claims->list[i].row);
    }
    /* Many rows are taken in by a call of their own: verifying takes its time, and so does taking in. */
    bool large = most > 0 && claims->count > most;
    return code == HC_OK && large && claims->checks > 0 ? HC_BUSY : code;
}

enum hc_code claims_make(struct claims *claims, struct merge *merge, struct hc_row *const *rows, size_t count,
                         const uint8_t own_id[static HC_ID_BYTES])
{
    ASSERT(claims->table && claims->count == 0 && merge->own_count == 0);
    enum hc_code code = claims_collect(claims, merge, rows, count, own_id);
    code = code == HC_OK ? claims_join(claims) : code;
    if (code == HC_OK && claims->count > 0) {
        code = claims_group(claims, merge);
        code = code == HC_OK ? claims_verify(claims, merge) : code;
    }
    ASSERT(claims->fresh <= claims->group_count && claims->group_count <= claims->count);
    return code;
}

void claims_free(struct claims *claims)
{
    ASSERT(claims->table && claims->count <= claims->capacity);
    for (size_t i = 0; i < claims->table->waiting.count; i++) {
        claims->table->waiting.rows[i].marked = false;
    }
    memory_free(claims->list);
    memory_free(claims->groups);
    *claims = (struct claims){0};
}

const uint8_t *group_id(const struct claims *claims, const struct group *group)
{
    ASSERT(group->first < claims->count);
    return claims->list[group->first].row->fields.id;
}

static const uint8_t *group_id_at(const void *claims, size_t index)
{
    const struct claims *of = claims;
    return group_id(of, &of->groups[index]);
}

struct group *claims_find_group(const struct claims *claims, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t g = id_place(claims, claims->group_count, group_id_at, id, &found);
    return found ? &claims->groups[g] : NULL;
}
