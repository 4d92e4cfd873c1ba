/* The node's door: events, what is due, and its life from hc_node_new to hc_node_free.
 *
 * A step is: take note of the event, do what is due (work_do), say when to wake next.
 *
 * A node is made of parts, each a struct with a file of its own. Calls go down only, and no part knows what is above it:
 *
 *     node      node_look         events, deadlines, life; what can be seen of a node
 *     rounds                      when to ask which nodes, and what a round comes to
 *     talk                        conversations: calls and how they end, requests and answers
 *     intake                      what becomes of what this node is told: rows, opinions, messages that take several steps
 *     own    peers  told   calls  its row and commits; opinions; what it tells; exchanges under way
 *     draft  reach  held   targets  forgotten  contacts
 *     base                        who it is, table, members, chance, clock, refusals: what all of the above share
 *     effects                     lists of what the shell must do
 *
 * Failure: whatever runs out of memory leaves its work undone and the node whole. Rows that were not taken in come again
 * with the next exchange; a peer that was not asked is asked in a later round.
 */
#include <string.h>

#include "core/common/address.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/node_parts.h"
#include "core/node/peers.h"
#include "core/table/merge.h"

/* ---- Life ---- */

enum hc_code hc_node_new(struct hc_node **out, const struct hc_node_config *config)
{
    ASSERT(out && config && config->network && config->gossip_interval_ms > 0);
    ASSERT(config->address && address_is_canonical(config->address));
    ASSERT(config->name && hc_name_check(config->name, NULL) == HC_OK);
    ASSERT(config->contacts || config->contact_count == 0);
    struct hc_node *node = memory_new(1, sizeof *node);
    *out = NULL;
    if (!node) {
        return HC_NO_MEMORY;
    }
    if (talk_init(&node->talk, config) != HC_OK) {
        memory_free(node);
        return HC_NO_MEMORY;
    }
    base_init(&node->base, config);
    own_init(&node->own, &node->base, config);
    node->rounds.fanout = config->fanout;
    node->mutate_interval_ms = config->mutate_interval_ms;
    node->wake_ms = INT64_MAX;
    *out = node;
    return HC_OK;
}

void hc_node_free(struct hc_node *node)
{
    if (!node) {
        return;
    }
    talk_free(&node->talk);
    own_free(&node->own);
    base_free(&node->base);
    memory_free(node);
}

/* What is in our own store was verified when it came. An older store may have rows that are not allowed any more (D5): others
 * would refuse us for them. */
static void trust_rows(const struct hc_stored_row *stored, size_t count, const struct hc_network *network)
{
    for (size_t i = 0; i < count; i++) {
        ASSERT(memcmp(stored[i].row->network, network->id, HC_NETWORK_BYTES) == 0);
        stored[i].row->verified = row_draw_is_allowed(stored[i].row);
    }
}

/* Our own rows first: what we have paid keeps others solvent. */
static enum hc_code restore_own(struct hc_node *node, const struct hc_stored_row *stored, size_t count)
{
    enum hc_code code = HC_OK;
    for (size_t i = 0; code == HC_OK && i < count; i++) {
        if (base_is_self(&node->base, stored[i].row->fields.id)) {
            code = own_restore(&node->own, &node->base, stored[i].row);
        }
    }
    return code;
}

static enum hc_code restore_rows(struct hc_node *node, const struct hc_stored_row *stored, size_t count)
{
    struct merge merge = {0};
    struct hc_row **rows = memory_new(count + 1, sizeof *rows);
    size_t good = 0;
    if (!rows) {
        return HC_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        if (stored[i].row->verified) {
            rows[good++] = stored[i].row;
        }
    }
    enum hc_code code = table_merge(&node->base.table, &merge, rows, good, node->base.identity.id);
    merge_free(&merge);
    memory_free(rows);
    return code;
}

