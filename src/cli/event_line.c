#include "cli/event_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/tag_words.h"
#include "core/text.h"

enum event_weight event_line_weight(const struct hc_notice *notice, bool own)
{
    switch (notice->kind) {
    case HC_NOTICE_REFUSED:
    case HC_NOTICE_FORKED:
    case HC_NOTICE_UNANSWERED:
    case HC_NOTICE_STORE_FAILED:
    case HC_NOTICE_UNREACHED:
    case HC_NOTICE_TWIN:
        return WEIGHT_WARNING;
    case HC_NOTICE_MUTATED:
        return own ? WEIGHT_NEWS : WEIGHT_DETAIL;
    case HC_NOTICE_ROUND:
        return WEIGHT_DETAIL;
    default:
        break;
    }
    return WEIGHT_NEWS;
}

static void add_who(struct textbuf *buf, const struct hc_notice *notice)
{
    if (notice->row == NULL) {
        textbuf_puts(buf, "a node");
        return;
    }
    const struct hc_row_fields *fields = &notice->row->fields;
    textbuf_puts(buf, fields->addr);
    if (fields->name[0] != '\0') {
        textbuf_printf(buf, " %s", fields->name);
    }
}

static void add_id(struct textbuf *buf, const struct hc_notice *notice)
{
    char id[HEX_CHARS(4) + 1];

    if (notice->row != NULL) {
        hex_encode(id, notice->row->fields.id, 4);
        textbuf_printf(buf, " (id %s)", id);
    }
}

/* Why, in the words of the code and, if there are any, in those of the place where it was seen. */
static void add_why(struct textbuf *buf, const struct hc_notice *notice)
{
    textbuf_printf(buf, ": %s", hc_code_text(notice->code));
    if (notice->text[0] != '\0' && strcmp(notice->text, hc_code_text(notice->code)) != 0) {
        textbuf_printf(buf, " (%s)", notice->text);
    }
}

/* Rows are refused one by one, anything else as the message that it came in. */
static bool is_of_row(enum hc_code code)
{
    return code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW || code == HC_TABLE_FULL || code == HC_WAITING;
}

static void add_mutated(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    char from[VIEW_SUM_CHARS], to[VIEW_SUM_CHARS];

    view_sum(from, (hc_coin_sum)notice->from);
    view_sum(to, (hc_coin_sum)notice->to);
    if (!own) {
        add_who(buf, notice);
        textbuf_puts(buf, " ");
    }
    textbuf_printf(buf, "drew %s %s (had %s)", to, notice->to == 1 ? "coin" : "coins", from);
}

static void add_payment(struct textbuf *buf, const struct hc_notice *notice)
{
    char amount[VIEW_SUM_CHARS];

    view_sum(amount, (hc_coin_sum)notice->to);
    textbuf_printf(buf, "%s %s %s %s ", hc_notice_kind_name(notice->kind), amount, notice->to == 1 ? "coin" : "coins",
                   notice->kind == HC_NOTICE_PAID ? "to" : "from");
    add_who(buf, notice);
}

static void add_tagged(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    if (!own) {
        add_who(buf, notice);
        textbuf_puts(buf, " ");
    }
    textbuf_puts(buf, "tagged: ");
    if (notice->row == NULL || !tag_words(buf, &notice->row->fields)) {
        textbuf_puts(buf, "no tags any more");
    }
}

static enum view_ink ink_of(enum hc_notice_kind kind)
{
    switch (kind) {
    case HC_NOTICE_JOINED:
    case HC_NOTICE_RETURNED:
    case HC_NOTICE_REACHED:
        return INK_GOOD;
    case HC_NOTICE_DROPPED:
    case HC_NOTICE_REFUSED:
    case HC_NOTICE_UNANSWERED:
        return INK_NOTE;
    case HC_NOTICE_FORKED:
    case HC_NOTICE_STORE_FAILED:
    case HC_NOTICE_UNREACHED:
    case HC_NOTICE_TWIN:
        return INK_BAD;
    default:
        break;
    }
    return INK_PLAIN;
}

