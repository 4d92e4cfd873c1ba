/* Diagnostics on standard error: what happens, as far as --log-level asks for it and the screen does not show it. */
#ifndef HOWCOIN_CLI_LOG_H
#define HOWCOIN_CLI_LOG_H

#include <stdbool.h>

#include "cli/options.h"
#include "daemon/runtime.h"

struct log {
    enum log_level level;
    bool screen; /* the screen shows what happens: only what it leaves out is told here */
};

void log_started(const struct log *log, const struct hc_node *node, const struct runtime_facts *facts);
void log_notice(const struct log *log, const struct hc_node *node, const struct hc_notice *notice);

#endif
