/* The good path: on_connection takes a client in; on_read collects a line, client_obey does what it says and answers;
 * on_written looks whether the next line is there already. One that waits is answered by control_check, or by its
 * timer; one that watches gets lines from control_notice; one that bade the node leave is answered by control_stop.
 *
 * What fails: a client that closes, resets, sends too much or does not read is closed. At its end of stream a client
 * that is being answered stays until the answer is written (`echo ... | nc -U` closes its side at once). When all
 * places are taken the one that has rested longest gives way.
 *
 * Payments are the exception to one answer after the other: a client may send many `pay` lines at once, and they are
 * under way together. Each keeps its place in the client's list until its answer is known; the answers go out in the order
 * of the requests (client_flush). Any other command waits (`held`) until those before it are answered. A client with too
 * many under way, or too many answers unread, is not read from for a while (`paused`).
 *
 * A client is two handles, its pipe and its timer. client_close takes it out of the list at once; the second close
 * callback frees it. Writes own their lines and free them in their callbacks, which come before that.
 */
#include "daemon/control.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "daemon/chunk.h"
#include "daemon/clock.h"
#include "daemon/control_pay.h"
#include "daemon/control_tag.h"
#include "daemon/frame.h"
#include "daemon/limits.h"
#include "daemon/report.h"

enum client_stage {
    CLIENT_READS,
    CLIENT_ANSWERED, /* its answer is being written */
    CLIENT_WAITS,
    CLIENT_ASKS, /* for its history, or for other tags */
    CLIENT_WATCHES,
    CLIENT_LEAVES, /* it bade the node leave */
    CLIENT_ENDS,   /* the last line is being written */
    CLIENT_CLOSED,
};

struct control_client {
    uv_pipe_t pipe;
    uv_timer_t timer; /* of a wait */
    uv_shutdown_t shutdown;
    struct control *control;
    struct control_client *next;
    enum client_stage stage;
    bool ended;  /* will send no more */
    bool paused; /* not read from, though it may send more */
    unsigned open_handles;
    unsigned writes; /* under way */
    uint64_t number;
    struct payment *pays, **pays_end; /* not answered yet, in their order; references of the book's */
    size_t pay_count;
    cJSON *held;        /* a request that waits for them */
    uint64_t active_ms; /* when its last request came; at first, when it was taken in */
    size_t wait_nodes;
    bool wait_agree;
    struct hc_tags *tags; /* the changes that it asked for, until they are answered; owned */
    uint64_t wait_seen;   /* a version of our row that so many others must know; 0: it waits for live nodes */
    struct frame frame;
};

struct control_write {
    uv_write_t write;
    char *line;
};

static void client_advance(struct control_client *client);
static void client_resume(struct control_client *client);

/* ---- closing ---- */

static void on_client_closed(uv_handle_t *handle)
{
    struct control_client *client = handle->data;
    if (--client->open_handles == 0) {
        free(client);
    }
}

/* The only place where the stage changes, so that those who wait and watch are counted. */
static void client_stage(struct control_client *client, enum client_stage stage)
{
    struct control *control = client->control;
    control->waiting -= client->stage == CLIENT_WAITS;
    control->watching -= client->stage == CLIENT_WATCHES;
    client->stage = stage;
    control->waiting += stage == CLIENT_WAITS;
    control->watching += stage == CLIENT_WATCHES;
}

static void client_close(struct control_client *client)
{
    if (client->stage == CLIENT_CLOSED) {
        return;
    }
    client_stage(client, CLIENT_CLOSED);
    for (struct control_client **link = &client->control->list; *link; link = &(*link)->next) {
        if (*link == client) {
            *link = client->next;
            break;
        }
    }
    client->control->count--;
    frame_clear(&client->frame);
    cJSON_Delete(client->held);
    client->held = NULL;
    free(client->tags);
    client->tags = NULL;
    while (client->pays) {
        struct payment *payment = client->pays;
        client->pays = payment->next;
        payment->client = NULL; /* it goes on by itself */
        if (payment->answer) {
            payment_free(payment);
        }
    }
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
    uv_close((uv_handle_t *)&client->timer, on_client_closed);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    (void)status;
    client_close(request->data);
}

/* Closes it when everything that was written has gone out. */
static void client_end(struct control_client *client)
{
    client_stage(client, CLIENT_ENDS);
    client->shutdown.data = client;
    if (uv_shutdown(&client->shutdown, (uv_stream_t *)&client->pipe, on_shutdown) != 0) {
        client_close(client);
    }
}

