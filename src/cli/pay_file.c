/* A file of payments. Its requests are sent many at a time, so that the node commits them together; the answers
 * come in the same order. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/pay.h"

/* Requests under way at once; enough to fill the node's commits, few enough for the sockets' buffers. */
#define AHEAD 256u
#define PROGRESS_MS 100

struct bulk {
    const struct csv_payments *payments;
    struct payees payees;
    size_t sent, answered, refused; /* refused <= answered <= sent <= payments->count; sent - answered <= AHEAD */
    uint64_t version;               /* the greatest of those that were made */
    bool progress;                  /* standard error is a terminal */
    int64_t shown_ms;
};

static void show_progress(struct bulk *bulk, bool last)
{
    int64_t now_ms = control_now_ms();

    if (bulk->progress && (last || now_ms - bulk->shown_ms >= PROGRESS_MS)) {
        bulk->shown_ms = now_ms;
        (void)fprintf(stderr, "\r%zu of %zu paid, %zu refused%s", bulk->answered - bulk->refused, bulk->payments->count,
                      bulk->refused, last ? "\n" : "");
    }
}

static const struct payee *payee_of(const struct bulk *bulk, size_t payment)
{
    ASSERT(payment < bulk->payments->count && bulk->payees.of[payment] < bulk->payees.count);
    return &bulk->payees.list[bulk->payees.of[payment]];
}

/* Sends further requests, if there is room for them. */
static enum dialog_result send_some(struct dialog *dialog, struct bulk *bulk, struct complaint *complaint)
{
    struct textbuf buf = {0};

    ASSERT(bulk->answered <= bulk->sent && bulk->sent - bulk->answered <= AHEAD);
    /* Refilled when it is half empty: a line at a time would be as many system calls. */
    if (bulk->sent == bulk->payments->count || bulk->sent - bulk->answered > AHEAD / 2) {
        return DIALOG_OK;
    }
    while (bulk->sent < bulk->payments->count && bulk->sent - bulk->answered < AHEAD) {
        const struct csv_payment *payment = &bulk->payments->list[bulk->sent];
        const struct payee *payee = payee_of(bulk, bulk->sent++);
        if (!payee->refusal) {
            pay_request(&buf, payee->id, payment->amount, payment->memo, payment->key);
        }
    }
    enum dialog_result result = buf.failed      ? dialog_fail(DIALOG_FAILED, complaint, "out of memory")
                                : buf.bytes > 0 ? dialog_send(dialog, buf.text, complaint)
                                                : DIALOG_OK;
    textbuf_free(&buf);
    return result;
}

static void take_answer(struct bulk *bulk, const struct pay_options *options, const char *answer)
{
    const struct csv_payment *payment = &bulk->payments->list[bulk->answered];
    const struct payee *payee = payee_of(bulk, bulk->answered++);
    struct complaint why;

    ASSERT(bulk->answered <= bulk->sent);
    if (options->json && payee->refusal) {
        pay_show_refusal(answer, payment->key);
    } else if (options->json) {
        (void)printf("%s\n", answer);
    }
    if (dialog_check(answer, &why) == DIALOG_OK) {
        uint64_t version = pay_version(answer);
        bulk->version = version > bulk->version ? version : bulk->version;
        return;
    }
    bulk->refused++;
    (void)fprintf(stderr, "%s" PROGRAM ": line %zu, %" PRIu64 " to %s: %s\n", bulk->progress ? "\r\033[K" : "",
                  payment->line, payment->amount, payment->to, why.text);
}

/* All that are found, a line each. */
static enum dialog_result show_payees(const struct payees *payees, struct complaint *complaint)
{
    for (size_t i = 0; i < payees->count; i++) {
        const struct payee *payee = &payees->list[i];
        if (!payee->refusal) {
            (void)printf("paying %s: ", payee->to);
            pay_show_payee(payee);
        }
    }
    return pay_flush(complaint);
}

static enum dialog_result pay_each(struct dialog *dialog, const struct pay_options *options, struct bulk *bulk,
                                   struct complaint *complaint)
{
    enum dialog_result result = DIALOG_OK;

    while (result == DIALOG_OK && bulk->answered < bulk->payments->count) {
        result = send_some(dialog, bulk, complaint);
        const char *answer = payee_of(bulk, bulk->answered)->refusal;
        if (result == DIALOG_OK && !answer) {
            result = dialog_read(dialog, &answer, control_now_ms() + CONTROL_COMMIT_MS_MAX, complaint);
        }
        if (result == DIALOG_OK) {
            take_answer(bulk, options, answer);
            show_progress(bulk, false);
        }
    }
    show_progress(bulk, true);
    return result;
}

/* Asks who is meant, shows that, and pays; what became of it stands in `bulk`. */
static enum dialog_result pay_all(struct dialog *dialog, const struct pay_options *options, struct bulk *bulk,
                                  struct complaint *complaint)
{
    struct complaint why;

    enum dialog_result result = payees_ask(&bulk->payees, dialog, bulk->payments, complaint);
    if (result == DIALOG_OK && !options->json) {
        result = show_payees(&bulk->payees, complaint);
    }
    if (result != DIALOG_OK) {
        return result;
    }
    result = pay_each(dialog, options, bulk, &why);
    if (result != DIALOG_OK) {
        return dialog_fail(result, complaint,
                           "%.140s; %zu of %zu payments were made, %zu refused; the %zu from line %zu on may have been "
                           "made or not: those with a key can be requested again",
                           why.text, bulk->answered - bulk->refused, bulk->payments->count, bulk->refused,
                           bulk->sent - bulk->answered, bulk->payments->list[bulk->answered].line);
    }
    return DIALOG_OK;
}

enum dialog_result pay_file(struct dialog *dialog, const struct pay_options *options,
                            const struct csv_payments *payments, struct complaint *complaint)
{
    struct bulk bulk = {.payments = payments, .progress = isatty(STDERR_FILENO) != 0};

    enum dialog_result result = pay_all(dialog, options, &bulk, complaint);
    payees_free(&bulk.payees);
    if (result != DIALOG_OK) {
        return result;
    }
    if (!options->json) {
        (void)printf("%zu of %zu paid, %zu refused\n", payments->count - bulk.refused, payments->count, bulk.refused);
    }
    if (options->seen > 0 && bulk.version > 0) {
        result = pay_wait_seen(dialog, options, bulk.version, complaint);
    }
    return result == DIALOG_OK && bulk.refused > 0
               ? dialog_fail(DIALOG_REFUSED, complaint, "%zu of %zu payments were refused, as listed above",
                             bulk.refused, payments->count)
               : result;
}
