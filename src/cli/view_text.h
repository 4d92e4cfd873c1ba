/* Pieces of what people see, for the table and for the lines between: how wide text is on a terminal, and how sums,
 * ages and colors are written. Pure, but for the locale that view_init sets. */
#ifndef HOWCOIN_CLI_VIEW_TEXT_H
#define HOWCOIN_CLI_VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/textbuf.h"
#include "core/table/ledger.h"

struct view_style {
    unsigned width;  /* columns of the terminal; 0: as wide as need be */
    unsigned height; /* its lines; 0: as many as there are */
    bool color;
};

/* 1234567 as "1,234,567". */
#define VIEW_SUM_CHARS 64
void view_sum(char out[static VIEW_SUM_CHARS], hc_coin_sum sum);
/* "now", "12s ago", "3m ago". */
#define VIEW_AGE_CHARS 24
void view_age(char out[static VIEW_AGE_CHARS], int64_t age_ms);
/* The same, for stories, in which a tenth of a second matters: "12.4 s ago", "3 min 20 s ago", "2 h 5 min ago". */
#define VIEW_AGO_CHARS 48
void view_ago(char out[static VIEW_AGO_CHARS], int64_t age_ms);
/* "812 B", "1.2 kB", "345 kB". */
#define VIEW_BYTES_CHARS 24
void view_bytes(char out[static VIEW_BYTES_CHARS], uint64_t bytes);

/* Columns that a text takes on a terminal; of its first bytes. */
size_t view_width(const char *text);
size_t view_width_of(const char *text, size_t bytes);
/* Adds the text, shortened to `width` columns with "…" if it is longer. Of an address the port stays. */
void view_add_shortened(struct textbuf *buf, const char *text, size_t width, bool is_address);

/* What text is put into color for. */
enum view_ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_GOOD, INK_NOTE, INK_BAD };
void view_ink_on(struct textbuf *buf, const struct view_style *style, enum view_ink ink);
void view_ink_off(struct textbuf *buf, const struct view_style *style, enum view_ink ink);
void view_add_inked(struct textbuf *buf, const struct view_style *style, enum view_ink ink, const char *text);

/* Once, at the start of the program: names are UTF-8 whatever the locale, and are measured as such. */
void view_init(void);

#endif
