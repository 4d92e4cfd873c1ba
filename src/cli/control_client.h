/* Talking to a running node over its control socket, and waiting for what it says. docs/CONTROL.md has the protocol. */
#ifndef HOWCOIN_CLI_CONTROL_CLIENT_H
#define HOWCOIN_CLI_CONTROL_CLIENT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/values.h"
#include "core/common/error.h"

/* A status of 10,000 nodes takes some 4 MB; a longer line is no answer of a node of ours. */
#define CONTROL_ANSWER_BYTES_MAX (64u << 20)
/* For answers that take a node no time; and for those that wait for its disk: beyond this the disk is not slow but
 * stuck. */
#define CONTROL_ANSWER_MS_MAX 5000
#define CONTROL_COMMIT_MS_MAX 60000

/* ---- which node ---- */

/* The node of this port, or of this directory. */
struct control_target {
    struct port_value port;
    const char *data_dir; /* NULL: not given */
};

/* The options of a command that talks to a node begin with its target; of some there is no more than this. */
struct client_options {
    struct control_target target;
    bool json;
};
#define TARGET_COMES_FIRST(options)                                                        \
    (0 * sizeof(struct {                                                                   \
         static_assert(offsetof(options, target) == 0, "target_check looks for it there"); \
         char unused;                                                                      \
     }))

/* The options that name the target, for the table of such a command. */
#define TARGET_OPTIONS(options)                                                                        \
    {.name = "port",                                                                                   \
     .letter = 'p',                                                                                    \
     .value = "PORT",                                                                                  \
     .help = "the node that listens on this port",                                                     \
     .min = 1 + TARGET_COMES_FIRST(options),                                                           \
     TAKES_PORT(options, target.port)},                                                                \
    {                                                                                                  \
        .name = "data-dir", .value = "DIR", .help = "the node that keeps its state in this directory", \
        TAKES_PATH(options, target.data_dir)                                                           \
    }

/* For struct argument_syntax: PORT as an operand; whether exactly one of port and directory is given. */
bool target_operand(void *options, const char *text, struct complaint *complaint);
bool target_check(const void *options, struct complaint *complaint);

/* ---- the dialog ---- */

/* How a step of a dialog ends. Of all but DIALOG_OK the complaint has the words. */
enum dialog_result {
    DIALOG_OK,
    DIALOG_UNREACHABLE, /* no node runs there */
    DIALOG_CLOSED,      /* the node ended */
    DIALOG_LEAVING,     /* the node is about to end, and refused */
    DIALOG_REFUSED,     /* the node refused */
    DIALOG_TIMED_OUT,   /* the deadline passed, here or at the node */
    DIALOG_INTERRUPTED, /* a signal came that control_catch_signals asked for */
    DIALOG_FAILED,      /* anything else: memory, the system, an answer of another protocol */
};

/* A connection to a node: requests out, lines in. */
struct dialog {
    int fd;                        /* -1 when closed */
    char *bytes;                   /* read, but not yet taken as lines; owned */
    size_t taken, count, capacity; /* taken <= count <= capacity */
    char whose[512];               /* for people: "port 8001 (/…/control)" */
};

/* The whole of a command that talks to a node: opens a dialog with the target with which its options begin, lets
 * `talk` have it, closes it. Returns what `talk` returns, or the exit status of a failure that it has told on
 * standard error. */
int dialog_run(int (*talk)(struct dialog *dialog, const void *options), const void *options);

/* dialog_close in every case. */
enum dialog_result dialog_open(struct dialog *dialog, const struct control_target *target,
                               struct complaint *complaint) HC_MUST_USE;
void dialog_close(struct dialog *dialog);

/* Sends a request and reads its answer, which must come within that time. *answer is valid until the next read; it
 * is NULL unless one came; a refusal is one, too. */
enum dialog_result dialog_ask(struct dialog *dialog, const char **answer, const char *request, uint32_t wait_ms,
                              struct complaint *complaint) HC_MUST_USE;

/* The parts of it. Requests are lines with their ends; lines that come are without. A deadline of INT64_MAX never
 * comes. */
enum dialog_result dialog_send(struct dialog *dialog, const char *requests, struct complaint *complaint) HC_MUST_USE;
enum dialog_result dialog_read(struct dialog *dialog, const char **line, int64_t deadline_ms,
                               struct complaint *complaint) HC_MUST_USE;
/* What an answer says: DIALOG_OK, DIALOG_REFUSED, DIALOG_LEAVING, DIALOG_TIMED_OUT for a `wait`, or DIALOG_FAILED. */
enum dialog_result dialog_check(const char *answer, struct complaint *complaint) HC_MUST_USE;

/* Writes the words and returns the result. */
enum dialog_result dialog_fail(enum dialog_result result, struct complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Lets SIGINT and SIGTERM end a dialog_read with DIALOG_INTERRUPTED, and nothing else: never the middle of a line. */
void control_catch_signals(void);

/* A monotonic clock for deadlines. */
int64_t control_now_ms(void);

#endif
