/* Asking a node who is meant by what people type; in a file, once for each text. */
#include "cli/payees.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/textbuf.h"
#include "core/common/memory.h"
#include "daemon/json.h"

/* Adds the question as a line. */
static void add_question(struct textbuf *buf, const char *to)
{
    struct json request;

    json_begin(&request);
    json_text(&request, request.root, "command", "payee");
    json_text(&request, request.root, "to", to);
    textbuf_take(buf, json_line(&request));
}

/* Takes the payee out of the answer. */
static enum dialog_result take_payee(struct payee *payee, const char *line, struct complaint *complaint)
{
    cJSON *answer = cJSON_Parse(line);

    (void)snprintf(payee->id, sizeof payee->id, "%s", answer_text(answer, "id"));
    (void)snprintf(payee->name, sizeof payee->name, "%s", answer_text(answer, "name"));
    (void)snprintf(payee->addr, sizeof payee->addr, "%s", answer_text(answer, "addr"));
    cJSON_Delete(answer);
    return payee->id[0] != '\0'
               ? DIALOG_OK
               : dialog_fail(DIALOG_FAILED, complaint, "the node did not say which node '%.60s' is", payee->to);
}

enum dialog_result payee_ask(struct payee *payee, struct dialog *dialog, const char *to, struct complaint *complaint)
{
    struct textbuf question = {0};
    const char *line = NULL;

    ASSERT(to[0] != '\0');
    *payee = (struct payee){.to = to};
    add_question(&question, to);
    enum dialog_result result = question.failed
                                    ? dialog_fail(DIALOG_FAILED, complaint, "out of memory")
                                    : dialog_ask(dialog, &line, question.text, CONTROL_ANSWER_MS_MAX, complaint);
    textbuf_free(&question);
    if (result == DIALOG_OK) {
        return take_payee(payee, line, complaint);
    }
    if (!line) {
        return result;
    }
    payee->refusal = strdup(line);
    return payee->refusal ? DIALOG_OK : dialog_fail(DIALOG_FAILED, complaint, "out of memory");
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

/* The payments, sorted by what was typed; NULL if memory ran out. To be freed with memory_free. */
static const struct csv_payment **sort(const struct csv_payments *payments)
{
    const struct csv_payment **sorted = memory_new(payments->count + 1, sizeof(const struct csv_payment *));

    if (sorted) {
        for (size_t i = 0; i < payments->count; i++) {
            sorted[i] = &payments->list[i];
        }
        qsort(sorted, payments->count, sizeof(const struct csv_payment *), by_text);
    }
    return sorted;
}

static bool is_first(const struct csv_payment **sorted, size_t i)
{
    return i == 0 || by_text(&sorted[i - 1], &sorted[i]) != 0;
}

enum dialog_result payees_ask(struct payees *payees, struct dialog *dialog, const struct csv_payments *payments,
                              struct complaint *complaint)
{
    const struct csv_payment **sorted = sort(payments);
    size_t different = 0;
    enum dialog_result result = DIALOG_OK;

    for (size_t i = 0; sorted && i < payments->count; i++) {
        different += is_first(sorted, i);
    }
    *payees = (struct payees){.list = memory_new(different + 1, sizeof *payees->list),
                              .of = memory_new(payments->count + 1, sizeof *payees->of)};
    if (!sorted || !payees->list || !payees->of) {
        memory_free(sorted);
        return dialog_fail(DIALOG_FAILED, complaint, "out of memory");
    }
    for (size_t i = 0; result == DIALOG_OK && i < payments->count; i++) {
        if (is_first(sorted, i)) {
            ASSERT(payees->count < different);
            result = payee_ask(&payees->list[payees->count++], dialog, sorted[i]->to, complaint);
        }
        payees->of[sorted[i] - payments->list] = payees->count - 1;
    }
    memory_free(sorted);
    return result;
}

void payees_free(struct payees *payees)
{
    for (size_t i = 0; i < payees->count; i++) {
        payee_clear(&payees->list[i]);
    }
    memory_free(payees->list);
    memory_free(payees->of);
    *payees = (struct payees){0};
}
