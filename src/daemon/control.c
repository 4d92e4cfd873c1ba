/* The good path: on_connection takes a client in; on_read collects a line, client_take finds its command, which does
 * what it says and answers in one of the ways of control_commands.h; on_written looks whether the next line is there
 * already. A client that waits is answered by control_check, or by its timer; one that watches gets lines from
 * control_notice; one that bade the node leave is answered by control_stop.
 *
 * What fails: a client that closes, resets, sends too much or does not read is closed. At its end of stream a client
 * that is being answered stays until the answer is written (`echo ... | nc -U` closes its side at once). When all
 * places are taken, the client that has rested longest gives way.
 *
 * What is answered later has a ticket (answers.h): control_answer puts the line in its place, and control_flush
 * writes all that nothing before them holds up. Payments are under way together; any other command waits (`held`)
 * until those before it are answered. A client with too many requests under way, or too many answers unread, is not
 * read from for a while (`paused`).
 *
 * A client is two handles, its pipe and its timer. client_close takes it out of the list at once; the second close
 * callback frees it. Writes own their lines and free them in their callbacks, which come before that.
 */
#include "daemon/control.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/common/error.h"
#include "daemon/answers.h"
#include "daemon/chunk.h"
#include "daemon/control_answer.h"
#include "daemon/control_commands.h"
#include "daemon/control_tag.h"
#include "daemon/control_wait.h"
#include "daemon/frame.h"
#include "daemon/limits.h"
#include "daemon/list.h"
#include "daemon/report.h"

enum client_stage {
    CLIENT_READS,
    CLIENT_ANSWERED, /* its answer is being written */
    CLIENT_WAITS,
    CLIENT_ASKS, /* its next request waits for the answer to its ticket */
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
    unsigned writes;        /* under way */
    struct answers answers; /* that are known later */
    cJSON *held;            /* a request that waits for them */
    uint64_t active_ms;     /* when its last request came; at first, when it was taken in */
    struct wait wait;
    int64_t survey_ms;       /* when the other nodes are to be asked again, in its behalf */
    int64_t survey_gap_ms;   /* after the last time */
    struct hc_tags *changes; /* of tags, that it asked for, until they are answered; owned */
    struct frame frame;
};

struct control_write {
    uv_write_t write;
    char *line;
};

static void client_resume(struct control_client *client);

/* ---- closing ---- */

static void on_client_closed(uv_handle_t *handle)
{
    struct control_client *client = handle->data;
    ASSERT(client->stage == CLIENT_CLOSED && client->open_handles > 0);
    if (--client->open_handles == 0) {
        free(client);
    }
}

/* The only place where the stage changes, so that those that wait and watch are counted. */
static void client_stage(struct control_client *client, enum client_stage stage)
{
    struct control *control = client->control;
    ASSERT(client->stage != CLIENT_CLOSED);
    control->waiting -= client->stage == CLIENT_WAITS;
    control->watching -= client->stage == CLIENT_WATCHES;
    client->stage = stage;
    control->waiting += stage == CLIENT_WAITS;
    control->watching += stage == CLIENT_WATCHES;
    ASSERT(control->waiting + control->watching <= control->count);
}

