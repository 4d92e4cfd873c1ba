/* wait: until a node knows exactly so many live ones, and with --agree until all of them hold the same table. A
 * script may call it right after it started the node in the background: one that is not there yet is waited for. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/control_client.h"
#include "core/limits.h"
#include "daemon/limits.h"

#define TIMEOUT_MS 30000
#define RETRY_MS 25
/* The node keeps the time; for its answer to come the client waits so much longer. */
#define GRACE_MS 2000

enum { KEY_NODES = 256, KEY_AGREE, KEY_TIMEOUT };

struct wait_options {
    struct control_target target;
    uint64_t nodes; /* 0: not given */
    bool agree;
    uint32_t timeout_ms;
};

static const struct argument_option option_list[] = {
    CONTROL_TARGET_OPTIONS,
    {"nodes", KEY_NODES, "N", false,
     "exactly so many nodes must be live, the one that\nis asked included (no default)"},
    {"agree", KEY_AGREE, NULL, false,
     "and all of them must hold the same table, by what\nthe node last heard (default: not)"},
    {"timeout", KEY_TIMEOUT, "SECONDS", false, "give up after this (default: 30)"},
    {0},
};

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct wait_options *options = context;

    switch (key) {
    case KEY_NODES:
        if (!argument_whole(&options->nodes, value, HC_ROWS_MAX) || options->nodes == 0) {
            return complain(complaint, "--nodes '%.100s' is not a number of nodes: expected 1 to %u", value,
                            HC_ROWS_MAX);
        }
        return true;
    case KEY_AGREE:
        options->agree = true;
        return true;
    case KEY_TIMEOUT:
        if (!argument_seconds(&options->timeout_ms, value, CONTROL_WAIT_MS_MAX)) {
            return complain(complaint, "--timeout '%.100s' is not a time: expected seconds from 0 to %u", value,
                            CONTROL_WAIT_MS_MAX / 1000);
        }
        return true;
    default:
        return control_target_take(&options->target, key, value, complaint);
    }
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node wait --nodes N [--agree] [--timeout SECONDS] --port PORT | --data-dir DIR",
    .summary = "Waits until a node knows exactly N live ones; at the time-out it fails and says what was missing.\n"
               "A node that does not run yet is waited for, too.",
    .options = option_list,
    .take = take,
};

/* Asks once. HC_UNREACHABLE, HC_CLOSED, HC_LEAVING: the node is not there (yet, or any more). */
static enum hc_code ask(const struct wait_options *options, int64_t deadline_ms, struct hc_fault *fault)
{
    struct dialog dialog;
    char request[128];
    const char *line;

    enum hc_code code = dialog_open(&dialog, &options->target, fault);
    if (code == HC_OK) {
        int64_t rest_ms = deadline_ms - control_now_ms();
        (void)snprintf(request, sizeof request,
                       "{\"command\":\"wait\",\"nodes\":%" PRIu64 ",\"agree\":%s,\"timeout_ms\":%" PRId64 "}\n",
                       options->nodes, options->agree ? "true" : "false", rest_ms > 0 ? rest_ms : 0);
        code = dialog_send(&dialog, request, fault);
    }
    if (code == HC_OK) {
        code = dialog_read(&dialog, &line, deadline_ms + GRACE_MS, fault);
    }
    if (code == HC_OK) {
        code = control_answer_check(line, fault);
    }
    dialog_close(&dialog);
    return code;
}

static int wait_for(const struct wait_options *options)
{
    const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000};
    int64_t deadline_ms = control_now_ms() + options->timeout_ms;
    struct hc_fault fault;

    for (;;) {
        enum hc_code code = ask(options, deadline_ms, &fault);
        if (code == HC_OK) {
            return CLI_OK;
        }
        bool may_come = code == HC_UNREACHABLE || code == HC_CLOSED || code == HC_LEAVING;
        if (!may_come && code != HC_SILENT) {
            return cli_failed(fault.text);
        }
        if (!may_come || control_now_ms() >= deadline_ms) {
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, PROGRAM ": timed out after %g s: %s\n", options->timeout_ms / 1000.0, fault.text);
    return CLI_FAILED;
}

int command_wait(const char *program, int argc, char **argv)
{
    struct wait_options options = {.timeout_ms = TIMEOUT_MS};
    struct complaint complaint;

    (void)program;
    enum arguments_result read = arguments_read(&syntax, &options, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(&syntax);
    }
    bool good = read == ARGUMENTS_OK;
    if (good && options.nodes == 0) {
        good = complain(&complaint, "for how many nodes is not said: expected --nodes N");
    }
    if (!good || !control_target_check(&options.target, &complaint)) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    return wait_for(&options);
}
