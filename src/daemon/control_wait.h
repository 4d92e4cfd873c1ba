/* Waiting on the control socket: `wait` for live nodes, and `seen` for nodes that know this one's row. */
#ifndef HOWCOIN_DAEMON_CONTROL_WAIT_H
#define HOWCOIN_DAEMON_CONTROL_WAIT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/node.h"

/* What is waited for. */
struct wait {
    uint64_t nodes;
    bool agree;       /* that are live, each of which holds this node's table */
    uint64_t version; /* that know our row at this version; 0: that are live */
    uint64_t timeout_ms;
};

/* Read a request. HC_BAD_FRAME: it is not well made. */
enum hc_code wait_read(struct wait *wait, const cJSON *request, struct hc_fault *fault) HC_MUST_USE;
enum hc_code wait_read_seen(struct wait *wait, const cJSON *request, struct hc_fault *fault) HC_MUST_USE;

/* `view` is the node's of now. */
bool wait_is_over(const struct wait *wait, const struct hc_node *node, const struct hc_node_view *view);
/* The answer at the time-out, which says what is missing; to be freed with free(). NULL if memory ran out. */
char *wait_timeout_line(const struct wait *wait, const struct hc_node *node, const struct hc_node_view *view);

#endif
