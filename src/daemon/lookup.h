/* Look-ups: host names become addresses, by c-ares: from /etc/hosts and DNS, as the system's resolv.conf says.
 *
 * A look-up takes no thread, so that any number of slow names holds up no other one, nor the disk, which works on
 * libuv's threads. Dials that want the same name at once share a look-up. Nothing is remembered: each look-up
 * reads the system's configuration and asks anew, from a socket of its own, whose port cannot be guessed.
 */
#ifndef HOWCOIN_DAEMON_LOOKUP_H
#define HOWCOIN_DAEMON_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "daemon/address.h"
#include "daemon/limits.h"
#include "howcoin/error.h"

struct found {
    union address list[LOOKUP_ADDRESSES_MAX]; /* to be tried in this order; their ports are 0 */
    size_t count;
    const char *trouble; /* why there are none; static */
};

struct lookup;

/* A wait for a look-up: embedded in what waits, and zeroed at first. */
struct lookup_wait {
    struct lookup *lookup; /* NULL: waits for none */
    struct lookup_wait *next;
    void *owner;                                                       /* the caller's */
    void (*done)(struct lookup_wait *wait, const struct found *found); /* called once, never from within lookup_begin */
};

struct lookups {
    uv_loop_t *loop; /* borrowed */
    struct lookup *list;
    size_t count;
};

void lookups_init(struct lookups *lookups, uv_loop_t *loop);
/* Looks `host` up, or joins a look-up under way. False if memory ran out; then this does not wait. */
bool lookup_begin(struct lookups *lookups, struct lookup_wait *wait, const char *host) HC_MUST_USE;
/* Waits no more. The look-up goes on for the next try, within its time. */
void lookup_abandon(struct lookup_wait *wait);
/* Ends them all. Nothing may wait any more. */
void lookups_stop(struct lookups *lookups);

#endif
