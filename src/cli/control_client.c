/* The client of the control socket: one connection, blocking, with deadlines. */
#include "cli/control_client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/cli.h"
#include "core/common/array.h"
#include "core/common/memory.h"
#include "daemon/limits.h"
#include "daemon/state_dir.h"

#define READ_CHUNK 4096

static volatile sig_atomic_t caught;
static sigset_t outside; /* the signals that are blocked while waiting; all that were before, once they are caught */
static bool catching;

/* ---- which node ---- */

bool target_operand(void *options, const char *text, struct complaint *complaint)
{
    struct control_target *target = options;

    return value_port(&target->port, "argument", 1, text, complaint);
}

bool target_check(const void *options, struct complaint *complaint)
{
    const struct control_target *target = options;

    if (!target->port.given && !target->data_dir) {
        return complain(complaint, "no node is named: --port PORT or --data-dir DIR is required");
    }
    if (target->port.given && target->data_dir) {
        return complain(complaint, "--port %u and --data-dir '%.100s' both name a node: expected one of them",
                        target->port.number, target->data_dir);
    }
    return true;
}

/* ---- the connection ---- */

int64_t control_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t bytes = strlen(path) + 1;

    if (bytes > sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, bytes);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

enum dialog_result dialog_fail(enum dialog_result result, struct complaint *complaint, const char *format, ...)
{
    char words[sizeof complaint->text];
    va_list list;

    ASSERT(result != DIALOG_OK);
    va_start(list, format);
    (void)vsnprintf(words, sizeof words, format, list);
    va_end(list);
    (void)complain(complaint, "%s", words);
    return result;
}

enum dialog_result dialog_open(struct dialog *dialog, const struct control_target *target, struct complaint *complaint)
{
    char path[STATE_PATH_BYTES];
    struct hc_fault fault;

    ASSERT(target->port.given ? !target->data_dir : !!target->data_dir);
    *dialog = (struct dialog){.fd = -1};
    if (state_dir_control_path(path, sizeof path, target->port.number, target->data_dir, &fault) != HC_OK) {
        return dialog_fail(DIALOG_FAILED, complaint, "%s", fault.text);
    }
    if (target->data_dir) {
        (void)snprintf(dialog->whose, sizeof dialog->whose, "%.400s", path);
    } else {
        (void)snprintf(dialog->whose, sizeof dialog->whose, "port %u (%.400s)", target->port.number, path);
    }
    dialog->fd = connect_path(path);
    if (dialog->fd >= 0) {
        return DIALOG_OK;
    }
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
        return dialog_fail(DIALOG_UNREACHABLE, complaint, "no node answers at %s: is it running?", dialog->whose);
    }
    return dialog_fail(DIALOG_FAILED, complaint, "cannot reach the node at %s: %s", dialog->whose, strerror(errno));
}

void dialog_close(struct dialog *dialog)
{
    if (dialog->fd >= 0) {
        (void)close(dialog->fd);
    }
    memory_free(dialog->bytes);
    *dialog = (struct dialog){.fd = -1};
}

int dialog_run(int (*talk)(struct dialog *dialog, const void *options), const void *options)
{
    struct complaint complaint;
    struct dialog dialog;

    enum dialog_result result = dialog_open(&dialog, options, &complaint);
    int status = result == DIALOG_OK ? talk(&dialog, options) : cli_failed(complaint.text);
    dialog_close(&dialog);
    return status;
}

enum dialog_result dialog_send(struct dialog *dialog, const char *requests, struct complaint *complaint)
{
    size_t bytes = strlen(requests);

    ASSERT(dialog->fd >= 0);
    ASSERT(bytes > 0 && requests[bytes - 1] == '\n');
    while (bytes > 0) {
        ssize_t sent = send(dialog->fd, requests, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return dialog_fail(DIALOG_CLOSED, complaint, "the node at %s ended before it could be asked",
                               dialog->whose);
        }
        requests += sent;
        bytes -= (size_t)sent;
    }
    return DIALOG_OK;
}

/* ---- reading ---- */

static void on_signal(int number)
{
    (void)number;
    caught = 1;
}

void control_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t both;

    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGINT);
    (void)sigaddset(&both, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &both, &outside);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    catching = true;
}

/* Waits until there is something to read: DIALOG_OK, DIALOG_TIMED_OUT or DIALOG_INTERRUPTED. */
static enum dialog_result wait_readable(const struct dialog *dialog, int64_t deadline_ms, struct complaint *complaint)
{
    struct pollfd ready = {.fd = dialog->fd, .events = POLLIN};

