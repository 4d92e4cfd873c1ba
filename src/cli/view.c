/* The table: which rows, in which order, in which columns, and how wide these are. */
#include "cli/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"

#define GAP 2    /* columns between two columns */
#define MARKER 2 /* columns before the first one */

/* ---- the order ---- */

/* The port of an address, and how many bytes its host has. What a node answered is not checked: there may be
 * neither. */
static unsigned long port_of(const char *address, size_t *host_bytes)
{
    const char *colon = strrchr(address, ':');

    *host_bytes = colon ? (size_t)(colon - address) : strlen(address);
    return colon ? strtoul(colon + 1, NULL, 10) : 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct view_row *x = a, *y = b;
    size_t x_host, y_host;
    unsigned long x_port = port_of(x->address, &x_host), y_port = port_of(y->address, &y_host);
    char hosts[2][HC_ADDR_BYTES_MAX + 1];

    (void)snprintf(hosts[0], sizeof hosts[0], "%.*s", (int)x_host, x->address);
    (void)snprintf(hosts[1], sizeof hosts[1], "%.*s", (int)y_host, y->address);
    int order = strverscmp(hosts[0], hosts[1]); /* 10.0.0.9 before 10.0.0.10 */
    if (order != 0) {
        return order;
    }
    return x_port != y_port ? (x_port < y_port ? -1 : 1) : strcmp(x->id, y->id);
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
    size_t least; /* the narrowest it can be made; 0: it keeps its width */
} columns[COLUMNS] = {
    {"address", false, 12}, {"name", false, 6},   {"coins", true, 0},   {"paid", true, 0}, {"received", true, 0},
    {"balance", true, 0},   {"version", true, 0}, {"changed", true, 0}, {"id", false, 0},
};

/* What is to be known of an owner, behind its row. */
#define MARK_CHARS 64

static enum view_ink mark_of(char out[static MARK_CHARS], const struct view_row *row)
{
    const char *const words[] = {row->forked ? "forked" : NULL, row->incomplete ? "incomplete" : NULL,
                                 row->standing ? "disputed" : NULL, row->mode};
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i]) {
            at += (size_t)snprintf(out + at, MARK_CHARS - at, "%s%.16s", at > 0 ? ", " : "", words[i]);
            ASSERT(at < MARK_CHARS);
        }
    }
    return row->forked || row->incomplete ? INK_BAD : row->standing ? INK_NOTE : INK_FAINT;
}

