/* pay: one payment, or all of a file. First the node is asked who is meant; that is shown, and paid by the id. Requests of a
 * file are sent many at a time, so that the node commits them together; the answers come in the same order. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/control_client.h"
#include "cli/payees.h"
#include "cli/payments_csv.h"
#include "cli/view.h"
#include "core/limits.h"
#include "core/text.h"
#include "daemon/limits.h"

#define TIMEOUT_MS 30000
/* A commit waits for the disk; longer than this is no slow disk any more. */
#define ANSWER_MS_MAX 60000
/* Requests under way at once, of a file; enough to fill the node's commits, few enough for the sockets' buffers. */
#define AHEAD 256u
#define FILE_BYTES_MAX (256u << 20)

enum { KEY_MEMO = 256, KEY_KEY, KEY_SEEN, KEY_TIMEOUT, KEY_FILE, KEY_JSON };

struct pay_options {
    struct control_target target;
    const char *to, *amount_text, *memo, *key, *file; /* NULL: not given */
    uint64_t amount, seen;
    uint32_t timeout_ms;
    bool json;
};

static const struct argument_option option_list[] = {
    CONTROL_TARGET_OPTIONS,
    {"memo", KEY_MEMO, "TEXT", false, "a note for this node's own history; nobody else sees it"},
    {"key", KEY_KEY, "KEY", false,
     "a payment with a key is made once, however often it\nis asked for, also after a restart (default: no key)"},
    {"wait-seen", KEY_SEEN, "N", false, "return when N other nodes are known to hold the\npayment (default: 0)"},
    {"timeout", KEY_TIMEOUT, "SECONDS", false,
     "give up waiting for them after this (default: 30);\nit is paid all the same"},
    {"file", KEY_FILE, "FILE", false, "make all payments of this file: lines of\nto,amount,memo,key under that head"},
    {"json", KEY_JSON, NULL, false, "the node's answers as lines of JSON"},
    {0},
};

static bool take_operand(struct pay_options *options, const char *value, struct complaint *complaint)
{
    if (options->to == NULL) {
        options->to = value;
        return *value != '\0' || complain(complaint, "whom to pay is empty");
    }
    if (options->amount_text != NULL) {
        return complain(complaint, "'%.100s' is one argument too many: expected TO and AMOUNT", value);
    }
    options->amount_text = value;
    return (argument_whole(&options->amount, value, HC_NUMBER_MAX) && options->amount > 0) ||
           complain(complaint, "'%.100s' is not an amount: expected a whole number from 1 to 2^53-1", value);
}

static bool take_text(const char **to, const char *name, const char *value, size_t most, struct complaint *complaint)
{
    *to = value;
    return (strlen(value) <= most && text_is_printable(value, strlen(value))) ||
           complain(complaint, "--%s must have at most %zu bytes of printable UTF-8", name, most);
}

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct pay_options *options = context;

    switch (key) {
    case 0:
        return take_operand(options, value, complaint);
    case KEY_MEMO:
        return take_text(&options->memo, "memo", value, PAYMENT_MEMO_BYTES_MAX, complaint);
    case KEY_KEY:
        return take_text(&options->key, "key", value, PAYMENT_KEY_BYTES_MAX, complaint);
    case KEY_SEEN:
        return argument_whole(&options->seen, value, HC_ROWS_MAX) ||
               complain(complaint, "--wait-seen '%.100s' is not a number of nodes: expected 0 to %u", value,
                        HC_ROWS_MAX);
    case KEY_TIMEOUT:
        return argument_seconds(&options->timeout_ms, value, CONTROL_WAIT_MS_MAX) ||
               complain(complaint, "--timeout '%.100s' is not a time: expected seconds from 0 to %u", value,
                        CONTROL_WAIT_MS_MAX / 1000);
    case KEY_FILE:
        options->file = value;
        return *value != '\0' || complain(complaint, "--file '' is not a path: expected one that is not empty");
    case KEY_JSON:
        options->json = true;
        return true;
    default:
        return control_target_take(&options->target, key, value, complaint);
    }
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node pay TO AMOUNT [--memo TEXT] [--wait-seen N] --port PORT | --data-dir DIR\n"
             "       howcoin-node pay --file FILE --port PORT | --data-dir DIR",
    .summary =
        "Lets a node pay coins to another one. Returns when the payment is on its disk.\n"
        "TO is a port or an address, a name, or the beginning of an id, at least 4 digits. Who that is, is shown\n"
        "before it is paid. If it is not certain nothing is paid, and those who may be meant are listed. Names are\n"
        "not protected: whoever likes can call a node bob. An address means the node that was the last to prove\n"
        "itself there, unless another one has claimed it since. An id is its owner's alone.",
    .options = option_list,
    .take = take,
};

