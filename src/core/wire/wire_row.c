/* One row from JSON: each key by its reader, then the form of the whole. row.c writes what is read here. */
#include "core/wire/wire_row.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/id.h"
#include "core/common/text.h"
#include "core/wire/more.h"
#include "core/wire/wire_parse.h"
#include "howcoin/wire.h"

/* The key, its name, its reader; the first ROW_REQUIRED must be there. row.c writes them. */
#define ROW_KEYS(X)                         \
    X(ROW_ID, "id", id_read)                \
    X(ROW_ADDR, "addr", addr_read)          \
    X(ROW_NAME, "name", name_read)          \
    X(ROW_DRAW, "draw", draw_read)          \
    X(ROW_COINS, "coins", coins_read)       \
    X(ROW_VERSION, "version", version_read) \
    X(ROW_SIG, "sig", sig_read)             \
    X(ROW_SENT, "sent", sent_read)          \
    X(ROW_LEFT, "left", left_read)          \
    X(ROW_TAGS, "tags", tags_read)          \
    X(ROW_MORE, "more", row_more_read)

enum row_key {
#define X(key, name, read) key,
    ROW_KEYS(X)
#undef X
        ROW_KEY_COUNT,
    ROW_REQUIRED = ROW_SENT
};
static const char *const row_keys[ROW_KEY_COUNT] = {
#define X(key, name, read) name,
    ROW_KEYS(X)
#undef X
};

/* A row while it is read. Never zeroed as a whole: that would cost more than the reading. */
struct row_reader {
    struct hc_row_fields fields; /* points into the rest, and into what was parsed */
    struct hc_sent sent[HC_PAYEES_MAX];
    uint8_t tags[HC_TAGS_PACKED_BYTES_MAX], sig[HC_SIGNATURE_BYTES];
    char more[MORE_BYTES_MAX];
    struct hc_fault *fault;
};

static enum hc_code id_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return hex_read(row->fields.id, HC_ID_BYTES, item)
               ? HC_OK
               : fault_set(row->fault, HC_BAD_ROW, "%s: %d lowercase hex digits were expected", key, HC_ID_HEX_CHARS);
}

static enum hc_code string_read(struct row_reader *row, const char **out, const cJSON *item, const char *key)
{
    *out = item->valuestring;
    return cJSON_IsString(item) ? HC_OK : key_wrong(row->fault, HC_BAD_ROW, key, "a string was expected");
}

static enum hc_code addr_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return string_read(row, &row->fields.addr, item, key);
}

static enum hc_code name_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return string_read(row, &row->fields.name, item, key);
}

static enum hc_code whole_read(struct row_reader *row, uint64_t *out, const cJSON *item, const char *key)
{
    return number_read(out, item)
               ? HC_OK
               : key_wrong(row->fault, HC_BAD_ROW, key, "a whole number from 0 to 2^53-1 was expected");
}

static enum hc_code draw_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return whole_read(row, &row->fields.draw, item, key);
}

static enum hc_code coins_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return whole_read(row, &row->fields.coins, item, key);
}

static enum hc_code version_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return whole_read(row, &row->fields.version, item, key);
}

static enum hc_code sig_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return base64_read(row->sig, HC_SIGNATURE_BYTES, item)
               ? HC_OK
               : fault_set(row->fault, HC_BAD_ROW, "%s: %d bytes in unpadded base64url were expected", key,
                           HC_SIGNATURE_BYTES);
}

static int sent_order(const void *left, const void *right)
{
    return id_compare(((const struct hc_sent *)left)->payee, ((const struct hc_sent *)right)->payee);
}

/* Payees that stand twice, and amounts of 0, are left to row_fields_check. */
static enum hc_code sent_read(struct row_reader *row, const cJSON *item, const char *key)
{
    size_t *count = &row->fields.sent_count;
    if (!cJSON_IsObject(item)) {
        return key_wrong(row->fault, HC_BAD_ROW, key, "an object was expected");
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        if (*count == HC_PAYEES_MAX) {
            return fault_set(row->fault, HC_BAD_ROW, "%s: more than %u payees", key, HC_PAYEES_MAX);
        }
        struct hc_sent *to = &row->sent[(*count)++];
        if (!hex_decode(to->payee, HC_ID_BYTES, child->string, strlen(child->string))) {
            return key_wrong(row->fault, HC_BAD_ROW, key, "an id in lowercase hex was expected");
        }
        if (!number_read(&to->amount, child)) {
            return key_wrong(row->fault, HC_BAD_ROW, key, "a whole number from 1 to 2^53-1 was expected");
        }
    }
    qsort(row->sent, *count, sizeof *row->sent, sent_order);
    return HC_OK;
}

