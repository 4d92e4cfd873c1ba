/* The writers of a message's keys: wire_encode.c goes through them in the order of MESSAGE_KEYS. Each writes its key and
 * its value, or nothing if there is nothing to say. */
#ifndef HOWCOIN_CORE_WIRE_WRITE_H
#define HOWCOIN_CORE_WIRE_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/wire/wire_keys.h"

/* Counts what is written, and writes it if there is somewhere to. */
struct writer {
    char *line; /* NULL: count only. Otherwise there is room for one byte more than was counted */
    size_t used;
};

#define X(key, name, required, optional, read, put) void put(struct writer *writer, const struct hc_message *message);
MESSAGE_KEYS(X)
#undef X

void put_bytes(struct writer *writer, const char *bytes, size_t count);
void put_plain(struct writer *writer, const char *text);
/* A comma or, before the first, a brace; the key; a colon. */
void put_key(struct writer *writer, enum message_key key);
void put_number(struct writer *writer, uint64_t number);
/* A string. The text needs no escapes. */
void put_string(struct writer *writer, const char *text);
/* Bytes as a string, in the form that text.h has for them. */
void put_hex(struct writer *writer, const uint8_t *bytes, size_t count);
void put_base64(struct writer *writer, const uint8_t *bytes, size_t count);
/* Why a node is gone: the name of a code. A code that no peer is dropped for is told as unreachable. */
void put_reason(struct writer *writer, enum hc_code reason);

#endif
