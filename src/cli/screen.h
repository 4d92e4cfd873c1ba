/* What people see of a running node (V1, V2): a few lines of welcome, a line for everything that happens, and the
 * table after every round. An observer's two functions and what they remember. */
#ifndef HOWCOIN_CLI_SCREEN_H
#define HOWCOIN_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/textbuf.h"
#include "cli/view.h"
#include "daemon/runtime.h"

/* A row as it was in the last table, so that the next one can mark what changed. */
struct screen_seen {
    uint8_t id[HC_ID_BYTES];
    uint64_t version;
};

/* What the welcome must repeat, so that the command it shows works. */
struct screen_command {
    const char *program;      /* as it was called */
    const char *coins_file;   /* NULL: not given */
    const char *network_name; /* may be empty */
    const char *const *contacts;
    size_t contact_count;
    bool ephemeral;
};

/* Zero it, then set `command` and `color`. */
struct screen {
    struct screen_command command;
    bool color;
    const struct runtime_facts *facts; /* NULL until the daemon has started */
    bool welcomed;
    struct textbuf buf;
    struct view_row *rows; /* memory for the table's rows, kept from table to table */
    size_t row_capacity;
    struct screen_seen *seen; /* ascending by id */
    size_t seen_count, seen_capacity;
    bool seen_any;
};

/* For struct observer; the context is the screen. */
void screen_started(void *context, const struct hc_node *node, const struct runtime_facts *facts);
void screen_notice(void *context, const struct hc_node *node, const struct hc_notice *notice, int64_t now_ms);
void screen_free(struct screen *screen);

/* The lines of the welcome. */
void screen_welcome(struct textbuf *buf, const struct screen_command *command, const struct runtime_facts *facts,
                    const struct hc_row *row, const uint8_t network[static HC_NETWORK_BYTES],
                    const struct view_style *style);
/* Adds a word for a shell, quoted if it must be. */
void screen_add_word(struct textbuf *buf, const char *word);

/* The style for standard output: that of the terminal, or without limits. */
struct view_style screen_style(bool color);
/* Whether standard output gets colors unless told otherwise: it is a terminal, and NO_COLOR (no-color.org) is unset. */
bool screen_wants_color(void);

#endif
