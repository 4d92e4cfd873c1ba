/* Our own row: what changes it, and how a change becomes durable before anybody hears of it.
 *
 * Whatever changes works on the draft. own_commit signs the draft as the next version and hands it to the shell;
 * own_committed remembers that it is durable, and the next own_commit puts it in force: into the table, from where it
 * is told. While a commit is under way changes gather in the draft, and one row carries them all.
 */
#include <string.h>

#include "core/canary.h"
#include "core/memory.h"
#include "core/node_parts.h"

static hc_coin_sum draft_sent_total(const struct hc_node *node)
{
    hc_coin_sum total = 0;
    for (size_t i = 0; i < node->draft.sent_count; i++) {
        total += node->draft.sent[i].amount;
    }
    return total;
}

/* D4: from draw `draw` on, the first that leaves us with no debt; false if there is none soon. */
static bool draft_draw(struct hc_node *node, uint64_t draw)
{
    hc_coin_sum credit = ledger_credit(&node->table.ledger, node->identity.id), sent = draft_sent_total(node);
    for (uint64_t tried = 0; tried < DRAWS_TRIED_MAX && draw + tried <= HC_NUMBER_MAX; tried++) {
        uint64_t coins = network_draw(node->network, node->identity.id, draw + tried);
        if ((hc_coin_sum)coins + credit >= sent) {
            node->draft.draw = draw + tried;
            node->draft.coins = coins;
            return true;
        }
    }
    return false;
}

/* ---- Tags ---- */

static void draft_tags_put(struct hc_node *node, const struct hc_tags *tags)
{
    node->draft_tags = *tags;
    node->draft.tags = node->draft_tags.packed;
    node->draft.tags_bytes = tags->bytes;
}

/* Says again what a row of ours said of tags, changed as the configuration says, and of what only a later version knows.
 * HC_BAD_TAG: there would be too many, and nothing is changed. */
static enum hc_code draft_extras_take(struct hc_node *node, const struct hc_row_fields *fields)
{
    struct hc_tags tags = {.bytes = fields->tags_bytes};
    memcpy(tags.packed, fields->tags, fields->tags_bytes);
    enum hc_code code = tags_change(&tags, &node->given_tags);
    if (code == HC_OK) {
        draft_tags_put(node, &tags);
        memcpy(node->draft_more, fields->more, fields->more_bytes);
        node->draft.more = node->draft_more;
        node->draft.more_bytes = fields->more_bytes;
    }
    return code;
}

/* ---- The start, draws and the goodbye ---- */

enum hc_code own_restore(struct hc_node *node, struct hc_row *row)
{
    if (node->own && row_compare(row, node->own) <= 0) {
        return HC_OK;
    }
    /* D5: one that others would refuse is not told again; we go on from it with the next version. */
    bool allowed = row_draw_is_allowed(row);
    enum hc_code code = allowed ? table_put_own(&node->table, row) : HC_OK;
    if (code == HC_OK) {
        if (allowed) {
            hc_row_unref(node->own);
            node->own = hc_row_ref(row);
        }
        node->draft = row->fields;
        if (row->fields.sent_count > 0) {
            memcpy(node->draft_sent, row->fields.sent, row->fields.sent_count * sizeof *node->draft_sent);
        }
        node->draft.sent = node->draft_sent;
        node->draft.version -= CANARY_REUSED;
        node->draft.draw -= CANARY_REUSED;
        code = draft_extras_take(node, &row->fields);
    }
    return code;
}

void own_start(struct hc_node *node)
{
    bool fresh = node->draft.version == 0;
    if (!node->own) {
        struct hc_tags tags = {0};
        enum hc_code code = tags_change(&tags, &node->given_tags);
        ASSERT(code == HC_OK); /* of none they take away what is not there */
        draft_tags_put(node, &tags);
    }
    node->draft.addr = node->address;
    node->draft.name = node->name;
    node->draft.left = false;
    if (fresh) {
        draft_draw(node, 1);
    }
    node->draft_dirty = true;
}

void own_mutate(struct hc_node *node)
{
    if (node->own && !node->store_failed && draft_draw(node, node->draft.draw + 1)) {
        node->draft_dirty = true;
    }
}

void own_leave(struct hc_node *node)
{
    node->draft.left = true;
    node->draft_dirty = node->own != NULL;
}

