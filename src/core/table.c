/* How a message is merged. The good path, in the order of the functions below:
 *
 *   claims_collect   leaves out what is known (M2) or waits, sets aside rows about ourselves (M5)
 *   claims_join      adds waiting rows of those whom the claims pay
 *   groups_make      sorts all by owner
 *   claims_verify    signature and draw of each; one forged row ends it all (M4). What was checked stays checked, so that
 *                    a merge that stopped at table.checks_most goes on there when it is tried again
 *   merge_reserve    everything that can fail is done before anything is changed
 *   merge_enter      an entry for every owner, all claims in force
 *   merge_settle     claims whose owner cannot pay go out, until nobody is poor (L3)
 *   merge_commit     references, changes, what waits from now on, empty entries
 */
#include "core/table.h"

#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "core/canary.h"
#include "core/id.h"
#include "core/memory.h"

/* Rows of one owner that one message may bring. An honest peer keeps BRANCHES_MAX of them, and one stands twice. */
#define OWNER_ROWS_MAX (2 * BRANCHES_MAX)

/* A row that somebody would have us take in. */
struct claim {
    struct hc_row *row; /* borrowed from the caller */
    size_t place;       /* index of its owner's entry before the merge, or where it would be */
    bool known;         /* there is one */
    bool out;           /* its owner cannot pay */
    size_t waiting;     /* index of it among the waiting rows, or NOT_WAITING */
};
#define NOT_WAITING SIZE_MAX

/* The claims of one owner. */
struct group {
    size_t first, count; /* its claims */
    size_t entry;        /* index of the owner's entry, once there is one */
    struct entry before; /* what it was; the references are still the table's */
    bool queued;         /* to be looked at by merge_settle */
};

struct merging {
    struct table *table;
    struct claim *claims;
    size_t claim_count, claim_capacity;
    struct group *groups; /* ascending by owner */
    size_t group_count;
    size_t fresh;   /* owners who had no entry before */
    size_t checks;  /* signatures checked so far */
    size_t unknown; /* rows of the message that are neither known nor wait here */
    size_t *queue;  /* of groups; room for each of them once */
    size_t queue_count;
    struct hc_row **late; /* claims that have to wait from now on; room for all that could */
    size_t late_count;
};

/* ---- Entries ---- */

struct hc_row *entry_row(const struct entry *entry)
{
    struct hc_row *newest = entry->branches[0];
    for (size_t i = 1; i < entry->branch_count; i++) {
        if (row_compare(entry->branches[i], newest) > 0) {
            newest = entry->branches[i];
        }
    }
    return newest;
}

bool entry_is_forked(const struct entry *entry)
{
    return entry->branch_count > 1;
}

const uint8_t *entry_id(const struct entry *entry)
{
    return entry->branches[0]->fields.id;
}

static bool entry_supersedes(const struct entry *entry, const struct hc_row *row)
{
    for (size_t i = 0; i < entry->branch_count; i++) {
        if (row_supersedes(entry->branches[i], row)) {
            return true;
        }
    }
    return false;
}

/* M3 and M6: the row takes the place of all that it supersedes, and stands beside what it does not. Of more than
 * BRANCHES_MAX such, those with the smallest hashes stay. */
static void entry_install(struct entry *entry, struct hc_row *row)
{
    if (entry_supersedes(entry, row)) {
        return;
    }
    struct hc_row *kept[BRANCHES_MAX + 1];
    size_t count = 0;
    bool placed = false;
    for (size_t i = 0; i < entry->branch_count; i++) {
        struct hc_row *old = entry->branches[i];
        if (row_supersedes(row, old)) {
            continue;
        }
        if (!placed && memcmp(row->hash, old->hash, HC_HASH_BYTES) < 0) {
            kept[count++] = row;
            placed = true;
        }
        kept[count++] = old;
    }
    if (!placed) {
        kept[count++] = row;
    }
    entry->branch_count = count < BRANCHES_MAX ? count : BRANCHES_MAX;
    entry->incomplete = entry->incomplete || count > BRANCHES_MAX;
    memcpy(entry->branches, kept, entry->branch_count * sizeof *kept);
}

/* Whether the row would be left out right away, as others were before it (M6): nobody need look at its signature. */
static bool entry_leaves_out(const struct entry *entry, const struct hc_row *row)
{
    for (size_t i = 0; i < entry->branch_count; i++) {
        if (row_supersedes(row, entry->branches[i]) || memcmp(entry->branches[i]->hash, row->hash, HC_HASH_BYTES) > 0) {
            return false;
        }
    }
    return entry->incomplete && entry->branch_count == BRANCHES_MAX;
}

