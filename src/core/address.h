/* Addresses as nodes tell them: HOST:PORT in one canonical form. hc_address_parse (howcoin/node.h) makes it. */
#ifndef HOWCOIN_CORE_ADDRESS_H
#define HOWCOIN_CORE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/limits.h"

/* Whether `text` is HOST:PORT in its canonical form. */
bool address_is_canonical(const char *text);
/* Splits an address that is canonical. `host` is without brackets. */
void address_split(char host[static HC_ADDR_BYTES_MAX + 1], uint16_t *port, const char *address);

#endif
