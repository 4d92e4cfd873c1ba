/* One line becomes a validated message, or a fault. Rows first, messages below them; wire_parse.c stands between
 * the line and both. */
#include "howcoin/wire.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/id.h"
#include "core/common/text.h"
#include "core/rows/state.h"
#include "core/wire/more.h"
#include "core/wire/wire_keys.h"
#include "core/wire/wire_parse.h"

static enum hc_code wrong(struct hc_fault *fault, enum hc_code code, const char *key, const char *expected)
{
    return fault_set(fault, code, "%s: %s", key, expected);
}

/* ---- Rows ---- */

/* The key, its name, its reader; the first ROW_REQUIRED must be there. row.c writes them. */
#define ROW_KEYS(X)                             \
    X(ROW_ID, "id", id_read)                    \
    X(ROW_ADDR, "addr", addr_read)              \
    X(ROW_NAME, "name", name_read)              \
    X(ROW_DRAW, "draw", draw_read)              \
    X(ROW_COINS, "coins", coins_read)           \
    X(ROW_VERSION, "version", row_version_read) \
    X(ROW_SIG, "sig", sig_read)                 \
    X(ROW_SENT, "sent", sent_read)              \
    X(ROW_LEFT, "left", left_read)              \
    X(ROW_TAGS, "tags", tags_read)              \
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
    return cJSON_IsString(item) ? HC_OK : wrong(row->fault, HC_BAD_ROW, key, "a string was expected");
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
    return number_read(out, item) ? HC_OK
                                  : wrong(row->fault, HC_BAD_ROW, key, "a whole number from 0 to 2^53-1 was expected");
}

static enum hc_code draw_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return whole_read(row, &row->fields.draw, item, key);
}

static enum hc_code coins_read(struct row_reader *row, const cJSON *item, const char *key)
{
    return whole_read(row, &row->fields.coins, item, key);
}

static enum hc_code row_version_read(struct row_reader *row, const cJSON *item, const char *key)
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
        return wrong(row->fault, HC_BAD_ROW, key, "an object was expected");
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        if (*count == HC_PAYEES_MAX) {
            return fault_set(row->fault, HC_BAD_ROW, "%s: more than %u payees", key, HC_PAYEES_MAX);
        }
        struct hc_sent *to = &row->sent[(*count)++];
        if (!hex_decode(to->payee, HC_ID_BYTES, child->string, strlen(child->string))) {
            return wrong(row->fault, HC_BAD_ROW, key, "an id in lowercase hex was expected");
        }
        if (!number_read(&to->amount, child)) {
            return wrong(row->fault, HC_BAD_ROW, key, "a whole number from 1 to 2^53-1 was expected");
        }
    }
    qsort(row->sent, *count, sizeof *row->sent, sent_order);
    return HC_OK;
}