/* What an owner, by all of his rows together, has sent to a payee. */
static uint64_t entry_sent_to(const struct entry *entry, const uint8_t *payee)
{
    uint64_t most = 0;
    for (size_t i = 0; i < entry->branch_count; i++) {
        uint64_t sent = row_sent_to(entry->branches[i], payee);
        most = sent > most ? sent : most;
    }
    return most;
}

hc_coin_sum entry_sent(const struct entry *entry)
{
    hc_coin_sum sum = 0;
    for (size_t b = 0; b < entry->branch_count; b++) {
        const struct hc_row_fields *fields = &entry->branches[b]->fields;
        for (size_t i = 0; i < fields->sent_count; i++) {
            uint64_t counted = 0;
            for (size_t earlier = 0; earlier < b; earlier++) {
                uint64_t sent = row_sent_to(entry->branches[earlier], fields->sent[i].payee);
                counted = sent > counted ? sent : counted;
            }
            sum += fields->sent[i].amount > counted ? fields->sent[i].amount - counted : 0;
        }
    }
    return sum;
}

/* ---- The table ---- */

/* A row comes into the table, with a reference of its own, or leaves it. */
static void row_enter(struct table *table, struct hc_row *row)
{
    rows_sum_add(&table->sum, hc_row_ref(row));
    table->text_bytes += row->text_bytes;
    table->values += row->values;
}

static void row_leave(struct table *table, struct hc_row *row)
{
    rows_sum_take(&table->sum, row);
    table->text_bytes -= row->text_bytes;
    table->values -= row->values;
    hc_row_unref(row);
}

void table_init(struct table *table, const struct hc_network *network, const uint8_t key[static 16])
{
    *table = (struct table){.network = network};
    ledger_init(&table->ledger, key);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (size_t b = 0; b < table->entries[i].branch_count; b++) {
            hc_row_unref(table->entries[i].branches[b]);
        }
    }
    memory_free(table->entries);
    ledger_free(&table->ledger);
    waiting_free(&table->waiting);
    *table = (struct table){0};
}

static const uint8_t *entry_id_at(const void *entries, size_t index)
{
    return entry_id((const struct entry *)entries + index);
}

size_t table_place(const struct table *table, const uint8_t id[static HC_ID_BYTES], size_t hint, bool *found)
{
    *found = hint < table->count && id_equal(entry_id(&table->entries[hint]), id);
    return *found ? hint : id_place(table->entries, table->count, entry_id_at, id, found);
}

const struct entry *table_find(const struct table *table, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = table_place(table, id, SIZE_MAX, &found);
    return found ? &table->entries[at] : NULL;
}

static enum hc_code table_reserve(struct table *table, size_t more)
{
    return ARRAY_RESERVE(table->entries, table->capacity, table->count + more) ? HC_OK : HC_NO_MEMORY;
}

/* Marks those waiting rows of an owner that are of no use any more: all, or those that his entry supersedes. */
static bool waiting_mark(struct table *table, const uint8_t *id, const struct entry *entry)
{
    bool any = false;
    size_t count, first = waiting_find(&table->waiting, id, &count);
    for (size_t i = first; i < first + count; i++) {
        struct waiting_row *it = &table->waiting.rows[i];
        it->marked = it->marked || !entry || entry_supersedes(entry, it->row);
        any = any || it->marked;
    }
    return any;
}

static void waiting_forget(struct table *table, const uint8_t *id)
{
    if (waiting_mark(table, id, NULL)) {
        waiting_update(&table->waiting, NULL, 0);
    }
}

