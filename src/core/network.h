/* The coins file and what is drawn from it (D1-D4). */
#ifndef HOWCOIN_CORE_NETWORK_H
#define HOWCOIN_CORE_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/limits.h"
#include "howcoin/network.h"

/* The numbers of a coins file and the network that they make. Immutable once parsed. */
struct hc_network {
    uint64_t *numbers; /* owned; each at most HC_COINS_MAX */
    size_t count;      /* at least 1 */
    uint8_t id[HC_NETWORK_BYTES];
};

/* Reads the text of a coins file. On failure `network` is zeroed and the fault names `file` and the line.
 * `network_name` is empty unless people gave one; it parts networks that share a file. */
enum hc_code network_parse(struct hc_network *network, const char *text, size_t bytes, const char *file,
                           const char *network_name, struct hc_fault *fault) HC_MUST_USE;
void network_free(struct hc_network *network);

/* What draw number `draw` gives the node `id` (D2): anybody can check it. Nobody can choose it, but
 * whoever makes many keys, or claims many draws (row_draw_is_allowed), can choose among as many. */
uint64_t network_draw(const struct hc_network *network, const uint8_t id[static HC_ID_BYTES], uint64_t draw);

#endif