static bool check(const struct pay_options *options, struct complaint *complaint)
{
    bool single = options->memo != NULL || options->key != NULL || options->to != NULL;
    if (options->file != NULL && single) {
        return complain(complaint, "--file says whom to pay, and so do TO, --memo or --key: expected one of them");
    }
    if (options->file == NULL && options->amount_text == NULL) {
        return complain(complaint, "%s is missing: expected TO and AMOUNT, or --file FILE",
                        options->to == NULL ? "whom to pay" : "the amount");
    }
    return control_target_check(&options->target, complaint);
}

/* ---- requests and answers ---- */

/* Adds a request's line to the buffer. */
static void add_request(struct textbuf *buf, const char *to, uint64_t amount, const char *memo, const char *key)
{
    char number[24];
    cJSON *request = cJSON_CreateObject();
    (void)snprintf(number, sizeof number, "%" PRIu64, amount);
    bool whole = request != NULL && cJSON_AddStringToObject(request, "command", "pay") != NULL &&
                 cJSON_AddStringToObject(request, "to", to) != NULL &&
                 cJSON_AddRawToObject(request, "amount", number) != NULL &&
                 (memo == NULL || *memo == '\0' || cJSON_AddStringToObject(request, "memo", memo) != NULL) &&
                 (key == NULL || *key == '\0' || cJSON_AddStringToObject(request, "key", key) != NULL);
    char *line = whole ? cJSON_PrintUnformatted(request) : NULL;
    buf->failed = buf->failed || line == NULL;
    if (line != NULL) {
        textbuf_puts(buf, line);
        textbuf_puts(buf, "\n");
    }
    cJSON_free(line);
    cJSON_Delete(request);
}

/* The version of the node's row in which a payment was made. */
static uint64_t version_of(const char *line)
{
    cJSON *answer = cJSON_Parse(line);
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(answer, "version");
    uint64_t number = cJSON_IsNumber(version) ? (uint64_t)version->valuedouble : 0;
    cJSON_Delete(answer);
    return number;
}

/* Waits until others hold the version. */
static enum hc_code wait_seen(struct dialog *dialog, const struct pay_options *options, uint64_t version,
                              struct hc_fault *fault)
{
    char request[160];
    const char *line;
    struct hc_fault why;
    (void)snprintf(request, sizeof request,
                   "{\"command\":\"seen\",\"version\":%" PRIu64 ",\"nodes\":%" PRIu64 ",\"timeout_ms\":%" PRIu32 "}\n",
                   version, options->seen, options->timeout_ms);
    enum hc_code code = dialog_send(dialog, request, &why);
    if (code == HC_OK) {
        code = dialog_read(dialog, &line, control_now_ms() + options->timeout_ms + 2000, &why);
    }
    if (code == HC_OK) {
        code = control_answer_check(line, &why);
    }
    return code == HC_OK ? HC_OK : fault_set(fault, code, "it is paid, but %s", why.text);
}

/* "ID NAME ADDR", of which name and address may be missing. */
static void show_payee(const struct payee *payee)
{
    (void)printf("%s%s%s%s%s\n", payee->id, payee->name[0] != '\0' ? " " : "", payee->name,
                 payee->addr[0] != '\0' ? " " : "", payee->addr);
}

