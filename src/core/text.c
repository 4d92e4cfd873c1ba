#include "core/text.h"
#include "howcoin/node.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hex_encode(char *out, const uint8_t *in, size_t bytes)
{
    sodium_bin2hex(out, bytes * 2 + 1, in, bytes);
}

bool hex_decode(uint8_t *out, size_t bytes, const char *text, size_t chars)
{
    size_t got = 0;
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
    sodium_bin2base64(out, BASE64_CHARS(bytes) + 1, in, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool base64_decode(uint8_t *out, size_t bytes, const char *text, size_t chars)
{
    size_t got = 0;
    bool ok =
        chars == BASE64_CHARS(bytes) &&
        sodium_base642bin(out, bytes, text, chars, NULL, &got, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
        got == bytes;
    if (!ok) {
        memset(out, 0, bytes);
    }
    return ok;
}

/* Reads one character; its length in bytes, or 0 if it is not UTF-8. */
static size_t utf8_read(uint32_t *character, const uint8_t *text, size_t bytes)
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
    }
    return true;
}

bool text_is_utf8(const char *text, size_t bytes)
{
    return text_is(text, bytes, is_any);
}

bool text_is_printable(const char *text, size_t bytes)
{
    return text_is(text, bytes, is_printable);
}

enum hc_code hc_name_check(const char *name, struct hc_fault *fault)
{
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

/* Decimal digits without a sign or leading zeros, 1 to 65535; 0 if it is none. */
static uint16_t port_parse(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0' || text[0] == '0') {
        return 0;
    }
    long port = strtol(text, NULL, 10);
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static bool is_host_name(const char *host, size_t chars)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    if (chars == 0 || host[0] == '-' || host[0] == '.') {
        return false;
    }
    size_t last_label = chars;
    while (last_label > 0 && host[last_label - 1] != '.') {
        last_label--;
    }
    /* What ends like an IPv4 address is one, or nothing. */
    if (strspn(host + last_label, "0123456789") == chars - last_label) {
        return false;
    }
    return strspn(host, allowed) >= chars;
}

/* Writes the canonical form of a host, brackets included; false if it is none. */
static bool host_canonical(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, size_t chars)
{
    char host[HC_ADDR_BYTES_MAX + 1];
    uint8_t binary[16];
    if (chars > HC_ADDR_BYTES_MAX - 6) {
        return false;
    }
    for (size_t i = 0; i < chars; i++) {
        host[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    host[chars] = '\0';
    if (chars > 2 && host[0] == '[' && host[chars - 1] == ']') {
        host[chars - 1] = '\0';
        char ip[INET6_ADDRSTRLEN];
        if (inet_pton(AF_INET6, host + 1, binary) != 1 || !inet_ntop(AF_INET6, binary, ip, sizeof ip)) {
            return false;
        }
        snprintf(out, HC_ADDR_BYTES_MAX + 1, "[%s]", ip);
        return true;
    }
    if (inet_pton(AF_INET, host, binary) != 1 && !is_host_name(host, chars)) {
        return false;
    }
    memcpy(out, host, chars + 1);
    return true;
}

enum hc_code hc_address_parse(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, const char *default_host,
                              struct hc_fault *fault)
{
    const char *colon = strrchr(text, ':');
    const char *port_text = colon ? colon + 1 : text;
    out[0] = '\0';
    uint16_t port = port_parse(port_text);
    if (port == 0) {
        return fault_set(fault, HC_BAD_ADDRESS,
                         "'%.80s' is not an address: a port is a number from 1 to 65535, "
                         "alone or behind HOST:",
                         text);
    }
    char host[HC_ADDR_BYTES_MAX + 1];
    bool ok = colon ? host_canonical(host, text, (size_t)(colon - text))
                    : host_canonical(host, default_host, strlen(default_host));
    if (!ok) {
        return fault_set(fault, HC_BAD_ADDRESS,
                         "'%.80s' is not an address: a host is a name, an IPv4 address or an "
                         "[IPv6 address]",
                         text);
    }
    int chars = snprintf(out, HC_ADDR_BYTES_MAX + 1, "%s:%u", host, port);
    ASSERT(chars > 0 && chars <= (int)HC_ADDR_BYTES_MAX);
    return HC_OK;
}

bool address_is_canonical(const char *text)
{
    char canonical[HC_ADDR_BYTES_MAX + 1];
    return strchr(text, ':') && hc_address_parse(canonical, text, "", NULL) == HC_OK && strcmp(canonical, text) == 0;
}

void address_split(char host[static HC_ADDR_BYTES_MAX + 1], uint16_t *port, const char *address)
{
    const char *colon = strrchr(address, ':');
    ASSERT(colon && colon - address <= (ptrdiff_t)HC_ADDR_BYTES_MAX);
    bool brackets = address[0] == '[';
    size_t chars = (size_t)(colon - address) - (brackets ? 2 : 0);
    memcpy(host, address + (brackets ? 1 : 0), chars);
    host[chars] = '\0';
    *port = port_parse(colon + 1);
}
