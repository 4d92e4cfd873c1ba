/* A head line, titles, and a line for each link; a column is as wide as its widest cell, and left out if all are
 * empty. */
#include "cli/links_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/view.h"
#include "core/common/error.h"
#include "daemon/linked.h"

#define GAP 2

enum column {
    COLUMN_ADDRESS,
    COLUMN_NAME,
    COLUMN_ID,
    COLUMN_KIND,
    COLUMN_OPENED,
    COLUMN_BY,
    COLUMN_TELLS,
    COLUMN_TOLD,
    COLUMN_SENT,
    COLUMN_RECEIVED,
    COLUMN_USEFUL,
    COLUMN_AGREES,
    COLUMN_MODE,
    COLUMNS
};

static const struct {
    const char *title;
    bool right;
} columns[COLUMNS] = {{"address", false}, {"name", false},   {"id", false},  {"kind", false}, {"opened", false},
                      {"by", false},      {"out", false},    {"in", false},  {"sent", true},  {"received", true},
                      {"useful", true},   {"agrees", false}, {"mode", false}};

/* Room for every cell but address, name and mode, which are shown as they are. */
#define CELL_CHARS VIEW_SUM_CHARS

static const char *eagerness(const cJSON *link, const char *key)
{
    return answer_true(link, key) ? "eager" : "lazy";
}

/* What moved on a link; empty if the node does not count it. */
static const char *moved(char out[static CELL_CHARS], const cJSON *link, const char *key)
{
    out[0] = '\0';
    if (cJSON_HasObjectItem(link, key)) {
        view_bytes(out, answer_number(link, key));
    }
    return out;
}

static const char *cell(char out[static CELL_CHARS], const cJSON *link, enum column column)
{
    switch (column) {
    case COLUMN_ADDRESS:
        return answer_text(link, "addr");
    case COLUMN_NAME:
        return answer_text(link, "name");
    case COLUMN_ID:
        (void)snprintf(out, CELL_CHARS, "%.*s", VIEW_ID_CHARS, answer_text(link, "id"));
        break;
    case COLUMN_KIND:
        return answer_true(link, "proved") ? answer_text(link, "kind") : "opening";
    case COLUMN_OPENED:
        view_age(out, (int64_t)answer_number(link, "age_ms"));
        break;
    case COLUMN_BY:
        return answer_true(link, "ours") ? "us" : "them";
    case COLUMN_TELLS:
        return eagerness(link, "pushes");
    case COLUMN_TOLD:
        return eagerness(link, "pushed");
    case COLUMN_SENT:
        return moved(out, link, "sent_bytes");
    case COLUMN_RECEIVED:
        return moved(out, link, "received_bytes");
    case COLUMN_USEFUL:
        (void)snprintf(out, CELL_CHARS, "%.2f", (double)answer_number(link, "usefulness") / 1000);
        break;
    case COLUMN_AGREES:
        return answer_true(link, "agree") ? "yes" : "no";
    case COLUMN_MODE:
        return answer_text(link, "mode");
    case COLUMNS:
        out[0] = '\0';
        break;
    }
    return out;
}

static size_t width_of(const cJSON *links, enum column column)
{
    size_t widest = 0, title = strlen(columns[column].title);
    char out[CELL_CHARS];
    const cJSON *link;

    cJSON_ArrayForEach(link, links)
    {
        size_t width = view_width(cell(out, link, column));
        widest = width > widest ? width : widest;
    }
    return widest == 0 ? 0 : widest > title ? widest : title;
}

/* The titles, or the cells of a link. */
static void add_line(struct textbuf *buf, const cJSON *link, const size_t widths[static COLUMNS])
{
    char out[CELL_CHARS];
    size_t due = 0; /* columns that stay empty if nothing follows */

    for (int i = 0; i < COLUMNS; i++) {
        if (widths[i] == 0) {
            continue;
        }
        const char *text = link ? cell(out, link, (enum column)i) : columns[i].title;
        size_t width = view_width(text), padding = widths[i] > width ? widths[i] - width : 0;
        due += GAP + (columns[i].right ? padding : 0);
        if (*text != '\0') {
            textbuf_repeat(buf, ' ', due);
            textbuf_puts(buf, text);
            due = 0;
        }
        due += columns[i].right ? 0 : padding;
    }
}

static void add_head(struct textbuf *buf, const cJSON *links, const char *ring)
{
    int count = cJSON_GetArraySize(links), ours = 0;
    const cJSON *link;

    cJSON_ArrayForEach(link, links)
    {
        ours += answer_true(link, "ours");
    }
    if (count == 0) {
        textbuf_puts(buf, strcmp(ring, ring_state_name(RING_ALONE)) == 0 ? "no links: no other node to link with\n"
                                                                         : "no links\n");
    } else {
        textbuf_printf(buf, "%d %s, %d of them opened by this node; the ring is %s\n", count,
                       count == 1 ? "link" : "links", ours, ring);
    }
}

void links_table(struct textbuf *buf, const cJSON *answer, const struct view_style *style)
{
    const cJSON *links = cJSON_GetObjectItemCaseSensitive(answer, "links"), *link;
    size_t widths[COLUMNS];

    add_head(buf, links, answer_text(answer, "ring"));
    for (int i = 0; i < COLUMNS; i++) {
        widths[i] = width_of(links, (enum column)i);
    }
    if (cJSON_GetArraySize(links) > 0) {
        view_ink_on(buf, style, INK_FAINT);
        add_line(buf, NULL, widths);
        view_ink_off(buf, style, INK_FAINT);
        textbuf_puts(buf, "\n");
    }
    cJSON_ArrayForEach(link, links)
    {
        add_line(buf, link, widths);
        textbuf_puts(buf, "\n");
    }
}
