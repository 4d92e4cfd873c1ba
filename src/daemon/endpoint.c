/* What can be wrong with --bind and --advertise is said here, before anything listens. */
#include "daemon/endpoint.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "core/common/address.h"
#include "core/common/error.h"
#include "howcoin/node.h"

/* Nothing runs yet that could be held up. */
enum hc_code endpoint_bind(union address *address, const char *host, uint16_t port, struct hc_fault *fault)
{
    ASSERT(host && fault);
    if (address_read(address, host, port)) {
        return HC_OK;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    int status = getaddrinfo(host, service, &hints, &found);
    if (status != 0) {
        return fault_set(fault, HC_BAD_ADDRESS, "--bind '%.100s' is not an address of this machine: %s", host,
                         gai_strerror(status));
    }
    ASSERT(found->ai_addrlen <= sizeof *address);
    memcpy(address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return HC_OK;
}

enum hc_code endpoint_advertise(char out[static HC_ADDR_BYTES_MAX + 1], const char *text, uint16_t port,
                                struct hc_fault *fault)
{
    char whole[HC_ADDR_BYTES_MAX + 16], host[HC_ADDR_BYTES_MAX + 1];
    union address numeric;
    uint16_t ignored;
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    ASSERT(port > 0);
    if (strlen(text) > HC_ADDR_BYTES_MAX) {
        return fault_set(fault, HC_BAD_ADDRESS, "an address has at most %u bytes", HC_ADDR_BYTES_MAX);
    }
    if (text[0] == '\0' || text[strspn(text, "0123456789")] == '\0') {
        return fault_set(fault, HC_BAD_ADDRESS, "--advertise '%.100s' has no host: expected HOST or HOST:PORT", text);
    }
    if (address_read(&numeric, text, 0) && numeric.any.sa_family == AF_INET6) {
        (void)snprintf(whole, sizeof whole, "[%s]:%u", text, port);
    } else if (!colon || (bracket && colon < bracket)) {
        (void)snprintf(whole, sizeof whole, "%s:%u", text, port);
    } else {
        (void)snprintf(whole, sizeof whole, "%s", text);
    }
    enum hc_code code = hc_address_parse(out, whole, "127.0.0.1", fault);
    if (code != HC_OK) {
        return code;
    }
    hc_address_split(host, &ignored, out);
    if (address_read(&numeric, host, 0) && address_is_wildcard(&numeric)) {
        return fault_set(fault, HC_BAD_ADDRESS,
                         "no node can reach %s: --advertise needs the address of this machine as others see it", host);
    }
    return HC_OK;
}
