#include "cli/payees.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/textbuf.h"

static enum hc_code send_question(struct dialog *dialog, const char *to, struct hc_fault *fault)
{
    cJSON *request = cJSON_CreateObject();
    bool whole = request != NULL && cJSON_AddStringToObject(request, "command", "payee") != NULL &&
                 cJSON_AddStringToObject(request, "to", to) != NULL;
    char *text = whole ? cJSON_PrintUnformatted(request) : NULL;
    struct textbuf line = {.failed = text == NULL};
    if (text != NULL) {
        textbuf_printf(&line, "%s\n", text);
    }
    enum hc_code code =
        line.failed ? fault_set(fault, HC_NO_MEMORY, "out of memory") : dialog_send(dialog, line.text, fault);
    textbuf_free(&line);
    cJSON_free(text);
    cJSON_Delete(request);
    return code;
}

static void take_text(char *out, size_t size, const cJSON *answer, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, key));
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

enum hc_code payee_ask(struct payee *payee, struct dialog *dialog, const char *to, struct hc_fault *fault)
{
    const char *line;
    struct hc_fault why;
    *payee = (struct payee){.to = to};
    enum hc_code code = send_question(dialog, to, fault);
    if (code == HC_OK) {
        code = dialog_read(dialog, &line, control_now_ms() + CONTROL_ANSWER_MS_MAX, fault);
    }
    if (code != HC_OK) {
        return code;
    }
    if (control_answer_check(line, &why) != HC_OK) {
        payee->refusal = strdup(line);
        return payee->refusal != NULL ? HC_OK : fault_set(fault, HC_NO_MEMORY, "out of memory");
    }
    cJSON *answer = cJSON_Parse(line);
    take_text(payee->id, sizeof payee->id, answer, "id");
    take_text(payee->name, sizeof payee->name, answer, "name");
    take_text(payee->addr, sizeof payee->addr, answer, "addr");
    cJSON_Delete(answer);
    return payee->id[0] != '\0' ? HC_OK : fault_set(fault, HC_BAD_REPLY, "the node did not say who '%.60s' is", to);
}

void payee_clear(struct payee *payee)
{
    free(payee->refusal);
    *payee = (struct payee){0};
}

/* ---- of a file ---- */

static int by_text(const void *left, const void *right)
{
    const struct csv_payment *const *a = left, *const *b = right;
    return strcmp((*a)->to, (*b)->to);
}

enum hc_code payees_ask(struct payees *payees, struct dialog *dialog, const struct csv_payments *payments,
                        struct hc_fault *fault)
{
    const struct csv_payment **sorted = calloc(payments->count + 1, sizeof *sorted);
    size_t different = 0;
    enum hc_code code = HC_OK;
    *payees = (struct payees){.of = calloc(payments->count + 1, sizeof *payees->of)};
    for (size_t i = 0; sorted != NULL && i < payments->count; i++) {
        sorted[i] = &payments->list[i];
    }
    if (sorted != NULL) {
        qsort(sorted, payments->count, sizeof *sorted, by_text);
        for (size_t i = 0; i < payments->count; i++) {
            different += i == 0 || by_text(&sorted[i - 1], &sorted[i]) != 0;
        }
        payees->list = calloc(different + 1, sizeof *payees->list);
    }
    if (payees->list == NULL || payees->of == NULL) {
        code = fault_set(fault, HC_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; code == HC_OK && i < payments->count; i++) {
        if (i == 0 || by_text(&sorted[i - 1], &sorted[i]) != 0) {
            code = payee_ask(&payees->list[payees->count++], dialog, sorted[i]->to, fault);
        }
        payees->of[sorted[i] - payments->list] = payees->count - 1;
    }
    free(sorted);
    return code;
}

void payees_free(struct payees *payees)
{
    for (size_t i = 0; i < payees->count; i++) {
        payee_clear(&payees->list[i]);
    }
    free(payees->list);
    free(payees->of);
    *payees = (struct payees){0};
}
