/* One table says of each kind of notice how much it matters and how it looks; one function each, what it says. */
#include "cli/event_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/tag_words.h"
#include "core/error.h"
#include "core/id.h"
#include "core/text.h"

bool event_is_own(const struct hc_notice *notice, const struct hc_node *node)
{
    return notice->row && id_equal(notice->row->fields.id, hc_node_id(node));
}

/* ---- pieces ---- */

static void add_who(struct textbuf *buf, const struct hc_notice *notice)
{
    if (!notice->row) {
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
    if (notice->row) {
        char id[HEX_CHARS(4) + 1];
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

static const char *address_of(const struct hc_notice *notice)
{
    return notice->row ? notice->row->fields.addr : "its address";
}

/* ---- what each kind of notice says ---- */

static void add_arrived(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    add_who(buf, notice);
    textbuf_printf(buf, " %s", hc_notice_kind_name(notice->kind));
    add_id(buf, notice);
}

static void add_dropped(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    add_who(buf, notice);
    textbuf_puts(buf, " dropped");
    add_why(buf, notice);
}

static void add_left(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    if (own) {
        textbuf_puts(buf, "said goodbye to its peers");
        return;
    }
    add_who(buf, notice);
    textbuf_puts(buf, " left: said goodbye");
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

static void add_refused(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf, "refused %" PRIu64 " %s%s", notice->count, is_of_row(notice->code) ? "row" : "message",
                   notice->count == 1 ? "" : "s");
    add_why(buf, notice);
}

static void add_forked(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    add_who(buf, notice);
    add_id(buf, notice);
    textbuf_puts(buf, " forked: it signed two rows that contradict each other, as a double spend does");
}

static void add_unanswered(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf, "no answer from contact %s; it is tried again every round", notice->text);
}

static void add_unreached(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf,
                   "NO PEER CAN REACH THIS NODE at %s. Start it with --advertise and an address that they can reach, "
                   "or open the firewall",
                   address_of(notice));
}

static void add_reached(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf, "peers can reach this node at %s", address_of(notice));
}

static void add_twin(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)notice;
    (void)own;
    textbuf_puts(buf,
                 "TWIN: another process runs with this node's key. Stop one of the two: they undo each other's work");
}

static void add_payment(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    char amount[VIEW_SUM_CHARS];

    (void)own;
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
    if (!notice->row || !tag_words(buf, &notice->row->fields)) {
        textbuf_puts(buf, "no tags left");
    }
}

static void add_store_failed(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf, "THE DISK FAILED: %s. This node signs nothing more, but still tells its peers what it knows",
                   notice->text);
}

/* ---- the table ---- */

static const struct {
    enum event_weight weight;
    enum view_ink ink;
    char sign[EVENT_SIGN_BYTES + 1];
    void (*add)(struct textbuf *buf, const struct hc_notice *notice, bool own); /* NULL: it is no line */
} looks[] = {
    [HC_NOTICE_STARTED] = {WEIGHT_NEWS, INK_PLAIN, "  ", NULL},
    [HC_NOTICE_JOINED] = {WEIGHT_NEWS, INK_GOOD, "+ ", add_arrived},
    [HC_NOTICE_DROPPED] = {WEIGHT_NEWS, INK_NOTE, "- ", add_dropped},
    [HC_NOTICE_RETURNED] = {WEIGHT_NEWS, INK_GOOD, "+ ", add_arrived},
    [HC_NOTICE_LEFT] = {WEIGHT_NEWS, INK_PLAIN, "- ", add_left},
    [HC_NOTICE_MUTATED] = {WEIGHT_DETAIL, INK_PLAIN, "  ", add_mutated},
    [HC_NOTICE_REFUSED] = {WEIGHT_WARNING, INK_NOTE, "! ", add_refused},
    [HC_NOTICE_FORKED] = {WEIGHT_WARNING, INK_BAD, "! ", add_forked},
    [HC_NOTICE_UNANSWERED] = {WEIGHT_WARNING, INK_NOTE, "! ", add_unanswered},
    [HC_NOTICE_PAID] = {WEIGHT_NEWS, INK_PLAIN, "  ", add_payment},
    [HC_NOTICE_RECEIVED] = {WEIGHT_NEWS, INK_PLAIN, "  ", add_payment},
    [HC_NOTICE_TAGGED] = {WEIGHT_NEWS, INK_PLAIN, "  ", add_tagged},
    [HC_NOTICE_STORE_FAILED] = {WEIGHT_WARNING, INK_BAD, "! ", add_store_failed},
    [HC_NOTICE_UNREACHED] = {WEIGHT_WARNING, INK_BAD, "! ", add_unreached},
    [HC_NOTICE_REACHED] = {WEIGHT_NEWS, INK_GOOD, "  ", add_reached},
    [HC_NOTICE_TWIN] = {WEIGHT_WARNING, INK_BAD, "! ", add_twin},
    [HC_NOTICE_ROUND] = {WEIGHT_DETAIL, INK_PLAIN, "  ", NULL},
};

enum event_weight event_line_weight(const struct hc_notice *notice, bool own)
{
    ASSERT((size_t)notice->kind < sizeof looks / sizeof *looks);
    return own && notice->kind == HC_NOTICE_MUTATED ? WEIGHT_NEWS : looks[notice->kind].weight;
}

void event_line(struct textbuf *buf, const struct hc_notice *notice, bool own, const struct view_style *style)
{
    ASSERT((size_t)notice->kind < sizeof looks / sizeof *looks);
    ASSERT(looks[notice->kind].sign[0] != '\0'); /* a kind without a line in the table */
    if (!looks[notice->kind].add) {
        return;
    }
    view_ink_on(buf, style, looks[notice->kind].ink);
    textbuf_puts(buf, own && notice->kind == HC_NOTICE_LEFT ? "  " : looks[notice->kind].sign);
    looks[notice->kind].add(buf, notice, own);
    view_ink_off(buf, style, looks[notice->kind].ink);
    textbuf_puts(buf, "\n");
}
