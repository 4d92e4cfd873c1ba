/* watch: what happens at a node, a line of JSON for each event, until the node ends or the reader has enough. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"

static int follow(struct dialog *dialog, const void *options)
{
    struct complaint complaint;
    const char *line;
    int status = CLI_OK;

    (void)options;
    enum dialog_result result =
        dialog_ask(dialog, &line, "{\"command\":\"watch\"}\n", CONTROL_ANSWER_MS_MAX, &complaint);
    if (result != DIALOG_OK) {
        return result == DIALOG_INTERRUPTED ? CLI_OK : cli_failed(complaint.text);
    }
    while (status == CLI_OK && (result = dialog_read(dialog, &line, INT64_MAX, &complaint)) == DIALOG_OK) {
        status = cli_print_line(line);
    }
    if (status != CLI_OK || result == DIALOG_CLOSED || result == DIALOG_INTERRUPTED) {
        return status;
    }
    return cli_failed(complaint.text);
}

static int run(const void *options)
{
    control_catch_signals();
    return dialog_run(follow, options);
}

static const struct argument_option option_list[] = {TARGET_OPTIONS(struct client_options), {0}};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node watch --port PORT | --data-dir DIR",
    .description = "Prints each event of a node as a line of JSON, until the node exits or you press Ctrl-C. "
                   "docs/CONTROL.md describes the events.",
    .options = option_list,
    .options_bytes = sizeof(struct client_options),
    .operand = target_operand,
    .check = target_check,
};

const struct command command_watch = {
    .name = "watch", .summary = "print a node's events as lines of JSON", .syntax = &syntax, .run = run};
