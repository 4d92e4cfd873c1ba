/* Socket addresses, IPv4 and IPv6 alike. */
#include "daemon/address.h"

#include <string.h>
#include <uv.h>

#include "core/common/error.h"

bool address_read(union address *address, const char *host, uint16_t port)
{
    memset(address, 0, sizeof *address);
    if (uv_ip4_addr(host, port, &address->v4) == 0 || uv_ip6_addr(host, port, &address->v6) == 0) {
        return true;
    }
    memset(address, 0, sizeof *address);
    return false;
}

uint16_t address_port(const union address *address)
{
    ASSERT(address->any.sa_family == AF_INET || address->any.sa_family == AF_INET6);
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

void address_set_port(union address *address, uint16_t port)
{
    ASSERT(address->any.sa_family == AF_INET || address->any.sa_family == AF_INET6);
    if (address->any.sa_family == AF_INET6) {
        address->v6.sin6_port = htons(port);
    } else {
        address->v4.sin_port = htons(port);
    }
}

bool address_is_wildcard(const union address *address)
{
    return address->any.sa_family == AF_INET6
               ? IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr)
               : address->any.sa_family == AF_INET && address->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

void ip_of(uint8_t ip[static IP_BYTES], const union address *address)
{
    memset(ip, 0, IP_BYTES);
    if (address->any.sa_family == AF_INET6) {
        memcpy(ip, &address->v6.sin6_addr, IP_BYTES);
    } else if (address->any.sa_family == AF_INET) {
        ip[10] = ip[11] = 0xff;
        memcpy(ip + 12, &address->v4.sin_addr, 4);
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
