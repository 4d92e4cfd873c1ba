/* What a step has brought. */
#include "core/node/news.h"

#include "core/common/array.h"
#include "core/common/memory.h"

/* Rows for which room is kept between steps: far more than a step brings, once the first table has come. */
#define ROWS_KEPT 64u

void news_clear(struct news *news)
{
    for (size_t i = 0; i < news->row_count; i++) {
        hc_row_unref(news->rows[i].before);
    }
    news->row_count = news->verdict_count = 0;
    if (news->row_capacity > ROWS_KEPT) {
        memory_free(news->rows);
        news->rows = NULL;
        news->row_capacity = 0;
    }
}

void news_free(struct news *news)
{
    news_clear(news);
    memory_free(news->rows);
    memory_free(news->verdicts);
    *news = (struct news){0};
}

void news_add_row(struct news *news, struct hc_row *before, const uint8_t id[static HC_ID_BYTES])
{
    if (!news->kept || !ARRAY_RESERVE(news->rows, news->row_capacity, news->row_count + 1)) {
        return;
    }
    struct news_row *row = &news->rows[news->row_count++];
    *row = (struct news_row){.before = before ? hc_row_ref(before) : NULL, .from = news->from};
    id_copy(row->id, id);
}

void news_add_verdict(struct news *news, const struct hc_row *row, enum hc_code reason)
{
    if (!news->kept || !ARRAY_RESERVE(news->verdicts, news->verdict_capacity, news->verdict_count + 1)) {
        return;
    }
    struct news_verdict *verdict = &news->verdicts[news->verdict_count++];
    *verdict = (struct news_verdict){.version = row->fields.version, .reason = reason};
    id_copy(verdict->id, row->fields.id);
}
