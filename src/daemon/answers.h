/* Answers in the order of the requests: a client may send many requests at once, and each is answered when it is
 * done; the answers go out in the order in which the requests came.
 *
 * A request that is answered later has a ticket: a number that is never used again, under which the answer is
 * brought. A ticket outlives its client: an answer that comes after the client is gone is dropped.
 */
#ifndef HOWCOIN_DAEMON_ANSWERS_H
#define HOWCOIN_DAEMON_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/error.h"

struct answer_slot {
    uint64_t ticket;
    char *line; /* NULL: not known yet; owned, from malloc */
};

/* Zeroed at first. */
struct answers {
    struct answer_slot *slots; /* ascending by ticket, which is the order of the requests */
    size_t count, capacity;
};

/* One more is expected, under a ticket greater than all before it. False if memory ran out. */
bool answers_expect(struct answers *answers, uint64_t ticket) HC_MUST_USE;
bool answers_has(const struct answers *answers, uint64_t ticket);
/* Takes over a line that is expected. */
void answers_put(struct answers *answers, uint64_t ticket, char *line);
/* How many bytes of lines could go out now: all that are known up to the first that is not. */
size_t answers_bytes(const struct answers *answers);
/* Takes these out, as one text to be freed with free(). NULL if memory ran out: they stay. There must be some. */
char *answers_take(struct answers *answers) HC_MUST_USE;
/* Expects none any more, and gives the memory back. */
void answers_clear(struct answers *answers);

#endif
