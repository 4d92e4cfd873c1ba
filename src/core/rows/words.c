/* The lists of a link's message. */
#include "core/rows/words.h"

#include <string.h>

#include "core/common/array.h"
#include "core/common/memory.h"
#include "howcoin/row.h"

struct hc_words *words_new(void)
{
    struct hc_words *words = memory_new(1, sizeof *words);
    if (words) {
        words->refs = 1;
    }
    return words;
}

struct hc_words *words_ref(struct hc_words *words)
{
    ASSERT(words->refs > 0 && words->refs < UINT32_MAX);
    words->refs++;
    return words;
}

void words_unref(struct hc_words *words)
{
    if (!words) {
        return;
    }
    ASSERT(words->refs > 0);
    if (--words->refs > 0) {
        return;
    }
    for (size_t i = 0; i < words->patch_count; i++) {
        memory_free(words->patches[i].sent);
        hc_row_unref(words->patches[i].row);
    }
    memory_free(words->patches);
    memory_free(words->verdicts);
    memory_free(words->listed);
    memory_free(words->wanted);
    memory_free(words->buckets);
    memory_free(words);
}

struct patch *words_add_patch(struct hc_words *words)
{
    ASSERT(words->refs == 1);
    if (!ARRAY_RESERVE(words->patches, words->patch_capacity, words->patch_count + 1)) {
        return NULL;
    }
    struct patch *patch = &words->patches[words->patch_count++];
    *patch = (struct patch){0};
    return patch;
}

bool patch_reserve(struct patch *patch, size_t count)
{
    ASSERT(!patch->sent && count <= HC_PAYEES_MAX);
    patch->sent = count > 0 ? memory_new(count, sizeof *patch->sent) : NULL;
    return count == 0 || patch->sent;
}

struct verdict *words_add_verdict(struct hc_words *words)
{
    ASSERT(words->refs == 1);
    if (!ARRAY_RESERVE(words->verdicts, words->verdict_capacity, words->verdict_count + 1)) {
        return NULL;
    }
    struct verdict *verdict = &words->verdicts[words->verdict_count++];
    *verdict = (struct verdict){0};
    return verdict;
}

struct listed *words_add_listed(struct hc_words *words)
{
    ASSERT(words->refs == 1);
    if (!ARRAY_RESERVE(words->listed, words->listed_capacity, words->listed_count + 1)) {
        return NULL;
    }
    struct listed *listed = &words->listed[words->listed_count++];
    *listed = (struct listed){0};
    return listed;
}

bool words_want(struct hc_words *words, const uint8_t id[static ID_SHORT_BYTES])
{
    ASSERT(words->refs == 1);
    if (!ARRAY_RESERVE(words->wanted, words->wanted_capacity, words->wanted_count + 1)) {
        return false;
    }
    memcpy(words->wanted[words->wanted_count++], id, ID_SHORT_BYTES);
    return true;
}

bool words_add_buckets(struct hc_words *words)
{
    ASSERT(words->refs == 1 && !words->buckets);
    words->buckets = memory_new(BUCKETS, sizeof *words->buckets);
    return words->buckets;
}
