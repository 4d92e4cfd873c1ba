#include "howcoin/wire.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/more.h"
#include "core/state.h"
#include "core/text.h"

static const char *const type_names[] = {"gossip", "gossip", "error"};

void hc_message_clear(struct hc_message *message)
{
    state_unref(message->state);
    *message = (struct hc_message){0};
}

/* ---- Before parsing: what would make the parser costly, or what it would let pass ---- */

static const char *const unready_nul = "a NUL character";

/* Looks at one character of a string and returns how many bytes it has; 0 with a reason if it may not be there. */
static size_t string_step(const char *at, const char *end, const char **reason)
{
    unsigned char c = (unsigned char)*at;
    if (c < 0x20) {
        *reason = c == 0 ? unready_nul : "a control character in a string";
        return 0;
    }
    if (c != '\\') {
        return 1;
    }
    if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0) {
        *reason = unready_nul;
        return 0;
    }
    return end - at >= 2 ? 2 : 1;
}

/* How many values begin with the character at `at`, outside of strings: a bracket, a string, a number or a word. A string
 * that turns out to be a key counts with the value behind it. */
static int values_begun(char at, bool *in_word)
{
    bool before = *in_word;
    *in_word = false;
    switch (at) {
    case '{':
    case '[':
    case '"':
        return 1;
    case ':':
        return -1;
    case '}':
    case ']':
    case ',':
    case ' ':
    case '\t':
    case '\r':
        return 0;
    default:
        *in_word = true;
        return before ? 0 : 1;
    }
}

/* One pass over the bytes: depth and number of values within their limits, no control characters, UTF-8. */
static enum hc_code frame_scan(const char *line, size_t bytes, struct hc_fault *fault)
{
    const char *reason = NULL, *at = line, *end = line + bytes;
    size_t depth = 0;
    long values = 0;
    bool in_string = false, in_word = false, ascii = true;
    while (!reason && at < end) {
        unsigned char c = (unsigned char)*at;
        size_t step = 1;
        ascii = ascii && c < 0x80;
        values += in_string ? 0 : values_begun(*at, &in_word);
        if (values > (long)FRAME_VALUES_MAX) {
            reason = "too many values";
        } else if (in_string) {
            in_string = c != '"';
            step = in_string ? string_step(at, end, &reason) : 1;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            reason = ++depth > FRAME_DEPTH_MAX ? "nested too deeply" : NULL;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        } else if (c == '0' && end - at > 1 && at[1] >= '0' && at[1] <= '9' && at > line &&
                   strchr(":[, \t\r", at[-1])) {
            reason = "a number with a leading zero"; /* the parser would take it */
        } else if (c < 0x20 && c != '\t' && c != '\r') {
            reason = c == 0 ? unready_nul : "a control character";
        }
        at += reason ? 0 : step;
    }
    if (!reason && !ascii && !text_is_utf8(line, bytes)) {
        reason = "not UTF-8";
    }
    if (reason) {
        return fault_set(fault, HC_BAD_FRAME, "%s, at byte %zu; at most %u levels and %u values are taken", reason,
                         (size_t)(at - line), FRAME_DEPTH_MAX, FRAME_VALUES_MAX);
    }
    return HC_OK;
}

static enum hc_code frame_parse(cJSON **json, const char *line, size_t bytes, struct hc_fault *fault)
{
    *json = NULL;
    if (bytes > HC_FRAME_BYTES_MAX) {
        return fault_set(fault, HC_TOO_LARGE, "a line has at most %u bytes", HC_FRAME_BYTES_MAX);
    }
    enum hc_code code = frame_scan(line, bytes, fault);
    if (code != HC_OK) {
        return code;
    }
    const char *end = line;
    cJSON *parsed = cJSON_ParseWithLengthOpts(line, bytes, &end, false);
    if (!parsed) {
        return fault_set(fault, HC_BAD_FRAME, "not JSON, at byte %zu", (size_t)(end - line));
    }
    while (end < line + bytes && strchr(" \t\r", *end)) {
        end++;
    }
    if (!cJSON_IsObject(parsed) || end != line + bytes) {
        bool object = cJSON_IsObject(parsed);
        cJSON_Delete(parsed);
        return object ? fault_set(fault, HC_BAD_FRAME, "bytes after the object, at byte %zu", (size_t)(end - line))
                      : fault_set(fault, HC_BAD_FRAME, "a JSON object was expected");
    }
    *json = parsed;
    return HC_OK;
}

