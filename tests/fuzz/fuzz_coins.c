/* Any bytes as a coins file: refused with words, or numbers that make the same network when they are written down again. */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct coins coins, again;
    struct fault fault = {0};
    char *text = malloc(size + 1);
    ASSERT(text);
    if (size > 0) {
        memcpy(text, data, size);
    }
    enum hc_code code = coins_parse(&coins, text, size, "fuzz", "", &fault);
    free(text);
    if (code != HC_OK) {
        ASSERT(code == HC_BAD_COINS && fault.code == code && strlen(fault.text) > 0 && !coins.numbers);
        return 0;
    }
    ASSERT(coins.count > 0 && coins.count <= size);
    size_t used = 0;
    char *written = malloc(coins.count * 20);
    ASSERT(written);
    for (size_t i = 0; i < coins.count; i++) {
        ASSERT(coins.numbers[i] <= COINS_MAX);
        used += (size_t)sprintf(written + used, "%" PRIu64 "\n", coins.numbers[i]);
    }
    code = coins_parse(&again, written, used, "fuzz", "", &fault);
    ASSERT(code == HC_OK && again.count == coins.count);
    ASSERT(memcmp(again.network, coins.network, NETWORK_BYTES) == 0);
    uint64_t drawn = coins_draw(&coins, fuzz_key(0)->id, size), drawn_again = coins_draw(&again, fuzz_key(0)->id, size);
    ASSERT(drawn == drawn_again);
    free(written);
    coins_free(&coins);
    coins_free(&again);
    return 0;
}
