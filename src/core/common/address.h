/* Addresses as nodes tell them: HOST:PORT in one canonical form. hc_address_parse (howcoin/text.h) makes it,
 * hc_address_split takes it apart. */
#ifndef HOWCOIN_CORE_ADDRESS_H
#define HOWCOIN_CORE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "howcoin/text.h"

/* Whether `text` is HOST:PORT in its canonical form. */
bool address_is_canonical(const char *text);

/* A host alone: its canonical form without brackets, which an IPv6 address may have or not. False: it is none. */
bool address_host(char host[static HC_ADDR_BYTES_MAX + 1], const char *text);
/* HOST or HOST:PORT as HOST:PORT in its canonical form; `port` is the one of a HOST alone. False: it is neither. A port
 * alone names no host. */
bool address_complete(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, uint16_t port);
/* Whether a host, as address_host and hc_address_split give it, stands for all addresses of a machine. */
bool address_host_is_wildcard(const char *host);

#endif
