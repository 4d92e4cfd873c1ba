/* The coins file and what is drawn from it (D1-D4). */
#ifndef HOWCOIN_COINS_H
#define HOWCOIN_COINS_H

#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

/* The numbers of a coins file and the network that they make. Immutable once parsed. */
struct coins {
    uint64_t *numbers; /* owned; each at most COINS_MAX */
    size_t count;      /* at least 1 */
    uint8_t network[NETWORK_BYTES];
};

/* Reads the text of a coins file. On failure `coins` is zeroed and the fault names `file` and the line.
 * `network_name` is empty unless people gave one; it parts networks that share a file. */
enum hc_code coins_parse(struct coins *coins, const char *text, size_t bytes, const char *file,
                         const char *network_name, struct fault *fault) MUST_USE;
void coins_free(struct coins *coins);

/* What draw number `draw` gives the node `id` (D2): anybody can check it. Nobody can choose it, but
 * whoever makes many keys, or claims many draws (row_draw_is_allowed), can choose among as many. */
uint64_t coins_draw(const struct coins *coins, const uint8_t id[static ID_BYTES], uint64_t draw);

#endif
