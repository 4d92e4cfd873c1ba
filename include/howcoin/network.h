/* A network: the nodes that share a coins file and, if there is one, a name (D1-D3).
 *
 * Make one after hc_init and before any node; it outlives all nodes that use it.
 */
#ifndef HOWCOIN_NETWORK_H
#define HOWCOIN_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Immutable once it is made: any number of nodes may use it, in any threads. */
struct hc_network;

/* Makes a network from the text of a coins file; free it with hc_network_free. `text` need not be terminated, and
 * nothing that is given is kept. `name` separates this network from others that use the same coins file; an empty
 * one is none. HC_BAD_COINS, HC_NO_MEMORY: *network is NULL, and the fault (NULL is fine) names `file` and the
 * line. */
HC_API enum hc_code hc_network_new(struct hc_network **network, const char *text, size_t bytes, const char *file,
                                   const char *name, struct hc_fault *fault) HC_MUST_USE;
/* After the last node that uses it. NULL is fine. */
HC_API void hc_network_free(struct hc_network *network);
/* Its id, HC_NETWORK_BYTES bytes, by which its nodes know others of another network. Valid as long as the network. */
HC_API const uint8_t *hc_network_id(const struct hc_network *network);

#ifdef __cplusplus
}
#endif

#endif