static enum hc_code left_read(struct row_reader *row, const cJSON *item, const char *key)
{
    row->fields.left = cJSON_IsTrue(item);
    return cJSON_IsBool(item) ? HC_OK : wrong(row->fault, HC_BAD_ROW, key, "true or false was expected");
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
        return wrong(row->fault, HC_BAD_ROW, key, "an object was expected");
    }
    for (const cJSON *child = item->child; child; child = child->next) {
        if (!cJSON_IsString(child)) {
            return wrong(row->fault, HC_BAD_ROW, key, "strings were expected");
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

static enum hc_code row_read(struct hc_row **row, const cJSON *object, const uint8_t *network, struct hc_fault *fault)
{
    static enum hc_code (*const readers[ROW_KEY_COUNT])(struct row_reader *, const cJSON *, const char *) = {
#define X(key, name, read) read,
        ROW_KEYS(X)
#undef X
    };
    const cJSON *items[ROW_KEY_COUNT];
    struct row_reader reader;
    *row = NULL;
    reader.fields = (struct hc_row_fields){.sent = reader.sent, .tags = reader.tags};
    reader.fault = fault;
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "an object was expected");
    }
    enum hc_code code = keys_find(items, object, row_keys, ROW_KEY_COUNT, HC_BAD_ROW, fault);
    for (size_t k = 0; code == HC_OK && k < ROW_REQUIRED; k++) {
        code = items[k] ? HC_OK : wrong(fault, HC_BAD_ROW, row_keys[k], "missing");
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
    code = code == HC_OK ? row_read(row, json, network, fault) : code;
    cJSON_Delete(json);
    ASSERT((code == HC_OK) == (*row != NULL));
    return code;
}

/* ---- Messages ---- */

struct reader {
    struct hc_message *message;
    const uint8_t *network; /* ours */
    struct hc_fault *fault;
    const cJSON *items[KEY_COUNT];
};

static enum hc_code expected(const struct reader *reader, const char *key, const char *what)
{
    return fault_set(reader->fault, HC_BAD_FRAME, "%s: %s expected", key, what);
}

static enum hc_code version_read(struct reader *reader, const cJSON *item, const char *key)
{
    uint64_t version;
    if (!number_read(&version, item)) {
        return expected(reader, key, "the number of a version was");
    }
    return version == HC_WIRE_VERSION
               ? HC_OK
               : fault_set(reader->fault, HC_WRONG_VERSION, "%s: version %d is spoken here, not %" PRIu64, key,
                           HC_WIRE_VERSION, version);
}

/* Whether gossip is a request or a reply is known when its head is read. */
static enum hc_code type_read(struct reader *reader, const cJSON *item, const char *key)
{
    const char *type = cJSON_IsString(item) ? item->valuestring : "";
    bool is_error = strcmp(type, TYPE_ERROR) == 0;
    reader->message->type = is_error ? HC_MESSAGE_ERROR : HC_MESSAGE_REQUEST;
    return is_error || strcmp(type, TYPE_GOSSIP) == 0
               ? HC_OK
               : expected(reader, key, "\"" TYPE_GOSSIP "\" or \"" TYPE_ERROR "\" was");
}

static enum hc_code from_read(struct reader *reader, const cJSON *item, const char *key)
{
    return hex_read(reader->message->from, HC_ID_BYTES, item) ? HC_OK
                                                              : expected(reader, key, "an id in lowercase hex was");
}

static enum hc_code network_read(struct reader *reader, const cJSON *item, const char *key)
{
    uint8_t *network = reader->message->network;
    if (!hex_read(network, HC_NETWORK_BYTES, item)) {
        return expected(reader, key, "32 lowercase hex digits were");
    }
    if (memcmp(network, reader->network, HC_NETWORK_BYTES) == 0) {
        return HC_OK;
    }
    char theirs[HEX_CHARS(HC_NETWORK_BYTES) + 1], ours[HEX_CHARS(HC_NETWORK_BYTES) + 1];
    hex_encode(theirs, network, HC_NETWORK_BYTES);
    hex_encode(ours, reader->network, HC_NETWORK_BYTES);
    return fault_set(reader->fault, HC_WRONG_NETWORK,
                     "this node is of network %.8s, yours is %.8s: they differ in coins file or network name", ours,
                     theirs);
}

static enum hc_code nonce_read(struct reader *reader, const cJSON *item, const char *key)
{
    return base64_read(reader->message->nonce, HC_NONCE_BYTES, item)
               ? HC_OK
               : expected(reader, key, "16 bytes in unpadded base64url were");
}

static enum hc_code proof_read(struct reader *reader, const cJSON *item, const char *key)
{
    return base64_read(reader->message->proof, HC_SIGNATURE_BYTES, item)
               ? HC_OK
               : expected(reader, key, "64 bytes in unpadded base64url were");
}

static enum hc_code reached_read(struct reader *reader, const cJSON *item, const char *key)
{
    reader->message->reached = cJSON_IsTrue(item) ? HC_REACH_YES : HC_REACH_NO;
    return cJSON_IsBool(item) ? HC_OK : expected(reader, key, "true or false was");
}

/* Takes what is wrong with a row as where it stands and that. */
static enum hc_code row_fault(struct hc_fault *fault, enum hc_code code, const char *key, size_t index)
{
    if (fault && code != HC_NO_MEMORY) {
        struct hc_fault inner = *fault;
        return fault_set(fault, code, "%s[%zu]: %s", key, index, inner.text);
    }
    return code;
}

/* How a row is added to one of the state's lists. */
typedef enum hc_code add_row(struct hc_state *state, struct hc_row *row);

static enum hc_code rows_read(struct reader *reader, const cJSON *array, const char *key, add_row *add)
{
    struct hc_state *state = reader->message->state;
    size_t index = 0;
    if (!cJSON_IsArray(array)) {
        return expected(reader, key, "an array was");
    }
    for (const cJSON *item = array->child; item; item = item->next, index++) {
        struct hc_row *row;
        if (state->live_count + state->gone_count + state->fork_count >= FRAME_ROWS_MAX) {
            return fault_set(reader->fault, HC_TOO_LARGE, "more than %u rows", FRAME_ROWS_MAX);
        }
        enum hc_code code = row_read(&row, item, reader->network, reader->fault);
        if (code != HC_OK) {
            return row_fault(reader->fault, code, key, index);
        }
        code = add(state, row);
        hc_row_unref(row);
        if (code != HC_OK) {
            return code;
        }
    }
    return HC_OK;
}

static enum hc_code live_read(struct reader *reader, const cJSON *item, const char *key)
{
    return rows_read(reader, item, key, state_add_live);
}

/* Its age follows. */
static enum hc_code add_gone(struct hc_state *state, struct hc_row *row)
{
    return state_add_gone(state, row, 0);
}

static enum hc_code gone_read(struct reader *reader, const cJSON *item, const char *key)
{
    return rows_read(reader, item, key, add_gone);
}

static enum hc_code ages_read(struct reader *reader, const cJSON *array, const char *key)
{
    struct hc_state *state = reader->message->state;
    size_t index = 0;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != state->gone_count) {
        return expected(reader, key, "an array with one number for each of dropped was");
    }
    for (const cJSON *item = array->child; item; item = item->next, index++) {
        uint64_t age;
        if (!number_read(&age, item)) {
            return expected(reader, key, "whole seconds were");
        }
        state->gone[index].age_s = age < FORGET_MS / 1000 ? (uint32_t)age : (uint32_t)(FORGET_MS / 1000);
    }
    return HC_OK;
}

