/* Rows: the check of their form, their signed bytes, their JSON text, and the order among them. */
#include "core/rows/row.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/common/address.h"
#include "core/common/bytes.h"
#include "core/common/canary.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"

static const char row_tag[] = "howcoin row 1\n";
static_assert(sizeof row_tag - 1 == 14, "ROW_SIGNED_BYTES_MAX counts on it");
/* What stands behind the payees, each with a byte and its length, and only if there is any (R7). */
enum { SECTION_TAGS = 1, SECTION_MORE = 2 };

enum hc_code row_fields_check(const struct hc_row_fields *fields, struct hc_fault *fault)
{
    ASSERT(fields->addr && fields->name && (fields->sent || fields->sent_count == 0));
    if (strlen(fields->addr) > HC_ADDR_BYTES_MAX || !address_is_canonical(fields->addr)) {
        return fault_set(fault, HC_BAD_ROW, "addr: a canonical host:port was expected, not '%.80s'", fields->addr);
    }
    if (strlen(fields->name) > HC_NAME_BYTES_MAX || !text_is_printable(fields->name, strlen(fields->name))) {
        return fault_set(fault, HC_BAD_ROW, "name: at most %u bytes of printable UTF-8 were expected",
                         HC_NAME_BYTES_MAX);
    }
    if (fields->version > HC_NUMBER_MAX || fields->draw > HC_NUMBER_MAX || fields->coins > HC_COINS_MAX) {
        return fault_set(fault, HC_BAD_ROW, "version, draw or coins: number too large");
    }
    if (fields->sent_count > HC_PAYEES_MAX) {
        return fault_set(fault, HC_BAD_ROW, "sent: %zu payees, at most %u were expected", fields->sent_count,
                         HC_PAYEES_MAX);
    }
    for (size_t i = 0; i < fields->sent_count; i++) {
        const struct hc_sent *sent = &fields->sent[i];
        if (sent->amount == 0 || sent->amount > HC_NUMBER_MAX) {
            return fault_set(fault, HC_BAD_ROW, "sent: an amount from 1 to 2^53-1 was expected");
        }
        if (id_equal(sent->payee, fields->id)) {
            return fault_set(fault, HC_BAD_ROW, "sent: a node cannot pay itself");
        }
        if (i > 0 && id_compare(fields->sent[i - 1].payee, sent->payee) >= 0) {
            return fault_set(fault, HC_BAD_ROW, "sent: a payee twice, or out of order");
        }
    }
    if (fields->more_bytes > MORE_BYTES_MAX) {
        return fault_set(fault, HC_BAD_ROW, "more: at most %u bytes were expected", MORE_BYTES_MAX);
    }
    return tags_check(fields->tags, fields->tags_bytes, HC_BAD_ROW, fault);
}

static uint8_t *section_put(uint8_t *to, unsigned section, const void *bytes, size_t count)
{
    if (count == 0) {
        return to;
    }
    to = bytes_put_number(to, section, 1);
    to = bytes_put_number(to, count, 2);
    return bytes_put(to, bytes, count);
}

size_t row_signed_bytes(uint8_t out[static ROW_SIGNED_BYTES_MAX], const struct hc_row_fields *fields,
                        const uint8_t network[static HC_NETWORK_BYTES])
{
    size_t addr_bytes = strlen(fields->addr), name_bytes = strlen(fields->name);
    ASSERT(addr_bytes <= HC_ADDR_BYTES_MAX && name_bytes <= HC_NAME_BYTES_MAX && fields->sent_count <= HC_PAYEES_MAX);
    ASSERT(fields->tags_bytes <= HC_TAGS_PACKED_BYTES_MAX && fields->more_bytes <= MORE_BYTES_MAX);
    uint8_t *to = bytes_put(out, row_tag, sizeof row_tag - 1);
    to = bytes_put(to, network, HC_NETWORK_BYTES);
    to = bytes_put(to, fields->id, HC_ID_BYTES);
    to = bytes_put_number(to, fields->version, 8);
    to = bytes_put_number(to, fields->draw, 8);
    to = bytes_put_number(to, fields->coins, 8);
    to = bytes_put_number(to, fields->left, 1);
    to = bytes_put_number(to, addr_bytes, 2);
    to = bytes_put(to, fields->addr, addr_bytes);
    to = bytes_put_number(to, name_bytes, 2);
    to = bytes_put(to, fields->name, name_bytes);
    to = bytes_put_number(to, fields->sent_count, 4);
    for (size_t i = 0; i < fields->sent_count; i++) {
        to = bytes_put(to, fields->sent[i].payee, HC_ID_BYTES);
        to = bytes_put_number(to, fields->sent[i].amount, 8);
    }
    to = section_put(to, SECTION_TAGS, fields->tags, fields->tags_bytes);
    to = section_put(to, SECTION_MORE, fields->more, fields->more_bytes);
    ASSERT((size_t)(to - out) <= ROW_SIGNED_BYTES_MAX);
    return (size_t)(to - out);
}

