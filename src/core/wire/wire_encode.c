/* A message becomes one line: counted first, then written into a block of that size. wire_words.c writes the words. */
#include "howcoin/wire.h"

#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "core/rows/state.h"
#include "core/wire/wire_write.h"

static const struct {
    unsigned known; /* in which types */
    void (*put)(struct writer *writer, const struct hc_message *message);
} keys[KEY_COUNT] = {
#define X(key, name, required, optional, read, put) {(required) | (optional), put},
    MESSAGE_KEYS(X)
#undef X
};

const char *hc_message_type_name(enum hc_message_type type)
{
    static const char *const types[] = {"request", "reply", "error", "hello", "welcome", "proof",
                                        "beat",    "news",  "lazy",  "eager", "buckets", "list",
                                        "want",    "rows",  "took",  "bye",   "unknown"};
    ASSERT((size_t)type < sizeof types / sizeof *types);
    return types[type];
}

/* ---- What message this is, and who sends it ---- */

static bool is_of(const struct hc_message *message, unsigned types)
{
    return types & 1u << message->type;
}

void version_put(struct writer *writer, const struct hc_message *message)
{
    if (is_of(message, IN_FIRST)) {
        put_key(writer, KEY_VERSION);
        put_number(writer, message->type == HC_MESSAGE_HELLO ? message->lowest : HC_WIRE_VERSION);
    }
}

void type_put(struct writer *writer, const struct hc_message *message)
{
    put_key(writer, KEY_TYPE);
    put_string(writer, is_of(message, IN_GOSSIP) ? TYPE_GOSSIP : hc_message_type_name(message->type));
}

void highest_put(struct writer *writer, const struct hc_message *message)
{
    ASSERT(message->lowest <= HC_WIRE_VERSION && HC_WIRE_VERSION <= message->highest);
    if (message->highest != message->lowest) {
        put_key(writer, KEY_HIGHEST);
        put_number(writer, message->highest);
    }
}

void code_put(struct writer *writer, const struct hc_message *message)
{
    put_key(writer, KEY_CODE);
    put_string(writer, hc_code_name(message->error.code));
}

/* The text may quote what came, which may be anything: what cannot be printed is not passed on. */
void text_put(struct writer *writer, const struct hc_message *message)
{
    const char *text = message->error.text;
    char escaped[2 * HC_FAULT_TEXT_BYTES], *to = escaped;
    for (text = text_is_printable(text, strlen(text)) ? text : hc_code_text(message->error.code); *text; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    ASSERT(to < escaped + sizeof escaped);
    *to = '\0';
    put_key(writer, KEY_MESSAGE);
    put_string(writer, escaped);
}

void network_put(struct writer *writer, const struct hc_message *message)
{
    put_key(writer, KEY_NETWORK);
    put_hex(writer, message->network, HC_NETWORK_BYTES);
}

void from_put(struct writer *writer, const struct hc_message *message)
{
    if (message->type != HC_MESSAGE_ERROR || message->proved) {
        put_key(writer, KEY_FROM);
        put_hex(writer, message->from, HC_ID_BYTES);
    }
}

void nonce_put(struct writer *writer, const struct hc_message *message)
{
    if (message->type != HC_MESSAGE_WELCOME || message->keep) {
        put_key(writer, KEY_NONCE);
        put_base64(writer, message->nonce, HC_NONCE_BYTES);
    }
}

void proof_put(struct writer *writer, const struct hc_message *message)
{
    if (message->type != HC_MESSAGE_ERROR || message->proved) {
        put_key(writer, KEY_PROOF);
        put_base64(writer, message->proof, HC_SIGNATURE_BYTES);
    }
}

/* ---- What it says, beside rows and words ---- */

void digests_put(struct writer *writer, const struct hc_message *message)
{
    if (message->has_digests) {
        put_key(writer, KEY_DIGESTS);
        put_plain(writer, "[");
        put_base64(writer, message->rows_digest, HC_DIGEST_BYTES);
        put_plain(writer, ",");
        put_base64(writer, message->whole_digest, HC_DIGEST_BYTES);
        put_plain(writer, "]");
    }
}

/* A flag that is not set is not written. */
static void flag_put(struct writer *writer, enum message_key key, bool flag)
{
    if (flag) {
        put_key(writer, key);
        put_plain(writer, "true");
    }
}

void keep_put(struct writer *writer, const struct hc_message *message)
{
    flag_put(writer, KEY_KEEP, message->keep);
}

void links_put(struct writer *writer, const struct hc_message *message)
{
    flag_put(writer, KEY_LINKS, message->links);
}

void ring_put(struct writer *writer, const struct hc_message *message)
{
    flag_put(writer, KEY_RING, message->ring);
}

void reached_put(struct writer *writer, const struct hc_message *message)
{
    if (message->reached != HC_REACH_UNKNOWN) {
        put_key(writer, KEY_REACHED);
        put_plain(writer, message->reached == HC_REACH_YES ? "true" : "false");
    }
}

void your_version_put(struct writer *writer, const struct hc_message *message)
{
    if (message->your_version > 0) {
        put_key(writer, KEY_YOUR_VERSION);
        put_number(writer, message->your_version);
    }
}

static void accused_put(struct writer *writer, const struct hc_message *message)
{
    if (message->dropped_why != HC_OK) {
        put_key(writer, KEY_DROPPED);
        put_plain(writer, "{\"code\":");
        put_reason(writer, message->dropped_why);
        put_plain(writer, ",\"ago\":");
        put_number(writer, message->dropped_ago_s);
        put_plain(writer, "}");
    }
}

/* ---- Rows ---- */

static void put_row(struct writer *writer, const struct hc_row *row, bool first)
{
    put_plain(writer, first ? "" : ",");
    put_bytes(writer, row->text, row->text_bytes);
}

static void put_rows(struct writer *writer, struct hc_row *const *rows, size_t count)
{
    put_plain(writer, "[");
    for (size_t i = 0; i < count; i++) {
        put_row(writer, rows[i], i == 0);
    }
    put_plain(writer, "]");
}

/* On a link the key is absent if there are none. */
void live_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_state *state = message->state;
    ASSERT(state || message->type == HC_MESSAGE_NEWS);
    if (!is_of(message, IN_GOSSIP) && (!state || state->live_count == 0)) {
        return;
    }
    put_key(writer, KEY_ROWS);
    if (writer->line) {
        put_rows(writer, state->live, state->live_count);
        return;
    }
    put_plain(writer, "[]");
    writer->used += state->live_text_bytes + (state->live_count > 0 ? state->live_count - 1 : 0);
}