/* ---- Reading objects ---- */

/* Puts the object's known keys into `items`, in the order of `keys`; NULL where one is absent. The first `required` of
 * them must be there; none may stand twice; unknown ones are skipped (W4). */
static enum hc_code keys_read(const cJSON **items, const cJSON *object, const char *const *keys, size_t key_count,
                              size_t required, enum hc_code code, struct hc_fault *fault)
{
    memset(items, 0, key_count * sizeof *items);
    for (const cJSON *child = object->child; child; child = child->next) {
        for (size_t k = 0; k < key_count; k++) {
            if (strcmp(child->string, keys[k]) != 0) {
                continue;
            }
            if (items[k]) {
                return fault_set(fault, code, "%s: given twice", keys[k]);
            }
            items[k] = child;
            break;
        }
    }
    for (size_t k = 0; k < required; k++) {
        if (!items[k]) {
            return fault_set(fault, code, "%s: missing", keys[k]);
        }
    }
    return HC_OK;
}

static bool hex_read(uint8_t *out, size_t bytes, const cJSON *item)
{
    return cJSON_IsString(item) && hex_decode(out, bytes, item->valuestring, strlen(item->valuestring));
}

static bool base64_read(uint8_t *out, size_t bytes, const cJSON *item)
{
    return cJSON_IsString(item) && base64_decode(out, bytes, item->valuestring, strlen(item->valuestring));
}

/* ---- Rows ---- */

enum {
    ROW_ID,
    ROW_ADDR,
    ROW_NAME,
    ROW_DRAW,
    ROW_COINS,
    ROW_VERSION,
    ROW_SIG,
    ROW_REQUIRED,
    ROW_SENT = ROW_REQUIRED,
    ROW_LEFT,
    ROW_TAGS,
    ROW_MORE,
    ROW_KEYS
};
static const char *const row_keys[ROW_KEYS] = {"id",  "addr", "name", "draw", "coins", "version",
                                               "sig", "sent", "left", "tags", "more"};

static int sent_order(const void *left, const void *right)
{
    return memcmp(((const struct hc_sent *)left)->payee, ((const struct hc_sent *)right)->payee, HC_ID_BYTES);
}

static enum hc_code sent_read(struct hc_sent *sent, size_t *count, const cJSON *object, struct hc_fault *fault)
{
    *count = 0;
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "sent: an object was expected");
    }
    for (const cJSON *child = object->child; child; child = child->next) {
        if (*count == HC_PAYEES_MAX) {
            return fault_set(fault, HC_BAD_ROW, "sent: more than %u payees", HC_PAYEES_MAX);
        }
        struct hc_sent *to = &sent[(*count)++];
        if (!hex_decode(to->payee, HC_ID_BYTES, child->string, strlen(child->string))) {
            return fault_set(fault, HC_BAD_ROW, "sent: an id in lowercase hex was expected");
        }
        if (!number_read(&to->amount, child)) {
            return fault_set(fault, HC_BAD_ROW, "sent: a whole number from 1 to 2^53-1 was expected");
        }
    }
    qsort(sent, *count, sizeof *sent, sent_order);
    return HC_OK;
}

static int tag_order(const void *left, const void *right)
{
    return strcmp((*(const cJSON *const *)left)->string, (*(const cJSON *const *)right)->string);
}

