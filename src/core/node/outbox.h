/* Outboxes: what a link is still to be told (K4, K7).
 *
 * News: rows that changed and verdicts. A row stands there once, however often it changes: what is told is what it is then,
 * as a patch on the row that the other side holds. Owed: rows that a comparison of tables found to be missing there.
 */
#ifndef HOWCOIN_CORE_OUTBOX_H
#define HOWCOIN_CORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/news.h"
#include "core/rows/words.h"

struct due {
    uint8_t id[HC_ID_BYTES];
    struct hc_row *base; /* a reference: what the other side holds, as far as we know; NULL: nothing */
};

/* Zeroed at first. */
struct outbox {
    struct due *rows; /* ascending by id */
    size_t row_count, row_capacity;
    struct news_verdict *verdicts;
    size_t verdict_count, verdict_capacity;
    bool overrun; /* there was more than is kept: the tables must be compared */
    uint8_t (*owed)[ID_SHORT_BYTES];
    size_t owed_next, owed_count, owed_capacity;
};

void outbox_free(struct outbox *outbox);
bool outbox_has_news(const struct outbox *outbox);

/* A row changed; `before` is what stood there. */
void outbox_add_row(struct outbox *outbox, const uint8_t id[static HC_ID_BYTES], struct hc_row *before);
/* The other side knows the row. */
void outbox_strike_row(struct outbox *outbox, const uint8_t id[static HC_ID_BYTES]);
void outbox_add_verdict(struct outbox *outbox, const struct news_verdict *verdict);
/* The first `rows` rows and `verdicts` verdicts were told. */
void outbox_told(struct outbox *outbox, size_t rows, size_t verdicts);
/* Forgets the news, but not what is owed. */
void outbox_clear_news(struct outbox *outbox);

/* A row is owed. Without memory the next comparison finds it again. */
void outbox_owe(struct outbox *outbox, const uint8_t id[static ID_SHORT_BYTES]);
/* The next owed row; NULL: none is left. Valid until the next is added. */
const uint8_t *outbox_next_owed(struct outbox *outbox);
/* The one that was given last is still owed. */
void outbox_put_back_owed(struct outbox *outbox);
bool outbox_owes(const struct outbox *outbox);

#endif