enum hc_code table_put_own(struct table *table, struct hc_row *row)
{
    bool found;
    size_t at = table_place(table, row->fields.id, SIZE_MAX, &found);
    if (table_reserve(table, 1) != HC_OK || ledger_reserve(&table->ledger, row->fields.sent_count) != HC_OK) {
        return HC_NO_MEMORY;
    }
    struct entry *entry = &table->entries[at];
    if (!found) {
        memmove(entry + 1, entry, (table->count - at) * sizeof *entry);
        table->count++;
        *entry = (struct entry){0};
    }
    struct entry before = *entry;
    *entry = (struct entry){.branches = {row}, .branch_count = 1};
    id_copy(table->own, row->fields.id);
    row_enter(table, row);
    waiting_forget(table, row->fields.id);
    for (size_t i = 0; table->waiting.count > 0 && i < row->fields.sent_count; i++) {
        const struct hc_sent *sent = &row->fields.sent[i];
        if (sent->amount > entry_sent_to(&before, sent->payee)) {
            waiting_ripen(&table->waiting, sent->payee);
        }
    }
    ledger_add(&table->ledger, &row, 1, 1);
    ledger_add(&table->ledger, before.branches, before.branch_count, -1);
    for (size_t b = 0; b < before.branch_count; b++) {
        row_leave(table, before.branches[b]);
    }
    table->revision++;
    return HC_OK;
}

void table_remove(struct table *table, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = table_place(table, id, SIZE_MAX, &found);
    waiting_forget(table, id);
    if (!found) {
        return;
    }
    struct entry entry = table->entries[at];
    table->count--;
    memmove(&table->entries[at], &table->entries[at + 1], (table->count - at) * sizeof entry);
    ledger_add(&table->ledger, entry.branches, entry.branch_count, -1);
    for (size_t b = 0; b < entry.branch_count; b++) {
        row_leave(table, entry.branches[b]);
    }
    table->revision++;
}

hc_coin_sum table_balance(const struct table *table, const uint8_t id[static HC_ID_BYTES])
{
    const struct entry *entry = table_find(table, id);
    hc_coin_sum credit = ledger_credit(&table->ledger, id);
    return entry ? (hc_coin_sum)entry_row(entry)->fields.coins + credit - entry_sent(entry) : credit;
}

bool table_is_touched(const struct table *table, const uint8_t id[static HC_ID_BYTES])
{
    const struct entry *entry = table_find(table, id);
    return ledger_credit(&table->ledger, id) != 0 || (entry && entry_sent(entry) != 0);
}

/* ---- Merging ---- */

static int claim_order(const void *left, const void *right)
{
    return row_order(((const struct claim *)left)->row, ((const struct claim *)right)->row);
}

static enum hc_code claims_add(struct merging *merging, struct hc_row *row, size_t place, bool known, size_t waiting)
{
    if (!ARRAY_RESERVE(merging->claims, merging->claim_capacity, merging->claim_count + 1)) {
        return HC_NO_MEMORY;
    }
    merging->claims[merging->claim_count++] =
        (struct claim){.row = row, .place = place, .known = known, .waiting = waiting};
    return HC_OK;
}

static enum hc_code own_add(struct merge *merge, struct hc_row *row)
{
    struct hc_row **own = memory_resize(merge->own, merge->own_count + 1, sizeof *own);
    if (!own) {
        return HC_NO_MEMORY;
    }
    merge->own = own;
    merge->own[merge->own_count++] = hc_row_ref(row);
    return HC_OK;
}

/* M4: one forged row ends the whole message. */
static enum hc_code row_check(struct merging *merging, struct merge *merge, struct hc_row *row)
{
    const struct table *table = merging->table;
    if (!row->verified && table->checks_most > 0 && merging->checks++ >= table->checks_most) {
        return HC_BUSY;
    }
    enum hc_code code = row_verify(row, table->network);
    merge->refused[code] += code != HC_OK;
    return code;
}

static enum hc_code claims_collect(struct merging *merging, struct merge *merge, struct hc_row *const *rows,
                                   size_t count, const uint8_t *own_id)
{
    const struct table *table = merging->table;
    enum hc_code code = HC_OK;
    for (size_t i = 0, at = 0; code == HC_OK && i < count; i++) {
        bool found;
        if (at < table->count && table->entries[at].branch_count == 1 && table->entries[at].branches[0] == rows[i]) {
            at++; /* the very row: nothing to compare */
            continue;
        }
        at = table_place(table, rows[i]->fields.id, at, &found);
        size_t place = at;
        const struct entry *entry = found ? &table->entries[at++] : NULL;
        if ((entry && (entry_supersedes(entry, rows[i]) || entry_leaves_out(entry, rows[i]))) ||
            waiting_has(&table->waiting, rows[i])) {
            continue;
        }
        if (CANARY_FIRST_KEPT && found) {
            continue;
        }
        merging->unknown++;
        if (!id_equal(rows[i]->fields.id, own_id)) {
            code = claims_add(merging, rows[i], place, found, NOT_WAITING);
        } else if (merge->own_count < OWNER_ROWS_MAX) {
            code = row_check(merging, merge, rows[i]);
            code = code == HC_OK ? own_add(merge, rows[i]) : code;
        }
    }
    return code;
}

