/* What people write and read: names, addresses and ids, each with one canonical form.
 *
 * Nothing here needs hc_init, and every function may be called from any thread.
 */
#ifndef HOWCOIN_TEXT_H
#define HOWCOIN_TEXT_H

#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A node's name: printable UTF-8 of at most HC_NAME_BYTES_MAX bytes; may be empty. HC_BAD_NAME. */
HC_API enum hc_code hc_name_check(const char *name, struct hc_fault *fault) HC_MUST_USE;

/* Reads HOST:PORT, [IPV6]:PORT or a bare PORT (on `default_host`) and writes the canonical form: a port from 1 to
 * 65535 without leading zeros, IPv6 in brackets and as RFC 5952 writes it, a host name in lower case. HC_BAD_ADDRESS. */
HC_API enum hc_code hc_address_parse(char out[HC_AT_LEAST(HC_ADDR_BYTES_MAX + 1)], const char *text,
                                     const char *default_host, struct hc_fault *fault) HC_MUST_USE;
/* Splits a canonical address, as hc_address_parse, struct hc_send and struct hc_row_fields have it, into what a resolver or
 * a socket wants: `host` comes without brackets. */
HC_API void hc_address_split(char host[HC_AT_LEAST(HC_ADDR_BYTES_MAX + 1)], uint16_t *port, const char *address);

/* An id as it is shown everywhere: lowercase hexadecimal, terminated. */
HC_API void hc_id_hex(char out[HC_AT_LEAST(HC_ID_HEX_CHARS + 1)], const uint8_t id[HC_AT_LEAST(HC_ID_BYTES)]);

#ifdef __cplusplus
}
#endif

#endif
