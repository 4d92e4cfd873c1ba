/* Effects as a node's parts make them. What the shell does with them is in howcoin/node.h.
 *
 * The lists grow as needed. What memory running out costs is said at each function: the work that the effect belongs
 * to is left undone (a send), or done without a word (a notice).
 */
#ifndef HOWCOIN_CORE_EFFECTS_H
#define HOWCOIN_CORE_EFFECTS_H

#include <stdint.h>

#include "core/common/error.h"
#include "howcoin/node.h"

/* Empties the effects for the next step; the lists keep their memory. */
void effects_clear(struct hc_effects *effects);

/* A zeroed send, or NULL if memory ran out. Valid until the next send_add. */
struct hc_send *send_add(struct hc_effects *effects);
/* The answer to the payment or the change of tags `handle`, or NULL if memory ran out. Valid until the next
 * answer_add. */
struct hc_answer *answer_add(struct hc_effects *effects, enum hc_event_kind kind, uint64_t handle, enum hc_code code);
/* A notice about `row` (which may be NULL). Never NULL itself: without memory the notice is lost, but what it tells
 * of has happened all the same. Valid until the next notice_add. */
struct hc_notice *notice_add(struct hc_effects *effects, enum hc_notice_kind kind, struct hc_row *row);
/* Gives the notice words, if they fit and can be shown on a terminal. `text` may be NULL. */
void notice_text(struct hc_notice *notice, const char *text);
/* The owner's row or status must be stored. Without memory it is stored at its next change. */
void changed_add(struct hc_effects *effects, const uint8_t id[static HC_ID_BYTES]);

#endif
