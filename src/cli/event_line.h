/* What happens, as a line for people (V2). Pure, like view.h. */
#ifndef HOWCOIN_CLI_EVENT_LINE_H
#define HOWCOIN_CLI_EVENT_LINE_H

#include <stdbool.h>

#include "cli/textbuf.h"
#include "cli/view.h"
#include "howcoin/node.h"

/* How much it matters, for --log-level. */
enum event_weight { WEIGHT_WARNING, WEIGHT_NEWS, WEIGHT_DETAIL };
enum event_weight event_line_weight(const struct hc_notice *notice, bool own);

/* Whether it is about the node's own row. */
bool event_is_own(const struct hc_notice *notice, const struct hc_node *node);

/* Every line begins with a sign for the eye: "+ ", "- ", "! " or two spaces. */
#define EVENT_SIGN_BYTES 2
/* Adds the line with its end. `own`: it is about this node's own row. Nothing for a notice that is no line: the start
 * and the rounds. */
void event_line(struct textbuf *buf, const struct hc_notice *notice, bool own, const struct view_style *style);

#endif
