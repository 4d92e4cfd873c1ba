/* What the tests share: identities, and rows written in one line.
 *
 * A row in one line is OWNER VERSION : COINS, then payees with what each was sent: "A2:10 B5 C3" is version 2 of A's
 * row; A drew 10 and has sent 5 to B and 3 to C. "A3:10 left" is a goodbye. Commas separate the rows of one message.
 */
#ifndef HOWCOIN_TESTS_UNIT_ROWS_H
#define HOWCOIN_TESTS_UNIT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/common/error.h"
#include "core/common/memory.h"
#include "core/common/random.h"
#include "core/node/node.h"
#include "core/rows/identity.h"
#include "core/rows/network.h"
#include "core/rows/row.h"
#include "core/rows/state.h"
#include "core/table/merge.h"
#include "core/table/table.h"
#include "howcoin/wire.h"
#include "sim/memory_faults.h"

#define MUST(call) assert_int_equal((call), HC_OK)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define OWNERS_MAX 26
#define IDENTITIES 128u
/* Version 1 of a row in one line is this version, 2 is twice it, and so on: a draw's number is never above its version
 * (D5), and this many draws include one of each value. */
#define TEST_VERSION 1000u

/* A network with the coins 0 1 2 3 5 10 20 50 100 and the greatest possible number. The caller frees it. */
struct hc_network *test_network(void);
/* Numbers 0 to 25 are A to Z of the rows in one line, ascending by id; the others, below IDENTITIES, are strangers. */
const struct hc_identity *test_identity(unsigned number);
/* The number of the owner's draw that gives `value`; of several, the one numbered `nth` from 0. */
uint64_t draw_that_gives(const struct hc_network *network, const uint8_t *id, uint64_t value, unsigned nth);

/* One signed row; *text is moved behind it. */
struct hc_row *row_from(const struct hc_network *network, const char **text);
struct hc_row *row_of_line(const struct hc_network *network, const char *line);
/* The same row as it comes from the wire, where its signature is not checked yet. */
struct hc_row *row_unverified(const struct hc_row *row);
/* Rows with commas between them, up to '|' or the end. Returns their number; *text is moved behind the '|'. */
size_t rows_from(const struct hc_network *network, struct hc_row **rows, size_t rows_max, const char **text);
void rows_unref(struct hc_row **rows, size_t count);

void random_from(struct random *random, uint64_t seed);

/* A sealed state with these rows as live. */
struct hc_state *state_of(struct hc_row *const *live, size_t count);

#endif