/* ---- Payments ---- */

/* Where a payee stands in the draft, or would. */
static size_t draft_place(const struct hc_node *node, const uint8_t *payee, bool *found)
{
    size_t at = 0;
    *found = false;
    while (at < node->draft.sent_count) {
        int order = memcmp(node->draft_sent[at].payee, payee, HC_ID_BYTES);
        if (order >= 0) {
            *found = order == 0;
            break;
        }
        at++;
    }
    return at;
}

/* What may be spent: by the draft, so that payments on their way count. */
static hc_coin_sum draft_balance(const struct hc_node *node)
{
    return (hc_coin_sum)node->draft.coins + ledger_credit(&node->table.ledger, node->identity.id) -
           draft_sent_total(node);
}

/* Whether another row of ours can be signed at all. */
static enum hc_code draft_check(const struct hc_node *node)
{
    if (node->leaving) {
        return HC_LEAVING;
    }
    if (node->store_failed) {
        return HC_STORE_FAILED;
    }
    if (!node->own) {
        return HC_RECOVERING;
    }
    /* Without a version there is nothing to sign it with. */
    return node->draft.version >= HC_NUMBER_MAX ? HC_TOO_LARGE : HC_OK;
}

static enum hc_code payment_check(const struct hc_node *node, const struct hc_event *event)
{
    enum hc_code code = draft_check(node);
    if (code != HC_OK) {
        return code;
    }
    if (event->amount == 0 || event->amount > HC_NUMBER_MAX) {
        return HC_BAD_AMOUNT;
    }
    if (is_self(node, event->payee)) {
        return HC_OWN_PAYEE;
    }
    if (!table_find(&node->table, event->payee)) {
        return HC_UNKNOWN_PAYEE;
    }
    if (draft_balance(node) < (hc_coin_sum)event->amount) {
        return HC_NOT_ENOUGH;
    }
    bool found;
    size_t at = draft_place(node, event->payee, &found);
    if (!found && node->draft.sent_count == HC_PAYEES_MAX) {
        return HC_TOO_MANY_PAYEES;
    }
    if (found && node->draft_sent[at].amount > HC_NUMBER_MAX - event->amount) {
        return HC_BAD_AMOUNT;
    }
    return HC_OK;
}

static enum hc_code handles_add(struct handles *handles, uint64_t handle)
{
    if (handles->count == handles->capacity) {
        size_t capacity = handles->capacity ? 2 * handles->capacity : 16;
        uint64_t *list = memory_resize(handles->list, capacity, sizeof *list);
        if (!list) {
            return HC_NO_MEMORY;
        }
        handles->list = list;
        handles->capacity = capacity;
    }
    handles->list[handles->count++] = handle;
    return HC_OK;
}

void own_pay(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    enum hc_code code = payment_check(node, event);
    if (code == HC_OK) {
        code = handles_add(&node->draft_payments, event->handle);
    }
    if (code != HC_OK) {
        struct hc_answer *answer = answer_add(effects, HC_EVENT_PAY, event->handle, code);
        hc_coin_sum balance = draft_balance(node);
        if (answer) {
            answer->left = balance > 0 ? (uint64_t)balance : 0;
        }
        return;
    }
    bool found;
    size_t at = draft_place(node, event->payee, &found);
    struct hc_sent *sent = &node->draft_sent[at];
    if (!found) {
        memmove(sent + 1, sent, (node->draft.sent_count - at) * sizeof *sent);
        node->draft.sent_count++;
        *sent = (struct hc_sent){0};
        memcpy(sent->payee, event->payee, HC_ID_BYTES);
    }
    sent->amount += event->amount;
    node->draft_dirty = true;
}

void own_tag(struct hc_node *node, const struct hc_event *event, struct hc_effects *effects)
{
    struct hc_tags tags = node->draft_tags;
    enum hc_code code = draft_check(node);
    code = code == HC_OK ? tags_change(&tags, event->tags) : code;
    bool same = tags.bytes == node->draft_tags.bytes && memcmp(tags.packed, node->draft_tags.packed, tags.bytes) == 0;
    if (code == HC_OK && same && !node->draft_dirty && !node->pending) {
        struct hc_answer *answer = answer_add(effects, HC_EVENT_TAG, event->handle, HC_OK);
        if (answer) {
            answer->version = node->own->fields.version;
        }
        return;
    }
    code = code == HC_OK ? handles_add(&node->draft_changes, event->handle) : code;
    if (code != HC_OK) {
        answer_add(effects, HC_EVENT_TAG, event->handle, code);
        return;
    }
    draft_tags_put(node, &tags);
    node->draft_dirty = node->tagged = true;
}

