/* The node's inside, for node.c and node_look.c. Each part knows what is below it, never the node (see node.c). */
#ifndef HOWCOIN_CORE_NODE_PARTS_H
#define HOWCOIN_CORE_NODE_PARTS_H

#include "core/node/node.h"
#include "core/node/own.h"
#include "core/node/rounds.h"
#include "core/node/talk.h"

struct hc_node {
    struct base base;     /* who it is, what it knows, its chance and clock; the only part that all others see */
    struct own own;       /* its own row and the commits of it */
    struct talk talk;     /* its conversations with others */
    struct push push;     /* its news, on the way to its links */
    struct rounds rounds; /* when it asks others, and what comes of it */
    int64_t late_ms;      /* when it was last late itself (K8) */
    int64_t wake_ms;      /* the deadline as it was after the last step */
    uint32_t mutate_interval_ms;
    int64_t next_mutation_ms;
    bool started;
    bool farewell; /* the goodbyes are in the targets: once those are asked, it is stopped */
    bool stopped;
};

#endif
