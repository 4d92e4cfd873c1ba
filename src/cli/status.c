/* status: what a running node knows, as the table that it shows itself, or as its JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/control_client.h"
#include "cli/screen.h"
#include "cli/tag_words.h"
#include "cli/view.h"

#define KEY_JSON 256

struct status_options {
    struct control_target target;
    bool json;
};

static const struct argument_option option_list[] = {
    CONTROL_TARGET_OPTIONS,
    {"json", KEY_JSON, NULL, false, "as one line of JSON, for scripts (default: a table)"},
    {0},
};

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct status_options *options = context;

    if (key == KEY_JSON) {
        options->json = true;
        return true;
    }
    return control_target_take(&options->target, key, value, complaint);
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node status [--json] --port PORT | --data-dir DIR",
    .summary = "Shows what a running node knows: its table, and below it the nodes that are gone.",
    .options = option_list,
    .take = take,
};

/* ---- JSON to the table ---- */

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return text != NULL ? text : "";
}

/* Numbers of the protocol are exact as doubles; a sum beyond that may be off in its last digit, in a table only. */
static hc_coin_sum number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    double number = cJSON_IsNumber(item) ? item->valuedouble : 0;

    return number > -1e30 && number < 1e30 ? (hc_coin_sum)number : 0;
}

static bool truth_of(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static enum hc_member_status status_of(const cJSON *node)
{
    const char *name = text_of(node, "status");

    for (enum hc_member_status status = HC_MEMBER_LIVE; status < HC_MEMBER_LEFT; status++) {
        if (strcmp(hc_member_status_name(status), name) == 0) {
            return status;
        }
    }
    return HC_MEMBER_LEFT;
}

/* Its tags in words, to be freed with free(); NULL if it has none, or if memory ran out. */
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
        free((char *)view->rows[i].tags);
    }
    free(view->rows);
}

static bool view_read(struct view *view, const cJSON *status)
{
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(status, "nodes"), *node;
    int count = cJSON_GetArraySize(nodes);

    *view = (struct view){.round = (uint64_t)number_of(status, "round"),
                          .agree = truth_of(status, "agree"),
                          .list_gone = true,
                          .rows = calloc((size_t)count + 1, sizeof *view->rows)};
    if (view->rows == NULL) {
        return false;
    }
    cJSON_ArrayForEach(node, nodes)
    {
        struct view_row *row = &view->rows[view->count++];
        *row = (struct view_row){
            .address = text_of(node, "addr"),
            .name = text_of(node, "name"),
            .tags = tags_of(node),
            .status = status_of(node),
            .reason = hc_code_find(text_of(node, "reason")),
            .coins = (uint64_t)number_of(node, "coins"),
            .version = (uint64_t)number_of(node, "version"),
            .balance = number_of(node, "balance"),
            .paid = number_of(node, "paid"),
            .received = number_of(node, "received"),
            .age_ms = (int64_t)number_of(node, "age_ms"),
            .self = truth_of(node, "self"),
            .forked = truth_of(node, "forked"),
            .incomplete = truth_of(node, "incomplete"),
        };
        (void)snprintf(row->id, sizeof row->id, "%.8s", text_of(node, "id"));
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
        enum hc_code code = hc_code_find(item->string);
        textbuf_printf(buf, "  refused %.0f: %s\n", item->valuedouble,
                       code != HC_CODE_COUNT ? hc_code_text(code) : item->string);
    }
}

static void add_unreached(struct textbuf *buf, const cJSON *status)
{
    const cJSON *self = cJSON_GetObjectItemCaseSensitive(status, "self");

    if (strcmp(text_of(self, "reachable"), "no") == 0) {
        textbuf_printf(buf, "  nobody reaches this node at %s: see --advertise\n", text_of(self, "addr"));
    }
}

static void add_waiting(struct textbuf *buf, const cJSON *status)
{
    double count = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(status, "waiting"));

    if (count > 0) {
        textbuf_printf(buf, "  waiting %.0f: rows whose owners cannot pay yet, by what is known here\n", count);
    }
}

static int print_table(const char *line)
{
    struct textbuf buf = {0};
    struct view view = {0};
    cJSON *status = cJSON_Parse(line);
    int result = CLI_FAILED;

    if (!cJSON_IsObject(status)) {
        result = cli_failed("the node's answer is not one of this protocol");
    } else if (!view_read(&view, status)) {
        result = cli_failed("out of memory");
    } else {
        struct view_style style = screen_style(screen_wants_color());
        style.height = 0; /* asked for once, it is shown in full */
        view_format(&buf, &view, &style);
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

static int print_json(const char *line)
{
    struct textbuf buf = {0};

    textbuf_puts(&buf, line);
    textbuf_puts(&buf, "\n");
    int result = cli_print(&buf);
    textbuf_free(&buf);
    return result;
}

int command_status(const char *program, int argc, char **argv)
{
    struct status_options options = {0};
    struct complaint complaint;
    struct dialog dialog;
    struct hc_fault fault;
    const char *line;
    int status;

    (void)program;
    enum arguments_result read = arguments_read(&syntax, &options, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(&syntax);
    }
    if (read == ARGUMENTS_WRONG || !control_target_check(&options.target, &complaint)) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    if (dialog_open(&dialog, &options.target, &fault) != HC_OK ||
        dialog_send(&dialog, "{\"command\":\"status\"}\n", &fault) != HC_OK ||
        dialog_read(&dialog, &line, control_now_ms() + CONTROL_ANSWER_MS_MAX, &fault) != HC_OK ||
        control_answer_check(line, &fault) != HC_OK) {
        status = cli_failed(fault.text);
    } else {
        status = options.json ? print_json(line) : print_table(line);
    }
    dialog_close(&dialog);
    return status;
}
