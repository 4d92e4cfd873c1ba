/* News (K4): what this node has learned or found out, and others are to be told of on links. Gathered during a step by
 * whatever part sees it; push.c hands it to the links at the end of the step.
 */
#ifndef HOWCOIN_CORE_NEWS_H
#define HOWCOIN_CORE_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/rows/row.h"

/* The row of `id` changed. */
struct news_row {
    uint8_t id[HC_ID_BYTES];
    struct hc_row *before; /* a reference to the row that stood there; NULL: none */
    uint64_t from;         /* the link that it came on; 0: another way */
};

/* This node found out for itself that `id` is gone or back (K9). */
struct news_verdict {
    uint8_t id[HC_ID_BYTES];
    uint64_t version;
    enum hc_code reason; /* HC_OK: it is back */
};

/* Zeroed at first. */
struct news {
    bool kept;     /* this node keeps links; otherwise there is no news to keep */
    uint64_t from; /* the link whose message is being taken in; 0: none */
    struct news_row *rows;
    size_t row_count, row_capacity;
    struct news_verdict *verdicts;
    size_t verdict_count, verdict_capacity;
};

void news_free(struct news *news);
/* Forgets what was gathered. */
void news_clear(struct news *news);

/* Each adds one. Without memory it is left out: the next comparison of tables tells it (K7). */
void news_add_row(struct news *news, struct hc_row *before, const uint8_t id[static HC_ID_BYTES]);
void news_add_verdict(struct news *news, const struct hc_row *row, enum hc_code reason);

#endif
