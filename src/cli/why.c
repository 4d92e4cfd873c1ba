/* why: the story of a node as another one saw it, in words, or as its JSON. */
#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/story_words.h"
#include "daemon/json.h"

struct why_options {
    struct control_target target;
    bool json;
    const char *of; /* NULL: not given */
};

static int print_words(const char *line)
{
    struct textbuf buf = {0};
    cJSON *answer = cJSON_Parse(line);

    story_words(&buf, answer);
    int status = cli_print(&buf);
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

/* Adds the request as a line. */
static void add_request(struct textbuf *buf, const char *of)
{
    struct json request;

    json_begin(&request);
    json_text(&request, request.root, "command", "why");
    json_text(&request, request.root, "of", of);
    textbuf_take(buf, json_line(&request));
}

static int show(struct dialog *dialog, const void *options)
{
    const struct why_options *why = options;
    struct textbuf request = {0};
    struct complaint complaint;
    const char *line = NULL;

    add_request(&request, why->of);
    enum dialog_result result = request.failed
                                    ? dialog_fail(DIALOG_FAILED, &complaint, "out of memory")
                                    : dialog_ask(dialog, &line, request.text, CONTROL_ANSWER_MS_MAX, &complaint);
    textbuf_free(&request);
    if (result != DIALOG_OK) {
        return cli_failed(complaint.text);
    }
    return why->json ? cli_print_line(line) : print_words(line);
}

static int run(const void *options)
{
    return dialog_run(show, options);
}

/* TARGET. */
static bool operand(void *options, const char *text, struct complaint *complaint)
{
    struct why_options *why = options;

    if (why->of) {
        return complain(complaint, "'%.100s' is one argument too many: expected TARGET", text);
    }
    why->of = text;
    return *text != '\0' || complain(complaint, "'' is not a node: expected a port, an address, a name or an id");
}

static bool check(const void *options, struct complaint *complaint)
{
    const struct why_options *why = options;

    return why->of ? target_check(why, complaint)
                   : complain(complaint, "TARGET is missing: expected the port, address, name or id of a node");
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct why_options),
    OPTION_JSON(struct why_options, json, "print a line of JSON (default: words)"),
    {0},
};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node why TARGET [--json] --port PORT | --data-dir DIR",
    .description = "Tells the story of a node as another one, that of --port, saw it: heard of, linked, asked, "
                   "dropped and why, and back again. Of the node itself it tells who had dropped it, and why.\n\n"
                   "TARGET is a port, an address, a name, or at least the first 4 digits of an id.",
    .options = option_list,
    .options_bytes = sizeof(struct why_options),
    .operand = operand,
    .check = check,
};

const struct command command_why = {
    .name = "why", .summary = "tell what a node saw of another, and why it dropped it", .syntax = &syntax, .run = run};
