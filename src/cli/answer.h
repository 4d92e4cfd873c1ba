/* The fields of what a node answered, for reading only. A field that is missing, or of another type, is "", 0 or
 * false: a node of another version may say more or less. */
#ifndef HOWCOIN_CLI_ANSWER_H
#define HOWCOIN_CLI_ANSWER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "howcoin/node.h"

const char *answer_text(const cJSON *object, const char *key);
bool answer_true(const cJSON *object, const char *key);
uint64_t answer_number(const cJSON *object, const char *key);
/* May be negative, and large: numbers of the protocol are exact as doubles; a sum beyond 2^53 may be off in its
 * last digit. */
hc_coin_sum answer_sum(const cJSON *object, const char *key);

#endif