/* What tags_check looks at is left to it. */
static enum hc_code tags_read(uint8_t packed[static HC_TAGS_PACKED_BYTES_MAX], uint16_t *bytes, const cJSON *object,
                              struct hc_fault *fault)
{
    const cJSON *items[HC_TAGS_BYTES_MAX];
    size_t count = 0, text_bytes = 0;
    uint8_t *to = packed;
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "tags: an object was expected");
    }
    for (const cJSON *child = object->child; child; child = child->next) {
        if (!cJSON_IsString(child)) {
            return fault_set(fault, HC_BAD_ROW, "tags: strings were expected");
        }
        size_t key_bytes = strlen(child->string);
        text_bytes += key_bytes + strlen(child->valuestring);
        if (key_bytes == 0 || key_bytes > HC_TAG_KEY_BYTES_MAX) {
            return fault_set(fault, HC_BAD_ROW, "tags: keys of 1 to %u bytes were expected", HC_TAG_KEY_BYTES_MAX);
        }
        if (text_bytes > HC_TAGS_BYTES_MAX) {
            return fault_set(fault, HC_BAD_ROW, "tags: at most %u bytes were expected", HC_TAGS_BYTES_MAX);
        }
        items[count++] = child;
    }
    qsort(items, count, sizeof *items, tag_order);
    for (size_t i = 0; i < count; i++) {
        to = tags_put(to, &(struct hc_tag){.key = items[i]->string,
                                           .key_bytes = strlen(items[i]->string),
                                           .value = items[i]->valuestring,
                                           .value_bytes = strlen(items[i]->valuestring)});
    }
    *bytes = (uint16_t)(to - packed);
    return HC_OK;
}

static enum hc_code more_take(struct hc_row_fields *fields, char more[static MORE_BYTES_MAX], const cJSON *object,
                              struct hc_fault *fault)
{
    size_t bytes;
    enum hc_code code = more_read(more, &bytes, object, fault);
    fields->more = more;
    fields->more_bytes = (uint16_t)bytes;
    return code;
}

static enum hc_code row_read(struct hc_row **row, const cJSON *object, const uint8_t *network, struct hc_fault *fault)
{
    const cJSON *items[ROW_KEYS];
    struct hc_sent sent[HC_PAYEES_MAX];
    uint8_t tags[HC_TAGS_PACKED_BYTES_MAX], sig[HC_SIGNATURE_BYTES];
    char more[MORE_BYTES_MAX];
    struct hc_row_fields fields = {.sent = sent, .tags = tags};
    *row = NULL;
    if (!cJSON_IsObject(object)) {
        return fault_set(fault, HC_BAD_ROW, "an object was expected");
    }
    enum hc_code code = keys_read(items, object, row_keys, ROW_KEYS, ROW_REQUIRED, HC_BAD_ROW, fault);
    if (code != HC_OK) {
        return code;
    }
    if (!hex_read(fields.id, HC_ID_BYTES, items[ROW_ID])) {
        return fault_set(fault, HC_BAD_ROW, "id: %d lowercase hex digits were expected", ID_HEX_CHARS);
    }
    if (!base64_read(sig, HC_SIGNATURE_BYTES, items[ROW_SIG])) {
        return fault_set(fault, HC_BAD_ROW, "sig: %d bytes in unpadded base64url were expected", HC_SIGNATURE_BYTES);
    }
    const struct {
        uint64_t *number;
        int key;
    } numbers[] = {{&fields.draw, ROW_DRAW}, {&fields.coins, ROW_COINS}, {&fields.version, ROW_VERSION}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!number_read(numbers[i].number, items[numbers[i].key])) {
            return fault_set(fault, HC_BAD_ROW, "%s: a whole number from 0 to 2^53-1 was expected",
                             row_keys[numbers[i].key]);
        }
    }
    if (!cJSON_IsString(items[ROW_ADDR]) || !cJSON_IsString(items[ROW_NAME])) {
        return fault_set(fault, HC_BAD_ROW, "%s: a string was expected",
                         row_keys[cJSON_IsString(items[ROW_ADDR]) ? ROW_NAME : ROW_ADDR]);
    }
    fields.addr = items[ROW_ADDR]->valuestring;
    fields.name = items[ROW_NAME]->valuestring;
    if (items[ROW_LEFT] && !cJSON_IsBool(items[ROW_LEFT])) {
        return fault_set(fault, HC_BAD_ROW, "left: true or false was expected");
    }
    fields.left = items[ROW_LEFT] && cJSON_IsTrue(items[ROW_LEFT]);
    code = items[ROW_SENT] ? sent_read(sent, &fields.sent_count, items[ROW_SENT], fault) : HC_OK;
    code = code == HC_OK && items[ROW_TAGS] ? tags_read(tags, &fields.tags_bytes, items[ROW_TAGS], fault) : code;
    code = code == HC_OK && items[ROW_MORE] ? more_take(&fields, more, items[ROW_MORE], fault) : code;
    code = code == HC_OK ? row_fields_check(&fields, fault) : code;
    return code == HC_OK ? row_new(row, &fields, network, sig) : code;
}