enum hc_code hc_node_restore(struct hc_node *node, const struct hc_stored_row *stored, size_t count, int64_t now_ms)
{
    ASSERT(node && !node->started && (stored || count == 0));
    trust_rows(stored, count, node->base.network);
    enum hc_code code = members_reserve(&node->base.members, count);
    code = code == HC_OK ? restore_own(node, stored, count) : code;
    code = code == HC_OK ? restore_rows(node, stored, count) : code;
    for (size_t i = 0; code == HC_OK && i < count; i++) {
        if (!base_is_self(&node->base, stored[i].row->fields.id)) {
            peer_restore(&node->base, &stored[i], now_ms);
        }
    }
    return code;
}

/* ---- What happened ---- */

static void node_start(struct hc_node *node)
{
    ASSERT(!node->started);
    node->started = true;
    own_start(&node->own, &node->base);
    node->rounds.next_ms = node->base.now_ms;
    node->next_mutation_ms = node->mutate_interval_ms ? node->base.now_ms + node->mutate_interval_ms : INT64_MAX;
}

/* Takes back what is under way: no peer is blamed for it. */
static void node_take_back(struct hc_node *node, struct hc_effects *effects)
{
    talk_take_back(&node->talk, effects);
    node->rounds.under_way = false;
}

static void node_leave(struct hc_node *node, struct hc_effects *effects)
{
    if (!node->base.leaving) {
        node_take_back(node, effects);
        held_clear(&node->talk.intake.held);
        node->base.leaving = true;
        own_leave(&node->own);
    }
}

/* P7: a node that slept through its own deadlines has no right to blame others for theirs. */
static void node_overslept(struct hc_node *node, struct hc_effects *effects)
{
    const struct calls *calls = &node->talk.calls;
    if (calls->count == 0 || node->wake_ms == INT64_MAX || node->base.now_ms - node->wake_ms <= calls->timeout_ms) {
        return;
    }
    node_take_back(node, effects);
    node->rounds.next_ms = node->base.now_ms;
}

static enum hc_code node_request(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    bool is_request = event->message->type == HC_MESSAGE_REQUEST;
    if (is_request && !(node->started && own_takes_part(&node->own))) {
        talk_busy(&node->talk, &node->base, event, "not started yet", effects);
        return HC_OK;
    }
    return talk_request(&node->talk, &node->base, &node->own, event, effects);
}

static void node_refused(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    struct base *base = &node->base;
    if (event->code == HC_WRONG_NETWORK) {
        refusals_add_stranger(&base->refusals, event->host, event->text, base->now_ms, effects);
    } else {
        base_refuse(base, event->code, 1, event->text, effects);
    }
}

/* The event alone; what is due is done afterwards. */
static enum hc_code event_take(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    struct base *base = &node->base;
    struct own *own = &node->own;
    struct talk *talk = &node->talk;
    bool has_message = event->kind == HC_EVENT_REQUEST || event->kind == HC_EVENT_BUSY || event->kind == HC_EVENT_REPLY;
    ASSERT(event->message || !has_message);
    switch (event->kind) {
    case HC_EVENT_START:
        node_start(node);
        break;
    case HC_EVENT_TIMEOUT:
        talk_expire(talk, base, effects); /* only now: answers that are late together must not expire each other */
        return intake_work(&talk->intake, base, own, &talk->targets, effects);
    case HC_EVENT_REQUEST:
        return node_request(node, event, effects);
    case HC_EVENT_BUSY:
        talk_busy(talk, base, event, event->text, effects);
        break;
    case HC_EVENT_REPLY:
        talk_reply(talk, base, own, event, effects);
        break;
    case HC_EVENT_FAILURE:
        talk_failure(talk, base, event, effects);
        break;
    case HC_EVENT_REFUSED:
        node_refused(node, event, effects);
        break;
    case HC_EVENT_LINK_OPENED:
    case HC_EVENT_LINK_MESSAGE:
    case HC_EVENT_LINK_ENDED:
    case HC_EVENT_SURVEY:
        break;
    case HC_EVENT_MUTATE:
        own_mutate(own, base);
        break;
    case HC_EVENT_PAY:
        own_pay(own, base, event, effects);
        break;
    case HC_EVENT_TAG:
        own_tag(own, base, event, effects);
        break;
    case HC_EVENT_COMMITTED:
        own_committed(own);
        break;
    case HC_EVENT_COMMIT_FAILED:
        own_commit_failed(own, event->text, effects);
        break;
    case HC_EVENT_LEAVE:
        node_leave(node, effects);
        break;
    }
    return HC_OK;
}

