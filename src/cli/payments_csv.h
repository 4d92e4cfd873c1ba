/* A file of payments for `pay --file`: comma-separated values (RFC 4180) below the heading to,amount,memo,key. */
#ifndef HOWCOIN_CLI_PAYMENTS_CSV_H
#define HOWCOIN_CLI_PAYMENTS_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/arguments.h"

struct csv_payment {
    const char *to, *memo, *key; /* in the text; may be empty, but for `to` */
    uint64_t amount;             /* 0 is for the node to refuse */
    size_t line;                 /* of the file, from 1 on */
};

struct csv_payments {
    struct csv_payment *list; /* owned */
    size_t count, capacity;
};

/* Reads `bytes` bytes of text, which is changed and must live as long as the result, and have one byte more of
 * room. The heading may end after any column from `amount` on; empty lines are skipped. All or nothing: the
 * complaint names the line of what is wrong. */
bool csv_payments_read(struct csv_payments *payments, char *text, size_t bytes, struct complaint *complaint);
void csv_payments_free(struct csv_payments *payments);

#endif
