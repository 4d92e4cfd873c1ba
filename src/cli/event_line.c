/* One table says of each kind of notice how much it matters and how it looks; one function each, what it says. */
#include "cli/event_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/tag_words.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/text.h"

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

static void add_linked(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf, "%s with ", hc_notice_kind_name(notice->kind));
    add_who(buf, notice);
    textbuf_printf(buf, ": %s", notice->text);
}

static void add_unlinked(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    (void)own;
    textbuf_printf(buf, "%s with ", hc_notice_kind_name(notice->kind));
    add_who(buf, notice);
    add_why(buf, notice);
}

/* So that people see at the one that was dropped who could not reach it, and need not look at the others. */
static void add_accused(struct textbuf *buf, const struct hc_notice *notice, bool own)
{
    uint64_t seconds = notice->count, minutes = seconds / 60, hours = minutes / 60;

    (void)own;
    add_who(buf, notice);
    textbuf_printf(buf, " had dropped this node %" PRIu64 " %s ago",
                   hours > 0     ? hours
                   : minutes > 0 ? minutes
                                 : seconds,
                   hours > 0     ? "h"
                   : minutes > 0 ? "min"
                                 : "s");
    add_why(buf, notice);
}

/* ---- the table ---- */

/* One line for each kind: weight, ink, sign, and what it says. A notice without one does not compile. */
#define LOOK(weight, ink, sign, add)          \
    {                                         \
        WEIGHT_##weight, INK_##ink, sign, add \
    }
#define LOOK_HC_NOTICE_STARTED LOOK(NEWS, PLAIN, "  ", NULL)
#define LOOK_HC_NOTICE_JOINED LOOK(NEWS, GOOD, "+ ", add_arrived)
#define LOOK_HC_NOTICE_DROPPED LOOK(NEWS, NOTE, "- ", add_dropped)
#define LOOK_HC_NOTICE_RETURNED LOOK(NEWS, GOOD, "+ ", add_arrived)
#define LOOK_HC_NOTICE_LEFT LOOK(NEWS, PLAIN, "- ", add_left)
#define LOOK_HC_NOTICE_MUTATED LOOK(DETAIL, PLAIN, "  ", add_mutated)
#define LOOK_HC_NOTICE_REFUSED LOOK(WARNING, NOTE, "! ", add_refused)
#define LOOK_HC_NOTICE_FORKED LOOK(WARNING, BAD, "! ", add_forked)
#define LOOK_HC_NOTICE_UNANSWERED LOOK(WARNING, NOTE, "! ", add_unanswered)
#define LOOK_HC_NOTICE_PAID LOOK(NEWS, PLAIN, "  ", add_payment)
#define LOOK_HC_NOTICE_RECEIVED LOOK(NEWS, PLAIN, "  ", add_payment)
#define LOOK_HC_NOTICE_TAGGED LOOK(NEWS, PLAIN, "  ", add_tagged)
#define LOOK_HC_NOTICE_STORE_FAILED LOOK(WARNING, BAD, "! ", add_store_failed)
#define LOOK_HC_NOTICE_UNREACHED LOOK(WARNING, BAD, "! ", add_unreached)
#define LOOK_HC_NOTICE_REACHED LOOK(NEWS, GOOD, "  ", add_reached)
#define LOOK_HC_NOTICE_TWIN LOOK(WARNING, BAD, "! ", add_twin)
#define LOOK_HC_NOTICE_LINKED LOOK(DETAIL, PLAIN, "  ", add_linked)
#define LOOK_HC_NOTICE_UNLINKED LOOK(DETAIL, PLAIN, "  ", add_unlinked)
#define LOOK_HC_NOTICE_ACCUSED LOOK(WARNING, NOTE, "! ", add_accused)
#define LOOK_HC_NOTICE_ROUND LOOK(DETAIL, PLAIN, "  ", NULL)

static const struct {
    enum event_weight weight;
    enum view_ink ink;
    char sign[EVENT_SIGN_BYTES + 1];
    void (*add)(struct textbuf *buf, const struct hc_notice *notice, bool own); /* NULL: it is no line */
} looks[] = {
#define X(kind, name) [kind] = LOOK_##kind,
    HC_NOTICES(X)
#undef X
};

enum event_weight event_line_weight(const struct hc_notice *notice, bool own)
{
    ASSERT((size_t)notice->kind < sizeof looks / sizeof *looks);
    return own && notice->kind == HC_NOTICE_MUTATED ? WEIGHT_NEWS : looks[notice->kind].weight;
}

void event_line(struct textbuf *buf, const struct hc_notice *notice, bool own, const struct view_style *style)
{
    ASSERT((size_t)notice->kind < sizeof looks / sizeof *looks);
    if (!looks[notice->kind].add) {
        return;
    }
    view_ink_on(buf, style, looks[notice->kind].ink);
    textbuf_puts(buf, own && notice->kind == HC_NOTICE_LEFT ? "  " : looks[notice->kind].sign);
    looks[notice->kind].add(buf, notice, own);
    view_ink_off(buf, style, looks[notice->kind].ink);
    textbuf_puts(buf, "\n");
}
