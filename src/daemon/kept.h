/* Kept connections: links (K1), in either direction. Both sides send lines as they like.
 *
 * A link that this node opens is dialled here; one that another node opens is a session (session.h) until its hello has
 * come, and is then taken over. What comes on a link is reported as INBOX_LINK, a line at a time and in order; the runtime
 * takes it with kept_take. After that says that the link has ended, or after kept_close, nothing more is reported,
 * and the handle is unknown. A handle that is unknown is fine everywhere.
 *
 * What is sent waits until kept_flush, so that all of one step goes out together.
 */
#ifndef HOWCOIN_DAEMON_KEPT_H
#define HOWCOIN_DAEMON_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/address.h"
#include "daemon/frame.h"
#include "daemon/inbox.h"
#include "daemon/lookup.h"
#include "howcoin/error.h"
#include "howcoin/wire.h"

struct link;

struct kept {
    uv_loop_t *loop;         /* borrowed, like the three below */
    struct inbox *inbox;     /* */
    struct lookups *lookups; /* */
    const uint8_t *network;  /* HC_NETWORK_BYTES */
    uint32_t patience;       /* by how much the kernel's time-out is multiplied */
    uv_timer_t timer;        /* runs while a link is dialled, slowed down or ending */
    struct link *list;       /* from new to old */
    size_t count;            /* within LINKS_MAX */
    uint64_t last_id;        /* of theirs */
};

/* Readies the struct and its timer, which is closed with kept_abort. */
void kept_init(struct kept *kept, uv_loop_t *loop, struct inbox *inbox, struct lookups *lookups,
               const uint8_t network[static HC_NETWORK_BYTES], uint32_t patience);

/* Opens one, and sends the message as soon as it is there. `handle` is the node's; `address` is canonical. False if
 * memory or places ran out; then nothing is reported. */
bool kept_open(struct kept *kept, uint64_t handle, const char *address, const struct hc_message *message) HC_MUST_USE;
/* Takes over a connection, with what came on it and was not read; both are the link's, also if that fails. Returns the
 * link's handle, with HC_HANDLE_THEIRS set; 0 if memory or places ran out. */
uint64_t kept_adopt(struct kept *kept, int fd, const struct frame *rest) HC_MUST_USE;

/* Sends behind what was sent before. */
void kept_send(struct kept *kept, uint64_t handle, const struct hc_message *message);
/* Writes what was sent since it was last called, on all links. */
void kept_flush(struct kept *kept);
/* Closes one, once all that was sent is written, within LINK_LAST_WORDS_MS. */
void kept_close(struct kept *kept, uint64_t handle);

enum link_taken {
    LINK_SAYS,    /* the message is the caller's */
    LINK_ENDED,   /* the fault says why: HC_UNREACHABLE, HC_CLOSED, HC_SILENT, HC_SLOW, HC_NO_MEMORY, or what is wrong
                     with the line that came, which the other side was told */
    LINK_NOTHING, /* to be told, for now */
};
/* Decodes the next line of a link that INBOX_LINK reported, or tells of its end. */
enum link_taken kept_take(struct kept *kept, struct hc_message *message, struct hc_fault *fault,
                          uint64_t handle) HC_MUST_USE;

/* Where a link goes to, or comes from. False: that is not known. */
bool kept_peer(const struct kept *kept, union address *peer, uint64_t handle) HC_MUST_USE;

/* All that a link has carried. Lines count with their ends, and as sent when they are queued. */
struct link_counters {
    uint64_t messages_sent, bytes_sent, messages_received, bytes_received;
};
/* False: there is no such link. */
bool kept_count(const struct kept *kept, uint64_t handle, struct link_counters *out) HC_MUST_USE;

/* Closes each as kept_close does; those without a connection at once. */
void kept_stop(struct kept *kept);
/* Closes what kept_stop has left. */
void kept_abort(struct kept *kept);
/* Whether kept_stop has left something. */
bool kept_is_busy(const struct kept *kept);

#endif
