/* wait: until a node knows exactly N live nodes, and with --agree until all of them hold the same table. A script
 * may call it right after it started the node in the background: one that is not there yet is waited for. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "core/common/limits.h"
#include "daemon/limits.h"

#define RETRY_MS 25
/* The node keeps the time; the client waits this much longer for its answer to come. */
#define GRACE_MS 2000

struct wait_options {
    struct control_target target;
    uint32_t nodes; /* 0: not given */
    bool agree;
    uint32_t timeout_ms;
};

/* Asks once. DIALOG_UNREACHABLE, DIALOG_CLOSED, DIALOG_LEAVING: the node is not there yet, or no longer. */
static enum dialog_result ask(const struct wait_options *options, int64_t deadline_ms, struct complaint *complaint)
{
    struct dialog dialog;
    const char *line;

    enum dialog_result result = dialog_open(&dialog, &options->target, complaint);
    if (result == DIALOG_OK) {
        char request[128];
        int64_t rest_ms = deadline_ms - control_now_ms();
        rest_ms = rest_ms > 0 ? rest_ms : 0;
        (void)snprintf(request, sizeof request,
                       "{\"command\":\"wait\",\"nodes\":%" PRIu32 ",\"agree\":%s,\"timeout_ms\":%" PRId64 "}\n",
                       options->nodes, options->agree ? "true" : "false", rest_ms);
        result = dialog_ask(&dialog, &line, request, (uint32_t)rest_ms + GRACE_MS, complaint);
    }
    dialog_close(&dialog);
    return result;
}

static int run(const void *options)
{
    const struct wait_options *wait = options;
    const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000};
    int64_t deadline_ms = control_now_ms() + wait->timeout_ms;
    struct complaint complaint;

    ASSERT(wait->nodes > 0 && wait->timeout_ms <= CONTROL_WAIT_MS_MAX);
    for (;;) {
        enum dialog_result result = ask(wait, deadline_ms, &complaint);
        if (result == DIALOG_OK) {
            return CLI_OK;
        }
        bool may_come = result == DIALOG_UNREACHABLE || result == DIALOG_CLOSED || result == DIALOG_LEAVING;
        if (!may_come && result != DIALOG_TIMED_OUT) {
            return cli_failed(complaint.text);
        }
        if (!may_come || control_now_ms() >= deadline_ms) {
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, PROGRAM ": timed out after %g s: %s\n", wait->timeout_ms / 1000.0, complaint.text);
    return CLI_FAILED;
}

static bool check(const void *options, struct complaint *complaint)
{
    const struct wait_options *wait = options;

    return wait->nodes > 0 ? target_check(wait, complaint) : complain(complaint, "--nodes N is required");
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct wait_options),
    {.name = "nodes",
     .value = "N",
     .help = "how many nodes must be live, the one that is asked included: exactly N (required)",
     TAKES_COUNT(struct wait_options, nodes),
     .kind = "a number of nodes",
     .min = 1,
     .max = HC_ROWS_MAX},
    {.name = "agree",
     .help = "wait also until all of them hold the same table, as far as the node has heard",
     TAKES_FLAG(struct wait_options, agree)},
    {.name = "timeout",
     .value = "SECONDS",
     .help = "give up after this time (default: 30)",
     TAKES_SECONDS(struct wait_options, timeout_ms),
     .kind = "a time",
     .max = CONTROL_WAIT_MS_MAX},
    {0},
};

static const struct wait_options defaults = {.timeout_ms = 30000};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node wait --nodes N [--agree] [--timeout SECONDS]\n"
             "                         --port PORT | --data-dir DIR",
    .description = "Waits until a node knows exactly N live nodes. At the timeout it fails, and says what was missing. "
                   "The node need not run yet.",
    .options = option_list,
    .options_bytes = sizeof(struct wait_options),
    .defaults = &defaults,
    .operand = target_operand,
    .check = check,
};

const struct command command_wait = {
    .name = "wait", .summary = "wait until a node knows exactly N live nodes", .syntax = &syntax, .run = run};
