/* The words of a link's message, read and written: patches, verdicts, and what two tables are compared by (K4-K9). */
#include <string.h>

#include "core/common/text.h"
#include "core/rows/words.h"
#include "core/wire/wire_parse.h"
#include "core/wire/wire_read.h"
#include "core/wire/wire_write.h"

/* ---- Patches (K5) ---- */

/* The key, its name, its reader; the first PATCH_REQUIRED must be there. `version` is read when `base` is known. */
#define PATCH_KEYS(X)                               \
    X(PATCH_ID, "id", patch_id_read)                \
    X(PATCH_BASE, "base", patch_base_read)          \
    X(PATCH_DRAW, "draw", patch_draw_read)          \
    X(PATCH_COINS, "coins", patch_coins_read)       \
    X(PATCH_SIG, "sig", patch_sig_read)             \
    X(PATCH_VERSION, "version", patch_version_read) \
    X(PATCH_LEFT, "left", patch_left_read)          \
    X(PATCH_SENT, "sent", patch_sent_read)

enum patch_key {
#define X(key, name, read) key,
    PATCH_KEYS(X)
#undef X
        PATCH_KEY_COUNT,
    PATCH_REQUIRED = PATCH_VERSION
};

/* What is wrong with a patch is wrong with a row. */
static enum hc_code patch_wrong(struct hc_fault *fault, const char *key, const char *what)
{
    return key_wrong(fault, HC_BAD_ROW, key, what);
}

static enum hc_code patch_id_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    return hex_read(patch->id, ID_SHORT_BYTES, item) ? HC_OK
                                                     : patch_wrong(fault, key, "16 lowercase hex digits were expected");
}

static enum hc_code patch_number(uint64_t *number, const cJSON *item, const char *key, uint64_t greatest,
                                 struct hc_fault *fault)
{
    return number_read(number, item) && *number <= greatest
               ? HC_OK
               : patch_wrong(fault, key, "a whole number within its limit was expected");
}

/* There is a version after it. */
static enum hc_code patch_base_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    enum hc_code code = patch_number(&patch->base, item, key, HC_NUMBER_MAX - 1, fault);
    patch->version = patch->base + 1;
    return code;
}

static enum hc_code patch_version_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    enum hc_code code = patch_number(&patch->version, item, key, HC_NUMBER_MAX, fault);
    return code != HC_OK || patch->version > patch->base
               ? code
               : patch_wrong(fault, key, "a number greater than base was expected");
}

static enum hc_code patch_draw_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    return patch_number(&patch->draw, item, key, HC_NUMBER_MAX, fault);
}

static enum hc_code patch_coins_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    return patch_number(&patch->coins, item, key, HC_COINS_MAX, fault);
}

static enum hc_code patch_left_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    patch->left = cJSON_IsTrue(item);
    return cJSON_IsBool(item) ? HC_OK : patch_wrong(fault, key, "true or false was expected");
}

static enum hc_code patch_sig_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    return base64_read(patch->sig, HC_SIGNATURE_BYTES, item)
               ? HC_OK
               : patch_wrong(fault, key, "64 bytes in unpadded base64url were expected");
}

/* A payee of the base by the first bytes of its id, a new one by all of them. */
static bool payee_read(struct patch_sent *sent, const char *text)
{
    size_t chars = strlen(text);
    sent->fresh = chars == HC_ID_HEX_CHARS;
    return hex_decode(sent->payee, sent->fresh ? HC_ID_BYTES : ID_SHORT_BYTES, text, chars);
}

/* Payees that begin alike may stand in any order: whether the patch fits its base is seen when it is applied. */
static enum hc_code patch_sent_read(struct patch *patch, const cJSON *item, const char *key, struct hc_fault *fault)
{
    if (!cJSON_IsObject(item)) {
        return patch_wrong(fault, key, "an object was expected");
    }
    size_t count = (size_t)cJSON_GetArraySize(item);
    if (count > HC_PAYEES_MAX) {
        return fault_set(fault, HC_BAD_ROW, "%s: more than %u payees", key, HC_PAYEES_MAX);
    }
    if (!patch_reserve(patch, count)) {
        return HC_NO_MEMORY;
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        struct patch_sent *sent = &patch->sent[patch->sent_count++];
        if (!payee_read(sent, child->string)) {
            return patch_wrong(fault, key, "16 or 64 lowercase hex digits were expected");
        }
        if (!number_read(&sent->amount, child) || sent->amount == 0) {
            return patch_wrong(fault, key, "a whole number from 1 to 2^53-1 was expected");
        }
        if (sent > patch->sent && memcmp(sent[-1].payee, sent->payee, ID_SHORT_BYTES) > 0) {
            return patch_wrong(fault, key, "payees in ascending order were expected");
        }
    }
    ASSERT(patch->sent_count == count);
    return HC_OK;
}

