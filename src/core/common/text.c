/* The encodings are libsodium's, made strict. */
#include "core/common/text.h"

#include <sodium.h>
#include <string.h>

#include "core/common/utf8.h"

void hex_encode(char *out, const uint8_t *in, size_t bytes)
{
    ASSERT(out && in);
    sodium_bin2hex(out, bytes * 2 + 1, in, bytes);
}

void hc_id_hex(char out[static HC_ID_HEX_CHARS + 1], const uint8_t id[static HC_ID_BYTES])
{
    hex_encode(out, id, HC_ID_BYTES);
}

bool hex_decode(uint8_t *out, size_t bytes, const char *text, size_t chars)
{
    size_t got = 0;
    ASSERT(out && text);
    bool ok = chars == HEX_CHARS(bytes) && !memchr(text, 0, chars) &&
              sodium_hex2bin(out, bytes, text, chars, NULL, &got, NULL) == 0 && got == bytes;
    for (size_t i = 0; ok && i < chars; i++) {
        ok = text[i] < 'A' || text[i] > 'F';
    }
    if (!ok) {
        memset(out, 0, bytes);
    }
    return ok;
}

void base64_encode(char *out, const uint8_t *in, size_t bytes)
{
    ASSERT(out && in);
    sodium_bin2base64(out, BASE64_CHARS(bytes) + 1, in, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool base64_decode(uint8_t *out, size_t bytes, const char *text, size_t chars)
{
    size_t got = 0;
    ASSERT(out && text);
    bool ok =
        chars == BASE64_CHARS(bytes) &&
        sodium_base642bin(out, bytes, text, chars, NULL, &got, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
        got == bytes;
    if (!ok) {
        memset(out, 0, bytes);
    }
    return ok;
}

static bool is_printable(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } unprintable[] = {
        {0x0000, 0x001f},    {0x007f, 0x009f},                   /* controls */
        {0x00ad, 0x00ad},    {0x0300, 0x036f},                   /* soft hyphen; marks that pile up on a letter */
        {0x061c, 0x061c},    {0x115f, 0x1160}, {0x180b, 0x180f}, /* marks and fillers of no width */
        {0x200b, 0x200f},    {0x2028, 0x202e}, {0x2060, 0x206f}, /* no width, lines, directions */
        {0x20d0, 0x20ff},    {0xd800, 0xf8ff}, {0xfe00, 0xfe0f}, /* more marks; surrogates and private use; variants */
        {0xfeff, 0xfeff},    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, /* byte order mark, specials */
        {0xe0000, 0x10ffff},                                     /* tags, variants, private use */
    };
    for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++) {
        if (c >= unprintable[i].first && c <= unprintable[i].last) {
            return false;
        }
    }
    return true;
}

static bool is_any(uint32_t c)
{
    (void)c;
    return true;
}

static bool text_is(const char *text, size_t bytes, bool (*allowed)(uint32_t))
{
    for (size_t at = 0; at < bytes;) {
        uint32_t character;
        size_t length = utf8_read(&character, (const uint8_t *)text + at, bytes - at);
        if (length == 0 || !allowed(character)) {
            return false;
        }
        at += length;
        ASSERT(at <= bytes);
    }
    return true;
}

bool text_is_utf8(const char *text, size_t bytes)
{
    ASSERT(text || bytes == 0);
    return text_is(text, bytes, is_any);
}

bool text_is_printable(const char *text, size_t bytes)
{
    ASSERT(text || bytes == 0);
    return text_is(text, bytes, is_printable);
}

enum hc_code hc_name_check(const char *name, struct hc_fault *fault)
{
    ASSERT(name);
    size_t bytes = strlen(name);
    if (bytes > HC_NAME_BYTES_MAX) {
        return fault_set(fault, HC_BAD_NAME, "a name has at most %u bytes, '%.40s' has %zu", HC_NAME_BYTES_MAX, name,
                         bytes);
    }
    if (!text_is_printable(name, bytes)) {
        return fault_set(fault, HC_BAD_NAME, "a name is printable UTF-8, '%.40s' is not", name);
    }
    return HC_OK;
}
