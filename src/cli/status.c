/* status: what a running node knows, as the table that it shows itself, or as its JSON. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/screen.h"
#include "cli/tag_words.h"
#include "cli/view.h"
#include "core/common/memory.h"

/* ---- JSON to the table ---- */

static enum hc_member_status status_of(const cJSON *node)
{
    const char *name = answer_text(node, "status");

    for (enum hc_member_status status = HC_MEMBER_LIVE; status < HC_MEMBER_LEFT; status++) {
        if (strcmp(hc_member_status_name(status), name) == 0) {
            return status;
        }
    }
    return HC_MEMBER_LEFT;
}

/* Its tags in words, to be freed with memory_free; NULL if it has none, or if memory ran out. */
static char *tags_of(const cJSON *node)
{
    struct textbuf buf = {0};

    if (!tag_words_json(&buf, cJSON_GetObjectItemCaseSensitive(node, "tags")) || buf.failed) {
        textbuf_free(&buf);
        return NULL;
    }
    return buf.text;
}

static void view_free(struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        memory_free((char *)view->rows[i].tags);
    }
    memory_free(view->rows);
}

/* How this node itself talks; empty if it does not say. */
static const char *own_mode(const cJSON *nodes)
{
    const cJSON *node;

    cJSON_ArrayForEach(node, nodes)
    {
        if (answer_true(node, "self")) {
            return answer_text(node, "mode");
        }
    }
    return "";
}

static enum link_kind link_of(const cJSON *node)
{
    const char *kind = answer_text(node, "link");

    return strcmp(kind, link_kind_name(LINK_RING)) == 0    ? LINK_RING
           : strcmp(kind, link_kind_name(LINK_CHORD)) == 0 ? LINK_CHORD
                                                           : LINK_NONE;
}

/* How a peer talks, if that is known and not as this node does. */
static const char *other_mode(const cJSON *node, const char *own)
{
    const char *mode = answer_text(node, "mode");

    return *mode != '\0' && *own != '\0' && strcmp(mode, own) != 0 ? mode : NULL;
}

static void row_read(struct view_row *row, const cJSON *node, const char *mode)
{
    *row = (struct view_row){
        .address = answer_text(node, "addr"),
        .name = answer_text(node, "name"),
        .tags = tags_of(node),
        .status = status_of(node),
        .reason = hc_code_find(answer_text(node, "reason")),
        .coins = answer_number(node, "coins"),
        .version = answer_number(node, "version"),
        .balance = answer_sum(node, "balance"),
        .paid = answer_sum(node, "paid"),
        .received = answer_sum(node, "received"),
        .age_ms = (int64_t)answer_number(node, "age_ms"),
        .self = answer_true(node, "self"),
        .forked = answer_true(node, "forked"),
        .incomplete = answer_true(node, "incomplete"),
        .standing = answer_true(node, "standing"),
        .link = link_of(node),
        .mode = other_mode(node, mode),
    };
    (void)snprintf(row->id, sizeof row->id, "%.8s", answer_text(node, "id"));
}

static bool view_read(struct view *view, const cJSON *status)
{
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(status, "nodes"), *node;
    const char *mode = own_mode(nodes);
    int count = cJSON_GetArraySize(nodes);

    *view = (struct view){.round = answer_number(status, "round"),
                          .agree = answer_true(status, "agree"),
                          .heard = (size_t)answer_number(status, "heard"),
                          .agreeing = (size_t)answer_number(status, "agreeing"),
                          .list_gone = true,
                          .rows = memory_new((size_t)count + 1, sizeof *view->rows)};
    if (!view->rows) {
        return false;
    }
    cJSON_ArrayForEach(node, nodes)
    {
        ASSERT(view->count < (size_t)count);
        struct view_row *row = &view->rows[view->count++];
        row_read(row, node, mode);
        if (row->status == HC_MEMBER_LIVE) {
            view->live++;
            view->coins += row->balance;
        }
    }
    return true;
}

