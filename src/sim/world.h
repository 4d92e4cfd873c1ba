/* A simulated world: hosts that run the very core of the daemon, a network between them, simulated time.
 *
 * Everything that happens is drawn from one seed, so the same seed is the same world, event for event, on any machine.
 * A host's clock has a rate and an offset of its own; its disk keeps what was committed; its process can crash, stall
 * and start again, also at another address. Work can cost time, and bytes can take time on their way. What a script (a
 * scenario test, the storm, `howcoin-node simulate`) does to the world, it does through the functions below, at the
 * world's time.
 */
#ifndef HOWCOIN_SIM_WORLD_H
#define HOWCOIN_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/random.h"
#include "core/node/node.h"
#include "core/rows/network.h"

#define SIDES_MAX 8u           /* parts into which the network can be cut */
#define PER_MILLION 1000000u   /* chances are given in millionths: no floating point decides anything */
#define WORLD_CONTACTS_MAX 4u  /* contacts of one host */
#define HOST_ADDRESS_BYTES 32u /* of a host's address, with its NUL */

struct world;

struct world_config {
    uint64_t seed;
    const struct hc_network *network; /* borrowed */
    uint32_t gossip_interval_ms, mutate_interval_ms, fanout;
    enum hc_exchange exchange;               /* of hosts that are added from now on */
    uint32_t links, patience;                /* of a node; 0: its default */
    uint32_t checks_a_step;                  /* of a node; 0: its default */
    uint32_t latency_min_ms, latency_max_ms; /* of each message, one way */
    uint32_t lost;    /* chance that a message is lost; on a link it is sent again, and comes later */
    uint32_t doubled; /* that a request arrives twice */
    uint32_t cut_off; /* that a connection breaks before the answer; a link with any message */
    uint32_t late;    /* that a message takes up to 3 s longer; on a link, less than breaks it */
    uint32_t starved; /* that a step runs out of memory somewhere */
    /* How it does that (sim/memory_faults.h); needed only if memory runs out. */
    void (*memory_fail_after)(long successes);
    uint32_t commit_max_ms; /* how long a disk takes at most; 0: commits are instant */
    uint32_t commit_fails;  /* chance that a commit fails: the host signs nothing until it starts again */
    bool commits_hang;      /* commits end only by world_commit_end */
    /* What a step costs its host, in microseconds; 0: nothing. Meanwhile it does nothing else, and what arrives waits
     * in its order. An own row costs a signature only if commits take time. */
    uint32_t signature_us; /* a signature made or checked, proofs among them */
    uint32_t row_us;       /* a row of a message, compared with what is known */
    uint32_t kilobyte_us;  /* 1,000 bytes parsed or written */
    uint32_t link_bytes_s; /* what a host can send in a second, one message after the other; 0: no bound */
    bool over_text;        /* every message is encoded and decoded on its way, as by real sockets; slow */
};

/* How a process ends. */
enum crash { CRASH_PROCESS, /* connections to it are refused */ CRASH_MACHINE /* silence */ };
/* What a host starts from. */
enum disk { DISK_KEPT, DISK_LOST, /* the key alone is left (M5) */ DISK_OLD, /* a copy from world_copy_disk (M6) */ };

/* What a host had to do; of the messages that it took, how long they had waited. */
struct host_load {
    uint64_t work_us, link_us; /* busy with steps; with sending, if links have a speed */
    uint64_t messages, waited_ms;
    int64_t wait_max_ms;
};

/* What a host sent. The wire's bytes count what a kernel would put into IP packets: HEADER_BYTES for each segment of at
 * most SEGMENT_BYTES; three empty ones that open a connection (the opener sends two of them) and four that close it (two
 * of each side); and on links an empty one that acknowledges each message, unless the host sends something on the link
 * within ACK_MS, and thereby acknowledges all that came until then. */
struct host_traffic {
    uint64_t messages, bytes, wire_bytes; /* bytes: of the lines */
    uint64_t exchanges;                   /* requests */
    uint64_t link_messages, link_bytes;   /* of the first two, what went over links */
};
#define HEADER_BYTES 52u    /* IP 20, TCP 32 with its time stamps */
#define SEGMENT_BYTES 1448u /* of 1,500 in an Ethernet frame */
#define ACK_MS 40           /* for how long Linux delays an acknowledgement */