void dropped_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_state *state = message->state;
    if (is_of(message, IN_GREETING)) {
        accused_put(writer, message);
        return;
    }
    if (!state || state->gone_count == 0) {
        return;
    }
    put_key(writer, KEY_DROPPED);
    put_plain(writer, "[");
    for (size_t i = 0; i < state->gone_count; i++) {
        put_row(writer, state->gone[i].row, i == 0);
    }
    put_plain(writer, "]");
}

void ages_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_state *state = message->state;
    if (!state || state->gone_count == 0) {
        return;
    }
    put_key(writer, KEY_AGES);
    for (size_t i = 0; i < state->gone_count; i++) {
        put_plain(writer, i == 0 ? "[" : ",");
        put_number(writer, state->gone[i].age_s);
    }
    put_plain(writer, "]");
}

void forks_put(struct writer *writer, const struct hc_message *message)
{
    const struct hc_state *state = message->state;
    if (!state || state->fork_count == 0) {
        return;
    }
    put_key(writer, KEY_FORKS);
    for (size_t first = 0, end; first < state->fork_count; first = end) {
        end = first + 1;
        while (end < state->fork_count && id_equal(state->forks[end]->fields.id, state->forks[first]->fields.id)) {
            end++;
        }
        put_plain(writer, first == 0 ? "[" : ",");
        put_rows(writer, state->forks + first, end - first);
    }
    put_plain(writer, "]");
}

/* ---- The whole ---- */

static void put_message(struct writer *writer, const struct hc_message *message)
{
    ASSERT((unsigned)message->type <= HC_MESSAGE_UNKNOWN);
    for (unsigned k = 0; k < KEY_COUNT; k++) {
        if (keys[k].known & 1u << message->type) {
            keys[k].put(writer, message);
        }
    }
    put_plain(writer, "}\n");
}

size_t hc_wire_size(const struct hc_message *message)
{
    ASSERT(message);
    struct writer writer = {0};
    put_message(&writer, message);
    return writer.used;
}

enum hc_code hc_wire_encode(char **line, size_t *bytes, const struct hc_message *message)
{
    ASSERT(line && bytes && message);
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
