#include "cli/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/event_line.h"
#include "cli/view.h"

void log_started(const struct log *log, const struct hc_node *node, const struct runtime_facts *facts)
{
    if (facts->exposed && log->level >= LOG_LEVEL_WARN) {
        (void)fprintf(stderr,
                      PROGRAM
                      ": warning: port %u is open beyond this machine and nothing protects it: whoever reaches it "
                      "can join the network\n",
                      facts->port);
    }
    struct hc_node_view look;
    hc_node_look(node, &look);
    if (look.recovering && log->level >= LOG_LEVEL_WARN) {
        (void)fprintf(stderr,
                      PROGRAM ": warning: recovering: the key is here, but what this node has paid is not. It signs "
                              "nothing and pays nobody until another node has told it; --alone does without\n");
    }
    if (!log->screen && log->level >= LOG_LEVEL_INFO) {
        (void)fprintf(stderr, PROGRAM ": listening as %s, state in %s%s\n", facts->address, facts->directory,
                      facts->ephemeral ? " until the end" : "");
    }
}

void log_notice(const struct log *log, const struct hc_node *node, const struct hc_notice *notice)
{
    static const enum log_level levels[] = {
        [WEIGHT_WARNING] = LOG_LEVEL_WARN, [WEIGHT_NEWS] = LOG_LEVEL_INFO, [WEIGHT_DETAIL] = LOG_LEVEL_DEBUG};
    const struct view_style plain = {0};
    struct textbuf buf = {0};

    bool own = notice->row != NULL && memcmp(notice->row->fields.id, hc_node_id(node), HC_ID_BYTES) == 0;
    enum event_weight weight = event_line_weight(notice, own);
    if (log->level < levels[weight] || (log->screen && weight != WEIGHT_DETAIL)) {
        return;
    }
    if (notice->kind == HC_NOTICE_ROUND) {
        struct hc_node_view look;
        hc_node_look(node, &look);
        textbuf_printf(&buf, "  round %" PRIu64 ": %zu live, %s\n", look.round, look.live,
                       look.agree ? "all agree" : "not all agree yet");
    } else {
        event_line(&buf, notice, own, &plain);
    }
    if (!buf.failed && buf.bytes > 2) { /* a line begins with a sign for the eye, which has no place here */
        (void)fprintf(stderr, PROGRAM ": %s", buf.text + 2);
    }
    textbuf_free(&buf);
}
