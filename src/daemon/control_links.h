/* What the control socket says of links and of the stories of peers. docs/CONTROL.md describes it. */
#ifndef HOWCOIN_DAEMON_CONTROL_LINKS_H
#define HOWCOIN_DAEMON_CONTROL_LINKS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "daemon/facts.h"
#include "daemon/kept.h"
#include "howcoin/node.h"

/* Lines with their end, to be freed with free(); NULL if memory ran out. */

/* The answer to `links`; `kept` knows what each has carried. */
char *links_line(const struct hc_node *node, const struct kept *kept, int64_t now_ms);
/* The answer to `why`: the story of the node that the request names, as this one saw it; of this node itself, who says
 * that it had dropped it. */
char *why_line(const cJSON *request, const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms);

#endif