/* What is about to be paid must have been shown. */
static enum hc_code flush_payees(struct hc_fault *fault)
{
    return fflush(stdout) == 0 ? HC_OK
                               : fault_set(fault, HC_SYSTEM, "standard output cannot be written: %s. Nothing was paid",
                                           strerror(errno));
}

/* The node's answer about a payee it does not find stands for the answer to the payment, which has its key. */
static void show_refusal(const char *line, const char *key)
{
    cJSON *answer = cJSON_Parse(line);
    bool whole = key == NULL || *key == '\0' || cJSON_AddStringToObject(answer, "key", key) != NULL;
    char *text = whole ? cJSON_PrintUnformatted(answer) : NULL;
    (void)printf("%s\n", text != NULL ? text : line);
    cJSON_free(text);
    cJSON_Delete(answer);
}

static void show_sum(const char *before, uint64_t amount)
{
    char sum[VIEW_SUM_CHARS];
    view_sum(sum, (hc_coin_sum)amount);
    (void)printf("%s %s %s", before, sum, amount == 1 ? "coin" : "coins");
}

/* ---- one payment ---- */

static enum hc_code send_one(struct dialog *dialog, const struct pay_options *options, const struct payee *payee,
                             struct hc_fault *fault)
{
    struct textbuf buf = {0};
    const char *line;

    add_request(&buf, payee->id, options->amount, options->memo, options->key);
    enum hc_code code =
        buf.failed ? fault_set(fault, HC_NO_MEMORY, "out of memory") : dialog_send(dialog, buf.text, fault);
    textbuf_free(&buf);
    if (code == HC_OK) {
        code = dialog_read(dialog, &line, control_now_ms() + ANSWER_MS_MAX, fault);
        if (code != HC_OK) {
            char words[200];
            (void)snprintf(words, sizeof words, "%.190s", fault->text);
            return fault_set(fault, code, "%s; whether it is paid is not known: look into its history%s", words,
                             options->key != NULL ? ", or ask again with the same key" : "");
        }
    }
    if (code == HC_OK && options->json) {
        (void)printf("%s\n", line);
    }
    if (code == HC_OK) {
        code = control_answer_check(line, fault);
    }
    if (code != HC_OK) {
        return code;
    }
    uint64_t version = version_of(line);
    if (!options->json) {
        show_sum("paid", options->amount);
        (void)printf(" to %s%s%s (id %.8s), in version %" PRIu64 "\n", payee->addr, payee->name[0] != '\0' ? " " : "",
                     payee->name, payee->id, version);
    }
    if (fflush(stdout) != 0) {
        return fault_set(fault, HC_SYSTEM, "it is paid, but standard output cannot be written: %s", strerror(errno));
    }
    return options->seen > 0 ? wait_seen(dialog, options, version, fault) : HC_OK;
}

static enum hc_code pay_one(struct dialog *dialog, const struct pay_options *options, struct hc_fault *fault)
{
    struct payee payee;
    enum hc_code code = payee_ask(&payee, dialog, options->to, fault);
    if (code == HC_OK && payee.refusal != NULL) {
        if (options->json) {
            show_refusal(payee.refusal, options->key);
        }
        code = control_answer_check(payee.refusal, fault);
    } else if (code == HC_OK) {
        if (!options->json) {
            show_sum("paying", options->amount);
            (void)printf(" to ");
            show_payee(&payee);
            code = flush_payees(fault);
        }
        code = code == HC_OK ? send_one(dialog, options, &payee, fault) : code;
    }
    payee_clear(&payee);
    return code;
}

/* ---- a file ---- */

struct bulk {
    const struct csv_payments *payments;
    struct payees payees;
    size_t sent, answered, refused;
    uint64_t version; /* the greatest of those that were made */
    bool progress;    /* standard error is a terminal */
    int64_t shown_ms;
};

