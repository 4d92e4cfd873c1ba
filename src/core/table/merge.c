/* How a message is merged. The good path, in the order of the functions below:
 *
 *   claims_make      what there is to take in: see claims.h
 *   merge_reserve    everything that can fail is done before anything is changed
 *   merge_enter      an entry for every owner, all claims in force
 *   merge_settle     claims whose owner cannot pay go out, until no owner is poor (L3)
 *   merge_commit     references, changes, what waits from now on, empty entries
 */
#include "core/table/merge.h"

#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/table/claims.h"

struct merging {
    struct table *table;
    struct claims *claims;
    struct group **queue; /* for merge_settle; room for each group once */
    size_t queue_count;
    struct hc_row **late; /* claims that have to wait from now on */
    size_t late_count, late_most;
};

static struct entry *group_entry(const struct merging *merging, const struct group *group)
{
    ASSERT(group->entry < merging->table->count);
    return &merging->table->entries[group->entry];
}

static enum hc_code merge_reserve(struct merging *merging, struct merge *merge)
{
    const struct claims *claims = merging->claims;
    struct table *table = merging->table;
    size_t payees = 0, late = 0;
    ASSERT(claims->group_count > 0);
    for (size_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        payees += claim->row->fields.sent_count;
        late += claim->waiting == NOT_WAITING && claim->row->fields.coins < claim->row->sent_total;
    }
    merge->changes = memory_new(claims->group_count, sizeof *merge->changes);
    merging->queue = memory_new(claims->group_count, sizeof *merging->queue);
    merging->late = memory_new(late + 1, sizeof *merging->late);
    merging->late_most = late;
    enum hc_code code = merge->changes && merging->queue && merging->late ? HC_OK : HC_NO_MEMORY;
    code = code == HC_OK ? table_reserve(table, claims->fresh) : code;
    code = code == HC_OK && late > 0 ? waiting_reserve(&table->waiting, late) : code;
    return code == HC_OK ? ledger_reserve(&table->ledger, payees) : code;
}

/* The entry as it is with the claims that are not out, and the ledger with it. */
static void group_apply(const struct merging *merging, const struct group *group)
{
    struct entry *entry = group_entry(merging, group);
    struct entry old = *entry;
    *entry = group->before;
    for (size_t i = group->first; i < group->first + group->count; i++) {
        if (!merging->claims->list[i].out) {
            entry_install(entry, merging->claims->list[i].row);
        }
    }
    /* A claim that goes out was added here before, so nothing falls below zero on the way. */
    ledger_add(&merging->table->ledger, old.branches, old.branch_count, -1);
    ledger_add(&merging->table->ledger, entry->branches, entry->branch_count, 1);
}

/* Makes an empty entry for every owner that has none, in one pass from the end. */
static void merge_widen(struct merging *merging)
{
    struct table *table = merging->table;
    size_t fresh = merging->claims->fresh, end = table->count;
    table->count += fresh;
    ASSERT(table->count <= table->capacity && (fresh == 0 || table->count <= HC_ROWS_MAX));
    for (size_t g = merging->claims->group_count; g-- > 0;) {
        struct group *group = &merging->claims->groups[g];
        if (!group->known) {
            struct entry *from = &table->entries[group->entry];
            memmove(from + fresh, from, (end - group->entry) * sizeof *from);
            end = group->entry;
            fresh--;
            from[fresh] = (struct entry){0};
        }
        group->entry += fresh; /* as many new ones stand before it */
    }
    ASSERT(fresh == 0);
}

static void merge_enter(struct merging *merging)
{
    merge_widen(merging);
    for (size_t g = 0; g < merging->claims->group_count; g++) {
        struct group *group = &merging->claims->groups[g];
        group->before = *group_entry(merging, group);
        ASSERT(group->known == (group->before.branch_count > 0));
        group_apply(merging, group);
    }
}

/* ---- L3: the greatest set that can pay ---- */

static void queue_add(struct merging *merging, struct group *group)
{
    if (group && !group->queued) {
        ASSERT(merging->queue_count < merging->claims->group_count);
        group->queued = true;
        merging->queue[merging->queue_count++] = group;
    }
}

/* Takes a group's claims out that its owner cannot pay; the owners that these had paid need another look. */
static void group_settle(struct merging *merging, const struct group *group)
{
    bool any = false;
    for (size_t i = group->first; i < group->first + group->count; i++) {
        struct claim *claim = &merging->claims->list[i];
        if (claim->out || !table_is_poor(merging->table, claim->row)) {
            continue;
        }
        claim->out = any = true;
        for (size_t p = 0; p < claim->row->fields.sent_count; p++) {
            queue_add(merging, claims_find_group(merging->claims, claim->row->fields.sent[p].payee));
        }
    }
    if (any) {
        group_apply(merging, group);
    }
}

/* Finds the greatest set of claims with which no owner is poor. A claim that goes out takes credits away, which can only make
 * more owners poor; so the order does not matter, and only its payees need another look. What stood before the message
 * stays, whatever happens to those that paid its owner. */
static void merge_settle(struct merging *merging)
{
    for (size_t g = 0; g < merging->claims->group_count; g++) {
        queue_add(merging, &merging->claims->groups[g]);
    }
    while (merging->queue_count > 0) {
        struct group *group = merging->queue[--merging->queue_count];
        group->queued = false;
        group_settle(merging, group);
    }
}

/* ---- Commit ---- */

static bool branch_in(const struct hc_row *row, const struct entry *entry)
{
    for (size_t i = 0; i < entry->branch_count; i++) {
        if (entry->branches[i] == row) {
            return true;
        }
    }
    return false;
}