static const char *sign_of(enum hc_notice_kind kind)
{
    switch (kind) {
    case HC_NOTICE_JOINED:
    case HC_NOTICE_RETURNED:
        return "+ ";
    case HC_NOTICE_DROPPED:
    case HC_NOTICE_LEFT:
        return "- ";
    case HC_NOTICE_REFUSED:
    case HC_NOTICE_FORKED:
    case HC_NOTICE_UNANSWERED:
    case HC_NOTICE_STORE_FAILED:
    case HC_NOTICE_UNREACHED:
    case HC_NOTICE_TWIN:
        return "! ";
    default:
        break;
    }
    return "  ";
}

void event_line(struct textbuf *buf, const struct hc_notice *notice, bool own, const struct view_style *style)
{
    enum view_ink ink = ink_of(notice->kind);

    if (notice->kind == HC_NOTICE_STARTED || notice->kind == HC_NOTICE_ROUND) {
        return;
    }
    view_ink_on(buf, style, ink);
    textbuf_puts(buf, own && notice->kind == HC_NOTICE_LEFT ? "  " : sign_of(notice->kind));
    switch (notice->kind) {
    case HC_NOTICE_JOINED:
    case HC_NOTICE_RETURNED:
        add_who(buf, notice);
        textbuf_printf(buf, " %s", hc_notice_kind_name(notice->kind));
        add_id(buf, notice);
        break;
    case HC_NOTICE_DROPPED:
        add_who(buf, notice);
        textbuf_puts(buf, " dropped");
        add_why(buf, notice);
        break;
    case HC_NOTICE_LEFT:
        if (own) {
            textbuf_puts(buf, "said goodbye to the others");
        } else {
            add_who(buf, notice);
            textbuf_puts(buf, " left: said goodbye");
        }
        break;
    case HC_NOTICE_MUTATED:
        add_mutated(buf, notice, own);
        break;
    case HC_NOTICE_REFUSED:
        textbuf_printf(buf, "refused %" PRIu64 " %s%s", notice->count, is_of_row(notice->code) ? "row" : "message",
                       notice->count == 1 ? "" : "s");
        add_why(buf, notice);
        break;
    case HC_NOTICE_FORKED:
        add_who(buf, notice);
        add_id(buf, notice);
        textbuf_puts(buf, " forked: it signed two rows that contradict each other, as one who spends twice does");
        break;
    case HC_NOTICE_UNANSWERED:
        textbuf_printf(buf, "no answer from contact %s; it is tried again every round", notice->text);
        break;
    case HC_NOTICE_UNREACHED:
        textbuf_printf(buf, "NOBODY REACHES THIS NODE at %s",
                       notice->row != NULL ? notice->row->fields.addr : "its address");
        textbuf_puts(buf,
                     ", its peers say. Start it with --advertise and an address where they can, or open the firewall");
        break;
    case HC_NOTICE_REACHED:
        textbuf_printf(buf, "this node is reached at %s",
                       notice->row != NULL ? notice->row->fields.addr : "its address");
        break;
    case HC_NOTICE_TWIN:
        textbuf_puts(
            buf, "TWIN: another process runs with this node's key. Stop one of the two: they undo each other's work");
        break;
    case HC_NOTICE_PAID:
    case HC_NOTICE_RECEIVED:
        add_payment(buf, notice);
        break;
    case HC_NOTICE_TAGGED:
        add_tagged(buf, notice, own);
        break;
    case HC_NOTICE_STORE_FAILED:
        textbuf_printf(buf, "THE DISK FAILED: %s. This node signs nothing any more; it goes on telling what it knows",
                       notice->text);
        break;
    case HC_NOTICE_STARTED:
    case HC_NOTICE_ROUND:
        break;
    }
    view_ink_off(buf, style, ink);
    textbuf_puts(buf, "\n");
}
