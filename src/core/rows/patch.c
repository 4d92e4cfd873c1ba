/* Patches: what differs between two versions of a row, and how it is put back. Payees are in order in both. */
#include "core/rows/patch.h"

#include <string.h>

#include "core/common/id.h"
#include "core/common/text.h"

/* Digits of the greatest number of the protocol, 2^53-1. */
#define NUMBER_CHARS 16u
/* Hex digits of the beginning of an id. */
#define SHORT_CHARS (2u * ID_SHORT_BYTES)

static bool same_short(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, ID_SHORT_BYTES) == 0;
}

/* Whether no other payee of the row begins like its payee number `at`: these would be its neighbours. */
static bool short_is_clear(const struct hc_row_fields *fields, size_t at)
{
    const struct hc_sent *sent = &fields->sent[at];
    return !(at > 0 && same_short(sent[-1].payee, sent->payee)) &&
           !(at + 1 < fields->sent_count && same_short(sent[1].payee, sent->payee));
}

static bool is_same_beside_payments(const struct hc_row *a, const struct hc_row *b)
{
    return strcmp(a->fields.addr, b->fields.addr) == 0 && strcmp(a->fields.name, b->fields.name) == 0 &&
           row_same_tags(a, b) && a->fields.more_bytes == b->fields.more_bytes &&
           memcmp(a->fields.more, b->fields.more, a->fields.more_bytes) == 0;
}

/* Writes the payees whose total differs to `out`, or only counts them if it is NULL. False if the base has a payee that the row
 * lacks, or one that the beginning of its id does not tell from another. */
static bool differing(struct patch_sent *out, size_t *count, const struct hc_row_fields *base,
                      const struct hc_row_fields *row)
{
    size_t b = 0;
    *count = 0;
    for (size_t i = 0; i < row->sent_count; i++) {
        const struct hc_sent *sent = &row->sent[i];
        bool known = b < base->sent_count && id_equal(base->sent[b].payee, sent->payee);
        size_t at = b;
        b += known;
        if (known && base->sent[at].amount == sent->amount) {
            continue;
        }
        if (known && !short_is_clear(base, at)) {
            return false;
        }
        if (out) {
            out[*count] = (struct patch_sent){.fresh = !known, .amount = sent->amount};
            memcpy(out[*count].payee, sent->payee, known ? ID_SHORT_BYTES : HC_ID_BYTES);
        }
        ++*count;
    }
    return b == base->sent_count;
}

enum patching patch_make(struct patch *patch, const struct hc_row *base, const struct hc_row *row)
{
    const struct hc_row_fields *from = &base->fields, *to = &row->fields;
    size_t count;
    ASSERT(id_equal(from->id, to->id) && !patch->sent);
    if (to->version <= from->version || !is_same_beside_payments(base, row) || !differing(NULL, &count, from, to)) {
        return PATCH_CANNOT;
    }
    if (!patch_reserve(patch, count)) {
        return PATCH_NO_MEMORY;
    }
    if (count > 0) {
        CHECK(differing(patch->sent, &count, from, to));
    }
    memcpy(patch->id, to->id, ID_SHORT_BYTES);
    memcpy(patch->sig, row->sig, HC_SIGNATURE_BYTES);
    patch->base = from->version;
    patch->version = to->version;
    patch->draw = to->draw;
    patch->coins = to->coins;
    patch->left = to->left;
    patch->sent_count = count;
    return PATCH_MADE;
}

static const uint8_t *payee_at(const void *sent, size_t index)
{
    return ((const struct hc_sent *)sent)[index].payee;
}

/* The place among the base's payees of what a patch says: where it is, or where it would be if it is `fresh`. False if it is
 * the other way round, or if the beginning of its id could mean two. */
static bool payee_place(size_t *at, const struct patch_sent *sent, const struct hc_row_fields *base)
{
    uint8_t id[HC_ID_BYTES] = {0};
    bool found;
    memcpy(id, sent->payee, sent->fresh ? HC_ID_BYTES : ID_SHORT_BYTES);
    *at = id_place(base->sent, base->sent_count, payee_at, id, &found);
    if (sent->fresh) {
        return !found;
    }
    return *at < base->sent_count && same_short(base->sent[*at].payee, id) && short_is_clear(base, *at);
}

/* The payees of the base with what the patch says of them, in `out`. False if there are too many, or if they are named
 * out of order; one that stands twice is left to row_fields_check. */
static bool payees_join(struct hc_sent out[static HC_PAYEES_MAX], size_t *count, const struct patch *patch,
                        const struct hc_row_fields *base)
{
    size_t b = 0;
    *count = 0;
    for (size_t i = 0; i <= patch->sent_count; i++) {
        const struct patch_sent *sent = i < patch->sent_count ? &patch->sent[i] : NULL;
        size_t at = base->sent_count;
        if (sent && (!payee_place(&at, sent, base) || at < b)) {
            return false;
        }
        if (*count + (at - b) + (sent ? 1 : 0) > HC_PAYEES_MAX) {
            return false;
        }
        while (b < at) {
            out[(*count)++] = base->sent[b++];
        }
        if (sent) {
            id_copy(out[*count].payee, sent->fresh ? sent->payee : base->sent[at].payee);
            out[(*count)++].amount = sent->amount;
            b += !sent->fresh;
        }
    }
    return true;
}

enum hc_code patch_apply(struct hc_row **row, const struct patch *patch, const struct hc_row *base)
{
    struct hc_sent sent[HC_PAYEES_MAX];
    struct hc_row_fields fields = base->fields;
    *row = NULL;
    if (!same_short(patch->id, fields.id) || patch->base != fields.version || patch->version <= patch->base ||
        !payees_join(sent, &fields.sent_count, patch, &base->fields)) {
        return HC_BAD_ROW;
    }
    fields.version = patch->version;
    fields.draw = patch->draw;
    fields.coins = patch->coins;
    fields.left = patch->left;
    fields.sent = sent;
    enum hc_code code = row_fields_check(&fields, NULL);
    return code == HC_OK ? row_new(row, &fields, base->network, patch->sig) : code;
}

size_t patch_bytes(const struct patch *patch)
{
    static const char frame[] =
        "{\"id\":\"\",\"base\":,\"version\":,\"draw\":,\"coins\":,\"left\":true,\"sent\":{},\"sig\":\"\"}";
    size_t bytes = sizeof frame + SHORT_CHARS + 4 * NUMBER_CHARS + BASE64_CHARS(HC_SIGNATURE_BYTES);
    for (size_t i = 0; i < patch->sent_count; i++) {
        bytes += sizeof "\"\":," - 1 + (patch->sent[i].fresh ? HC_ID_HEX_CHARS : SHORT_CHARS) + NUMBER_CHARS;
    }
    return bytes;
}
