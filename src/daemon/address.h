/* Socket addresses: numbers instead of the text of core/common/address.h. */
#ifndef HOWCOIN_DAEMON_ADDRESS_H
#define HOWCOIN_DAEMON_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "howcoin/error.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Reads a numeric host: IPv4, or IPv6 without brackets. False, with a family of AF_UNSPEC: it is none. */
bool address_read(union address *address, const char *host, uint16_t port) HC_MUST_USE;
uint16_t address_port(const union address *address);
void address_set_port(union address *address, uint16_t port);
/* Whether it is 0.0.0.0 or ::, which name no machine. */
bool address_is_wildcard(const union address *address);

/* An address without its port: an IPv6 one, or IPv4 mapped into it. */
#define IP_BYTES 16

/* All zero for what is neither IPv4 nor IPv6. */
void ip_of(uint8_t ip[static IP_BYTES], const union address *address);
bool ip_is_v4(const uint8_t ip[static IP_BYTES]);
/* Whether it is 127.0.0.0/8 or ::1. */
bool ip_is_loopback(const uint8_t ip[static IP_BYTES]);

#endif