/* ---- writing ---- */

static void on_written(uv_write_t *write, int status)
{
    struct control_write *request = write->data;
    struct control_client *client = write->handle->data;
    free(request->line);
    free(request);
    client->writes--;
    if (client->stage == CLIENT_CLOSED) {
        return;
    }
    if (status != 0) {
        client_close(client);
        return;
    }
    if (client->stage == CLIENT_ANSWERED) {
        client_stage(client, CLIENT_READS);
    }
    client_resume(client);
}

/* Writes a line that was made with malloc, and frees it in the end; NULL, for want of memory, closes the client. */
static void client_write(struct control_client *client, char *line)
{
    struct control_write *request = line ? calloc(1, sizeof *request) : NULL;
    if (!request) {
        free(line);
        client_close(client);
        return;
    }
    uv_buf_t buffer = uv_buf_init(line, (unsigned)strlen(line));
    request->line = line;
    request->write.data = request;
    if (uv_write(&request->write, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) != 0) {
        free(line);
        free(request);
        client_close(client);
    } else {
        client->writes++;
    }
}

static void client_answer(struct control_client *client, char *line)
{
    uv_timer_stop(&client->timer);
    client_stage(client, CLIENT_ANSWERED);
    client_write(client, line);
}

/* {"ok":true}, or what is wrong. With its end; NULL if memory ran out. */
static char *answer_line(const char *error, const char *message)
{
    cJSON *answer = cJSON_CreateObject();
    char *text = NULL, *line = NULL;
    if (answer && cJSON_AddBoolToObject(answer, "ok", !error) &&
        (!error ||
         (cJSON_AddStringToObject(answer, "error", error) && cJSON_AddStringToObject(answer, "message", message)))) {
        text = cJSON_PrintUnformatted(answer);
    }
    if (text && asprintf(&line, "%s\n", text) < 0) {
        line = NULL;
    }
    cJSON_free(text);
    cJSON_Delete(answer);
    return line;
}

static void client_reject(struct control_client *client, const char *message)
{
    client_answer(client, answer_line("bad_request", message));
}

/* ---- waiting ---- */

static bool is_fulfilled(const struct control_client *client, const struct hc_node_view *view)
{
    if (client->wait_seen > 0) {
        return hc_node_seen(client->control->node, client->wait_seen) >= client->wait_nodes;
    }
    return view->row && view->live == client->wait_nodes && (!client->wait_agree || view->disagree == 0);
}

static void on_wait_timeout(uv_timer_t *timer)
{
    struct control_client *client = timer->data;
    struct hc_node_view view;
    char message[160];
    if (client->stage != CLIENT_WAITS) {
        return;
    }
    hc_node_look(client->control->node, &view);
    if (client->wait_seen > 0) {
        (void)snprintf(message, sizeof message, "%zu of %zu other nodes are known to hold it",
                       hc_node_seen(client->control->node, client->wait_seen), client->wait_nodes);
        client_answer(client, answer_line("timeout", message));
        return;
    }
    int chars =
        view.live <= client->wait_nodes
            ? snprintf(message, sizeof message, "%zu of %zu nodes are live", view.live, client->wait_nodes)
            : snprintf(message, sizeof message, "%zu nodes are live instead of %zu", view.live, client->wait_nodes);
    if (client->wait_agree && view.disagree > 0 && chars > 0) {
        snprintf(message + chars, sizeof message - (size_t)chars,
                 "; %zu of them held another table, or had told none, when last heard", view.disagree);
    }
    client_answer(client, answer_line("timeout", message));
}

void control_check(struct control *control)
{
    struct hc_node_view view;
    if (control->waiting == 0) {
        return;
    }
    hc_node_look(control->node, &view);
    for (struct control_client *client = control->list, *next; client; client = next) {
        next = client->next;
        if (client->stage == CLIENT_WAITS && is_fulfilled(client, &view)) {
            client_answer(client, answer_line(NULL, NULL));
        }
    }
}

/* A whole number from `least` to `most` under `key`; *out stays if there is none. False: none, and *out is below
 * `least`, or something else. */
static bool get_number(uint64_t *out, const cJSON *request, const char *key, uint64_t least, uint64_t most)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, key);
    if (!item) {
        return *out >= least;
    }
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)least && item->valuedouble <= (double)most) ||
        item->valuedouble != (double)(uint64_t)item->valuedouble) {
        return false;
    }
    *out = (uint64_t)item->valuedouble;
    return true;
}

