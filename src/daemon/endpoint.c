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
    char host[HC_ADDR_BYTES_MAX + 1];
    uint16_t ignored;
    if (!address_complete(out, text, port)) {
        return fault_set(fault, HC_BAD_ADDRESS, "--advertise '%.100s' is not an address: expected HOST or HOST:PORT",
                         text);
    }
    hc_address_split(host, &ignored, out);
    if (address_host_is_wildcard(host)) {
        return fault_set(fault, HC_BAD_ADDRESS,
                         "no node can reach %s: --advertise needs the address of this machine as others see it", host);
    }
    return HC_OK;
}
