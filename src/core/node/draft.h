/* The draft: what this node's next row will say. Draws, payments and tags change it; own.c signs it.
 *
 * Its version is the greatest that was ever used or seen under this node's key, so the next row takes the one after.
 */
#ifndef HOWCOIN_CORE_DRAFT_H
#define HOWCOIN_CORE_DRAFT_H

#include <stdbool.h>

#include "core/node/base.h"
#include "core/rows/tags.h"

struct draft {
    struct hc_row_fields fields; /* its pointers lead to what stands below, and to what draft_init was given */
    struct hc_sent sent[HC_PAYEES_MAX];
    struct hc_tags tags;
    char more[MORE_BYTES_MAX]; /* of a later version of this program that ran with our key before */
    bool dirty;                /* differs from the row that was signed last */
};

/* An empty draft, with version 0. `address` and `name` are borrowed for its life. */
void draft_init(struct draft *draft, const uint8_t id[static HC_ID_BYTES], const char *address, const char *name);

/* Goes on from a row of ours: its version, draw, coins and payments. Not its tags. */
void draft_follow(struct draft *draft, const struct hc_row *row);
/* Says what a row of ours said of tags, with the changes `given`, and of what only a later version knows. HC_BAD_TAG:
 * there would be too many tags, and nothing is changed. */
enum hc_code draft_take_extras(struct draft *draft, const struct hc_row_fields *fields,
                               const struct hc_tags *given) HC_MUST_USE;
void draft_put_tags(struct draft *draft, const struct hc_tags *tags);

/* D4: from draw `draw` on, the first that leaves us with no debt; false if there is none soon, and nothing is changed. */
bool draft_draw(struct draft *draft, const struct base *base, uint64_t draw);
/* The same, where there has to be one: draw `draw` itself if there is no better one soon. Credits that we spent may not
 * have reached us again; other nodes hold the row as waiting until they have them. */
void draft_draw_anyway(struct draft *draft, const struct base *base, uint64_t draw);
/* What may be spent: by the draft, so that payments on their way count. Negative: credits that we spent are not known
 * here. */
hc_coin_sum draft_balance(const struct draft *draft, const struct base *base);
/* Whether the payment can be made: HC_OK, HC_BAD_AMOUNT, HC_OWN_PAYEE, HC_UNKNOWN_PAYEE, HC_NOT_ENOUGH,
 * HC_TOO_MANY_PAYEES. */
enum hc_code draft_check_payment(const struct draft *draft, const struct base *base,
                                 const uint8_t payee[static HC_ID_BYTES], uint64_t amount) HC_MUST_USE;
/* Makes a payment that was checked. */
void draft_pay(struct draft *draft, const uint8_t payee[static HC_ID_BYTES], uint64_t amount);
/* M5: takes over what a row has sent, the greater of each; false if those are too many for one row, and nothing is
 * changed. */
bool draft_join(struct draft *draft, const struct hc_row_fields *theirs);

#endif
