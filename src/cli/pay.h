/* What one payment and a file of payments share: the options of `pay`, requests to a node, and what is shown. */
#ifndef HOWCOIN_CLI_PAY_H
#define HOWCOIN_CLI_PAY_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/control_client.h"
#include "cli/payees.h"
#include "cli/payments_csv.h"
#include "cli/textbuf.h"

struct pay_options {
    struct control_target target;
    const char *to, *amount_text, *memo, *key, *file; /* NULL: not given */
    uint64_t amount;
    uint32_t seen, timeout_ms;
    bool json;
};

/* ---- the two ways to pay (pay_one.c, pay_file.c) ---- */

/* Shows the payee and pays it. */
enum dialog_result pay_one(struct dialog *dialog, const struct pay_options *options,
                           struct complaint *complaint) HC_MUST_USE;
/* Shows all payees, pays them and says at the end how many payments were made. DIALOG_REFUSED: some were not. */
enum dialog_result pay_file(struct dialog *dialog, const struct pay_options *options,
                            const struct csv_payments *payments, struct complaint *complaint) HC_MUST_USE;

/* ---- pieces of both (pay_parts.c) ---- */

/* Adds a request's line to the buffer; memo and key may be NULL or empty. */
void pay_request(struct textbuf *buf, const char *to, uint64_t amount, const char *memo, const char *key);
/* The version of the node's row in which a payment was made, by its answer. */
uint64_t pay_version(const char *answer);
/* Waits until options->seen others hold that version. */
enum dialog_result pay_wait_seen(struct dialog *dialog, const struct pay_options *options, uint64_t version,
                                 struct complaint *complaint) HC_MUST_USE;
/* Prints "ID NAME ADDR" and the end of the line; name and address may be missing. */
void pay_show_payee(const struct payee *payee);
/* Prints a refused payment as JSON: the node's answer about a payee that it does not find, with the payment's key. */
void pay_show_refusal(const char *answer, const char *key);
/* What is about to be paid must have been shown. */
enum dialog_result pay_flush(struct complaint *complaint) HC_MUST_USE;

#endif
