/* Targets: the contacts and members to ask in this round, in order. */
#ifndef HOWCOIN_CORE_TARGETS_H
#define HOWCOIN_CORE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/contacts.h"

/* A contact, or a member. */
struct target {
    struct contact *contact; /* borrowed; NULL: the member `id` */
    uint8_t id[HC_ID_BYTES];
    bool introduction; /* asked because a newcomer (this node) just heard of it */
    bool hinted;       /* asked because a peer thinks otherwise of it */
    bool meet;         /* asked in the simple form: another node, unknown here, was found at its address */
};

/* Zeroed at first. */
struct targets {
    struct target *queue; /* from `next` on: to be asked */
    size_t next, count, capacity;
    size_t introductions_left; /* in this round */
};

void targets_free(struct targets *targets);
/* A round begins: introductions are allowed anew. */
void targets_begin_round(struct targets *targets);

/* Each adds one at the end. Without memory it is left out, and asked in a later round. */
void targets_add_contact(struct targets *targets, struct contact *contact);
void targets_add_member(struct targets *targets, const uint8_t id[static HC_ID_BYTES]);
/* The same at once: a peer thinks otherwise of it, or it shows signs of life (K9, K10). */
void targets_add_urgent(struct targets *targets, const uint8_t id[static HC_ID_BYTES], bool hinted);
/* The same, in the simple form: to meet another node that was found at the member's address (P9). */
void targets_meet(struct targets *targets, const uint8_t id[static HC_ID_BYTES]);
/* P1: a member that this node heard of just now; left out if there were INTRODUCTIONS_MAX in this round. */
void targets_introduce(struct targets *targets, const uint8_t id[static HC_ID_BYTES]);

/* Takes the next one out; false: there is none. */
bool targets_take(struct targets *targets, struct target *target);
size_t targets_count(const struct targets *targets); /* of those that were not taken yet */
bool targets_are_empty(const struct targets *targets);
void targets_clear(struct targets *targets);

#endif