/* wait, and seen: the same with a version of our row that others must know. */
static void obey_wait(struct control_client *client, const cJSON *request, bool seen)
{
    uint64_t nodes = 0, timeout_ms = CONTROL_WAIT_MS_DEFAULT, version = 0;
    const cJSON *agree = cJSON_GetObjectItemCaseSensitive(request, "agree");
    struct hc_node_view view;
    char message[96];
    if (!get_number(&nodes, request, "nodes", 1, HC_ROWS_MAX)) {
        snprintf(message, sizeof message, "%s needs \"nodes\", a whole number from 1 to %u", seen ? "seen" : "wait",
                 HC_ROWS_MAX);
        client_reject(client, message);
    } else if (seen && !get_number(&version, request, "version", 1, HC_NUMBER_MAX)) {
        client_reject(client, "seen needs \"version\", a whole number from 1 on");
    } else if (!get_number(&timeout_ms, request, "timeout_ms", 0, CONTROL_WAIT_MS_MAX)) {
        snprintf(message, sizeof message, "\"timeout_ms\" must be a whole number from 0 to %u", CONTROL_WAIT_MS_MAX);
        client_reject(client, message);
    } else if (agree && !cJSON_IsBool(agree)) {
        client_reject(client, "\"agree\" must be true or false");
    } else {
        client->wait_nodes = (size_t)nodes;
        client->wait_agree = cJSON_IsTrue(agree);
        client->wait_seen = version;
        hc_node_look(client->control->node, &view);
        if (is_fulfilled(client, &view)) {
            client_answer(client, answer_line(NULL, NULL));
            return;
        }
        client_stage(client, CLIENT_WAITS);
        uv_timer_start(&client->timer, on_wait_timeout, timeout_ms, 0);
    }
}

/* ---- payments ---- */

/* Sends the answers that are known, as far as nothing before them is missing. */
static void client_flush(struct control_client *client)
{
    size_t bytes = 0, at = 0;
    for (const struct payment *payment = client->pays; payment && payment->answer; payment = payment->next) {
        bytes += strlen(payment->answer);
    }
    if (bytes == 0) {
        return;
    }
    char *lines = malloc(bytes + 1);
    while (lines && client->pays && client->pays->answer) {
        struct payment *payment = client->pays;
        size_t count = strlen(payment->answer);
        memcpy(lines + at, payment->answer, count + 1);
        at += count;
        client->pays = payment->next;
        client->pay_count--;
        payment_free(payment);
    }
    if (!client->pays) {
        client->pays_end = &client->pays;
    }
    client_write(client, lines);
}

/* A payment's answer is known: NULL, for want of memory, ends its client, who asks again by the key. */
static void payment_answer(struct control *control, struct payment *payment, char *line)
{
    struct control_client *client = payment->client;
    payments_done(&control->payments, payment);
    payment->answer = line;
    if (!client) {
        payment_free(payment);
        return;
    }
    control->answered = true;
    if (!line) {
        payment->answer = strdup("");
        client_close(client);
    }
}

static struct control_client *client_that_asks(const struct control *control, uint64_t number)
{
    struct control_client *client = control->list;
    while (client && (client->number != number || client->stage != CLIENT_ASKS)) {
        client = client->next;
    }
    return client;
}

const struct hc_tags *control_tags(const struct control *control, uint64_t number)
{
    const struct control_client *client = client_that_asks(control, number);
    return client ? client->tags : NULL;
}

static void tags_answer(struct control *control, const struct hc_answer *answer)
{
    struct control_client *client = client_that_asks(control, answer->handle);
    if (client) {
        free(client->tags);
        client->tags = NULL;
        client_answer(client, tag_answer_line(answer->code, answer->version, NULL, control->node));
    }
}

void control_answer(struct control *control, const struct hc_answer *answer)
{
    if (answer->kind == HC_EVENT_TAG) {
        tags_answer(control, answer);
        return;
    }
    struct payment *payment = payments_get(&control->payments, answer->handle);
    if (payment) {
        payment_answer(
            control, payment,
            pay_answer_line(&payment->what, answer->code, answer->version, answer->left, NULL, control->node));
    }
}

void control_found(struct control *control, struct disk_question *question)
{
    uint64_t version;
    enum hc_code code;
    if (question->asked == DISK_FIND) {
        struct payment *payment = payments_get(&control->payments, question->handle);
        if (payment && payments_found(&control->payments, payment, question, &code, &version)) {
            payment_answer(control, payment, pay_answer_line(&payment->what, code, version, 0, NULL, control->node));
        }
        return;
    }
    struct control_client *client = client_that_asks(control, question->handle);
    if (client) {
        client_answer(client, history_line(question, control->node));
    }
}

