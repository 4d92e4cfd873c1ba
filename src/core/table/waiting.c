/* The pool of waiting rows: a sorted array; each row has the time when it came, to find the oldest. */
#include "core/table/waiting.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"

/* What a row takes, or a little more: all that it says stands in it twice, as numbers and bytes and as text. */
static size_t waiting_cost(const struct hc_row *row)
{
    return sizeof *row + 2 * row->text_bytes;
}

void waiting_free(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        hc_row_unref(waiting->rows[i].row);
    }
    memory_free(waiting->rows);
    *waiting = (struct waiting){0};
}

static const uint8_t *waiting_id_at(const void *rows, size_t index)
{
    return ((const struct waiting_row *)rows)[index].row->fields.id;
}

size_t waiting_find(const struct waiting *waiting, const uint8_t id[static HC_ID_BYTES], size_t *count)
{
    bool found;
    size_t first = id_place(waiting->rows, waiting->count, waiting_id_at, id, &found), end = first;
    while (end < waiting->count && id_equal(waiting->rows[end].row->fields.id, id)) {
        end++;
    }
    *count = end - first;
    return first;
}

bool waiting_has(const struct waiting *waiting, const struct hc_row *row)
{
    size_t count, first = waiting_find(waiting, row->fields.id, &count);
    for (size_t i = first; i < first + count; i++) {
        if (memcmp(waiting->rows[i].row->hash, row->hash, HC_HASH_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

bool waiting_mark(struct waiting *waiting, const uint8_t id[static HC_ID_BYTES], const struct entry *entry)
{
    bool any = false;
    size_t count, first = waiting_find(waiting, id, &count);
    for (size_t i = first; i < first + count; i++) {
        struct waiting_row *it = &waiting->rows[i];
        it->marked = it->marked || !entry || entry_supersedes(entry, it->row);
        any = any || it->marked;
    }
    return any;
}

void waiting_forget(struct waiting *waiting, const uint8_t id[static HC_ID_BYTES])
{
    if (waiting_mark(waiting, id, NULL)) {
        waiting_update(waiting, NULL, 0);
    }
}

void waiting_tried(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        ASSERT(waiting->rows[i].marked || !waiting->rows[i].ripe);
        waiting->rows[i].ripe = false;
    }
    waiting->ripe = false;
}

void waiting_keep(struct waiting *waiting, size_t index, bool ripe)
{
    ASSERT(index < waiting->count && waiting->rows[index].marked);
    waiting->rows[index].marked = false;
    waiting->rows[index].ripe = ripe;
    waiting->ripe = waiting->ripe || ripe;
}

enum hc_code waiting_reserve(struct waiting *waiting, size_t more)
{
    return ARRAY_RESERVE(waiting->rows, waiting->capacity, waiting->count + more) ? HC_OK : HC_NO_MEMORY;
}

void waiting_ripen(struct waiting *waiting, const uint8_t id[static HC_ID_BYTES])
{
    size_t count, first = waiting_find(waiting, id, &count);
    for (size_t i = first; i < first + count; i++) {
        waiting->rows[i].ripe = waiting->ripe = true;
    }
}

static void drop_marked(struct waiting *waiting)
{
    size_t kept = 0;
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->rows[i].marked) {
            ASSERT(waiting->bytes >= waiting_cost(waiting->rows[i].row));
            waiting->bytes -= waiting_cost(waiting->rows[i].row);
            hc_row_unref(waiting->rows[i].row);
        } else {
            waiting->rows[kept++] = waiting->rows[i];
        }
    }
    waiting->count = kept;
}

/* Marks the oldest rows of every owner that has too many. */
static void mark_crowds(struct waiting *waiting)
{
    struct waiting_row *rows = waiting->rows;
    for (size_t first = 0, end; first < waiting->count; first = end) {
        for (end = first + 1; end < waiting->count; end++) {
            if (!id_equal(rows[end].row->fields.id, rows[first].row->fields.id)) {
                break;
            }
        }
        for (size_t left = end - first; left > WAITING_OWNER_ROWS_MAX; left--) {
            size_t oldest = end;
            for (size_t i = first; i < end; i++) {
                bool older = oldest == end || rows[i].since < rows[oldest].since;
                oldest = !rows[i].marked && older ? i : oldest;
            }
            ASSERT(oldest < end); /* more are left than may stay */
            rows[oldest].marked = true;
        }
    }
}

/* Whether the rows that came at `since` or later keep the bounds. */
static bool fits_since(const struct waiting *waiting, uint64_t since)
{
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->rows[i].since >= since) {
            count++;
            bytes += waiting_cost(waiting->rows[i].row);
        }
    }
    return count <= WAITING_ROWS_MAX && bytes <= WAITING_BYTES_MAX;
}

static void mark_oldest(struct waiting *waiting)
{
    uint64_t low = 0, high = waiting->next_since;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (fits_since(waiting, middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    for (size_t i = 0; i < waiting->count; i++) {
        waiting->rows[i].marked = waiting->rows[i].since < low;
    }
}

static void add(struct waiting *waiting, struct hc_row *const *rows, size_t count)
{
    size_t old = waiting->count, at = old + count;
    ASSERT(at <= waiting->capacity);
    waiting->count = at;
    while (count > 0) { /* from the end, so that nothing is moved twice */
        struct hc_row *row = rows[count - 1];
        ASSERT(row->verified && (count == 1 || row_order(rows[count - 2], row) < 0));
        if (old > 0 && row_order(waiting->rows[old - 1].row, row) > 0) {
            waiting->rows[--at] = waiting->rows[--old];
        } else {
            waiting->rows[--at] = (struct waiting_row){.row = hc_row_ref(row), .since = waiting->next_since++};
            waiting->bytes += waiting_cost(row);
            count--;
        }
    }
    ASSERT(at == old); /* what is before it stays in its place */
}

void waiting_update(struct waiting *waiting, struct hc_row *const *rows, size_t count)
{
    ASSERT(rows || count == 0);
    drop_marked(waiting);
    if (count > 0) {
        add(waiting, rows, count);
        mark_crowds(waiting);
        drop_marked(waiting);
    }
    if (waiting->count > WAITING_ROWS_MAX || waiting->bytes > WAITING_BYTES_MAX) {
        mark_oldest(waiting);
        drop_marked(waiting);
    }
    if (waiting->count == 0) {
        ASSERT(waiting->bytes == 0);
        memory_free(waiting->rows);
        waiting->rows = NULL;
        waiting->capacity = 0;
    }
    ASSERT(waiting->count <= WAITING_ROWS_MAX && waiting->bytes <= WAITING_BYTES_MAX);
}

bool waiting_verify(const struct waiting *waiting)
{
    size_t bytes = 0, of_owner = 0;
    bool ripe = false;
    for (size_t i = 0; i < waiting->count; i++) {
        const struct waiting_row *it = &waiting->rows[i];
        bool same = i > 0 && id_equal(it->row->fields.id, it[-1].row->fields.id);
        of_owner = same ? of_owner + 1 : 1;
        bytes += waiting_cost(it->row);
        ripe = ripe || it->ripe;
        if (it->marked || !it->row->verified || it->since >= waiting->next_since || of_owner > WAITING_OWNER_ROWS_MAX ||
            (i > 0 && row_order(it[-1].row, it->row) >= 0)) {
            return false;
        }
    }
    return bytes == waiting->bytes && waiting->count <= WAITING_ROWS_MAX && bytes <= WAITING_BYTES_MAX &&
           (waiting->ripe || !ripe);
}
