#include "cli/view.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define GAP 2    /* columns between two columns */
#define MARKER 2 /* columns before the first one */

void view_init(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

/* ---- pieces of text ---- */

/* Measures one character; its bytes, at least 1. What the locale does not know counts one column a byte. */
static size_t character_width(size_t *width, const char *text, size_t bytes)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t length = mbrtowc(&wide, text, bytes, &state);

    if (length == 0 || length > bytes) {
        *width = 1;
        return 1;
    }
    int columns = wcwidth(wide);
    *width = columns > 0 ? (size_t)columns : columns == 0 ? 0 : 1;
    return length;
}

static size_t width_of(const char *text, size_t bytes)
{
    size_t width = 0, one;

    for (size_t at = 0; at < bytes;) {
        at += character_width(&one, text + at, bytes - at);
        width += one;
    }
    return width;
}

size_t view_width(const char *text)
{
    return width_of(text, strlen(text));
}

void view_add_shortened(struct textbuf *buf, const char *text, size_t width, bool is_address)
{
    const char *tail = is_address ? strrchr(text, ':') : NULL;
    size_t bytes = strlen(text), used = 0, one;

    if (width_of(text, bytes) <= width) {
        textbuf_add(buf, text, bytes);
        return;
    }
    size_t tail_bytes = tail != NULL ? strlen(tail) : 0;
    if (width <= tail_bytes) {
        tail_bytes = 0;
    }
    size_t room = width > tail_bytes ? width - tail_bytes - 1 : 0; /* one for the "…" */
    size_t at = 0;
    while (at < bytes) {
        size_t length = character_width(&one, text + at, bytes - at);
        if (used + one > room) {
            break;
        }
        used += one;
        at += length;
    }
    textbuf_add(buf, text, at);
    textbuf_puts(buf, "…");
    textbuf_add(buf, text + bytes - tail_bytes, tail_bytes);
}

void view_sum(char out[static VIEW_SUM_CHARS], hc_coin_sum sum)
{
    char reversed[VIEW_SUM_CHARS];
    size_t count = 0, digits = 0, at = 0;
    bool negative = sum < 0;

    do {
        if (digits > 0 && digits % 3 == 0) {
            reversed[count++] = ',';
        }
        int digit = (int)(sum % 10);
        reversed[count++] = (char)('0' + (digit < 0 ? -digit : digit));
        sum /= 10;
        digits++;
    } while (sum != 0);
    if (negative) {
        out[at++] = '-';
    }
    while (count > 0) {
        out[at++] = reversed[--count];
    }
    out[at] = '\0';
}

void view_age(char out[static VIEW_AGE_CHARS], int64_t age_ms)
{
    int64_t seconds = age_ms / 1000;

    if (seconds < 1) {
        (void)snprintf(out, VIEW_AGE_CHARS, "now");
    } else if (seconds < 60) {
        (void)snprintf(out, VIEW_AGE_CHARS, "%ds ago", (int)seconds);
    } else if (seconds < 3600) {
        (void)snprintf(out, VIEW_AGE_CHARS, "%dm ago", (int)(seconds / 60));
    } else if (seconds < 86400) {
        (void)snprintf(out, VIEW_AGE_CHARS, "%dh ago", (int)(seconds / 3600));
    } else {
        (void)snprintf(out, VIEW_AGE_CHARS, "%" PRId64 "d ago", seconds / 86400);
    }
}

/* Colours of the terminal's own palette, and only those that are readable on dark and on light. */
static const char *const ink_codes[] = {
    [INK_PLAIN] = "", [INK_STRONG] = "1", [INK_FAINT] = "2", [INK_GOOD] = "32", [INK_NOTE] = "33", [INK_BAD] = "1;31",
};

void view_ink_on(struct textbuf *buf, const struct view_style *style, enum view_ink ink)
{
    if (style->color && ink != INK_PLAIN) {
        textbuf_printf(buf, "\033[%sm", ink_codes[ink]);
    }
}

void view_ink_off(struct textbuf *buf, const struct view_style *style, enum view_ink ink)
{
    if (style->color && ink != INK_PLAIN) {
        textbuf_puts(buf, "\033[0m");
    }
}

static void add_inked(struct textbuf *buf, const struct view_style *style, enum view_ink ink, const char *text)
{
    view_ink_on(buf, style, ink);
    textbuf_puts(buf, text);
    view_ink_off(buf, style, ink);
}

