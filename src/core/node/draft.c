/* What this node's next row will say. */
#include "core/node/draft.h"

#include <string.h>

#include "core/common/canary.h"
#include "core/common/id.h"

void draft_init(struct draft *draft, const uint8_t id[static HC_ID_BYTES], const char *address, const char *name)
{
    ASSERT(address && name);
    *draft = (struct draft){.fields = {.addr = address, .name = name, .sent = draft->sent}};
    id_copy(draft->fields.id, id);
}

void draft_follow(struct draft *draft, const struct hc_row *row)
{
    const struct hc_row_fields *fields = &row->fields;
    ASSERT(id_equal(draft->fields.id, fields->id));
    ASSERT(fields->sent_count <= HC_PAYEES_MAX);
    draft->fields.version = fields->version - CANARY_REUSED;
    draft->fields.draw = fields->draw - CANARY_REUSED;
    draft->fields.coins = fields->coins;
    draft->fields.sent_count = fields->sent_count;
    if (fields->sent_count > 0) {
        memcpy(draft->sent, fields->sent, fields->sent_count * sizeof *draft->sent);
    }
}

/* ---- Tags ---- */

void draft_put_tags(struct draft *draft, const struct hc_tags *tags)
{
    ASSERT(tags->bytes <= HC_TAGS_PACKED_BYTES_MAX);
    draft->tags = *tags;
    draft->fields.tags = draft->tags.packed;
    draft->fields.tags_bytes = tags->bytes;
}

enum hc_code draft_take_extras(struct draft *draft, const struct hc_row_fields *fields, const struct hc_tags *given)
{
    struct hc_tags tags = {.bytes = fields->tags_bytes};
    ASSERT(fields->more_bytes <= MORE_BYTES_MAX);
    memcpy(tags.packed, fields->tags, fields->tags_bytes);
    enum hc_code code = tags_change(&tags, given);
    if (code == HC_OK) {
        draft_put_tags(draft, &tags);
        memcpy(draft->more, fields->more, fields->more_bytes);
        draft->fields.more = draft->more;
        draft->fields.more_bytes = fields->more_bytes;
    }
    return code;
}

/* ---- Coins ---- */

static hc_coin_sum sent_total(const struct draft *draft)
{
    hc_coin_sum total = 0;
    for (size_t i = 0; i < draft->fields.sent_count; i++) {
        total += draft->sent[i].amount;
    }
    return total;
}

bool draft_draw(struct draft *draft, const struct base *base, uint64_t draw)
{
    ASSERT(draw > 0);
    hc_coin_sum credit = ledger_credit(&base->table.ledger, draft->fields.id), sent = sent_total(draft);
    for (uint64_t tried = 0; tried < DRAWS_TRIED_MAX && draw + tried <= HC_NUMBER_MAX; tried++) {
        uint64_t coins = network_draw(base->network, draft->fields.id, draw + tried);
        if ((hc_coin_sum)coins + credit >= sent) {
            draft->fields.draw = draw + tried;
            draft->fields.coins = coins;
            return true;
        }
    }
    return false;
}

void draft_draw_anyway(struct draft *draft, const struct base *base, uint64_t draw)
{
    if (!draft_draw(draft, base, draw)) {
        draft->fields.draw = draw;
        draft->fields.coins = network_draw(base->network, draft->fields.id, draw);
    }
}

hc_coin_sum draft_balance(const struct draft *draft, const struct base *base)
{
    return (hc_coin_sum)draft->fields.coins + ledger_credit(&base->table.ledger, draft->fields.id) - sent_total(draft);
}

/* ---- Payees ---- */

static const uint8_t *payee_at(const void *list, size_t index)
{
    return ((const struct hc_sent *)list)[index].payee;
}

/* Where a payee stands in the draft, or would. */
static size_t payee_place(const struct draft *draft, const uint8_t *payee, bool *found)
{
    return id_place(draft->sent, draft->fields.sent_count, payee_at, payee, found);
}

/* What was sent to a payee, to be raised; of a new one, 0. There must be room for it. */
static uint64_t *payee_amount(struct draft *draft, const uint8_t *payee)
{
    bool found;
    size_t at = payee_place(draft, payee, &found);
    struct hc_sent *sent = &draft->sent[at];
    if (!found) {
        ASSERT(draft->fields.sent_count < HC_PAYEES_MAX);
        memmove(sent + 1, sent, (draft->fields.sent_count - at) * sizeof *sent);
        draft->fields.sent_count++;
        *sent = (struct hc_sent){0};
        id_copy(sent->payee, payee);
    }
    return &sent->amount;
}

enum hc_code draft_check_payment(const struct draft *draft, const struct base *base,
                                 const uint8_t payee[static HC_ID_BYTES], uint64_t amount)
{
    if (amount == 0 || amount > HC_NUMBER_MAX) {
        return HC_BAD_AMOUNT;
    }
    if (base_is_self(base, payee)) {
        return HC_OWN_PAYEE;
    }
    if (!table_find(&base->table, payee)) {
        return HC_UNKNOWN_PAYEE;
    }
    if (draft_balance(draft, base) < (hc_coin_sum)amount) {
        return HC_NOT_ENOUGH;
    }
    bool found;
    size_t at = payee_place(draft, payee, &found);
    if (!found && draft->fields.sent_count == HC_PAYEES_MAX) {
        return HC_TOO_MANY_PAYEES;
    }
    if (found && draft->sent[at].amount > HC_NUMBER_MAX - amount) {
        return HC_BAD_AMOUNT;
    }
    return HC_OK;
}

void draft_pay(struct draft *draft, const uint8_t payee[static HC_ID_BYTES], uint64_t amount)
{
    uint64_t *sent = payee_amount(draft, payee);
    ASSERT(amount > 0 && amount <= HC_NUMBER_MAX && *sent <= HC_NUMBER_MAX - amount);
    *sent += amount;
    draft->dirty = true;
}

bool draft_join(struct draft *draft, const struct hc_row_fields *theirs)
{
    size_t fresh = 0;
    ASSERT(id_equal(draft->fields.id, theirs->id));
    for (size_t i = 0; i < theirs->sent_count; i++) {
        bool found;
        payee_place(draft, theirs->sent[i].payee, &found);
        fresh += !found;
    }
    if (draft->fields.sent_count + fresh > HC_PAYEES_MAX) {
        return false;
    }
    for (size_t i = 0; i < theirs->sent_count; i++) {
        uint64_t *amount = payee_amount(draft, theirs->sent[i].payee);
        *amount = theirs->sent[i].amount > *amount ? theirs->sent[i].amount : *amount;
    }
    return true;
}
