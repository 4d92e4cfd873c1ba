/* Whom a payment is meant for: what people type, and which node that is. */
#ifndef HOWCOIN_DAEMON_PAYEE_H
#define HOWCOIN_DAEMON_PAYEE_H

#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/node.h"

/* Digits of an id that are enough to be looked for. */
#define PAYEE_ID_CHARS_MIN 4u

/* Finds the node that `text` means. The first of these readings that fits any node decides: a whole id; PORT (on the host
 * of `own_address`) or HOST:PORT; a name; the beginning of an id, at least PAYEE_ID_CHARS_MIN digits. Live nodes come
 * before those that are gone. HC_UNKNOWN_PAYEE; HC_AMBIGUOUS: the fault lists those that it fits. A whole id may be
 * unknown: the node says so itself. */
enum hc_code payee_find(uint8_t id[static ID_BYTES], const struct node *node, const char *text, const char *own_address,
                        struct fault *fault) MUST_USE;

#endif
