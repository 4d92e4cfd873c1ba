/* id: a node's id and address, to give to a payer. */
#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"

static int print_words(const char *line)
{
    struct textbuf buf = {0};
    cJSON *answer = cJSON_Parse(line);

    textbuf_printf(&buf, "%s %s\n", answer_text(answer, "id"), answer_text(answer, "addr"));
    int status = cli_print(&buf);
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

static int show(struct dialog *dialog, const void *options)
{
    const struct client_options *client = options;
    struct complaint complaint;
    const char *line;

    if (dialog_ask(dialog, &line, "{\"command\":\"id\"}\n", CONTROL_ANSWER_MS_MAX, &complaint) != DIALOG_OK) {
        return cli_failed(complaint.text);
    }
    return client->json ? cli_print_line(line) : print_words(line);
}

static int run(const void *options)
{
    return dialog_run(show, options);
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct client_options),
    OPTION_JSON(struct client_options, json, "print a line of JSON (default: id and address)"),
    {0},
};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node id [--json] --port PORT | --data-dir DIR",
    .description = "Shows a node's id and address. Give them to those who are to pay it.",
    .options = option_list,
    .options_bytes = sizeof(struct client_options),
    .operand = target_operand,
    .check = target_check,
};

const struct command command_id = {
    .name = "id", .summary = "show a node's id and address, to give to a payer", .syntax = &syntax, .run = run};
