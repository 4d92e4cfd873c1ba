/* This node's own row, from a change to a commit to the table. */
#include "core/node/own.h"

#include <stdio.h>
#include <string.h>

#include "core/common/array.h"
#include "core/common/canary.h"
#include "core/common/id.h"
#include "core/common/memory.h"

/* ---- Commands that wait for a commit ---- */

static void waiters_free(struct waiters *waiters)
{
    memory_free(waiters->payments.list);
    memory_free(waiters->changes.list);
    *waiters = (struct waiters){0};
}

static enum hc_code handles_add(struct handles *handles, uint64_t handle)
{
    if (!ARRAY_RESERVE(handles->list, handles->capacity, handles->count + 1)) {
        return HC_NO_MEMORY;
    }
    handles->list[handles->count++] = handle;
    return HC_OK;
}

static void handles_answer(struct handles *handles, enum hc_event_kind kind, enum hc_code code, uint64_t version,
                           struct hc_effects *effects)
{
    for (size_t i = 0; i < handles->count; i++) {
        struct hc_answer *answer = answer_add(effects, kind, handles->list[i], code);
        if (answer) { /* one that is lost is asked for again, a payment by its key */
            answer->version = version;
        }
    }
    handles->count = 0;
}

/* Answers all, and forgets them. */
static void waiters_answer(struct waiters *waiters, enum hc_code code, uint64_t version, struct hc_effects *effects)
{
    handles_answer(&waiters->payments, HC_EVENT_PAY, code, version, effects);
    handles_answer(&waiters->changes, HC_EVENT_TAG, code, version, effects);
}

/* ---- The start and the end ---- */

void own_init(struct own *own, const struct base *base, const struct hc_node_config *config)
{
    *own = (struct own){.durable = config->durable, .recovering = config->recovering, .twin_told_ms = HC_NEVER_MS};
    snprintf(own->name, sizeof own->name, "%s", config->name);
    if (config->tags) {
        own->given_tags = *config->tags;
    }
    draft_init(&own->draft, base->identity.id, base->address, own->name);
}

void own_free(struct own *own)
{
    hc_row_unref(own->row);
    hc_row_unref(own->pending);
    waiters_free(&own->draft_waiters);
    waiters_free(&own->pending_waiters);
    *own = (struct own){0};
}

enum hc_code own_restore(struct own *own, struct base *base, struct hc_row *row)
{
    ASSERT(base_is_self(base, row->fields.id));
    ASSERT(!own->started && !own->pending);
    if (own->row && row_compare(row, own->row) <= 0) {
        return HC_OK;
    }
    /* D5: one that others would refuse is not told again; we go on from it with the next version. */
    if (row_draw_is_allowed(row)) {
        if (table_put_own(&base->table, row) != HC_OK) {
            return HC_NO_MEMORY;
        }
        hc_row_unref(own->row);
        own->row = hc_row_ref(row);
    }
    draft_follow(&own->draft, row);
    return draft_take_extras(&own->draft, &row->fields, &own->given_tags);
}

void own_start(struct own *own, const struct base *base)
{
    ASSERT(!own->started);
    if (!own->row) {
        struct hc_tags tags = {0};
        CHECK(tags_change(&tags, &own->given_tags) == HC_OK); /* of none they take away what is not there */
        draft_put_tags(&own->draft, &tags);
    }
    if (own->draft.fields.draw == 0) {
        draft_draw_anyway(&own->draft, base, 1); /* a store may have a row of ours that paid before it drew (D5) */
    }
    own->draft.dirty = true;
}

void own_leave(struct own *own)
{
    own->draft.fields.left = true;
    own->draft.dirty = own->row;
}

void own_settle(struct own *own)
{
    own->settled = true;
    own->recovering = false;
}

bool own_takes_part(const struct own *own)
{
    return own->started || own->recovering || own->store_failed;
}

bool own_awaits_goodbye(const struct own *own)
{
    return own->row && !own->row->fields.left && !own->store_failed && own->draft.fields.version < HC_NUMBER_MAX;
}

/* ---- Changes ---- */

void own_mutate(struct own *own, const struct base *base)
{
    if (own->row && !own->store_failed && draft_draw(&own->draft, base, own->draft.fields.draw + 1)) {
        own->draft.dirty = true;
    }
}

/* Whether another row of ours can be signed at all. */
static enum hc_code change_check(const struct own *own, const struct base *base)
{
    if (base->leaving) {
        return HC_LEAVING;
    }
    if (own->store_failed) {
        return HC_STORE_FAILED;
    }
    if (!own->row) {
        return HC_RECOVERING;
    }
    /* Without a version there is nothing to sign it with. */
    return own->draft.fields.version >= HC_NUMBER_MAX ? HC_TOO_LARGE : HC_OK;
}

