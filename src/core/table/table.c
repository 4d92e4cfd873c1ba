/* The table's entries and its books: sums over all rows, credits, balances (L1, L4). merge.c takes rows in. */
#include "core/table/table.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/rows/tree.h"

void table_init(struct table *table, const struct hc_network *network, const uint8_t key[static 16])
{
    ASSERT(network);
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

size_t table_place_short(const struct table *table, const uint8_t id[static ID_SHORT_BYTES])
{
    uint8_t lowest[HC_ID_BYTES] = {0};
    bool found;
    memcpy(lowest, id, ID_SHORT_BYTES);
    return table_place(table, lowest, SIZE_MAX, &found);
}

bool table_is_short(const struct table *table, size_t at, const uint8_t id[static ID_SHORT_BYTES])
{
    return at < table->count && memcmp(entry_id(&table->entries[at]), id, ID_SHORT_BYTES) == 0;
}

const struct entry *table_find(const struct table *table, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = table_place(table, id, SIZE_MAX, &found);
    return found ? &table->entries[at] : NULL;
}

enum hc_code table_reserve(struct table *table, size_t more)
{
    return ARRAY_RESERVE(table->entries, table->capacity, table->count + more) ? HC_OK : HC_NO_MEMORY;
}

/* What was computed from the row's bucket is out of date. */
static void row_note(struct table *table, const struct hc_row *row)
{
    if (table->stale) {
        bucket_set_add(table->stale, row->bucket);
    }
}

void table_hold(struct table *table, struct hc_row *row)
{
    ASSERT(row->verified);
    (void)hc_row_ref(row);
    row_note(table, row);
    table->text_bytes += row->text_bytes;
    table->values += row->values;
}

void table_release(struct table *table, struct hc_row *row)
{
    ASSERT(table->text_bytes >= row->text_bytes && table->values >= row->values);
    row_note(table, row);
    table->text_bytes -= row->text_bytes;
    table->values -= row->values;
    hc_row_unref(row);
}

/* The rows of an entry that is not in the table any more. */
static void entry_release(struct table *table, const struct entry *entry)
{
    ledger_add(&table->ledger, entry->branches, entry->branch_count, -1);
    for (size_t b = 0; b < entry->branch_count; b++) {
        table_release(table, entry->branches[b]);
    }
}

enum hc_code table_put_own(struct table *table, struct hc_row *row)
{
    bool found;
    size_t at = table_place(table, row->fields.id, SIZE_MAX, &found);
    ASSERT(row->verified);
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
    *entry = (struct entry){.branches = {row}, .branch_count = 1, .bucket = row->bucket};
    id_copy(table->own, row->fields.id);
    table_hold(table, row);
    waiting_forget(&table->waiting, row->fields.id);
    for (size_t i = 0; table->waiting.count > 0 && i < row->fields.sent_count; i++) {
        const struct hc_sent *sent = &row->fields.sent[i];
        if (sent->amount > entry_sent_to(&before, sent->payee)) {
            waiting_ripen(&table->waiting, sent->payee);
        }
    }
    /* First add, then take away: no credit falls below zero in between. */
    ledger_add(&table->ledger, &row, 1, 1);
    entry_release(table, &before);
    table->revision++;
    ASSERT(table->count <= table->capacity);
    return HC_OK;
}

void table_remove(struct table *table, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = table_place(table, id, SIZE_MAX, &found);
    waiting_forget(&table->waiting, id);
    if (!found) {
        return;
    }
    struct entry entry = table->entries[at];
    table->count--;
    memmove(&table->entries[at], &table->entries[at + 1], (table->count - at) * sizeof entry);
    entry_release(table, &entry);
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

bool table_is_poor(const struct table *table, const struct hc_row *row)
{
    const struct hc_row_fields *fields = &row->fields;
    return fields->coins < row->sent_total &&
           (hc_coin_sum)fields->coins + ledger_credit(&table->ledger, fields->id) < row->sent_total;
}

/* ---- Verification ---- */

/* Entries are in order, and the sums are those of all their rows. */
static bool verify_entries(const struct table *table)
{
    size_t text_bytes = 0, values = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        if (!entry_verify(entry) || (i > 0 && id_compare(entry_id(entry - 1), entry_id(entry)) >= 0)) {
            return false;
        }
        for (size_t b = 0; b < entry->branch_count; b++) {
            text_bytes += entry->branches[b]->text_bytes;
            values += entry->branches[b]->values;
        }
    }
    return text_bytes == table->text_bytes && values == table->values;
}

/* Whatever waits has to: it is nowhere in the table, and cannot be paid. */
static bool verify_waiting(const struct table *table)
{
    for (size_t i = 0; i < table->waiting.count; i++) {
        const struct waiting_row *it = &table->waiting.rows[i];
        const struct entry *entry = table_find(table, it->row->fields.id);
        if ((entry && entry_supersedes(entry, it->row)) || (!it->ripe && !table_is_poor(table, it->row))) {
            return false;
        }
    }
    return waiting_verify(&table->waiting);
}

/* Each credit is the sum of what was sent to it, and everything that was sent is in a credit. */
static bool verify_ledger(const struct table *table, hc_coin_sum sent)
{
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
    ledger_free(&fresh);
    return ok;
}

/* L4: the sum of all balances is the sum of all coins drawn, and only an owner that forked is in debt, or one whose credits
 * shrank when rows of another were left out, or we. */
static bool verify_balances(const struct table *table)
{
    hc_coin_sum coins = 0, sent = 0, without_credits = 0;
    bool incomplete = false;
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        coins += entry_row(entry)->fields.coins;
        sent += entry_sent(entry);
        incomplete = incomplete || entry->incomplete;
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct entry *entry = &table->entries[i];
        hc_coin_sum balance = table_balance(table, entry_id(entry));
        if (balance < 0 && !entry_is_forked(entry) && !incomplete && !id_equal(entry_id(entry), table->own)) {
            return false;
        }
        without_credits += balance - ledger_credit(&table->ledger, entry_id(entry));
    }
    return verify_ledger(table, sent) && without_credits + sent == coins;
}

bool table_verify(const struct table *table)
{
    return table->count <= table->capacity && verify_entries(table) && verify_waiting(table) && verify_balances(table);
}
