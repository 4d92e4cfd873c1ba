/* pay: one payment, or all of a file. First the node is asked who is meant; that is shown, and paid by its id.
 * Whatever happens in between, what is shown is what is paid. */
#include "cli/pay.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/read_file.h"
#include "core/common/limits.h"
#include "core/common/memory.h"
#include "daemon/limits.h"

#define FILE_BYTES_MAX (256u << 20)

/* Reads the file, if there is one, before it opens the dialog. */
static enum dialog_result pay(struct dialog *dialog, const struct pay_options *options, struct complaint *complaint)
{
    struct csv_payments payments = {0};
    struct complaint why;
    size_t bytes = 0;
    char *text = NULL;
    enum dialog_result result = DIALOG_OK;

    *dialog = (struct dialog){.fd = -1};
    if (options->file) {
        const char *path = strcmp(options->file, "-") == 0 ? NULL : options->file;
        if (!read_file(&text, &bytes, path, "the payments file", FILE_BYTES_MAX, complaint)) {
            return DIALOG_FAILED;
        }
        if (!csv_payments_read(&payments, text, bytes, &why)) {
            result =
                dialog_fail(DIALOG_FAILED, complaint, "'%.100s', %.350s. Nothing was paid", options->file, why.text);
        }
    }
    if (result == DIALOG_OK) {
        result = dialog_open(dialog, &options->target, complaint);
    }
    if (result == DIALOG_OK) {
        result = options->file ? pay_file(dialog, options, &payments, complaint) : pay_one(dialog, options, complaint);
    }
    csv_payments_free(&payments);
    memory_free(text);
    return result;
}

static int run(const void *options)
{
    struct complaint complaint;
    struct dialog dialog;

    enum dialog_result result = pay(&dialog, options, &complaint);
    dialog_close(&dialog);
    return result == DIALOG_OK ? CLI_OK : cli_failed(complaint.text);
}

/* TO and AMOUNT. */
static bool operand(void *context, const char *text, struct complaint *complaint)
{
    struct pay_options *options = context;

    if (!options->to) {
        options->to = text;
        return *text != '\0' || complain(complaint, "'' is not a payee: expected a port, an address, a name or an id");
    }
    if (options->amount_text) {
        return complain(complaint, "'%.100s' is one argument too many: expected TO and AMOUNT", text);
    }
    options->amount_text = text;
    return (value_whole(&options->amount, text, HC_NUMBER_MAX) && options->amount > 0) ||
           complain(complaint, "'%.100s' is not an amount: expected a whole number from 1 to 2^53-1", text);
}

static bool check(const void *context, struct complaint *complaint)
{
    const struct pay_options *options = context;

    if (options->file && (options->memo || options->key || options->to)) {
        return complain(complaint, "--file says what to pay, so TO, --memo and --key cannot be given with it");
    }
    if (!options->file && !options->amount_text) {
        return complain(complaint, "%s is missing: expected TO and AMOUNT, or --file FILE",
                        options->to ? "AMOUNT" : "TO");
    }
    return target_check(options, complaint);
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct pay_options),
    {.name = "memo",
     .value = "TEXT",
     .help = "note for the history of this node; no other node sees it",
     TAKES_TEXT(struct pay_options, memo),
     .kind = "a memo",
     .max = PAYMENT_MEMO_BYTES_MAX},
    {.name = "key",
     .value = "KEY",
     .help = "make the payment once only, however often it is requested with this key, even after a restart (default: "
             "no key)",
     TAKES_TEXT(struct pay_options, key),
     .kind = "a key",
     .max = PAYMENT_KEY_BYTES_MAX},
    {.name = "wait-seen",
     .value = "N",
     .help = "return when N other nodes are known to hold the payment (default: 0)",
     TAKES_COUNT(struct pay_options, seen),
     .kind = "a number of nodes",
     .max = HC_ROWS_MAX},
    {.name = "timeout",
     .value = "SECONDS",
     .help = "stop waiting for them after this time; the payment stands (default: 30)",
     TAKES_SECONDS(struct pay_options, timeout_ms),
     .kind = "a time",
     .max = CONTROL_WAIT_MS_MAX},
    {.name = "file",
     .value = "FILE",
     .help = "make all payments of this file (-: standard input): lines of to,amount,memo,key below that heading",
     TAKES_PATH(struct pay_options, file)},
    OPTION_JSON(struct pay_options, json, "print the node's answers as lines of JSON"),
    {0},
};

static const struct pay_options defaults = {.timeout_ms = 30000};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node pay TO AMOUNT [--memo TEXT] [--wait-seen N]\n"
             "                        --port PORT | --data-dir DIR\n"
             "       howcoin-node pay --file FILE --port PORT | --data-dir DIR",
    .description = "Pays coins from one node to another. Returns when the payment is on the node's disk.\n\n"
                   "TO is a port, an address, a name, or at least the first 4 digits of an id. The node that it means "
                   "is shown before it is paid. If TO could mean more than one node, nothing is paid, and those "
                   "nodes are listed. Names are not protected: anyone can call a node bob. An address means "
                   "the node that last proved itself there, unless another one has claimed the address since. An id "
                   "belongs to its owner alone.",
    .options = option_list,
    .options_bytes = sizeof(struct pay_options),
    .defaults = &defaults,
    .operand = operand,
    .check = check,
};

const struct command command_pay = {
    .name = "pay", .summary = "pay coins from one node to another", .syntax = &syntax, .run = run};
