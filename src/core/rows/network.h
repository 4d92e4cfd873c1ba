/* The coins file and what is drawn from it (D1-D4). */
#ifndef HOWCOIN_CORE_NETWORK_H
#define HOWCOIN_CORE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "howcoin/network.h"

/* The numbers of a coins file and the network that they make. */
struct hc_network {
    uint64_t *numbers; /* owned; each at most HC_COINS_MAX */
    size_t count;      /* at least 1, at most COIN_LINES_MAX */
    size_t capacity;
    uint8_t id[HC_NETWORK_BYTES];
    bool simulated; /* its nodes sign as network_new_simulated says */
};

/* hc_network_new for simulations of many nodes in one process, and nothing else: in this network a signature is a
 * hash under the signer's id, a hundred times cheaper. A wrong one still fails, but any program that knows an id can make
 * a right one. */
enum hc_code network_new_simulated(struct hc_network **network, const char *text, size_t bytes, const char *file,
                                   struct hc_fault *fault) HC_MUST_USE;

/* What draw number `draw` gives the node `id` (D2): every node can check it, and none can choose it. But an
 * attacker that makes many keys, or claims many draws (row_draw_is_allowed), can choose among those. */
uint64_t network_draw(const struct hc_network *network, const uint8_t id[static HC_ID_BYTES], uint64_t draw);

#endif