/* ---- What is due ---- */

static void mutation_work(struct hc_node *node)
{
    struct base *base = &node->base;
    if (base->leaving || base->now_ms < node->next_mutation_ms) {
        return;
    }
    node->next_mutation_ms += node->mutate_interval_ms;
    if (node->next_mutation_ms <= base->now_ms) {
        node->next_mutation_ms = base->now_ms + node->mutate_interval_ms;
    }
    own_mutate(&node->own, base);
}

/* Whether a round is to start when its time comes. */
static bool awaits_round(const struct hc_node *node)
{
    return !node->base.leaving && !node->rounds.under_way && own_takes_part(&node->own);
}

/* P8: once the goodbye is in force (or cannot be), it is told to as many as can be told at once. */
static void farewell_work(struct hc_node *node)
{
    uint8_t ids[INTRODUCTIONS_MAX][HC_ID_BYTES];
    const struct hc_row *own = node->own.row;
    if (!node->base.leaving || node->farewell || own_awaits_goodbye(&node->own)) {
        return;
    }
    node->farewell = true;
    size_t count = own && own->fields.left ? members_pick_live(&node->base.members, ids, INTRODUCTIONS_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        targets_add_member(&node->talk.targets, ids[i]);
    }
}

/* HC_NO_MEMORY: not all was done, and the rest is tried again. */
static enum hc_code work_do(struct hc_node *node, struct hc_effects *effects)
{
    struct base *base = &node->base;
    struct talk *talk = &node->talk;
    mutation_work(node);
    enum hc_code code = own_commit(&node->own, base, effects);
    if (awaits_round(node) && base->now_ms >= node->rounds.next_ms) {
        enum hc_code started = rounds_start(&node->rounds, base, talk);
        code = code == HC_OK ? started : code;
    }
    farewell_work(node);
    talk_open(talk, base, node->rounds.complete + 1, effects);
    if (talk_is_idle(talk) && node->farewell) {
        node->stopped = effects->stopped = true;
    } else if (talk_is_idle(talk) && node->rounds.under_way && !held_has_answers(&talk->intake.held)) {
        rounds_finish(&node->rounds, base, &node->own, talk, effects);
    }
    return code;
}

enum hc_code hc_node_step(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    ASSERT(node && event);
    effects_clear(effects);
    ASSERT(event->now_ms >= node->base.now_ms || !node->started);
    node->base.now_ms = event->now_ms;
    if (node->stopped) {
        effects->stopped = true;
        return HC_OK;
    }
    node_overslept(node, effects);
    enum hc_code code = event_take(node, event, effects);
    if (node->started || node->base.leaving) {
        enum hc_code worked = work_do(node, effects);
        code = code == HC_OK ? worked : code;
    }
    node->wake_ms = hc_node_deadline(node);
    ASSERT(code == HC_OK || code == HC_NO_MEMORY);
    return code;
}

int64_t hc_node_deadline(const struct hc_node *node)
{
    ASSERT(node);
    const struct base *base = &node->base;
    if (!node->started || node->stopped) {
        return INT64_MAX;
    }
    if (node->talk.intake.held.count > 0) {
        return base->now_ms;
    }
    int64_t deadline = calls_deadline(&node->talk.calls);
    if (own_is_behind(&node->own) && base->now_ms + MEMORY_RETRY_MS < deadline) {
        deadline = base->now_ms + MEMORY_RETRY_MS;
    }
    if (!base->leaving && node->next_mutation_ms < deadline) {
        deadline = node->next_mutation_ms;
    }
    if (awaits_round(node) && node->rounds.next_ms < deadline) {
        deadline = node->rounds.next_ms;
    }
    return deadline;
}
