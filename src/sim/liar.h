/* Liars: hosts without a node, which have a key and say what they like.
 *
 * A liar's messages have the right form: others are refused before a node sees them, which is what the fuzzers test. It
 * lies about what the form cannot show: signatures, draws, sums, which hosts are dead, which host it is. It may have a
 * crowd: ids that it made up, each with a key, a row and an address, which may be an honest host's. It also answers as
 * one of them. And it opens links and takes them, and says on them what it likes.
 */
#ifndef HOWCOIN_SIM_LIAR_H
#define HOWCOIN_SIM_LIAR_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/world.h"

#define LIAR_MEMORY 6u /* states that it remembers, to tell them when they are old */
#define LIAR_CROWD 60u /* ids that it makes up, at most */
#define LIAR_LINKS 12u /* links that it still says something on */

struct liar_link {
    uint64_t handle;
    bool up;                            /* it has proved itself, or need not */
    const struct hc_identity *identity; /* of one that it opened: who it says that it is */
    uint8_t nonce[HC_NONCE_BYTES];      /* of its hello */
};

struct liar {
    size_t host;
    struct hc_state *heard[LIAR_MEMORY];
    size_t heard_count;
    struct hc_row *rows[3]; /* its own, contradicting each other */
    struct hc_identity crowd[LIAR_CROWD];
    struct hc_row *crowd_rows[LIAR_CROWD];
    size_t crowd_count;
    uint64_t version;
    struct liar_link links[LIAR_LINKS];
    size_t link_count;
    uint64_t next_handle;
    int64_t answered_ms; /* when it last answered something on a link */
};

/* `crowd`: how many ids it makes up, at most LIAR_CROWD. */
void liar_init(struct liar *liar, struct world *world, size_t host, size_t crowd);
void liar_free(struct liar *liar);
/* Answers a request, with truth and lies mixed. False: no reply. */
bool liar_answer(struct liar *liar, struct world *world, const struct hc_message *request, struct hc_message *reply);
/* A link is opened to it. */
enum reception liar_opened(struct liar *liar, struct world *world, uint64_t handle, const struct hc_message *hello,
                           struct hc_message *reply);
/* Something came on a link, or it is over. */
void liar_hears(struct liar *liar, struct world *world, const struct hc_event *event);
/* Sends a request to a host, or does something on a link. */
void liar_act(struct liar *liar, struct world *world, size_t victim);
/* Sometimes changes random bytes of a liar's message on its way. */
enum passage liar_spoil(struct world *world, struct hc_message *message);

#endif