static enum hc_code patch_read(struct patch *patch, const cJSON *object, struct hc_fault *fault)
{
    static const char *const names[PATCH_KEY_COUNT] = {
#define X(key, name, read) name,
        PATCH_KEYS(X)
#undef X
    };
    static enum hc_code (*const readers[PATCH_KEY_COUNT])(struct patch *, const cJSON *, const char *,
                                                          struct hc_fault *) = {
#define X(key, name, read) read,
        PATCH_KEYS(X)
#undef X
    };
    const cJSON *items[PATCH_KEY_COUNT];
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "an object was expected");
    }
    enum hc_code code = keys_find(items, object, names, PATCH_KEY_COUNT, HC_BAD_ROW, fault);
    for (size_t k = 0; code == HC_OK && k < PATCH_REQUIRED; k++) {
        code = items[k] ? HC_OK : patch_wrong(fault, names[k], "missing");
    }
    for (size_t k = 0; code == HC_OK && k < PATCH_KEY_COUNT; k++) {
        code = items[k] ? readers[k](patch, items[k], names[k], fault) : HC_OK;
    }
    return code;
}

enum hc_code patches_read(struct reader *reader, const cJSON *item, const char *key)
{
    struct hc_words *words = reader->message->words;
    if (!cJSON_IsArray(item)) {
        return read_expected(reader, key, "an array was");
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        size_t index = words->patch_count;
        if (index == LINK_WORDS_MAX) {
            return fault_set(reader->fault, HC_TOO_LARGE, "%s: more than %u", key, LINK_WORDS_MAX);
        }
        struct patch *patch = words_add_patch(words);
        enum hc_code code = patch ? patch_read(patch, child, reader->fault) : HC_NO_MEMORY;
        if (code != HC_OK) {
            return read_refuse_at(reader, code, key, index);
        }
    }
    return HC_OK;
}

static void put_patch(struct writer *writer, const struct patch *patch)
{
    put_plain(writer, "{\"id\":");
    put_hex(writer, patch->id, ID_SHORT_BYTES);
    put_plain(writer, ",\"base\":");
    put_number(writer, patch->base);
    if (patch->version != patch->base + 1) {
        put_plain(writer, ",\"version\":");
        put_number(writer, patch->version);
    }
    put_plain(writer, ",\"draw\":");
    put_number(writer, patch->draw);
    put_plain(writer, ",\"coins\":");
    put_number(writer, patch->coins);
    put_plain(writer, patch->left ? ",\"left\":true" : "");
    for (size_t i = 0; i < patch->sent_count; i++) {
        const struct patch_sent *sent = &patch->sent[i];
        put_plain(writer, i == 0 ? ",\"sent\":{" : ",");
        put_hex(writer, sent->payee, sent->fresh ? HC_ID_BYTES : ID_SHORT_BYTES);
        put_plain(writer, ":");
        put_number(writer, sent->amount);
    }
    put_plain(writer, patch->sent_count > 0 ? "},\"sig\":" : ",\"sig\":");
    put_base64(writer, patch->sig, HC_SIGNATURE_BYTES);
    put_plain(writer, "}");
}

void patches_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_words *words = message->words;
    if (!words || words->patch_count == 0) {
        return;
    }
    put_key(writer, KEY_PATCHES);
    for (size_t i = 0; i < words->patch_count; i++) {
        put_plain(writer, i == 0 ? "[" : ",");
        put_patch(writer, &words->patches[i]);
    }
    put_plain(writer, "]");
}

/* ---- Verdicts (K9) ---- */

/* In place of a reason: it is live. */
#define BACK "back"