/* Copies text into a JSON string. It is printable, so only two characters need an escape. */
static char *put_escaped(char *to, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            *to++ = '\\';
        }
        *to++ = text[i];
    }
    return to;
}

static char *put_text(char *to, const char *text)
{
    size_t chars = strlen(text);
    memcpy(to, text, chars);
    return to + chars;
}

/* `tags` and `more`, if there are any; counts their values. */
static char *put_extras(char *to, const struct hc_row_fields *fields, size_t *values)
{
    if (fields->tags_bytes > 0) {
        const uint8_t *at = fields->tags, *end = at + fields->tags_bytes;
        const char *before = ",\"tags\":{\"";
        struct hc_tag tag;
        while (hc_tags_next(&tag, &at, end)) {
            to = put_text(to, before);
            to = put_escaped(to, tag.key, tag.key_bytes);
            to = put_text(to, "\":\"");
            to = put_escaped(to, tag.value, tag.value_bytes);
            before = "\",\"";
            ++*values;
        }
        to = put_text(to, "\"}");
        ++*values;
    }
    if (fields->more_bytes > 0) {
        to = put_text(to, ",\"more\":");
        memcpy(to, fields->more, fields->more_bytes);
        to += fields->more_bytes;
        for (size_t i = 0; i < fields->more_bytes;
             i++) { /* those within strings count, too: a few too many do no harm */
            *values += strchr("{[,", fields->more[i]) ? 1 : 0;
        }
        ++*values;
    }
    return to;
}

/* The row as JSON (W2), terminated; returns its length. *values: of the row itself, its keys, and what they hold. */
static size_t text_make(char out[static ROW_TEXT_BYTES_MAX], size_t *values, const struct hc_row_fields *fields,
                        const uint8_t *sig)
{
    *values = 8 + fields->sent_count + (fields->sent_count > 0 ? 1 : 0) + (fields->left ? 1 : 0);
    char *to = put_text(out, "{\"id\":\"");
    hc_id_hex(to, fields->id);
    to = put_text(to + HC_ID_HEX_CHARS, "\",\"addr\":\"");
    to = put_text(to, fields->addr);
    to = put_text(to, "\",\"name\":\"");
    to = put_escaped(to, fields->name, strlen(fields->name));
    to += sprintf(to, "\",\"draw\":%" PRIu64 ",\"coins\":%" PRIu64, fields->draw, fields->coins);
    if (fields->sent_count > 0) {
        to = put_text(to, ",\"sent\":{");
        for (size_t i = 0; i < fields->sent_count; i++) {
            to = put_text(to, i > 0 ? ",\"" : "\"");
            hc_id_hex(to, fields->sent[i].payee);
            to += HC_ID_HEX_CHARS;
            to += sprintf(to, "\":%" PRIu64, fields->sent[i].amount);
        }
        to = put_text(to, "}");
    }
    to = put_text(to, fields->left ? ",\"left\":true" : "");
    to = put_extras(to, fields, values);
    to += sprintf(to, ",\"version\":%" PRIu64 ",\"sig\":\"", fields->version);
    base64_encode(to, sig, HC_SIGNATURE_BYTES);
    to = put_text(to + BASE64_CHARS(HC_SIGNATURE_BYTES), "\"}");
    *to = '\0';
    ASSERT(to - out < (ptrdiff_t)ROW_TEXT_BYTES_MAX);
    return (size_t)(to - out);
}

