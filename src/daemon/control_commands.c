/* The commands: what each reads, asks for and answers; and their table, at the end.
 *
 * A command ends in one of the client_* functions of control_commands.h. What takes time is asked for under a ticket,
 * and comes back by control_answer: on_history from the disk, control_paid from the payments.
 */
#include "daemon/control_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "daemon/clock.h"
#include "daemon/control_links.h"
#include "daemon/control_pay.h"
#include "daemon/control_tag.h"
#include "daemon/json.h"
#include "daemon/limits.h"
#include "daemon/report.h"

/* ---- the node as it is ---- */

static void obey_status(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)request;
    client_answer(client, report_status(control->node, control->facts, clock_now_ms(control->loop)));
}

static void obey_id(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)request;
    client_answer(client, id_line(control->node, control->facts));
}

static void obey_links(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)request;
    client_answer(client, links_line(control->node, control->kept, clock_now_ms(control->loop)));
}

static void obey_why(struct control *control, struct control_client *client, const cJSON *request)
{
    client_answer(client, why_line(request, control->node, control->facts, clock_now_ms(control->loop)));
}

static void obey_watch(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)control;
    (void)request;
    client_watch(client);
}

static void obey_leave(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)control;
    (void)request;
    client_leave(client);
}

/* ---- waiting ---- */

typedef enum hc_code wait_reader(struct wait *wait, const cJSON *request, struct hc_fault *fault);

static void wait_or_reject(struct control_client *client, const cJSON *request, wait_reader *read)
{
    struct wait wait;
    struct hc_fault fault;
    if (read(&wait, request, &fault) == HC_OK) {
        client_wait(client, &wait);
    } else {
        client_reject(client, fault.text);
    }
}

static void obey_wait(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)control;
    wait_or_reject(client, request, wait_read);
}

static void obey_seen(struct control *control, struct control_client *client, const cJSON *request)
{
    (void)control;
    wait_or_reject(client, request, wait_read_seen);
}

/* ---- payments ---- */

/* A refusal, too, has its place in the order of the answers. */
static void obey_pay(struct control *control, struct control_client *client, const cJSON *request)
{
    struct store_payment what;
    struct hc_fault fault;
    int64_t now_ms = clock_now_ms(control->loop);
    uint64_t ticket = client_ticket(client, true);
    if (ticket == 0) {
        return;
    }
    enum hc_code code = pay_request_read(&what, request, control->node, control->facts, now_ms, &fault);
    if (code != HC_OK) {
        control_answer(control, ticket, pay_answer_line(&what, code, 0, 0, fault.text, control->node));
    } else if (!payments_add(control->payments, ticket, &what)) {
        control_answer(control, ticket, NULL);
    }
}

void control_paid(void *owner, uint64_t ticket, const struct store_payment *what, const struct payment_outcome *outcome)
{
    struct control *control = owner;
    control_answer(control, ticket,
                   pay_answer_line(what, outcome->code, outcome->version, outcome->left, NULL, control->node));
}

static void obey_payee(struct control *control, struct control_client *client, const cJSON *request)
{
    client_answer(client, payee_line(request, control->node, control->facts, clock_now_ms(control->loop)));
}

static void on_history(void *owner, const struct disk_question *question)
{
    struct control *control = owner;
    control_answer(control, question->ticket, history_line(question, control->node));
}

static void obey_history(struct control *control, struct control_client *client, const cJSON *request)
{
    uint64_t after = 0, most = HISTORY_MOST;
    char words[80];
    if (!json_read_number(&after, request, "after", 0, HC_NUMBER_MAX) ||
        !json_read_number(&most, request, "most", 1, HISTORY_MOST)) {
        (void)snprintf(words, sizeof words, "\"after\" and \"most\" (1 to %u) must be whole numbers", HISTORY_MOST);
        client_reject(client, words);
        return;
    }
    uint64_t ticket = client_ticket(client, false);
    if (ticket > 0 && !disk_history(control->disk, after, (size_t)most, on_history, control, ticket)) {
        control_answer(control, ticket, NULL);
    }
}

/* ---- tags ---- */

static void obey_tag(struct control *control, struct control_client *client, const cJSON *request)
{
    struct hc_fault fault;
    struct hc_tags *changes = malloc(sizeof *changes);
    if (!changes) {
        client_answer(client, NULL);
        return;
    }
    enum hc_code code = tag_request_read(changes, request, &fault);
    if (code == HC_OK) {
        client_change_tags(client, changes);
    } else {
        free(changes);
        client_answer(client, tag_answer_line(code, 0, fault.text, control->node));
    }
}

/* ---- the table ---- */

static const struct command commands[] = {
    {"status", obey_status, false, "the status object"},
    {"links", obey_links, false, "the links that it has"},
    {"why", obey_why, false, "the story of a node, as this one saw it"},
    {"wait", obey_wait, false, "waits until exactly N nodes are live"},
    {"watch", obey_watch, false, "sends events as they happen"},
    {"leave", obey_leave, false, "lets the node say goodbye and end"},
    {"pay", obey_pay, true, "pays coins to a node"},
    {"payee", obey_payee, false, "says which node a payment would go to"},
    {"seen", obey_seen, false, "waits until N other nodes know this node's row"},
    {"history", obey_history, false, "lists payments, made and received"},
    {"tag", obey_tag, false, "changes the node's tags"},
    {"id", obey_id, false, "the node's id, address and name"},
};
#define COMMANDS (sizeof commands / sizeof *commands)

const struct command *command_at(size_t index)
{
    return index < COMMANDS ? &commands[index] : NULL;
}

static void unknown_words(char *out, size_t size)
{
    size_t chars = (size_t)snprintf(out, size, "unknown command; there are");
    for (size_t i = 0; i < COMMANDS && chars < size; i++) {
        chars += (size_t)snprintf(out + chars, size - chars, "%s %s", i > 0 ? "," : "", commands[i].name);
    }
    ASSERT(chars < size);
}

const struct command *command_of(const cJSON *request, struct hc_fault *fault)
{
    char words[sizeof fault->text];
    if (!cJSON_IsObject(request)) {
        (void)fault_set(fault, HC_BAD_FRAME, "not one JSON object on a line");
        return NULL;
    }
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "command"));
    if (!name) {
        (void)fault_set(fault, HC_BAD_FRAME, "\"command\" is missing, or no string");
        return NULL;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    unknown_words(words, sizeof words);
    (void)fault_set(fault, HC_BAD_FRAME, "%s", words);
    return NULL;
}
