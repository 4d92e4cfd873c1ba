/* What happens, as the daemon reports it (report.h), on standard output. */
#include "cli/json_lines.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/output.h"
#include "daemon/report.h"

void json_lines_started(void *context, const struct hc_node *node, const struct runtime_facts *facts)
{
    struct json_lines *lines = context;

    (void)node;
    lines->facts = facts;
}

void json_lines_notice(void *context, const struct hc_node *node, const struct hc_notice *notice, int64_t now_ms)
{
    struct json_lines *lines = context;

    if (!lines->facts) {
        return; /* the daemon tells its facts before the first step */
    }
    char *line = report_event(node, lines->facts, notice, now_ms);
    if (line) {
        output_write(line, strlen(line));
    }
    free(line);
}