static void show_progress(struct bulk *bulk, bool last)
{
    int64_t now_ms = control_now_ms();
    if (bulk->progress && (last || now_ms - bulk->shown_ms >= 100)) {
        bulk->shown_ms = now_ms;
        (void)fprintf(stderr, "\r%zu of %zu paid, %zu refused%s", bulk->answered - bulk->refused, bulk->payments->count,
                      bulk->refused, last ? "\n" : "");
    }
}

static const struct payee *payee_of(const struct bulk *bulk, size_t payment)
{
    return &bulk->payees.list[bulk->payees.of[payment]];
}

static enum hc_code send_some(struct dialog *dialog, struct bulk *bulk, struct hc_fault *fault)
{
    struct textbuf buf = {0};
    /* Refilled when it is half empty: a line at a time would be as many system calls. */
    if (bulk->sent == bulk->payments->count || bulk->sent - bulk->answered > AHEAD / 2) {
        return HC_OK;
    }
    while (bulk->sent < bulk->payments->count && bulk->sent - bulk->answered < AHEAD) {
        const struct csv_payment *payment = &bulk->payments->list[bulk->sent];
        const struct payee *payee = payee_of(bulk, bulk->sent++);
        if (payee->refusal == NULL) {
            add_request(&buf, payee->id, payment->amount, payment->memo, payment->key);
        }
    }
    enum hc_code code = buf.failed      ? fault_set(fault, HC_NO_MEMORY, "out of memory")
                        : buf.bytes > 0 ? dialog_send(dialog, buf.text, fault)
                                        : HC_OK;
    textbuf_free(&buf);
    return code;
}

static void take_answer(struct bulk *bulk, const struct pay_options *options, const char *line)
{
    const struct csv_payment *payment = &bulk->payments->list[bulk->answered];
    const struct payee *payee = payee_of(bulk, bulk->answered++);
    struct hc_fault why;
    if (options->json && payee->refusal != NULL) {
        show_refusal(line, payment->key);
    } else if (options->json) {
        (void)printf("%s\n", line);
    }
    if (control_answer_check(line, &why) == HC_OK) {
        uint64_t version = version_of(line);
        bulk->version = version > bulk->version ? version : bulk->version;
        return;
    }
    bulk->refused++;
    (void)fprintf(stderr, "%s" PROGRAM ": line %zu, %" PRIu64 " to %s: %s\n", bulk->progress ? "\r\033[K" : "",
                  payment->line, payment->amount, payment->to, why.text);
}

/* All that are found, a line each. */
static enum hc_code show_payees(const struct payees *payees, struct hc_fault *fault)
{
    for (size_t i = 0; i < payees->count; i++) {
        const struct payee *payee = &payees->list[i];
        if (payee->refusal == NULL) {
            (void)printf("paying %s: ", payee->to);
            show_payee(payee);
        }
    }
    return flush_payees(fault);
}

static enum hc_code pay_each(struct dialog *dialog, const struct pay_options *options, struct bulk *bulk,
                             struct hc_fault *fault)
{
    enum hc_code code = HC_OK;
    while (code == HC_OK && bulk->answered < bulk->payments->count) {
        code = send_some(dialog, bulk, fault);
        const char *line = payee_of(bulk, bulk->answered)->refusal;
        if (code == HC_OK && line == NULL) {
            code = dialog_read(dialog, &line, control_now_ms() + ANSWER_MS_MAX, fault);
        }
        if (code == HC_OK) {
            take_answer(bulk, options, line);
            show_progress(bulk, false);
        }
    }
    show_progress(bulk, true);
    return code;
}

