/* What a node says of itself as JSON: the status object and the events. docs/CONTROL.md describes them. */
#ifndef HOWCOIN_DAEMON_REPORT_H
#define HOWCOIN_DAEMON_REPORT_H

#include <stdint.h>

#include "daemon/facts.h"
#include "daemon/json.h"
#include "daemon/linked.h"
#include "howcoin/node.h"

/* One line with its end, to be freed with free(); NULL if memory ran out. */
char *report_status(const struct hc_node *node, const struct runtime_facts *facts, int64_t now_ms);
char *report_event(const struct hc_node *node, const struct runtime_facts *facts, const struct hc_notice *notice,
                   int64_t at_ms);

/* Adds `id`, `addr` and `name`; the last two are empty if there is no row (NULL). */
void report_who(struct json *json, cJSON *to, const uint8_t id[static HC_ID_BYTES], const struct hc_row *row);
/* Adds a row's tags as the object `tags`. */
void report_tags(struct json *json, cJSON *to, const struct hc_row *row);
/* Adds how this node sees a row's owner, and how it is linked with it. */
void report_opinion(struct json *json, cJSON *to, const struct hc_node_row_view *view, const struct linked *linked);

#endif
