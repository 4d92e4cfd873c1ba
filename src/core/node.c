/* The node. A step is: take note of the event, then do what is due (work_do), then say when to wake next.
 *
 * A round: round_start queues whom to ask; exchanges_open turns the queue into requests, as many at once as there may
 * be; each ends in exchange_answered or exchange_failed; when none is left, round_finish.
 * A newcomer's first round begins with its contacts, and what they tell it goes into the same queue (P1).
 *
 * Failure: whatever runs out of memory leaves its work undone and the node whole. Rows that were not taken in come again
 * with the next exchange; a peer that was not asked is asked in a later round.
 */
#include "howcoin/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "howcoin/memory.h"
#include "howcoin/random.h"
#include "howcoin/text.h"

/* An address that people gave, and what we know of who answers there. */
struct contact {
    char address[ADDR_BYTES_MAX + 1];
    uint8_t id[ID_BYTES]; /* who answered last */
    bool answered;        /* `id` is set */
    bool complained;      /* that it does not answer was told */
};

/* Whom to ask: a contact, or the member `id`. */
struct target {
    const struct contact *contact; /* NULL: the member */
    uint8_t id[ID_BYTES];
    bool introduction; /* asked because a newcomer (we) just heard of it */
};

struct exchange {
    uint64_t handle;
    struct target target;
    uint8_t nonce[NONCE_BYTES];
    int64_t deadline_ms;
    bool again;  /* the second try */
    bool hinted; /* asked because somebody thinks otherwise of it */
};

struct node {
    struct identity identity;
    const struct coins *coins;
    char address[ADDR_BYTES_MAX + 1];
    char name[NAME_BYTES_MAX + 1];
    struct contact *contacts;
    size_t contact_count;
    uint32_t gossip_interval_ms, mutate_interval_ms, timeout_ms, fanout;

    struct random random;
    struct table table;
    struct members members; /* of everybody but ourselves */
    struct row *own;        /* the row that we signed last; NULL before the start */
    int64_t own_changed_ms;

    struct state *told; /* what we tell, made for the revisions below; NULL: to be made */
    uint64_t told_table, told_members;
    int64_t told_ms;

    struct exchange exchanges[EXCHANGES_MAX];
    size_t exchange_count;
    struct target *queue; /* from queue_next on: to be asked in this round */
    size_t queue_next, queue_count, queue_capacity;
    uint64_t next_handle;

    int64_t now_ms, wake_ms, next_round_ms, next_mutation_ms;
    uint64_t round;            /* complete ones */
    size_t introductions_left; /* in this round */
    bool in_round, agree;
    bool met;     /* somebody answered, ever */
    bool settled; /* a round in which somebody answered is complete */
    bool leaving, stopped;
    int64_t twin_told_ms; /* when a twin was last told of; INT64_MIN: never */

    uint64_t refused[HC_CODE_COUNT], refused_told[HC_CODE_COUNT];
    int64_t refused_told_ms[HC_CODE_COUNT];
    uint8_t strangers[STRANGERS_MAX][ID_BYTES]; /* of other networks, that were told of */
    size_t stranger_count;
};

const char *notice_kind_name(enum notice_kind kind)
{
    static const char *const names[] = {
        [NOTICE_STARTED] = "started",   [NOTICE_JOINED] = "joined", [NOTICE_DROPPED] = "dropped",
        [NOTICE_RETURNED] = "returned", [NOTICE_LEFT] = "left",     [NOTICE_MUTATED] = "mutated",
        [NOTICE_REFUSED] = "refused",   [NOTICE_FORKED] = "forked", [NOTICE_UNANSWERED] = "unanswered",
        [NOTICE_TWIN] = "twin",         [NOTICE_ROUND] = "round",
    };
    return names[kind];
}

/* ---- Life ---- */

enum hc_code node_new(struct node **out, const struct node_config *config)
{
    uint8_t key[16];
    struct node *node = memory_new(1, sizeof *node);
    *out = NULL;
    if (!node) {
        return HC_NO_MEMORY;
    }
    ASSERT(config->contact_count <= CONTACTS_MAX);
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
    node->coins = config->coins;
    snprintf(node->address, sizeof node->address, "%s", config->address);
    snprintf(node->name, sizeof node->name, "%s", config->name);
    node->gossip_interval_ms = config->gossip_interval_ms;
    node->mutate_interval_ms = config->mutate_interval_ms;
    node->fanout = config->fanout;
    uint32_t third = config->gossip_interval_ms / 3;
    node->timeout_ms = third < EXCHANGE_TIMEOUT_MS_MAX ? third : EXCHANGE_TIMEOUT_MS_MAX;
    node->twin_told_ms = INT64_MIN;
    node->wake_ms = INT64_MAX;
    random_init(&node->random, config->seed);
    random_bytes(&node->random, key, sizeof key);
    table_init(&node->table, node->coins, key);
    members_init(&node->members);
    *out = node;
    return HC_OK;
}

void node_free(struct node *node)
{
    if (!node) {
        return;
    }
    state_unref(node->told);
    row_unref(node->own);
    table_free(&node->table);
    members_free(&node->members);
    memory_free(node->queue);
    memory_free(node->contacts);
    identity_wipe(&node->identity);
    memory_free(node);
}

static void effects_clear(struct effects *effects)
{
    for (size_t i = 0; i < effects->send_count; i++) {
        message_clear(&effects->sends[i].message);
    }
    for (size_t i = 0; i < effects->notice_count; i++) {
        row_unref(effects->notices[i].row);
    }
    effects->send_count = effects->notice_count = 0;
    effects->stopped = false;
}

