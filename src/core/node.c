/* The node's life and its door. A step is: take note of the event, do what is due (work_do), say when to wake next.
 *
 * Failure: whatever runs out of memory leaves its work undone and the node whole. Rows that were not taken in come again
 * with the next exchange; a peer that was not asked is asked in a later round.
 */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/node_parts.h"
#include "core/state.h"

enum hc_code hc_node_new(struct hc_node **out, const struct hc_node_config *config)
{
    uint8_t key[16];
    struct hc_node *node = memory_new(1, sizeof *node);
    *out = NULL;
    if (!node) {
        return HC_NO_MEMORY;
    }
    ASSERT(config->contact_count <= HC_CONTACTS_MAX);
    node->contacts = memory_new(config->contact_count + 1, sizeof *node->contacts);
    if (!node->contacts) {
        memory_free(node);
        return HC_NO_MEMORY;
    }
    for (size_t i = 0; i < config->contact_count; i++) {
        snprintf(node->contacts[i].address, sizeof node->contacts[i].address, "%s", config->contacts[i]);
    }
    node->contact_count = config->contact_count;
    node->identity = config->identity;
    node->network = config->network;
    snprintf(node->address, sizeof node->address, "%s", config->address);
    snprintf(node->name, sizeof node->name, "%s", config->name);
    node->gossip_interval_ms = config->gossip_interval_ms;
    node->mutate_interval_ms = config->mutate_interval_ms;
    node->fanout = config->fanout;
    node->durable = config->durable;
    node->recovering = config->recovering;
    memcpy(node->draft.id, node->identity.id, HC_ID_BYTES);
    node->draft.sent = node->draft_sent;
    if (config->tags) {
        node->given_tags = *config->tags;
    }
    uint32_t third = config->gossip_interval_ms / 3;
    node->timeout_ms = third < EXCHANGE_TIMEOUT_MS_MAX ? third : EXCHANGE_TIMEOUT_MS_MAX;
    node->twin_told_ms = INT64_MIN;
    node->wake_ms = INT64_MAX;
    random_init(&node->random, config->seed);
    random_bytes(&node->random, key, sizeof key);
    table_init(&node->table, node->network, key);
    node->table.checks_most = config->checks_a_step ? config->checks_a_step : HC_CHECKS_A_STEP_MAX;
    members_init(&node->members);
    *out = node;
    return HC_OK;
}

void hc_node_free(struct hc_node *node)
{
    if (!node) {
        return;
    }
    held_release(node);
    state_unref(node->told);
    hc_row_unref(node->own);
    hc_row_unref(node->pending);
    memory_free(node->draft_payments.list);
    memory_free(node->pending_payments.list);
    memory_free(node->draft_changes.list);
    memory_free(node->pending_changes.list);
    table_free(&node->table);
    members_free(&node->members);
    memory_free(node->forgotten);
    memory_free(node->queue);
    memory_free(node->contacts);
    hc_identity_wipe(&node->identity);
    memory_free(node);
}

struct hc_row *row_of(const struct hc_node *node, const uint8_t id[static HC_ID_BYTES])
{
    const struct entry *entry = table_find(&node->table, id);
    return entry ? entry_row(entry) : NULL;
}

bool may_tell(const struct hc_node *node)
{
    return node->started_told || node->recovering || node->store_failed;
}

bool is_self(const struct hc_node *node, const uint8_t id[static HC_ID_BYTES])
{
    return memcmp(id, node->identity.id, HC_ID_BYTES) == 0;
}

void refused_tell(struct hc_node *node, enum hc_code code, const char *text, struct hc_effects *effects)
{
    bool before = node->refused_told[code] > 0;
    if (node->refused[code] == node->refused_told[code] ||
        (before && node->now_ms - node->refused_told_ms[code] < REFUSED_NOTICE_MS)) {
        return;
    }
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_REFUSED, NULL);
    notice->code = code;
    notice->count = node->refused[code] - node->refused_told[code];
    notice_text(notice, text);
    node->refused_told[code] = node->refused[code];
    node->refused_told_ms[code] = node->now_ms;
}

void refused_add(struct hc_node *node, enum hc_code code, uint64_t count, const char *text, struct hc_effects *effects)
{
    node->refused[code] += count;
    refused_tell(node, code, text, effects);
}

static void stranger_notice(struct hc_node *node, uint64_t count, const char *text, struct hc_effects *effects)
{
    struct hc_notice *notice = notice_add(effects, HC_NOTICE_REFUSED, NULL);
    notice->code = HC_WRONG_NETWORK;
    notice->count = count;
    notice_text(notice, text);
    node->strangers_shown++;
}

void strangers_tell(struct hc_node *node, struct hc_effects *effects)
{
    if (node->now_ms - node->strangers_since_ms < STRANGER_NOTICES_MS) {
        return;
    }
    node->strangers_since_ms = node->now_ms;
    node->strangers_shown = 0;
    if (node->strangers_hidden > 0) {
        stranger_notice(node, node->strangers_hidden, "from as many further addresses", effects);
        node->strangers_hidden = 0;
    }
}

