/* A network: the nodes that share a coins file, and a name if one is given (D1-D3). */
#ifndef HOWCOIN_NETWORK_H
#define HOWCOIN_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Immutable once made; any number of nodes, in any threads, may use one. */
struct hc_network;

/* Reads the text of a coins file. On failure *network is NULL, and the fault names `file` and the line: HC_BAD_COINS,
 * HC_NO_MEMORY. `name` separates this network from others that use the same coins file; empty: none. */
HC_API enum hc_code hc_network_new(struct hc_network **network, const char *text, size_t bytes, const char *file,
                                   const char *name, struct hc_fault *fault) HC_MUST_USE;
HC_API void hc_network_free(struct hc_network *network); /* NULL is fine; after the last node that uses it */
/* HC_NETWORK_BYTES: its id, by which nodes of other networks are refused. Valid as long as the network. */
HC_API const uint8_t *hc_network_id(const struct hc_network *network);

#ifdef __cplusplus
}
#endif

#endif
