/* The payees of payments: what people type, and which node the paying node takes that for. It is asked before
 * anything is paid, and the payment goes to the id that it told: what is shown is what is paid, whatever happens in
 * between. */
#ifndef HOWCOIN_CLI_PAYEES_H
#define HOWCOIN_CLI_PAYEES_H

#include <stddef.h>

#include "cli/control_client.h"
#include "cli/payments_csv.h"
#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/common/text.h"

struct payee {
    const char *to;                                                /* as it was typed; borrowed */
    char id[HC_ID_HEX_CHARS + 1];                                  /* whole; empty if no node is found */
    char name[HC_NAME_BYTES_MAX + 1], addr[HC_ADDR_BYTES_MAX + 1]; /* may be empty */
    char *refusal; /* the node's answer if it finds none, otherwise NULL; owned */
};

/* Fails only if the node gives no answer. payee_clear in every case. */
enum dialog_result payee_ask(struct payee *payee, struct dialog *dialog, const char *to,
                             struct complaint *complaint) HC_MUST_USE;
void payee_clear(struct payee *payee);

/* The payees of a file, each once. */
struct payees {
    struct payee *list; /* by what was typed; owned */
    size_t count;
    size_t *of; /* of each payment: its payee's place in the list; owned */
};

/* payees_free in every case. */
enum dialog_result payees_ask(struct payees *payees, struct dialog *dialog, const struct csv_payments *payments,
                              struct complaint *complaint) HC_MUST_USE;
void payees_free(struct payees *payees);

#endif