    for (;;) {
        struct timespec rest = {0};
        bool forever = deadline_ms == INT64_MAX;
        int64_t rest_ms = forever ? 0 : deadline_ms - control_now_ms();
        if (rest_ms > 0) {
            rest = (struct timespec){.tv_sec = rest_ms / 1000, .tv_nsec = rest_ms % 1000 * 1000000};
        }
        int count = ppoll(&ready, 1, forever ? NULL : &rest, catching ? &outside : NULL);
        if (caught) {
            return dialog_fail(DIALOG_INTERRUPTED, complaint, "interrupted");
        }
        if (count > 0) {
            return DIALOG_OK;
        }
        if (count == 0) {
            return dialog_fail(DIALOG_TIMED_OUT, complaint, "the node at %s does not answer", dialog->whose);
        }
    }
}

/* Moves what is not yet taken to the front, and makes room for one more read. */
static bool make_room(struct dialog *dialog)
{
    ASSERT(dialog->taken <= dialog->count && dialog->count <= dialog->capacity);
    if (dialog->taken > 0) {
        memmove(dialog->bytes, dialog->bytes + dialog->taken, dialog->count - dialog->taken);
        dialog->count -= dialog->taken;
        dialog->taken = 0;
    }
    return ARRAY_RESERVE(dialog->bytes, dialog->capacity, dialog->count + READ_CHUNK);
}

/* Takes the next line off what was read, of which the first `searched` bytes have no line's end. NULL: there is
 * none yet. */
static const char *take_line(struct dialog *dialog, size_t searched)
{
    size_t rest = dialog->count - dialog->taken;

    ASSERT(searched <= rest);
    if (searched == rest) {
        return NULL;
    }
    char *start = dialog->bytes + dialog->taken;
    char *end = memchr(start + searched, '\n', rest - searched);
    if (!end) {
        return NULL;
    }
    *end = '\0';
    dialog->taken += (size_t)(end - start) + 1;
    return start;
}

enum dialog_result dialog_read(struct dialog *dialog, const char **line, int64_t deadline_ms,
                               struct complaint *complaint)
{
    size_t searched = 0;

    ASSERT(dialog->fd >= 0);
    for (;;) {
        *line = take_line(dialog, searched);
        if (*line) {
            return DIALOG_OK;
        }
        searched = dialog->count - dialog->taken;
        if (searched > CONTROL_ANSWER_BYTES_MAX) {
            return dialog_fail(DIALOG_FAILED, complaint, "the answer of the node at %s is too long", dialog->whose);
        }
        if (!make_room(dialog)) {
            return dialog_fail(DIALOG_FAILED, complaint, "out of memory");
        }
        enum dialog_result result = wait_readable(dialog, deadline_ms, complaint);
        if (result != DIALOG_OK) {
            return result;
        }
        ssize_t got = read(dialog->fd, dialog->bytes + dialog->count, dialog->capacity - dialog->count);
        if (got <= 0 && !(got < 0 && (errno == EINTR || errno == EAGAIN))) {
            return dialog_fail(DIALOG_CLOSED, complaint, "the node at %s ended before it answered", dialog->whose);
        }
        dialog->count += got > 0 ? (size_t)got : 0;
    }
}

/* ---- answers ---- */

enum dialog_result dialog_check(const char *answer, struct complaint *complaint)
{
    cJSON *object = cJSON_Parse(answer);
    enum dialog_result result = DIALOG_OK;

    if (!cJSON_IsObject(object)) {
        result = dialog_fail(DIALOG_FAILED, complaint, "expected an answer of a node, got '%.100s'", answer);
    } else if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(object, "ok"))) {
        const char *error = answer_text(object, "error"), *message = answer_text(object, "message");
        enum hc_code code = hc_code_find(error);
        result = code == HC_SLOW ? DIALOG_TIMED_OUT : code == HC_LEAVING ? DIALOG_LEAVING : DIALOG_REFUSED;
        (void)complain(complaint, "%s", *message != '\0' ? message : *error != '\0' ? error : "the node refused");
    }
    cJSON_Delete(object);
    return result;
}

enum dialog_result dialog_ask(struct dialog *dialog, const char **answer, const char *request, uint32_t wait_ms,
                              struct complaint *complaint)
{
    *answer = NULL;
    enum dialog_result result = dialog_send(dialog, request, complaint);
    if (result == DIALOG_OK) {
        result = dialog_read(dialog, answer, control_now_ms() + wait_ms, complaint);
    }
    return result == DIALOG_OK ? dialog_check(*answer, complaint) : result;
}
