/* The node's door: events, what is due, and its life from hc_node_new to hc_node_free.
 *
 * A step is: take note of the event, do what is due (work_do), say when to wake next.
 *
 * A node is made of parts, each a struct with a file of its own. Calls go down only, and no part knows what is above it:
 *
 *     node      node_look         events, deadlines, life; what can be seen of a node
 *     rounds                      when to ask which nodes, and what a round comes to
 *     ring                        which links there are to be
 *     link_talk                   what is said on links, from hello to bye
 *     push   compare              news to links; tables compared on links
 *     talk                        conversations: calls and how they end, requests and answers
 *     intake                      what becomes of what this node is told: rows, opinions, messages that take several steps
 *     own    peers  told   calls  its row and commits; opinions; what it tells; exchanges under way
 *     links  greeting  outbox     links there are; hellos and welcomes; what a link is still to be told
 *     draft  reach  held   targets  forgotten  contacts  digests
 *     base                        who it is, table, members, news, chance, clock, refusals: what all of the above share
 *     effects                     lists of what the shell must do
 *
 * Failure: whatever runs out of memory leaves its work undone and the node whole. Rows that were not taken in come again
 * with the next exchange; a peer that was not asked is asked in a later round.
 */
#include <string.h>

#include "core/common/address.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/node/link_talk.h"
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
    if (base_init(&node->base, config) != HC_OK) {
        talk_free(&node->talk);
        memory_free(node);
        return HC_NO_MEMORY;
    }
    own_init(&node->own, &node->base, config);
    node->rounds.fanout = config->fanout;
    node->rounds.ring.links = config->links ? config->links : LINKS_OURS;
    ASSERT(node->rounds.ring.links <= LINKS_OURS_MAX);
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
    push_free(&node->push);
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

/* K8: a node that is late itself is slow to blame others. */
static void node_judge_itself(struct hc_node *node)
{
    struct base *base = &node->base;
    bool is_late = node->wake_ms != INT64_MAX && base->now_ms - node->wake_ms > LATE_MS;
    if (is_late && base->now_ms - node->late_ms >= base->gossip_interval_ms) {
        base->lateness = base->lateness < LATE_FACTOR_MAX ? 2 * base->lateness : base->lateness;
        node->late_ms = base->now_ms;
    } else if (base->lateness > 1 && base->now_ms - node->late_ms >= 2 * (int64_t)base->gossip_interval_ms) {
        base->lateness = 1;
    }
}

/* P7: a node that slept through its own deadlines has no right to blame others for theirs. */
static void node_overslept(struct hc_node *node, struct hc_effects *effects)
{
    const struct calls *calls = &node->talk.calls;
    node_judge_itself(node);
    if (node->wake_ms == INT64_MAX || node->base.now_ms - node->wake_ms <= calls->timeout_ms) {
        return;
    }
    links_overslept(&node->talk, &node->base);
    if (calls->count > 0) {
        node_take_back(node, effects);
        node->rounds.next_ms = node->base.now_ms;
    }
}