/* ---- M5 ---- */

/* Takes over what a row has sent, the greater of each; false if those are too many for one row. */
static bool draft_join(struct hc_node *node, const struct hc_row_fields *theirs)
{
    size_t fresh = 0;
    bool found;
    for (size_t i = 0; i < theirs->sent_count; i++) {
        draft_place(node, theirs->sent[i].payee, &found);
        fresh += !found;
    }
    if (node->draft.sent_count + fresh > HC_PAYEES_MAX) {
        return false;
    }
    for (size_t i = 0; i < theirs->sent_count; i++) {
        size_t at = draft_place(node, theirs->sent[i].payee, &found);
        struct hc_sent *sent = &node->draft_sent[at];
        if (!found) {
            memmove(sent + 1, sent, (node->draft.sent_count - at) * sizeof *sent);
            node->draft.sent_count++;
            *sent = theirs->sent[i];
        } else if (theirs->sent[i].amount > sent->amount) {
            sent->amount = theirs->sent[i].amount;
        }
    }
    return true;
}

void own_adopt(struct hc_node *node, struct hc_row *const *rows, size_t count, struct hc_effects *effects)
{
    uint64_t draw = node->draft.draw;
    for (size_t i = 0; i < count; i++) {
        const struct hc_row_fields *theirs = &rows[i]->fields;
        if (node->pending && row_supersedes(node->pending, rows[i])) {
            continue; /* our own words, told by somebody faster than our disk */
        }
        if (!draft_join(node, theirs)) {
            continue; /* no one row covers both: we stay forked, and everybody sees it */
        }
        draw = theirs->draw > draw ? theirs->draw : draw;
        if (!node->settled && !node->tagged && theirs->version > node->draft.version) {
            /* What we said before we lost it. A twin's tags are its own. Too many: ours alone are said. */
            enum hc_code taken = draft_extras_take(node, theirs);
            (void)taken;
        }
        node->draft.version = theirs->version > node->draft.version ? theirs->version : node->draft.version;
        node->draft_dirty = true;
    }
    if (node->draft_dirty && !draft_draw(node, draw)) {
        /* Credits that we spent may not have reached us again; others hold the row as waiting until they have. */
        node->draft.draw = draw;
        node->draft.coins = network_draw(node->network, node->identity.id, draw);
    }
    bool tell = node->twin_told_ms == INT64_MIN || node->now_ms - node->twin_told_ms >= TWIN_NOTICE_MS;
    if (node->draft_dirty && node->settled && node->own && tell) {
        notice_add(effects, HC_NOTICE_TWIN, node->own);
        node->twin_told_ms = node->now_ms;
    }
}

/* ---- Commits ---- */

/* What the payments of a commit come to, payee by payee. */
static void tell_paid(const struct hc_node *node, const struct hc_row *before, const struct hc_row *after,
                      struct hc_effects *effects)
{
    for (size_t i = 0; i < after->fields.sent_count; i++) {
        const struct hc_sent *sent = &after->fields.sent[i];
        uint64_t earlier = row_sent_to(before, sent->payee);
        if (sent->amount > earlier) {
            notice_add(effects, HC_NOTICE_PAID, row_of(node, sent->payee))->to = sent->amount - earlier;
        }
    }
}

static void tell_own(struct hc_node *node, struct hc_row *before, struct hc_effects *effects)
{
    struct hc_row *after = node->own;
    changed_add(effects, after->fields.id);
    if (!node->started_told) {
        node->started_told = true;
        notice_add(effects, HC_NOTICE_STARTED, after);
        return;
    }
    if (before->fields.draw != after->fields.draw) {
        struct hc_notice *notice = notice_add(effects, HC_NOTICE_MUTATED, after);
        notice->from = before->fields.coins;
        notice->to = after->fields.coins;
    }
    if (node->pending_payments.count > 0) {
        tell_paid(node, before, after, effects);
    }
    if (!row_same_tags(before, after)) {
        notice_add(effects, HC_NOTICE_TAGGED, after);
    }
    if (after->fields.left) {
        notice_add(effects, HC_NOTICE_LEFT, after);
    }
}

