/* A message becomes one line: counted first, then written into a block of that size. */
#include "howcoin/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "core/rows/state.h"
#include "core/wire/wire_keys.h"

static const char *const names[KEY_COUNT] = {
#define X(key, name, required, optional, read) name,
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

static void put_key(struct writer *writer, enum message_key key)
{
    put(writer, writer->used > 0 ? ",\"" : "{\"");
    put(writer, names[key]);
    put(writer, "\":");
}

/* `text` needs no escapes. */
static void put_plain(struct writer *writer, enum message_key key, const char *text)
{
    put_key(writer, key);
    put(writer, "\"");
    put(writer, text);
    put(writer, "\"");
}

static void put_id(struct writer *writer, const struct hc_message *message)
{
    char id[HC_ID_HEX_CHARS + 1];
    hc_id_hex(id, message->from);
    put_plain(writer, KEY_FROM, id);
}

static void put_network(struct writer *writer, const struct hc_message *message)
{
    char network[HEX_CHARS(HC_NETWORK_BYTES) + 1];
    hex_encode(network, message->network, HC_NETWORK_BYTES);
    put_plain(writer, KEY_NETWORK, network);
}

static void put_nonce(struct writer *writer, const struct hc_message *message)
{
    char nonce[BASE64_CHARS(HC_NONCE_BYTES) + 1];
    base64_encode(nonce, message->nonce, HC_NONCE_BYTES);
    put_plain(writer, KEY_NONCE, nonce);
}

static void put_proof(struct writer *writer, const struct hc_message *message)
{
    char proof[BASE64_CHARS(HC_SIGNATURE_BYTES) + 1];
    base64_encode(proof, message->proof, HC_SIGNATURE_BYTES);
    put_plain(writer, KEY_PROOF, proof);
}

static void put_row(struct writer *writer, const struct hc_row *row, bool first)
{
    put(writer, first ? "" : ",");
    put_bytes(writer, row->text, row->text_bytes);
}

static void put_rows(struct writer *writer, struct hc_row *const *rows, size_t count)
{
    put(writer, "[");
    for (size_t i = 0; i < count; i++) {
        put_row(writer, rows[i], i == 0);
    }
    put(writer, "]");
}

static void put_live(struct writer *writer, const struct hc_state *state)
{
    put_key(writer, KEY_ROWS);
    if (writer->line) {
        put_rows(writer, state->live, state->live_count);
        return;
    }
    put(writer, "[]");
    writer->used += state->live_text_bytes + (state->live_count > 0 ? state->live_count - 1 : 0);
}

static void put_gone(struct writer *writer, const struct hc_state *state)
{
    put_key(writer, KEY_DROPPED);
    put(writer, "[");
    for (size_t i = 0; i < state->gone_count; i++) {
        put_row(writer, state->gone[i].row, i == 0);
    }
    put(writer, "]");
    put_key(writer, KEY_AGES);
    put(writer, "[");
    for (size_t i = 0; i < state->gone_count; i++) {
        char age[16];
        snprintf(age, sizeof age, "%s%" PRIu32, i > 0 ? "," : "", state->gone[i].age_s);
        put(writer, age);
    }
    put(writer, "]");
}

static void put_forks(struct writer *writer, const struct hc_state *state)
{
    put_key(writer, KEY_FORKS);
    put(writer, "[");
    for (size_t first = 0, end; first < state->fork_count; first = end) {
        end = first + 1;
        while (end < state->fork_count && id_equal(state->forks[end]->fields.id, state->forks[first]->fields.id)) {
            end++;
        }
        put(writer, first > 0 ? "," : "");
        put_rows(writer, state->forks + first, end - first);
    }
    put(writer, "]");
}

static void put_gossip(struct writer *writer, const struct hc_message *message)
{
    const struct hc_state *state = message->state;
    ASSERT(state);
    put_plain(writer, KEY_TYPE, TYPE_GOSSIP);
    put_network(writer, message);
    put_id(writer, message);
    if (message->type == HC_MESSAGE_REQUEST) {
        put_nonce(writer, message);
    } else {
        put_proof(writer, message);
    }
    if (message->reached != HC_REACH_UNKNOWN) {
        put_key(writer, KEY_REACHED);
        put(writer, message->reached == HC_REACH_YES ? "true" : "false");
    }
    put_live(writer, state);
    if (state->gone_count > 0) {
        put_gone(writer, state);
    }
    if (state->fork_count > 0) {
        put_forks(writer, state);
    }
}

/* The text may quote what came, which may be anything: what cannot be printed is not passed on. */
static void put_text(struct writer *writer, const struct hc_fault *error)
{
    const char *text = error->text;
    char escaped[2 * HC_FAULT_TEXT_BYTES], *to = escaped;
    for (text = text_is_printable(text, strlen(text)) ? text : hc_code_text(error->code); *text; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    ASSERT(to < escaped + sizeof escaped);
    *to = '\0';
    put_plain(writer, KEY_MESSAGE, escaped);
}

static void put_error(struct writer *writer, const struct hc_message *message)
{
    put_plain(writer, KEY_TYPE, TYPE_ERROR);
    put_plain(writer, KEY_CODE, hc_code_name(message->error.code));
    put_text(writer, &message->error);
    if (message->proved) {
        put_id(writer, message);
        put_proof(writer, message);
    }
}

static void put_message(struct writer *writer, const struct hc_message *message)
{
    char version[16];
    snprintf(version, sizeof version, "%d", HC_WIRE_VERSION);
    put_key(writer, KEY_VERSION);
    put(writer, version);
    if (message->type == HC_MESSAGE_ERROR) {
        put_error(writer, message);
    } else {
        put_gossip(writer, message);
    }
    put(writer, "}\n");
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
