/* Any bytes as a coins file: refused with a message, or numbers that make the same network when they are written out
 * again. */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hc_network *network, *again;
    struct hc_fault fault = {0};
    char *text = malloc(size + 1);
    ASSERT(text);
    if (size > 0) {
        memcpy(text, data, size);
    }
    enum hc_code code = hc_network_new(&network, text, size, "fuzz", "", &fault);
    free(text);
    if (code != HC_OK) {
        ASSERT(code == HC_BAD_COINS && fault.code == code && strlen(fault.text) > 0 && !network);
        return 0;
    }
    ASSERT(network->count > 0 && network->count <= size);
    size_t used = 0;
    char *written = malloc(network->count * 20);
    ASSERT(written);
    for (size_t i = 0; i < network->count; i++) {
        ASSERT(network->numbers[i] <= HC_COINS_MAX);
        used += (size_t)sprintf(written + used, "%" PRIu64 "\n", network->numbers[i]);
    }
    code = hc_network_new(&again, written, used, "fuzz", "", &fault);
    ASSERT(code == HC_OK && again->count == network->count);
    ASSERT(memcmp(again->id, network->id, HC_NETWORK_BYTES) == 0);
    uint64_t drawn = network_draw(network, fuzz_key(0)->id, size),
             drawn_again = network_draw(again, fuzz_key(0)->id, size);
    ASSERT(drawn == drawn_again);
    free(written);
    hc_network_free(network);
    hc_network_free(again);
    return 0;
}