/* ---- the order ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct view_row *x = a, *y = b;
    const char *x_port = strrchr(x->address, ':'), *y_port = strrchr(y->address, ':');
    size_t x_host = x_port != NULL ? (size_t)(x_port - x->address) : strlen(x->address);
    size_t y_host = y_port != NULL ? (size_t)(y_port - y->address) : strlen(y->address);
    char hosts[2][HC_ADDR_BYTES_MAX + 1];

    (void)snprintf(hosts[0], sizeof hosts[0], "%.*s", (int)x_host, x->address);
    (void)snprintf(hosts[1], sizeof hosts[1], "%.*s", (int)y_host, y->address);
    int order = strverscmp(hosts[0], hosts[1]); /* 10.0.0.9 before 10.0.0.10 */
    if (order != 0) {
        return order;
    }
    unsigned long x_number = x_port != NULL ? strtoul(x_port + 1, NULL, 10) : 0;
    unsigned long y_number = y_port != NULL ? strtoul(y_port + 1, NULL, 10) : 0;
    if (x_number != y_number) {
        return x_number < y_number ? -1 : 1;
    }
    return strcmp(x->id, y->id);
}

/* ---- the columns ---- */

enum column {
    COLUMN_ADDRESS,
    COLUMN_NAME,
    COLUMN_COINS,
    COLUMN_PAID,
    COLUMN_RECEIVED,
    COLUMN_BALANCE,
    COLUMN_VERSION,
    COLUMN_CHANGED,
    COLUMN_ID,
    COLUMNS
};

static const struct {
    const char *title;
    bool right;   /* numbers */
    size_t least; /* it may be made so narrow; 0: not at all */
} columns[COLUMNS] = {
    {"address", false, 12}, {"name", false, 6},   {"coins", true, 0},   {"paid", true, 0}, {"received", true, 0},
    {"balance", true, 0},   {"version", true, 0}, {"changed", true, 0}, {"id", false, 0},
};

/* What is wrong with an owner stands behind his row. */
static const char *mark_of(const struct view_row *row)
{
    return row->forked && row->incomplete ? "forked, incomplete"
           : row->forked                  ? "forked"
           : row->incomplete              ? "incomplete"
                                          : "";
}

struct layout {
    size_t widths[COLUMNS]; /* 0: not shown */
};

/* Room for every cell but address and name, which are shown as they are. */
#define CELL_CHARS VIEW_SUM_CHARS

static const char *cell(char out[static CELL_CHARS], const struct view_row *row, enum column column)
{
    out[0] = '\0';
    switch (column) {
    case COLUMN_ADDRESS:
        return row->address;
    case COLUMN_NAME:
        return row->name;
    case COLUMN_COINS:
        view_sum(out, (hc_coin_sum)row->coins);
        break;
    case COLUMN_PAID:
    case COLUMN_RECEIVED: {
        hc_coin_sum sum = column == COLUMN_PAID ? row->paid : row->received;
        if (sum != 0) {
            view_sum(out, sum);
        }
        break;
    }
    case COLUMN_BALANCE:
        if (row->balance != (hc_coin_sum)row->coins) {
            view_sum(out, row->balance);
        }
        break;
    case COLUMN_VERSION:
        (void)snprintf(out, CELL_CHARS, "%" PRIu64, row->version);
        break;
    case COLUMN_CHANGED:
        view_age(out, row->age_ms);
        break;
    case COLUMN_ID:
        return row->id;
    case COLUMNS:
        break;
    }
    return out;
}

static size_t layout_total(const struct layout *layout)
{
    size_t total = MARKER;

    for (int i = 0; i < COLUMNS; i++) {
        total += layout->widths[i] != 0 ? layout->widths[i] + (total > MARKER ? GAP : 0) : 0;
    }
    return total;
}

