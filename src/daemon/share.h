/* The share of a link: how much it may bring on average, so that one busy peer does not keep others out. What it did not
 * bring earlier it may bring at once, up to LINK_SHARE_S seconds of it.
 */
#ifndef HOWCOIN_DAEMON_SHARE_H
#define HOWCOIN_DAEMON_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct share {
    int64_t bytes;      /* that may still come; below 0: too many came */
    int64_t messages_k; /* the same in thousandths of messages */
    uint64_t at_ms;     /* when these were true */
};

/* With nothing spent. */
void share_init(struct share *share, uint64_t now_ms);
/* One message came. */
void share_spend(struct share *share, size_t bytes);
/* Whether another one may come now. */
bool share_is_left(struct share *share, uint64_t now_ms);

#endif
