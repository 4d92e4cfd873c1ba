/* Talking to a running node over its control socket, and waiting for what it says. docs/CONTROL.md has the protocol. */
#ifndef HOWCOIN_CLI_CONTROL_CLIENT_H
#define HOWCOIN_CLI_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/arguments.h"
#include "core/error.h"

/* A status of 10,000 nodes takes some 4 MB; a longer line is no answer of a node of ours. */
#define CONTROL_ANSWER_BYTES_MAX (64u << 20)
/* For answers that take a node no time. */
#define CONTROL_ANSWER_MS_MAX 5000

/* Which node: of this port, or of this directory. */
struct control_target {
    bool port_given;
    uint16_t port;
    const char *data_dir; /* NULL: not given */
};

/* The options by which a command is told its target, for its array; and what takes them, and PORT as an operand. */
#define CONTROL_KEY_DATA_DIR 300
#define CONTROL_TARGET_OPTIONS                                                                            \
    {"port", 'p', "PORT", false, "the node that listens on this port"},                                   \
    {                                                                                                     \
        "data-dir", CONTROL_KEY_DATA_DIR, "DIR", false, "the node that keeps its state in this directory" \
    }
bool control_target_take(struct control_target *target, int key, const char *value, struct complaint *complaint);
/* To be asked at the end: whether exactly one was given. */
bool control_target_check(const struct control_target *target, struct complaint *complaint);

/* A connection to a node: requests out, lines in. */
struct dialog {
    int fd;      /* -1 when closed */
    char *bytes; /* read, but not yet taken as lines; owned */
    size_t taken, count, capacity;
    char whose[512]; /* for people: "port 8001 (/…/control)" */
};

/* HC_UNREACHABLE: no node runs there. HC_SYSTEM: it cannot be reached for another reason. */
enum hc_code dialog_open(struct dialog *dialog, const struct control_target *target,
                         struct hc_fault *fault) HC_MUST_USE;
void dialog_close(struct dialog *dialog);

/* Sends a request line with its end. HC_CLOSED. */
enum hc_code dialog_send(struct dialog *dialog, const char *request, struct hc_fault *fault) HC_MUST_USE;
/* Reads a line, without its end, by the deadline (INT64_MAX: none). *line is valid until the next read. HC_CLOSED: the
 * node ended. HC_SILENT: the deadline passed. HC_LEFT: a signal came that control_catch_signals asked for. */
enum hc_code dialog_read(struct dialog *dialog, const char **line, int64_t deadline_ms,
                         struct hc_fault *fault) HC_MUST_USE;

/* Lets SIGINT and SIGTERM end a dialog_read with HC_LEFT, and nothing else: never the middle of a line. */
void control_catch_signals(void);

/* An answer: HC_OK, or the fault has the node's words. Its code is HC_SILENT for a wait that timed out, HC_LEAVING for a
 * node that is about to end, HC_BAD_REPLY for all else. */
enum hc_code control_answer_check(const char *line, struct hc_fault *fault) HC_MUST_USE;

/* A monotonic clock for deadlines. */
int64_t control_now_ms(void);

#endif
