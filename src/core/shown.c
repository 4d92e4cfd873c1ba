/* What howcoin/text.h offers to embedders in the core's own words. */
#include "core/text.h"
#include "howcoin/text.h"

static_assert(HC_ID_HEX_CHARS == ID_HEX_CHARS, "two digits a byte");

void hc_address_split(char host[static HC_ADDR_BYTES_MAX + 1], uint16_t *port, const char *address)
{
    address_split(host, port, address);
}

void hc_id_hex(char out[static HC_ID_HEX_CHARS + 1], const uint8_t id[static HC_ID_BYTES])
{
    hex_encode(out, id, HC_ID_BYTES);
}
