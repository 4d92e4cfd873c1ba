#include "daemon/control_pay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/node.h"
#include "core/table.h"
#include "core/text.h"
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

/* cJSON prints large numbers with an exponent. */
static bool add_number(cJSON *to, const char *key, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    return cJSON_AddRawToObject(to, key, text);
}

static bool add_text(cJSON *to, const char *key, const char *text)
{
    return cJSON_AddStringToObject(to, key, text);
}

static bool add_id(cJSON *to, const char *key, const uint8_t *id)
{
    char text[ID_HEX_CHARS + 1];
    hex_encode(text, id, HC_ID_BYTES);
    return add_text(to, key, text);
}

/* Address and name, as far as he is known. */
static bool add_who(cJSON *to, const struct hc_node *node, const uint8_t *id)
{
    const struct entry *entry = table_find(node_table(node), id);
    const struct hc_row *row = entry ? entry_row(entry) : NULL;
    return add_text(to, "addr", row ? row->fields.addr : "") && add_text(to, "name", row ? row->fields.name : "");
}

static bool add_refusal(cJSON *to, enum hc_code code, const char *words)
{
    return add_text(to, "error", code == HC_BAD_FRAME ? "bad_request" : hc_code_name(code)) &&
           add_text(to, "message", words);
}

static char *line_of(cJSON *object, bool whole)
{
    char *text = whole ? cJSON_PrintUnformatted(object) : NULL, *line = NULL;
    if (text) {
        size_t bytes = strlen(text);
        line = malloc(bytes + 2);
        if (line) {
            memcpy(line, text, bytes);
            memcpy(line + bytes, "\n", 2);
        }
    }
    cJSON_free(text);
    cJSON_Delete(object);
    return line;
}

static void refusal_words(char *out, size_t size, const struct store_payment *what, enum hc_code code, uint64_t left)
{
    switch (code) {
    case HC_NOT_ENOUGH:
        (void)snprintf(out, size, "not enough coins: %" PRIu64 " can be spent, %" PRIu64 " were asked for", left,
                       what->amount);
        break;
    case HC_TOO_MANY_PAYEES:
        (void)snprintf(out, size, "this node has paid %u others, and no node can pay more", HC_PAYEES_MAX);
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
    cJSON *answer = cJSON_CreateObject();
    bool whole = answer && cJSON_AddBoolToObject(answer, "ok", code == HC_OK);
    if (whole && code != HC_OK) {
        refusal_words(text, sizeof text, what, code, left);
        whole = add_refusal(answer, code, words ? words : text) &&
                (code != HC_NOT_ENOUGH || add_number(answer, "left", (int64_t)left));
    } else if (whole) {
        whole = add_id(answer, "to", what->other) && add_who(answer, node, what->other) &&
                add_number(answer, "amount", (int64_t)what->amount) && add_number(answer, "version", (int64_t)version);
    }
    if (whole && what->key[0] != '\0') {
        whole = add_text(answer, "key", what->key);
    }
    return line_of(answer, whole);
}

char *payee_line(const cJSON *request, const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms)
{
    uint8_t id[HC_ID_BYTES];
    struct hc_fault fault;
    enum hc_code code = read_payee(id, request, node, facts, now_ms, &fault);
    cJSON *answer = cJSON_CreateObject();
    bool whole = answer && cJSON_AddBoolToObject(answer, "ok", code == HC_OK);
    whole = whole && (code == HC_OK ? add_id(answer, "id", id) && add_who(answer, node, id)
                                    : add_refusal(answer, code, fault.text));
    return line_of(answer, whole);
}

static bool add_payment(cJSON *list, const struct store_payment *payment, const struct hc_node *node)
{
    cJSON *to = cJSON_CreateObject();
    if (!to || !cJSON_AddItemToArray(list, to)) {
        cJSON_Delete(to);
        return false;
    }
    return add_number(to, "number", (int64_t)payment->number) &&
           add_text(to, "kind", payment->received ? "received" : "paid") && add_number(to, "time_ms", payment->at_ms) &&
           add_id(to, "id", payment->other) && add_who(to, node, payment->other) &&
           add_number(to, "amount", (int64_t)payment->amount) && add_number(to, "version", (int64_t)payment->version) &&
           (payment->memo[0] == '\0' || add_text(to, "memo", payment->memo)) &&
           (payment->key[0] == '\0' || add_text(to, "key", payment->key));
}

char *history_line(const struct disk_question *question, const struct hc_node *node)
{
    cJSON *answer = cJSON_CreateObject();
    bool whole = answer && cJSON_AddBoolToObject(answer, "ok", question->code == HC_OK);
    if (whole && question->code != HC_OK) {
        return line_of(answer, add_refusal(answer, question->code, question->fault.text));
    }
    cJSON *list = whole ? cJSON_AddArrayToObject(answer, "payments") : NULL;
    whole = list;
    for (size_t i = 0; whole && i < question->count; i++) {
        whole = add_payment(list, &question->payments[i], node);
    }
    return line_of(answer, whole);
}

char *id_line(const struct hc_node *node, const struct runtime_facts *facts)
{
    struct hc_node_view look;
    cJSON *answer = cJSON_CreateObject();
    hc_node_look(node, &look);
    bool whole = answer && cJSON_AddBoolToObject(answer, "ok", true) && add_id(answer, "id", facts->id) &&
                 add_text(answer, "addr", facts->address) &&
                 add_text(answer, "name", look.row ? look.row->fields.name : "");
    return line_of(answer, whole);
}