void control_flush(struct control *control)
{
    if (!control->answered) {
        return;
    }
    control->answered = false;
    for (struct control_client *client = control->list, *next; client; client = next) {
        next = client->next;
        if (client->stage != CLIENT_ENDS) {
            client_flush(client);
        }
        if (client->stage != CLIENT_CLOSED) {
            client_resume(client);
        }
    }
}

static void obey_pay(struct control_client *client, const cJSON *request)
{
    struct control *control = client->control;
    struct store_payment what;
    struct hc_fault fault;
    int64_t now_ms = clock_now_ms(control->loop);
    enum hc_code code = pay_request_read(&what, request, control->node, control->facts, now_ms, &fault);
    char *refusal = code != HC_OK ? pay_answer_line(&what, code, 0, 0, fault.text, control->node) : NULL;
    struct payment *payment = code == HC_OK ? payments_add(&control->payments, client, &what)
                              : refusal     ? calloc(1, sizeof *payment)
                                            : NULL;
    if (!payment) {
        free(refusal);
        client_close(client);
        return;
    }
    /* A refusal, too, has its place in the order of the answers. */
    payment->answer = refusal;
    control->answered = control->answered || refusal;
    *client->pays_end = payment;
    client->pays_end = &payment->next;
    client->pay_count++;
    inbox_wake(control->inbox);
}

static void obey_history(struct control_client *client, const cJSON *request)
{
    uint64_t after = 0, most = HISTORY_MOST;
    char message[80];
    if (!get_number(&after, request, "after", 0, HC_NUMBER_MAX) ||
        !get_number(&most, request, "most", 1, HISTORY_MOST)) {
        (void)snprintf(message, sizeof message, "\"after\" and \"most\" (1 to %u) must be whole numbers", HISTORY_MOST);
        client_reject(client, message);
        return;
    }
    client_stage(client, CLIENT_ASKS);
    if (!disk_history(client->control->payments.disk, client->number, after, (size_t)most)) {
        client_close(client);
    }
}

/* ---- tags ---- */

static void obey_tag(struct control_client *client, const cJSON *request)
{
    struct hc_fault fault;
    struct hc_tags *tags = malloc(sizeof *tags);
    if (!tags) {
        client_close(client);
        return;
    }
    enum hc_code code = tag_request_read(tags, request, &fault);
    if (code != HC_OK) {
        free(tags);
        client_answer(client, tag_answer_line(code, 0, fault.text, client->control->node));
        return;
    }
    client->tags = tags;
    client_stage(client, CLIENT_ASKS);
    if (!inbox_push(client->control->inbox, INBOX_TAG, client->number, NULL)) {
        client_close(client);
    }
}

/* ---- the other commands ---- */

void control_notice(struct control *control, const struct hc_notice *notice, int64_t now_ms)
{
    if (control->watching == 0) {
        return;
    }
    char *line = report_event(control->node, control->facts, notice, now_ms);
    for (struct control_client *client = control->list, *next; line && client; client = next) {
        next = client->next;
        if (client->stage != CLIENT_WATCHES) {
            continue;
        }
        if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > CONTROL_WATCH_BYTES_MAX) {
            client_close(client);
        } else {
            client_write(client, strdup(line));
        }
    }
    free(line);
}

static bool is_pay(const cJSON *request)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "command"));
    return name && strcmp(name, "pay") == 0;
}

static void client_obey(struct control_client *client, const cJSON *request)
{
    struct control *control = client->control;
    const cJSON *command = cJSON_GetObjectItemCaseSensitive(request, "command");
    const char *name = cJSON_GetStringValue(command);
    if (!cJSON_IsObject(request)) {
        client_reject(client, "a JSON object was expected");
    } else if (is_pay(request)) {
        obey_pay(client, request);
    } else if (!name) {
        client_reject(client, "\"command\" is missing, or no string");
    } else if (strcmp(name, "status") == 0) {
        client_answer(client, report_status(control->node, control->facts, clock_now_ms(control->loop)));
    } else if (strcmp(name, "wait") == 0) {
        obey_wait(client, request, false);
    } else if (strcmp(name, "seen") == 0) {
        obey_wait(client, request, true);
    } else if (strcmp(name, "payee") == 0) {
        client_answer(client, payee_line(request, control->node, control->facts, clock_now_ms(control->loop)));
    } else if (strcmp(name, "history") == 0) {
        obey_history(client, request);
    } else if (strcmp(name, "tag") == 0) {
        obey_tag(client, request);
    } else if (strcmp(name, "id") == 0) {
        client_answer(client, id_line(control->node, control->facts));
    } else if (strcmp(name, "watch") == 0) {
        client_stage(client, CLIENT_WATCHES);
        client_write(client, answer_line(NULL, NULL));
    } else if (strcmp(name, "leave") == 0) {
        client_stage(client, CLIENT_LEAVES);
        if (!inbox_push(control->inbox, INBOX_LEAVE, 0, NULL)) {
            client_close(client);
        }
    } else {
        client_reject(client,
                      "unknown command; there are status, wait, watch, leave, pay, payee, seen, history, tag, id");
    }
}

