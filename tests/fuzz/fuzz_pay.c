/* Any line as a request to pay: refused with words, or a payment that is within its limits, and an answer that is one. */
#include "fuzz.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "daemon/control_pay.h"
#include "howcoin/node.h"
#include "howcoin/text.h"

static struct node *fuzz_node(void)
{
    static struct node *node;
    static struct effects effects;
    if (node == NULL) {
        const struct node_config config = {.identity = *fuzz_key(0),
                                           .coins = fuzz_coins(),
                                           .address = "127.0.0.1:8000",
                                           .name = "alice",
                                           .gossip_interval_ms = 3000};
        const struct event start = {.kind = EVENT_START, .now_ms = 1};
        enum hc_code code = node_new(&node, &config);
        ASSERT(code == HC_OK);
        code = node_step(node, &start, &effects);
        ASSERT(code == HC_OK);
    }
    return node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct runtime_facts facts = {.address = "127.0.0.1:8000"};
    struct store_payment what;
    struct fault fault = {0};
    cJSON *request = cJSON_ParseWithLength((const char *)data, size);
    if (request == NULL) {
        return 0;
    }
    enum hc_code code = pay_request_read(&what, request, fuzz_node(), &facts, &fault);
    ASSERT(code == HC_OK || (fault.code == code && fault.text[0] != '\0'));
    ASSERT(strlen(what.key) <= PAYMENT_KEY_BYTES_MAX && text_is_printable(what.key, strlen(what.key)));
    ASSERT(code != HC_OK || (what.amount >= 1 && what.amount <= NUMBER_MAX));
    char *line = pay_answer_line(&what, code, 1, 0, code == HC_OK ? NULL : fault.text, fuzz_node());
    ASSERT(line != NULL);
    cJSON *answer = cJSON_Parse(line);
    ASSERT(cJSON_IsObject(answer) && strchr(line, '\n') == line + strlen(line) - 1);
    cJSON_Delete(answer);
    free(line);
    cJSON_Delete(request);
    return 0;
}
