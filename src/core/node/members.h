/* Members: what this node thinks of every other one, and which of them it asks next (P1-P10).
 *
 * An opinion is this node's own. It changes only by this node's own exchanges and by what an owner signs of itself. What
 * others think is a hint: where they differ, this node asks for itself (P4, P5).
 */
#ifndef HOWCOIN_CORE_MEMBERS_H
#define HOWCOIN_CORE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/error.h"
#include "core/common/limits.h"
#include "core/common/random.h"
#include "core/node/story.h"
#include "howcoin/node.h"

/* Why a member is asked before its turn. */
enum member_urgency {
    URGENCY_NONE,
    URGENCY_HINT,   /* another node thinks otherwise of it */
    URGENCY_CALLED, /* it called, or signed something new, though it is not live here */
};

struct member {
    uint8_t id[HC_ID_BYTES];
    enum hc_member_status status;
    enum member_urgency urgency;
    enum hc_code reason;           /* why it is not live; HC_OK if it is */
    bool in_walk;                  /* has a place in the walk */
    bool guessed;                  /* taken for gone because we just started, which we tell no other node */
    bool calls;                    /* while we answer it: it is told its row, however long it has been gone */
    bool untold;                   /* others are not told of it (digests_judge); false if it is live */
    uint32_t busy_rounds;          /* answers of `busy` without a proof since its last proved answer */
    bool told_known;               /* `told` is set */
    uint8_t told[HC_DIGEST_BYTES]; /* the digest of the state it told last */
    uint64_t own_told;             /* the version of our own row that it told last, in an answer; 0: none */
    enum hc_reach reached;         /* whether it answered when we last asked at the address of its row */
    enum hc_reach reaches_us;      /* the same of us, as it told in its last proved answer */
    uint64_t asked_round;          /* the round in which it was asked last; 0: never */
    int64_t changed_ms;            /* when its row was last replaced */
    int64_t claimed_ms;            /* since when its row says the address that it says */
    int64_t answered_ms;           /* when it last answered there with its proof; HC_NEVER_MS: not yet */
    int64_t gone_ms;               /* since when it is not live, by the latest time that is told */
    int64_t lifeless_ms;           /* since when we saw no sign of life; gone_ms is at most AGE_DOUBT_MS_MAX later */
    int64_t hints_rest_until_ms;   /* a hint was looked into and found wrong: no more of them until then */
    int64_t failed_ms;             /* when we last failed to reach it; HC_NEVER_MS: not since it answered */
    int64_t
        suspected_until_ms; /* a link to it was lost, and it is asked: we open none until it answers, or until then */
    int64_t link_rest_until_ms; /* it refused a link: we ask for none until then */
    bool agrees;                /* what it told last was our table then */
    bool mode_known;            /* `mode` is set */
    bool simple;                /* it speaks the simple form only (K12) */
    bool standing;              /* another node thinks otherwise of it, after both have asked (K11) */
    enum hc_exchange mode;      /* how it talks, by its own word */
    uint32_t flaps;             /* how often it returned */
    enum hc_code dropped_why;   /* when we last dropped it; HC_OK: never, or it is not told of it any more */
    int64_t dropped_ms;         /* when that was */
    int64_t accused_ms;         /* when it dropped us, by what it told last; HC_NEVER_MS: never */
    struct story *story;        /* what happened between it and us; owned; NULL: nothing yet */
};

struct members {
    struct member *list; /* ascending by id */
    size_t count, capacity;
    uint8_t (*walk)[HC_ID_BYTES]; /* the live members in shuffled order */
    size_t walk_count, walk_capacity, walk_next;
    size_t live_count;
    size_t urgent_next[2]; /* where to look for the next urgent member: of the gone, of the live */
    size_t picks;          /* rounds in which live ones were picked */
    uint64_t revision;     /* grows with every change of a status */
    bool urgent;           /* some member may have become urgent: for links, which ask at once */
    uint8_t *stale; /* a set (rows/tree.h) to which the buckets of such changes are added; borrowed; NULL: none asks */
};

void members_init(struct members *members);
void members_free(struct members *members);

/* Its index in the list, or where it would be. */
size_t members_place(const struct members *members, const uint8_t id[static HC_ID_BYTES], bool *found);
/* NULL if unknown. Valid until a member is added or removed. */
struct member *members_find(const struct members *members, const uint8_t id[static HC_ID_BYTES]);
/* The same; looks at `place`, its owner's place in the table, and at the one before it first. */
struct member *members_find_near(const struct members *members, const uint8_t id[static HC_ID_BYTES], size_t place);
/* Adds a live member at a random place of the walk, or one that is gone already. It must be unknown. */
enum hc_code members_add(struct members *members, struct member **member, const uint8_t id[static HC_ID_BYTES],
                         enum hc_member_status status, int64_t now_ms, struct random *random) HC_MUST_USE;
/* Makes room, so that as many adds cannot fail. */
enum hc_code members_reserve(struct members *members, size_t more) HC_MUST_USE;
/* It has shown how it talks; that it does not even know what a link is (K12). */
void member_talks(struct member *member, enum hc_exchange mode);
void member_is_simple(struct member *member);
/* Whether it keeps links, as far as is known. */
bool member_keeps_links(const struct member *member);
/* It said goodbye, and then something else: it is not live, but may be, like one that was dropped. */
void member_unleave(struct members *members, struct member *member);
/* Says that it is to be asked before its turn. */
void member_urge(struct members *members, struct member *member, enum member_urgency urgency);
void members_remove(struct members *members, const uint8_t id[static HC_ID_BYTES]);

/* Live to dropped or left (HC_LEFT); gone to live. */
void members_drop(struct members *members, struct member *member, enum hc_code reason, int64_t now_ms);
void members_return(struct members *members, struct member *member, struct random *random);

/* P10: a peer tells for how long a member that is not live has been gone. The least age counts, so that all nodes forget it
 * together; what we saw ourselves bounds it (lifeless_ms). */
void member_hear_age(struct member *member, uint32_t age_s, int64_t now_ms);
/* The same for a member that we learn of only now: the age is taken over, up to AGE_TOLD_MS_MAX. */
void member_learn_age(struct member *member, uint32_t age_s, int64_t now_ms);
/* It answered, or we drop it only now: its time begins anew. */
void member_shows_life(struct member *member, int64_t now_ms);

/* The peers to ask in this round (P2): urgent live members in half of the places, then the next ones along the walk; each
 * once, at most `most`. So hints about all members take no turn from any: while there are hints, a member waits for its turn up
 * to twice as long as the ceil(live / most) rounds without. Returns the number of ids written. */
size_t members_pick_live(struct members *members, uint8_t (*ids)[HC_ID_BYTES], size_t most);
/* The gone members to try (P6): urgent ones, first those that called us, and a dropped one at random; at most `most`. */
size_t members_pick_gone(struct members *members, uint8_t (*ids)[HC_ID_BYTES], size_t most, struct random *random);

bool members_verify(const struct members *members);

#endif
