/* Words: what a message of a link says beside whole rows (K4-K9): patches, verdicts, and what two tables are compared by.
 *
 * Filled by the adds, and not changed any more once it is in a message; shared by reference count, which is not atomic.
 * A row is named by the first bytes of its id. If two ids begin alike, both are meant.
 */
#ifndef HOWCOIN_CORE_WORDS_H
#define HOWCOIN_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"

/* What a patch says of a payee: the total that is sent to it now. */
struct patch_sent {
    uint8_t payee[HC_ID_BYTES]; /* if not `fresh`, only the first ID_SHORT_BYTES are set */
    bool fresh;                 /* it was not paid in the base */
    uint64_t amount;
};

/* K5: the next version of a row, by what differs from one that the receiver holds. What it does not name is as in the
 * base. */
struct patch {
    uint8_t id[ID_SHORT_BYTES];
    uint64_t base, version;  /* base < version */
    uint64_t draw, coins;    /* always set */
    bool left;               /* always set */
    struct patch_sent *sent; /* in order of payees; owned by the words */
    size_t sent_count;
    uint8_t sig[HC_SIGNATURE_BYTES]; /* the owner's, over the whole row */
    struct hc_row
        *row; /* what comes of it, a reference, if the message did not come as text: it need not be made anew */
};

/* K9: what the sender found out about a node. */
struct verdict {
    uint8_t id[ID_SHORT_BYTES];
    uint64_t version;    /* of its row, when that was found */
    enum hc_code reason; /* why it is gone; HC_OK: it is back */
};

/* K7: that the sender holds a row. */
struct listed {
    uint8_t id[ID_SHORT_BYTES];
    uint8_t hash[ID_SHORT_BYTES]; /* of its entry (node/digests.h) */
    bool gone;                    /* its owner is not live there */
    bool fresh;                   /* learned a moment ago: it is on its way by itself */
};

struct hc_words {
    uint32_t refs;
    struct patch *patches;
    struct verdict *verdicts;
    struct listed *listed; /* in order of ids */
    uint8_t (*wanted)[ID_SHORT_BYTES];
    uint8_t (*buckets)[ID_SHORT_BYTES]; /* of BUCKETS; NULL: none */
    uint8_t covers[BUCKETS / 8]; /* of a list: the buckets that it lists whole; bit b % 8 of byte b / 8 is bucket b */
    size_t patch_count, verdict_count, listed_count, wanted_count;
    size_t patch_capacity, verdict_capacity, listed_capacity, wanted_capacity;
};

/* Empty, with one reference; NULL if memory ran out. */
struct hc_words *words_new(void);
struct hc_words *words_ref(struct hc_words *words);
void words_unref(struct hc_words *words); /* NULL is fine */

/* Each gives a zeroed element at the end of its list, or NULL if memory ran out. Valid until the next add. */
struct patch *words_add_patch(struct hc_words *words);
struct verdict *words_add_verdict(struct hc_words *words);
struct listed *words_add_listed(struct hc_words *words);
/* Makes room for `count` payees in a patch of these words, zeroed. False if memory ran out. */
bool patch_reserve(struct patch *patch, size_t count) HC_MUST_USE;
/* False if memory ran out. */
bool words_want(struct hc_words *words, const uint8_t id[static ID_SHORT_BYTES]) HC_MUST_USE;
/* BUCKETS zeroed ones; false if memory ran out. */
bool words_add_buckets(struct hc_words *words) HC_MUST_USE;

#endif