static enum hc_code forks_read(struct reader *reader, const cJSON *array, const char *key)
{
    struct hc_state *state = reader->message->state;
    if (!cJSON_IsArray(array)) {
        return expected(reader, key, "an array was");
    }
    for (const cJSON *group = array->child; group; group = group->next) {
        size_t first = state->fork_count;
        enum hc_code code = rows_read(reader, group, key, state_add_fork);
        if (code != HC_OK) {
            return code;
        }
        size_t count = state->fork_count - first;
        if (count < 2 || count > BRANCHES_MAX) {
            return expected(reader, key, "two to four rows of one owner were");
        }
        for (size_t i = first + 1; i < state->fork_count; i++) {
            if (!id_equal(state->forks[i]->fields.id, state->forks[first]->fields.id)) {
                return expected(reader, key, "rows of one owner were");
            }
        }
    }
    return HC_OK;
}

static enum hc_code code_read(struct reader *reader, const cJSON *item, const char *key)
{
    if (!cJSON_IsString(item)) {
        return expected(reader, key, "a string was");
    }
    enum hc_code code = hc_code_find(item->valuestring);
    fault_set(&reader->message->error, code, "%s", hc_code_text(code));
    return HC_OK;
}

/* Other words than those of the code are taken if they can be shown. */
static enum hc_code text_read(struct reader *reader, const cJSON *item, const char *key)
{
    (void)key; /* no text is too strange to be left out */
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    size_t bytes = strlen(text);
    if (bytes > 0 && bytes <= HC_MESSAGE_TEXT_BYTES_MAX && text_is_printable(text, bytes)) {
        fault_set(&reader->message->error, reader->message->error.code, "%s", text);
    }
    return HC_OK;
}

static const struct {
    const char *name;
    unsigned required, known; /* in which types */
    enum hc_code (*read)(struct reader *reader, const cJSON *item, const char *key);
} keys[KEY_COUNT] = {
#define X(key, name, required, optional, read) {name, required, (required) | (optional), read},
    MESSAGE_KEYS(X)
#undef X
};

/* Reads those from `first` up to `end` that belong to the message's type, and sees that none is missing. */
static enum hc_code keys_read(struct reader *reader, enum message_key first, enum message_key end)
{
    enum hc_code code = HC_OK;
    unsigned type = reader->message->type == HC_MESSAGE_ERROR ? IN_ERROR : IN_GOSSIP;
    for (unsigned k = first; code == HC_OK && k < end; k++) {
        bool missing = !reader->items[k] && (keys[k].required & type);
        code = missing ? wrong(reader->fault, HC_BAD_FRAME, keys[k].name, "missing") : HC_OK;
    }
    for (unsigned k = first; code == HC_OK && k < end; k++) {
        bool here = reader->items[k] && (keys[k].known & type);
        code = here ? keys[k].read(reader, reader->items[k], keys[k].name) : HC_OK;
    }
    return code;
}

/* What message it is. */
static enum hc_code type_find(struct reader *reader, const cJSON *json)
{
    static const char *const names[KEY_COUNT] = {
#define X(key, name, required, optional, read) name,
        MESSAGE_KEYS(X)
#undef X
    };
    enum hc_code code = keys_find(reader->items, json, names, KEY_COUNT, HC_BAD_FRAME, reader->fault);
    return code == HC_OK ? keys_read(reader, KEY_VERSION, KEY_FROM) : code;
}

