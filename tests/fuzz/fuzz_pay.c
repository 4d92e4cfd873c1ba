/* Any line as a request to pay, and as a question which node would be paid. It is refused with a message, or it is a
 * payment within its limits, to the node that the question names. Every answer is well-formed. */
#include "fuzz.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "core/common/id.h"
#include "core/common/text.h"
#include "core/node/node.h"
#include "core/rows/state.h"
#include "daemon/control_pay.h"

/* Other nodes that it has heard of: two of one name, two at one address, one with the longest text; none has
 * answered. */
static void hear(struct hc_node *node, struct hc_effects *effects)
{
    char addr[HC_ADDR_BYTES_MAX + 1], name[HC_NAME_BYTES_MAX + 1];
    struct hc_message request = {.type = HC_MESSAGE_REQUEST};
    enum hc_code code = state_new(&request.state);
    memset(addr, 'a', 60);
    memcpy(addr + 60, ":1", 3);
    memset(name, 'b', HC_NAME_BYTES_MAX);
    name[HC_NAME_BYTES_MAX] = '\0';
    const char *const addrs[] = {"127.0.0.1:8001", "127.0.0.1:8001", "[::1]:8002", addr};
    const char *const names[] = {"bob", "carol", "bob", name};
    for (unsigned i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        const struct hc_identity *identity = fuzz_key(i + 1);
        struct hc_row_fields fields = {.addr = addrs[i], .name = names[i], .version = 1, .draw = 1};
        struct hc_row *row = NULL;
        id_copy(fields.id, identity->id);
        fields.coins = network_draw(fuzz_coins(), fields.id, 1);
        code = code == HC_OK ? row_sign(&row, &fields, fuzz_coins(), identity) : code;
        code = code == HC_OK ? state_add_live(request.state, row) : code;
        hc_row_unref(row);
    }
    ASSERT(code == HC_OK);
    state_seal(request.state);
    id_copy(request.from, fuzz_key(1)->id);
    const struct hc_event event = {.kind = HC_EVENT_REQUEST, .now_ms = 1, .message = &request};
    code = hc_node_step(node, &event, effects);
    ASSERT(code == HC_OK && node_table(node)->count == 5);
    hc_message_clear(&request);
}

static struct hc_node *fuzz_node(void)
{
    static struct hc_node *node;
    static struct hc_effects effects;
    if (!node) {
        const struct hc_node_config config = {.identity = *fuzz_key(0),
                                              .network = fuzz_coins(),
                                              .address = "127.0.0.1:8000",
                                              .name = "alice",
                                              .gossip_interval_ms = 3000};
        const struct hc_event start = {.kind = HC_EVENT_START, .now_ms = 1};
        enum hc_code code = hc_node_new(&node, &config);
        ASSERT(code == HC_OK);
        code = hc_node_step(node, &start, &effects);
        ASSERT(code == HC_OK);
        hear(node, &effects);
    }
    return node;
}

/* The node that the answer to `payee` names; false: none. */
static bool answered_id(uint8_t *id, const char *line)
{
    cJSON *answer = cJSON_Parse(line);
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "id"));
    bool ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok"));
    ASSERT(cJSON_IsObject(answer) && !ok == !hex);
    ASSERT(ok || cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "message")));
    ASSERT(!ok || hex_decode(id, HC_ID_BYTES, hex, strlen(hex)));
    cJSON_Delete(answer);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct runtime_facts facts = {.address = "127.0.0.1:8000"};
    struct store_payment what;
    uint8_t payee[HC_ID_BYTES];
    struct hc_fault fault = {0};
    id_copy(facts.id, fuzz_key(0)->id);
    cJSON *request = cJSON_ParseWithLength((const char *)data, size);
    if (!request) {
        return 0;
    }
    enum hc_code code = pay_request_read(&what, request, fuzz_node(), &facts, 1, &fault);
    ASSERT(code == HC_OK || (fault.code == code && fault.text[0] != '\0'));
    ASSERT(strlen(what.key) <= PAYMENT_KEY_BYTES_MAX && text_is_printable(what.key, strlen(what.key)));
    ASSERT(code != HC_OK || (what.amount >= 1 && what.amount <= HC_NUMBER_MAX));
    char *line = pay_answer_line(&what, code, 1, 0, code == HC_OK ? NULL : fault.text, fuzz_node());
    ASSERT(line);
    cJSON *answer = cJSON_Parse(line);
    ASSERT(cJSON_IsObject(answer) && strchr(line, '\n') == line + strlen(line) - 1);
    cJSON_Delete(answer);
    free(line);
    line = payee_line(request, fuzz_node(), &facts, 1);
    ASSERT(line && strchr(line, '\n') == line + strlen(line) - 1);
    bool found = answered_id(payee, line);
    ASSERT(code != HC_OK || (found && id_equal(payee, what.other)));
    free(line);
    cJSON_Delete(request);
    return 0;
}
