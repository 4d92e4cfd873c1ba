/* `--output json`: every event as a line of JSON on standard output (V3). */
#ifndef HOWCOIN_CLI_JSON_LINES_H
#define HOWCOIN_CLI_JSON_LINES_H

#include "daemon/runtime.h"

/* Zero it. */
struct json_lines {
    const struct runtime_facts *facts; /* NULL until the daemon has started */
};

/* For struct observer; the context is the json_lines. */
void json_lines_started(void *context, const struct hc_node *node, const struct runtime_facts *facts);
void json_lines_notice(void *context, const struct hc_node *node, const struct hc_notice *notice, int64_t now_ms);

#endif
