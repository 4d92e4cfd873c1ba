/* The addresses (without ports) at which peers have proved their identity to this node: a bounded set. A connection
 * from one of them is not a stranger's (session.h). */
#ifndef HOWCOIN_DAEMON_KNOWN_H
#define HOWCOIN_DAEMON_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/address.h"
#include "daemon/limits.h"

struct known {
    uint8_t list[KNOWN_MAX][IP_BYTES];
    size_t count;
    size_t next; /* the place that the next one takes; once all are taken, the oldest's */
};

void known_add(struct known *known, const uint8_t ip[static IP_BYTES]);
bool known_has(const struct known *known, const uint8_t ip[static IP_BYTES]);

#endif