static enum hc_code pay_all(struct dialog *dialog, const struct pay_options *options,
                            const struct csv_payments *payments, struct hc_fault *fault)
{
    struct bulk bulk = {.payments = payments, .progress = isatty(STDERR_FILENO) != 0};
    enum hc_code code = payees_ask(&bulk.payees, dialog, payments, fault);
    if (code == HC_OK && !options->json) {
        code = show_payees(&bulk.payees, fault);
    }
    if (code != HC_OK) {
        payees_free(&bulk.payees);
        return code;
    }
    code = pay_each(dialog, options, &bulk, fault);
    payees_free(&bulk.payees);
    if (code != HC_OK) {
        char words[150];
        (void)snprintf(words, sizeof words, "%.140s", fault->text);
        return fault_set(fault, code,
                         "%s; %zu of %zu are paid, %zu refused; of %zu from line %zu on it is not known: those with a "
                         "key can be asked for again",
                         words, bulk.answered - bulk.refused, payments->count, bulk.refused, bulk.sent - bulk.answered,
                         payments->list[bulk.answered].line);
    }
    if (!options->json) {
        (void)printf("%zu of %zu paid, %zu refused\n", payments->count - bulk.refused, payments->count, bulk.refused);
    }
    if (options->seen > 0 && bulk.version > 0) {
        code = wait_seen(dialog, options, bulk.version, fault);
    }
    return code == HC_OK && bulk.refused > 0
               ? fault_set(fault, HC_BAD_REPLY, "%zu of %zu payments were refused, as listed above", bulk.refused,
                           payments->count)
               : code;
}

/* All of the file, with a byte of room behind it; NULL if it cannot be read. */
static char *read_file(size_t *bytes, const char *path, struct hc_fault *fault)
{
    size_t capacity = 0;
    char *text = NULL;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    *bytes = 0;
    if (file == NULL) {
        (void)fault_set(fault, HC_SYSTEM, "cannot open '%.200s': %s", path, strerror(errno));
        return NULL;
    }
    do {
        capacity = capacity > 0 ? 2 * capacity : 65536;
        char *more = realloc(text, capacity);
        if (more == NULL) {
            (void)fault_set(fault, HC_NO_MEMORY, "out of memory for '%.200s'", path);
            break;
        }
        text = more;
        *bytes += fread(text + *bytes, 1, capacity - 1 - *bytes, file);
    } while (*bytes == capacity - 1 && capacity <= FILE_BYTES_MAX);
    bool good = text != NULL && ferror(file) == 0 && *bytes < capacity - 1;
    if (!good) {
        (void)fault_set(fault, HC_SYSTEM, "cannot read '%.200s': %s", path,
                        ferror(file) != 0 ? strerror(errno) : "it is too large");
        free(text);
        text = NULL;
    }
    if (file != stdin) {
        (void)fclose(file);
    }
    return text;
}

/* ---- all together ---- */

static enum hc_code pay(struct dialog *dialog, const struct pay_options *options, struct hc_fault *fault)
{
    struct csv_payments payments = {0};
    struct complaint complaint;
    size_t bytes = 0;
    char *text = NULL;
    enum hc_code code = HC_OK;
    *dialog = (struct dialog){.fd = -1};
    if (options->file != NULL) {
        text = read_file(&bytes, options->file, fault);
        if (text == NULL) {
            return fault->code;
        }
        if (!csv_payments_read(&payments, text, bytes, &complaint)) {
            code = fault_set(fault, HC_BAD_FRAME, "'%.100s', %.250s. Nothing was paid", options->file, complaint.text);
        }
    }
    if (code == HC_OK) {
        code = dialog_open(dialog, &options->target, fault);
    }
    if (code == HC_OK) {
        code = options->file != NULL ? pay_all(dialog, options, &payments, fault) : pay_one(dialog, options, fault);
    }
    csv_payments_free(&payments);
    free(text);
    return code;
}

int command_pay(const char *program, int argc, char **argv)
{
    struct pay_options options = {.timeout_ms = TIMEOUT_MS};
    struct complaint complaint;
    struct dialog dialog;
    struct hc_fault fault;

    (void)program;
    enum arguments_result read = arguments_read(&syntax, &options, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(&syntax);
    }
    if (read == ARGUMENTS_WRONG || !check(&options, &complaint)) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    enum hc_code code = pay(&dialog, &options, &fault);
    dialog_close(&dialog);
    return code == HC_OK ? CLI_OK : cli_failed(fault.text);
}