static bool stranger_is_new(struct hc_node *node, const char *host)
{
    size_t kept = node->stranger_count < STRANGERS_MAX ? node->stranger_count : STRANGERS_MAX;
    for (size_t i = 0; i < kept; i++) {
        if (strncmp(node->strangers[i], host, STRANGER_BYTES_MAX) == 0) {
            return false;
        }
    }
    snprintf(node->strangers[node->stranger_count++ % STRANGERS_MAX], STRANGER_BYTES_MAX + 1, "%s", host);
    return true;
}

static void shell_refused(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    ASSERT(event->code > HC_OK && event->code < HC_CODE_COUNT);
    if (event->code != HC_WRONG_NETWORK) {
        refused_add(node, event->code, 1, event->text, effects);
        return;
    }
    /* D3: an address once, whatever ids it comes with: they cost nothing. */
    node->refused_told[HC_WRONG_NETWORK] = ++node->refused[HC_WRONG_NETWORK];
    strangers_tell(node, effects);
    if (!stranger_is_new(node, event->host ? event->host : "")) {
        return;
    }
    if (node->strangers_shown < STRANGER_NOTICES_MAX) {
        stranger_notice(node, 1, event->text, effects);
    } else {
        node->strangers_hidden++;
    }
}

/* Somebody of whom our store knows. He is gone until he answers. */
static void restore_member(struct hc_node *node, const struct hc_stored_row *stored, int64_t now_ms)
{
    const struct hc_row *row = row_of(node, stored->row->fields.id);
    struct member *member;
    if (!row || members_find(&node->members, row->fields.id)) {
        return; /* not solvent by itself, or another branch of one we have */
    }
    enum hc_member_status status = row->fields.left ? HC_MEMBER_LEFT : HC_MEMBER_DROPPED;
    enum hc_code code = members_add(&node->members, &member, row->fields.id, status, now_ms, &node->random);
    ASSERT(code == HC_OK); /* hc_node_restore made room */
    if (stored->live) {
        member_learn_age(member, stored->age_s,
                         now_ms); /* all we know is when we stopped: who tells less knows better */
    } else {
        member->gone_ms = member->lifeless_ms = now_ms - (int64_t)stored->age_s * 1000;
    }
    member->reason = row->fields.left ? HC_LEFT : HC_SILENT;
    member->urgency = stored->live ? URGENCY_CALLED : URGENCY_NONE;
    member->guessed = stored->live && status == HC_MEMBER_DROPPED;
}

enum hc_code hc_node_restore(struct hc_node *node, const struct hc_stored_row *stored, size_t count, int64_t now_ms)
{
    struct merge merge = {0};
    ASSERT(!node->started);
    struct hc_row **rows = memory_new(count + 1, sizeof *rows);
    if (!rows || members_reserve(&node->members, count) != HC_OK) {
        memory_free(rows);
        return HC_NO_MEMORY;
    }
    /* An older store may have rows that are not allowed any more (D5): others would refuse us for them. */
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        if (row_draw_is_allowed(stored[i].row)) {
            stored[i].row->verified = true;
            rows[good++] = stored[i].row;
        }
    }
    /* Ours first: what we have paid keeps others solvent. */
    enum hc_code code = HC_OK;
    for (size_t i = 0; code == HC_OK && i < count; i++) {
        if (is_self(node, stored[i].row->fields.id)) {
            code = own_restore(node, stored[i].row);
        }
    }
    code = code == HC_OK ? table_merge(&node->table, &merge, rows, good, node->identity.id) : code;
    merge_free(&merge);
    memory_free(rows);
    for (size_t i = 0; code == HC_OK && i < count; i++) {
        if (!is_self(node, stored[i].row->fields.id)) {
            restore_member(node, &stored[i], now_ms);
        }
    }
    return code;
}

static void node_start(struct hc_node *node)
{
    ASSERT(!node->started);
    node->started = true;
    own_start(node);
    node->next_round_ms = node->now_ms;
    node->next_mutation_ms = node->mutate_interval_ms ? node->now_ms + node->mutate_interval_ms : INT64_MAX;
}

static void node_leave(struct hc_node *node, struct hc_effects *effects)
{
    exchanges_take_back(node, effects);
    held_release(node);
    node->leaving = true;
    own_leave(node);
}

/* P8: once the goodbye is in force (or cannot be), it is told to as many as can be told at once. */
static void goodbyes_queue(struct hc_node *node)
{
    uint8_t ids[INTRODUCTIONS_MAX][HC_ID_BYTES];
    if (node->own && !node->own->fields.left && !node->store_failed && node->draft.version < HC_NUMBER_MAX) {
        return;
    }
    node->goodbyes_queued = true;
    size_t count = node->own && node->own->fields.left ? members_pick_live(&node->members, ids, INTRODUCTIONS_MAX) : 0;
    for (size_t i = 0; i < count; i++) {
        target_queue(node, NULL, ids[i], false);
    }
}