static enum hc_code left_read(struct row_reader *row, const cJSON *item, const char *key)
{
    row->fields.left = cJSON_IsTrue(item);
    return cJSON_IsBool(item) ? HC_OK : key_wrong(row->fault, HC_BAD_ROW, key, "true or false was expected");
}

static int tag_order(const void *left, const void *right)
{
    return strcmp((*(const cJSON *const *)left)->string, (*(const cJSON *const *)right)->string);
}

/* Keys that stand twice, and what cannot be printed, are left to row_fields_check. */
static enum hc_code tags_read(struct row_reader *row, const cJSON *item, const char *key)
{
    const cJSON *items[HC_TAGS_BYTES_MAX];
    size_t count = 0, text_bytes = 0;
    uint8_t *to = row->tags;
    if (!cJSON_IsObject(item)) {
        return key_wrong(row->fault, HC_BAD_ROW, key, "an object was expected");
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        if (!cJSON_IsString(child)) {
            return key_wrong(row->fault, HC_BAD_ROW, key, "strings were expected");
        }
        size_t key_bytes = strlen(child->string);
        text_bytes += key_bytes + strlen(child->valuestring);
        if (key_bytes == 0 || key_bytes > HC_TAG_KEY_BYTES_MAX) {
            return fault_set(row->fault, HC_BAD_ROW, "%s: keys of 1 to %u bytes were expected", key,
                             HC_TAG_KEY_BYTES_MAX);
        }
        if (text_bytes > HC_TAGS_BYTES_MAX) {
            return fault_set(row->fault, HC_BAD_ROW, "%s: at most %u bytes were expected", key, HC_TAGS_BYTES_MAX);
        }
        items[count++] = child; /* each has a byte of text at least */
    }
    qsort(items, count, sizeof *items, tag_order);
    for (size_t i = 0; i < count; i++) {
        to = tags_put(to, &(struct hc_tag){.key = items[i]->string,
                                           .key_bytes = strlen(items[i]->string),
                                           .value = items[i]->valuestring,
                                           .value_bytes = strlen(items[i]->valuestring)});
    }
    ASSERT(to <= row->tags + sizeof row->tags);
    row->fields.tags_bytes = (uint16_t)(to - row->tags);
    return HC_OK;
}

static enum hc_code row_more_read(struct row_reader *row, const cJSON *item, const char *key)
{
    (void)key; /* more.c has the words */
    size_t bytes;
    enum hc_code code = more_read(row->more, &bytes, item, row->fault);
    row->fields.more = row->more;
    row->fields.more_bytes = (uint16_t)bytes;
    return code;
}

enum hc_code row_decode(struct hc_row **row, const cJSON *object, const uint8_t network[static HC_NETWORK_BYTES],
                        struct hc_fault *fault)
{
    static enum hc_code (*const readers[ROW_KEY_COUNT])(struct row_reader *, const cJSON *, const char *) = {
#define X(key, name, read) read,
        ROW_KEYS(X)
#undef X
    };
    const cJSON *items[ROW_KEY_COUNT];
    struct row_reader reader;
    ASSERT(row && network);
    *row = NULL;
    reader.fields = (struct hc_row_fields){.sent = reader.sent, .tags = reader.tags};
    reader.fault = fault;
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "an object was expected");
    }
    enum hc_code code = keys_find(items, object, row_keys, ROW_KEY_COUNT, HC_BAD_ROW, fault);
    for (size_t k = 0; code == HC_OK && k < ROW_REQUIRED; k++) {
        code = items[k] ? HC_OK : key_wrong(fault, HC_BAD_ROW, row_keys[k], "missing");
    }
    for (size_t k = 0; code == HC_OK && k < ROW_KEY_COUNT; k++) {
        code = items[k] ? readers[k](&reader, items[k], row_keys[k]) : HC_OK;
    }
    code = code == HC_OK ? row_fields_check(&reader.fields, fault) : code;
    return code == HC_OK ? row_new(row, &reader.fields, network, reader.sig) : code;
}

enum hc_code hc_wire_decode_row(struct hc_row **row, const char *text, size_t bytes,
                                const uint8_t network[static HC_NETWORK_BYTES], struct hc_fault *fault)
{
    cJSON *json;
    ASSERT(row && network);
    *row = NULL;
    enum hc_code code = line_parse(&json, text, bytes, fault);
    code = code == HC_OK ? row_decode(row, json, network, fault) : code;
    cJSON_Delete(json);
    ASSERT((code != HC_OK) == !*row);
    return code;
}
