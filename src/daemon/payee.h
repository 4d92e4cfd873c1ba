/* The payee of a payment: which node people mean by what they type. */
#ifndef HOWCOIN_DAEMON_PAYEE_H
#define HOWCOIN_DAEMON_PAYEE_H

#include <stdint.h>

#include "daemon/facts.h"
#include "howcoin/error.h"
#include "howcoin/node.h"

/* Digits of an id that are enough to be looked for. */
#define PAYEE_ID_CHARS_MIN 4u

/* Finds the node that `text` means.
 *
 * A whole id is that node; it may be unknown here: the node says so itself.
 *
 * What reads as PORT (on our own host) or HOST:PORT is an address and nothing else. Any node can write any address
 * into its row, so a row alone does not count: an address means the node that was the last to answer there with its
 * proof, as long as no other row has claimed it since. Our own address means us.
 *
 * All else is a name or the beginning of an id, at least PAYEE_ID_CHARS_MIN digits, of exactly one node, live or
 * gone.
 *
 * HC_UNKNOWN_PAYEE: nothing fits. HC_AMBIGUOUS: it is not certain which node is meant; the fault lists those that
 * fit, and how each stands at `now_ms`. */
enum hc_code payee_find(uint8_t id[static HC_ID_BYTES], const struct hc_node *node, const char *text,
                        const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault) HC_MUST_USE;
/* The same where no money depends on it: an address means the only node that gives it, too, proved or not. */
enum hc_code payee_find_likely(uint8_t id[static HC_ID_BYTES], const struct hc_node *node, const char *text,
                               const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault) HC_MUST_USE;

#endif