void effects_free(struct effects *effects)
{
    effects_clear(effects);
    memory_free(effects->sends);
    memory_free(effects->notices);
    *effects = (struct effects){0};
}

/* A zeroed place for one more send; NULL if memory ran out. Valid until the next one. */
static struct send *send_add(struct effects *effects)
{
    if (effects->send_count == effects->send_capacity) {
        size_t capacity = effects->send_capacity ? 2 * effects->send_capacity : 4;
        struct send *sends = memory_resize(effects->sends, capacity, sizeof *sends);
        if (!sends) {
            return NULL;
        }
        effects->sends = sends;
        effects->send_capacity = capacity;
    }
    struct send *send = &effects->sends[effects->send_count++];
    *send = (struct send){0};
    return send;
}

/* The same for a notice. One that cannot be told is lost; what it tells of happened all the same. */
static struct notice *notice_add(struct effects *effects, enum notice_kind kind, struct row *row)
{
    if (effects->notice_count == effects->notice_capacity) {
        size_t capacity = effects->notice_capacity ? 2 * effects->notice_capacity : 4;
        struct notice *notices = memory_resize(effects->notices, capacity, sizeof *notices);
        if (!notices) {
            return &effects->lost;
        }
        effects->notices = notices;
        effects->notice_capacity = capacity;
    }
    struct notice *notice = &effects->notices[effects->notice_count++];
    *notice = (struct notice){.kind = kind, .row = row ? row_ref(row) : NULL};
    return notice;
}

static void notice_text(struct notice *notice, const char *text)
{
    if (text && strlen(text) <= MESSAGE_TEXT_BYTES_MAX && text_is_printable(text, strlen(text))) {
        snprintf(notice->text, sizeof notice->text, "%s", text);
    }
}

static struct row *row_of(const struct node *node, const uint8_t *id)
{
    const struct entry *entry = table_find(&node->table, id);
    return entry ? entry_row(entry) : NULL;
}

static bool is_self(const struct node *node, const uint8_t *id)
{
    return memcmp(id, node->identity.id, ID_BYTES) == 0;
}

/* ---- What is refused: each counted, told of at once if it is the first in a while, else later in one ---- */

static void refused_tell(struct node *node, enum hc_code code, const char *text, struct effects *effects)
{
    bool before = node->refused_told[code] > 0;
    if (node->refused[code] == node->refused_told[code] ||
        (before && node->now_ms - node->refused_told_ms[code] < REFUSED_NOTICE_MS)) {
        return;
    }
    struct notice *notice = notice_add(effects, NOTICE_REFUSED, NULL);
    notice->code = code;
    notice->count = node->refused[code] - node->refused_told[code];
    notice_text(notice, text);
    node->refused_told[code] = node->refused[code];
    node->refused_told_ms[code] = node->now_ms;
}

static void refused_add(struct node *node, enum hc_code code, uint64_t count, const char *text, struct effects *effects)
{
    node->refused[code] += count;
    refused_tell(node, code, text, effects);
}

/* D3: a node of another network is told of once. */
static bool stranger_is_new(struct node *node, const uint8_t *id)
{
    size_t kept = node->stranger_count < STRANGERS_MAX ? node->stranger_count : STRANGERS_MAX;
    for (size_t i = 0; i < kept; i++) {
        if (memcmp(node->strangers[i], id, ID_BYTES) == 0) {
            return false;
        }
    }
    memcpy(node->strangers[node->stranger_count++ % STRANGERS_MAX], id, ID_BYTES);
    return true;
}

static void shell_refused(struct node *node, const struct event *event, struct effects *effects)
{
    ASSERT(event->code > HC_OK && event->code < HC_CODE_COUNT);
    if (event->code != HC_WRONG_NETWORK || !event->message) {
        refused_add(node, event->code, 1, event->text, effects);
        return;
    }
    node->refused[HC_WRONG_NETWORK]++;
    if (stranger_is_new(node, event->message->from)) {
        struct notice *notice = notice_add(effects, NOTICE_REFUSED, NULL);
        notice->code = HC_WRONG_NETWORK;
        notice->count = 1;
        notice_text(notice, event->text);
    }
    node->refused_told[HC_WRONG_NETWORK] = node->refused[HC_WRONG_NETWORK];
}

/* ---- Our own row ---- */

/* Signs and installs; on failure the old row stands. */
static enum hc_code own_sign(struct node *node, const struct row_fields *fields)
{
    struct row *row;
    if (fields->version > NUMBER_MAX) {
        return HC_TOO_LARGE; /* somebody with our key used the last version up */
    }
    if (row_sign(&row, fields, node->coins->network, &node->identity) != HC_OK) {
        return HC_NO_MEMORY;
    }
    if (table_put_own(&node->table, row) != HC_OK) {
        row_unref(row);
        return HC_NO_MEMORY;
    }
    row_unref(node->own);
    node->own = row;
    node->own_changed_ms = node->now_ms;
    return HC_OK;
}

/* D4: from draw `draw` on, the first that leaves us with no debt; if none does soon, `draw` itself. */
static void own_draw(const struct node *node, struct row_fields *fields, uint64_t draw, coin_sum sent)
{
    coin_sum credit = ledger_credit(&node->table.ledger, fields->id);
    for (uint64_t tried = 0; tried < DRAWS_TRIED_MAX && draw + tried <= NUMBER_MAX; tried++) {
        fields->draw = draw + tried;
        fields->coins = coins_draw(node->coins, fields->id, fields->draw);
        if ((coin_sum)fields->coins + credit >= sent) {
            return;
        }
    }
    fields->draw = draw;
    fields->coins = coins_draw(node->coins, fields->id, draw);
}

