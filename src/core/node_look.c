/* What can be seen of a node. */
#include <string.h>

#include "core/node_parts.h"
#include "core/state.h"

void hc_node_look(const struct hc_node *node, struct hc_node_view *view)
{
    *view = (struct hc_node_view){.row = node->own,
                                  .network = node->network->id,
                                  .refused = node->refused,
                                  .round = node->round,
                                  .known = node->table.count,
                                  .waiting = node->table.waiting.count,
                                  .agree = node->agree,
                                  .reach = node->reach,
                                  .leaving = node->leaving,
                                  .recovering = node->recovering,
                                  .store_failed = node->store_failed};
    bool live = node->own && !node->leaving;
    view->live = node->members.live_count + live;
    view->balances = live ? table_balance(&node->table, node->identity.id) : 0;
    /* What we tell is made when it is needed, so looking may find nothing to compare with. */
    struct hc_state *state = told_now((struct hc_node *)node);
    for (size_t i = 0; i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        if (member->status == HC_MEMBER_LIVE) {
            view->balances += table_balance(&node->table, member->id);
            view->disagree +=
                !state || !member->told_known || memcmp(member->told, state->digest, HC_DIGEST_BYTES) != 0;
        }
    }
    if (state) {
        memcpy(view->digest, state->digest, HC_DIGEST_BYTES);
    }
    state_unref(state);
}

const uint8_t *hc_node_id(const struct hc_node *node)
{
    return node->identity.id;
}

void hc_node_look_at(const struct hc_node *node, size_t index, struct hc_node_row_view *view)
{
    ASSERT(index < node->table.count);
    const struct entry *entry = &node->table.entries[index];
    const struct member *member = members_find(&node->members, entry_id(entry));
    *view = (struct hc_node_row_view){
        .row = entry_row(entry),
        .self = is_self(node, entry_id(entry)),
        .forked = entry_is_forked(entry),
        .incomplete = entry->incomplete,
        .status = member          ? member->status
                  : node->leaving ? HC_MEMBER_LEFT
                                  : HC_MEMBER_LIVE,
        .reason = member ? member->reason : HC_OK,
        .balance = table_balance(&node->table, entry_id(entry)),
        .paid = entry_sent(entry),
        .received = ledger_credit(&node->table.ledger, entry_id(entry)),
        .changed_ms = member ? member->changed_ms : node->own_changed_ms,
        .claimed_ms = member ? member->claimed_ms : node->own_changed_ms,
        .answered_ms = member ? member->answered_ms : HC_NEVER_MS,
    };
}

size_t hc_node_seen(const struct hc_node *node, uint64_t version)
{
    size_t count = 0;
    for (size_t i = 0; i < node->members.count; i++) {
        count += node->members.list[i].own_told >= version;
    }
    return count;
}

const struct table *node_table(const struct hc_node *node)
{
    return &node->table;
}

const struct members *node_members(const struct hc_node *node)
{
    return &node->members;
}

bool node_verify(const struct hc_node *node)
{
    if (!table_verify(&node->table) || !members_verify(&node->members)) {
        return false;
    }
    for (size_t i = 0; i < node->members.count; i++) {
        if (!table_find(&node->table, node->members.list[i].id)) {
            return false;
        }
    }
    for (size_t i = 0; i < node->table.count; i++) { /* D5 */
        for (size_t b = 0; b < node->table.entries[i].branch_count; b++) {
            if (!row_draw_is_allowed(node->table.entries[i].branches[b])) {
                return false;
            }
        }
    }
    const struct entry *own = node->own ? table_find(&node->table, node->identity.id) : NULL;
    return node->table.count == node->members.count + (node->own != NULL) &&
           (!node->own || (own && own->branch_count == 1 && own->branches[0] == node->own)) &&
           (!node->pending_committed || node->pending) && node->queue_next <= node->queue_count &&
           node->exchange_count <= HC_EXCHANGES_MAX;
}
