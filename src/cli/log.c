/* The lines of the log: the warnings at the start, and every notice that the level asks for. */
#include "cli/log.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/event_line.h"
#include "cli/view.h"
#include "core/common/error.h"

void log_started(const struct log *log, const struct hc_node *node, const struct runtime_facts *facts)
{
    if (facts->exposed && log->level >= LOG_LEVEL_WARN) {
        (void)fprintf(
            stderr,
            PROGRAM
            ": warning: port %u is open to other machines, and nothing protects it: anyone who can reach it can join "
            "the network\n",
            facts->port);
    }
    struct hc_node_view look;
    hc_node_look(node, &look);
    if (look.recovering && log->level >= LOG_LEVEL_WARN) {
        (void)fprintf(stderr, PROGRAM
                      ": warning: recovering: the key survived, but the payment record is lost. This node signs and "
                      "pays nothing until another node has told what it has paid; --alone goes on without\n");
    }
    if (!log->screen && log->level >= LOG_LEVEL_INFO) {
        (void)fprintf(stderr, PROGRAM ": listening as %s, state in %s%s\n", facts->address, facts->directory,
                      facts->ephemeral ? " until it exits" : "");
    }
}

void log_notice(const struct log *log, const struct hc_node *node, const struct hc_notice *notice)
{
    static const enum log_level levels[] = {
        [WEIGHT_WARNING] = LOG_LEVEL_WARN, [WEIGHT_NEWS] = LOG_LEVEL_INFO, [WEIGHT_DETAIL] = LOG_LEVEL_DEBUG};
    const struct view_style plain = {0};
    struct textbuf buf = {0};

    ASSERT(log->level <= LOG_LEVEL_DEBUG);
    bool own = event_is_own(notice, node);
    enum event_weight weight = event_line_weight(notice, own);
    if (log->level < levels[weight] || (log->screen && weight != WEIGHT_DETAIL)) {
        return;
    }
    if (notice->kind == HC_NOTICE_ROUND) {
        struct hc_node_view look;
        char agreement[VIEW_AGREEMENT_CHARS];
        hc_node_look(node, &look);
        (void)view_agreement(agreement, look.live, look.heard, look.agreeing, look.agree);
        textbuf_printf(&buf, "  round %" PRIu64 ": %zu live, %s\n", look.round, look.live, agreement);
    } else {
        event_line(&buf, notice, own, &plain);
    }
    if (!buf.failed && buf.bytes > EVENT_SIGN_BYTES) {
        (void)fprintf(stderr, PROGRAM ": %s", buf.text + EVENT_SIGN_BYTES);
    }
    textbuf_free(&buf);
}