static enum hc_code claims_add_waiting(struct merging *merging, size_t first, size_t count)
{
    enum hc_code code = HC_OK;
    for (size_t i = first; code == HC_OK && i < first + count; i++) {
        struct waiting_row *it = &merging->table->waiting.rows[i];
        if (!it->marked) {
            bool found;
            size_t place = table_place(merging->table, it->row->fields.id, SIZE_MAX, &found);
            it->marked = true;
            code = claims_add(merging, it->row, place, found, i);
        }
    }
    return code;
}

/* L3: what waits is tried again together with what pays for it, and with what that pays for in turn. Marks what it adds. */
static enum hc_code claims_join(struct merging *merging)
{
    const struct table *table = merging->table;
    const struct waiting *waiting = &table->waiting;
    enum hc_code code = HC_OK;
    for (size_t i = 0; code == HC_OK && waiting->ripe && i < waiting->count; i++) {
        code = waiting->rows[i].ripe ? claims_add_waiting(merging, i, 1) : HC_OK;
    }
    for (size_t i = 0; code == HC_OK && waiting->count > 0 && i < merging->claim_count; i++) {
        const struct claim claim = merging->claims[i];
        const struct hc_row_fields *fields = &claim.row->fields;
        for (size_t p = 0; code == HC_OK && p < fields->sent_count; p++) {
            size_t count, first = waiting_find(waiting, fields->sent[p].payee, &count);
            uint64_t before =
                count > 0 && claim.known ? entry_sent_to(&table->entries[claim.place], fields->sent[p].payee) : 0;
            if (count > 0 && fields->sent[p].amount > before) {
                code = claims_add_waiting(merging, first, count);
            }
        }
    }
    return code;
}

/* Sorts the claims, and parts them by owner. Owners for whom there is no room, and rows that no honest peer would have sent beside
 * the others, are left out and counted. */
static enum hc_code groups_make(struct merging *merging, struct merge *merge)
{
    size_t kept = 0, fresh = 0, end;
    merging->groups = memory_new(merging->claim_count, sizeof *merging->groups);
    merging->queue = memory_new(merging->claim_count, sizeof *merging->queue);
    if (!merging->groups || !merging->queue) {
        return HC_NO_MEMORY;
    }
    qsort(merging->claims, merging->claim_count, sizeof *merging->claims, claim_order);
    for (size_t i = 0; i < merging->claim_count; i = end) {
        const uint8_t *id = merging->claims[i].row->fields.id;
        size_t first = kept, come = 0;
        for (end = i; end < merging->claim_count && id_equal(merging->claims[end].row->fields.id, id);) {
            come += merging->claims[end++].waiting == NOT_WAITING;
        }
        bool known = merging->claims[i].known;
        if (!known && merging->table->count + fresh >= HC_ROWS_MAX) {
            merge->refused[HC_TABLE_FULL] += end - i;
            continue;
        }
        /* The newest are last. */
        size_t too_many = come > OWNER_ROWS_MAX ? come - OWNER_ROWS_MAX : 0;
        merge->refused[HC_BAD_ROW] += too_many;
        for (size_t c = i; c < end; c++) {
            if (too_many > 0 && merging->claims[c].waiting == NOT_WAITING) {
                too_many--;
            } else {
                merging->claims[kept++] = merging->claims[c];
            }
        }
        merging->groups[merging->group_count++] = (struct group){.first = first, .count = kept - first};
        fresh += !known;
    }
    merging->claim_count = kept;
    return table_reserve(merging->table, fresh);
}

static enum hc_code claims_verify(struct merging *merging, struct merge *merge)
{
    const size_t most = merging->table->checks_most;
    enum hc_code code = HC_OK;
    for (size_t i = 0; code == HC_OK && i < merging->claim_count; i++) {
        code = row_check(merging, merge, merging->claims[i].row);
    }
    /* Many rows are taken in by a call of their own: either takes its time. */
    bool large = most > 0 && merging->claim_count > most;
    return code == HC_OK && large && merging->checks > 0 ? HC_BUSY : code;
}

