/* What is due on a link. */
#include "core/node/outbox.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/id.h"
#include "core/common/memory.h"

#define OUTBOX_KEPT 32u /* room for rows that an empty outbox keeps; more is given back */

void outbox_clear_news(struct outbox *outbox)
{
    outbox_told(outbox, outbox->row_count, outbox->verdict_count);
}

void outbox_free(struct outbox *outbox)
{
    outbox_clear_news(outbox);
    memory_free(outbox->rows);
    memory_free(outbox->verdicts);
    memory_free(outbox->owed);
    *outbox = (struct outbox){0};
}

bool outbox_has_news(const struct outbox *outbox)
{
    return outbox->row_count + outbox->verdict_count > 0;
}

static const uint8_t *due_id_at(const void *rows, size_t index)
{
    return ((const struct due *)rows)[index].id;
}

static size_t due_place(const struct outbox *outbox, const uint8_t *id, bool *found)
{
    return id_place(outbox->rows, outbox->row_count, due_id_at, id, found);
}

void outbox_add_row(struct outbox *outbox, const uint8_t id[static HC_ID_BYTES], struct hc_row *before)
{
    bool found;
    size_t at = due_place(outbox, id, &found);
    if (found) {
        return; /* the other side still holds what was noted then */
    }
    if (outbox->row_count == OUTBOX_ROWS_MAX ||
        !ARRAY_RESERVE(outbox->rows, outbox->row_capacity, outbox->row_count + 1)) {
        outbox_clear_news(outbox);
        outbox->overrun = true;
        return;
    }
    memmove(&outbox->rows[at + 1], &outbox->rows[at], (outbox->row_count - at) * sizeof *outbox->rows);
    outbox->row_count++;
    outbox->rows[at].base = before ? hc_row_ref(before) : NULL;
    id_copy(outbox->rows[at].id, id);
}

void outbox_strike_row(struct outbox *outbox, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = due_place(outbox, id, &found);
    if (found) {
        hc_row_unref(outbox->rows[at].base);
        outbox->row_count--;
        memmove(&outbox->rows[at], &outbox->rows[at + 1], (outbox->row_count - at) * sizeof *outbox->rows);
    }
}

void outbox_add_verdict(struct outbox *outbox, const struct news_verdict *verdict)
{
    if (outbox->verdict_count < OUTBOX_VERDICTS_MAX &&
        ARRAY_RESERVE(outbox->verdicts, outbox->verdict_capacity, outbox->verdict_count + 1)) {
        outbox->verdicts[outbox->verdict_count++] = *verdict;
    }
}

void outbox_told(struct outbox *outbox, size_t rows, size_t verdicts)
{
    ASSERT(rows <= outbox->row_count && verdicts <= outbox->verdict_count);
    for (size_t i = 0; i < rows; i++) {
        hc_row_unref(outbox->rows[i].base);
    }
    outbox->row_count -= rows;
    outbox->verdict_count -= verdicts;
    if (outbox->row_count > 0) {
        memmove(outbox->rows, outbox->rows + rows, outbox->row_count * sizeof *outbox->rows);
    } else if (outbox->row_capacity > OUTBOX_KEPT) {
        memory_free(outbox->rows);
        outbox->rows = NULL;
        outbox->row_capacity = 0;
    }
    if (outbox->verdict_count > 0) {
        memmove(outbox->verdicts, outbox->verdicts + verdicts, outbox->verdict_count * sizeof *outbox->verdicts);
    }
}

void outbox_owe(struct outbox *outbox, const uint8_t id[static ID_SHORT_BYTES])
{
    if (outbox->owed_count < HC_ROWS_MAX &&
        ARRAY_RESERVE(outbox->owed, outbox->owed_capacity, outbox->owed_count + 1)) {
        memcpy(outbox->owed[outbox->owed_count++], id, ID_SHORT_BYTES);
    }
}

const uint8_t *outbox_next_owed(struct outbox *outbox)
{
    if (outbox->owed_next == outbox->owed_count) {
        memory_free(outbox->owed);
        outbox->owed = NULL;
        outbox->owed_next = outbox->owed_count = outbox->owed_capacity = 0;
        return NULL;
    }
    return outbox->owed[outbox->owed_next++];
}

void outbox_put_back_owed(struct outbox *outbox)
{
    ASSERT(outbox->owed_next > 0);
    outbox->owed_next--;
}

bool outbox_owes(const struct outbox *outbox)
{
    return outbox->owed_next < outbox->owed_count;
}