enum hc_code hc_wire_decode_row(struct hc_row **row, const char *text, size_t bytes,
                                const uint8_t network[static HC_NETWORK_BYTES], struct hc_fault *fault)
{
    cJSON *json;
    *row = NULL;
    enum hc_code code = frame_parse(&json, text, bytes, fault);
    code = code == HC_OK ? row_read(row, json, network, fault) : code;
    cJSON_Delete(json);
    return code;
}

/* ---- Messages ---- */

enum {
    KEY_VERSION,
    KEY_TYPE,
    KEY_NETWORK,
    KEY_FROM,
    KEY_NONCE,
    KEY_PROOF,
    KEY_REACHED,
    KEY_ROWS,
    KEY_DROPPED,
    KEY_AGES,
    KEY_FORKS,
    KEY_CODE,
    KEY_MESSAGE,
    KEY_COUNT
};
static const char *const message_keys[KEY_COUNT] = {"howcoin", "type",    "network", "from",    "nonce",
                                                    "proof",   "reached", "rows",    "dropped", "ages",
                                                    "forks",   "code",    "message"};

/* Prefixes what is wrong with a row with where it stands. */
static enum hc_code row_fault(struct hc_fault *fault, enum hc_code code, const char *key, size_t index)
{
    if (fault && code != HC_NO_MEMORY) {
        struct hc_fault inner = *fault;
        return fault_set(fault, code, "%s[%zu]: %s", key, index, inner.text);
    }
    return code;
}

static enum hc_code wrong_type(struct hc_fault *fault, int key, const char *expected)
{
    return fault_set(fault, HC_BAD_FRAME, "%s: %s", message_keys[key], expected);
}

static enum hc_code rows_read(struct hc_state *state, const cJSON *array, int key, const uint8_t *network,
                              struct hc_fault *fault)
{
    size_t index = 0;
    if (!cJSON_IsArray(array)) {
        return wrong_type(fault, key, "an array was expected");
    }
    for (const cJSON *item = array->child; item; item = item->next, index++) {
        struct hc_row *row;
        if (state->live_count + state->gone_count + state->fork_count >= FRAME_ROWS_MAX) {
            return fault_set(fault, HC_TOO_LARGE, "more than %u rows", FRAME_ROWS_MAX);
        }
        enum hc_code code = row_read(&row, item, network, fault);
        if (code != HC_OK) {
            return row_fault(fault, code, message_keys[key], index);
        }
        code = key == KEY_ROWS      ? state_add_live(state, row)
               : key == KEY_DROPPED ? state_add_gone(state, row, 0)
                                    : state_add_fork(state, row);
        hc_row_unref(row);
        if (code != HC_OK) {
            return code;
        }
    }
    return HC_OK;
}

static enum hc_code ages_read(struct hc_state *state, const cJSON *array, struct hc_fault *fault)
{
    size_t index = 0;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != state->gone_count) {
        return wrong_type(fault, KEY_AGES, "an array with one number for each of dropped was expected");
    }
    for (const cJSON *item = array->child; item; item = item->next, index++) {
        uint64_t age;
        if (!number_read(&age, item)) {
            return wrong_type(fault, KEY_AGES, "whole seconds were expected");
        }
        state->gone[index].age_s = age < FORGET_MS / 1000 ? (uint32_t)age : (uint32_t)(FORGET_MS / 1000);
    }
    return HC_OK;
}

