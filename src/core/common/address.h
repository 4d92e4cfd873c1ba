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

#endif
