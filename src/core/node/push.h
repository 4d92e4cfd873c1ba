/* Pushing (K4, K5): news goes at once to all who want it, except to where it came from; and each end of a chord judges whether
 * it wants any more.
 *
 * The source of the idea is Plumtree: J. Leitao, J. Pereira, L. Rodrigues, "Epidemic Broadcast Trees", SRDS 2007. Unlike
 * there, the ring stays eager, and a chord is not pruned at its first duplicate but when most of what it brings is known.
 */
#ifndef HOWCOIN_CORE_PUSH_H
#define HOWCOIN_CORE_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/links.h"

/* This node's own news, which waits if it comes in masses. Zeroed at first. */
struct push {
    struct hc_row *own_before; /* a reference: what the links hold; it may be NULL while `own_waits` */
    bool own_waits;
    int64_t own_due_ms; /* not told again before */
};

void push_free(struct push *push);
/* Hands what the step has brought to the links. */
void push_gather(struct push *push, struct links *links, struct base *base);
/* Sends what is due. */
void push_send(struct links *links, const struct base *base, struct hc_effects *effects);
/* Sends everything on every link, whether it is eager or not; with `own` also our row: a goodbye. */
void push_farewell(struct push *push, struct links *links, const struct base *base, bool own,
                   struct hc_effects *effects);
/* When the next push is due; INT64_MAX: none. */
int64_t push_deadline(const struct push *push, const struct links *links);

/* A row came as news on the link, and was new here or not: the link's usefulness. */
void push_judge(struct link *link, bool fresh);
/* A chord that has become useless is told so. */
void push_judged(struct link *link, struct hc_effects *effects);
/* We want the other side's news again. */
void push_wake(struct link *link, struct hc_effects *effects);

#endif