/* Copies to *to, and moves it on. */
static void *block_put(char **to, const void *from, size_t bytes)
{
    char *start = *to;
    if (bytes > 0) {
        memcpy(start, from, bytes);
    }
    *to += bytes;
    return start;
}

uint8_t bucket_of(const uint8_t id[static HC_ID_BYTES])
{
    uint8_t hash[HC_HASH_BYTES];
    crypto_generichash(hash, sizeof hash, id, HC_ID_BYTES, NULL, 0);
    static_assert(BUCKETS == 256, "a byte says which");
    return hash[0];
}

/* The sum of what was sent; payees are in order. */
static uint64_t sent_sum(const struct hc_row_fields *fields)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < fields->sent_count; i++) {
        ASSERT(i == 0 || id_compare(fields->sent[i - 1].payee, fields->sent[i].payee) < 0);
        ASSERT(fields->sent[i].amount <= HC_NUMBER_MAX);
        sum += fields->sent[i].amount;
    }
    return sum;
}

enum hc_code row_new(struct hc_row **out, const struct hc_row_fields *fields,
                     const uint8_t network[static HC_NETWORK_BYTES], const uint8_t sig[static HC_SIGNATURE_BYTES])
{
    char text[ROW_TEXT_BYTES_MAX];
    uint8_t message[ROW_SIGNED_BYTES_MAX];
    size_t signed_bytes = row_signed_bytes(message, fields, network);
    size_t values, text_bytes = text_make(text, &values, fields, sig);
    size_t addr_bytes = strlen(fields->addr) + 1, name_bytes = strlen(fields->name) + 1;
    size_t sent_bytes = fields->sent_count * sizeof *fields->sent;
    size_t bytes = sent_bytes + addr_bytes + name_bytes + fields->tags_bytes + fields->more_bytes + text_bytes + 1;

    *out = NULL;
    ASSERT(values <= UINT16_MAX);
    struct hc_row *row = memory_new(1, sizeof *row + bytes);
    if (!row) {
        return HC_NO_MEMORY;
    }
    /* One block: the struct, then what its pointers point to, the numbers first for their alignment. */
    char *to = (char *)(row + 1);
    row->fields = *fields;
    row->fields.sent = block_put(&to, fields->sent, sent_bytes);
    row->fields.addr = block_put(&to, fields->addr, addr_bytes);
    row->fields.name = block_put(&to, fields->name, name_bytes);
    row->fields.tags = block_put(&to, fields->tags, fields->tags_bytes);
    row->fields.more = block_put(&to, fields->more, fields->more_bytes);
    row->text = block_put(&to, text, text_bytes + 1);
    ASSERT(to == (char *)(row + 1) + bytes);
    crypto_generichash(row->hash, HC_HASH_BYTES, message, signed_bytes, NULL, 0);
    memcpy(row->sig, sig, HC_SIGNATURE_BYTES);
    memcpy(row->network, network, HC_NETWORK_BYTES);
    row->sent_total = sent_sum(fields);
    row->bucket = bucket_of(fields->id);
    row->text_bytes = text_bytes;
    row->values = (uint16_t)values;
    row->refs = 1;
    *out = row;
    return HC_OK;
}

enum hc_code row_sign(struct hc_row **row, const struct hc_row_fields *fields, const struct hc_network *network,
                      const struct hc_identity *identity)
{
    uint8_t message[ROW_SIGNED_BYTES_MAX], sig[HC_SIGNATURE_BYTES];
    ASSERT(id_equal(fields->id, identity->id));
    size_t bytes = row_signed_bytes(message, fields, network->id);
    identity_sign(identity, sig, network, message, bytes);
    enum hc_code code = row_new(row, fields, network->id, sig);
    if (code == HC_OK) {
        (*row)->verified = true;
    }
    return code;
}

struct hc_row *hc_row_ref(struct hc_row *row)
{
    ASSERT(row && row->refs > 0 && row->refs < UINT32_MAX);
    row->refs++;
    return row;
}

void hc_row_unref(struct hc_row *row)
{
    if (!row) {
        return;
    }
    ASSERT(row->refs > 0);
    if (--row->refs == 0) {
        memory_free(row);
    }
}

