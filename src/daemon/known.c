#include "daemon/known.h"

#include <netinet/in.h>
#include <string.h>

bool known_has(const struct known *known, const uint8_t ip[static IP_BYTES])
{
    for (size_t i = 0; i < known->count; i++) {
        if (memcmp(known->list[i], ip, IP_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

void known_add(struct known *known, const uint8_t ip[static IP_BYTES])
{
    if (known_has(known, ip)) {
        return;
    }
    memcpy(known->list[known->next], ip, IP_BYTES);
    known->next = (known->next + 1) % KNOWN_MAX;
    known->count += known->count < KNOWN_MAX;
}

void ip_of(uint8_t ip[static IP_BYTES], const struct sockaddr *address)
{
    memset(ip, 0, IP_BYTES);
    if (address->sa_family == AF_INET6) {
        memcpy(ip, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    } else if (address->sa_family == AF_INET) {
        ip[10] = ip[11] = 0xff;
        memcpy(ip + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    }
}

bool ip_is_v4(const uint8_t ip[static IP_BYTES])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(ip, mapped, sizeof mapped) == 0;
}

bool ip_is_loopback(const uint8_t ip[static IP_BYTES])
{
    return ip_is_v4(ip) ? ip[12] == 127 : memcmp(ip, &in6addr_loopback, IP_BYTES) == 0;
}
