/* Payments as JSON: requests are read once and validated here; answers, payees and the history are written here. */
#include "daemon/control_pay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/text.h"
#include "core/node/node.h"
#include "core/table/table.h"
#include "daemon/control_answer.h"
#include "daemon/json.h"
#include "daemon/payee.h"

/* ---- reading ---- */

/* A text of limited length under `key`; empty if there is none. */
static enum hc_code read_text(char *out, size_t most, const cJSON *request, const char *key, struct hc_fault *fault)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, key);
    const char *text = cJSON_GetStringValue(item);
    out[0] = '\0';
    if (!item || cJSON_IsNull(item)) {
        return HC_OK;
    }
    if (!text || strlen(text) > most || !text_is_printable(text, strlen(text))) {
        return fault_set(fault, HC_BAD_FRAME, "\"%s\" must be a string of at most %zu bytes of printable UTF-8", key,
                         most);
    }
    memcpy(out, text, strlen(text) + 1);
    return HC_OK;
}

static enum hc_code read_amount(uint64_t *amount, const cJSON *request, struct hc_fault *fault)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, "amount");
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    *amount = 0;
    if (!item || !cJSON_IsNumber(item)) {
        return fault_set(fault, HC_BAD_FRAME, "pay needs \"amount\", a whole number from 1 to 2^53-1");
    }
    if (!(value >= 1 && value <= (double)HC_NUMBER_MAX) || value != (double)(uint64_t)value) {
        return fault_set(fault, HC_BAD_AMOUNT, "an amount is a whole number from 1 to 2^53-1");
    }
    *amount = (uint64_t)value;
    return HC_OK;
}

static enum hc_code read_payee(uint8_t *id, const cJSON *request, const struct hc_node *node,
                               const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "to"));
    if (!text || !text_is_printable(text, strlen(text))) {
        return fault_set(fault, HC_BAD_FRAME,
                         "\"to\" must be a string: a port, an address, a name or the beginning of an id");
    }
    return payee_find(id, node, text, facts, now_ms, fault);
}

enum hc_code pay_request_read(struct store_payment *what, const cJSON *request, const struct hc_node *node,
                              const struct runtime_facts *facts, int64_t now_ms, struct hc_fault *fault)
{
    *what = (struct store_payment){0};
    enum hc_code code = read_text(what->key, PAYMENT_KEY_BYTES_MAX, request, "key", fault);
    if (code == HC_OK) {
        code = read_text(what->memo, PAYMENT_MEMO_BYTES_MAX, request, "memo", fault);
    }
    if (code == HC_OK) {
        code = read_amount(&what->amount, request, fault);
    }
    return code == HC_OK ? read_payee(what->other, request, node, facts, now_ms, fault) : code;
}

/* ---- writing ---- */

/* Address and name, as far as the node is known. */
static void add_who(struct json *json, cJSON *to, const struct hc_node *node, const uint8_t id[static HC_ID_BYTES])
{
    const struct entry *entry = table_find(node_table(node), id);
    const struct hc_row *row = entry ? entry_row(entry) : NULL;
    json_text(json, to, "addr", row ? hc_row_fields(row)->addr : "");
    json_text(json, to, "name", row ? hc_row_fields(row)->name : "");
}

static void refusal_words(char *out, size_t size, const struct store_payment *what, enum hc_code code, uint64_t left)
{
    switch (code) {
    case HC_NOT_ENOUGH:
        (void)snprintf(out, size, "not enough coins: %" PRIu64 " can be spent, %" PRIu64 " were asked for", left,
                       what->amount);
        break;
    case HC_TOO_MANY_PAYEES:
        (void)snprintf(out, size, "this node has paid %u others, which is the limit", HC_PAYEES_MAX);
        break;
    case HC_STORE_FAILED:
        (void)snprintf(out, size,
                       "the disk failed, so nothing is signed any more; whether this payment was made shows after the "
                       "next start: ask again then, with the same key");
        break;
    case HC_BAD_AMOUNT:
        (void)snprintf(out, size, "all that is ever paid to one node is at most 2^53-1 coins");
        break;
    default:
        (void)snprintf(out, size, "%s", hc_code_text(code));
        break;
    }
}

char *pay_answer_line(const struct store_payment *what, enum hc_code code, uint64_t version, uint64_t left,
                      const char *words, const struct hc_node *node)
{
    char text[240];
    struct json json;
    refusal_words(text, sizeof text, what, code, left);
    answer_begin(&json, code, words ? words : text);
    if (code == HC_OK) {
        ASSERT(what->amount > 0);
        json_hex(&json, json.root, "to", what->other, HC_ID_BYTES);
        add_who(&json, json.root, node, what->other);
        json_integer(&json, json.root, "amount", (hc_coin_sum)what->amount);
        json_integer(&json, json.root, "version", (hc_coin_sum)version);
    } else if (code == HC_NOT_ENOUGH) {
        json_integer(&json, json.root, "left", (hc_coin_sum)left);
    }
    if (what->key[0] != '\0') {
        json_text(&json, json.root, "key", what->key);
    }
    return json_line(&json);
}

char *payee_line(const cJSON *request, const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms)
{
    uint8_t id[HC_ID_BYTES];
    struct hc_fault fault;
    struct json json;
    enum hc_code code = read_payee(id, request, node, facts, now_ms, &fault);
    answer_begin(&json, code, fault.text);
    if (code == HC_OK) {
        json_hex(&json, json.root, "id", id, HC_ID_BYTES);
        add_who(&json, json.root, node, id);
    }
    return json_line(&json);
}

static void add_payment(struct json *json, cJSON *list, const struct store_payment *payment, const struct hc_node *node)
{
    cJSON *to = json_item(json, list);
    json_integer(json, to, "number", (hc_coin_sum)payment->number);
    json_text(json, to, "kind", payment->received ? "received" : "paid");
    json_integer(json, to, "time_ms", payment->at_ms);
    json_hex(json, to, "id", payment->other, HC_ID_BYTES);
    add_who(json, to, node, payment->other);
    json_integer(json, to, "amount", (hc_coin_sum)payment->amount);
    json_integer(json, to, "version", (hc_coin_sum)payment->version);
    if (payment->memo[0] != '\0') {
        json_text(json, to, "memo", payment->memo);
    }
    if (payment->key[0] != '\0') {
        json_text(json, to, "key", payment->key);
    }
}

char *history_line(const struct disk_question *question, const struct hc_node *node)
{
    struct json json;
    answer_begin(&json, question->code, question->fault.text);
    if (question->code == HC_OK) {
        cJSON *list = json_array(&json, json.root, "payments");
        for (size_t i = 0; !json.failed && i < question->count; i++) {
            add_payment(&json, list, &question->payments[i], node);
        }
    }
    return json_line(&json);
}

char *id_line(const struct hc_node *node, const struct runtime_facts *facts)
{
    struct hc_node_view look;
    struct json json;
    hc_node_look(node, &look);
    answer_begin(&json, HC_OK, NULL);
    json_hex(&json, json.root, "id", facts->id, HC_ID_BYTES);
    json_text(&json, json.root, "addr", facts->address);
    json_text(&json, json.root, "name", look.row ? hc_row_fields(look.row)->name : "");
    return json_line(&json);
}
