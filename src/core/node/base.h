/* The base of a node: what all of its parts stand on. Who it is, the rows that it knows, what it thinks of their
 * owners, its chance and its clock, and what it refused.
 *
 * The parts (own, told, intake, ...) know the base; the base knows none of them. What only one part needs is not in
 * here.
 */
#ifndef HOWCOIN_CORE_BASE_H
#define HOWCOIN_CORE_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/common/random.h"
#include "core/node/members.h"
#include "core/node/news.h"
#include "core/node/refusals.h"
#include "core/table/table.h"

struct digests;

struct base {
    struct hc_identity identity;
    const struct hc_network *network;    /* borrowed */
    char address[HC_ADDR_BYTES_MAX + 1]; /* where others reach this node */
    uint32_t gossip_interval_ms;         /* from round to round */
    enum hc_exchange exchange;           /* how this node talks of its own accord */
    uint32_t patience, lateness;         /* its time-outs are multiplied by both (K8) */
    struct table table;
    struct members members; /* every owner in the table but this node */
    struct random random;
    struct digests *digests; /* owned; computed when they are asked for, also where the base is only read */
    struct refusals refusals;
    struct news news;       /* for links */
    int64_t now_ms;         /* of this step */
    int64_t own_changed_ms; /* when this node's own row was last replaced */
    bool leaving;           /* this node says goodbye: it judges no peer any more, and meets none */
};

enum hc_code base_init(struct base *base, const struct hc_node_config *config) HC_MUST_USE;
/* Wipes the key, too. */
void base_free(struct base *base);

/* Whether the id is this node's own. */
bool base_is_self(const struct base *base, const uint8_t id[static HC_ID_BYTES]);
/* The row that speaks for an owner, or NULL if it is unknown. Valid until the table changes. */
struct hc_row *base_row(const struct base *base, const uint8_t id[static HC_ID_BYTES]);
/* The same of a member, which has one. */
struct hc_row *base_member_row(const struct base *base, const struct member *member);
void base_refuse(struct base *base, enum hc_code code, uint64_t count, const char *text, struct hc_effects *effects);

/* Whether this node talks over links of its own accord (K1), and not in the simple form (K12). */
bool base_keeps_links(const struct base *base);
/* Adds to a member's story; NULL is fine. */
void base_story(const struct base *base, struct member *member, enum hc_story_kind kind, enum hc_code code,
                const uint8_t *by);
/* How long so many rounds take. */
int64_t base_rounds_ms(const struct base *base, unsigned rounds);

#endif
