/* watch: what happens at a node, a line of JSON for each event, until the node ends or the reader has enough. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/control_client.h"

static const struct argument_option option_list[] = {CONTROL_TARGET_OPTIONS, {0}};

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    return control_target_take(context, key, value, complaint);
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node watch --port PORT | --data-dir DIR",
    .summary = "Follows what happens at a node, as lines of JSON, until the node ends or Ctrl-C.\n"
               "docs/CONTROL.md describes the events.",
    .options = option_list,
    .take = take,
};

static int follow(struct dialog *dialog)
{
    struct hc_fault fault;
    const char *line;

    enum hc_code code = dialog_send(dialog, "{\"command\":\"watch\"}\n", &fault);
    if (code == HC_OK) {
        code = dialog_read(dialog, &line, control_now_ms() + CONTROL_ANSWER_MS_MAX, &fault);
    }
    if (code == HC_OK) {
        code = control_answer_check(line, &fault);
    }
    if (code != HC_OK) {
        return code == HC_LEFT ? CLI_OK : cli_failed(fault.text);
    }
    while ((code = dialog_read(dialog, &line, INT64_MAX, &fault)) == HC_OK) {
        if (printf("%s\n", line) < 0 || fflush(stdout) != 0) {
            (void)fprintf(stderr, PROGRAM ": cannot write to standard output: %s\n", strerror(errno));
            return CLI_FAILED;
        }
    }
    return code == HC_CLOSED || code == HC_LEFT ? CLI_OK : cli_failed(fault.text);
}

int command_watch(const char *program, int argc, char **argv)
{
    struct control_target target = {0};
    struct complaint complaint;
    struct dialog dialog;
    struct hc_fault fault;

    (void)program;
    enum arguments_result read = arguments_read(&syntax, &target, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(&syntax);
    }
    if (read == ARGUMENTS_WRONG || !control_target_check(&target, &complaint)) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    control_catch_signals();
    enum hc_code code = dialog_open(&dialog, &target, &fault);
    int status = code == HC_OK ? follow(&dialog) : cli_failed(fault.text);
    dialog_close(&dialog);
    return status;
}
