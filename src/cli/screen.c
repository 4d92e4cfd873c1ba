/* The welcome, and what the screen remembers from one table to the next. */
#include "cli/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/event_line.h"
#include "core/common/address.h"
#include "core/common/array.h"
#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "daemon/output.h"

/* A terminal that does not tell its size has the one they all once had. */
#define TERMINAL_COLUMNS 80
#define TERMINAL_LINES 24

bool screen_wants_color(void)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && (!no_color || *no_color == '\0') && (!terminal || strcmp(terminal, "dumb") != 0);
}

struct view_style screen_style(bool color)
{
    struct view_style style = {.color = color};
    struct winsize size = {0};

    if (isatty(STDOUT_FILENO)) {
        bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
        style.width = told && size.ws_col > 0 ? size.ws_col : TERMINAL_COLUMNS;
        style.height = told && size.ws_row > 0 ? size.ws_row : TERMINAL_LINES;
    }
    return style;
}

/* ---- the welcome ---- */

void screen_add_word(struct textbuf *buf, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@%=";

    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        textbuf_puts(buf, word);
        return;
    }
    textbuf_puts(buf, "'");
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '\'') {
            textbuf_puts(buf, "'\\''");
        } else {
            textbuf_add(buf, c, 1);
        }
    }
    textbuf_puts(buf, "'");
}

/* The next port that this node's contacts do not have: 8000 is told 8001, and 8001 8002. */
static unsigned next_port(const struct screen_command *command, uint16_t own)
{
    unsigned port = own;
    bool taken;

    do {
        port++;
        taken = false;
        for (size_t i = 0; i < command->contact_count; i++) {
            char host[HC_ADDR_BYTES_MAX + 1];
            uint16_t theirs;
            hc_address_split(host, &theirs, command->contacts[i]);
            taken = taken || theirs == port;
        }
    } while (taken);
    return port <= UINT16_MAX ? port : 0;
}

static void add_command(struct textbuf *buf, const struct screen_command *command, const struct runtime_facts *facts)
{
    char host[HC_ADDR_BYTES_MAX + 1];
    uint16_t port;

    hc_address_split(host, &port, facts->address);
    screen_add_word(buf, command->program);
    if (facts->exposed) {
        textbuf_printf(buf, " --port %u --bind ITS-ADDRESS", facts->port);
    } else {
        textbuf_printf(buf, " --port %u", next_port(command, facts->port));
    }
    textbuf_puts(buf, " --peer ");
    if (strcmp(host, "127.0.0.1") == 0) {
        textbuf_printf(buf, "%u", port);
    } else {
        screen_add_word(buf, facts->address);
    }
    if (command->coins_file) {
        textbuf_puts(buf, " --coins ");
        screen_add_word(buf, command->coins_file);
    }
    if (command->network_name[0] != '\0') {
        textbuf_puts(buf, " --network ");
        screen_add_word(buf, command->network_name);
    }
    if (command->ephemeral) {
        textbuf_puts(buf, " --ephemeral");
    }
}

void screen_welcome(struct textbuf *buf, const struct screen_command *command, const struct runtime_facts *facts,
                    const struct hc_row *row, const uint8_t network[static HC_NETWORK_BYTES],
                    const struct view_style *style)
{
    char id[VIEW_ID_CHARS + 1], short_network[VIEW_ID_CHARS + 1], coins[VIEW_SUM_CHARS];

    hex_encode(id, row->fields.id, VIEW_ID_CHARS / 2);
    hex_encode(short_network, network, VIEW_ID_CHARS / 2);
    view_sum(coins, (hc_coin_sum)row->fields.coins);
    textbuf_puts(buf, "This is node ");
    view_ink_on(buf, style, INK_STRONG);
    textbuf_puts(buf, facts->address);
    if (row->fields.name[0] != '\0') {
        textbuf_printf(buf, " %s", row->fields.name);
    }
    view_ink_off(buf, style, INK_STRONG);
    textbuf_printf(buf, " (id %s) of the network ", id);
    if (facts->network_name[0] != '\0') {
        textbuf_printf(buf, "%s (%s).\n", facts->network_name, short_network);
    } else {
        textbuf_printf(buf, "%s.\n", short_network);
    }
    textbuf_printf(buf, "It drew %s %s.\n", coins, row->fields.coins == 1 ? "coin" : "coins");
    textbuf_puts(buf, facts->exposed ? "Start the next node on another machine:\n\n    "
                                     : "Start the next node in another terminal:\n\n    ");
    view_ink_on(buf, style, INK_STRONG);
    add_command(buf, command, facts);
    view_ink_off(buf, style, INK_STRONG);
    textbuf_puts(buf, "\n\nCtrl-C ends this one.\n");
}

/* ---- the table ---- */

/* The row's version in the last table, or 0. Both are ascending by id, so `at` only goes forward. */
static uint64_t version_seen(const struct screen *screen, size_t *at, const uint8_t *id)
{
    while (*at < screen->seen_count && id_compare(screen->seen[*at].id, id) < 0) {
        (*at)++;
    }
    bool found = *at < screen->seen_count && id_equal(screen->seen[*at].id, id);
    return found ? screen->seen[*at].version : 0;
}

