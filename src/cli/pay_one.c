/* One payment: who is meant, the payment, and what became of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/pay.h"
#include "cli/view.h"

static void show_sum(const char *before, uint64_t amount)
{
    char sum[VIEW_SUM_CHARS];

    view_sum(sum, (hc_coin_sum)amount);
    (void)printf("%s %s %s", before, sum, amount == 1 ? "coin" : "coins");
}

/* Sends the request and reads the answer. If none comes, the payment may have been made all the same. */
static enum dialog_result request(struct dialog *dialog, const char **answer, const struct pay_options *options,
                                  const struct payee *payee, struct complaint *complaint)
{
    struct textbuf buf = {0};
    struct complaint why;

    *answer = NULL;
    pay_request(&buf, payee->id, options->amount, options->memo, options->key);
    enum dialog_result result =
        buf.failed ? dialog_fail(DIALOG_FAILED, complaint, "out of memory") : dialog_send(dialog, buf.text, complaint);
    textbuf_free(&buf);
    if (result != DIALOG_OK) {
        return result;
    }
    result = dialog_read(dialog, answer, control_now_ms() + CONTROL_COMMIT_MS_MAX, &why);
    if (result != DIALOG_OK) {
        return dialog_fail(result, complaint, "%.200s; the payment may have been made or not: look at the history%s",
                           why.text, options->key ? ", or pay again with the same key" : "");
    }
    return dialog_check(*answer, complaint);
}

static enum dialog_result pay_known(struct dialog *dialog, const struct pay_options *options, const struct payee *payee,
                                    struct complaint *complaint)
{
    const char *answer;

    enum dialog_result result = request(dialog, &answer, options, payee, complaint);
    if (answer && options->json) {
        (void)printf("%s\n", answer);
    }
    if (result != DIALOG_OK) {
        return result;
    }
    uint64_t version = pay_version(answer);
    if (!options->json) {
        show_sum("paid", options->amount);
        (void)printf(" to %s%s%s (id %.8s), in version %" PRIu64 "\n", payee->addr, payee->name[0] != '\0' ? " " : "",
                     payee->name, payee->id, version);
    }
    if (fflush(stdout) != 0) {
        return dialog_fail(DIALOG_FAILED, complaint, "the payment was made, but cannot write to standard output: %s",
                           strerror(errno));
    }
    return options->seen > 0 ? pay_wait_seen(dialog, options, version, complaint) : DIALOG_OK;
}

enum dialog_result pay_one(struct dialog *dialog, const struct pay_options *options, struct complaint *complaint)
{
    struct payee payee;

    ASSERT(options->to && options->amount > 0);
    enum dialog_result result = payee_ask(&payee, dialog, options->to, complaint);
    if (result == DIALOG_OK && payee.refusal) {
        if (options->json) {
            pay_show_refusal(payee.refusal, options->key);
        }
        result = dialog_check(payee.refusal, complaint);
    } else if (result == DIALOG_OK) {
        if (!options->json) {
            show_sum("paying", options->amount);
            (void)printf(" to ");
            pay_show_payee(&payee);
            result = pay_flush(complaint);
        }
        result = result == DIALOG_OK ? pay_known(dialog, options, &payee, complaint) : result;
    }
    payee_clear(&payee);
    return result;
}