static enum hc_code forks_read(struct hc_state *state, const cJSON *array, const uint8_t *network,
                               struct hc_fault *fault)
{
    if (!cJSON_IsArray(array)) {
        return wrong_type(fault, KEY_FORKS, "an array was expected");
    }
    for (const cJSON *group = array->child; group; group = group->next) {
        size_t first = state->fork_count;
        enum hc_code code = rows_read(state, group, KEY_FORKS, network, fault);
        if (code != HC_OK) {
            return code;
        }
        size_t count = state->fork_count - first;
        if (count < 2 || count > BRANCHES_MAX) {
            return wrong_type(fault, KEY_FORKS, "two to four rows of one owner were expected in each");
        }
        for (size_t i = first + 1; i < state->fork_count; i++) {
            if (memcmp(state->forks[i]->fields.id, state->forks[first]->fields.id, HC_ID_BYTES) != 0) {
                return wrong_type(fault, KEY_FORKS, "rows of one owner were expected in each");
            }
        }
    }
    return HC_OK;
}

/* All that a request and a reply say but their rows. */
static enum hc_code gossip_head_read(struct hc_message *message, const cJSON *const *items, const uint8_t *network,
                                     struct hc_fault *fault)
{
    if (!items[KEY_FROM] || !hex_read(message->from, HC_ID_BYTES, items[KEY_FROM])) {
        return wrong_type(fault, KEY_FROM, "an id in lowercase hex was expected");
    }
    if (!items[KEY_NETWORK] || !hex_read(message->network, HC_NETWORK_BYTES, items[KEY_NETWORK])) {
        return wrong_type(fault, KEY_NETWORK, "32 lowercase hex digits were expected");
    }
    if (memcmp(message->network, network, HC_NETWORK_BYTES) != 0) {
        char theirs[HEX_CHARS(HC_NETWORK_BYTES) + 1], ours[HEX_CHARS(HC_NETWORK_BYTES) + 1];
        hex_encode(theirs, message->network, HC_NETWORK_BYTES);
        hex_encode(ours, network, HC_NETWORK_BYTES);
        return fault_set(fault, HC_WRONG_NETWORK,
                         "this node is of network %.8s, yours is %.8s: they differ in coins file or network name", ours,
                         theirs);
    }
    if (!items[KEY_NONCE] == !items[KEY_PROOF]) {
        return fault_set(fault, HC_BAD_FRAME, "a request has nonce, a reply has proof; one of them was expected");
    }
    message->type = items[KEY_NONCE] ? HC_MESSAGE_REQUEST : HC_MESSAGE_REPLY;
    if (items[KEY_NONCE] && !base64_read(message->nonce, HC_NONCE_BYTES, items[KEY_NONCE])) {
        return wrong_type(fault, KEY_NONCE, "16 bytes in unpadded base64url were expected");
    }
    if (items[KEY_PROOF] && !base64_read(message->proof, HC_SIGNATURE_BYTES, items[KEY_PROOF])) {
        return wrong_type(fault, KEY_PROOF, "64 bytes in unpadded base64url were expected");
    }
    return HC_OK;
}