/* Answers those who wait, and forgets them. */
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

static void handles_swap(struct handles *a, struct handles *b)
{
    struct handles swapped = *a;
    *a = *b;
    *b = swapped;
}

/* The pending row is durable: from now on it is the one that we tell. */
static enum hc_code own_install(struct hc_node *node, struct hc_effects *effects)
{
    struct hc_row *before = node->own;
    if (table_put_own(&node->table, node->pending) != HC_OK) {
        return HC_NO_MEMORY; /* the next step tries again */
    }
    node->own = node->pending;
    node->own_changed_ms = node->now_ms;
    node->pending = NULL;
    node->pending_committed = false;
    tell_own(node, before, effects);
    handles_answer(&node->pending_payments, HC_EVENT_PAY, HC_OK, node->own->fields.version, effects);
    handles_answer(&node->pending_changes, HC_EVENT_TAG, HC_OK, node->own->fields.version, effects);
    hc_row_unref(before);
    return HC_OK;
}

/* Signs the draft, and hands it and its payments over to the shell. */
static enum hc_code own_sign(struct hc_node *node, struct hc_effects *effects)
{
    struct hc_row *row;
    uint64_t *handles = NULL;
    size_t count = node->draft_payments.count;
    if (node->draft.version >= HC_NUMBER_MAX) {
        node->draft_dirty = false; /* somebody with our key used up the last version: there is nothing left to sign */
        return HC_OK;
    }
    if (count > 0 && !(handles = memory_new(count, sizeof *handles))) {
        return HC_NO_MEMORY;
    }
    uint64_t version = node->draft.version++;
    if (node->draft.draw > node->draft.version) {
        node->draft.version = node->draft.draw; /* D5: draws that were skipped (D4) take the version with them */
    }
    if (row_sign(&row, &node->draft, node->network, &node->identity) != HC_OK) {
        node->draft.version = version;
        memory_free(handles);
        return HC_NO_MEMORY;
    }
    if (count > 0) {
        memcpy(handles, node->draft_payments.list, count * sizeof *handles);
    }
    effects->commit = (struct hc_commit){.row = hc_row_ref(row), .payments = handles, .payment_count = count};
    node->pending = row;
    node->draft_dirty = false;
    handles_swap(&node->draft_payments, &node->pending_payments);
    handles_swap(&node->draft_changes, &node->pending_changes);
    return HC_OK;
}

enum hc_code own_commit(struct hc_node *node, struct hc_effects *effects)
{
    enum hc_code code = HC_OK;
    if (node->pending_committed) {
        code = own_install(node, effects);
    }
    if (code != HC_OK || !node->draft_dirty || node->pending || node->store_failed || node->recovering) {
        return code;
    }
    code = own_sign(node, effects);
    if (code == HC_OK && node->pending && !node->durable) {
        node->pending_committed = true;
        code = own_install(node, effects);
    }
    return code;
}

void own_committed(struct hc_node *node)
{
    node->pending_committed = node->pending != NULL;
}

void own_commit_failed(struct hc_node *node, const char *text, struct hc_effects *effects)
{
    if (node->store_failed) {
        return;
    }
    /* The row may be on the disk or not. Its version is used up either way, and nobody ever hears of it from us. */
    node->store_failed = true;
    bool durable = node->pending_committed; /* it only waits for memory */
    if (!durable) {
        hc_row_unref(node->pending);
        node->pending = NULL;
    }
    notice_text(notice_add(effects, HC_NOTICE_STORE_FAILED, node->own), text);
    handles_answer(&node->draft_payments, HC_EVENT_PAY, HC_STORE_FAILED, 0, effects);
    handles_answer(&node->draft_changes, HC_EVENT_TAG, HC_STORE_FAILED, 0, effects);
    if (!durable) {
        handles_answer(&node->pending_payments, HC_EVENT_PAY, HC_STORE_FAILED, 0, effects);
        handles_answer(&node->pending_changes, HC_EVENT_TAG, HC_STORE_FAILED, 0, effects);
    }
}