static enum hc_code own_first(struct node *node)
{
    struct row_fields fields = {.addr = node->address, .name = node->name, .version = 1};
    memcpy(fields.id, node->identity.id, ID_BYTES);
    own_draw(node, &fields, 1, 0);
    return own_sign(node, &fields);
}

static enum hc_code own_mutate(struct node *node, struct effects *effects)
{
    struct row_fields fields = node->own->fields;
    uint64_t before = fields.coins;
    if (fields.draw == NUMBER_MAX) {
        return HC_OK;
    }
    own_draw(node, &fields, fields.draw + 1, node->own->sent_total);
    if ((coin_sum)fields.coins + ledger_credit(&node->table.ledger, fields.id) < node->own->sent_total) {
        return HC_OK; /* no draw would do: keep what we have */
    }
    fields.version++;
    enum hc_code code = own_sign(node, &fields);
    if (code == HC_OK) {
        struct notice *notice = notice_add(effects, NOTICE_MUTATED, node->own);
        notice->from = before;
        notice->to = fields.coins;
    }
    return code;
}

/* Both rows' payments, the greater of each; false if they are too many for one row. */
static bool sent_join(struct sent *out, size_t *count, const struct row_fields *a, const struct row_fields *b)
{
    size_t i = 0, j = 0;
    *count = 0;
    while (i < a->sent_count || j < b->sent_count) {
        if (*count == PAYEES_MAX) {
            return false;
        }
        int order = i == a->sent_count   ? 1
                    : j == b->sent_count ? -1
                                         : memcmp(a->sent[i].payee, b->sent[j].payee, ID_BYTES);
        struct sent next = order <= 0 ? a->sent[i] : b->sent[j];
        if (order == 0 && b->sent[j].amount > next.amount) {
            next.amount = b->sent[j].amount;
        }
        out[(*count)++] = next;
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

/* M5: somebody tells us of a row of ours that we do not know: from before we lost our disk, or a twin's. */
static enum hc_code own_adopt(struct node *node, struct row *const *rows, size_t count, struct effects *effects)
{
    struct sent sent[2][PAYEES_MAX];
    struct row_fields fields = node->own->fields;
    uint64_t draw = fields.draw;
    coin_sum total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct row_fields *theirs = &rows[i]->fields;
        struct sent *into = sent[i % 2];
        if (!sent_join(into, &fields.sent_count, &fields, theirs)) {
            return HC_OK; /* no one row covers both: we stay forked, and everybody sees it */
        }
        fields.sent = into;
        draw = theirs->draw > draw ? theirs->draw : draw;
        fields.version = theirs->version > fields.version ? theirs->version : fields.version;
    }
    for (size_t i = 0; i < fields.sent_count; i++) {
        total += fields.sent[i].amount;
    }
    own_draw(node, &fields, draw, total);
    fields.version++;
    enum hc_code code = own_sign(node, &fields);
    bool tell = node->twin_told_ms == INT64_MIN || node->now_ms - node->twin_told_ms >= TWIN_NOTICE_MS;
    if (code == HC_OK && node->settled && tell) {
        notice_add(effects, NOTICE_TWIN, node->own);
        node->twin_told_ms = node->now_ms;
    }
    return code;
}

/* ---- What we tell ---- */

static uint32_t age_s(const struct node *node, const struct member *member)
{
    int64_t age = (node->now_ms - member->gone_ms) / 1000;
    return age < 0 ? 0 : age > (int64_t)(FORGET_MS / 1000) ? (uint32_t)(FORGET_MS / 1000) : (uint32_t)age;
}

static enum hc_code told_add(const struct node *node, struct state *state, const struct entry *entry)
{
    struct row *row = entry_row(entry);
    const struct member *member = members_find(&node->members, row->fields.id);
    enum hc_code code = HC_OK;
    if (!member || member->status == MEMBER_LIVE) {
        code = state_add_live(state, row);
    } else if (age_s(node, member) < FORGET_MS / 2000 || table_is_touched(&node->table, row->fields.id)) {
        code = state_add_gone(state, row, age_s(node, member));
    } else {
        return HC_OK; /* on its way to be forgotten (P10) */
    }
    for (size_t b = 0; entry_is_forked(entry) && code == HC_OK && b < entry->branch_count; b++) {
        code = state_add_fork(state, entry->branches[b]);
    }
    return code;
}

static size_t told_cost(const struct entry *entry)
{
    size_t bytes = entry_row(entry)->text_bytes + 32; /* commas, brackets, an age */
    for (size_t b = 0; entry_is_forked(entry) && b < entry->branch_count; b++) {
        bytes += entry->branches[b]->text_bytes + 4;
    }
    return bytes;
}

/* Everything there is, if it fits a frame; otherwise our own row and as many of the others as fit, from a random one on,
 * so that all are told in the course of time. */
static enum hc_code told_fill(struct node *node, struct state *state)
{
    const struct table *table = &node->table;
    const struct entry *own = table_find(table, node->identity.id);
    size_t room = FRAME_BYTES_MAX - 1024, all = 0, start = 0;
    for (size_t i = 0; i < table->count; i++) {
        all += told_cost(&table->entries[i]);
    }
    if (all > room) {
        start = (size_t)random_below(&node->random, table->count);
    }
    enum hc_code code = told_add(node, state, own);
    room -= told_cost(own);
    for (size_t i = 0; code == HC_OK && i < table->count; i++) {
        const struct entry *entry = &table->entries[(start + i) % table->count];
        if (entry == own) {
            continue;
        }
        if (told_cost(entry) > room) {
            break;
        }
        room -= told_cost(entry);
        code = told_add(node, state, entry);
    }
    return code == HC_OK ? state_seal(state) : code;
}

/* What we tell now: one reference for the caller, or NULL. */
static struct state *told_now(struct node *node)
{
    bool ages = node->members.count > node->members.live_count;
    bool fresh = node->told && node->told_table == node->table.revision &&
                 node->told_members == node->members.revision &&
                 (!ages || node->now_ms - node->told_ms < STATE_AGE_MS_MAX);
    if (!fresh) {
        struct state *state;
        if (state_new(&state) != HC_OK) {
            return NULL;
        }
        if (told_fill(node, state) != HC_OK) {
            state_unref(state);
            return NULL;
        }
        state_unref(node->told);
        node->told = state;
        node->told_table = node->table.revision;
        node->told_members = node->members.revision;
        node->told_ms = node->now_ms;
    }
    return state_ref(node->told);
}

/* ---- Opinions ---- */

static void peer_drop(struct node *node, struct member *member, enum hc_code reason, const char *text,
                      struct effects *effects)
{
    if (member->status == MEMBER_LIVE) {
        struct notice *notice =
            notice_add(effects, reason == HC_LEFT ? NOTICE_LEFT : NOTICE_DROPPED, row_of(node, member->id));
        notice->code = reason;
        notice_text(notice, text);
    }
    members_drop(&node->members, member, reason, node->now_ms);
}

static void target_queue(struct node *node, const struct contact *contact, const uint8_t *id, bool introduction)
{
    if (node->queue_count == node->queue_capacity) {
        size_t capacity = node->queue_capacity ? 2 * node->queue_capacity : 16;
        struct target *queue = memory_resize(node->queue, capacity, sizeof *queue);
        if (!queue) {
            return; /* asked in a later round */
        }
        node->queue = queue;
        node->queue_capacity = capacity;
    }
    struct target *target = &node->queue[node->queue_count++];
    *target = (struct target){.contact = contact, .introduction = introduction};
    if (id) {
        memcpy(target->id, id, ID_BYTES);
    }
}

/* Somebody who is new here. Whom the teller has dropped, we learn of as dropped (P5). */
static enum hc_code peer_meet(struct node *node, struct row *row, const struct state *state, bool introduce,
                              struct effects *effects)
{
    struct member *member;
    const struct gone *gone = state_find_gone(state, row->fields.id);
    enum member_status status = row->fields.left ? MEMBER_LEFT : gone ? MEMBER_DROPPED : MEMBER_LIVE;
    if (members_add(&node->members, &member, row->fields.id, status, node->now_ms, &node->random) != HC_OK) {
        table_remove(&node->table, row->fields.id); /* it comes again */
        return HC_NO_MEMORY;
    }
    if (status != MEMBER_LIVE) {
        member->reason = status == MEMBER_LEFT ? HC_LEFT : HC_UNREACHABLE;
        return HC_OK; /* its age is taken over with all others' */
    }
    notice_add(effects, NOTICE_JOINED, row);
    if (introduce && node->introductions_left > 0) {
        node->introductions_left--;
        target_queue(node, NULL, row->fields.id, true);
    }
    return HC_OK;
}

static void peer_changed(struct node *node, const struct change *change, const struct state *state,
                         struct effects *effects)
{
    const struct row_fields *before = &change->before->fields, *after = &change->after->fields;
    struct member *member = members_find(&node->members, after->id);
    ASSERT(member);
    member->changed_ms = node->now_ms;
    if (before->draw != after->draw) {
        struct notice *notice = notice_add(effects, NOTICE_MUTATED, change->after);
        notice->from = before->coins;
        notice->to = after->coins;
    }
    if (after->left && member->status != MEMBER_LEFT) {
        peer_drop(node, member, HC_LEFT, NULL, effects);
    } else if (!after->left && member->status != MEMBER_LIVE && !state_find_gone(state, after->id)) {
        member->urgency = URGENCY_CALLED; /* it signed something new: ask it */
    }
}

/* P4 and its mirror: where the teller's opinion differs from ours, we ask for ourselves, but not again and again. */
static void hints_take(struct node *node, const struct state *state)
{
    struct members *members = &node->members;
    for (size_t i = 0; i < state->gone_count; i++) {
        const struct gone *gone = &state->gone[i];
        struct member *member = members_find(members, gone->row->fields.id);
        if (!member) {
            continue;
        }
        const struct row *row = row_of(node, member->id);
        bool same = memcmp(row->hash, gone->row->hash, HASH_BYTES) == 0;
        if (member->status != MEMBER_LIVE) {
            int64_t since = node->now_ms - (int64_t)gone->age_s * 1000;
            member->gone_ms = same && since < member->gone_ms ? since : member->gone_ms;
        } else if (!gone->row->fields.left && node->now_ms >= member->hints_rest_until_ms) {
            member->urgency = URGENCY_HINT;
        }
    }
    for (size_t i = 0; members->live_count < members->count && i < members->count; i++) {
        struct member *member = &members->list[i];
        if (member->status == MEMBER_LIVE || member->urgency != URGENCY_NONE ||
            node->now_ms < member->hints_rest_until_ms) {
            continue;
        }
        const struct row *told = state_find_live(state, member->id), *row = row_of(node, member->id);
        if (told && !row->fields.left && memcmp(told->hash, row->hash, HASH_BYTES) == 0) {
            member->urgency = URGENCY_HINT;
        }
    }
}

/* Takes in what a message says. HC_BAD_SIGNATURE or HC_BAD_DRAW: nothing of it was taken in. */
static enum hc_code state_take(struct node *node, const struct state *state, bool introduce, struct effects *effects)
{
    struct row **rows;
    size_t count;
    struct merge merge;
    if (state == node->told) {
        return HC_OK; /* our own words */
    }
    if (state_rows(&rows, &count, state) != HC_OK) {
        return HC_NO_MEMORY;
    }
    enum hc_code code = table_merge(&node->table, &merge, rows, count, node->identity.id);
    memory_free(rows);
    for (int reason = 0; reason < HC_CODE_COUNT; reason++) {
        if (merge.refused[reason] > 0) {
            refused_add(node, (enum hc_code)reason, merge.refused[reason], NULL, effects);
        }
    }
    if (code != HC_OK) {
        merge_free(&merge);
        return code;
    }
    for (size_t i = 0; i < merge.change_count; i++) {
        const struct change *change = &merge.changes[i];
        if (change->before) {
            peer_changed(node, change, state, effects);
        } else if (peer_meet(node, change->after, state, introduce, effects) != HC_OK) {
            code = HC_NO_MEMORY;
            continue;
        }
        if (change->forked) {
            notice_add(effects, NOTICE_FORKED, change->after);
        }
    }
    hints_take(node, state);
    if (merge.own_count > 0 && !node->leaving && own_adopt(node, merge.own, merge.own_count, effects) != HC_OK) {
        code = HC_NO_MEMORY;
    }
    merge_free(&merge);
    return code;
}

/* ---- Exchanges ---- */

static struct exchange *exchange_find(struct node *node, uint64_t handle)
{
    for (size_t i = 0; i < node->exchange_count; i++) {
        if (node->exchanges[i].handle == handle) {
            return &node->exchanges[i];
        }
    }
    return NULL;
}

static bool exchange_under_way(const struct node *node, const struct target *target)
{
    for (size_t i = 0; i < node->exchange_count; i++) {
        const struct target *other = &node->exchanges[i].target;
        if (other->contact == target->contact && memcmp(other->id, target->id, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static void exchange_close(struct node *node, struct exchange *exchange)
{
    *exchange = node->exchanges[--node->exchange_count];
}

/* Sends (once more) what we tell, with a new handle and nonce. */
static enum hc_code exchange_send(struct node *node, struct exchange *exchange, struct effects *effects)
{
    const struct row *row = exchange->target.contact ? NULL : row_of(node, exchange->target.id);
    struct state *state = told_now(node);
    struct send *send = state ? send_add(effects) : NULL;
    if (!send) {
        state_unref(state);
        return HC_NO_MEMORY;
    }
    exchange->handle = node->next_handle++;
    exchange->deadline_ms = node->now_ms + node->timeout_ms;
    random_bytes(&node->random, exchange->nonce, NONCE_BYTES);
    send->kind = SEND_REQUEST;
    send->handle = exchange->handle;
    snprintf(send->address, sizeof send->address, "%s", row ? row->fields.addr : exchange->target.contact->address);
    send->message = (struct message){.type = MESSAGE_REQUEST, .state = state};
    memcpy(send->message.network, node->coins->network, NETWORK_BYTES);
    memcpy(send->message.from, node->identity.id, ID_BYTES);
    memcpy(send->message.nonce, exchange->nonce, NONCE_BYTES);
    return HC_OK;
}

static void exchange_cancel(const struct exchange *exchange, struct effects *effects)
{
    struct send *send = send_add(effects);
    if (send) { /* else the shell finds out by itself: nobody waits for its answer */
        send->kind = SEND_CANCEL;
        send->handle = exchange->handle;
    }
}

static void exchange_open(struct node *node, const struct target *target, struct effects *effects)
{
    struct member *member = target->contact ? NULL : members_find(&node->members, target->id);
    if ((!target->contact && !member) || exchange_under_way(node, target)) {
        return;
    }
    struct exchange *exchange = &node->exchanges[node->exchange_count];
    *exchange = (struct exchange){.target = *target, .hinted = member && member->urgency == URGENCY_HINT};
    if (exchange_send(node, exchange, effects) == HC_OK) {
        node->exchange_count++;
        if (member) {
            member->urgency = URGENCY_NONE;
            member->asked_round = node->round + 1;
        }
    }
}

/* P3: the peer is dropped. Closes the exchange. */
static void exchange_failed(struct node *node, struct exchange *exchange, enum hc_code code, const char *text,
                            struct effects *effects)
{
    struct target target = exchange->target;
    bool hinted = exchange->hinted;
    exchange_close(node, exchange);
    if (node->leaving) {
        return;
    }
    if (target.contact) {
        struct contact *contact = &node->contacts[target.contact - node->contacts];
        if (!contact->complained) {
            char words[MESSAGE_TEXT_BYTES_MAX + 1];
            contact->complained = true;
            struct notice *notice = notice_add(effects, NOTICE_UNANSWERED, NULL);
            notice->code = code;
            snprintf(words, sizeof words, "%.100s: %.90s", contact->address, text ? text : hc_code_text(code));
            notice_text(notice, words);
        }
        return;
    }
    struct member *member = members_find(&node->members, target.id);
    if (!member) {
        return;
    }
    if (member->status == MEMBER_LIVE) {
        peer_drop(node, member, code, text, effects);
    } else if (hinted) {
        member->hints_rest_until_ms = node->now_ms + (int64_t)HINT_REST_ROUNDS * node->gossip_interval_ms;
    }
}

/* A valid reply: its sender is alive. */
static void peer_answered(struct node *node, const uint8_t *id, bool hinted, const struct state *state,
                          struct effects *effects)
{
    struct member *member = members_find(&node->members, id);
    if (!member) {
        return; /* no room for its row */
    }
    struct row *row = row_of(node, id);
    if (member->status != MEMBER_LIVE && !row->fields.left) {
        members_return(&node->members, member, &node->random);
        notice_add(effects, NOTICE_RETURNED, row);
    } else if (hinted && member->status == MEMBER_LIVE) {
        member->hints_rest_until_ms = node->now_ms + (int64_t)HINT_REST_ROUNDS * node->gossip_interval_ms;
        member->urgency = URGENCY_NONE;
    }
    memcpy(member->told, state->digest, DIGEST_BYTES);
    member->told_known = true;
}

static void exchange_answered(struct node *node, struct exchange *exchange, const struct message *message,
                              struct effects *effects)
{
    struct target target = exchange->target;
    bool hinted = exchange->hinted;
    if (!target.contact && memcmp(target.id, message->from, ID_BYTES) != 0) {
        /* P9: the address is somebody else's now. */
        exchange_failed(node, exchange, HC_OTHER_NODE, NULL, effects);
        hinted = false;
    } else {
        exchange_close(node, exchange);
    }
    node->met = node->met || !is_self(node, message->from);
    if (target.contact) {
        struct contact *contact = &node->contacts[target.contact - node->contacts];
        contact->answered = true;
        contact->complained = false;
        memcpy(contact->id, message->from, ID_BYTES);
    }
    bool introduce = (target.contact || target.introduction) && !node->leaving;
    enum hc_code code = state_take(node, message->state, introduce, effects);
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        struct member *member = members_find(&node->members, message->from);
        if (member && member->status == MEMBER_LIVE) {
            peer_drop(node, member, HC_BAD_REPLY, hc_code_text(code), effects);
        }
        return;
    }
    peer_answered(node, message->from, hinted, message->state, effects);
}

static void reply_take(struct node *node, const struct event *event, struct effects *effects)
{
    const struct message *message = event->message;
    struct exchange *exchange = exchange_find(node, event->handle);
    if (!exchange) {
        return; /* taken back, or timed out */
    }
    if (message->type == MESSAGE_REPLY) {
        if (proof_verify(message->proof, node->coins->network, exchange->nonce, node->identity.id, message->from)) {
            exchange_answered(node, exchange, message, effects);
        } else {
            exchange_failed(node, exchange, HC_BAD_PROOF, NULL, effects);
        }
    } else if (message->type == MESSAGE_ERROR && message->error.code == HC_BUSY) {
        exchange_close(node, exchange); /* P3: an answer; ask again next round */
    } else if (message->type == MESSAGE_ERROR) {
        bool known = message->error.code > HC_OK && message->error.code < HC_CODE_COUNT;
        enum hc_code code = known ? message->error.code : HC_BAD_REPLY;
        exchange_failed(node, exchange, code, message->error.text, effects);
    } else {
        exchange_failed(node, exchange, HC_BAD_REPLY, "a request came for a reply", effects);
    }
}

static void exchanges_expire(struct node *node, struct effects *effects)
{
    for (size_t i = 0; i < node->exchange_count;) {
        struct exchange *exchange = &node->exchanges[i];
        if (exchange->deadline_ms > node->now_ms) {
            i++;
            continue;
        }
        exchange_cancel(exchange, effects);
        if (!exchange->again && !node->leaving && exchange_send(node, exchange, effects) == HC_OK) {
            exchange->again = true;
            i++;
        } else {
            exchange_failed(node, exchange, HC_SILENT, NULL, effects); /* the last one takes its place */
        }
    }
}

static void exchanges_take_back(struct node *node, struct effects *effects)
{
    for (size_t i = 0; i < node->exchange_count; i++) {
        exchange_cancel(&node->exchanges[i], effects);
    }
    node->exchange_count = 0;
    node->queue_next = node->queue_count = 0;
    node->in_round = false;
}

static void exchanges_open(struct node *node, struct effects *effects)
{
    while (node->queue_next < node->queue_count && node->exchange_count < EXCHANGES_MAX) {
        struct target target = node->queue[node->queue_next++];
        exchange_open(node, &target, effects);
    }
    if (node->queue_next == node->queue_count) {
        node->queue_next = node->queue_count = 0;
    }
}

/* ---- Requests ---- */

static void request_refuse(const struct event *event, enum hc_code code, const char *text, struct effects *effects)
{
    struct send *send = send_add(effects);
    if (send) {
        send->kind = SEND_REPLY;
        send->handle = event->handle;
        send->message.type = MESSAGE_ERROR;
        fault_set(&send->message.error, code, "%s", text);
    }
}

static enum hc_code request_take(struct node *node, const struct event *event, struct effects *effects)
{
    const struct message *message = event->message;
    if (message->type != MESSAGE_REQUEST) {
        refused_add(node, HC_BAD_FRAME, 1, "a reply came for a request", effects);
        request_refuse(event, HC_BAD_FRAME, "a request was expected", effects);
        return HC_OK;
    }
    enum hc_code code = state_take(node, message->state, false, effects);
    if (code == HC_BAD_SIGNATURE || code == HC_BAD_DRAW) {
        char text[MESSAGE_TEXT_BYTES_MAX];
        snprintf(text, sizeof text, "%s: %s", hc_code_name(code), hc_code_text(code));
        request_refuse(event, HC_BAD_ROW, text, effects);
        return HC_OK;
    }
    if (code != HC_OK) {
        return code;
    }
    struct member *member = members_find(&node->members, message->from);
    if (member && member->status == MEMBER_LIVE) {
        memcpy(member->told, message->state->digest, DIGEST_BYTES);
        member->told_known = true;
    } else if (member && !row_of(node, member->id)->fields.left) {
        member->urgency = URGENCY_CALLED; /* P6; anybody can say that he is somebody, so ask */
    }
    struct state *state = told_now(node);
    struct send *send = state ? send_add(effects) : NULL;
    if (!send) {
        state_unref(state);
        return HC_NO_MEMORY;
    }
    send->kind = SEND_REPLY;
    send->handle = event->handle;
    send->message = (struct message){.type = MESSAGE_REPLY, .state = state};
    memcpy(send->message.network, node->coins->network, NETWORK_BYTES);
    memcpy(send->message.from, node->identity.id, ID_BYTES);
    proof_make(&node->identity, send->message.proof, node->coins->network, message->nonce, message->from);
    return HC_OK;
}

/* ---- Rounds ---- */

static bool contact_is_live(const struct node *node, const struct contact *contact)
{
    if (strcmp(contact->address, node->address) == 0 || (contact->answered && is_self(node, contact->id))) {
        return true;
    }
    if (contact->answered) {
        const struct member *member = members_find(&node->members, contact->id);
        if (member && member->status == MEMBER_LIVE) {
            return true;
        }
    }
    for (size_t i = 0; i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        if (member->status == MEMBER_LIVE && strcmp(row_of(node, member->id)->fields.addr, contact->address) == 0) {
            return true;
        }
    }
    return false;
}

static enum hc_code round_start(struct node *node)
{
    struct members *members = &node->members;
    size_t most = node->fanout && node->fanout < members->count ? node->fanout : members->count;
    uint8_t(*ids)[ID_BYTES] = memory_new(most + 1, sizeof *ids);
    node->next_round_ms += node->gossip_interval_ms;
    if (node->next_round_ms <= node->now_ms) {
        node->next_round_ms = node->now_ms + node->gossip_interval_ms;
    }
    if (!ids) {
        return HC_NO_MEMORY;
    }
    node->in_round = true;
    node->introductions_left = INTRODUCTIONS_MAX;
    for (size_t i = 0; i < node->contact_count; i++) {
        if (!contact_is_live(node, &node->contacts[i])) {
            target_queue(node, &node->contacts[i], NULL, false);
        }
    }
    size_t picked = members_pick_live(members, ids, most);
    for (size_t i = 0; i < picked; i++) {
        target_queue(node, NULL, ids[i], false);
    }
    size_t gone_most = node->fanout ? most : most < GONE_TRIED_MAX ? most : GONE_TRIED_MAX;
    picked = members_pick_gone(members, ids, gone_most, &node->random);
    for (size_t i = 0; i < picked; i++) {
        target_queue(node, NULL, ids[i], false);
    }
    memory_free(ids);
    return HC_OK;
}

/* P10: of the gone ones, those whom no payment touches are forgotten in the end. */
static void round_forget(struct node *node)
{
    for (size_t i = 0; i < node->members.count;) {
        const struct member *member = &node->members.list[i];
        uint8_t id[ID_BYTES];
        memcpy(id, member->id, ID_BYTES);
        if (member->status != MEMBER_LIVE && age_s(node, member) >= FORGET_MS / 1000 &&
            !table_is_touched(&node->table, id)) {
            members_remove(&node->members, id);
            table_remove(&node->table, id);
        } else {
            i++;
        }
    }
}

static void round_finish(struct node *node, struct effects *effects)
{
    node->in_round = false;
    node->round++;
    node->settled = node->settled || node->met;
    struct state *state = told_now(node);
    node->agree = state != NULL;
    for (size_t i = 0; node->agree && i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        if (member->status == MEMBER_LIVE && member->asked_round == node->round) {
            node->agree = member->told_known && memcmp(member->told, state->digest, DIGEST_BYTES) == 0;
        }
    }
    state_unref(state);
    for (int code = 0; code < HC_CODE_COUNT; code++) {
        refused_tell(node, (enum hc_code)code, NULL, effects);
    }
    if (node->members.live_count < node->members.count) {
        round_forget(node);
    }
    notice_add(effects, NOTICE_ROUND, node->own);
}

/* ---- Steps ---- */

static enum hc_code node_start(struct node *node, struct effects *effects)
{
    ASSERT(!node->own);
    enum hc_code code = own_first(node);
    if (code != HC_OK) {
        return code;
    }
    notice_add(effects, NOTICE_STARTED, node->own);
    node->next_round_ms = node->now_ms;
    node->next_mutation_ms = node->mutate_interval_ms ? node->now_ms + node->mutate_interval_ms : INT64_MAX;
    return HC_OK;
}

/* P8: sign the goodbye, and tell it to as many as can be told at once. */
static enum hc_code node_leave(struct node *node, struct effects *effects)
{
    uint8_t ids[INTRODUCTIONS_MAX][ID_BYTES];
    exchanges_take_back(node, effects);
    node->leaving = true;
    if (!node->own) {
        return HC_OK;
    }
    struct row_fields fields = node->own->fields;
    fields.left = true;
    fields.version++;
    enum hc_code code = own_sign(node, &fields);
    if (code != HC_OK) {
        return code; /* then we go without */
    }
    notice_add(effects, NOTICE_LEFT, node->own);
    size_t count = members_pick_live(&node->members, ids, INTRODUCTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        target_queue(node, NULL, ids[i], false);
    }
    return HC_OK;
}

/* P7: whoever slept through his own deadlines has no right to blame others for theirs. */
static void node_overslept(struct node *node, struct effects *effects)
{
    if (node->exchange_count == 0 || node->wake_ms == INT64_MAX || node->now_ms - node->wake_ms <= node->timeout_ms) {
        return;
    }
    exchanges_take_back(node, effects);
    node->next_round_ms = node->now_ms;
}

/* What is due. */
static enum hc_code work_do(struct node *node, struct effects *effects)
{
    enum hc_code code = HC_OK;
    exchanges_expire(node, effects);
    if (!node->leaving && node->now_ms >= node->next_mutation_ms) {
        node->next_mutation_ms += node->mutate_interval_ms;
        if (node->next_mutation_ms <= node->now_ms) {
            node->next_mutation_ms = node->now_ms + node->mutate_interval_ms;
        }
        code = own_mutate(node, effects);
    }
    if (!node->leaving && !node->in_round && node->now_ms >= node->next_round_ms) {
        enum hc_code started = round_start(node);
        code = code == HC_OK ? started : code;
    }
    exchanges_open(node, effects);
    bool idle = node->exchange_count == 0 && node->queue_count == 0;
    if (idle && node->leaving) {
        node->stopped = effects->stopped = true;
    } else if (idle && node->in_round) {
        round_finish(node, effects);
    }
    return code;
}

enum hc_code node_step(struct node *node, const struct event *event, struct effects *effects)
{
    enum hc_code code = HC_OK;
    effects_clear(effects);
    ASSERT(event->now_ms >= node->now_ms || !node->own);
    node->now_ms = event->now_ms;
    if (node->stopped) {
        effects->stopped = true;
        return HC_OK;
    }
    node_overslept(node, effects);
    switch (event->kind) {
    case EVENT_START:
        code = node_start(node, effects);
        break;
    case EVENT_TIMEOUT:
        break;
    case EVENT_REQUEST:
        code = node->own ? request_take(node, event, effects) : HC_OK;
        break;
    case EVENT_REPLY:
        reply_take(node, event, effects);
        break;
    case EVENT_FAILURE: {
        struct exchange *exchange = exchange_find(node, event->handle);
        if (exchange) {
            exchange_failed(node, exchange, event->code, event->text, effects);
        }
        break;
    }
    case EVENT_REFUSED:
        shell_refused(node, event, effects);
        break;
    case EVENT_LEAVE:
        code = node->leaving ? HC_OK : node_leave(node, effects);
        break;
    }
    if (node->own || node->leaving) {
        enum hc_code worked = work_do(node, effects);
        code = code == HC_OK ? worked : code;
    }
    node->wake_ms = node_deadline(node);
    return code;
}

int64_t node_deadline(const struct node *node)
{
    if (!node->own || node->stopped) {
        return INT64_MAX;
    }
    int64_t deadline = INT64_MAX;
    if (!node->leaving) {
        deadline = node->next_mutation_ms;
        if (!node->in_round && node->next_round_ms < deadline) {
            deadline = node->next_round_ms;
        }
    }
    for (size_t i = 0; i < node->exchange_count; i++) {
        deadline = node->exchanges[i].deadline_ms < deadline ? node->exchanges[i].deadline_ms : deadline;
    }
    return deadline;
}

/* ---- What can be seen ---- */

void node_look(const struct node *node, struct node_view *view)
{
    *view = (struct node_view){.row = node->own,
                               .network = node->coins->network,
                               .refused = node->refused,
                               .round = node->round,
                               .known = node->table.count,
                               .agree = node->agree,
                               .leaving = node->leaving};
    if (!node->own) {
        return;
    }
    view->live = node->members.live_count + !node->leaving;
    view->balances = node->leaving ? 0 : table_balance(&node->table, node->identity.id);
    /* What we tell is made when it is needed, so looking may find nothing to compare with. */
    struct state *state = told_now((struct node *)node);
    for (size_t i = 0; i < node->members.count; i++) {
        const struct member *member = &node->members.list[i];
        if (member->status == MEMBER_LIVE) {
            view->balances += table_balance(&node->table, member->id);
            view->disagree += !state || !member->told_known || memcmp(member->told, state->digest, DIGEST_BYTES) != 0;
        }
    }
    if (state) {
        memcpy(view->digest, state->digest, DIGEST_BYTES);
    }
    state_unref(state);
}

void node_look_at(const struct node *node, size_t index, struct node_row_view *view)
{
    ASSERT(index < node->table.count);
    const struct entry *entry = &node->table.entries[index];
    const struct member *member = members_find(&node->members, entry_id(entry));
    *view = (struct node_row_view){
        .row = entry_row(entry),
        .self = is_self(node, entry_id(entry)),
        .forked = entry_is_forked(entry),
        .status = member          ? member->status
                  : node->leaving ? MEMBER_LEFT
                                  : MEMBER_LIVE,
        .reason = member ? member->reason : HC_OK,
        .balance = table_balance(&node->table, entry_id(entry)),
        .changed_ms = member ? member->changed_ms : node->own_changed_ms,
    };
}

const struct table *node_table(const struct node *node)
{
    return &node->table;
}

const struct members *node_members(const struct node *node)
{
    return &node->members;
}

bool node_verify(const struct node *node)
{
    if (!table_verify(&node->table) || !members_verify(&node->members)) {
        return false;
    }
    for (size_t i = 0; i < node->members.count; i++) {
        if (!table_find(&node->table, node->members.list[i].id)) {
            return false;
        }
    }
    const struct entry *own = node->own ? table_find(&node->table, node->identity.id) : NULL;
    return node->table.count == node->members.count + (node->own != NULL) &&
           (!node->own || (own && own->branch_count == 1 && own->branches[0] == node->own)) &&
           node->queue_next <= node->queue_count && node->exchange_count <= EXCHANGES_MAX;
}