static enum hc_code node_request(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    bool is_request = event->message->type == HC_MESSAGE_REQUEST || event->message->type == HC_MESSAGE_HELLO;
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

/* Only now: answers that are late together must not expire each other. */
static enum hc_code node_timeout(struct hc_node *node, struct hc_effects *effects)
{
    struct talk *talk = &node->talk;
    talk_expire(talk, &node->base, effects);
    links_expire(talk, &node->base, effects);
    enum hc_code code = intake_work(&talk->intake, &node->base, &node->own, &talk->targets, effects);
    links_took(talk, &node->base, effects);
    return code;
}

/* The event alone; what is due is done afterwards. */
static enum hc_code event_take(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    struct base *base = &node->base;
    struct own *own = &node->own;
    struct talk *talk = &node->talk;
    bool has_message = event->kind == HC_EVENT_REQUEST || event->kind == HC_EVENT_BUSY ||
                       event->kind == HC_EVENT_REPLY || event->kind == HC_EVENT_LINK_OPENED ||
                       event->kind == HC_EVENT_LINK_MESSAGE;
    ASSERT(event->message || !has_message);
    switch (event->kind) {
    case HC_EVENT_START:
        node_start(node);
        break;
    case HC_EVENT_TIMEOUT:
        return node_timeout(node, effects);
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
        link_opened(talk, base, own, event, effects);
        break;
    case HC_EVENT_LINK_MESSAGE:
        return link_message(talk, base, own, event, effects);
    case HC_EVENT_LINK_ENDED:
        link_ended(talk, base, event, effects);
        break;
    case HC_EVENT_SURVEY:
        talk_survey(talk, base, event->amount);
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
    bool may = !node->rounds.under_way || base_keeps_links(&node->base);
    return may && !node->base.leaving && own_takes_part(&node->own);
}

/* P8: once the goodbye is in force (or cannot be), it is told on all links or, without any, to as many as can be told at
 * once. */
static void farewell_work(struct hc_node *node, struct hc_effects *effects)
{
    uint8_t ids[INTRODUCTIONS_MAX][HC_ID_BYTES];
    const struct hc_row *own = node->own.row;
    struct talk *talk = &node->talk;
    if (!node->base.leaving || node->farewell || own_awaits_goodbye(&node->own)) {
        return;
    }
    node->farewell = true;
    bool told = own && own->fields.left;
    if (links_are_up(&talk->links)) {
        push_gather(&node->push, &talk->links, &node->base);
        push_farewell(&node->push, &talk->links, &node->base, told, effects);
        told = false;
    }
    links_leave(talk, &node->base, effects);
    size_t count = told ? members_pick_live(&node->base.members, ids, INTRODUCTIONS_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        targets_add_member(&talk->targets, ids[i]);
    }
}

/* A round begins when its time has come; of a node that keeps links also if the last one has not ended: a peer that is slow
 * must not keep the beats back. HC_NO_MEMORY: a later one begins. */
static enum hc_code round_work(struct hc_node *node, struct hc_effects *effects)
{
    struct rounds *rounds = &node->rounds;
    if (!awaits_round(node) || node->base.now_ms < rounds->next_ms) {
        return HC_OK;
    }
    if (rounds->under_way) {
        rounds_finish(rounds, &node->base, &node->own, &node->talk, effects);
    }
    return rounds_start(rounds, &node->base, &node->talk, effects);
}

/* What links are to be told, and which there are to be. */
static void links_work(struct hc_node *node, struct hc_effects *effects)
{
    struct talk *talk = &node->talk;
    uint64_t round = node->rounds.complete + 1;
    talk_hurry(talk, &node->base);
    if (own_takes_part(&node->own)) {
        ring_tend(&node->rounds.ring, talk, &node->base, effects);
    }
    talk_open(talk, &node->base, round, effects);
    push_gather(&node->push, &talk->links, &node->base);
    push_send(&talk->links, &node->base, effects);
}

/* HC_NO_MEMORY: not all was done, and the rest is tried again. */
static enum hc_code work_do(struct hc_node *node, struct hc_effects *effects)
{
    struct talk *talk = &node->talk;
    mutation_work(node);
    enum hc_code code = own_commit(&node->own, &node->base, effects);
    enum hc_code started = round_work(node, effects);
    farewell_work(node, effects);
    links_work(node, effects);
    if (talk_is_idle(talk) && node->farewell) {
        node->stopped = effects->stopped = true;
    } else if (node->rounds.under_way && rounds_are_answered(&node->rounds, talk)) {
        rounds_finish(&node->rounds, &node->base, &node->own, talk, effects);
    }
    return code == HC_OK ? started : code;
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

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
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
    int64_t deadline = talk_deadline(&node->talk);
    deadline = sooner(deadline, links_deadline(&node->talk, base));
    deadline = sooner(deadline, push_deadline(&node->push, &node->talk.links));
    if (own_is_behind(&node->own)) {
        deadline = sooner(deadline, base->now_ms + MEMORY_RETRY_MS);
    }
    if (!base->leaving) {
        deadline = sooner(deadline, node->next_mutation_ms);
    }
    return awaits_round(node) ? sooner(deadline, node->rounds.next_ms) : deadline;
}