static enum hc_code gossip_read(struct hc_message *message, const cJSON *const *items, const uint8_t *network,
                                struct hc_fault *fault)
{
    enum hc_code code = gossip_head_read(message, items, network, fault);
    if (code != HC_OK) {
        return code;
    }
    if (items[KEY_REACHED]) {
        if (!cJSON_IsBool(items[KEY_REACHED])) {
            return wrong_type(fault, KEY_REACHED, "true or false was expected");
        }
        message->reached = cJSON_IsTrue(items[KEY_REACHED]) ? HC_REACH_YES : HC_REACH_NO;
    }
    if (!items[KEY_ROWS]) {
        return fault_set(fault, HC_BAD_FRAME, "rows: missing");
    }
    code = state_new(&message->state);
    struct hc_state *state = message->state;
    code = code == HC_OK ? rows_read(state, items[KEY_ROWS], KEY_ROWS, network, fault) : code;
    if (code == HC_OK && items[KEY_DROPPED]) {
        code = rows_read(state, items[KEY_DROPPED], KEY_DROPPED, network, fault);
    }
    if (code == HC_OK && items[KEY_AGES]) {
        code = ages_read(state, items[KEY_AGES], fault);
    }
    if (code == HC_OK && items[KEY_FORKS]) {
        code = forks_read(state, items[KEY_FORKS], network, fault);
    }
    if (code != HC_OK) {
        return code;
    }
    state_seal(state);
    for (size_t i = BRANCHES_MAX; i < state->fork_count; i++) {
        if (memcmp(state->forks[i]->fields.id, state->forks[i - BRANCHES_MAX]->fields.id, HC_ID_BYTES) == 0) {
            return wrong_type(fault, KEY_FORKS, "at most four rows of one owner were expected");
        }
    }
    return HC_OK;
}

static enum hc_code error_read(struct hc_message *message, const cJSON *const *items, struct hc_fault *fault)
{
    if (!items[KEY_CODE] || !cJSON_IsString(items[KEY_CODE])) {
        return wrong_type(fault, KEY_CODE, "a string was expected");
    }
    message->type = HC_MESSAGE_ERROR;
    enum hc_code code = hc_code_find(items[KEY_CODE]->valuestring);
    const char *text = items[KEY_MESSAGE] && cJSON_IsString(items[KEY_MESSAGE]) ? items[KEY_MESSAGE]->valuestring : "";
    bool fit = strlen(text) <= HC_MESSAGE_TEXT_BYTES_MAX && text_is_printable(text, strlen(text));
    fault_set(&message->error, code, "%s", fit && *text ? text : hc_code_text(code));
    if (!items[KEY_FROM] && !items[KEY_PROOF]) {
        return HC_OK;
    }
    if (!items[KEY_FROM] || !hex_read(message->from, HC_ID_BYTES, items[KEY_FROM])) {
        return wrong_type(fault, KEY_FROM, "an id in lowercase hex was expected beside proof");
    }
    if (!items[KEY_PROOF] || !base64_read(message->proof, HC_SIGNATURE_BYTES, items[KEY_PROOF])) {
        return wrong_type(fault, KEY_PROOF, "64 bytes in unpadded base64url were expected beside from");
    }
    message->proved = true;
    return HC_OK;
}

/* Finds the keys of a message, and sees that it is of this version. */
static enum hc_code message_keys_read(const cJSON *items[static KEY_COUNT], const cJSON *json, struct hc_fault *fault)
{
    uint64_t version;
    enum hc_code code = keys_read(items, json, message_keys, KEY_COUNT, KEY_TYPE + 1, HC_BAD_FRAME, fault);
    if (code != HC_OK) {
        return code;
    }
    if (!number_read(&version, items[KEY_VERSION])) {
        return wrong_type(fault, KEY_VERSION, "the number of a version was expected");
    }
    if (version != HC_WIRE_VERSION) {
        return fault_set(fault, HC_WRONG_VERSION, "howcoin: version %d is spoken here, not %" PRIu64, HC_WIRE_VERSION,
                         version);
    }
    return HC_OK;
}

static bool type_is(const cJSON *item, enum hc_message_type type)
{
    return cJSON_IsString(item) && strcmp(item->valuestring, type_names[type]) == 0;
}

static enum hc_code message_read(struct hc_message *message, const cJSON *json, const uint8_t *network,
                                 struct hc_fault *fault)
{
    const cJSON *items[KEY_COUNT];
    enum hc_code code = message_keys_read(items, json, fault);
    if (code != HC_OK) {
        return code;
    }
    if (type_is(items[KEY_TYPE], HC_MESSAGE_REQUEST)) {
        return gossip_read(message, items, network, fault);
    }
    if (type_is(items[KEY_TYPE], HC_MESSAGE_ERROR)) {
        return error_read(message, items, fault);
    }
    return wrong_type(fault, KEY_TYPE, "\"gossip\" or \"error\" was expected");
}