static void group_commit(const struct merging *merging, const struct group *group, struct merge *merge)
{
    const struct entry *before = &group->before, *entry = group_entry(merging, group);
    bool changed = false;
    for (size_t b = 0; b < entry->branch_count; b++) {
        if (!branch_in(entry->branches[b], before)) {
            table_hold(merging->table, entry->branches[b]);
            changed = true;
        }
    }
    if (!changed) {
        return; /* what leaves the entry leaves it for something new */
    }
    ASSERT(merge->change_count < merging->claims->group_count);
    struct change *change = &merge->changes[merge->change_count++];
    change->before = before->branch_count > 0 ? hc_row_ref(entry_row(before)) : NULL;
    change->after = hc_row_ref(entry_row(entry));
    ASSERT(change == merge->changes || id_compare(change[-1].after->fields.id, change->after->fields.id) < 0);
    change->place = group->entry;
    change->forked = entry_is_forked(entry) && !entry_is_forked(before);
    for (size_t b = 0; b < before->branch_count; b++) {
        if (!branch_in(before->branches[b], entry)) {
            table_release(merging->table, before->branches[b]);
        }
    }
}

/* What a group has to do with the waiting rows: which of them go on waiting, which of the claims begin to. */
static void group_wait(struct merging *merging, const struct group *group, struct merge *merge)
{
    struct table *table = merging->table;
    const struct entry *entry = group_entry(merging, group);
    const struct claim *last = NULL;
    for (size_t i = group->first; i < group->first + group->count; i++) {
        const struct claim *claim = &merging->claims->list[i];
        bool again = last && memcmp(last->row->hash, claim->row->hash, HC_HASH_BYTES) == 0; /* it came twice */
        last = claim;
        if (!claim->out || again || entry_supersedes(entry, claim->row)) {
            continue;
        }
        if (claim->waiting != NOT_WAITING) {
            waiting_keep(&table->waiting, claim->waiting, !table_is_poor(table, claim->row));
        } else {
            ASSERT(merging->late_count < merging->late_most);
            merging->late[merging->late_count++] = claim->row;
            merge->refused[HC_WAITING]++;
        }
    }
    if (table->waiting.count > 0 && entry->branch_count > 0) {
        (void)waiting_mark(&table->waiting, entry_id(entry), entry);
    }
}

/* Those waiting rows are marked that do not wait any more: they were claims, and are in the table, or something newer is.
 * If a fork has more rows than are kept (M6), one that went out itself may have pushed another aside that pays for other
 * claims: these are ripe at once. */
static void merge_wait(struct merging *merging, struct merge *merge)
{
    struct waiting *waiting = &merging->table->waiting;
    waiting_tried(waiting);
    for (size_t g = 0; g < merging->claims->group_count; g++) {
        group_wait(merging, &merging->claims->groups[g], merge);
    }
    waiting_update(waiting, merging->late, merging->late_count);
    for (size_t i = 0; i < merging->late_count; i++) {
        if (!table_is_poor(merging->table, merging->late[i])) {
            waiting_ripen(waiting, merging->late[i]->fields.id);
        }
    }
}

/* Takes out the entries of new owners whose claims all went out. */
static void merge_narrow(struct table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].branch_count > 0) {
            table->entries[kept++] = table->entries[i];
        }
    }
    table->count = kept;
}

static void merge_commit(struct merging *merging, struct merge *merge)
{
    for (size_t g = 0; g < merging->claims->group_count; g++) {
        group_commit(merging, &merging->claims->groups[g], merge);
    }
    merge_wait(merging, merge);
    if (merging->claims->fresh > 0) {
        merge_narrow(merging->table);
    }
    merging->table->revision += merge->change_count > 0;
}

/* Takes the claims in; nothing happens if memory runs out. */
static enum hc_code merge_claims(struct table *table, struct claims *claims, struct merge *merge)
{
    struct merging merging = {.table = table, .claims = claims};
    const uint64_t revision = table->revision;
    enum hc_code code = merge_reserve(&merging, merge);
    if (code == HC_OK) {
        merge_enter(&merging);
        merge_settle(&merging);
        merge_commit(&merging, merge);
        ASSERT(merging.queue_count == 0 && merge->change_count <= claims->group_count);
        ASSERT((table->revision > revision) == (merge->change_count > 0));
    }
    memory_free(merging.queue);
    memory_free(merging.late);
    return code;
}

enum hc_code table_merge(struct table *table, struct merge *merge, struct hc_row *const *rows, size_t count,
                         const uint8_t own_id[static HC_ID_BYTES])
{
    struct claims claims = {.table = table};
    *merge = (struct merge){0};
    table->compared += count;
    enum hc_code code = claims_make(&claims, merge, rows, count, own_id);
    if (code == HC_OK && claims.group_count > 0) {
        code = merge_claims(table, &claims, merge);
    }
    table->verified += code != HC_BUSY ? claims.unknown : 0; /* a call that is to be repeated does not count */
    claims_free(&claims);
    ASSERT(table->count <= table->capacity);
    ASSERT(code == HC_OK || merge->change_count == 0);
    return code;
}

void merge_free(struct merge *merge)
{
    for (size_t i = 0; i < merge->change_count; i++) {
        hc_row_unref(merge->changes[i].before);
        hc_row_unref(merge->changes[i].after);
    }
    for (size_t i = 0; i < merge->own_count; i++) {
        hc_row_unref(merge->own[i]);
    }
    memory_free(merge->changes);
    *merge = (struct merge){0};
}