struct happening;

struct host {
    struct hc_node *node; /* NULL while the process does not run */
    struct hc_identity identity;
    char address[HOST_ADDRESS_BYTES];
    unsigned moves; /* how often it got another address; 0: it has its first one */
    size_t contacts[WORLD_CONTACTS_MAX];
    size_t contact_count;
    const struct hc_tags *tags; /* for its next start; borrowed. NULL: none */
    enum hc_exchange exchange;  /* for its next start */
    uint32_t side;              /* of the network */
    int32_t clock_ppm;          /* how much faster than the world's its clock runs, in millionths */
    int64_t clock_offset_ms;
    bool durable;                /* its commits go to the disk */
    bool signed_before;          /* it once had a row of its own there */
    bool hidden;                 /* while it does not run: silence instead of a refusal */
    uint64_t incarnation;        /* counts starts and crashes: messages for another one are void */
    int64_t asleep_until_ms;     /* stalled; INT64_MIN: awake */
    int64_t down_since_ms;       /* crashed or left; INT64_MAX while it runs */
    int64_t wake_ms;             /* when it is to be woken, by the world's clock */
    int64_t turns_away_until_ms; /* until then it answers `busy`, as a daemon without a free place */
    int64_t works_until_us;      /* the end of the last step, by the world's clock */
    int64_t sends_until_us;      /* when its link is free again */
    struct happening *inbox;     /* what arrived while it worked: a ring */
    size_t inbox_first, inbox_count, inbox_capacity;
    struct host_load load;
    struct host_traffic traffic;
    uint32_t *links; /* its ends of links, by their places */
    size_t link_count, link_capacity;
    struct hc_row *disk_row, *committing, *old_disk_row;
    struct hc_row **disk_rows, **old_disk_rows; /* of others; as of the last crash or copy */
    size_t disk_count, old_disk_count;
    void *script; /* for the program that drives the world */
};

/* What becomes of a message on its way. */
enum passage { PASSAGE_WHOLE, PASSAGE_LOST, PASSAGE_UNREADABLE };

/* What becomes of a request that has reached a host. */
enum reception {
    RECEPTION_NODE,    /* the host's node takes it; a host without one refuses the connection */
    RECEPTION_REPLY,   /* the watch filled in the reply */
    RECEPTION_BUSY,    /* the node says `busy`, with its proof, as it does for a daemon that has no place left */
    RECEPTION_CLOSED,  /* the connection is closed without an answer */
    RECEPTION_REFUSED, /* there is no connection */
    RECEPTION_SILENT,  /* it is swallowed */
};

/* The functions that watch the world. Each may be NULL. */
struct world_watch {
    void *context;
    void (*notice)(void *context, struct world *world, size_t host, const struct hc_notice *notice);
    /* What is about to happen to a host, whether it has a node or not. */
    void (*happens)(void *context, struct world *world, size_t host, const struct hc_event *event);
    void (*stepped)(void *context, struct world *world, size_t host, const struct hc_effects *effects);
    void (*alarm)(void *context, struct world *world, uint64_t number); /* see world_alarm */
    /* A message on its way from a host to another, with a request, as an answer or on a link; may be changed. Lost on a
     * link, it breaks that; unreadable, the receiver closes it with HC_BAD_FRAME. It must not act on the world. */
    enum passage (*message)(void *context, struct world *world, size_t from, size_t to, struct hc_message *message);
    /* A request at a host that is not hidden, whether it has a node or not (a liar). */
    enum reception (*asked)(void *context, struct world *world, size_t host, const struct hc_message *request,
                            struct hc_message *reply);
    /* The same for a link that is asked for. RECEPTION_REPLY: the reply goes over the link, which an error ends; after
     * another one it is the host's, for a script to use. RECEPTION_SILENT: all that comes on it is swallowed. */
    enum reception (*opened)(void *context, struct world *world, size_t host, uint64_t link,
                             const struct hc_message *hello, struct hc_message *reply);
};

/* Ends the program if `memory` is NULL: a simulation without it would give false results. */
void *world_must(void *memory);