enum hc_code hc_wire_decode(struct hc_message *message, const char *line, size_t bytes,
                            const uint8_t network[static HC_NETWORK_BYTES], struct hc_fault *fault)
{
    cJSON *json;
    *message = (struct hc_message){0};
    enum hc_code code = frame_parse(&json, line, bytes, fault);
    if (code != HC_OK) {
        return code;
    }
    code = message_read(message, json, network, fault);
    cJSON_Delete(json);
    if (code != HC_OK) {
        hc_message_clear(message);
    }
    return code;
}

/* The keys before `"rows"` make an object of their own, once the comma after them is a brace. In a string the quotes of
 * that would be escaped, and then what stands before it does not parse. */
enum hc_code hc_wire_decode_head(struct hc_message *message, const char *line, size_t bytes,
                                 const uint8_t network[static HC_NETWORK_BYTES])
{
    static const char rows[] = "\"rows\"";
    char head[HC_FRAME_HEAD_BYTES_MAX];
    const cJSON *items[KEY_COUNT];
    cJSON *json;
    *message = (struct hc_message){0};
    const char *end = memmem(line, bytes < sizeof head ? bytes : sizeof head, rows, sizeof rows - 1);
    while (end && end > line && strchr(" \t\r", end[-1])) {
        end--;
    }
    if (!end || end == line || end[-1] != ',') {
        return HC_BAD_FRAME;
    }
    size_t used = (size_t)(end - line);
    memcpy(head, line, used);
    head[used - 1] = '}';
    enum hc_code code = frame_parse(&json, head, used, NULL);
    if (code != HC_OK) {
        return code;
    }
    code = message_keys_read(items, json, NULL);
    if (code == HC_OK && (!type_is(items[KEY_TYPE], HC_MESSAGE_REQUEST) || !items[KEY_NONCE])) {
        code = HC_BAD_FRAME;
    }
    code = code == HC_OK ? gossip_head_read(message, items, network, NULL) : code;
    cJSON_Delete(json);
    if (code != HC_OK) {
        hc_message_clear(message);
    }
    return code;
}

/* ---- Writing ---- */

/* Counts what is written, and writes it if there is somewhere to. */
struct writer {
    char *line; /* NULL: count only */
    size_t used;
};

static void put_bytes(struct writer *writer, const char *bytes, size_t count)
{
    if (writer->line) {
        memcpy(writer->line + writer->used, bytes, count);
    }
    writer->used += count;
}