static void add_mark(struct textbuf *buf, const struct view_row *row, const struct view_style *style)
{
    char mark[MARK_CHARS];
    enum view_ink ink = mark_of(mark, row);

    if (mark[0] != '\0') {
        textbuf_repeat(buf, ' ', GAP);
        view_add_inked(buf, style, ink, mark);
    }
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

/* The columns that this row of the table takes in one column. */
static size_t cell_width(const struct view_row *row, enum column column)
{
    char out[CELL_CHARS];

    return row->status == HC_MEMBER_LIVE ? view_width(cell(out, row, column)) : 0;
}

/* As wide as the widest cell, and as its title; nothing for a column without a cell. */
static size_t natural_width(const struct view *view, enum column column)
{
    size_t widest = 0, title = strlen(columns[column].title);

    for (size_t i = 0; i < view->count; i++) {
        size_t width = cell_width(&view->rows[i], column);
        widest = width > widest ? width : widest;
    }
    return widest == 0 ? 0 : widest > title ? widest : title;
}

/* What a terminal leaves for the columns, beside the marks behind the rows. */
static size_t room_for_columns(const struct view *view, size_t width)
{
    size_t longest = 0;
    char mark[MARK_CHARS];

    for (size_t i = 0; i < view->count; i++) {
        (void)mark_of(mark, &view->rows[i]);
        size_t chars = view->rows[i].status == HC_MEMBER_LIVE ? strlen(mark) : 0;
        longest = chars > longest ? chars : longest;
    }
    return longest > 0 && width > GAP + longest ? width - GAP - longest : width;
}

/* Makes columns narrower, then leaves columns out, until they fit. */
static void layout_fit(struct layout *layout, size_t room)
{
    static const enum column may_shrink[] = {COLUMN_NAME, COLUMN_ADDRESS};
    static const enum column may_go[] = {COLUMN_PAID,    COLUMN_RECEIVED, COLUMN_VERSION,
                                         COLUMN_CHANGED, COLUMN_ID,       COLUMN_NAME};

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

static void layout_make(struct layout *layout, const struct view *view, const struct view_style *style)
{
    for (int i = 0; i < COLUMNS; i++) {
        layout->widths[i] = natural_width(view, (enum column)i);
    }
    if (style->width > 0) {
        layout_fit(layout, room_for_columns(view, style->width));
    }
}

/* ---- the lines ---- */

enum view_ink view_agreement(char out[static VIEW_AGREEMENT_CHARS], size_t live, size_t heard, size_t agreeing,
                             bool agree)
{
    size_t peers = live > 0 ? live - 1 : 0;
    bool whole = heard >= peers;

    if (peers == 0) {
        (void)snprintf(out, VIEW_AGREEMENT_CHARS, "alone");
        return INK_FAINT;
    }
    if (heard == 0 || (whole && agreeing == heard)) {
        bool good = heard > 0 || agree;
        (void)snprintf(out, VIEW_AGREEMENT_CHARS, good ? "all agree" : "not all agree yet");
        return good ? INK_GOOD : INK_NOTE;
    }
    (void)snprintf(out, VIEW_AGREEMENT_CHARS, "%zu of %zu %sagree", agreeing, heard, whole ? "" : "heard from ");
    return agreeing == heard ? INK_GOOD : INK_NOTE;
}

static void add_head(struct textbuf *buf, const struct view *view, const struct view_style *style)
{
    char number[VIEW_SUM_CHARS], agreement[VIEW_AGREEMENT_CHARS];

    (void)snprintf(number, sizeof number, "round %" PRIu64, view->round);
    view_add_inked(buf, style, INK_STRONG, number);
    textbuf_printf(buf, ": %zu %s live, ", view->live, view->live == 1 ? "node" : "nodes");
    view_sum(number, view->coins);
    textbuf_printf(buf, "%s %s, ", number, view->coins == 1 ? "coin" : "coins");
    enum view_ink ink = view_agreement(agreement, view->live, view->heard, view->agreeing, view->agree);
    view_add_inked(buf, style, ink, agreement);
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
        taken = view_width_of(buf->text + before, buf->bytes - before);
        padding = taken < width ? width - taken : 0;
    }
    if (!columns[column].right && !last) {
        textbuf_repeat(buf, ' ', padding);
    }
}

static bool is_last(const struct layout *layout, int column)
{
    ASSERT(column >= 0 && column < COLUMNS && layout->widths[column] > 0);
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

    textbuf_puts(buf, row->self ? "* " : row->link == LINK_RING ? "= " : row->link == LINK_CHORD ? "~ " : "  ");
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
    add_mark(buf, row, style);
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
    add_mark(buf, row, style);
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

/* Shows the first `max` live rows. This node's own is always among them: it takes the last place if it must. */
static size_t add_rows(struct textbuf *buf, const struct view *view, const struct layout *layout,
                       const struct view_style *style, size_t max)
{
    const struct view_row *self = NULL;
    size_t shown = 0;

    for (size_t i = 0; i < view->count; i++) {
        self = view->rows[i].self ? &view->rows[i] : self;
    }
    for (size_t i = 0; i < view->count && shown < max; i++) {
        const struct view_row *row = &view->rows[i];
        if (row->status != HC_MEMBER_LIVE) {
            continue;
        }
        if (shown + 1 == max && self && self > row && self->status == HC_MEMBER_LIVE) {
            row = self;
        }
        add_row(buf, row, layout, style);
        shown++;
    }
    return shown;
}

static size_t sort_and_count_live(struct view *view)
{
    size_t live = 0;

    ASSERT(view->rows || view->count == 0);
    if (view->count > 0) {
        qsort(view->rows, view->count, sizeof *view->rows, compare_rows);
    }
    for (size_t i = 0; i < view->count; i++) {
        live += view->rows[i].status == HC_MEMBER_LIVE;
    }
    return live;
}

/* What stands below the table: the nodes that are gone, and tags. */
static void add_below(struct textbuf *buf, const struct view *view, const struct view_style *style)
{
    for (size_t i = 0; view->list_gone && i < view->count; i++) {
        if (view->rows[i].status != HC_MEMBER_LIVE) {
            add_gone(buf, &view->rows[i], style);
        }
    }
    for (size_t i = 0; i < view->count; i++) {
        if (view->rows[i].tags) {
            add_tags(buf, &view->rows[i]);
        }
    }
}

void view_format(struct textbuf *buf, struct view *view, const struct view_style *style)
{
    struct layout layout;

    size_t live = sort_and_count_live(view);
    layout_make(&layout, view, style);
    textbuf_puts(buf, "\n");
    add_head(buf, view, style);
    if (live > 0) {
        add_titles(buf, &layout, style);
    }
    size_t shown = add_rows(buf, view, &layout, style, rows_that_fit(live, style));
    ASSERT(shown <= live);
    if (shown < live) {
        view_ink_on(buf, style, INK_FAINT);
        textbuf_printf(buf, "  … and %zu more %s\n", live - shown, live - shown == 1 ? "node" : "nodes");
        view_ink_off(buf, style, INK_FAINT);
    }
    add_below(buf, view, style);
}
