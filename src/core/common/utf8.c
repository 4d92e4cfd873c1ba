/* UTF-8, read strictly: no longer forms, no surrogates. */
#include "core/common/utf8.h"

#include <stdbool.h>
#include <string.h>

size_t utf8_read(uint32_t *character, const uint8_t *text, size_t bytes)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t form = 0; form < 4; form++) {
        if ((text[0] & forms[form].mask) != forms[form].lead) {
            continue;
        }
        if (bytes < form + 1) {
            return 0;
        }
        uint32_t value = text[0] & (uint8_t)~forms[form].mask;
        for (size_t i = 1; i <= form; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return 0;
            }
            value = value << 6 | (text[i] & 0x3f);
        }
        bool whole = value >= forms[form].least && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
        *character = value;
        return whole ? form + 1 : 0;
    }
    return 0;
}

void utf8_clean(char *text)
{
    size_t bytes = strlen(text);
    for (size_t at = 0, length; at < bytes; at += length) {
        uint32_t character;
        length = utf8_read(&character, (const uint8_t *)text + at, bytes - at);
        if (length == 0 || character < 0x20 || character == 0x7f) {
            text[at] = '?';
            length = 1;
        }
    }
}
