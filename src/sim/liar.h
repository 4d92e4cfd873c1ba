/* Liars: hosts without a node, which have a key and say what they like.
 *
 * What a liar says has the right form, since whatever has not is refused before any node sees it (that is for the
 * fuzzers); it lies in what the form cannot show: signatures, draws, sums, which hosts are dead, which host it is. It may have a crowd: ids that
 * it made up, with keys, rows and addresses, some of them of honest hosts; it answers as one of them, too.
 */
#ifndef HOWCOIN_SIM_LIAR_H
#define HOWCOIN_SIM_LIAR_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/world.h"

#define LIAR_MEMORY 6u /* states that it remembers, to tell them when they are old */
#define LIAR_CROWD 60u /* the most ids that it makes up */

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

/* `crowd` is how many ids it makes up; at most LIAR_CROWD of them. */
void liar_init(struct liar *liar, struct world *world, size_t host, size_t crowd);
void liar_free(struct liar *liar);
/* It is asked: fills the reply, true and false mixed. False: it gives none. */
bool liar_answer(struct liar *liar, struct world *world, const struct hc_message *request, struct hc_message *reply);
/* It sends a request to a host. */
void liar_act(struct liar *liar, struct world *world, size_t victim);
/* What it says may be spoilt on its way, by random changes of the text. */
enum passage liar_spoil(struct world *world, struct hc_message *message);

#endif