static enum hc_code verdict_read(struct hc_words *words, const cJSON *item, struct hc_fault *fault)
{
    struct verdict *verdict = words_add_verdict(words);
    if (!verdict) {
        return HC_NO_MEMORY;
    }
    const cJSON *id = cJSON_IsArray(item) ? item->child : NULL;
    const cJSON *version = id ? id->next : NULL, *reason = version ? version->next : NULL;
    bool ok = reason && !reason->next && hex_read(verdict->id, ID_SHORT_BYTES, id) &&
              number_read(&verdict->version, version) && read_reason(&verdict->reason, reason);
    if (ok && strcmp(reason->valuestring, BACK) == 0) {
        verdict->reason = HC_OK;
    }
    return ok ? HC_OK : fault_set(fault, HC_BAD_FRAME, "16 lowercase hex digits, a version and a string were expected");
}

enum hc_code verdicts_read(struct reader *reader, const cJSON *item, const char *key)
{
    struct hc_words *words = reader->message->words;
    if (!cJSON_IsArray(item)) {
        return read_expected(reader, key, "an array was");
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        size_t index = words->verdict_count;
        if (index == LINK_WORDS_MAX) {
            return fault_set(reader->fault, HC_TOO_LARGE, "%s: more than %u", key, LINK_WORDS_MAX);
        }
        enum hc_code code = verdict_read(words, child, reader->fault);
        if (code != HC_OK) {
            return read_refuse_at(reader, code, key, index);
        }
    }
    return HC_OK;
}

void verdicts_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_words *words = message->words;
    if (!words || words->verdict_count == 0) {
        return;
    }
    put_key(writer, KEY_VERDICTS);
    for (size_t i = 0; i < words->verdict_count; i++) {
        const struct verdict *verdict = &words->verdicts[i];
        put_plain(writer, i == 0 ? "[[" : ",[");
        put_hex(writer, verdict->id, ID_SHORT_BYTES);
        put_plain(writer, ",");
        put_number(writer, verdict->version);
        put_plain(writer, ",");
        if (verdict->reason == HC_OK) {
            put_string(writer, BACK);
        } else {
            put_reason(writer, verdict->reason);
        }
        put_plain(writer, "]");
    }
    put_plain(writer, "]");
}

/* ---- What tables are compared by (K7) ---- */

enum hc_code buckets_read(struct reader *reader, const cJSON *item, const char *key)
{
    struct hc_words *words = reader->message->words;
    if (!words_add_buckets(words)) {
        return HC_NO_MEMORY;
    }
    return base64_read(words->buckets[0], BUCKETS * ID_SHORT_BYTES, item)
               ? HC_OK
               : read_expected(reader, key, "256 times 8 bytes in unpadded base64url were");
}

void buckets_put(struct writer *writer, const struct hc_message *message)
{
    put_key(writer, KEY_BUCKETS);
    put_base64(writer, message->words->buckets[0], BUCKETS * ID_SHORT_BYTES);
}

enum hc_code of_read(struct reader *reader, const cJSON *item, const char *key)
{
    return base64_read(reader->message->words->covers, BUCKETS / 8, item)
               ? HC_OK
               : read_expected(reader, key, "32 bytes in unpadded base64url were");
}

/* A list of all buckets does not name them. */
void of_put(struct writer *writer, const struct hc_message *message)
{
    const uint8_t *covers = message->words->covers;
    for (size_t i = 0; i < BUCKETS / 8; i++) {
        if (covers[i] != 0xff) {
            put_key(writer, KEY_OF);
            put_base64(writer, covers, BUCKETS / 8);
            return;
        }
    }
}

/* Elements of one size in one string. They are taken in threes: those of 3 bytes are whole characters, whatever `each` is. */
#define AT_ONCE 3u
#define LISTED_BYTES (2 * ID_SHORT_BYTES + 1)

typedef enum hc_code element_add(struct hc_words *words, const uint8_t *bytes);

