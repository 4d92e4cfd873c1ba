/* The daemon: one libuv loop around one node.
 *
 * It owns the loop, the node, the listening socket, the connections (session.h inbound, exchange.h outbound,
 * kept.h those that are kept), the
 * control socket (control.h) and one timer, which is set to hc_node_deadline after every step. Everything that
 * happens becomes an event for hc_node_step, and what the node wants done is done here and nowhere else.
 */
#ifndef HOWCOIN_DAEMON_RUNTIME_H
#define HOWCOIN_DAEMON_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/facts.h"
#include "howcoin/error.h"
#include "howcoin/network.h"
#include "howcoin/node.h"

/* What watches the node from inside the process: the terminal's table, or JSON lines. Called on the loop's thread after
 * the sends of a step were begun; may look at the node, never step it. Either may be NULL. */
struct observer {
    void *context;
    void (*started)(void *context, const struct hc_node *node, const struct runtime_facts *facts);
    void (*notice)(void *context, const struct hc_node *node, const struct hc_notice *notice, int64_t now_ms);
};

struct runtime_config {
    const char *bind_host;       /* numeric IPv4 or IPv6 (without brackets), or a host name */
    uint16_t port;               /* 0: any free one */
    const char *advertise;       /* HOST or HOST:PORT, or NULL: bind_host and the port; needed with a wildcard */
    const char *const *contacts; /* canonical addresses */
    size_t contact_count;
    const struct hc_network *network;
    const char *network_name;   /* may be empty */
    const char *name;           /* may be empty */
    const struct hc_tags *tags; /* changes of those that are kept from before */
    uint32_t gossip_interval_ms, mutate_interval_ms;
    enum hc_exchange exchange;
    uint32_t fanout, links;
    uint32_t patience;    /* at least 1 */
    const char *data_dir; /* NULL: the default one of the port (S1) */
    bool ephemeral;
    bool alone;       /* a node whose store was lost does not wait until it has heard the network (S4) */
    bool tells_links; /* observers and watchers hear of links that come and go, too: of use to developers only */
    struct observer observer;
};

/* Runs a node until SIGINT, SIGTERM or `leave`, says goodbye and releases everything. HC_OK then; otherwise the fault
 * says why it cannot run, in one line that tells what to do. */
enum hc_code runtime_run(const struct runtime_config *config, struct hc_fault *fault) HC_MUST_USE;

#endif
