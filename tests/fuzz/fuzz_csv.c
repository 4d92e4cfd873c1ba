/* Any bytes as a file of payments: an error that names the line, or payments that can be requested. */
#include "fuzz.h"

#include <stdlib.h>

#include "cli/payments_csv.h"
#include "core/common/text.h"
#include "daemon/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_payments payments;
    struct complaint complaint = {""};
    char *text = malloc(size + 1);
    if (!text) {
        return 0;
    }
    memcpy(text, data, size);
    if (csv_payments_read(&payments, text, size, &complaint)) {
        for (size_t i = 0; i < payments.count; i++) {
            const struct csv_payment *payment = &payments.list[i];
            ASSERT(payment->to[0] != '\0' && text_is_printable(payment->to, strlen(payment->to)));
            ASSERT(payment->amount <= HC_NUMBER_MAX && payment->line > 1);
            ASSERT(strlen(payment->memo) <= PAYMENT_MEMO_BYTES_MAX && strlen(payment->key) <= PAYMENT_KEY_BYTES_MAX);
            ASSERT(i == 0 || payment->line > payments.list[i - 1].line);
        }
        csv_payments_free(&payments);
    } else {
        ASSERT(payments.count == 0 && complaint.text[0] != '\0');
    }
    free(text);
    return 0;
}