void own_pay(struct own *own, const struct base *base, const struct hc_event *event, struct hc_effects *effects)
{
    ASSERT(event->kind == HC_EVENT_PAY && event->payee);
    enum hc_code code = change_check(own, base);
    code = code == HC_OK ? draft_check_payment(&own->draft, base, event->payee, event->amount) : code;
    code = code == HC_OK ? handles_add(&own->draft_waiters.payments, event->handle) : code;
    if (code == HC_OK) {
        draft_pay(&own->draft, event->payee, event->amount);
        return;
    }
    struct hc_answer *answer = answer_add(effects, HC_EVENT_PAY, event->handle, code);
    hc_coin_sum balance = draft_balance(&own->draft, base);
    if (answer) {
        answer->left = balance > 0 ? (uint64_t)balance : 0;
    }
}

static bool tags_are_same(const struct hc_tags *a, const struct hc_tags *b)
{
    return a->bytes == b->bytes && memcmp(a->packed, b->packed, a->bytes) == 0;
}

void own_tag(struct own *own, const struct base *base, const struct hc_event *event, struct hc_effects *effects)
{
    ASSERT(event->kind == HC_EVENT_TAG && event->tags);
    struct hc_tags tags = own->draft.tags;
    enum hc_code code = change_check(own, base);
    code = code == HC_OK ? tags_change(&tags, event->tags) : code;
    if (code == HC_OK && tags_are_same(&tags, &own->draft.tags) && !own->draft.dirty && !own->pending) {
        struct hc_answer *answer = answer_add(effects, HC_EVENT_TAG, event->handle, HC_OK);
        if (answer) {
            answer->version = own->row->fields.version;
        }
        return;
    }
    code = code == HC_OK ? handles_add(&own->draft_waiters.changes, event->handle) : code;
    if (code != HC_OK) {
        answer_add(effects, HC_EVENT_TAG, event->handle, code);
        return;
    }
    draft_put_tags(&own->draft, &tags);
    own->draft.dirty = own->tagged = true;
}

/* ---- M5 ---- */

/* The draft covers one more row of ours, if it can. */
static void adopt(struct own *own, const struct hc_row *row, uint64_t *draw)
{
    struct hc_row_fields *fields = &own->draft.fields;
    const struct hc_row_fields *theirs = &row->fields;
    if (own->pending && row_supersedes(own->pending, row)) {
        return; /* our own words, told by a peer that is faster than our disk */
    }
    if (!draft_join(&own->draft, theirs)) {
        return; /* no one row covers both: we stay forked, and all others see it */
    }
    *draw = theirs->draw > *draw ? theirs->draw : *draw;
    if (!own->settled && !own->tagged && theirs->version > fields->version) {
        /* What we said before we lost it. A twin's tags are its own. Too many: ours alone are said. */
        enum hc_code taken = draft_take_extras(&own->draft, theirs, &own->given_tags);
        (void)taken;
    }
    fields->version = theirs->version > fields->version ? theirs->version : fields->version;
    own->draft.dirty = true;
}

void own_adopt(struct own *own, const struct base *base, struct hc_row *const *rows, size_t count,
               struct hc_effects *effects)
{
    struct draft *draft = &own->draft;
    uint64_t draw = draft->fields.draw;
    ASSERT(!base->leaving);
    for (size_t i = 0; i < count; i++) {
        ASSERT(base_is_self(base, rows[i]->fields.id) && rows[i]->verified);
        adopt(own, rows[i], &draw);
    }
    if (draft->dirty) {
        draft_draw_anyway(draft, base, draw);
    }
    bool tell = own->twin_told_ms == HC_NEVER_MS || base->now_ms - own->twin_told_ms >= TWIN_NOTICE_MS;
    if (draft->dirty && own->settled && own->row && tell) {
        notice_add(effects, HC_NOTICE_TWIN, own->row);
        own->twin_told_ms = base->now_ms;
    }
}

/* ---- Commits ---- */

/* What the payments of a commit come to, payee by payee. */
static void tell_paid(const struct base *base, const struct hc_row *before, const struct hc_row *after,
                      struct hc_effects *effects)
{
    for (size_t i = 0; i < after->fields.sent_count; i++) {
        const struct hc_sent *sent = &after->fields.sent[i];
        uint64_t earlier = row_sent_to(before, sent->payee);
        if (sent->amount > earlier) {
            notice_add(effects, HC_NOTICE_PAID, base_row(base, sent->payee))->to = sent->amount - earlier;
        }
    }
}

