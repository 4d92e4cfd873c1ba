/* links: the connections that a node keeps with others, as a table, or as its JSON. */
#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/links_table.h"
#include "cli/screen.h"

static int print_table(const char *line)
{
    const struct view_style style = screen_style(screen_wants_color());
    struct textbuf buf = {0};
    cJSON *answer = cJSON_Parse(line);

    links_table(&buf, answer, &style);
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

    if (dialog_ask(dialog, &line, "{\"command\":\"links\"}\n", CONTROL_ANSWER_MS_MAX, &complaint) != DIALOG_OK) {
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
    .usage = "howcoin-node links [--json] --port PORT | --data-dir DIR",
    .description = "Shows the links of a node, the connections that it keeps with others: with whom, of which kind "
                   "(ring: with the next node in the circle of ids; chord: with a random one), since when, who opened "
                   "it, whether news is pushed at once on it (eager) or not (lazy), out and in, the bytes that it "
                   "took, which share of what came was new here, and whether the other side last told this table.",
    .options = option_list,
    .options_bytes = sizeof(struct client_options),
    .operand = target_operand,
    .check = target_check,
};

const struct command command_links = {
    .name = "links", .summary = "show the connections that a node keeps with others", .syntax = &syntax, .run = run};
