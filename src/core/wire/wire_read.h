/* The readers of a message's keys: wire_decode.c goes through them in the order of MESSAGE_KEYS. Each looks at one value,
 * and puts what it says into the message, or refuses it. */
#ifndef HOWCOIN_CORE_WIRE_READ_H
#define HOWCOIN_CORE_WIRE_READ_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/wire/wire_keys.h"

struct reader {
    struct hc_message *message; /* its type, and the state and words that belong to it, are there already */
    const uint8_t *network;     /* ours */
    struct hc_fault *fault;
    size_t bytes;                  /* of the line, without its end */
    const cJSON *items[KEY_COUNT]; /* NULL where the message has no such key */
};

#define X(key, name, required, optional, read, put) \
    enum hc_code read(struct reader *reader, const cJSON *item, const char *key_name);
MESSAGE_KEYS(X)
#undef X

/* Refuses a value: HC_BAD_FRAME. `what` ends in "was" or "were". */
enum hc_code read_expected(const struct reader *reader, const char *key, const char *what);
/* Refuses what stands at `index` of a key's array, in the words that the fault has: they go behind the place. */
enum hc_code read_refuse_at(const struct reader *reader, enum hc_code code, const char *key, size_t index);
/* Why a node is gone, by the name of a code. Another string counts as HC_UNREACHABLE; false: it is none. */
bool read_reason(enum hc_code *reason, const cJSON *item);

/* After all keys of a message with rows: sorts them, and looks at the limits that concern them together. */
enum hc_code state_finish(struct reader *reader);
/* Whether there are rows in a sealed state, and all of one owner. */
bool state_is_of_one(const struct hc_state *state);

#endif
