/* One line becomes a validated message, or a fault. wire_parse.c stands between the line and what is read here; wire_state.c
 * and wire_row.c read the rows, wire_words.c the words. */
#include "howcoin/wire.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "core/common/text.h"
#include "core/rows/state.h"
#include "core/rows/words.h"
#include "core/wire/wire_parse.h"
#include "core/wire/wire_read.h"

/* ---- What message this is ---- */

/* Versions beyond what the message has room for are as unknown as the greatest that it has. */
static enum hc_code any_version_read(struct reader *reader, uint32_t *version, const cJSON *item, const char *key)
{
    uint64_t number;
    bool ok = number_read(&number, item);
    *version = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
    return ok ? HC_OK : read_expected(reader, key, "the number of a version was");
}

enum hc_code version_read(struct reader *reader, const cJSON *item, const char *key)
{
    enum hc_code code = any_version_read(reader, &reader->message->lowest, item, key);
    reader->message->highest = reader->message->lowest;
    return code;
}

enum hc_code highest_read(struct reader *reader, const cJSON *item, const char *key)
{
    return any_version_read(reader, &reader->message->highest, item, key);
}

/* Whether gossip is a request or a reply is known by its keys; that they are right is seen when the head is read. */
enum hc_code type_read(struct reader *reader, const cJSON *item, const char *key)
{
    enum hc_message_type type = HC_MESSAGE_ERROR;
    if (!cJSON_IsString(item)) {
        return read_expected(reader, key, "a string was");
    }
    while (type < HC_MESSAGE_UNKNOWN && strcmp(item->valuestring, hc_message_type_name(type)) != 0) {
        type++;
    }
    if (strcmp(item->valuestring, TYPE_GOSSIP) == 0) {
        type = reader->items[KEY_NONCE] ? HC_MESSAGE_REQUEST : HC_MESSAGE_REPLY;
    }
    reader->message->type = type;
    return HC_OK;
}

/* ---- Who sent it ---- */

enum hc_code from_read(struct reader *reader, const cJSON *item, const char *key)
{
    return hex_read(reader->message->from, HC_ID_BYTES, item)
               ? HC_OK
               : read_expected(reader, key, "an id in lowercase hex was");
}

