/* Any bytes as a frame: refused with a code of the closed list, or a message that is the same after encoding and
 * decoding. */
#include "fuzz.h"

#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/common/text.h"
#include "core/rows/row.h"
#include "core/rows/state.h"
#include "howcoin/wire.h"

static void compare(const struct hc_message *a, const struct hc_message *b)
{
    ASSERT(a->type == b->type);
    if (a->type == HC_MESSAGE_ERROR) {
        ASSERT(a->error.code == b->error.code && strcmp(a->error.text, b->error.text) == 0 && a->proved == b->proved);
        ASSERT(id_equal(a->from, b->from) && memcmp(a->proof, b->proof, HC_SIGNATURE_BYTES) == 0);
        return;
    }
    ASSERT(memcmp(a->network, b->network, HC_NETWORK_BYTES) == 0 && id_equal(a->from, b->from));
    ASSERT(memcmp(a->nonce, b->nonce, HC_NONCE_BYTES) == 0 && memcmp(a->proof, b->proof, HC_SIGNATURE_BYTES) == 0);
    ASSERT(a->reached == b->reached);
    const struct hc_state *x = a->state, *y = b->state;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hc_network *network = fuzz_coins();
    struct hc_message message, again, head;
    struct hc_fault fault = {0};
    char *line, *line_again;
    size_t bytes, bytes_again;
    bool has_head = hc_wire_decode_head(&head, (const char *)data, size, network->id) == HC_OK;
    ASSERT(!head.state);
    enum hc_code code = hc_wire_decode(&message, (const char *)data, size, network->id, &fault);
    if (code != HC_OK) {
        ASSERT(code >= HC_BAD_FRAME && code <= HC_BAD_ROW && fault.code == code && !message.state);
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
