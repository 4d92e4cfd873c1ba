/* What one payment and a file of payments share: their requests, and what is shown of them. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/pay.h"
#include "daemon/json.h"

void pay_request(struct textbuf *buf, const char *to, uint64_t amount, const char *memo, const char *key)
{
    struct json request;

    ASSERT(to[0] != '\0');
    json_begin(&request);
    json_text(&request, request.root, "command", "pay");
    json_text(&request, request.root, "to", to);
    json_integer(&request, request.root, "amount", (hc_coin_sum)amount);
    if (memo && *memo != '\0') {
        json_text(&request, request.root, "memo", memo);
    }
    if (key && *key != '\0') {
        json_text(&request, request.root, "key", key);
    }
    textbuf_take(buf, json_line(&request));
}

uint64_t pay_version(const char *answer)
{
    cJSON *object = cJSON_Parse(answer);
    uint64_t version = answer_number(object, "version");

    cJSON_Delete(object);
    return version;
}

enum dialog_result pay_wait_seen(struct dialog *dialog, const struct pay_options *options, uint64_t version,
                                 struct complaint *complaint)
{
    char request[160];
    const char *line;
    struct complaint why;

    ASSERT(options->seen > 0);
    (void)snprintf(request, sizeof request,
                   "{\"command\":\"seen\",\"version\":%" PRIu64 ",\"nodes\":%" PRIu32 ",\"timeout_ms\":%" PRIu32 "}\n",
                   version, options->seen, options->timeout_ms);
    enum dialog_result result = dialog_ask(dialog, &line, request, options->timeout_ms + 2000, &why);
    return result == DIALOG_OK ? DIALOG_OK
                               : dialog_fail(result, complaint, "the payment was made, but %.400s", why.text);
}

void pay_show_payee(const struct payee *payee)
{
    (void)printf("%s%s%s%s%s\n", payee->id, payee->name[0] != '\0' ? " " : "", payee->name,
                 payee->addr[0] != '\0' ? " " : "", payee->addr);
}

void pay_show_refusal(const char *answer, const char *key)
{
    struct json refusal = {.root = cJSON_Parse(answer)};

    refusal.failed = !refusal.root;
    if (key && *key != '\0') {
        json_text(&refusal, refusal.root, "key", key);
    }
    char *line = json_line(&refusal);
    (void)(line ? printf("%s", line) : printf("%s\n", answer));
    free(line);
}

enum dialog_result pay_flush(struct complaint *complaint)
{
    return fflush(stdout) == 0 ? DIALOG_OK
                               : dialog_fail(DIALOG_FAILED, complaint,
                                             "cannot write to standard output: %s. Nothing was paid", strerror(errno));
}
