/* The intake: what becomes of what this node is told, rows and opinions.
 *
 * The rows of a message are taken in together (L3). Those of a large one are checked in several steps, and nothing
 * waits for that: a request is answered, and a call is over, before its rows are taken in. The message is held, and
 * each intake_work checks a part of one, until all of its rows are seen. One message is ended before the next is
 * begun: what several peers tell is mostly the same, and what the first of them brought is known when the others have
 * their turn (M2).
 */
#ifndef HOWCOIN_CORE_INTAKE_H
#define HOWCOIN_CORE_INTAKE_H

#include <stdbool.h>

#include "core/node/base.h"
#include "core/node/forgotten.h"
#include "core/node/held.h"
#include "core/node/own.h"
#include "core/node/targets.h"

/* That a link's message was taken in which had to be held. */
struct intake_done {
    uint64_t link;       /* 0: there was none */
    enum hc_code forged; /* HC_OK; or in what way a row of it is forged: nothing was taken in */
    bool patched;        /* its rows were made of patches */
};

/* Zeroed at first. */
struct intake {
    struct held held;           /* messages that more steps are needed for */
    struct forgotten forgotten; /* rows that are not learned again */
    bool met;                   /* a peer answered, ever */
    struct intake_done done;    /* of the last intake_work */
};

void intake_free(struct intake *intake);

/* Takes in what a message says, now or, if that takes more than a step may, later. If it cannot be held, it is counted as
 * refused: its rows come again. Newcomers that are to be asked at once go to the targets.
 * HC_BAD_SIGNATURE, HC_BAD_DRAW: a row is forged; nothing was taken in, and the sender of an answer is dropped.
 * HC_WAITING: of a link's message, which is held: intake_take_done tells when it is taken in.
 * HC_NO_MEMORY: nothing, or part of it, was taken in. */
enum hc_code intake_take(struct intake *intake, struct base *base, struct own *own, struct targets *targets,
                         const struct heard *heard, struct hc_effects *effects) HC_MUST_USE;
/* Goes on with one message that is held, if there is one. HC_OK, HC_NO_MEMORY. */
enum hc_code intake_work(struct intake *intake, struct base *base, struct own *own, struct targets *targets,
                         struct hc_effects *effects) HC_MUST_USE;

/* What the last intake_work has ended; it is told once. */
struct intake_done intake_take_done(struct intake *intake);

/* P10: of the gone members, those that no payment touches are forgotten in the end. */
void intake_forget(struct intake *intake, struct base *base, struct hc_effects *effects);

#endif