static void layout_make(struct layout *layout, const struct view *view, const struct view_style *style)
{
    static const enum column may_shrink[] = {COLUMN_NAME, COLUMN_ADDRESS};
    static const enum column may_go[] = {COLUMN_PAID,    COLUMN_RECEIVED, COLUMN_VERSION,
                                         COLUMN_CHANGED, COLUMN_ID,       COLUMN_NAME};
    char out[CELL_CHARS];

    *layout = (struct layout){0};
    for (int i = 0; i < COLUMNS; i++) {
        size_t widest = 0;
        for (size_t r = 0; r < view->count; r++) {
            size_t width =
                view->rows[r].status == HC_MEMBER_LIVE ? view_width(cell(out, &view->rows[r], (enum column)i)) : 0;
            widest = width > widest ? width : widest;
        }
        size_t title = strlen(columns[i].title);
        layout->widths[i] = widest == 0 ? 0 : widest > title ? widest : title;
    }
    if (style->width == 0) {
        return;
    }
    size_t room = style->width, longest = 0;
    for (size_t i = 0; i < view->count; i++) {
        size_t chars = view->rows[i].status == HC_MEMBER_LIVE ? strlen(mark_of(&view->rows[i])) : 0;
        longest = chars > longest ? chars : longest;
    }
    if (longest > 0 && room > GAP + longest) {
        room -= GAP + longest;
    }
    for (size_t i = 0; i < sizeof may_shrink / sizeof *may_shrink; i++) {
        size_t total = layout_total(layout), least = columns[may_shrink[i]].least;
        size_t *width = &layout->widths[may_shrink[i]];
        if (total > room && *width > least) {
            size_t excess = total - room;
            *width = *width - least > excess ? *width - excess : least;
        }
    }
    for (size_t i = 0; i < sizeof may_go / sizeof *may_go && layout_total(layout) > room; i++) {
        layout->widths[may_go[i]] = 0;
    }
}

/* ---- the lines ---- */

static void add_head(struct textbuf *buf, const struct view *view, const struct view_style *style)
{
    char number[VIEW_SUM_CHARS];

    (void)snprintf(number, sizeof number, "round %" PRIu64, view->round);
    add_inked(buf, style, INK_STRONG, number);
    textbuf_printf(buf, ": %zu %s live, ", view->live, view->live == 1 ? "node" : "nodes");
    view_sum(number, view->coins);
    textbuf_printf(buf, "%s %s, ", number, view->coins == 1 ? "coin" : "coins");
    if (view->live <= 1) {
        add_inked(buf, style, INK_FAINT, "alone");
    } else if (view->agree) {
        add_inked(buf, style, INK_GOOD, "all agree");
    } else {
        add_inked(buf, style, INK_NOTE, "not all agree yet");
    }
    textbuf_puts(buf, "\n");
}

static void add_cell(struct textbuf *buf, const char *text, enum column column, size_t width, bool last)
{
    size_t taken = view_width(text);
    size_t padding = taken < width ? width - taken : 0;

    if (columns[column].right) {
        textbuf_repeat(buf, ' ', padding);
    }
    size_t before = buf->bytes;
    view_add_shortened(buf, text, width, column == COLUMN_ADDRESS);
    if (taken > width && !buf->failed) { /* a wide character that did not fit leaves a column */
        taken = width_of(buf->text + before, buf->bytes - before);
        padding = taken < width ? width - taken : 0;
    }
    if (!columns[column].right && !last) {
        textbuf_repeat(buf, ' ', padding);
    }
}

static bool is_last(const struct layout *layout, int column)
{
    for (column++; column < COLUMNS; column++) {
        if (layout->widths[column] != 0) {
            return false;
        }
    }
    return true;
}

static void add_titles(struct textbuf *buf, const struct layout *layout, const struct view_style *style)
{
    view_ink_on(buf, style, INK_FAINT);
    textbuf_repeat(buf, ' ', MARKER);
    for (int i = 0; i < COLUMNS; i++) {
        if (layout->widths[i] != 0) {
            textbuf_repeat(buf, ' ', i > 0 ? GAP : 0);
            add_cell(buf, columns[i].title, (enum column)i, layout->widths[i], is_last(layout, i));
        }
    }
    view_ink_off(buf, style, INK_FAINT);
    textbuf_puts(buf, "\n");
}

static enum view_ink cell_ink(const struct view_row *row, enum column column)
{
    if (row->forked && (column == COLUMN_COINS || column == COLUMN_BALANCE)) {
        return INK_BAD;
    }
    if (row->changed && (column == COLUMN_COINS || column == COLUMN_VERSION || column == COLUMN_CHANGED)) {
        return INK_GOOD;
    }
    if (row->self && (column == COLUMN_ADDRESS || column == COLUMN_NAME)) {
        return INK_STRONG;
    }
    return column == COLUMN_ID ? INK_FAINT : INK_PLAIN;
}

