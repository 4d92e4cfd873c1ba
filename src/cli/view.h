/* The table that people see (V1): how plain facts become lines. Pure: no node, no terminal, no clock, so that `run`
 * and `status` show the same, and a test can read it. */
#ifndef HOWCOIN_CLI_VIEW_H
#define HOWCOIN_CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/textbuf.h"
#include "core/ledger.h"
#include "core/members.h"

/* So much of an id is shown; enough to tell the nodes of one table apart. */
#define VIEW_ID_CHARS 8

struct view_row {
    const char *address, *name; /* borrowed; name may be empty */
    const char *tags;           /* in words, to be listed below the table; borrowed. NULL: none, or not to be shown */
    char id[VIEW_ID_CHARS + 1];
    enum hc_member_status status;
    enum hc_code reason; /* why it is not live */
    uint64_t coins, version;
    hc_coin_sum balance, paid, received;
    int64_t age_ms; /* since the row changed */
    bool self, forked;
    bool incomplete; /* rows of its owner were left out */
    bool changed;    /* since the table before; highlighted */
};

struct view {
    uint64_t round;
    bool agree;        /* all peers that were asked in the last round hold the same table */
    hc_coin_sum coins; /* balances of the live nodes together */
    size_t live;       /* nodes, this one included */
    bool list_gone;    /* name the nodes that are not live below the table */
    struct view_row *rows;
    size_t count; /* whatever is thought of them; only live ones are rows of the table */
};

struct view_style {
    unsigned width;  /* columns of the terminal; 0: as wide as need be */
    unsigned height; /* its lines; 0: as many as there are */
    bool color;
};

/* Adds the table, an empty line first. Sorts view->rows by address: 127.0.0.1:8000 before :10000. */
void view_format(struct textbuf *buf, struct view *view, const struct view_style *style);

/* 1234567 as "1,234,567". */
#define VIEW_SUM_CHARS 64
void view_sum(char out[static VIEW_SUM_CHARS], hc_coin_sum sum);
/* "now", "12s ago", "3m ago". */
#define VIEW_AGE_CHARS 24
void view_age(char out[static VIEW_AGE_CHARS], int64_t age_ms);

/* Columns that a text takes on a terminal. */
size_t view_width(const char *text);
/* Adds the text, shortened to `width` columns with "…" if it is longer. Of an address the port stays. */
void view_add_shortened(struct textbuf *buf, const char *text, size_t width, bool is_address);

/* What text is put into colour for. */
enum view_ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_GOOD, INK_NOTE, INK_BAD };
void view_ink_on(struct textbuf *buf, const struct view_style *style, enum view_ink ink);
void view_ink_off(struct textbuf *buf, const struct view_style *style, enum view_ink ink);

/* Once, at the start of the program: names are UTF-8 whatever the locale, and are measured as such. */
void view_init(void);

#endif
