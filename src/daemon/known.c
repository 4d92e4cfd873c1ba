/* A ring: the newest address takes the oldest one's place. */
#include "daemon/known.h"

#include <string.h>

#include "core/common/error.h"

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
    ASSERT(known->count <= KNOWN_MAX && known->next < KNOWN_MAX);
    memcpy(known->list[known->next], ip, IP_BYTES);
    known->next = (known->next + 1) % KNOWN_MAX;
    known->count += known->count < KNOWN_MAX;
}
