#include "cli/control_client.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/limits.h"
#include "daemon/state_dir.h"

#define READ_CHUNK 4096

static volatile sig_atomic_t caught;
static sigset_t outside; /* the signals that are blocked while waiting; all that were before, once they are caught */
static bool catching;

/* ---- the target ---- */

bool control_target_take(struct control_target *target, int key, const char *value, struct complaint *complaint)
{
    uint16_t before = target->port;

    if (key == CONTROL_KEY_DATA_DIR) {
        target->data_dir = value;
        return *value != '\0' || complain(complaint, "--data-dir '' is not a path: expected one that is not empty");
    }
    if (!argument_port(&target->port, value, key == 0 ? "argument" : "--port", complaint)) {
        return false;
    }
    if (target->port == 0) {
        return complain(complaint, "port 0 is any free one: expected the one that the node listens on");
    }
    if (target->port_given && target->port != before) {
        return complain(complaint, "the port is given twice, as %u and as %u", before, target->port);
    }
    target->port_given = true;
    return true;
}

bool control_target_check(const struct control_target *target, struct complaint *complaint)
{
    if (!target->port_given && target->data_dir == NULL) {
        return complain(complaint, "which node is not said: expected --port PORT or --data-dir DIR");
    }
    if (target->port_given && target->data_dir != NULL) {
        return complain(complaint, "--port %u and --data-dir '%.100s' both say which node: expected one of them",
                        target->port, target->data_dir);
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

enum hc_code dialog_open(struct dialog *dialog, const struct control_target *target, struct hc_fault *fault)
{
    char path[STATE_PATH_BYTES];

    *dialog = (struct dialog){.fd = -1};
    enum hc_code code = state_dir_control_path(path, sizeof path, target->port, target->data_dir, fault);
    if (code != HC_OK) {
        return code;
    }
    if (target->data_dir != NULL) {
        (void)snprintf(dialog->whose, sizeof dialog->whose, "%.400s", path);
    } else {
        (void)snprintf(dialog->whose, sizeof dialog->whose, "port %u (%.400s)", target->port, path);
    }
    dialog->bytes = malloc(READ_CHUNK);
    if (dialog->bytes == NULL) {
        return fault_set(fault, HC_NO_MEMORY, "out of memory");
    }
    dialog->capacity = READ_CHUNK;
    dialog->fd = connect_path(path);
    if (dialog->fd >= 0) {
        return HC_OK;
    }
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
        return fault_set(fault, HC_UNREACHABLE, "no node answers at %s: is it running?", dialog->whose);
    }
    return fault_set(fault, HC_SYSTEM, "cannot reach the node at %s: %s", dialog->whose, strerror(errno));
}

void dialog_close(struct dialog *dialog)
{
    if (dialog->fd >= 0) {
        (void)close(dialog->fd);
    }
    free(dialog->bytes);
    dialog->bytes = NULL;
    dialog->fd = -1;
}

enum hc_code dialog_send(struct dialog *dialog, const char *request, struct hc_fault *fault)
{
    size_t bytes = strlen(request);

    while (bytes > 0) {
        ssize_t sent = send(dialog->fd, request, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return fault_set(fault, HC_CLOSED, "the node at %s ended before it could be asked", dialog->whose);
        }
        request += sent;
        bytes -= (size_t)sent;
    }
    return HC_OK;
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

/* Waits until there is something to read. HC_OK, HC_SILENT, HC_LEFT. */
static enum hc_code wait_readable(const struct dialog *dialog, int64_t deadline_ms, struct hc_fault *fault)
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
            return HC_LEFT;
        }
        if (count > 0) {
            return HC_OK;
        }
        if (count == 0) {
            return fault_set(fault, HC_SILENT, "the node at %s does not answer", dialog->whose);
        }
    }
}

static bool make_room(struct dialog *dialog)
{
    memmove(dialog->bytes, dialog->bytes + dialog->taken, dialog->count - dialog->taken);
    dialog->count -= dialog->taken;
    dialog->taken = 0;
    if (dialog->capacity - dialog->count >= READ_CHUNK) {
        return true;
    }
    char *bytes = realloc(dialog->bytes, dialog->capacity * 2 + READ_CHUNK);
    if (bytes == NULL) {
        return false;
    }
    dialog->bytes = bytes;
    dialog->capacity = dialog->capacity * 2 + READ_CHUNK;
    return true;
}

enum hc_code dialog_read(struct dialog *dialog, const char **line, int64_t deadline_ms, struct hc_fault *fault)
{
    size_t searched = dialog->taken;

    for (;;) {
        char *start = dialog->bytes + dialog->taken;
        char *end = dialog->count > searched ? memchr(dialog->bytes + searched, '\n', dialog->count - searched) : NULL;
        if (end != NULL) {
            *end = '\0';
            *line = start;
            dialog->taken = (size_t)(end - dialog->bytes) + 1;
            return HC_OK;
        }
        searched = dialog->count - dialog->taken; /* where it will be, once there is room */
        if (dialog->count - dialog->taken > CONTROL_ANSWER_BYTES_MAX) {
            return fault_set(fault, HC_TOO_LARGE, "the answer of the node at %s is too long", dialog->whose);
        }
        if (!make_room(dialog)) {
            return fault_set(fault, HC_NO_MEMORY, "out of memory");
        }
        enum hc_code code = wait_readable(dialog, deadline_ms, fault);
        if (code != HC_OK) {
            return code;
        }
        ssize_t got = read(dialog->fd, dialog->bytes + dialog->count, dialog->capacity - dialog->count);
        if (got <= 0 && !(got < 0 && (errno == EINTR || errno == EAGAIN))) {
            return fault_set(fault, HC_CLOSED, "the node at %s ended before it answered", dialog->whose);
        }
        dialog->count += got > 0 ? (size_t)got : 0;
    }
}

enum hc_code control_answer_check(const char *line, struct hc_fault *fault)
{
    cJSON *answer = cJSON_Parse(line);
    enum hc_code code = HC_OK;

    if (!cJSON_IsObject(answer)) {
        code = fault_set(fault, HC_BAD_REPLY, "the node's answer is not one of this protocol: '%.100s'", line);
    } else if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(answer, "ok"))) {
        const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "error"));
        const char *message = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "message"));
        enum hc_code named = error != NULL ? hc_code_find(error) : HC_CODE_COUNT;
        code = named == HC_SLOW ? HC_SILENT : named == HC_LEAVING ? HC_LEAVING : HC_BAD_REPLY;
        code = fault_set(fault, code, "%s", message != NULL ? message : error != NULL ? error : "the node refused");
    }
    cJSON_Delete(answer);
    return code;
}
