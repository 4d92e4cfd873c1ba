/* history: the payments of a node, either way, as they happened. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/view.h"
#include "daemon/json.h"

/* Adds the payment as a line of JSON, its numbers in full: cJSON would print large ones with an exponent. Drops it. */
static void add_json(struct textbuf *buf, cJSON *payment)
{
    static const char *const keys[] = {"number", "time_ms", "amount", "version", NULL};
    struct json json = {.root = payment};

    for (const char *const *key = keys; *key; key++) {
        cJSON *item = cJSON_GetObjectItemCaseSensitive(payment, *key);
        if (item) { /* in its place, so that the order of the keys stays */
            char text[24];
            (void)snprintf(text, sizeof text, "%" PRIu64, answer_number(payment, *key));
            cJSON *whole = cJSON_CreateRaw(text);
            json.failed = json.failed || !whole || !cJSON_ReplaceItemInObjectCaseSensitive(payment, *key, whole);
        }
    }
    textbuf_take(buf, json_line(&json));
}

static void add_words(struct textbuf *buf, const cJSON *payment)
{
    char sum[VIEW_SUM_CHARS], when[32] = "?";
    struct tm local;
    time_t seconds = (time_t)(answer_number(payment, "time_ms") / 1000);
    bool received = strcmp(answer_text(payment, "kind"), "received") == 0;
    const char *name = answer_text(payment, "name"), *memo = answer_text(payment, "memo");

    if (localtime_r(&seconds, &local)) {
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    }
    view_sum(sum, (hc_coin_sum)answer_number(payment, "amount"));
    textbuf_printf(buf, "%s  %s %15s %s %s%s%s (id %.8s)%s%s\n", when, received ? "received" : "paid    ", sum,
                   received ? "from" : "to  ", answer_text(payment, "addr"), *name != '\0' ? " " : "", name,
                   answer_text(payment, "id"), *memo != '\0' ? "  " : "", memo);
}

/* Prints one page; *after is moved to its last payment, and *count says how many there were. */
static int print_page(const char *line, bool json, uint64_t *after, size_t *count)
{
    struct textbuf buf = {0};
    cJSON *answer = cJSON_Parse(line), *payment;
    cJSON *payments = cJSON_GetObjectItemCaseSensitive(answer, "payments");

    *count = 0;
    while ((payment = cJSON_DetachItemFromArray(payments, 0))) {
        uint64_t number = answer_number(payment, "number");
        if (number <= *after) { /* it would never end */
            cJSON_Delete(payment);
            break;
        }
        *after = number;
        (*count)++;
        if (json) {
            add_json(&buf, payment);
        } else {
            add_words(&buf, payment);
            cJSON_Delete(payment);
        }
    }
    int status = *count > 0 ? cli_print(&buf) : CLI_OK;
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

static int show(struct dialog *dialog, const void *options)
{
    const struct client_options *client = options;
    char request[64];
    const char *line;
    struct complaint complaint;
    uint64_t after = 0;
    size_t count = 1;
    int status = CLI_OK;

    while (status == CLI_OK && count > 0) {
        (void)snprintf(request, sizeof request, "{\"command\":\"history\",\"after\":%" PRIu64 "}\n", after);
        if (dialog_ask(dialog, &line, request, CONTROL_ANSWER_MS_MAX, &complaint) != DIALOG_OK) {
            return cli_failed(complaint.text);
        }
        status = print_page(line, client->json, &after, &count);
    }
    return status;
}

static int run(const void *options)
{
    return dialog_run(show, options);
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct client_options),
    OPTION_JSON(struct client_options, json, "print lines of JSON (default: a list)"),
    {0},
};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node history [--json] --port PORT | --data-dir DIR",
    .description = "Lists the payments that a node made and received, oldest first: time, amount, the other node, and "
                   "the memo.",
    .options = option_list,
    .options_bytes = sizeof(struct client_options),
    .operand = target_operand,
    .check = target_check,
};

const struct command command_history = {
    .name = "history", .summary = "list the payments that a node made and received", .syntax = &syntax, .run = run};
