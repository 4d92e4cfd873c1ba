/* Credits in a hash table with open addressing; a payee without credit has no slot. */
#include "core/table/ledger.h"

#include <sodium.h>
#include <string.h>

#include "core/common/bytes.h"
#include "core/common/canary.h"
#include "core/common/id.h"
#include "core/common/memory.h"

struct ledger_slot {
    uint8_t id[HC_ID_BYTES];
    hc_coin_sum credit; /* 0: the slot is free */
};

#define CAPACITY_MIN 16u

void ledger_init(struct ledger *ledger, const uint8_t key[static 16])
{
    static_assert(crypto_shorthash_KEYBYTES == 16, "SipHash takes 16 bytes");
    *ledger = (struct ledger){0};
    memcpy(ledger->key, key, sizeof ledger->key);
}

void ledger_free(struct ledger *ledger)
{
    memory_free(ledger->slots);
    ledger->slots = NULL;
    ledger->capacity = ledger->used = 0;
}

/* Where an id is, or the free slot where it would be put. Half of all slots are free, so there is one. */
static size_t slot_find(const struct ledger *ledger, const uint8_t *id)
{
    uint8_t hash[crypto_shorthash_BYTES];
    ASSERT(ledger->capacity > 0 && 2 * ledger->used <= ledger->capacity);
    crypto_shorthash(hash, id, HC_ID_BYTES, ledger->key);
    size_t at = (size_t)bytes_get_number(hash, sizeof hash) & (ledger->capacity - 1);
    while (ledger->slots[at].credit != 0 && !id_equal(ledger->slots[at].id, id)) {
        at = (at + 1) & (ledger->capacity - 1);
    }
    return at;
}

enum hc_code ledger_reserve(struct ledger *ledger, size_t payees)
{
    size_t capacity = ledger->capacity ? ledger->capacity : CAPACITY_MIN;
    while (capacity < 2 * (ledger->used + payees)) {
        capacity *= 2;
    }
    if (payees == 0 || capacity == ledger->capacity) {
        return HC_OK;
    }
    struct ledger grown = *ledger;
    grown.slots = memory_new(capacity, sizeof *grown.slots);
    grown.capacity = capacity;
    if (!grown.slots) {
        return HC_NO_MEMORY;
    }
    for (size_t i = 0; i < ledger->capacity; i++) {
        if (ledger->slots[i].credit != 0) {
            grown.slots[slot_find(&grown, ledger->slots[i].id)] = ledger->slots[i];
        }
    }
    memory_free(ledger->slots);
    *ledger = grown;
    ASSERT((ledger->capacity & (ledger->capacity - 1)) == 0 && 2 * (ledger->used + payees) <= ledger->capacity);
    return HC_OK;
}

/* Frees a slot and moves up those behind it that could not have its place (Knuth, volume 3, algorithm 6.4R). */
static void slot_clear(struct ledger *ledger, size_t at)
{
    size_t mask = ledger->capacity - 1;
    ASSERT(at < ledger->capacity && ledger->used > 0);
    ledger->slots[at].credit = 0;
    ledger->used--;
    for (size_t next = (at + 1) & mask; ledger->slots[next].credit != 0; next = (next + 1) & mask) {
        struct ledger_slot moved = ledger->slots[next];
        ledger->slots[next].credit = 0;
        ledger->slots[slot_find(ledger, moved.id)] = moved;
    }
}

static void credit_add(struct ledger *ledger, const uint8_t *id, hc_coin_sum amount)
{
    if (amount == 0) {
        return;
    }
    size_t at = slot_find(ledger, id);
    if (ledger->slots[at].credit == 0) {
        ASSERT(2 * (ledger->used + 1) <= ledger->capacity);
        id_copy(ledger->slots[at].id, id);
        ledger->used++;
    }
    ledger->slots[at].credit += amount;
    ASSERT(ledger->slots[at].credit >= 0);
    if (ledger->slots[at].credit == 0) {
        slot_clear(ledger, at);
    }
}

void ledger_add(struct ledger *ledger, struct hc_row *const *branches, size_t count, int sign)
{
    ASSERT((sign == 1 || sign == -1) && count <= BRANCHES_MAX);
    for (size_t b = 0; b < count; b++) {
        const struct hc_row_fields *fields = &branches[b]->fields;
        for (size_t i = 0; i < fields->sent_count; i++) {
            hc_coin_sum amount = (hc_coin_sum)rows_sent_more(branches, b, i) * sign;
            credit_add(ledger, fields->sent[i].payee, CANARY_PAID_TWICE ? 2 * amount : amount);
        }
    }
}

hc_coin_sum ledger_credit(const struct ledger *ledger, const uint8_t payee[static HC_ID_BYTES])
{
    return ledger->capacity ? ledger->slots[slot_find(ledger, payee)].credit : 0;
}

hc_coin_sum ledger_total(const struct ledger *ledger)
{
    hc_coin_sum total = 0;
    for (size_t i = 0; i < ledger->capacity; i++) {
        total += ledger->slots[i].credit;
    }
    return total;
}

bool ledger_equal(const struct ledger *a, const struct ledger *b)
{
    for (size_t i = 0; i < a->capacity; i++) {
        if (a->slots[i].credit != 0 && ledger_credit(b, a->slots[i].id) != a->slots[i].credit) {
            return false;
        }
    }
    return a->used == b->used;
}
