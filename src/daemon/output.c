/* The good path: output_open finds out what standard output is, and makes a stream of a terminal or a pipe, on a
 * descriptor of its own: what is not to block must not be shared with the shell, with standard error, or with other
 * programs that write to the same pipe. output_write copies the bytes into a write; on_written frees them.
 *
 * What fails: a reader that is gone, or a full queue: the bytes are dropped. Everything but a terminal and a pipe (a
 * file, /dev/null, a socket that cannot be opened anew) is written directly.
 */
#include "daemon/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/common/error.h"
#include "daemon/limits.h"

struct output_request {
    uv_write_t write;
    char bytes[];
};

static struct {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tty_t tty;
        uv_pipe_t pipe;
    } as;
    uv_timer_t timer; /* of the flush */
    uv_loop_t *loop;
    bool open; /* `as` is a stream */
    bool late; /* the flush took too long */
} output;

/* The same pipe with a file description, and so with a blocking mode, of its own. */
static int reopen_pipe(void)
{
    return open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

int output_open(uv_loop_t *loop)
{
    ASSERT(!output.open && !output.loop); /* once */
    output.loop = loop;
    int status = 0;
    switch (uv_guess_handle(STDOUT_FILENO)) {
    case UV_TTY:
        status = uv_tty_init(loop, &output.as.tty, STDOUT_FILENO, 0);
        output.open = status == 0;
        break;
    case UV_NAMED_PIPE: {
        int fd = reopen_pipe();
        if (fd < 0) {
            break;
        }
        status = uv_pipe_init(loop, &output.as.pipe, 0);
        if (status != 0) {
            close(fd);
            break;
        }
        output.open = true;
        status = uv_pipe_open(&output.as.pipe, fd);
        if (status != 0) {
            close(fd);
            output.open = false;
            uv_close(&output.as.handle, NULL);
        }
        break;
    }
    default:
        break;
    }
    return status;
}

/* A descriptor that another program made non-blocking is waited for. */
static void write_directly(const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
            (void)poll(&wait, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return;
        }
    }
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write->data);
}

void output_write(const char *bytes, size_t count)
{
    if (!output.open) {
        write_directly(bytes, count);
        return;
    }
    if (count == 0 || uv_stream_get_write_queue_size(&output.as.stream) + count > OUTPUT_BYTES_MAX) {
        return;
    }
    struct output_request *request = malloc(sizeof *request + count);
    if (!request) {
        return;
    }
    memcpy(request->bytes, bytes, count);
    request->write.data = request;
    uv_buf_t buffer = uv_buf_init(request->bytes, (unsigned)count);
    if (uv_write(&request->write, &output.as.stream, &buffer, 1, on_written) != 0) {
        free(request);
    }
}

static void on_flush_timeout(uv_timer_t *timer)
{
    (void)timer;
    output.late = true;
}

void output_close(void)
{
    if (!output.open) {
        return;
    }
    output.open = false;
    if (uv_stream_get_write_queue_size(&output.as.stream) > 0 && uv_timer_init(output.loop, &output.timer) == 0) {
        uv_timer_start(&output.timer, on_flush_timeout, OUTPUT_FLUSH_MS_MAX, 0);
        while (!output.late && uv_stream_get_write_queue_size(&output.as.stream) > 0) {
            uv_run(output.loop, UV_RUN_ONCE);
        }
        uv_close((uv_handle_t *)&output.timer, NULL);
    }
    uv_close(&output.as.handle, NULL);
}
