/* With whom a node has links, and whether its part of the ring is closed (K1): what tables and reports show of links. */
#ifndef HOWCOIN_DAEMON_LINKED_H
#define HOWCOIN_DAEMON_LINKED_H

#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "howcoin/node.h"

/* Beyond these many links there are none, but for some that are about to be told `busy`, which are not shown. */
#define LINKED_MAX (LINKS_THEIRS_MAX + LINKS_OURS_MAX)

enum link_kind { LINK_NONE, LINK_CHORD, LINK_RING };
/* "chord", "ring"; "none". */
const char *link_kind_name(enum link_kind kind);

/* The ring as one node sees it: whether it has a link with the live node on either side of it in the circle of ids. */
enum ring_state { RING_ALONE, RING_OPEN, RING_CLOSED };
/* "alone", "open", "closed". */
const char *ring_state_name(enum ring_state ring);

struct linked_peer {
    const uint8_t *id; /* the node's */
    enum link_kind kind;
};

/* Valid until the node's next step. */
struct linked {
    struct linked_peer list[LINKED_MAX]; /* one for each link; ascending by id, of one id the ring's first */
    size_t count, ours;                  /* links; those of them that this node opened */
    const uint8_t *before, *after;       /* the live nodes on either side, of those that speak links; NULL: none */
    enum ring_state ring;
    bool mode_known;       /* `mode` is set */
    enum hc_exchange mode; /* how this node itself talks */
};

void linked_read(struct linked *linked, const struct hc_node *node);
/* A link's kind. The one with the node before this one in the circle is of the ring, too, whoever opened it. */
enum link_kind linked_kind_of(const struct linked *linked, const struct hc_node_link_view *link);
/* What links this node with a peer. */
enum link_kind linked_with(const struct linked *linked, const uint8_t id[static HC_ID_BYTES]);

#endif
