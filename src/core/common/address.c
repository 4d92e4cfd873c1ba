/* What an address is, and its one canonical form. The only user of inet_pton and inet_ntop here, which look nothing
 * up. */
#include "core/common/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A colon and five digits. */
#define PORT_CHARS_MAX 6u

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

/* Writes the canonical form of a host, brackets included; false if it is none. It leaves room for a colon and a
 * port. */
static bool host_canonical(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, size_t chars)
{
    char host[HC_ADDR_BYTES_MAX + 1];
    uint8_t binary[16];
    if (chars > HC_ADDR_BYTES_MAX - PORT_CHARS_MAX) {
        return false;
    }
    for (size_t i = 0; i < chars; i++) {
        host[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
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
    ASSERT(out && text && default_host);
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

bool address_host(char host[static HC_ADDR_BYTES_MAX + 1], const char *text)
{
    char bracketed[INET6_ADDRSTRLEN + 2];
    ASSERT(host && text);
    if (text[0] != '[' && strchr(text, ':')) {
        int chars = snprintf(bracketed, sizeof bracketed, "[%s]", text);
        if (chars < 0 || (size_t)chars >= sizeof bracketed) {
            return false;
        }
        text = bracketed;
    }
    if (!host_canonical(host, text, strlen(text))) {
        return false;
    }
    if (host[0] == '[') {
        size_t chars = strlen(host) - 2;
        memmove(host, host + 1, chars);
        host[chars] = '\0';
    }
    return true;
}

bool address_complete(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, uint16_t port)
{
    char host[HC_ADDR_BYTES_MAX + 1];
    ASSERT(out && text && port > 0);
    if (!address_host(host, text)) {
        return strchr(text, ':') && hc_address_parse(out, text, "", NULL) == HC_OK;
    }
    int chars = snprintf(out, HC_ADDR_BYTES_MAX + 1, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    ASSERT(chars > 0 && chars <= (int)HC_ADDR_BYTES_MAX);
    return true;
}

bool address_host_is_wildcard(const char *host)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, host, &ipv4) == 1) {
        return ipv4.s_addr == htonl(INADDR_ANY);
    }
    return inet_pton(AF_INET6, host, &ipv6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&ipv6);
}

bool address_is_canonical(const char *text)
{
    char canonical[HC_ADDR_BYTES_MAX + 1];
    ASSERT(text);
    return strchr(text, ':') && hc_address_parse(canonical, text, "", NULL) == HC_OK && strcmp(canonical, text) == 0;
}

void hc_address_split(char host[static HC_ADDR_BYTES_MAX + 1], uint16_t *port, const char *address)
{
    ASSERT(host && port && address);
    const char *colon = strrchr(address, ':');
    ASSERT(colon && colon > address && colon - address <= (ptrdiff_t)HC_ADDR_BYTES_MAX);
    bool brackets = address[0] == '[';
    size_t chars = (size_t)(colon - address) - (brackets ? 2 : 0);
    memcpy(host, address + (brackets ? 1 : 0), chars);
    host[chars] = '\0';
    *port = port_parse(colon + 1);
    ASSERT(*port > 0); /* it is canonical */
}