bool row_draw_is_allowed(const struct hc_row *row)
{
    return row->fields.draw >= 1 && row->fields.draw <= row->fields.version;
}

enum hc_code row_verify(struct hc_row *row, const struct hc_network *network)
{
    uint8_t message[ROW_SIGNED_BYTES_MAX];
    ASSERT(row->refs > 0);
    if (memcmp(row->network, network->id, HC_NETWORK_BYTES) != 0) {
        return HC_BAD_SIGNATURE;
    }
    row->verified = row->verified || CANARY_UNSIGNED;
    if (row->verified) {
        return HC_OK;
    }
    /* The draw first: it costs a hundredth of the signature. */
    if (!row_draw_is_allowed(row) || network_draw(network, row->fields.id, row->fields.draw) != row->fields.coins) {
        return HC_BAD_DRAW;
    }
    size_t bytes = row_signed_bytes(message, &row->fields, row->network);
    if (!signature_verify(row->sig, network, message, bytes, row->fields.id)) {
        return HC_BAD_SIGNATURE;
    }
    row->verified = true;
    return HC_OK;
}

static const uint8_t *payee_at(const void *sent, size_t index)
{
    return ((const struct hc_sent *)sent)[index].payee;
}

uint64_t row_sent_to(const struct hc_row *row, const uint8_t payee[static HC_ID_BYTES])
{
    bool found;
    size_t at = id_place(row->fields.sent, row->fields.sent_count, payee_at, payee, &found);
    return found ? row->fields.sent[at].amount : 0;
}

uint64_t rows_sent_to(struct hc_row *const *rows, size_t count, const uint8_t payee[static HC_ID_BYTES])
{
    uint64_t greatest = 0;
    ASSERT(count <= BRANCHES_MAX);
    for (size_t i = 0; i < count; i++) {
        uint64_t sent = row_sent_to(rows[i], payee);
        greatest = sent > greatest ? sent : greatest;
    }
    return greatest;
}

uint64_t rows_sent_more(struct hc_row *const *rows, size_t at, size_t i)
{
    ASSERT(i < rows[at]->fields.sent_count);
    const struct hc_sent *sent = &rows[at]->fields.sent[i];
    uint64_t counted = rows_sent_to(rows, at, sent->payee);
    return sent->amount > counted ? sent->amount - counted : 0;
}

bool row_same_tags(const struct hc_row *a, const struct hc_row *b)
{
    return a->fields.tags_bytes == b->fields.tags_bytes &&
           memcmp(a->fields.tags, b->fields.tags, a->fields.tags_bytes) == 0;
}

bool row_covers(const struct hc_row *a, const struct hc_row *b)
{
    const struct hc_sent *has = a->fields.sent, *end = has + a->fields.sent_count;
    ASSERT(id_equal(a->fields.id, b->fields.id));
    for (size_t i = 0; i < b->fields.sent_count; i++) {
        const struct hc_sent *wants = &b->fields.sent[i];
        while (has < end && id_compare(has->payee, wants->payee) < 0) {
            has++;
        }
        bool found = has < end && id_equal(has->payee, wants->payee);
        if (wants->amount > (found ? has->amount : 0)) {
            return false;
        }
    }
    return true;
}

bool row_supersedes(const struct hc_row *a, const struct hc_row *b)
{
    if (a->fields.version != b->fields.version) {
        return a->fields.version > b->fields.version && row_covers(a, b);
    }
    int order = a == b ? 0 : memcmp(a->hash, b->hash, HC_HASH_BYTES);
    return order == 0 || (row_covers(a, b) && (order > 0 || !row_covers(b, a)));
}

int row_compare(const struct hc_row *a, const struct hc_row *b)
{
    if (a->fields.version != b->fields.version) {
        return a->fields.version < b->fields.version ? -1 : 1;
    }
    return memcmp(a->hash, b->hash, HC_HASH_BYTES);
}

const struct hc_row_fields *hc_row_fields(const struct hc_row *row)
{
    ASSERT(row);
    return &row->fields;
}

const char *hc_row_text(const struct hc_row *row)
{
    ASSERT(row);
    return row->text;
}
