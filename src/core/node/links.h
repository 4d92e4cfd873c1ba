/* Links: the kept connections of this node (K1), those that it opened and those that others opened to it. What is said on
 * them is not decided here (link_talk.c, push.c, compare.c), nor which there are to be (ring.c).
 */
#ifndef HOWCOIN_CORE_LINKS_H
#define HOWCOIN_CORE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/node/outbox.h"

enum link_stage {
    LINK_OPENING, /* ours: the welcome has not come yet */
    LINK_GREETED, /* theirs: the opener has not proved itself yet */
    LINK_UP,
};

/* The digests of a table (K6). */
struct digest_pair {
    uint8_t rows[HC_DIGEST_BYTES], whole[HC_DIGEST_BYTES];
    bool known;
};

struct link {
    uint64_t handle;
    uint8_t id[HC_ID_BYTES]; /* the other side's; proved once the link is up */
    enum link_stage stage;
    bool ours;             /* we opened it */
    bool ring, ring_there; /* it is the one to our successor; to the other side's (K1) */
    bool pushes;           /* the other side wants our news: it is eager there */
    bool pushed;           /* we want the other side's: it is eager here */
    bool synced;           /* the tables were compared since it is up */
    bool comparing;        /* a comparison is under way: the other side says a beat at its end */
    bool heeded;           /* in this comparison the other side knew of a status what we have not looked into */
    bool awaits_beat;      /* our beat of this round was not answered yet */
    uint8_t nonces[2][HC_NONCE_BYTES];   /* the hello's, the welcome's */
    char address[HC_ADDR_BYTES_MAX + 1]; /* ours: where we opened it to */
    uint32_t usefulness;                 /* in thousandths (K4) */
    uint32_t hints;                      /* verdicts heeded in this round */
    unsigned owed_under_way;             /* messages of owed rows that were not taken in yet */
    unsigned taking;                     /* messages that it brought and that are held */
    unsigned differed;                   /* beats in a row that told another table */
    int64_t since_ms, heard_ms;
    int64_t pushed_ms; /* when news was last told on it, either way */
    int64_t moved_ms;  /* when owed rows last went over it, either way */
    int64_t next_push_ms;
    int64_t whole_until_ms; /* until then comparisons leave nothing out: what is new may have no other way */
    int64_t rest_until_ms;  /* a standing disagreement: not compared again before */
    uint8_t
        stood[HC_DIGEST_BYTES]; /* what the other side told as its whole when all that differed stood the last time */
    struct digest_pair ours_told, theirs_told; /* last, on this link */
    enum hc_code
        dropped_why; /* theirs: by the hello, why the other side had dropped us; believed once the link is up */
    uint32_t dropped_ago_s;
    struct outbox outbox;
};

/* Zeroed at first. */
struct links {
    struct link **list; /* in the order in which they were opened; owned */
    size_t count, capacity;
    uint64_t revision; /* grows when one comes or goes */
};

void links_clear(struct links *links);
/* NULL if memory ran out. Valid until it is removed. */
struct link *links_add(struct links *links, uint64_t handle, const uint8_t id[static HC_ID_BYTES], bool ours,
                       const struct base *base);
void links_remove(struct links *links, struct link *link);
struct link *links_find(const struct links *links, uint64_t handle);
/* A link to this node, the one that is up before others; NULL: none. One that it claims to open does not count before it has
 * proved itself. */
struct link *links_to(const struct links *links, const uint8_t id[static HC_ID_BYTES]);
/* Whether this node has proved itself on a link that is up, and was heard there in the last one and a half intervals (K8). */
bool links_speak(const struct links *links, const struct base *base, const uint8_t id[static HC_ID_BYTES]);
bool links_are_up(const struct links *links); /* any of them */
size_t links_count_theirs(const struct links *links);

/* The message to be filled in for a link; NULL if memory ran out. Valid until the next is added. */
struct hc_message *link_say(const struct link *link, enum hc_message_type type, struct hc_effects *effects);
/* K11: all that differs on it we have looked into. If the other side is where it was when that was so before, it has, too, and
 * the link rests; otherwise it may still be on its way. */
void link_stands(struct link *link, const struct base *base);
/* Tells the shell to close it. */
void link_close(const struct link *link, struct hc_effects *effects);
bool links_verify(const struct links *links);

#endif