static void add_row(struct textbuf *buf, const struct view_row *row, const struct layout *layout,
                    const struct view_style *style)
{
    char out[CELL_CHARS];

    textbuf_puts(buf, row->self ? "* " : "  ");
    for (int i = 0; i < COLUMNS; i++) {
        if (layout->widths[i] == 0) {
            continue;
        }
        enum view_ink ink = cell_ink(row, (enum column)i);
        textbuf_repeat(buf, ' ', i > 0 ? GAP : 0);
        view_ink_on(buf, style, ink);
        add_cell(buf, cell(out, row, (enum column)i), (enum column)i, layout->widths[i], is_last(layout, i));
        view_ink_off(buf, style, ink);
    }
    if (*mark_of(row)) {
        textbuf_repeat(buf, ' ', GAP);
        add_inked(buf, style, INK_BAD, mark_of(row));
    }
    textbuf_puts(buf, "\n");
}

static void add_gone(struct textbuf *buf, const struct view_row *row, const struct view_style *style)
{
    view_ink_on(buf, style, INK_FAINT);
    textbuf_printf(buf, "  %s %s %s", hc_member_status_name(row->status), row->address, row->id);
    if (row->name[0] != '\0') {
        textbuf_printf(buf, " %s", row->name);
    }
    if (row->status == HC_MEMBER_DROPPED && row->reason != HC_OK && row->reason != HC_CODE_COUNT) {
        textbuf_printf(buf, ": %s", hc_code_text(row->reason));
    }
    view_ink_off(buf, style, INK_FAINT);
    if (*mark_of(row)) {
        textbuf_repeat(buf, ' ', GAP);
        add_inked(buf, style, INK_BAD, mark_of(row));
    }
    textbuf_puts(buf, "\n");
}

static void add_tags(struct textbuf *buf, const struct view_row *row)
{
    textbuf_printf(buf, "  tags of %s", row->address);
    if (row->name[0] != '\0') {
        textbuf_printf(buf, " %s", row->name);
    }
    textbuf_printf(buf, ": %s\n", row->tags);
}

/* How many rows a terminal has room for, if not all of them: an empty line, head, titles, the line that counts the
 * rest, and the line on which the cursor comes to stand. */
static size_t rows_that_fit(size_t live, const struct view_style *style)
{
    const size_t around = 4, rest = 1;

    if (style->height == 0 || live + around <= style->height) {
        return live;
    }
    return style->height > around + rest ? style->height - around - rest : 1;
}

/* Shows the first `most` live rows. This node's own is always among them: it takes the last place if it must. */
static size_t add_rows(struct textbuf *buf, const struct view *view, const struct layout *layout,
                       const struct view_style *style, size_t most)
{
    const struct view_row *self = NULL;
    size_t shown = 0;

    for (size_t i = 0; i < view->count; i++) {
        self = view->rows[i].self ? &view->rows[i] : self;
    }
    for (size_t i = 0; i < view->count && shown < most; i++) {
        const struct view_row *row = &view->rows[i];
        if (row->status != HC_MEMBER_LIVE) {
            continue;
        }
        if (shown + 1 == most && self != NULL && self > row && self->status == HC_MEMBER_LIVE) {
            row = self;
        }
        add_row(buf, row, layout, style);
        shown++;
    }
    return shown;
}

void view_format(struct textbuf *buf, struct view *view, const struct view_style *style)
{
    struct layout layout;
    size_t live = 0;

    if (view->count > 0) {
        qsort(view->rows, view->count, sizeof *view->rows, compare_rows);
    }
    for (size_t i = 0; i < view->count; i++) {
        live += view->rows[i].status == HC_MEMBER_LIVE;
    }
    layout_make(&layout, view, style);
    textbuf_puts(buf, "\n");
    add_head(buf, view, style);
    if (live > 0) {
        add_titles(buf, &layout, style);
    }
    size_t shown = add_rows(buf, view, &layout, style, rows_that_fit(live, style));
    if (shown < live) {
        view_ink_on(buf, style, INK_FAINT);
        textbuf_printf(buf, "  … and %zu more %s\n", live - shown, live - shown == 1 ? "node" : "nodes");
        view_ink_off(buf, style, INK_FAINT);
    }
    for (size_t i = 0; view->list_gone && i < view->count; i++) {
        if (view->rows[i].status != HC_MEMBER_LIVE) {
            add_gone(buf, &view->rows[i], style);
        }
    }
    for (size_t i = 0; i < view->count; i++) {
        if (view->rows[i].tags != NULL) {
            add_tags(buf, &view->rows[i]);
        }
    }
}