enum hc_code network_read(struct reader *reader, const cJSON *item, const char *key)
{
    uint8_t *network = reader->message->network;
    if (!hex_read(network, HC_NETWORK_BYTES, item)) {
        return read_expected(reader, key, "32 lowercase hex digits were");
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

enum hc_code nonce_read(struct reader *reader, const cJSON *item, const char *key)
{
    return base64_read(reader->message->nonce, HC_NONCE_BYTES, item)
               ? HC_OK
               : read_expected(reader, key, "16 bytes in unpadded base64url were");
}

enum hc_code proof_read(struct reader *reader, const cJSON *item, const char *key)
{
    return base64_read(reader->message->proof, HC_SIGNATURE_BYTES, item)
               ? HC_OK
               : read_expected(reader, key, "64 bytes in unpadded base64url were");
}

/* ---- What it says, beside rows and words ---- */

static enum hc_code flag_read(struct reader *reader, bool *flag, const cJSON *item, const char *key)
{
    *flag = cJSON_IsTrue(item);
    return cJSON_IsBool(item) ? HC_OK : read_expected(reader, key, "true or false was");
}

enum hc_code keep_read(struct reader *reader, const cJSON *item, const char *key)
{
    return flag_read(reader, &reader->message->keep, item, key);
}

enum hc_code links_read(struct reader *reader, const cJSON *item, const char *key)
{
    return flag_read(reader, &reader->message->links, item, key);
}

enum hc_code ring_read(struct reader *reader, const cJSON *item, const char *key)
{
    return flag_read(reader, &reader->message->ring, item, key);
}

enum hc_code reached_read(struct reader *reader, const cJSON *item, const char *key)
{
    bool reached;
    enum hc_code code = flag_read(reader, &reached, item, key);
    reader->message->reached = reached ? HC_REACH_YES : HC_REACH_NO;
    return code;
}

enum hc_code digests_read(struct reader *reader, const cJSON *item, const char *key)
{
    struct hc_message *message = reader->message;
    const cJSON *rows = cJSON_IsArray(item) ? item->child : NULL, *whole = rows ? rows->next : NULL;
    message->has_digests = whole && !whole->next && base64_read(message->rows_digest, HC_DIGEST_BYTES, rows) &&
                           base64_read(message->whole_digest, HC_DIGEST_BYTES, whole);
    return message->has_digests ? HC_OK : read_expected(reader, key, "two times 16 bytes in unpadded base64url were");
}

enum hc_code your_version_read(struct reader *reader, const cJSON *item, const char *key)
{
    return number_read(&reader->message->your_version, item) ? HC_OK
                                                             : read_expected(reader, key, "the version of a row was");
}

enum hc_code code_read(struct reader *reader, const cJSON *item, const char *key)
{
    if (!cJSON_IsString(item)) {
        return read_expected(reader, key, "a string was");
    }
    enum hc_code code = hc_code_find(item->valuestring);
    fault_set(&reader->message->error, code, "%s", hc_code_text(code));
    return HC_OK;
}

/* Other words than those of the code are taken if they can be shown. */
enum hc_code text_read(struct reader *reader, const cJSON *item, const char *key)
{
    (void)key; /* no text is too strange to be left out */
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    size_t bytes = strlen(text);
    if (bytes > 0 && bytes <= HC_MESSAGE_TEXT_BYTES_MAX && text_is_printable(text, bytes)) {
        fault_set(&reader->message->error, reader->message->error.code, "%s", text);
    }
    return HC_OK;
}

/* ---- The whole ---- */

static const struct {
    unsigned required, known; /* in which types */
    enum hc_code (*read)(struct reader *reader, const cJSON *item, const char *key);
} keys[KEY_COUNT] = {
#define X(key, name, required, optional, read, put) {required, (required) | (optional), read},
    MESSAGE_KEYS(X)
#undef X
};
static const char *const names[KEY_COUNT] = {
#define X(key, name, required, optional, read, put) name,
    MESSAGE_KEYS(X)
#undef X
};

/* Reads those from `first` up to `end` that belong to the message's type, and sees that none is missing. */
static enum hc_code keys_read(struct reader *reader, enum message_key first, enum message_key end)
{
    enum hc_code code = HC_OK;
    unsigned type = 1u << reader->message->type;
    for (unsigned k = first; code == HC_OK && k < end; k++) {
        bool missing = !reader->items[k] && (keys[k].required & type);
        code = missing ? key_wrong(reader->fault, HC_BAD_FRAME, names[k], "missing") : HC_OK;
    }
    for (unsigned k = first; code == HC_OK && k < end; k++) {
        bool here = reader->items[k] && (keys[k].known & type);
        code = here ? keys[k].read(reader, reader->items[k], names[k]) : HC_OK;
    }
    return code;
}

static bool is_of(const struct hc_message *message, unsigned types)
{
    return types & 1u << message->type;
}

/* What message it is. The version, where there is one, comes before all that it decides on. */
static enum hc_code type_find(struct reader *reader, const cJSON *json)
{
    struct hc_message *message = reader->message;
    enum hc_code code = keys_find(reader->items, json, names, KEY_COUNT, HC_BAD_FRAME, reader->fault);
    code = code == HC_OK ? keys_read(reader, KEY_TYPE, KEY_TYPE + 1) : code;
    code = code == HC_OK ? keys_read(reader, KEY_VERSION, KEY_CODE) : code;
    if (code != HC_OK || !reader->items[KEY_VERSION]) {
        return code;
    }
    if (message->lowest > HC_WIRE_VERSION || message->highest < HC_WIRE_VERSION) {
        return message->lowest == message->highest
                   ? fault_set(reader->fault, HC_WRONG_VERSION, "howcoin: version %d is spoken here, not %" PRIu32,
                               HC_WIRE_VERSION, message->lowest)
                   : fault_set(reader->fault, HC_WRONG_VERSION,
                               "howcoin: version %d is spoken here, not one of %" PRIu32 " to %" PRIu32,
                               HC_WIRE_VERSION, message->lowest, message->highest);
    }
    if (!is_of(message, IN_GREETING)) {
        message->lowest = message->highest = 0;
    }
    return is_of(message, IN_FIRST) ? HC_OK
                                    : read_expected(reader, names[KEY_TYPE], "a message that says the version was");
}

/* Gossip is a request, with a nonce, or a reply, with a proof. A welcome has a nonce if it is to a link. An error has no
 * sender, or one with a proof. */
static enum hc_code head_check(struct reader *reader)
{
    struct hc_message *message = reader->message;
    bool from = reader->items[KEY_FROM], nonce = reader->items[KEY_NONCE], proof = reader->items[KEY_PROOF];
    if (is_of(message, IN_GOSSIP) && nonce == proof) {
        return fault_set(reader->fault, HC_BAD_FRAME,
                         "a request has nonce, a reply has proof; one of them was expected");
    }
    if (message->type == HC_MESSAGE_WELCOME && nonce != message->keep) {
        return read_expected(reader, names[KEY_NONCE], "one beside keep, and only there, was");
    }
    message->proved = message->type == HC_MESSAGE_ERROR && from;
    if (message->type == HC_MESSAGE_ERROR && from != proof) {
        return key_wrong(reader->fault, HC_BAD_FRAME, names[from ? KEY_PROOF : KEY_FROM],
                         from ? "missing beside from" : "missing beside proof");
    }
    return HC_OK;
}

static enum hc_code head_read(struct reader *reader)
{
    enum hc_code code = keys_read(reader, KEY_CODE, KEY_REACHED);
    return code == HC_OK ? head_check(reader) : code;
}

/* Makes what the rows and words of the message go to. */
static enum hc_code lists_make(struct hc_message *message)
{
    if (is_of(message, IN_WORDS)) {
        message->words = words_new();
        if (!message->words) {
            return HC_NO_MEMORY;
        }
    }
    return is_of(message, IN_STATE) ? state_new(&message->state) : HC_OK;
}

/* News may have no rows, and no words: then it has nothing for them. */
static void news_finish(struct hc_message *message)
{
    const struct hc_state *state = message->state;
    const struct hc_words *words = message->words;
    if (!state || state->live_count + state->gone_count + state->fork_count == 0) {
        state_unref(message->state);
        message->state = NULL;
    }
    if (!words || words->patch_count + words->verdict_count == 0) {
        words_unref(message->words);
        message->words = NULL;
    }
}

/* Greetings, and messages of links, are small; only the rows of one owner go together whatever their size. */
static enum hc_code size_check(const struct reader *reader, size_t limit)
{
    bool fits = is_of(reader->message, IN_GOSSIP | IN(ERROR)) || reader->bytes < limit;
    return fits ? HC_OK : fault_set(reader->fault, HC_TOO_LARGE, "this type of message has less than %zu bytes", limit);
}

static enum hc_code message_read(struct reader *reader, const cJSON *json)
{
    struct hc_message *message = reader->message;
    enum hc_code code = type_find(reader, json);
    code = code == HC_OK ? size_check(reader, HC_LINK_LINE_BYTES_MAX) : code;
    code = code == HC_OK ? head_read(reader) : code;
    code = code == HC_OK ? lists_make(message) : code;
    code = code == HC_OK ? keys_read(reader, KEY_REACHED, KEY_COUNT) : code;
    code = code == HC_OK && message->state ? state_finish(reader) : code;
    if (code == HC_OK && message->type == HC_MESSAGE_NEWS) {
        news_finish(message);
    }
    if (code == HC_OK && !(message->state && !message->words && state_is_of_one(message->state))) {
        code = size_check(reader, LINK_MESSAGE_BYTES_MAX);
    }
    return code;
}

enum hc_code hc_wire_decode(struct hc_message *message, const char *line, size_t bytes,
                            const uint8_t network[static HC_NETWORK_BYTES], struct hc_fault *fault)
{
    struct reader reader = {.message = message, .network = network, .fault = fault, .bytes = bytes};
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
    ASSERT(code != HC_OK || is_of(message, IN_STATE) || !message->state);
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
    if (code == HC_OK && message->type != HC_MESSAGE_REQUEST) {
        code = HC_BAD_FRAME;
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
