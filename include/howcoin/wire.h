/* The wire format: one JSON object a line (W1-W4). docs/PROTOCOL.md has all of it.
 *
 * Decoding turns one line into a validated message or a fault. The node never sees JSON, and nothing here knows the
 * node. Signatures are not verified here: most rows that arrive are known already (M2).
 *
 * Call hc_init first. Any thread may decode and encode. A message holds rows, whose counts are not atomic: it stays in the
 * thread that steps the node it is for (row.h).
 */
#ifndef HOWCOIN_WIRE_H
#define HOWCOIN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"
#include "howcoin/row.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HC_WIRE_VERSION 1

/* Whether a node is reached at the address in its row. */
enum hc_reach {
    HC_REACH_UNKNOWN, /* not tried */
    HC_REACH_NO,      /* it did not answer there, or another node did */
    HC_REACH_YES,
};
/* "unknown", "no", "yes". */
HC_API const char *hc_reach_name(enum hc_reach reach);

/* All that one node tells in one exchange: immutable, and shared by reference count. */
struct hc_state;

enum hc_message_type { HC_MESSAGE_REQUEST, HC_MESSAGE_REPLY, HC_MESSAGE_ERROR };

/* The core makes requests and replies. A shell makes an error when it refuses a line: it sets `type` and `error`, and leaves
 * the rest zeroed. */
struct hc_message {
    enum hc_message_type type;
    uint8_t network[HC_NETWORK_BYTES]; /* not of an error */
    uint8_t from[HC_ID_BYTES];         /* its sender; not of an error, unless `proved` */
    uint8_t nonce[HC_NONCE_BYTES];     /* of a request */
    uint8_t proof[HC_SIGNATURE_BYTES]; /* of a reply: its sender's signature over the request's nonce and `from` (P9) */
    bool proved;                       /* of an error: `from` and `proof` are set, as in a reply */
    enum hc_reach reached;             /* of a reply: whether its sender reached the requester when it last tried */
    struct hc_state *state; /* of a request and a reply; a reference. NULL for an error, and for a head alone */
    struct hc_fault error;  /* of an error: its code (HC_CODE_COUNT: not one of HC_CODES) and text */
};

/* Drops what the message holds, and zeroes it. A zeroed message is fine. */
HC_API void hc_message_clear(struct hc_message *message);

/* Reads one line, without its end, for a node of `network`. The message is the caller's, to be cleared with
 * hc_message_clear. HC_BAD_FRAME, HC_TOO_LARGE, HC_WRONG_VERSION, HC_WRONG_NETWORK, HC_BAD_ROW: the fault (NULL is
 * fine) says what to answer; HC_NO_MEMORY. `message` is zeroed then. */
HC_API enum hc_code hc_wire_decode(struct hc_message *message, const char *line, size_t bytes,
                                   const uint8_t network[HC_AT_LEAST(HC_NETWORK_BYTES)],
                                   struct hc_fault *fault) HC_MUST_USE;
/* Reads what stands before the rows of a request of which only `bytes` bytes are here: `from` and `nonce`, to turn
 * it away with a proof (HC_EVENT_BUSY). Otherwise the code says why they cannot be read, and `message` is zeroed.
 * It never has a state. */
HC_API enum hc_code hc_wire_decode_head(struct hc_message *message, const char *line, size_t bytes,
                                        const uint8_t network[HC_AT_LEAST(HC_NETWORK_BYTES)]) HC_MUST_USE;
/* Reads one row as it stands in a message, for what a store kept. *row is a reference of the caller's; NULL on failure.
 * HC_BAD_FRAME, HC_TOO_LARGE, HC_BAD_ROW, HC_NO_MEMORY. */
HC_API enum hc_code hc_wire_decode_row(struct hc_row **row, const char *text, size_t bytes,
                                       const uint8_t network[HC_AT_LEAST(HC_NETWORK_BYTES)],
                                       struct hc_fault *fault) HC_MUST_USE;

/* Writes the line with its end, a newline; a NUL follows that `bytes` does not count. *line is the caller's, to be freed with
 * hc_wire_free. HC_NO_MEMORY: *line is NULL. */
HC_API enum hc_code hc_wire_encode(char **line, size_t *bytes, const struct hc_message *message) HC_MUST_USE;
HC_API void hc_wire_free(char *line); /* NULL is fine */
/* How many bytes hc_wire_encode would write. */
HC_API size_t hc_wire_size(const struct hc_message *message);

#ifdef __cplusplus
}
#endif

#endif
