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

/* What a message of a link says beside whole rows: immutable, and shared by reference count. */
struct hc_words;

enum hc_message_type {
    /* The simple form (K12). */
    HC_MESSAGE_REQUEST,
    HC_MESSAGE_REPLY,
    HC_MESSAGE_ERROR, /* in either form */
    /* The beginning of every other connection (K2). */
    HC_MESSAGE_HELLO,
    HC_MESSAGE_WELCOME,
    HC_MESSAGE_PROOF, /* the opener's, on a link: it answers the nonce of the welcome */
    /* On a link. */
    HC_MESSAGE_BEAT,    /* the sender's digests, or none: they are what it told last here (K3) */
    HC_MESSAGE_NEWS,    /* rows, patches and verdicts (K4) */
    HC_MESSAGE_LAZY,    /* push no more to me (K4) */
    HC_MESSAGE_EAGER,   /* push to me again */
    HC_MESSAGE_BUCKETS, /* compare these with yours (K7) */
    HC_MESSAGE_LIST,    /* the rows that I hold of some buckets */
    HC_MESSAGE_WANT,    /* send me these rows whole */
    HC_MESSAGE_ROWS,    /* whole rows that the other side lacks */
    HC_MESSAGE_TOOK,    /* the last HC_MESSAGE_ROWS is taken in: send the next */
    HC_MESSAGE_BYE,     /* I give this link up */
    HC_MESSAGE_UNKNOWN, /* of a type that this version does not know: to be skipped */
};
/* "request", "reply", "error", "hello", ... */
HC_API const char *hc_message_type_name(enum hc_message_type type);

/* The core makes requests, replies and all messages of links. A shell makes an error when it refuses a line: it sets `type`
 * and `error`, and leaves the rest zeroed. */
struct hc_message {
    enum hc_message_type type;
    uint8_t network[HC_NETWORK_BYTES]; /* of a request, reply, hello and welcome */
    uint8_t from[HC_ID_BYTES];         /* the same: its sender; of an error, if it is `proved` */
    uint8_t nonce[HC_NONCE_BYTES];     /* of a request, a hello, and the welcome to a link */
    uint8_t
        proof[HC_SIGNATURE_BYTES]; /* of a reply, welcome or proof: the sender's signature over the other side's nonce
                                          and `from` (P9) */
    bool proved;                   /* of an error: `from` and `proof` are set, as in a reply */
    enum hc_reach
        reached; /* of a reply, hello and welcome: whether its sender reached the other side when it last tried */

    bool keep;                /* of a hello: the connection is to be a link; of a welcome: it is one */
    bool links;               /* of a hello and a welcome: its sender keeps links itself */
    uint32_t lowest, highest; /* of a hello: versions that its sender speaks; of a welcome both: the chosen */
    bool ring;                /* of a beat: the link is the one to its sender's successor (K1) */
    bool has_digests;         /* of a hello, welcome and beat: the two that follow are set */
    uint8_t rows_digest[HC_DIGEST_BYTES];  /* of the rows that its sender tells (K6) */
    uint8_t whole_digest[HC_DIGEST_BYTES]; /* of rows and statuses */
    uint64_t your_version; /* of a hello and a welcome: of the row that its sender holds of the other side; 0: none */
    enum hc_code dropped_why; /* the same: why its sender dropped the other side; HC_OK: it is live there */
    uint32_t dropped_ago_s;   /* and how long ago */

    struct hc_state *state; /* of a request, reply, news (may be NULL) and rows; a reference */
    struct hc_words *words; /* of news (may be NULL), buckets, list and want; a reference */
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
