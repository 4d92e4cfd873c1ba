/* What the control socket reads and writes about payments: requests in, lines out. docs/CONTROL.md describes them. */
#ifndef HOWCOIN_DAEMON_CONTROL_PAY_H
#define HOWCOIN_DAEMON_CONTROL_PAY_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/disk.h"
#include "daemon/facts.h"
#include "daemon/store.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

/* Reads a `pay`: the payee is looked up in the node's table (payee.h). The key is set as soon as it is known to be one.
 * HC_BAD_FRAME: the request is not well made; HC_BAD_AMOUNT, HC_UNKNOWN_PAYEE, HC_AMBIGUOUS. */
enum hc_code pay_request_read(struct store_payment *what, const cJSON *request, const struct hc_node *node,
                              const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault) HC_MUST_USE;

/* Lines with their end, to be freed with free(); NULL if memory ran out. `left`: what can be spent, for
 * HC_NOT_ENOUGH. `words` may be NULL: those of the code. */
char *pay_answer_line(const struct store_payment *what, enum hc_code code, uint64_t version, uint64_t left,
                      const char *words, const struct hc_node *node);
/* The answer to `payee`: the node that would be paid. */
char *payee_line(const cJSON *request, const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms);
char *history_line(const struct disk_question *question, const struct hc_node *node);
char *id_line(const struct hc_node *node, const struct runtime_facts *facts);

#endif
