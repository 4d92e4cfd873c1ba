/* Liars: hosts without a node, which have a key and say what they like.
 *
 * A liar's messages have the right form: others are refused before a node sees them, which is what the fuzzers test. It
 * lies about what the form cannot show: signatures, draws, sums, which hosts are dead, which host it is. It may have a
 * crowd: ids that it made up, each with a key, a row and an address, which may be an honest host's. It also answers as
 * one of them.
 */
#ifndef HOWCOIN_SIM_LIAR_H
#define HOWCOIN_SIM_LIAR_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/world.h"

#define LIAR_MEMORY 6u /* states that it remembers, to tell them when they are old */
#define LIAR_CROWD 60u /* ids that it makes up, at most */

struct liar {
    size_t host;
    struct hc_state *heard[LIAR_MEMORY];
    size_t heard_count;
    struct hc_row *rows[3]; /* its own, contradicting each other */
    struct hc_identity crowd[LIAR_CROWD];
    struct hc_row *crowd_rows[LIAR_CROWD];
    size_t crowd_count;
    uint64_t version;
};

/* `crowd`: how many ids it makes up, at most LIAR_CROWD. */
void liar_init(struct liar *liar, struct world *world, size_t host, size_t crowd);
void liar_free(struct liar *liar);
/* Answers a request, with truth and lies mixed. False: no reply. */
bool liar_answer(struct liar *liar, struct world *world, const struct hc_message *request, struct hc_message *reply);
/* Sends a request to a host. */
void liar_act(struct liar *liar, struct world *world, size_t victim);
/* Sometimes changes random bytes of a liar's message on its way. */
enum passage liar_spoil(struct world *world, struct hc_message *message);

#endif