static enum hc_code merge_reserve(struct merging *merging, struct merge *merge)
{
    size_t payees = 0, late = 0;
    for (size_t i = 0; i < merging->claim_count; i++) {
        const struct claim *claim = &merging->claims[i];
        payees += claim->row->fields.sent_count;
        late += claim->waiting == NOT_WAITING && claim->row->fields.coins < claim->row->sent_total;
    }
    merge->changes = memory_new(merging->group_count, sizeof *merge->changes);
    merging->late = memory_new(late + 1, sizeof *merging->late);
    enum hc_code code = merge->changes && merging->late ? HC_OK : HC_NO_MEMORY;
    code = code == HC_OK && late > 0 ? waiting_reserve(&merging->table->waiting, late) : code;
    return code == HC_OK ? ledger_reserve(&merging->table->ledger, payees) : code;
}

/* The entry as it is with the claims that are not out, and the ledger with it. */
static void group_apply(const struct merging *merging, const struct group *group)
{
    struct entry *entry = &merging->table->entries[group->entry];
    struct entry old = *entry;
    *entry = group->before;
    for (size_t i = group->first; i < group->first + group->count; i++) {
        if (!merging->claims[i].out) {
            entry_install(entry, merging->claims[i].row);
        }
    }
    /* Those from a first look that go out again were added below, so nothing falls under 0 on the way. */
    ledger_add(&merging->table->ledger, old.branches, old.branch_count, -1);
    ledger_add(&merging->table->ledger, entry->branches, entry->branch_count, 1);
}

/* Makes an empty entry for every owner who has none, in one pass from the end, and puts all claims in force. */
static void merge_enter(struct merging *merging)
{
    struct table *table = merging->table;
    size_t fresh = 0;
    for (size_t g = 0; g < merging->group_count; g++) {
        const struct claim *claim = &merging->claims[merging->groups[g].first];
        merging->groups[g].entry = claim->place;
        fresh += !claim->known;
    }
    size_t from = table->count;
    table->count += fresh;
    merging->fresh = fresh;
    for (size_t g = merging->group_count; fresh > 0 && g-- > 0;) {
        struct group *group = &merging->groups[g];
        bool known = merging->claims[group->first].known;
        size_t tail = group->entry + known;
        memmove(&table->entries[tail + fresh], &table->entries[tail], (from - tail) * sizeof *table->entries);
        from = tail;
        if (!known) {
            fresh--;
            table->entries[tail + fresh] = (struct entry){0};
            group->entry = tail + fresh;
        } else {
            from = group->entry;
            table->entries[group->entry + fresh] = table->entries[group->entry];
            group->entry += fresh;
        }
    }
    for (size_t g = 0; g < merging->group_count; g++) {
        struct group *group = &merging->groups[g];
        group->before = table->entries[group->entry];
        group_apply(merging, group);
    }
}

static void merge_queue(struct merging *merging, size_t g)
{
    if (!merging->groups[g].queued) {
        merging->groups[g].queued = true;
        merging->queue[merging->queue_count++] = g;
    }
}

static const uint8_t *group_id_at(const void *merging, size_t index)
{
    const struct merging *it = merging;
    return it->claims[it->groups[index].first].row->fields.id;
}

static void merge_queue_owner(struct merging *merging, const uint8_t *id)
{
    bool found;
    size_t g = id_place(merging, merging->group_count, group_id_at, id, &found);
    if (found) {
        merge_queue(merging, g);
    }
}

/* Whether its owner cannot pay what the row says. */
static bool row_is_poor(const struct table *table, const struct hc_row *row)
{
    return row->fields.coins < row->sent_total &&
           (hc_coin_sum)row->fields.coins + ledger_credit(&table->ledger, row->fields.id) < row->sent_total;
}

/* L3: the greatest set of claims with which nobody is poor. A claim that goes out takes credits away, which can only make
 * more owners poor; so the order does not matter, and only its payees need another look. What stood before the message
 * stays, whatever happens to those who paid its owner. */
static void merge_settle(struct merging *merging)
{
    for (size_t g = 0; g < merging->group_count; g++) {
        merge_queue(merging, g);
    }
    while (merging->queue_count > 0) {
        struct group *group = &merging->groups[merging->queue[--merging->queue_count]];
        bool any = false;
        group->queued = false;
        for (size_t i = group->first; i < group->first + group->count; i++) {
            struct claim *claim = &merging->claims[i];
            if (claim->out || !row_is_poor(merging->table, claim->row)) {
                continue;
            }
            claim->out = any = true;
            for (size_t p = 0; p < claim->row->fields.sent_count; p++) {
                merge_queue_owner(merging, claim->row->fields.sent[p].payee);
            }
        }
        if (any) {
            group_apply(merging, group);
        }
    }
}

