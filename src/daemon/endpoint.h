/* Where a node listens, and where it tells others to find it: what --bind and --advertise mean. The faults are for
 * people. */
#ifndef HOWCOIN_DAEMON_ENDPOINT_H
#define HOWCOIN_DAEMON_ENDPOINT_H

#include <stdint.h>

#include "daemon/address.h"
#include "howcoin/error.h"
#include "howcoin/limits.h"

/* The address of --bind: numeric, or a host name, which is resolved here and now. HC_BAD_ADDRESS. */
enum hc_code endpoint_bind(union address *address, const char *host, uint16_t port, struct hc_fault *fault) HC_MUST_USE;

/* HOST or HOST:PORT as canonical HOST:PORT, with `port` if it has none; an IPv6 address may come with or without
 * brackets. HC_BAD_ADDRESS: it is none, or a wildcard, which no node can reach. */
enum hc_code endpoint_advertise(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, uint16_t port,
                                struct hc_fault *fault) HC_MUST_USE;

#endif