/* Who sent it: a request has a nonce, a reply has a proof. An error has no sender, or one with a proof. */
static enum hc_code head_read(struct reader *reader)
{
    struct hc_message *message = reader->message;
    bool from = reader->items[KEY_FROM], nonce = reader->items[KEY_NONCE], proof = reader->items[KEY_PROOF];
    enum hc_code code = keys_read(reader, KEY_FROM, KEY_REACHED);
    if (code != HC_OK) {
        return code;
    }
    if (message->type == HC_MESSAGE_ERROR) {
        message->proved = from && proof;
        return from == proof ? HC_OK
                             : wrong(reader->fault, HC_BAD_FRAME, keys[from ? KEY_PROOF : KEY_FROM].name,
                                     from ? "missing beside from" : "missing beside proof");
    }
    message->type = nonce ? HC_MESSAGE_REQUEST : HC_MESSAGE_REPLY;
    return nonce != proof ? HC_OK
                          : fault_set(reader->fault, HC_BAD_FRAME,
                                      "a request has nonce, a reply has proof; one of them was expected");
}

/* Of an owner's branches all stand side by side once the state is sealed, whatever groups they came in. */
static enum hc_code state_finish(struct reader *reader)
{
    struct hc_state *state = reader->message->state;
    state_seal(state);
    for (size_t i = BRANCHES_MAX; i < state->fork_count; i++) {
        if (id_equal(state->forks[i]->fields.id, state->forks[i - BRANCHES_MAX]->fields.id)) {
            return expected(reader, keys[KEY_FORKS].name, "at most four rows of one owner were");
        }
    }
    return HC_OK;
}

static enum hc_code message_read(struct reader *reader, const cJSON *json)
{
    struct hc_message *message = reader->message;
    enum hc_code code = type_find(reader, json);
    code = code == HC_OK ? head_read(reader) : code;
    if (code == HC_OK && message->type != HC_MESSAGE_ERROR) {
        code = state_new(&message->state);
    }
    code = code == HC_OK ? keys_read(reader, KEY_REACHED, KEY_COUNT) : code;
    return code == HC_OK && message->state ? state_finish(reader) : code;
}

enum hc_code hc_wire_decode(struct hc_message *message, const char *line, size_t bytes,
                            const uint8_t network[static HC_NETWORK_BYTES], struct hc_fault *fault)
{
    struct reader reader = {.message = message, .network = network, .fault = fault};
    cJSON *json;
    ASSERT(message && network);
    *message = (struct hc_message){0};
    enum hc_code code = line_parse(&json, line, bytes, fault);
    if (code != HC_OK) {
        return code;
    }
    code = message_read(&reader, json);
    cJSON_Delete(json);
    if (code != HC_OK) {
        hc_message_clear(message);
    }
    ASSERT(code != HC_OK || (message->type == HC_MESSAGE_ERROR) == !message->state);
    return code;
}

/* The keys before `"rows"` make an object of their own, once the comma after them is a brace. In a string the quotes of
 * that would be escaped, and then what stands before it does not parse. */
enum hc_code hc_wire_decode_head(struct hc_message *message, const char *line, size_t bytes,
                                 const uint8_t network[static HC_NETWORK_BYTES])
{
    static const char rows[] = "\"rows\"";
    char head[HC_FRAME_HEAD_BYTES_MAX];
    struct reader reader = {.message = message, .network = network};
    cJSON *json;
    ASSERT(message && network && (line || bytes == 0));
    *message = (struct hc_message){0};
    const char *end = bytes > 0 ? memmem(line, bytes < sizeof head ? bytes : sizeof head, rows, sizeof rows - 1) : NULL;
    while (end && end > line && strchr(" \t\r", end[-1])) {
        end--;
    }
    if (!end || end == line || end[-1] != ',') {
        return HC_BAD_FRAME;
    }
    size_t used = (size_t)(end - line);
    memcpy(head, line, used);
    head[used - 1] = '}';
    enum hc_code code = line_parse(&json, head, used, NULL);
    if (code != HC_OK) {
        return code;
    }
    code = type_find(&reader, json);
    if (code == HC_OK && (message->type == HC_MESSAGE_ERROR || !reader.items[KEY_NONCE])) {
        code = HC_BAD_FRAME; /* no request */
    }
    code = code == HC_OK ? head_read(&reader) : code;
    cJSON_Delete(json);
    if (code != HC_OK) {
        hc_message_clear(message);
    }
    ASSERT(!message->state);
    return code;
}

void hc_message_clear(struct hc_message *message)
{
    ASSERT(message);
    state_unref(message->state);
    *message = (struct hc_message){0};
}
