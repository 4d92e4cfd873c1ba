/* The world's inside: what world.c, host.c, transport.c, tcp.c, disk.c and agree.c share, and no other file includes. */
#ifndef HOWCOIN_SIM_WORLD_PARTS_H
#define HOWCOIN_SIM_WORLD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rows/state.h"
#include "sim/world.h"

#define MS_US 1000 /* microseconds of a millisecond */

enum happening_kind {
    HAPPENS_WAKE,
    HAPPENS_REQUEST,
    HAPPENS_REPLY,
    HAPPENS_FAILURE,
    HAPPENS_LETTER,     /* a letter comes to the machine at an end of a link */
    HAPPENS_LINK,       /* its process has one to take */
    HAPPENS_LINK_ENDED, /* its process hears that the link is over */
    HAPPENS_UNACKED, /* what was sent from there has had no answer for as long as TCP waits, unless the way is free */
    HAPPENS_COMMIT,
    HAPPENS_FREE, /* the host has time for what waits in its inbox */
    HAPPENS_ALARM
};

struct happening {
    int64_t at_ms;
    uint64_t number; /* counts happenings as they are made; an alarm's own number is in `handle` */
    enum happening_kind kind;
    enum hc_code code; /* FAILURE, COMMIT, LINK_ENDED */
    size_t host, from;
    uint64_t incarnation, from_incarnation;
    uint64_t handle;            /* of links: the link's name */
    unsigned end;               /* of links: to which end it happens */
    struct hc_message *message; /* owned; may be NULL */
};

struct letter;

/* One side of a link. */
struct connection_end {
    size_t host;
    uint64_t incarnation; /* of the process that has the link */
    uint64_t handle;      /* by which it knows it */
    size_t place;         /* in the list of its host */
    bool over;            /* no process has this end: not yet, or not any more */
};

/* What goes from one end to the other. */
struct connection_way {
    struct letter *first, *last; /* sent, and not taken by the other side's process */
    struct letter *coming;       /* the first of them that has not come to the other machine */
    int64_t arrives_ms;          /* what is sent from now on comes no earlier */
    uint32_t owed;               /* messages that came, and that nothing has acknowledged yet */
    int64_t owed_since_ms;       /* when the first of them came */
};

struct connection {
    uint64_t name;                 /* 0: not in use; its place among the links is in it */
    struct connection_end ends[2]; /* the opener's; the other side's */
    struct connection_way ways[2]; /* from each of them */
    size_t next_free;
};

struct world {
    struct world_config config;
    struct world_watch watch;
    struct random random;
    int64_t now_ms;
    struct host *hosts;
    size_t host_count, host_capacity;
    size_t by_id_capacity;
    size_t *by_id; /* host numbers in order of ids; of twins the first */
    struct happening *heap;
    size_t heap_count, heap_capacity;
    uint64_t next_number;
    struct connection *links;
    size_t link_count, link_capacity;
    size_t link_free;      /* the place of the next one; beyond the last: link_count */
    uint64_t links_made;   /* so far */
    uint64_t turning_away; /* the link whose hello the node is stepped with as HC_EVENT_BUSY; 0: none */
    bool cut[SIDES_MAX][SIDES_MAX];
    bool moved;                        /* some host is not at its first address */
    struct hc_effects effects;         /* of the last step */
    uint64_t steps;                    /* so far */
    uint64_t starved_step;             /* in which memory runs out; UINT64_MAX: none */
    uint32_t starved_after;            /* allocations in it */
    const struct happening *answering; /* the request that the node is stepped with */
};

/* ---- world.c: time, and chance ---- */

/* Puts a happening into the order of time. Takes over its message. */
void world_happen(struct world *world, struct happening happening);
bool world_chance(struct world *world, uint32_t millionths);
/* How long the next message is on its way. */
int64_t world_latency_ms(struct world *world);

static inline int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- host.c: clocks, addresses, steps, processes ---- */

/* The host's clock at a time of the world's. */
int64_t host_clock(const struct host *host, int64_t world_ms);
/* The end of what the host is doing now. */
int64_t host_work_ends_ms(const struct world *world, const struct host *host);
bool host_is_working(const struct world *world, const struct host *host);

/* ---- transport.c: messages on their way ---- */

void transport_request(struct world *world, size_t from, uint64_t handle, const char *address,
                       const struct hc_message *message);
void transport_reply(struct world *world, const struct happening *request, const struct hc_message *message);
void transport_failure(struct world *world, const struct happening *request, enum hc_code code);
/* A request that has come to its host. */
void transport_arrived(struct world *world, const struct happening *request);
void happening_message_free(struct hc_message *message);
/* With references to what it holds. */
void message_copy(struct hc_message *copy, const struct hc_message *message);
/* As a real socket would: into text and out of it again. False: the other side cannot read it. */
bool message_through_text(struct world *world, struct hc_message *message);
/* When a message of this size has left its sender: after its step, and behind what its line still has to carry. */
int64_t message_leaves_ms(struct world *world, size_t from, size_t bytes);

/* What is counted of TCP (struct host_traffic): a message that its host sends, or sends again; */
void traffic_message(struct host *host, size_t bytes);
void traffic_again(struct host *host, size_t bytes);
/* a connection that this host begins, takes, and, one of the two as the other, ends; */
void traffic_opens(struct host *host);
void traffic_accepts(struct host *host);
void traffic_closes(struct host *host);
/* a message that came on this way, and is to be acknowledged by `host`; and that `host` sends one itself, which
 * acknowledges what came. */
void traffic_awaits(const struct world *world, struct connection_way *way, struct host *host);
void traffic_answers(const struct world *world, struct connection_way *way, struct host *host);

/* ---- tcp.c ---- */

void tcp_free(struct world *world);
/* The host's process ends, on a machine that runs on or vanishes. */
void tcp_stop(struct world *world, size_t host, bool hidden);
/* The answer to a hello that the node was stepped with as HC_EVENT_BUSY. */
void tcp_answer(struct world *world, uint64_t name, const struct hc_message *message);
/* HAPPENS_LETTER. Whether the process is to take a letter: the happening is HAPPENS_LINK then. */
bool tcp_arrive(struct world *world, struct happening *happening);
/* The other happenings of links. */
void tcp_take(struct world *world, const struct happening *happening);
void tcp_ended(struct world *world, const struct happening *happening);
void tcp_unacked(struct world *world, const struct happening *happening);

/* ---- disk.c ---- */

void disk_commit_begin(struct world *world, size_t host, struct hc_row *row);
/* What was being committed is on the disk. */
void disk_commit_done(struct host *host);
/* A commit that failed may be on the disk or not. */
void disk_commit_failed(struct world *world, struct host *host);
/* Hands the host's new node what its disk holds. */
void disk_restore(struct world *world, struct host *host, enum disk disk);
/* What a store would hold of others: every row that the node knows. */
void disk_collect(struct host *host, struct hc_row ***rows, size_t *count);
void disk_rows_free(struct hc_row ***rows, size_t *count);

#endif