/* NULL if memory ran out. */
struct world *world_new(const struct world_config *config, const struct world_watch *watch);
void world_free(struct world *world);

int64_t world_now(const struct world *world);
struct random *world_random(struct world *world);
struct world_config *world_settings(struct world *world); /* may be changed at any time */
size_t world_host_count(const struct world *world);
struct host *world_host(struct world *world, size_t host);
/* The host of this address or id; SIZE_MAX: none. Of several at one address the one that runs. */
size_t world_find_address(const struct world *world, const char *address);
size_t world_find_id(const struct world *world, const uint8_t id[static HC_ID_BYTES]);

/* A host with an address and no process yet, and a key from the world's seed, or the one given: that of another host
 * makes it a twin. Its number, from 0 on. */
size_t world_add(struct world *world);
size_t world_add_as(struct world *world, const struct hc_identity *identity);
void world_contact(struct world *world, size_t host, size_t contact);

void world_start(struct world *world, size_t host, enum disk disk);
void world_crash(struct world *world, size_t host, enum crash crash);
void world_leave(struct world *world, size_t host);
void world_stall(struct world *world, size_t host, int64_t for_ms);
/* It answers every request of that time with `busy`. */
void world_turn_away(struct world *world, size_t host, int64_t for_ms);
/* Gives a stopped host another address: `address`, which may be that of another stopped host, or a new one (NULL). A
 * host whose address a running one has taken must be moved before it starts. */
void world_move(struct world *world, size_t host, const char *address);
void world_mutate(struct world *world, size_t host);
void world_pay(struct world *world, size_t host, size_t payee, uint64_t amount);
void world_copy_disk(struct world *world, size_t host);
/* The disk has come to the end of the commit that is under way, and the node hears of it. */
void world_commit_end(struct world *world, size_t host, bool ok);
/* Steps a host's node with any event, at its clock's time. HC_NO_MEMORY: part of the work was left undone; nothing else
 * can fail. Nothing happens to a host that does not run. */
enum hc_code world_step(struct world *world, size_t host, struct hc_event *event);
/* What the last step of any host asked for; valid until the next one. */
const struct hc_effects *world_effects(const struct world *world);
/* Steps so far. */
uint64_t world_steps(const struct world *world);
/* Memory runs out in step number `step`, counted from 0, after `allocations` allocations. */
void world_starve(struct world *world, uint64_t step, uint32_t allocations);
/* Sends a request as if it came from host `from`, without a node there (a liar's). */
void world_send(struct world *world, size_t from, const char *address, const struct hc_message *request);
/* What the sends of a node do (howcoin/node.h), also as if they came from a host without one: opens a link, with a handle
 * that is the host's; sends on it; closes it. A link that is over is fine. */
void world_link_open(struct world *world, size_t from, uint64_t handle, const char *address,
                     const struct hc_message *hello);
void world_link_send(struct world *world, size_t from, uint64_t handle, const struct hc_message *message);
void world_link_close(struct world *world, size_t from, uint64_t handle);

/* Messages from side a to side b are lost (or not any more). */
void world_cut(struct world *world, uint32_t from_side, uint32_t to_side, bool cut);
bool world_is_cut(const struct world *world, size_t from, size_t to);
void world_heal(struct world *world); /* all sides reach each other */

/* Calls watch->alarm at a time. */
void world_alarm(struct world *world, int64_t at_ms, uint64_t number);
/* Lets the time pass. */
void world_run(struct world *world, int64_t for_ms);
/* Until the condition holds, looked at every `every_ms`; false if it does not within `at_most_ms`. */
bool world_run_until(struct world *world, bool (*condition)(struct world *world, void *context), void *context,
                     int64_t every_ms, int64_t at_most_ms);

/* What host a thinks of host b; HC_MEMBER_LIVE of itself; false if it does not know b or does not run. */
bool world_opinion(struct world *world, size_t a, size_t b, enum hc_member_status *status);
/* Whether all running hosts know each other as live, no other host as live, and hold the same table. If not, `missing`
 * says what is missing first. */
bool world_agrees(struct world *world, char *missing, size_t size);

#endif