static void tell_installed(struct own *own, const struct base *base, const struct hc_row *before,
                           struct hc_effects *effects)
{
    struct hc_row *after = own->row;
    changed_add(effects, after->fields.id);
    if (!own->started) {
        own->started = true;
        notice_add(effects, HC_NOTICE_STARTED, after);
        return;
    }
    ASSERT(before);
    if (before->fields.draw != after->fields.draw) {
        struct hc_notice *notice = notice_add(effects, HC_NOTICE_MUTATED, after);
        notice->from = before->fields.coins;
        notice->to = after->fields.coins;
    }
    if (own->pending_waiters.payments.count > 0) {
        tell_paid(base, before, after, effects);
    }
    if (!row_same_tags(before, after)) {
        notice_add(effects, HC_NOTICE_TAGGED, after);
    }
    if (after->fields.left) {
        notice_add(effects, HC_NOTICE_LEFT, after);
    }
}

/* The pending row is durable: from now on it is the one that we tell. */
static enum hc_code install(struct own *own, struct base *base, struct hc_effects *effects)
{
    ASSERT(own->pending && own->pending_committed);
    ASSERT(!own->row || own->pending->fields.version + CANARY_REUSED > own->row->fields.version);
    struct hc_row *before = own->row;
    if (table_put_own(&base->table, own->pending) != HC_OK) {
        return HC_NO_MEMORY; /* the next step tries again */
    }
    own->row = own->pending;
    base->own_changed_ms = base->now_ms;
    own->pending = NULL;
    own->pending_committed = false;
    tell_installed(own, base, before, effects);
    news_add_row(&base->news, before, base->identity.id);
    waiters_answer(&own->pending_waiters, HC_OK, own->row->fields.version, effects);
    hc_row_unref(before);
    return HC_OK;
}

/* Signs the draft, and hands it and its payments over to the shell. */
static enum hc_code sign(struct own *own, const struct base *base, struct hc_effects *effects)
{
    struct hc_row *row;
    struct hc_row_fields *fields = &own->draft.fields;
    const struct handles *payments = &own->draft_waiters.payments;
    uint64_t *handles = NULL;
    ASSERT(!own->pending && !effects->commit.row);
    if (fields->version >= HC_NUMBER_MAX) {
        own->draft.dirty = false; /* a node with our key used up the last version: there is nothing left to sign with */
        return HC_OK;
    }
    if (payments->count > 0 && !(handles = memory_new(payments->count, sizeof *handles))) {
        return HC_NO_MEMORY;
    }
    uint64_t version = fields->version++;
    if (fields->draw > fields->version) {
        fields->version = fields->draw; /* D5: draws that were skipped (D4) take the version with them */
    }
    if (row_sign(&row, fields, base->network, &base->identity) != HC_OK) {
        fields->version = version;
        memory_free(handles);
        return HC_NO_MEMORY;
    }
    if (payments->count > 0) {
        memcpy(handles, payments->list, payments->count * sizeof *handles);
    }
    effects->commit = (struct hc_commit){.row = hc_row_ref(row), .payments = handles, .payment_count = payments->count};
    own->pending = row;
    own->draft.dirty = false;
    ASSERT(own->pending_waiters.payments.count == 0 && own->pending_waiters.changes.count == 0);
    struct waiters empty = own->pending_waiters; /* its memory serves the next draft */
    own->pending_waiters = own->draft_waiters;
    own->draft_waiters = empty;
    return HC_OK;
}

/* Whether there is something to sign, and nothing that forbids it. */
static bool may_sign(const struct own *own)
{
    return own->draft.dirty && !own->pending && !own->store_failed && !own->recovering;
}

bool own_is_behind(const struct own *own)
{
    return may_sign(own) || own->pending_committed;
}

enum hc_code own_commit(struct own *own, struct base *base, struct hc_effects *effects)
{
    enum hc_code code = own->pending_committed ? install(own, base, effects) : HC_OK;
    if (code != HC_OK || !may_sign(own)) {
        return code;
    }
    code = sign(own, base, effects);
    if (code == HC_OK && own->pending && !own->durable) {
        own->pending_committed = true;
        code = install(own, base, effects);
    }
    return code;
}

void own_committed(struct own *own)
{
    own->pending_committed = own->pending;
}

void own_commit_failed(struct own *own, const char *text, struct hc_effects *effects)
{
    if (own->store_failed) {
        return;
    }
    /* The row may be on the disk or not. Its version is used up either way, and no other node ever hears of it from us. */
    own->store_failed = true;
    notice_text(notice_add(effects, HC_NOTICE_STORE_FAILED, own->row), text);
    waiters_answer(&own->draft_waiters, HC_STORE_FAILED, 0, effects);
    if (!own->pending_committed) { /* otherwise it only waits for memory */
        hc_row_unref(own->pending);
        own->pending = NULL;
        waiters_answer(&own->pending_waiters, HC_STORE_FAILED, 0, effects);
    }
}

bool own_verify(const struct own *own, const struct base *base)
{
    const struct entry *entry = own->row ? table_find(&base->table, base->identity.id) : NULL;
    return (!own->row || (entry && entry->branch_count == 1 && entry->branches[0] == own->row)) &&
           (!own->pending_committed || own->pending) && own->draft.fields.sent_count <= HC_PAYEES_MAX;
}