static void put(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

static void put_rows(struct writer *writer, const char *key, struct hc_row *const *rows, size_t count)
{
    put(writer, key);
    for (size_t i = 0; i < count; i++) {
        put(writer, i > 0 ? "," : "");
        put_bytes(writer, rows[i]->text, rows[i]->text_bytes);
    }
    put(writer, "]");
}

static void put_gone(struct writer *writer, const struct hc_state *state)
{
    put(writer, ",\"dropped\":[");
    for (size_t i = 0; i < state->gone_count; i++) {
        put(writer, i > 0 ? "," : "");
        put_bytes(writer, state->gone[i].row->text, state->gone[i].row->text_bytes);
    }
    put(writer, "],\"ages\":[");
    for (size_t i = 0; i < state->gone_count; i++) {
        char age[16];
        snprintf(age, sizeof age, "%s%" PRIu32, i > 0 ? "," : "", state->gone[i].age_s);
        put(writer, age);
    }
    put(writer, "]");
}

static void put_forks(struct writer *writer, const struct hc_state *state)
{
    put(writer, ",\"forks\":[");
    for (size_t first = 0, end; first < state->fork_count; first = end) {
        end = first + 1;
        while (end < state->fork_count &&
               memcmp(state->forks[end]->fields.id, state->forks[first]->fields.id, HC_ID_BYTES) == 0) {
            end++;
        }
        put_rows(writer, first > 0 ? ",[" : "[", state->forks + first, end - first);
    }
    put(writer, "]");
}

static void put_gossip(struct writer *writer, const struct hc_message *message)
{
    char network[HEX_CHARS(HC_NETWORK_BYTES) + 1], from[ID_HEX_CHARS + 1], sign[BASE64_CHARS(HC_SIGNATURE_BYTES) + 1];
    char head[512];
    bool request = message->type == HC_MESSAGE_REQUEST;
    hex_encode(network, message->network, HC_NETWORK_BYTES);
    hex_encode(from, message->from, HC_ID_BYTES);
    base64_encode(sign, request ? message->nonce : message->proof, request ? HC_NONCE_BYTES : HC_SIGNATURE_BYTES);
    snprintf(head, sizeof head, "{\"howcoin\":%d,\"type\":\"%s\",\"network\":\"%s\",\"from\":\"%s\",\"%s\":\"%s\"",
             HC_WIRE_VERSION, type_names[message->type], network, from, message_keys[request ? KEY_NONCE : KEY_PROOF],
             sign);
    put(writer, head);
    if (message->reached != HC_REACH_UNKNOWN) {
        put(writer, message->reached == HC_REACH_YES ? ",\"reached\":true" : ",\"reached\":false");
    }
    if (writer->line) {
        put_rows(writer, ",\"rows\":[", message->state->live, message->state->live_count);
    } else {
        size_t count = message->state->live_count;
        put(writer, ",\"rows\":[]");
        writer->used += message->state->live_text_bytes + (count > 0 ? count - 1 : 0);
    }
    if (message->state->gone_count > 0) {
        put_gone(writer, message->state);
    }
    if (message->state->fork_count > 0) {
        put_forks(writer, message->state);
    }
    put(writer, "}\n");
}

static void put_error(struct writer *writer, const struct hc_message *message)
{
    const char *text = message->error.text;
    char head[128], escaped[2 * HC_FAULT_TEXT_BYTES], *to = escaped;
    snprintf(head, sizeof head, "{\"howcoin\":%d,\"type\":\"%s\",\"code\":\"%s\",\"message\":\"", HC_WIRE_VERSION,
             type_names[HC_MESSAGE_ERROR], hc_code_name(message->error.code));
    /* It may quote what came, which may be anything. */
    for (text = text_is_printable(text, strlen(text)) ? text : hc_code_text(message->error.code); *text; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to = '\0';
    put(writer, head);
    put(writer, escaped);
    if (message->proved) {
        char from[ID_HEX_CHARS + 1], proof[BASE64_CHARS(HC_SIGNATURE_BYTES) + 1];
        hex_encode(from, message->from, HC_ID_BYTES);
        base64_encode(proof, message->proof, HC_SIGNATURE_BYTES);
        put(writer, "\",\"from\":\"");
        put(writer, from);
        put(writer, "\",\"proof\":\"");
        put(writer, proof);
    }
    put(writer, "\"}\n");
}

static void put_message(struct writer *writer, const struct hc_message *message)
{
    if (message->type == HC_MESSAGE_ERROR) {
        put_error(writer, message);
    } else {
        put_gossip(writer, message);
    }
}

size_t hc_wire_size(const struct hc_message *message)
{
    struct writer writer = {0};
    put_message(&writer, message);
    return writer.used;
}

enum hc_code hc_wire_encode(char **line, size_t *bytes, const struct hc_message *message)
{
    *bytes = 0;
    size_t size = hc_wire_size(message);
    struct writer writer = {.line = memory_new(size + 1, 1)};
    *line = writer.line;
    if (!writer.line) {
        return HC_NO_MEMORY;
    }
    put_message(&writer, message);
    ASSERT(writer.used == size);
    writer.line[size] = '\0';
    *bytes = size;
    return HC_OK;
}

void hc_wire_free(char *line)
{
    memory_free(line);
}
