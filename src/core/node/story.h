/* Stories: the last things that happened between this node and a peer, for people who ask why it was dropped. */
#ifndef HOWCOIN_CORE_STORY_H
#define HOWCOIN_CORE_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "howcoin/node.h"

struct story;

void story_free(struct story **story); /* *story is NULL then */
/* Adds an entry, and makes the story if there is none; the oldest of more than HC_STORY_MAX goes. `by` is the node that
 * said so, or NULL. Without memory nothing is added. */
void story_add(struct story **story, int64_t at_ms, enum hc_story_kind kind, enum hc_code code, const uint8_t *by);
/* Writes the entries, the oldest first; returns how many. `story` may be NULL: there are none. */
size_t story_read(const struct story *story, struct hc_story_entry entries[static HC_STORY_MAX]);

#endif