static bool branch_in(const struct hc_row *row, struct hc_row *const *branches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (branches[i] == row) {
            return true;
        }
    }
    return false;
}

static void group_commit(const struct merging *merging, const struct group *group, struct merge *merge)
{
    struct entry *entry = &merging->table->entries[group->entry];
    const struct entry before = group->before;
    bool changed = false;
    for (size_t b = 0; b < entry->branch_count; b++) {
        if (!branch_in(entry->branches[b], before.branches, before.branch_count)) {
            row_enter(merging->table, entry->branches[b]);
            changed = true;
        }
    }
    if (!changed) {
        return; /* what leaves the entry leaves it for something new */
    }
    struct change *change = &merge->changes[merge->change_count++];
    change->before = before.branch_count > 0 ? hc_row_ref(entry_row(&before)) : NULL;
    change->after = hc_row_ref(entry_row(entry));
    change->place = group->entry;
    change->forked = entry_is_forked(entry) && !entry_is_forked(&before);
    for (size_t b = 0; b < before.branch_count; b++) {
        if (!branch_in(before.branches[b], entry->branches, entry->branch_count)) {
            row_leave(merging->table, before.branches[b]);
        }
    }
}

/* What a group has to do with the waiting rows: which of them go on waiting, which of the claims begin to. */
static void group_wait(struct merging *merging, const struct group *group, struct merge *merge)
{
    struct table *table = merging->table;
    const struct entry *entry = &table->entries[group->entry];
    const struct claim *last = NULL;
    for (size_t i = group->first; i < group->first + group->count; i++) {
        const struct claim *claim = &merging->claims[i];
        bool again = last && memcmp(last->row->hash, claim->row->hash, HC_HASH_BYTES) == 0; /* it came twice */
        last = claim;
        if (!claim->out || again || entry_supersedes(entry, claim->row)) {
            continue;
        }
        if (claim->waiting != NOT_WAITING) {
            struct waiting_row *it = &table->waiting.rows[claim->waiting];
            it->marked = false;
            it->ripe = !row_is_poor(table, it->row);
            table->waiting.ripe = table->waiting.ripe || it->ripe;
        } else {
            merging->late[merging->late_count++] = claim->row;
            merge->refused[HC_WAITING]++;
        }
    }
    if (table->waiting.count > 0 && entry->branch_count > 0) {
        (void)waiting_mark(table, entry_id(entry), entry);
    }
}

/* Those waiting rows are marked that do not wait any more: they were claims, and are in the table, or something newer is.
 * Of a fork with more rows than are kept (M6) one that went out itself may have pushed another aside, on which the owners of
 * other claims live: these are ripe at once. */
static void merge_wait(struct merging *merging, struct merge *merge)
{
    struct table *table = merging->table;
    for (size_t i = 0; i < table->waiting.count; i++) {
        table->waiting.rows[i].ripe = table->waiting.rows[i].ripe && !table->waiting.rows[i].marked;
    }
    table->waiting.ripe = false;
    for (size_t g = 0; g < merging->group_count; g++) {
        group_wait(merging, &merging->groups[g], merge);
    }
    waiting_update(&table->waiting, merging->late, merging->late_count);
    for (size_t i = 0; i < merging->late_count; i++) {
        if (!row_is_poor(table, merging->late[i])) {
            waiting_ripen(&table->waiting, merging->late[i]->fields.id);
        }
    }
}

static void merge_commit(struct merging *merging, struct merge *merge)
{
    struct table *table = merging->table;
    for (size_t g = 0; g < merging->group_count; g++) {
        group_commit(merging, &merging->groups[g], merge);
    }
    merge_wait(merging, merge);
    size_t kept = merging->fresh > 0 ? 0 : table->count;
    for (size_t i = kept; i < table->count; i++) {
        if (table->entries[i].branch_count > 0) {
            table->entries[kept++] = table->entries[i];
        }
    }
    table->count = kept;
    table->revision += merge->change_count > 0;
}

