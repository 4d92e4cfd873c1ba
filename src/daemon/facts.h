/* What is known about a running daemon that its node does not know. The runtime owns the facts; the control socket, the
 * reports and the observers read them. */
#ifndef HOWCOIN_DAEMON_FACTS_H
#define HOWCOIN_DAEMON_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "howcoin/limits.h"

struct runtime_facts {
    const char *address;      /* where others reach it: canonical host:port */
    uint16_t port;            /* the one it listens on */
    const char *directory;    /* its state directory, or the temporary one of an ephemeral node */
    const char *network_name; /* as given; may be empty */
    uint8_t id[HC_ID_BYTES];  /* the node's */
    int64_t started_ms;       /* on the clock of the events */
    bool ephemeral;
    bool exposed;             /* listens beyond loopback */
    uint64_t longest_loop_ns; /* the longest event-loop stall since the start */
};

#endif
