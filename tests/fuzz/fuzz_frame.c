/* Any bytes as a frame: refused with a code of the closed list, or a message that is the same after encoding and
 * decoding. */
#include "fuzz.h"

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "core/rows/row.h"
#include "core/rows/state.h"
#include "core/rows/words.h"
#include "howcoin/wire.h"

static void compare_states(const struct hc_state *x, const struct hc_state *y)
{
    ASSERT(!x == !y);
    if (!x) {
        return;
    }
    ASSERT(x->live_count == y->live_count && x->gone_count == y->gone_count && x->fork_count == y->fork_count);
    uint8_t of_x[HC_DIGEST_BYTES], of_y[HC_DIGEST_BYTES];
    state_digest(of_x, x);
    state_digest(of_y, y);
    ASSERT(memcmp(of_x, of_y, HC_DIGEST_BYTES) == 0);
    for (size_t i = 0; i < x->live_count; i++) {
        ASSERT(strcmp(x->live[i]->text, y->live[i]->text) == 0);
    }
    for (size_t i = 0; i < x->gone_count; i++) {
        ASSERT(strcmp(x->gone[i].row->text, y->gone[i].row->text) == 0 && x->gone[i].age_s == y->gone[i].age_s);
    }
    for (size_t i = 0; i < x->fork_count; i++) {
        ASSERT(strcmp(x->forks[i]->text, y->forks[i]->text) == 0);
    }
}

static void compare_patches(const struct patch *x, const struct patch *y)
{
    ASSERT(memcmp(x->id, y->id, ID_SHORT_BYTES) == 0 && memcmp(x->sig, y->sig, HC_SIGNATURE_BYTES) == 0);
    ASSERT(x->base == y->base && x->version == y->version && x->base < x->version && x->version <= HC_NUMBER_MAX);
    ASSERT(x->draw == y->draw && x->coins == y->coins && x->left == y->left && x->sent_count == y->sent_count);
    for (size_t i = 0; i < x->sent_count; i++) {
        ASSERT(x->sent[i].fresh == y->sent[i].fresh && x->sent[i].amount == y->sent[i].amount);
        ASSERT(id_equal(x->sent[i].payee, y->sent[i].payee));
    }
}

static void compare_words(const struct hc_words *x, const struct hc_words *y)
{
    ASSERT(!x == !y);
    if (!x) {
        return;
    }
    ASSERT(x->patch_count == y->patch_count && x->verdict_count == y->verdict_count);
    ASSERT(x->listed_count == y->listed_count && x->wanted_count == y->wanted_count);
    ASSERT(memcmp(x->covers, y->covers, sizeof x->covers) == 0 && !x->buckets == !y->buckets);
    ASSERT(!x->buckets || memcmp(x->buckets, y->buckets, BUCKETS * sizeof *x->buckets) == 0);
    for (size_t i = 0; i < x->patch_count; i++) {
        compare_patches(&x->patches[i], &y->patches[i]);
    }
    for (size_t i = 0; i < x->verdict_count; i++) {
        ASSERT(memcmp(x->verdicts[i].id, y->verdicts[i].id, ID_SHORT_BYTES) == 0);
        ASSERT(x->verdicts[i].version == y->verdicts[i].version && x->verdicts[i].reason == y->verdicts[i].reason);
    }
    for (size_t i = 0; i < x->listed_count; i++) {
        ASSERT(memcmp(x->listed[i].id, y->listed[i].id, ID_SHORT_BYTES) == 0);
        ASSERT(memcmp(x->listed[i].hash, y->listed[i].hash, ID_SHORT_BYTES) == 0);
        ASSERT(x->listed[i].gone == y->listed[i].gone && x->listed[i].fresh == y->listed[i].fresh);
    }
    for (size_t i = 0; i < x->wanted_count; i++) {
        ASSERT(memcmp(x->wanted[i], y->wanted[i], ID_SHORT_BYTES) == 0);
    }
}

static void compare(const struct hc_message *a, const struct hc_message *b)
{
    ASSERT(a->type == b->type);
    ASSERT(memcmp(a->network, b->network, HC_NETWORK_BYTES) == 0 && id_equal(a->from, b->from));
    ASSERT(memcmp(a->nonce, b->nonce, HC_NONCE_BYTES) == 0 && memcmp(a->proof, b->proof, HC_SIGNATURE_BYTES) == 0);
    ASSERT(a->proved == b->proved && a->reached == b->reached);
    ASSERT(a->keep == b->keep && a->links == b->links && a->ring == b->ring);
    ASSERT(a->lowest == b->lowest && a->highest == b->highest && a->your_version == b->your_version);
    ASSERT(a->has_digests == b->has_digests && memcmp(a->rows_digest, b->rows_digest, HC_DIGEST_BYTES) == 0);
    ASSERT(memcmp(a->whole_digest, b->whole_digest, HC_DIGEST_BYTES) == 0);
    ASSERT(a->dropped_why == b->dropped_why && a->dropped_ago_s == b->dropped_ago_s);
    ASSERT(a->error.code == b->error.code && strcmp(a->error.text, b->error.text) == 0);
    compare_states(a->state, b->state);
    compare_words(a->words, b->words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hc_network *network = fuzz_coins();
    struct hc_message message, again, head;
    struct hc_fault fault = {0};
    char *line, *line_again;
    size_t bytes, bytes_again;
    bool has_head = hc_wire_decode_head(&head, (const char *)data, size, network->id) == HC_OK;
    ASSERT(!head.state && !head.words);
    enum hc_code code = hc_wire_decode(&message, (const char *)data, size, network->id, &fault);
    if (code != HC_OK) {
        ASSERT(code >= HC_BAD_FRAME && code <= HC_BAD_ROW && fault.code == code && !message.state && !message.words);
        ASSERT(strlen(fault.text) > 0);
        return 0;
    }
    if (has_head) { /* it is the same as in the whole */
        ASSERT(message.type == HC_MESSAGE_REQUEST && id_equal(head.from, message.from));
        ASSERT(memcmp(head.nonce, message.nonce, HC_NONCE_BYTES) == 0);
    }
    code = hc_wire_encode(&line, &bytes, &message);
    ASSERT(code == HC_OK && bytes == hc_wire_size(&message) && line[bytes - 1] == '\n');
    ASSERT(!memchr(line, '\n', bytes - 1));
    /* Ages are added, and numbers and escapes in `more` may be spelt shorter than they are written. */
    ASSERT(bytes <= 4 * size + 1024);
    code = hc_wire_decode(&again, line, bytes - 1, network->id, &fault);
    ASSERT(code == HC_OK);
    compare(&message, &again);
    code = hc_wire_encode(&line_again, &bytes_again, &again);
    ASSERT(code == HC_OK && bytes == bytes_again && memcmp(line, line_again, bytes) == 0);
    memory_free(line);
    memory_free(line_again);
    hc_message_clear(&message);
    hc_message_clear(&again);
    return 0;
}
