/* The wire format: one JSON object a line (W1-W4). docs/PROTOCOL.md says it in full.
 *
 * Decoding turns one line into a validated message or a fault; the node never sees JSON, and nothing here knows
 * the node. Signatures are not verified here: most rows that arrive are known already (M2).
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

/* Whether a node is reached at the address that its row tells. */
enum hc_reach {
    HC_REACH_UNKNOWN, /* nobody tried */
    HC_REACH_NO,      /* it did not answer there, or somebody else did */
    HC_REACH_YES,
};
/* "unknown", "no", "yes". */
HC_API const char *hc_reach_name(enum hc_reach reach);

/* All that one node tells in one exchange: immutable, and shared by reference count. */
struct hc_state;

enum hc_message_type { HC_MESSAGE_REQUEST, HC_MESSAGE_REPLY, HC_MESSAGE_ERROR };

struct hc_message {
    enum hc_message_type type;
    uint8_t network[HC_NETWORK_BYTES];
    uint8_t from[HC_ID_BYTES];
    uint8_t nonce[HC_NONCE_BYTES];     /* of a request */
    uint8_t proof[HC_SIGNATURE_BYTES]; /* of a reply: proof_make over the request's nonce and `from` */
    bool proved;                       /* of an error: `from` and `proof` are set, as in a reply */
    enum hc_reach reached;             /* of a reply: whether its sender reached the requester when it last tried */
    struct hc_state *state;            /* of a request and a reply; a reference */
    struct hc_fault error;             /* of an error: its code (HC_CODE_COUNT: one that we do not know) and text */
};

/* Drops what the message holds; a zeroed message is fine. */
HC_API void hc_message_clear(struct hc_message *message);

/* Reads one line, without its end, of a node of `network`. On failure `message` is zeroed, and the fault says what to
 * answer: HC_BAD_FRAME, HC_TOO_LARGE, HC_WRONG_VERSION, HC_WRONG_NETWORK, HC_BAD_ROW; or HC_NO_MEMORY. */
HC_API enum hc_code hc_wire_decode(struct hc_message *message, const char *line, size_t bytes,
                                   const uint8_t network[HC_AT_LEAST(HC_NETWORK_BYTES)],
                                   struct hc_fault *fault) HC_MUST_USE;
/* Reads the beginning of a request, up to its rows, of which `bytes` have come: `from` and `nonce`. HC_OK, or why they
 * could not be read; `message` is zeroed then. It never has a state. */
HC_API enum hc_code hc_wire_decode_head(struct hc_message *message, const char *line, size_t bytes,
                                        const uint8_t network[HC_AT_LEAST(HC_NETWORK_BYTES)]) HC_MUST_USE;
/* Reads one row, as in a message. For stores and tests. */
HC_API enum hc_code hc_wire_decode_row(struct hc_row **row, const char *text, size_t bytes,
                                       const uint8_t network[HC_AT_LEAST(HC_NETWORK_BYTES)],
                                       struct hc_fault *fault) HC_MUST_USE;

/* Writes the line with its end. *line is the caller's, to be freed with hc_wire_free. */
HC_API enum hc_code hc_wire_encode(char **line, size_t *bytes, const struct hc_message *message) HC_MUST_USE;
HC_API void hc_wire_free(char *line); /* NULL is fine */
/* How many bytes hc_wire_encode would write. */
HC_API size_t hc_wire_size(const struct hc_message *message);

#ifdef __cplusplus
}
#endif

#endif