static void client_close(struct control_client *client)
{
    if (client->stage == CLIENT_CLOSED) {
        return;
    }
    client_stage(client, CLIENT_CLOSED);
    LIST_REMOVE(client->control->list, client, next);
    client->control->count--;
    frame_clear(&client->frame);
    cJSON_Delete(client->held);
    client->held = NULL;
    free(client->changes);
    client->changes = NULL;
    answers_clear(&client->answers); /* what they are for goes on by itself */
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
    ASSERT(client->writes > 0);
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

/* ---- answering at once, or with a ticket (control_commands.h) ---- */

void client_answer(struct control_client *client, char *line)
{
    ASSERT(client->answers.count == 0);
    uv_timer_stop(&client->timer);
    client_stage(client, CLIENT_ANSWERED);
    client_write(client, line);
}

uint64_t client_ticket(struct control_client *client, bool ahead)
{
    uint64_t ticket = client->control->last_ticket + 1;
    ASSERT(client->stage == CLIENT_READS && (ahead || client->answers.count == 0));
    if (!answers_expect(&client->answers, ticket)) {
        client_close(client);
        return 0;
    }
    client->control->last_ticket = ticket;
    if (!ahead) {
        client_stage(client, CLIENT_ASKS);
    }
    return ticket;
}

/* In its place, behind what is under way. */
void client_reject(struct control_client *client, const char *words)
{
    uint64_t ticket = client_ticket(client, true);
    if (ticket > 0) {
        control_answer(client->control, ticket, answer_error(ANSWER_BAD_REQUEST, words));
    }
}

void client_watch(struct control_client *client)
{
    client_stage(client, CLIENT_WATCHES);
    client_write(client, answer_ok());
}

void client_leave(struct control_client *client)
{
    client_stage(client, CLIENT_LEAVES);
    if (!inbox_push(client->control->inbox, INBOX_LEAVE, 0, NULL)) {
        client_close(client);
    }
}

void client_change_tags(struct control_client *client, struct hc_tags *changes)
{
    uint64_t ticket = client_ticket(client, false);
    if (ticket == 0) {
        free(changes);
        return;
    }
    ASSERT(!client->changes);
    client->changes = changes;
    if (!inbox_push(client->control->inbox, INBOX_TAG, ticket, NULL)) {
        client_close(client);
    }
}

/* ---- what tickets are answered with ---- */

static struct control_client *client_of(const struct control *control, uint64_t ticket)
{
    struct control_client *client = control->list;
    while (client && !answers_has(&client->answers, ticket)) {
        client = client->next;
    }
    return client;
}

void control_answer(struct control *control, uint64_t ticket, char *line)
{
    struct control_client *client = client_of(control, ticket);
    ASSERT(ticket > 0 && ticket <= control->last_ticket);
    if (!client) {
        free(line);
    } else if (!line) {
        client_close(client);
    } else {
        answers_put(&client->answers, ticket, line);
        control->answered = true;
        inbox_wake(control->inbox);
    }
}

const struct hc_tags *control_tags(const struct control *control, uint64_t ticket)
{
    const struct control_client *client = client_of(control, ticket);
    return client ? client->changes : NULL;
}

void control_tagged(struct control *control, const struct hc_answer *answer)
{
    struct control_client *client = client_of(control, answer->handle);
    ASSERT(answer->kind == HC_EVENT_TAG);
    if (client) {
        free(client->changes);
        client->changes = NULL;
        control_answer(control, answer->handle, tag_answer_line(answer->code, answer->version, NULL, control->node));
    }
}

/* Writes the answers that are known, as far as nothing before them is missing. */
static void client_flush(struct control_client *client)
{
    if (answers_bytes(&client->answers) == 0) {
        return;
    }
    if (client->stage == CLIENT_ASKS) {
        client_stage(client, CLIENT_ANSWERED);
    }
    client_write(client, answers_take(&client->answers));
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

/* ---- waiting and watching ---- */

static void on_wait_timeout(uv_timer_t *timer)
{
    struct control_client *client = timer->data;
    const struct hc_node *node = client->control->node;
    struct hc_node_view view;
    if (client->stage == CLIENT_WAITS) {
        hc_node_look(node, &view);
        client_answer(client, wait_timeout_line(&client->wait, node, &view));
    }
}

void client_wait(struct control_client *client, const struct wait *wait)
{
    const struct hc_node *node = client->control->node;
    struct hc_node_view view;
    hc_node_look(node, &view);
    if (wait_is_over(wait, node, &view)) {
        client_answer(client, answer_ok());
        return;
    }
    client->wait = *wait;
    client->survey_ms = INT64_MIN;
    client->survey_gap_ms = SURVEY_FIRST_MS;
    client_stage(client, CLIENT_WAITS);
    uv_timer_start(&client->timer, on_wait_timeout, wait->timeout_ms, 0);
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
        if (client->stage == CLIENT_WAITS && wait_is_over(&client->wait, control->node, &view)) {
            client_answer(client, answer_ok());
        }
    }
}

/* Who is live, a node finds out by itself; what others hold, they must be asked for. */
static bool wants_survey(const struct control_client *client)
{
    return client->stage == CLIENT_WAITS && (client->wait.agree || client->wait.version > 0);
}

/* Whether a survey for this version is one for this client, too. */
static bool is_served(const struct control_client *client, uint64_t version)
{
    return wants_survey(client) && (version == 0) == (client->wait.version == 0) && client->wait.version <= version;
}

bool control_survey(struct control *control, struct hc_event *event, int64_t now_ms)
{
    const struct control_client *due = NULL;
    for (const struct control_client *client = control->list; client && control->waiting > 0; client = client->next) {
        if (wants_survey(client) && client->survey_ms <= now_ms && (!due || client->wait.version > due->wait.version)) {
            due = client;
        }
    }
    if (!due) {
        return false;
    }
    event->kind = HC_EVENT_SURVEY;
    event->amount = due->wait.version;
    for (struct control_client *client = control->list; client; client = client->next) {
        if (is_served(client, event->amount)) {
            client->survey_ms = now_ms + client->survey_gap_ms;
            client->survey_gap_ms = client->survey_gap_ms * 2 < SURVEY_MS ? client->survey_gap_ms * 2 : SURVEY_MS;
        }
    }
    return true;
}

int64_t control_deadline(const struct control *control)
{
    int64_t deadline_ms = INT64_MAX;
    for (const struct control_client *client = control->list; client && control->waiting > 0; client = client->next) {
        if (wants_survey(client) && client->survey_ms < deadline_ms) {
            deadline_ms = client->survey_ms;
        }
    }
    return deadline_ms;
}

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

/* ---- reading ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Too many requests under way, or too many answers that the client does not read. */
static bool is_full(const struct control_client *client)
{
    return client->answers.count >= PAYMENTS_AHEAD_MAX ||
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
    if (client->answers.count == 0 && client->writes == 0) {
        frame_rest(&client->frame);
        answers_clear(&client->answers);
        if (client->ended) {
            client_close(client);
        }
    }
}

/* NULL if the line is not JSON. */
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

/* Takes the next line. False: there is none to be taken now. *request is NULL if the line is not JSON. */
static bool client_read(struct control_client *client, cJSON **request)
{
    const char *line;
    size_t count;
    switch (frame_next(&client->frame, &line, &count)) {
    case FRAME_MORE:
        client_rest(client);
        return false;
    case FRAME_TOO_LONG:
        if (client->answers.count > 0) {
            client_pause(client); /* it is found again once they are answered */
            return false;
        }
        client_write(client, answer_error(ANSWER_BAD_REQUEST, "the line is too long"));
        if (client->stage != CLIENT_CLOSED) {
            client_end(client);
        }
        return false;
    case FRAME_LINE:
        break;
    }
    client->active_ms = uv_now(client->control->loop);
    *request = request_parse(line, count);
    return true;
}

/* Takes one request; false if there is none to be taken now. */
static bool client_take(struct control_client *client)
{
    struct hc_fault fault;
    cJSON *request = client->held;
    if (is_full(client) || (request && client->answers.count > 0)) {
        client_pause(client);
        return false;
    }
    client->held = NULL;
    if (!request && !client_read(client, &request)) {
        return false;
    }
    const struct command *command = command_of(request, &fault);
    if (command && !command->ahead && client->answers.count > 0) {
        client->held = request;
        return true;
    }
    if (command) {
        command->obey(client->control, client, request);
    } else {
        client_reject(client, fault.text);
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
    bool idle = client->stage == CLIENT_READS && client->answers.count == 0 && client->writes == 0;
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
    return (client->stage == CLIENT_READS || client->stage == CLIENT_ANSWERED) && client->answers.count == 0;
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
    frame_init(&client->frame, CONTROL_LINE_BYTES_MAX);
    CHECK(uv_pipe_init(control->loop, &client->pipe, 0) == 0);
    CHECK(uv_timer_init(control->loop, &client->timer) == 0);
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

void control_init(struct control *control, uv_loop_t *loop, struct inbox *inbox, struct disk *disk,
                  struct payments *payments, const struct kept *kept)
{
    ASSERT(loop && inbox && disk && payments && kept);
    memset(control, 0, sizeof *control);
    control->loop = loop;
    control->inbox = inbox;
    control->disk = disk;
    control->payments = payments;
    control->kept = kept;
    CHECK(uv_pipe_init(loop, &control->server, 0) == 0);
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

void control_stop(struct control *control, bool goodbye)
{
    control->stopping = true;
    if (!uv_is_closing((uv_handle_t *)&control->server)) {
        uv_close((uv_handle_t *)&control->server, NULL);
    }
    for (struct control_client *client = control->list, *next; client; client = next) {
        next = client->next;
        client_flush(client);
        if (client->stage == CLIENT_LEAVES) {
            client_write(client, goodbye ? answer_ok()
                                         : answer_error(ANSWER_LEAVING, "the node was stopped before it said goodbye"));
        } else if (client->stage == CLIENT_WAITS || client->stage == CLIENT_ASKS) {
            client_write(client, answer_error(ANSWER_LEAVING, "the node is leaving"));
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
}

bool control_is_busy(const struct control *control)
{
    return control->list;
}