/* ---- reading ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Too many payments under way, or too many answers that it does not read. */
static bool is_full(const struct control_client *client)
{
    return client->pay_count >= PAYMENTS_AHEAD_MAX ||
           uv_stream_get_write_queue_size((const uv_stream_t *)&client->pipe) > CONTROL_WATCH_BYTES_MAX;
}

static void client_pause(struct control_client *client)
{
    if (!client->paused && !client->ended) {
        client->paused = true;
        uv_read_stop((uv_stream_t *)&client->pipe);
    }
}

/* Nothing is left to be taken. */
static void client_rest(struct control_client *client)
{
    if (client->pay_count == 0 && client->writes == 0) {
        frame_rest(&client->frame);
        if (client->ended) {
            client_close(client);
        }
    }
}

/* Reads a request; NULL if it is none. */
static cJSON *request_parse(const char *line, size_t count)
{
    const char *end = NULL;
    cJSON *request = cJSON_ParseWithLengthOpts(line, count, &end, 0);
    bool whole = request;
    while (whole && end < line + count) {
        whole = is_blank(*end++);
    }
    if (!whole) {
        cJSON_Delete(request);
    }
    return whole ? request : NULL;
}

/* Takes one request; false if there is none to be taken now. */
static bool client_take(struct control_client *client)
{
    const char *line;
    size_t count;
    cJSON *request = client->held;
    if (is_full(client) || (request && client->pay_count > 0)) {
        client_pause(client);
        return false;
    }
    client->held = NULL;
    if (!request) {
        switch (frame_next(&client->frame, &line, &count)) {
        case FRAME_MORE:
            client_rest(client);
            return false;
        case FRAME_TOO_LONG:
            client_write(client, answer_line("bad_request", "the line is too long"));
            if (client->stage != CLIENT_CLOSED) {
                client_end(client);
            }
            return false;
        case FRAME_LINE:
            break;
        }
        client->active_ms = uv_now(client->control->loop);
        request = request_parse(line, count);
        if (client->pay_count > 0 && !is_pay(request)) {
            client->held = request ? request : cJSON_CreateNull();
            return true;
        }
    }
    if (request && !cJSON_IsNull(request)) {
        client_obey(client, request);
    } else {
        client_reject(client, "not one JSON object on a line");
    }
    cJSON_Delete(request);
    return true;
}

