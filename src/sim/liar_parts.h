/* A liar's inside: what liar.c and liar_links.c share, and no other file includes. */
#ifndef HOWCOIN_SIM_LIAR_PARTS_H
#define HOWCOIN_SIM_LIAR_PARTS_H

#include "sim/liar.h"

/* ---- liar.c ---- */

/* A state with truth and lies mixed; NULL without memory. */
struct hc_state *liar_say(struct liar *liar, struct world *world);
/* An owner's row with something changed, so that its signature does not fit; NULL: it cannot be. */
struct hc_row *liar_forge(struct world *world, const struct hc_row *row);
void liar_remember(struct liar *liar, struct world *world, struct hc_state *state);

/* ---- liar_links.c ---- */

/* Fills in a hello or a welcome of this sender, but for `keep` and the proof. */
void liar_greet(struct world *world, const struct hc_identity *from, struct hc_message *greeting,
                enum hc_message_type type);
/* Opens a link to the victim, or does something on one that it has. */
void liar_act_on_links(struct liar *liar, struct world *world, size_t victim);

#endif
