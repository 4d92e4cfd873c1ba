/* Dialling: one TCP connection to another node, made from an address.
 *
 * Numeric addresses are connected to at once. Host names are looked up (lookup.h), afresh each time, and their addresses
 * are tried in the order in which they were found. A connection that is there already can be taken over instead.
 */
#ifndef HOWCOIN_DAEMON_DIAL_H
#define HOWCOIN_DAEMON_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/lookup.h"
#include "howcoin/error.h"

/* Embedded in what dials, and zeroed at first, but for what is the caller's. `tcp.data` stays the dial, so that callbacks
 * of the stream find the owner there. */
struct dial {
    uv_tcp_t tcp; /* the connection, once `done` was told HC_OK */
    uv_connect_t connect;
    uv_loop_t *loop;         /* the caller's, like the three below; borrowed */
    struct lookups *lookups; /* borrowed */
    void *owner;             /* whose it is */
    /* Connected (HC_OK), or not: HC_UNREACHABLE, HC_NO_MEMORY; the text says why, and is static. Called once, perhaps from
     * within dial_begin; never after dial_close. */
    void (*done)(struct dial *dial, enum hc_code code, const char *text);
    void (*closed)(struct dial *dial); /* after dial_close, perhaps from within: the memory is the owner's again */
    struct lookup_wait wait;
    uint16_t port;
    bool open;          /* `tcp` was opened, and its close callback has not come */
    bool hung_up;       /* dial_close was called */
    struct found found; /* what its host name stands for */
    size_t tried;       /* of them */
    int trouble;        /* why the last address failed */
};

/* `address` is canonical. */
void dial_begin(struct dial *dial, const char *address);
/* Takes over a connection that another part has opened: its descriptor, whatever becomes of it. `done` is not called.
 * False: there is no connection, and dial_close is to be called all the same. */
bool dial_adopt(struct dial *dial, int fd) HC_MUST_USE;
/* Ends it, whatever it is doing; once. */
void dial_close(struct dial *dial);

#endif
