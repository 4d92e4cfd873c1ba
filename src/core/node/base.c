/* What the parts of a node share. */
#include "core/node/base.h"

#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/digests.h"

enum hc_code base_init(struct base *base, const struct hc_node_config *config)
{
    uint8_t key[16];
    *base = (struct base){.network = config->network,
                          .gossip_interval_ms = config->gossip_interval_ms,
                          .exchange = config->exchange,
                          .patience = config->patience ? config->patience : 1,
                          .lateness = 1,
                          .news.kept = config->exchange == HC_EXCHANGE_LINKS};
    base->digests = memory_new(1, sizeof *base->digests);
    if (!base->digests) {
        return HC_NO_MEMORY;
    }
    base->identity = config->identity; /* straight into its place: no copy of a key stays on the stack */
    snprintf(base->address, sizeof base->address, "%s", config->address);
    random_init(&base->random, config->seed);
    random_bytes(&base->random, key, sizeof key);
    table_init(&base->table, base->network, key);
    base->table.checks_most = config->checks_a_step ? config->checks_a_step : HC_CHECKS_A_STEP_MAX;
    members_init(&base->members);
    memset(base->digests->stale, 0xff, sizeof base->digests->stale); /* nothing is computed yet */
    base->table.stale = base->members.stale = base->digests->stale;
    return HC_OK;
}

void base_free(struct base *base)
{
    table_free(&base->table);
    members_free(&base->members);
    news_free(&base->news);
    memory_free(base->digests);
    hc_identity_wipe(&base->identity);
}

bool base_is_self(const struct base *base, const uint8_t id[static HC_ID_BYTES])
{
    return id_equal(id, base->identity.id);
}

struct hc_row *base_row(const struct base *base, const uint8_t id[static HC_ID_BYTES])
{
    const struct entry *entry = table_find(&base->table, id);
    return entry ? entry_row(entry) : NULL;
}

struct hc_row *base_member_row(const struct base *base, const struct member *member)
{
    struct hc_row *row = base_row(base, member->id);
    ASSERT(row);
    return row;
}

void base_refuse(struct base *base, enum hc_code code, uint64_t count, const char *text, struct hc_effects *effects)
{
    refusals_add(&base->refusals, code, count, text, base->now_ms, effects);
}

bool base_keeps_links(const struct base *base)
{
    return base->exchange == HC_EXCHANGE_LINKS;
}

void base_story(const struct base *base, struct member *member, enum hc_story_kind kind, enum hc_code code,
                const uint8_t *by)
{
    if (member && base_keeps_links(base)) {
        story_add(&member->story, base->now_ms, kind, code, by);
    }
}

int64_t base_rounds_ms(const struct base *base, unsigned rounds)
{
    return (int64_t)rounds * base->gossip_interval_ms;
}
