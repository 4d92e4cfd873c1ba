/* What the parts of a node share. */
#include "core/node/base.h"

#include <stdio.h>

#include "core/common/id.h"

void base_init(struct base *base, const struct hc_node_config *config)
{
    uint8_t key[16];
    *base = (struct base){.network = config->network, .gossip_interval_ms = config->gossip_interval_ms};
    base->identity = config->identity; /* straight into its place: no copy of a key stays on the stack */
    snprintf(base->address, sizeof base->address, "%s", config->address);
    random_init(&base->random, config->seed);
    random_bytes(&base->random, key, sizeof key);
    table_init(&base->table, base->network, key);
    base->table.checks_most = config->checks_a_step ? config->checks_a_step : HC_CHECKS_A_STEP_MAX;
    members_init(&base->members);
}

void base_free(struct base *base)
{
    table_free(&base->table);
    members_free(&base->members);
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
