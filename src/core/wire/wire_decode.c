/* One line becomes a validated message, or a fault. wire_parse.c stands between the line and what is read here; wire_row.c
 * reads the rows. */
#include "howcoin/wire.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "core/common/id.h"
#include "core/common/text.h"
#include "core/rows/state.h"
#include "core/rows/words.h"
#include "core/wire/wire_keys.h"
#include "core/wire/wire_parse.h"
#include "core/wire/wire_row.h"

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
        enum hc_code code = row_decode(&row, item, reader->network, reader->fault);
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
        code = missing ? key_wrong(reader->fault, HC_BAD_FRAME, keys[k].name, "missing") : HC_OK;
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
                             : key_wrong(reader->fault, HC_BAD_FRAME, keys[from ? KEY_PROOF : KEY_FROM].name,
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
    words_unref(message->words);
    *message = (struct hc_message){0};
}