static enum hc_code elements_read(struct reader *reader, const cJSON *item, const char *key, size_t each,
                                  element_add *add)
{
    const char *text = cJSON_IsString(item) ? item->valuestring : "?";
    size_t chars = strlen(text), bytes = chars / 4 * 3 + chars % 4 * 3 / 4, count = bytes / each;
    uint8_t group[AT_ONCE * LISTED_BYTES];
    enum hc_code code = HC_OK;
    ASSERT(each <= LISTED_BYTES);
    if (BASE64_CHARS(bytes) != chars || bytes % each != 0) {
        return fault_set(reader->fault, HC_BAD_FRAME, "%s: %zu bytes each in unpadded base64url were expected", key,
                         each);
    }
    if (count > LINK_WORDS_MAX) {
        return fault_set(reader->fault, HC_TOO_LARGE, "%s: more than %u", key, LINK_WORDS_MAX);
    }
    for (size_t i = 0; code == HC_OK && i < count; i += AT_ONCE) {
        size_t here = count - i < AT_ONCE ? count - i : AT_ONCE;
        if (!base64_decode(group, here * each, text + BASE64_CHARS(i * each), BASE64_CHARS(here * each))) {
            return read_expected(reader, key, "unpadded base64url was");
        }
        for (size_t k = 0; code == HC_OK && k < here; k++) {
            code = add(reader->message->words, group + k * each);
        }
    }
    return code == HC_BAD_FRAME ? read_expected(reader, key, "rows in order of ids, with known flags, were") : code;
}

enum { LISTED_GONE = 1, LISTED_FRESH = 2 };

static enum hc_code listed_add(struct hc_words *words, const uint8_t *bytes)
{
    struct listed *listed = words_add_listed(words);
    if (!listed) {
        return HC_NO_MEMORY;
    }
    unsigned flags = bytes[2 * ID_SHORT_BYTES];
    memcpy(listed->id, bytes, ID_SHORT_BYTES);
    memcpy(listed->hash, bytes + ID_SHORT_BYTES, ID_SHORT_BYTES);
    listed->gone = flags & LISTED_GONE;
    listed->fresh = flags & LISTED_FRESH;
    bool in_order = words->listed_count == 1 || memcmp(listed[-1].id, listed->id, ID_SHORT_BYTES) <= 0;
    return in_order && flags <= (LISTED_GONE | LISTED_FRESH) ? HC_OK : HC_BAD_FRAME;
}

/* A list that names no buckets is of all. */
enum hc_code listed_read(struct reader *reader, const cJSON *item, const char *key)
{
    struct hc_words *words = reader->message->words;
    if (!reader->items[KEY_OF]) {
        memset(words->covers, 0xff, sizeof words->covers);
    }
    return elements_read(reader, item, key, LISTED_BYTES, listed_add);
}

static size_t put_listed(uint8_t *to, const struct listed *listed)
{
    memcpy(to, listed->id, ID_SHORT_BYTES);
    memcpy(to + ID_SHORT_BYTES, listed->hash, ID_SHORT_BYTES);
    to[2 * ID_SHORT_BYTES] = (uint8_t)((listed->gone ? LISTED_GONE : 0) | (listed->fresh ? LISTED_FRESH : 0));
    return LISTED_BYTES;
}

void listed_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_words *words = message->words;
    put_key(writer, KEY_LISTED);
    put_plain(writer, "\"");
    for (size_t i = 0; writer->line && i < words->listed_count; i += AT_ONCE) {
        uint8_t group[AT_ONCE * LISTED_BYTES];
        size_t bytes = 0;
        for (size_t k = i; k < words->listed_count && k < i + AT_ONCE; k++) {
            bytes += put_listed(group + bytes, &words->listed[k]);
        }
        base64_encode(writer->line + writer->used + BASE64_CHARS(i * LISTED_BYTES), group, bytes);
    }
    writer->used += BASE64_CHARS(words->listed_count * LISTED_BYTES);
    put_plain(writer, "\"");
}

static enum hc_code want_add(struct hc_words *words, const uint8_t *bytes)
{
    return words_want(words, bytes) ? HC_OK : HC_NO_MEMORY;
}

enum hc_code ids_read(struct reader *reader, const cJSON *item, const char *key)
{
    return elements_read(reader, item, key, ID_SHORT_BYTES, want_add);
}

void ids_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_words *words = message->words;
    put_key(writer, KEY_IDS);
    if (words->wanted_count == 0) {
        put_string(writer, "");
    } else {
        put_base64(writer, words->wanted[0], words->wanted_count * ID_SHORT_BYTES);
    }
}
