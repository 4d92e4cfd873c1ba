/* The world's inside: what world.c, host.c, transport.c, disk.c and agree.c share, and no other file includes. */
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
    HAPPENS_COMMIT,
    HAPPENS_FREE, /* the host has time for what waits in its inbox */
    HAPPENS_ALARM
};

struct happening {
    int64_t at_ms;
    uint64_t number; /* counts happenings as they are made; an alarm's own number is in `handle` */
    enum happening_kind kind;
    enum hc_code code; /* FAILURE, COMMIT */
    size_t host, from;
    uint64_t incarnation, from_incarnation;
    uint64_t handle;
    struct hc_message *message; /* owned; may be NULL */
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
