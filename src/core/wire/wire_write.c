/* What the writers of keys share. */
#include "core/wire/wire_write.h"

#include <string.h>

#include "core/common/text.h"

static const char *const names[KEY_COUNT] = {
#define X(key, name, required, optional, read, put) name,
    MESSAGE_KEYS(X)
#undef X
};

void put_bytes(struct writer *writer, const char *bytes, size_t count)
{
    if (writer->line) {
        memcpy(writer->line + writer->used, bytes, count);
    }
    writer->used += count;
}

void put_plain(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

void put_key(struct writer *writer, enum message_key key)
{
    put_plain(writer, writer->used > 0 ? ",\"" : "{\"");
    put_plain(writer, names[key]);
    put_plain(writer, "\":");
}

void put_number(struct writer *writer, uint64_t number)
{
    char digits[20], *first = digits + sizeof digits;
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(writer, first, (size_t)(digits + sizeof digits - first));
}

void put_string(struct writer *writer, const char *text)
{
    put_plain(writer, "\"");
    put_plain(writer, text);
    put_plain(writer, "\"");
}

/* The encoders write a NUL behind what they write: the next piece overwrites it. */
void put_hex(struct writer *writer, const uint8_t *bytes, size_t count)
{
    put_plain(writer, "\"");
    if (writer->line) {
        hex_encode(writer->line + writer->used, bytes, count);
    }
    writer->used += HEX_CHARS(count);
    put_plain(writer, "\"");
}

void put_base64(struct writer *writer, const uint8_t *bytes, size_t count)
{
    put_plain(writer, "\"");
    if (writer->line) {
        base64_encode(writer->line + writer->used, bytes, count);
    }
    writer->used += BASE64_CHARS(count);
    put_plain(writer, "\"");
}

void put_reason(struct writer *writer, enum hc_code reason)
{
    enum code_kind kind = code_kind(reason);
    put_string(writer, hc_code_name(kind == CODE_PEER || kind == CODE_MESSAGE ? reason : HC_UNREACHABLE));
}
