/* Comparing tables (K7): which rows one side of a link has and the other lacks, found by hashes, and told.
 *
 * The side that opened the link begins, with the list of its rows if they are few, and with its buckets' hashes otherwise; the
 * other side answers those with the lists of the buckets that differ. Whoever gets a list sends what the other lacks, and
 * asks for what it lacks itself. Nothing of it is remembered beyond the rows that are still owed: a comparison that is broken
 * off begins anew from what both hold by then.
 *
 * The source: anti-entropy (A. Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987) by hash
 * trees, as in Dynamo (G. DeCandia et al., SOSP 2007).
 */
#ifndef HOWCOIN_CORE_COMPARE_H
#define HOWCOIN_CORE_COMPARE_H

#include "core/node/links.h"

/* Begins, on a link of ours. */
void compare_begin(struct link *link, const struct base *base, struct hc_effects *effects);

/* The message of that name came. */
void compare_buckets(struct link *link, const struct base *base, const struct hc_words *words,
                     struct hc_effects *effects);
void compare_list(struct link *link, struct base *base, const struct hc_words *words, struct hc_effects *effects);
void compare_want(struct link *link, const struct base *base, const struct hc_words *words, struct hc_effects *effects);
void compare_took(struct link *link, const struct base *base, struct hc_effects *effects);

/* Asks for rows whole. */
void compare_ask(const struct link *link, struct hc_words *wanted, struct hc_effects *effects);
/* Says our digests, on a link that is up; nothing but that we are here if they are as we told last. */
void compare_beat(struct link *link, const struct base *base, struct hc_effects *effects);

#endif
