/* leave: lets a node say goodbye and end. */
#include "cli/cli.h"
#include "cli/control_client.h"

static const struct argument_option option_list[] = {CONTROL_TARGET_OPTIONS, {0}};

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    return control_target_take(context, key, value, complaint);
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node leave --port PORT | --data-dir DIR",
    .summary =
        "Lets a node say goodbye to its peers and end, as Ctrl-C in its terminal does. Returns when it has ended.",
    .options = option_list,
    .take = take,
};

/* The answer comes when the goodbye is said; the end of the connection is the end of the node. */
static enum hc_code leave(struct dialog *dialog, struct hc_fault *fault)
{
    int64_t deadline_ms = control_now_ms() + 2 * CONTROL_ANSWER_MS_MAX;
    const char *line;

    enum hc_code code = dialog_send(dialog, "{\"command\":\"leave\"}\n", fault);
    if (code == HC_OK) {
        code = dialog_read(dialog, &line, deadline_ms, fault);
    }
    if (code == HC_OK) {
        code = control_answer_check(line, fault);
    }
    if (code != HC_OK) {
        return code;
    }
    while (code == HC_OK) {
        code = dialog_read(dialog, &line, deadline_ms, fault);
    }
    return code == HC_CLOSED ? HC_OK : code;
}

int command_leave(const char *program, int argc, char **argv)
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
    enum hc_code code = dialog_open(&dialog, &target, &fault);
    if (code == HC_OK) {
        code = leave(&dialog, &fault);
    }
    dialog_close(&dialog);
    return code == HC_OK ? CLI_OK : cli_failed(fault.text);
}
