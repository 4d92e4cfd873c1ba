/* Exchanges: the connections that this node opens, each for one request and its reply.
 *
 * An exchange dials its address (dial.h), writes one line and reads one. A whole line is reported as INBOX_REPLY,
 * everything else as INBOX_FAILURE, and neither from within exchanges_begin. Time-outs are the node's: an exchange
 * that gets no answer stays until exchanges_cancel.
 */
#ifndef HOWCOIN_DAEMON_EXCHANGE_H
#define HOWCOIN_DAEMON_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/decoder.h"
#include "daemon/inbox.h"
#include "daemon/lookup.h"
#include "howcoin/error.h"
#include "howcoin/wire.h"

struct exchange;

struct exchanges {
    uv_loop_t *loop;         /* borrowed */
    struct inbox *inbox;     /* borrowed */
    const uint8_t *network;  /* borrowed; HC_NETWORK_BYTES */
    struct lookups *lookups; /* borrowed */
    struct decoder *decoder; /* borrowed */
    struct exchange *list;
    size_t buffer_bytes; /* memory of all frames */
    bool paused;         /* some do not read, for want of it */
};

void exchanges_init(struct exchanges *exchanges, uv_loop_t *loop, struct inbox *inbox, struct lookups *lookups,
                    struct decoder *decoder, const uint8_t network[static HC_NETWORK_BYTES]);

/* Begins one. `handle` is the node's, new each time; `address` is canonical. The message is encoded here. False if
 * memory ran out. */
bool exchanges_begin(struct exchanges *exchanges, uint64_t handle, const char *address,
                     const struct hc_message *message) HC_MUST_USE;
enum exchange_taken {
    EXCHANGE_REPLIED, /* the message is a reply, a welcome or an error, and the caller's; *peer is where it came from
                         (AF_UNSPEC if that is lost) */
    EXCHANGE_FAILED,  /* the fault says why: HC_WRONG_NETWORK, HC_BAD_REPLY, or HC_NO_MEMORY (ours, not the peer's) */
    EXCHANGE_DECODES, /* it is long; INBOX_REPLY comes once more */
    EXCHANGE_GONE,    /* it was cancelled before; nothing is to be told */
};
/* Decodes the line that INBOX_REPLY reported, and closes the exchange. */
enum exchange_taken exchanges_take(struct exchanges *exchanges, struct hc_message *message, union address *peer,
                                   struct hc_fault *fault, uint64_t handle) HC_MUST_USE;
/* Closes it, whatever it is doing; one that is unknown is fine. */
void exchanges_cancel(struct exchanges *exchanges, uint64_t handle);
/* Cancels them all. */
void exchanges_stop(struct exchanges *exchanges);

#endif