/* P7: whoever slept through his own deadlines has no right to blame others for theirs. */
static void node_overslept(struct hc_node *node, struct hc_effects *effects)
{
    if (node->exchange_count == 0 || node->wake_ms == INT64_MAX || node->now_ms - node->wake_ms <= node->timeout_ms) {
        return;
    }
    exchanges_take_back(node, effects);
    node->next_round_ms = node->now_ms;
}

/* What is due. */
static enum hc_code work_do(struct hc_node *node, struct hc_effects *effects)
{
    enum hc_code code = HC_OK;
    if (!node->leaving && node->now_ms >= node->next_mutation_ms) {
        node->next_mutation_ms += node->mutate_interval_ms;
        if (node->next_mutation_ms <= node->now_ms) {
            node->next_mutation_ms = node->now_ms + node->mutate_interval_ms;
        }
        own_mutate(node);
    }
    code = own_commit(node, effects);
    if (!node->leaving && !node->in_round && node->now_ms >= node->next_round_ms && may_tell(node)) {
        enum hc_code started = round_start(node);
        code = code == HC_OK ? started : code;
    }
    if (node->leaving && !node->goodbyes_queued) {
        goodbyes_queue(node);
    }
    exchanges_open(node, effects);
    bool idle = node->exchange_count == 0 && node->queue_count == 0;
    if (idle && node->goodbyes_queued) {
        node->stopped = effects->stopped = true;
    } else if (idle && node->in_round && !held_answers(node)) {
        round_finish(node, effects);
    }
    return code;
}

enum hc_code hc_node_step(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    enum hc_code code = HC_OK;
    effects_clear(effects);
    ASSERT(event->now_ms >= node->now_ms || !node->started);
    node->now_ms = event->now_ms;
    if (node->stopped) {
        effects->stopped = true;
        return HC_OK;
    }
    node_overslept(node, effects);
    switch (event->kind) {
    case HC_EVENT_START:
        node_start(node);
        break;
    case HC_EVENT_TIMEOUT:
        exchanges_expire(node, effects); /* only now: answers that are late together must not expire each other */
        code = held_work(node, effects);
        break;
    case HC_EVENT_REQUEST:
        code = request_take(node, event, effects);
        break;
    case HC_EVENT_BUSY:
        request_busy(node, event, event->text, effects);
        break;
    case HC_EVENT_REPLY:
        reply_take(node, event, effects);
        break;
    case HC_EVENT_FAILURE: {
        struct exchange *exchange = exchange_find(node, event->handle);
        if (exchange && event->code == HC_NO_MEMORY) {
            exchange_close(node, exchange); /* ours: no fault of the peer's */
        } else if (exchange) {
            exchange_failed(node, exchange, event->code, event->text, effects);
        }
        break;
    }
    case HC_EVENT_REFUSED:
        shell_refused(node, event, effects);
        break;
    case HC_EVENT_MUTATE:
        own_mutate(node);
        break;
    case HC_EVENT_PAY:
        own_pay(node, event, effects);
        break;
    case HC_EVENT_TAG:
        own_tag(node, event, effects);
        break;
    case HC_EVENT_COMMITTED:
        own_committed(node);
        break;
    case HC_EVENT_COMMIT_FAILED:
        own_commit_failed(node, event->text, effects);
        break;
    case HC_EVENT_LEAVE:
        if (!node->leaving) {
            node_leave(node, effects);
        }
        break;
    }
    if (node->started || node->leaving) {
        enum hc_code worked = work_do(node, effects);
        code = code == HC_OK ? worked : code;
    }
    node->wake_ms = hc_node_deadline(node);
    return code;
}

int64_t hc_node_deadline(const struct hc_node *node)
{
    if (!node->started || node->stopped) {
        return INT64_MAX;
    }
    if (node->held_count > 0) {
        return node->now_ms;
    }
    int64_t deadline = INT64_MAX;
    bool unsigned_yet = node->draft_dirty && !node->pending && !node->store_failed && !node->recovering;
    if (unsigned_yet || node->pending_committed) {
        deadline = node->now_ms + MEMORY_RETRY_MS;
    }
    if (!node->leaving && node->next_mutation_ms < deadline) {
        deadline = node->next_mutation_ms;
    }
    if (!node->leaving) {
        if (!node->in_round && may_tell(node) && node->next_round_ms < deadline) {
            deadline = node->next_round_ms;
        }
    }
    for (size_t i = 0; i < node->exchange_count; i++) {
        deadline = node->exchanges[i].deadline_ms < deadline ? node->exchanges[i].deadline_ms : deadline;
    }
    return deadline;
}
