/* Rows as they stand in messages (W2, R1-R7), from JSON that was parsed. hc_wire_decode_row (howcoin/wire.h) reads one
 * that stands alone.
 */
#ifndef HOWCOIN_CORE_WIRE_ROW_H
#define HOWCOIN_CORE_WIRE_ROW_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/rows/row.h"

/* Makes a row with one reference out of an object whose form is checked here; its signature is not. HC_BAD_ROW,
 * HC_NO_MEMORY: *row is NULL. */
enum hc_code row_decode(struct hc_row **row, const cJSON *object, const uint8_t network[static HC_NETWORK_BYTES],
                        struct hc_fault *fault) HC_MUST_USE;

#endif
