/* Talk: the conversations of this node with others, in both directions. It turns targets into calls, judges how they
 * end, and answers requests. What is said on links is in link_talk.h.
 */
#ifndef HOWCOIN_CORE_TALK_H
#define HOWCOIN_CORE_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/calls.h"
#include "core/node/contacts.h"
#include "core/node/intake.h"
#include "core/node/links.h"
#include "core/node/own.h"
#include "core/node/targets.h"
#include "core/node/told.h"

struct talk {
    struct told told;         /* what we tell */
    struct intake intake;     /* what we are told */
    struct contacts contacts; /* addresses that people gave */
    struct targets targets;   /* to be asked in this round */
    struct calls calls;       /* being asked now; at most HC_EXCHANGES_MAX */
    struct links links;       /* kept connections */
    int64_t pace_ms;          /* from target to target, in the simple form; 0: all at once */
    int64_t next_open_ms;     /* when the next one may be called */
    int64_t busy_since_ms;    /* the second in which `busy_proofs` went with `busy` */
    unsigned busy_proofs;     /* at most BUSY_PROOFS_MAX */
};

/* HC_NO_MEMORY. */
enum hc_code talk_init(struct talk *talk, const struct hc_node_config *config) HC_MUST_USE;
void talk_free(struct talk *talk);

/* ---- What happened: each takes the event of its name ---- */

void talk_reply(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                struct hc_effects *effects);
void talk_failure(struct talk *talk, struct base *base, const struct hc_event *event, struct hc_effects *effects);
/* HC_NO_MEMORY: it may be unanswered. */
enum hc_code talk_request(struct talk *talk, struct base *base, struct own *own, const struct hc_event *event,
                          struct hc_effects *effects) HC_MUST_USE;
/* Answers a request with `busy`, in these words (NULL: in the usual ones). */
void talk_busy(struct talk *talk, const struct base *base, const struct hc_event *event, const char *text,
               struct hc_effects *effects);

/* P9: where `expected` was looked for, `found` proved itself: it is met. */
void talk_stranger(struct talk *talk, struct base *base, const uint8_t expected[static HC_ID_BYTES],
                   const char *address, const uint8_t found[static HC_ID_BYTES], struct hc_effects *effects);

/* ---- What is due ---- */

/* Calls whose time is over are repeated once, and then fail. */
void talk_expire(struct talk *talk, struct base *base, struct hc_effects *effects);
/* K9: members that became urgent are asked at once, and not in the next round only. For nodes that keep links. */
void talk_hurry(struct talk *talk, struct base *base);
/* Asks all live peers that did not tell this table last or, if `version` is not 0, our row at that version. */
void talk_survey(struct talk *talk, struct base *base, uint64_t version);
/* Calls targets, as many at once as there may be. `round` is the number of this round. */
void talk_open(struct talk *talk, struct base *base, uint64_t round, struct hc_effects *effects);
/* Takes back all calls and targets: no peer is blamed. */
void talk_take_back(struct talk *talk, struct hc_effects *effects);
/* When the next call ends or may begin; INT64_MAX: there is none. */
int64_t talk_deadline(const struct talk *talk);
/* Whether there is neither a call nor a target. */
bool talk_is_idle(const struct talk *talk);

#endif
