/* The neighbours are found in the rows, which are ascending by id: from this node's own place, round the circle. */
#include "daemon/linked.h"

#include <stdlib.h>

#include "core/common/id.h"

const char *link_kind_name(enum link_kind kind)
{
    static const char *const names[] = {[LINK_NONE] = "none", [LINK_CHORD] = "chord", [LINK_RING] = "ring"};
    ASSERT((size_t)kind < sizeof names / sizeof *names);
    return names[kind];
}

const char *ring_state_name(enum ring_state ring)
{
    static const char *const names[] = {[RING_ALONE] = "alone", [RING_OPEN] = "open", [RING_CLOSED] = "closed"};
    ASSERT((size_t)ring < sizeof names / sizeof *names);
    return names[ring];
}

/* ---- the neighbours ---- */

static const uint8_t *id_of_row(const void *node, size_t index)
{
    struct hc_node_row_view view;
    hc_node_look_at(node, index, &view);
    return hc_row_fields(view.row)->id;
}

/* Where the node's own row is among the rows, or would be. */
static size_t own_place(const struct hc_node *node, size_t known)
{
    bool found;
    return id_place(node, known, id_of_row, hc_node_id(node), &found);
}

/* NULL if the owner of that row takes no part in the ring. */
static const uint8_t *neighbour_at(const struct hc_node *node, size_t index)
{
    struct hc_node_row_view view;
    hc_node_look_at(node, index, &view);
    bool simple = view.mode_known && view.mode == HC_EXCHANGE_FULL;
    return view.self || view.status != HC_MEMBER_LIVE || simple ? NULL : hc_row_fields(view.row)->id;
}

static void find_neighbours(struct linked *linked, const struct hc_node *node, size_t own, size_t known)
{
    for (size_t i = 0; i < known && !linked->after; i++) {
        linked->after = neighbour_at(node, (own + i) % known);
    }
    for (size_t i = 1; i <= known && !linked->before; i++) {
        linked->before = neighbour_at(node, (own + known - i) % known);
    }
}

static void read_rows(struct linked *linked, const struct hc_node *node)
{
    struct hc_node_view look;
    struct hc_node_row_view view;
    hc_node_look(node, &look);
    size_t own = own_place(node, look.known);
    if (own < look.known) {
        hc_node_look_at(node, own, &view);
        linked->mode_known = view.self && view.mode_known;
        linked->mode = view.mode;
    }
    find_neighbours(linked, node, own, look.known);
}

/* ---- the links ---- */

static int compare_peers(const void *a, const void *b)
{
    const struct linked_peer *x = a, *y = b;
    int order = id_compare(x->id, y->id);
    return order != 0 ? order : (int)y->kind - (int)x->kind;
}

static bool is_at(const uint8_t *id, const uint8_t *place)
{
    return place && id_equal(id, place);
}

enum link_kind linked_kind_of(const struct linked *linked, const struct hc_node_link_view *link)
{
    return link->ring || is_at(link->id, linked->before) ? LINK_RING : LINK_CHORD;
}

void linked_read(struct linked *linked, const struct hc_node *node)
{
    bool before = false, after = false;
    *linked = (struct linked){0};
    read_rows(linked, node);
    size_t count = hc_node_link_count(node);
    for (size_t i = 0; i < count && linked->count < LINKED_MAX; i++) {
        struct hc_node_link_view link;
        hc_node_link(node, i, &link);
        enum link_kind kind = linked_kind_of(linked, &link);
        linked->list[linked->count++] = (struct linked_peer){.id = link.id, .kind = kind};
        linked->ours += link.ours;
        if (link.proved) {
            /* Who cannot be reached is nobody's successor, so ours may lead beyond the next live node. */
            after = after || (link.ours && link.ring) || is_at(link.id, linked->after);
            before = before || is_at(link.id, linked->before);
        }
    }
    qsort(linked->list, linked->count, sizeof *linked->list, compare_peers);
    linked->ring = !linked->after ? RING_ALONE : before && after ? RING_CLOSED : RING_OPEN;
}

static const uint8_t *peer_at(const void *list, size_t index)
{
    return ((const struct linked_peer *)list)[index].id;
}

enum link_kind linked_with(const struct linked *linked, const uint8_t id[static HC_ID_BYTES])
{
    bool found;
    size_t at = id_place(linked->list, linked->count, peer_at, id, &found);
    return found ? linked->list[at].kind : LINK_NONE;
}
