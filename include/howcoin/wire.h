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
#include "howcoin/reach.h"
#include "howcoin/state.h"

#define WIRE_VERSION 1

enum message_type { MESSAGE_REQUEST, MESSAGE_REPLY, MESSAGE_ERROR };

struct message {
    enum message_type type;
    uint8_t network[NETWORK_BYTES];
    uint8_t from[ID_BYTES];
    uint8_t nonce[NONCE_BYTES];     /* of a request */
    uint8_t proof[SIGNATURE_BYTES]; /* of a reply: proof_make over the request's nonce and `from` */
    bool proved;                    /* of an error: `from` and `proof` are set, as in a reply */
    enum reach reached;             /* of a reply: whether its sender reached the requester when it last tried */
    struct state *state;            /* of a request and a reply; a reference */
    struct fault error;             /* of an error: its code (HC_CODE_COUNT: one that we do not know) and text */
};

/* Drops what the message holds; a zeroed message is fine. */
void message_clear(struct message *message);

/* Reads one line, without its end, of a node of `network`. On failure `message` is zeroed, and the fault says what to
 * answer: HC_BAD_FRAME, HC_TOO_LARGE, HC_WRONG_VERSION, HC_WRONG_NETWORK, HC_BAD_ROW; or HC_NO_MEMORY. */
enum hc_code wire_decode(struct message *message, const char *line, size_t bytes,
                         const uint8_t network[static NETWORK_BYTES], struct fault *fault) MUST_USE;
/* Reads the beginning of a request, up to its rows, of which `bytes` have come: `from` and `nonce`. HC_OK, or why they
 * could not be read; `message` is zeroed then. It never has a state. */
enum hc_code wire_decode_head(struct message *message, const char *line, size_t bytes,
                              const uint8_t network[static NETWORK_BYTES]) MUST_USE;
/* Reads one row, as in a message. For stores and tests. */
enum hc_code wire_decode_row(struct row **row, const char *text, size_t bytes,
                             const uint8_t network[static NETWORK_BYTES], struct fault *fault) MUST_USE;

/* Writes the line with its end. *line is the caller's, to be freed with memory_free. */
enum hc_code wire_encode(char **line, size_t *bytes, const struct message *message) MUST_USE;
/* How many bytes wire_encode would write. */
size_t wire_size(const struct message *message);

#endif