/* How a peer talks, if that is known and not as this node does. */
static const char *other_mode(const struct hc_node_row_view *peer, const struct linked *linked)
{
    return peer->mode_known && linked->mode_known && peer->mode != linked->mode ? hc_exchange_name(peer->mode) : NULL;
}

static void fill_row(struct view_row *to, const struct hc_node_row_view *from, const struct linked *linked,
                     int64_t now_ms)
{
    const struct hc_row_fields *fields = &from->row->fields;

    *to = (struct view_row){
        .address = fields->addr,
        .name = fields->name,
        .status = from->status,
        .reason = from->reason,
        .coins = fields->coins,
        .version = fields->version,
        .balance = from->balance,
        .paid = from->paid,
        .received = from->received,
        .age_ms = now_ms > from->changed_ms ? now_ms - from->changed_ms : 0,
        .self = from->self,
        .forked = from->forked,
        .incomplete = from->incomplete,
        .standing = from->standing,
        .link = linked_with(linked, fields->id),
        .mode = other_mode(from, linked),
    };
    hex_encode(to->id, fields->id, VIEW_ID_CHARS / 2);
}

/* Takes down what this table shows, for the next one. Without memory the old one stays, and is compared with again. */
static void remember(struct screen *screen, const struct hc_node *node, size_t known)
{
    struct hc_node_row_view view;

    if (!ARRAY_RESERVE(screen->seen, screen->seen_capacity, known)) {
        return;
    }
    screen->seen_count = 0;
    screen->seen_any = true;
    for (size_t i = 0; i < known; i++) {
        hc_node_look_at(node, i, &view);
        if (view.status != HC_MEMBER_LIVE) {
            continue;
        }
        const struct hc_row_fields *fields = &view.row->fields;
        struct screen_seen *seen = &screen->seen[screen->seen_count++];
        ASSERT(screen->seen_count == 1 || id_compare(seen[-1].id, fields->id) < 0);
        id_copy(seen->id, fields->id);
        seen->version = fields->version;
    }
}

static void fill_rows(struct view *view, struct screen *screen, const struct hc_node *node, size_t known,
                      int64_t now_ms)
{
    struct hc_node_row_view row;
    struct linked linked;
    size_t at = 0;

    linked_read(&linked, node);
    for (size_t i = 0; i < known; i++) {
        hc_node_look_at(node, i, &row);
        if (row.status == HC_MEMBER_LIVE) {
            struct view_row *to = &view->rows[view->count++];
            fill_row(to, &row, &linked, now_ms);
            to->changed = screen->seen_any && version_seen(screen, &at, row.row->fields.id) != row.row->fields.version;
        }
    }
}

static void add_table(struct screen *screen, const struct hc_node *node, int64_t now_ms, const struct view_style *style)
{
    struct hc_node_view look;

    hc_node_look(node, &look);
    if (!ARRAY_RESERVE(screen->rows, screen->row_capacity, look.known)) {
        return; /* the next round is another chance */
    }
    struct view view = {.round = look.round,
                        .agree = look.agree,
                        .heard = look.heard,
                        .agreeing = look.agreeing,
                        .coins = hc_node_balances(node),
                        .live = look.live,
                        .rows = screen->rows};
    fill_rows(&view, screen, node, look.known, now_ms);
    remember(screen, node, look.known);
    ASSERT(view.count <= look.known && view.count <= screen->row_capacity);
    view_format(&screen->buf, &view, style);
}

/* ---- the observer ---- */

static void flush(struct screen *screen)
{
    ASSERT(!screen->welcomed || screen->facts);
    if (!screen->buf.failed && screen->buf.bytes > 0) {
        output_write(screen->buf.text, screen->buf.bytes);
    }
    textbuf_reset(&screen->buf);
}

/* The node draws its coins and the daemon tells its address; the welcome waits for both, whichever comes first. */
static void welcome_once(struct screen *screen, const struct hc_node *node)
{
    struct hc_node_view look;

    if (screen->welcomed || !screen->facts) {
        return;
    }
    hc_node_look(node, &look);
    if (!look.row) {
        return;
    }
    struct view_style style = screen_style(screen->color);
    screen_welcome(&screen->buf, &screen->command, screen->facts, look.row, look.network, &style);
    screen->welcomed = true;
}

void screen_started(void *context, const struct hc_node *node, const struct runtime_facts *facts)
{
    struct screen *screen = context;

    screen->facts = facts;
    welcome_once(screen, node);
    flush(screen);
}

void screen_notice(void *context, const struct hc_node *node, const struct hc_notice *notice, int64_t now_ms)
{
    struct screen *screen = context;

    welcome_once(screen, node);
    bool own = event_is_own(notice, node);
    struct view_style style = screen_style(screen->color);
    if (notice->kind == HC_NOTICE_ROUND) {
        add_table(screen, node, now_ms, &style);
    } else if (event_line_weight(notice, own) != WEIGHT_DETAIL) {
        if (own && notice->kind == HC_NOTICE_LEFT) {
            textbuf_puts(&screen->buf, "\n"); /* after the ^C that the terminal shows */
        }
        event_line(&screen->buf, notice, own, &style);
    }
    flush(screen);
}

void screen_free(struct screen *screen)
{
    textbuf_free(&screen->buf);
    memory_free(screen->rows);
    memory_free(screen->seen);
    screen->rows = NULL;
    screen->seen = NULL;
}
