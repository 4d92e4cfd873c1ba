/* Any bytes as a row: refused with the key's name, or a row whose own text says the same. */
#include "fuzz.h"

#include "core/rows/row.h"
#include "howcoin/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hc_network *network = fuzz_coins();
    struct hc_row *row, *again;
    struct hc_fault fault = {0};
    enum hc_code code = hc_wire_decode_row(&row, (const char *)data, size, network->id, &fault);
    if (code != HC_OK) {
        ASSERT(!row && fault.code == code && strlen(fault.text) > 0);
        ASSERT(code == HC_BAD_FRAME || code == HC_BAD_ROW || code == HC_TOO_LARGE);
        return 0;
    }
    code = row_fields_check(&row->fields, &fault);
    ASSERT(code == HC_OK);
    code = hc_wire_decode_row(&again, row->text, row->text_bytes, network->id, &fault);
    ASSERT(code == HC_OK);
    ASSERT(row->text_bytes == again->text_bytes && memcmp(row->text, again->text, row->text_bytes) == 0);
    ASSERT(memcmp(row->hash, again->hash, HC_HASH_BYTES) == 0 && row->sent_total == again->sent_total);
    ASSERT(row_covers(row, again) && row_supersedes(row, again) && row_supersedes(again, row));
    ASSERT(row_compare(row, again) == 0);
    enum hc_code verified = row_verify(row, network), verified_again = row_verify(again, network);
    ASSERT(verified == verified_again);
    hc_row_unref(row);
    hc_row_unref(again);
    return 0;
}