enum hc_code table_merge(struct table *table, struct merge *merge, struct hc_row *const *rows, size_t count,
                         const uint8_t own_id[static HC_ID_BYTES])
{
    struct merging merging = {.table = table};
    *merge = (struct merge){0};
    table->compared += count;
    enum hc_code code = claims_collect(&merging, merge, rows, count, own_id);
    code = code == HC_OK ? claims_join(&merging) : code;
    if (code != HC_OK || merging.claim_count == 0) {
        goto out;
    }
    code = groups_make(&merging, merge);
    if (code != HC_OK || merging.group_count == 0) {
        goto out;
    }
    code = claims_verify(&merging, merge);
    if (code != HC_OK) {
        goto out;
    }
    code = merge_reserve(&merging, merge);
    if (code != HC_OK) {
        goto out;
    }
    merge_enter(&merging);
    merge_settle(&merging);
    merge_commit(&merging, merge);
out:
    table->verified += code != HC_BUSY ? merging.unknown : 0; /* a call that is to be repeated does not count */
    for (size_t i = 0; i < table->waiting.count; i++) {
        table->waiting.rows[i].marked = false;
    }
    memory_free(merging.late);
    memory_free(merging.claims);
    memory_free(merging.groups);
    memory_free(merging.queue);
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
    memory_free(merge->own);
    *merge = (struct merge){0};
}

/* ---- Verification ---- */

/* Whatever waits has to: it is nowhere in the table, and cannot be paid. */
static bool table_verify_waiting(const struct table *table)
{
    for (size_t i = 0; i < table->waiting.count; i++) {
        const struct waiting_row *it = &table->waiting.rows[i];
        const struct entry *entry = table_find(table, it->row->fields.id);
        if ((entry && entry_supersedes(entry, it->row)) || (!it->ripe && !row_is_poor(table, it->row))) {
            return false;
        }
    }
    return waiting_verify(&table->waiting);
}

static bool entry_verify(const struct entry *entry)
{
    if (entry->branch_count < 1 || entry->branch_count > BRANCHES_MAX) {
        return false;
    }
    for (size_t a = 0; a < entry->branch_count; a++) {
        for (size_t b = 0; b < entry->branch_count; b++) {
            const struct hc_row *left = entry->branches[a], *right = entry->branches[b];
            if (!id_equal(left->fields.id, right->fields.id) || left->refs == 0) {
                return false;
            }
            if (a != b && row_supersedes(left, right)) {
                return false;
            }
            if (a < b && memcmp(left->hash, right->hash, HC_HASH_BYTES) >= 0) {
                return false;
            }
        }
    }
    return true;
}

bool table_verify(const struct table *table)
{
    hc_coin_sum coins = 0, sent = 0, paid_out = 0;
    bool incomplete = false; /* rows of somebody were left out: his payees' credits may have shrunk */
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        if (!entry_verify(entry) || (i > 0 && id_compare(entry_id(entry - 1), entry_id(entry)) >= 0)) {
            return false;
        }
        coins += entry_row(entry)->fields.coins;
        sent += entry_sent(entry);
        incomplete = incomplete || entry->incomplete;
    }
    struct rows_sum sum = {{0}};
    for (size_t i = 0; i < table->count; i++) {
        for (size_t b = 0; b < table->entries[i].branch_count; b++) {
            rows_sum_add(&sum, table->entries[i].branches[b]);
        }
    }
    if (memcmp(&sum, &table->sum, sizeof sum) != 0 || !table_verify_waiting(table)) {
        return false;
    }
    /* L4: all that was sent is somebody's credit, and each credit is the sum of what was sent to it. */
    struct ledger fresh;
    ledger_init(&fresh, table->ledger.key);
    bool ok = true;
    for (size_t i = 0; ok && i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        size_t payees = 0;
        for (size_t b = 0; b < entry->branch_count; b++) {
            payees += entry->branches[b]->fields.sent_count;
        }
        ok = ledger_reserve(&fresh, payees) == HC_OK;
        if (ok) {
            ledger_add(&fresh, entry->branches, entry->branch_count, 1);
        }
    }
    ok = ok && ledger_equal(&fresh, &table->ledger) && ledger_total(&fresh) == sent;
    for (size_t i = 0; ok && i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        hc_coin_sum balance = table_balance(table, entry_id(entry));
        bool own = id_equal(entry_id(entry), table->own);
        ok = balance >= 0 || entry_is_forked(entry) || incomplete || own;
        paid_out += balance - ledger_credit(&table->ledger, entry_id(entry));
    }
    ledger_free(&fresh);
    return ok && paid_out + sent == coins;
}