static void client_advance(struct control_client *client)
{
    while (client->stage == CLIENT_READS && client_take(client)) {
        continue;
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

/* Something was answered, or has gone out. */
static void client_resume(struct control_client *client)
{
    if (client->stage == CLIENT_READS && client->paused && !is_full(client)) {
        client->paused = false;
        if (uv_read_start((uv_stream_t *)&client->pipe, chunk_alloc, on_read) != 0) {
            client_close(client);
            return;
        }
    }
    client_advance(client);
}

static void client_finish(struct control_client *client, int status)
{
    uv_read_stop((uv_stream_t *)&client->pipe);
    client->ended = true;
    bool idle = client->stage == CLIENT_READS && client->pay_count == 0 && client->writes == 0;
    if (status != UV_EOF || idle || client->stage == CLIENT_WATCHES) {
        client_close(client);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct control_client *client = stream->data;
    if (count < 0) {
        client_finish(client, (int)count);
        return;
    }
    /* A watcher, and one that is at its end, has nothing more to say. */
    if (client->stage == CLIENT_WATCHES || client->stage == CLIENT_ENDS) {
        return;
    }
    if (!frame_append(&client->frame, buffer->base, (size_t)count) ||
        (client->stage != CLIENT_READS && frame_pending(&client->frame) > CONTROL_AHEAD_BYTES_MAX)) {
        client_close(client);
    } else {
        client_advance(client);
    }
}

/* ---- taking in ---- */

static bool is_resting(const struct control_client *client)
{
    return (client->stage == CLIENT_READS || client->stage == CLIENT_ANSWERED) && client->pay_count == 0;
}

/* Closes the client that has rested longest; if none rests, the one whose request is oldest. */
static void client_evict(struct control *control)
{
    struct control_client *idle = control->list;
    for (struct control_client *client = control->list; client; client = client->next) {
        if (is_resting(client) != is_resting(idle) ? is_resting(client) : client->active_ms <= idle->active_ms) {
            idle = client;
        }
    }
    if (idle) {
        client_close(idle);
    }
}

static void on_connection(uv_stream_t *server, int status)
{
    struct control *control = server->data;
    if (status != 0 || control->stopping) {
        return;
    }
    if (control->count >= CONTROLS_MAX) {
        client_evict(control);
    }
    struct control_client *client = calloc(1, sizeof *client);
    if (!client) {
        return; /* no more are taken in: the socket is the owner's own, and memory is out */
    }
    client->control = control;
    client->open_handles = 2;
    client->active_ms = uv_now(control->loop);
    client->number = ++control->last_number;
    client->pays_end = &client->pays;
    frame_init(&client->frame, CONTROL_LINE_BYTES_MAX);
    ASSERT(uv_pipe_init(control->loop, &client->pipe, 0) == 0);
    ASSERT(uv_timer_init(control->loop, &client->timer) == 0);
    client->pipe.data = client->timer.data = client;
    client->next = control->list;
    control->list = client;
    control->count++;
    if (uv_accept(server, (uv_stream_t *)&client->pipe) != 0 ||
        uv_read_start((uv_stream_t *)&client->pipe, chunk_alloc, on_read) != 0) {
        client_close(client);
    }
}

/* ---- what the runtime asks for ---- */

void control_init(struct control *control, uv_loop_t *loop, struct inbox *inbox, struct disk *disk)
{
    memset(control, 0, sizeof *control);
    payments_init(&control->payments, disk);
    control->loop = loop;
    control->inbox = inbox;
    ASSERT(uv_pipe_init(loop, &control->server, 0) == 0);
    control->server.data = control;
}

enum hc_code control_listen(struct control *control, const char *path, const struct hc_node *node,
                            const struct runtime_facts *facts, struct hc_fault *fault)
{
    control->node = node;
    control->facts = facts;
    unlink(path);
    mode_t mask = umask(0177); /* so that the socket is never open to others, not for a moment */
    int status = uv_pipe_bind(&control->server, path);
    umask(mask);
    if (status == 0) {
        status = uv_listen((uv_stream_t *)&control->server, 64, on_connection);
    }
    if (status == 0) {
        return HC_OK;
    }
    return fault_set(fault, HC_SYSTEM, "cannot make the control socket %.200s: %s", path, uv_strerror(status));
}

/* Those that are under way to the end are not known to be made. */
static void payments_cut(struct control_client *client)
{
    for (struct payment *payment = client->pays; payment; payment = payment->next) {
        if (!payment->answer) {
            payments_done(&client->control->payments, payment);
            payment->answer = pay_answer_line(&payment->what, HC_LEAVING, 0, 0, NULL, client->control->node);
        }
        if (!payment->answer) {
            payment->answer = strdup("");
        }
    }
    client_flush(client);
}

void control_stop(struct control *control, bool goodbye)
{
    control->stopping = true;
    if (!uv_is_closing((uv_handle_t *)&control->server)) {
        uv_close((uv_handle_t *)&control->server, NULL);
    }
    for (struct control_client *client = control->list, *next; client; client = next) {
        next = client->next;
        payments_cut(client);
        if (client->stage == CLIENT_LEAVES) {
            client_write(client, goodbye ? answer_line(NULL, NULL)
                                         : answer_line("leaving", "the node was stopped before it said goodbye"));
        } else if (client->stage == CLIENT_WAITS || client->stage == CLIENT_ASKS) {
            client_write(client, answer_line("leaving", "the node is leaving"));
        }
        if (client->stage != CLIENT_CLOSED && client->stage != CLIENT_ENDS) {
            client_end(client);
        }
    }
}

void control_abort(struct control *control)
{
    while (control->list) {
        client_close(control->list);
    }
    payments_clear_all(&control->payments);
}

bool control_is_busy(const struct control *control)
{
    return control->list;
}
