/* What is said on links (K2-K9): messages that come, links that open and end, and what is due on them. */
#ifndef HOWCOIN_CORE_LINK_TALK_H
#define HOWCOIN_CORE_LINK_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/push.h"
#include "core/node/talk.h"

/* ---- What happened: each takes the event of its name ---- */

void link_opened(struct talk *talk, struct base *base, const struct own *own, const struct hc_event *event,
                 struct hc_effects *effects);
/* HC_NO_MEMORY: part of what it says was not taken in. */
enum hc_code link_message(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                          struct hc_effects *effects) HC_MUST_USE;
void link_ended(struct talk *talk, struct base *base, const struct hc_event *event, struct hc_effects *effects);

/* A link is over, for the shell too: forgets it. `code`, `why`: what is told (HC_OK: nothing is wrong). */
void link_gone(struct talk *talk, struct base *base, struct link *link, enum hc_code code, const char *why,
               struct hc_effects *effects);

/* ---- What is due ---- */

/* K3: a round begins: a beat goes over each link of ours. */
void links_beat(struct talk *talk, struct base *base, struct hc_effects *effects);
/* Links that were not opened in time, or that are silent (K3). */
void links_expire(struct talk *talk, struct base *base, struct hc_effects *effects);
/* What was held is taken in: the other side may send more. */
void links_took(struct talk *talk, struct base *base, struct hc_effects *effects);
/* What became of time that this node slept through is nobody's fault (P7). */
void links_overslept(struct talk *talk, const struct base *base);
/* Whether an answer is awaited that belongs to this round. */
bool links_await(const struct talk *talk);
/* Whether all that told their tables last on links told ours. */
bool links_agree(const struct talk *talk, const struct base *base);
/* When links_expire has something to do; INT64_MAX: never. */
int64_t links_deadline(const struct talk *talk, const struct base *base);
/* The goodbye has been said: all links end. */
void links_leave(struct talk *talk, struct base *base, struct hc_effects *effects);

#endif
