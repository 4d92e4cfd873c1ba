/* Credits: for each payee, the sum of what all owners' rows have sent to it (L1).
 *
 * Of an owner that forked, the greatest sum for every payee counts (M6). Sums are 128 bits wide: 10,000 rows
 * of 512 numbers below 2^53 cannot overflow them.
 */
#ifndef HOWCOIN_CORE_LEDGER_H
#define HOWCOIN_CORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/rows/row.h"
#include "howcoin/node.h"

struct ledger_slot;

struct ledger {
    struct ledger_slot *slots; /* open addressing; owned */
    size_t capacity;           /* 0 or a power of two */
    size_t used;
    uint8_t key[16]; /* SipHash key: an attacker chooses ids, but not their places */
};

void ledger_init(struct ledger *ledger, const uint8_t key[static 16]);
void ledger_free(struct ledger *ledger);

/* Makes room for `payees` ids that are new to it; after that, as many ledger_add cannot fail. */
enum hc_code ledger_reserve(struct ledger *ledger, size_t payees) HC_MUST_USE;
/* Adds (sign 1) or takes back (sign -1) what an owner has sent by all of its rows together. */
void ledger_add(struct ledger *ledger, struct hc_row *const *branches, size_t count, int sign);
/* What all owners have sent to `payee`. */
hc_coin_sum ledger_credit(const struct ledger *ledger, const uint8_t payee[static HC_ID_BYTES]);
/* All credits together. */
hc_coin_sum ledger_total(const struct ledger *ledger);
/* Whether two ledgers say the same. For table_verify. */
bool ledger_equal(const struct ledger *a, const struct ledger *b);

#endif
