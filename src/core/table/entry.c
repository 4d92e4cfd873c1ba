/* One owner's rows: which of them stand, and what they have sent. */
#include "core/table/entry.h"

#include <string.h>

#include "core/common/id.h"

struct hc_row *entry_row(const struct entry *entry)
{
    ASSERT(entry->branch_count > 0);
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

bool entry_supersedes(const struct entry *entry, const struct hc_row *row)
{
    for (size_t i = 0; i < entry->branch_count; i++) {
        if (row_supersedes(entry->branches[i], row)) {
            return true;
        }
    }
    return false;
}

bool entry_leaves_out(const struct entry *entry, const struct hc_row *row)
{
    if (!entry->incomplete || entry->branch_count < BRANCHES_MAX) {
        return false;
    }
    ASSERT(id_equal(entry_id(entry), row->fields.id));
    for (size_t i = 0; i < entry->branch_count; i++) {
        if (row_supersedes(row, entry->branches[i]) || memcmp(entry->branches[i]->hash, row->hash, HC_HASH_BYTES) > 0) {
            return false;
        }
    }
    return true;
}

void entry_install(struct entry *entry, struct hc_row *row)
{
    struct hc_row *kept[BRANCHES_MAX + 1];
    size_t count = 0;
    bool placed = false;
    ASSERT(entry->branch_count <= BRANCHES_MAX);
    ASSERT(entry->branch_count == 0 || id_equal(entry_id(entry), row->fields.id));
    if (entry_supersedes(entry, row)) {
        return;
    }
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
    entry->bucket = row->bucket;
    memcpy(entry->branches, kept, entry->branch_count * sizeof *kept);
    ASSERT(entry->branch_count > 0);
}

uint64_t entry_sent_to(const struct entry *entry, const uint8_t payee[static HC_ID_BYTES])
{
    return rows_sent_to(entry->branches, entry->branch_count, payee);
}

hc_coin_sum entry_sent(const struct entry *entry)
{
    hc_coin_sum sum = 0;
    for (size_t b = 0; b < entry->branch_count; b++) {
        const struct hc_row_fields *fields = &entry->branches[b]->fields;
        for (size_t i = 0; i < fields->sent_count; i++) {
            sum += rows_sent_more(entry->branches, b, i);
        }
    }
    return sum;
}

bool entry_verify(const struct entry *entry)
{
    if (entry->branch_count < 1 || entry->branch_count > BRANCHES_MAX) {
        return false;
    }
    for (size_t a = 0; a < entry->branch_count; a++) {
        const struct hc_row *row = entry->branches[a];
        if (row->refs == 0 || !row->verified || !id_equal(row->fields.id, entry_id(entry)) ||
            row->bucket != entry->bucket) {
            return false;
        }
        if (a > 0 && memcmp(entry->branches[a - 1]->hash, row->hash, HC_HASH_BYTES) >= 0) {
            return false;
        }
        for (size_t b = 0; b < entry->branch_count; b++) {
            if (a != b && row_supersedes(row, entry->branches[b])) {
                return false;
            }
        }
    }
    return true;
}
