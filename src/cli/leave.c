/* leave: makes a node say goodbye and exit, and waits for that. */
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"

/* The answer comes when the goodbye is said; the end of the connection is the end of the node. */
static int leave(struct dialog *dialog, const void *options)
{
    int64_t deadline_ms = control_now_ms() + 2 * CONTROL_ANSWER_MS_MAX;
    struct complaint complaint;
    const char *line;

    (void)options;
    enum dialog_result result =
        dialog_ask(dialog, &line, "{\"command\":\"leave\"}\n", 2 * CONTROL_ANSWER_MS_MAX, &complaint);
    if (result != DIALOG_OK) {
        return cli_failed(complaint.text);
    }
    while (result == DIALOG_OK) {
        result = dialog_read(dialog, &line, deadline_ms, &complaint);
    }
    return result == DIALOG_CLOSED ? CLI_OK : cli_failed(complaint.text);
}

static int run(const void *options)
{
    return dialog_run(leave, options);
}

static const struct argument_option option_list[] = {TARGET_OPTIONS(struct client_options), {0}};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node leave --port PORT | --data-dir DIR",
    .description = "Makes a node say goodbye to its peers and exit, as Ctrl-C in its terminal does. Returns when the "
                   "node has exited.",
    .options = option_list,
    .options_bytes = sizeof(struct client_options),
    .operand = target_operand,
    .check = target_check,
};

const struct command command_leave = {
    .name = "leave", .summary = "make a node say goodbye and exit", .syntax = &syntax, .run = run};
