/* What can be seen of a node, from outside (howcoin/node.h) and by tests (core/node/node.h). */
#include <string.h>

#include "core/common/id.h"
#include "core/node/digests.h"
#include "core/node/node_parts.h"

void hc_node_look(const struct hc_node *node, struct hc_node_view *view)
{
    ASSERT(node && view);
    const struct base *base = &node->base;
    bool live = node->own.row && !base->leaving;
    size_t heard = 0, agreeing = 0;
    for (size_t i = 0; i < base->members.count; i++) {
        const struct member *member = &base->members.list[i];
        bool told = member->status == HC_MEMBER_LIVE && member->told_known;
        heard += told;
        agreeing += told && member->agrees;
    }
    *view = (struct hc_node_view){.row = node->own.row,
                                  .network = base->network->id,
                                  .round = node->rounds.complete,
                                  .live = base->members.live_count + live,
                                  .known = base->table.count,
                                  .waiting = base->table.waiting.count,
                                  .agree = node->rounds.agree,
                                  .heard = heard,
                                  .agreeing = agreeing,
                                  .reach = node->rounds.reach.reach,
                                  .leaving = base->leaving,
                                  .recovering = node->own.recovering,
                                  .store_failed = node->own.store_failed,
                                  .refused = base->refusals.counted};
    ASSERT(view->live <= view->known);
}

const uint8_t *hc_node_id(const struct hc_node *node)
{
    ASSERT(node);
    return node->base.identity.id;
}

void hc_node_digest(const struct hc_node *node, uint8_t digest[static HC_DIGEST_BYTES])
{
    ASSERT(node && digest);
    uint8_t whole[HC_DIGEST_BYTES];
    digests_now(digest, whole, &node->base);
}

hc_coin_sum hc_node_balances(const struct hc_node *node)
{
    ASSERT(node);
    const struct base *base = &node->base;
    hc_coin_sum sum = node->own.row && !base->leaving ? table_balance(&base->table, base->identity.id) : 0;
    for (size_t i = 0; i < base->members.count; i++) {
        const struct member *member = &base->members.list[i];
        sum += member->status == HC_MEMBER_LIVE ? table_balance(&base->table, member->id) : 0;
    }
    return sum;
}

size_t hc_node_disagreeing(const struct hc_node *node)
{
    ASSERT(node);
    const struct members *members = &node->base.members;
    uint8_t digest[HC_DIGEST_BYTES];
    size_t count = 0;
    hc_node_digest(node, digest);
    for (size_t i = 0; i < members->count; i++) {
        const struct member *member = &members->list[i];
        count += member->status == HC_MEMBER_LIVE &&
                 (!member->told_known || memcmp(member->told, digest, HC_DIGEST_BYTES) != 0);
    }
    return count;
}

size_t hc_node_seen(const struct hc_node *node, uint64_t version)
{
    ASSERT(node);
    const struct members *members = &node->base.members;
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        count += members->list[i].own_told >= version;
    }
    return count;
}

void hc_node_look_at(const struct hc_node *node, size_t index, struct hc_node_row_view *view)
{
    ASSERT(node && view && index < node->base.table.count);
    const struct table *table = &node->base.table;
    const struct entry *entry = &table->entries[index];
    const uint8_t *id = entry_id(entry);
    const struct member *member = members_find(&node->base.members, id);
    bool self = base_is_self(&node->base, id);
    ASSERT(self == !member);
    *view = (struct hc_node_row_view){
        .row = entry_row(entry),
        .self = self,
        .forked = entry_is_forked(entry),
        .incomplete = entry->incomplete,
        .status = member               ? member->status
                  : node->base.leaving ? HC_MEMBER_LEFT
                                       : HC_MEMBER_LIVE,
        .reason = member ? member->reason : HC_OK,
        .balance = table_balance(table, id),
        .paid = entry_sent(entry),
        .received = ledger_credit(&table->ledger, id),
        .changed_ms = member ? member->changed_ms : node->base.own_changed_ms,
        .claimed_ms = member ? member->claimed_ms : node->base.own_changed_ms,
        .answered_ms = member ? member->answered_ms : HC_NEVER_MS,
        .mode_known = member ? member->mode_known : true,
        .mode = member ? member->mode : node->base.exchange,
        .standing = member && member->standing,
    };
}

/* ---- Links, and the stories of peers ---- */

const char *hc_exchange_name(enum hc_exchange exchange)
{
    ASSERT(exchange == HC_EXCHANGE_FULL || exchange == HC_EXCHANGE_LINKS);
    return exchange == HC_EXCHANGE_LINKS ? "links" : "full";
}

size_t hc_node_link_count(const struct hc_node *node)
{
    ASSERT(node);
    return node->talk.links.count;
}

void hc_node_link(const struct hc_node *node, size_t index, struct hc_node_link_view *view)
{
    ASSERT(node && index < hc_node_link_count(node));
    const struct link *link = node->talk.links.list[index];
    const struct member *member = members_find(&node->base.members, link->id);
    *view = (struct hc_node_link_view){.handle = link->handle,
                                       .id = link->id,
                                       .row = member ? base_member_row(&node->base, member) : NULL,
                                       .ours = link->ours,
                                       .ring = link->ring,
                                       .proved = link->stage == LINK_UP,
                                       .pushes = link->pushes,
                                       .pushed = link->pushed,
                                       .agree = member && member->agrees,
                                       .usefulness = link->usefulness,
                                       .since_ms = link->since_ms,
                                       .heard_ms = link->heard_ms};
}

const char *hc_story_kind_name(enum hc_story_kind kind)
{
    static const char *const names[] = {
#define X(kind, name) [kind] = name,
        HC_STORY_KINDS(X)
#undef X
    };
    ASSERT((size_t)kind < sizeof names / sizeof *names);
    return names[kind];
}

size_t hc_node_story(const struct hc_node *node, const uint8_t id[static HC_ID_BYTES],
                     struct hc_story_entry entries[static HC_STORY_MAX], uint32_t *flaps)
{
    ASSERT(node && id && entries && flaps);
    const struct member *member = members_find(&node->base.members, id);
    *flaps = member ? member->flaps : 0;
    return member ? story_read(member->story, entries) : 0;
}

/* ---- For tests and the simulator ---- */

const struct table *node_table(const struct hc_node *node)
{
    return &node->base.table;
}

const struct members *node_members(const struct hc_node *node)
{
    return &node->base.members;
}

/* D5: no row may choose its draw freely. */
static bool draws_are_allowed(const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (size_t b = 0; b < table->entries[i].branch_count; b++) {
            if (!row_draw_is_allowed(table->entries[i].branches[b])) {
                return false;
            }
        }
    }
    return true;
}

bool node_verify(const struct hc_node *node)
{
    const struct base *base = &node->base;
    if (!table_verify(&base->table) || !members_verify(&base->members) || !draws_are_allowed(&base->table)) {
        return false;
    }
    for (size_t i = 0; i < base->members.count; i++) {
        if (!base_row(base, base->members.list[i].id)) {
            return false;
        }
    }
    const struct targets *targets = &node->talk.targets;
    return own_verify(&node->own, base) && digests_verify(base) && links_verify(&node->talk.links) &&
           base->table.count == base->members.count + (node->own.row ? 1 : 0) && targets->next <= targets->count &&
           node->talk.calls.count <= HC_EXCHANGES_MAX && node->talk.intake.held.count <= HELD_MAX;
}