static void add_refused(struct textbuf *buf, const cJSON *status)
{
    const cJSON *refused = cJSON_GetObjectItemCaseSensitive(status, "refused"), *item;

    cJSON_ArrayForEach(item, refused)
    {
        const char *name = item->string ? item->string : "?";
        enum hc_code code = hc_code_find(name);
        textbuf_printf(buf, "  refused %.0f: %s\n", item->valuedouble,
                       code != HC_CODE_COUNT ? hc_code_text(code) : name);
    }
}

static void add_unreached(struct textbuf *buf, const cJSON *status)
{
    const cJSON *self = cJSON_GetObjectItemCaseSensitive(status, "self");

    if (strcmp(answer_text(self, "reachable"), "no") == 0) {
        textbuf_printf(buf, "  no peer can reach this node at %s: see --advertise\n", answer_text(self, "addr"));
    }
}

static void add_waiting(struct textbuf *buf, const cJSON *status)
{
    double count = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(status, "waiting"));

    if (count > 0) {
        textbuf_printf(buf, "  waiting %.0f: rows whose owners cannot pay yet, as far as this node knows\n", count);
    }
}

/* How this node talks, and its links. */
static void add_links(struct textbuf *buf, const cJSON *status)
{
    const cJSON *links = cJSON_GetObjectItemCaseSensitive(status, "links"), *node;
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(status, "nodes");
    uint64_t ours = answer_number(links, "ours"), all = ours + answer_number(links, "theirs");
    const char *mode = own_mode(nodes);
    size_t standing = 0;

    cJSON_ArrayForEach(node, nodes)
    {
        standing += answer_true(node, "standing");
    }
    if (*mode != '\0') {
        textbuf_printf(buf, "  exchange %s", mode);
    }
    if (all > 0) {
        textbuf_printf(buf, "%s%" PRIu64 " %s, %" PRIu64 " of them opened here; the ring is %s",
                       *mode != '\0' ? ": " : "  ", all, all == 1 ? "link" : "links", ours, answer_text(links, "ring"));
    }
    textbuf_puts(buf, *mode != '\0' || all > 0 ? "\n" : "");
    if (standing > 0) {
        textbuf_printf(buf, "  disputed %zu: other nodes think otherwise of their status, and both sides have looked\n",
                       standing);
    }
}

static int print_table(const char *line)
{
    struct textbuf buf = {0};
    struct view view = {0};
    cJSON *status = cJSON_Parse(line);
    int result = CLI_FAILED;

    if (!status || !view_read(&view, status)) {
        result = cli_failed("out of memory");
    } else {
        struct view_style style = screen_style(screen_wants_color());
        style.height = 0; /* asked for once, it is shown in full */
        view_format(&buf, &view, &style);
        add_links(&buf, status);
        add_refused(&buf, status);
        add_unreached(&buf, status);
        add_waiting(&buf, status);
        result = cli_print(&buf);
    }
    view_free(&view);
    cJSON_Delete(status);
    textbuf_free(&buf);
    return result;
}

static int show(struct dialog *dialog, const void *options)
{
    const struct client_options *client = options;
    struct complaint complaint;
    const char *line;

    if (dialog_ask(dialog, &line, "{\"command\":\"status\"}\n", CONTROL_ANSWER_MS_MAX, &complaint) != DIALOG_OK) {
        return cli_failed(complaint.text);
    }
    return client->json ? cli_print_line(line) : print_table(line);
}

static int run(const void *options)
{
    return dialog_run(show, options);
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct client_options),
    OPTION_JSON(struct client_options, json, "print a line of JSON (default: a table)"),
    {0},
};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node status [--json] --port PORT | --data-dir DIR",
    .description = "Shows what a running node knows: its table, and below it the nodes that left or were dropped.",
    .options = option_list,
    .options_bytes = sizeof(struct client_options),
    .operand = target_operand,
    .check = target_check,
};

const struct command command_status = {
    .name = "status", .summary = "show what a running node knows", .syntax = &syntax, .run = run};
