/* history: the payments of a node, either way, as they happened; and id: who a node is, to give to a payer. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/control_client.h"
#include "cli/view.h"

#define KEY_JSON 256

struct history_options {
    struct control_target target;
    bool json;
};

static const struct argument_option option_list[] = {
    CONTROL_TARGET_OPTIONS,
    {"json", KEY_JSON, NULL, false, "as lines of JSON, for scripts (default: a list)"},
    {0},
};

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct history_options *options = context;

    if (key == KEY_JSON) {
        options->json = true;
        return true;
    }
    return control_target_take(&options->target, key, value, complaint);
}

static const struct argument_syntax history_syntax = {
    .usage = "howcoin-node history [--json] --port PORT | --data-dir DIR",
    .summary = "Shows what a node paid and received, in the order in which it happened: time, amount, the other node,\n"
               "and the memo of a payment.",
    .options = option_list,
    .take = take,
};

static const struct argument_syntax id_syntax = {
    .usage = "howcoin-node id [--json] --port PORT | --data-dir DIR",
    .summary = "Shows a node's id and address, to be given to whoever is to pay it.",
    .options = option_list,
    .take = take,
};

static uint64_t number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 1e18 ? (uint64_t)item->valuedouble : 0;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text != NULL ? text : "";
}

/* cJSON would print large numbers with an exponent. */
static void numbers_in_full(cJSON *object)
{
    static const char *const keys[] = {"number", "time_ms", "amount", "version"};
    char text[24];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        (void)snprintf(text, sizeof text, "%" PRIu64, number_of(object, keys[i]));
        (void)cJSON_ReplaceItemInObjectCaseSensitive(object, keys[i], cJSON_CreateRaw(text));
    }
}

static void add_payment(struct textbuf *buf, const cJSON *payment)
{
    char sum[VIEW_SUM_CHARS], when[32] = "?";
    struct tm local;
    time_t seconds = (time_t)(number_of(payment, "time_ms") / 1000);
    bool received = strcmp(text_of(payment, "kind"), "received") == 0;

    if (localtime_r(&seconds, &local) != NULL) {
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    }
    view_sum(sum, (hc_coin_sum)number_of(payment, "amount"));
    textbuf_printf(buf, "%s  %s %15s %s %s%s%s (id %.8s)", when, received ? "received" : "paid    ", sum,
                   received ? "from" : "to  ", text_of(payment, "addr"), text_of(payment, "name")[0] != '\0' ? " " : "",
                   text_of(payment, "name"), text_of(payment, "id"));
    if (text_of(payment, "memo")[0] != '\0') {
        textbuf_printf(buf, "  %s", text_of(payment, "memo"));
    }
    textbuf_puts(buf, "\n");
}

/* Prints one page; *after is moved to its last payment, and *count says how many there were. */
static int print_page(const char *line, bool json, uint64_t *after, size_t *count)
{
    struct textbuf buf = {0};
    cJSON *answer = cJSON_Parse(line), *payment;

    *count = 0;
    cJSON_ArrayForEach(payment, cJSON_GetObjectItemCaseSensitive(answer, "payments"))
    {
        uint64_t number = number_of(payment, "number");
        if (number <= *after) {
            break; /* it would never end */
        }
        *after = number;
        (*count)++;
        if (json) {
            numbers_in_full(payment);
            char *text = cJSON_PrintUnformatted(payment);
            buf.failed = buf.failed || text == NULL;
            textbuf_printf(&buf, "%s\n", text != NULL ? text : "");
            cJSON_free(text);
        } else {
            add_payment(&buf, payment);
        }
    }
    int status = *count > 0 ? cli_print(&buf) : CLI_OK;
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

static int print_history(struct dialog *dialog, bool json)
{
    char request[64];
    const char *line;
    struct hc_fault fault;
    uint64_t after = 0;
    size_t count = 1;
    int status = CLI_OK;

    while (status == CLI_OK && count > 0) {
        (void)snprintf(request, sizeof request, "{\"command\":\"history\",\"after\":%" PRIu64 "}\n", after);
        if (dialog_send(dialog, request, &fault) != HC_OK ||
            dialog_read(dialog, &line, control_now_ms() + CONTROL_ANSWER_MS_MAX, &fault) != HC_OK ||
            control_answer_check(line, &fault) != HC_OK) {
            return cli_failed(fault.text);
        }
        status = print_page(line, json, &after, &count);
    }
    return status;
}

static int print_id(struct dialog *dialog, bool json)
{
    struct textbuf buf = {0};
    struct hc_fault fault;
    const char *line;

    if (dialog_send(dialog, "{\"command\":\"id\"}\n", &fault) != HC_OK ||
        dialog_read(dialog, &line, control_now_ms() + CONTROL_ANSWER_MS_MAX, &fault) != HC_OK ||
        control_answer_check(line, &fault) != HC_OK) {
        return cli_failed(fault.text);
    }
    cJSON *answer = cJSON_Parse(line);
    if (json) {
        textbuf_printf(&buf, "%s\n", line);
    } else {
        textbuf_printf(&buf, "%s %s\n", text_of(answer, "id"), text_of(answer, "addr"));
    }
    int status = cli_print(&buf);
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

static int command(const struct argument_syntax *syntax, int (*print)(struct dialog *dialog, bool json), int argc,
                   char **argv)
{
    struct history_options options = {0};
    struct complaint complaint;
    struct dialog dialog;
    struct hc_fault fault;

    enum arguments_result read = arguments_read(syntax, &options, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(syntax);
    }
    if (read == ARGUMENTS_WRONG || !control_target_check(&options.target, &complaint)) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    int status =
        dialog_open(&dialog, &options.target, &fault) == HC_OK ? print(&dialog, options.json) : cli_failed(fault.text);
    dialog_close(&dialog);
    return status;
}

int command_history(const char *program, int argc, char **argv)
{
    (void)program;
    return command(&history_syntax, print_history, argc, argv);
}

int command_id(const char *program, int argc, char **argv)
{
    (void)program;
    return command(&id_syntax, print_id, argc, argv);
}
