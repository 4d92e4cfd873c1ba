/* Liars on links: they open links to others and take those that are opened to them, with true proofs more often than not;
 * then they say what they like, as much of it as they like, and never do what they are asked to.
 */
#include <string.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/limits.h"
#include "core/rows/patch.h"
#include "core/rows/state.h"
#include "core/rows/words.h"
#include "sim/liar_parts.h"

#define FLOOD_MAX 12u /* messages that are said at once */
#define WANTS_MAX 300u
#define ANSWERS_MS 20 /* from one answer to the next */

static uint64_t below(struct world *world, uint64_t bound)
{
    return random_below(world_random(world), bound);
}

/* ---- Greetings ---- */

static const struct hc_identity *some_identity(const struct liar *liar, struct world *world)
{
    bool of_crowd = liar->crowd_count > 0 && below(world, 3) == 0;
    return of_crowd ? &liar->crowd[below(world, liar->crowd_count)] : &world_host(world, liar->host)->identity;
}

void liar_greet(struct world *world, const struct hc_identity *from, struct hc_message *greeting,
                enum hc_message_type type)
{
    *greeting = (struct hc_message){.type = type,
                                    .lowest = HC_WIRE_VERSION,
                                    .highest = HC_WIRE_VERSION,
                                    .links = below(world, 8) != 0,
                                    .reached = (enum hc_reach)below(world, 3),
                                    .has_digests = below(world, 4) != 0,
                                    .your_version = below(world, 4) == 0 ? HC_NUMBER_MAX : below(world, 40),
                                    .dropped_why = below(world, 6) == 0 ? HC_SILENT : HC_OK,
                                    .dropped_ago_s = (uint32_t)below(world, 1000)};
    memcpy(greeting->network, world_settings(world)->network->id, HC_NETWORK_BYTES);
    id_copy(greeting->from, from->id);
    random_bytes(world_random(world), greeting->nonce, HC_NONCE_BYTES);
    random_bytes(world_random(world), greeting->rows_digest, HC_DIGEST_BYTES);
}

/* A place for one more link; the oldest is forgotten, and stays open: nothing is ever said on it. */
static struct liar_link *link_place(struct liar *liar)
{
    if (liar->link_count == LIAR_LINKS) {
        memmove(liar->links, liar->links + 1, --liar->link_count * sizeof *liar->links);
    }
    struct liar_link *link = &liar->links[liar->link_count++];
    *link = (struct liar_link){0};
    return link;
}

static void link_forget(struct liar *liar, struct liar_link *link)
{
    *link = liar->links[--liar->link_count];
}

enum reception liar_opened(struct liar *liar, struct world *world, uint64_t handle, const struct hc_message *hello,
                           struct hc_message *reply)
{
    switch (below(world, 10)) {
    case 0:
        return RECEPTION_SILENT; /* it takes all, and reads nothing */
    case 1:
        return RECEPTION_CLOSED;
    case 2:
        *reply = (struct hc_message){.type = HC_MESSAGE_ERROR};
        reply->error.code = (enum hc_code)below(world, HC_CODE_COUNT);
        return RECEPTION_REPLY;
    default:
        break;
    }
    const struct hc_identity *identity = &world_host(world, liar->host)->identity;
    liar_greet(world, identity, reply, HC_MESSAGE_WELCOME);
    reply->keep = below(world, 10) != 0;
    proof_make(identity, reply->proof, world_settings(world)->network, hello->nonce, hello->from);
    reply->proof[0] ^= below(world, 10) == 0;
    *link_place(liar) = (struct liar_link){.handle = handle, .up = true};
    return RECEPTION_REPLY;
}

static void link_open(struct liar *liar, struct world *world, size_t victim)
{
    struct hc_message hello;
    struct liar_link *link = link_place(liar);
    *link = (struct liar_link){.handle = liar->next_handle++, .identity = some_identity(liar, world)};
    liar_greet(world, link->identity, &hello, HC_MESSAGE_HELLO);
    hello.keep = true;
    memcpy(link->nonce, hello.nonce, HC_NONCE_BYTES);
    world_link_open(world, liar->host, link->handle, world_host(world, victim)->address, &hello);
}

static void link_prove(struct liar *liar, struct world *world, struct liar_link *link, const struct hc_message *welcome)
{
    struct hc_message proof = {.type = HC_MESSAGE_PROOF};
    link_proof_make(link->identity, proof.proof, world_settings(world)->network, link->nonce, welcome->nonce,
                    welcome->from);
    proof.proof[0] ^= below(world, 10) == 0;
    world_link_send(world, liar->host, link->handle, &proof);
    link->up = true;
}

/* ---- What it says ---- */

static const uint8_t *some_id(struct world *world)
{
    return world_host(world, (size_t)below(world, world_host_count(world)))->identity.id;
}

/* Everybody is gone, or back. */
static void add_verdicts(struct world *world, struct hc_words *words)
{
    bool back = below(world, 3) == 0;
    for (size_t i = 0; i < world_host_count(world); i++) {
        struct verdict *verdict = words_add_verdict(words);
        if (verdict) {
            memcpy(verdict->id, world_host(world, i)->identity.id, ID_SHORT_BYTES);
            verdict->version = below(world, 3) == 0 ? below(world, 10) : HC_NUMBER_MAX;
            verdict->reason = back ? HC_OK : HC_UNREACHABLE;
        }
    }
}

#define PATCHES_MAX 4u /* of a message of news */

/* The change from a row that it heard to another one, true, or with another signature or base than it has; or to one that its
 * owner never signed. */
static void add_patch(struct liar *liar, struct world *world, struct hc_words *words)
{
    const struct hc_state *from = liar->heard[below(world, liar->heard_count)],
                          *to = liar->heard[below(world, liar->heard_count)];
    const struct hc_row *base = from->live_count > 0 ? from->live[below(world, from->live_count)] : NULL;
    const struct hc_row *row = base ? state_find_live(to, base->fields.id) : NULL;
    struct hc_row *forged = base && below(world, 2) == 0 ? liar_forge(world, base) : NULL;
    struct patch made = {0};
    row = forged ? forged : row;
    if (!row || patch_make(&made, base, row) != PATCH_MADE) {
        hc_row_unref(forged);
        return;
    }
    hc_row_unref(forged);
    struct patch *patch = world_must(words_add_patch(words));
    *patch = made;
    patch->sig[0] ^= below(world, 3) == 0;
    patch->base -= patch->base > 0 && below(world, 4) == 0;
    patch->version = below(world, 6) == 0 ? HC_NUMBER_MAX : patch->version;
}

static struct hc_words *say_words(struct liar *liar, struct world *world, enum hc_message_type type)
{
    struct hc_words *words = words_new();
    if (!words) {
        return NULL;
    }
    memset(words->covers, below(world, 3) == 0 ? (int)below(world, 256) : 0xff, sizeof words->covers);
    switch (type) {
    case HC_MESSAGE_NEWS:
        add_verdicts(world, words);
        if (liar->heard_count > 0) {
            for (uint64_t i = below(world, PATCHES_MAX) + 1; i > 0; i--) {
                add_patch(liar, world, words);
            }
        }
        break;
    case HC_MESSAGE_BUCKETS:
        if (words_add_buckets(words)) {
            random_bytes(world_random(world), words->buckets[0], BUCKETS * ID_SHORT_BYTES);
        }
        break;
    case HC_MESSAGE_WANT:
        for (size_t i = (size_t)below(world, WANTS_MAX); i > 0; i--) {
            bool added = words_want(words, some_id(world));
            (void)added;
        }
        break;
    default:
        break; /* an empty list: it has nothing */
    }
    return words;
}

/* A list of all hosts, with rows that nobody has, each of them gone or not. */
static struct hc_words *say_list(struct world *world)
{
    struct hc_words *words = words_new();
    if (!words) {
        return NULL;
    }
    memset(words->covers, 0xff, sizeof words->covers);
    uint8_t last[ID_SHORT_BYTES] = {0};
    for (size_t i = 0; i < world_host_count(world); i++) {
        const uint8_t *id = some_id(world);
        struct listed *listed = memcmp(id, last, ID_SHORT_BYTES) >= 0 ? words_add_listed(words) : NULL;
        if (listed) {
            memcpy(listed->id, id, ID_SHORT_BYTES);
            memcpy(last, id, ID_SHORT_BYTES);
            listed->hash[0] = (uint8_t)below(world, 256);
            listed->gone = below(world, 2);
            listed->fresh = below(world, 4) == 0;
        }
    }
    return words;
}

static void say_something(struct liar *liar, struct world *world, const struct liar_link *link)
{
    static const enum hc_message_type types[] = {
        HC_MESSAGE_BEAT, HC_MESSAGE_NEWS,    HC_MESSAGE_NEWS, HC_MESSAGE_LAZY, HC_MESSAGE_EAGER,
        HC_MESSAGE_LIST, HC_MESSAGE_BUCKETS, HC_MESSAGE_WANT, HC_MESSAGE_ROWS, HC_MESSAGE_TOOK,
    };
    enum hc_message_type type = types[below(world, sizeof types / sizeof *types)];
    struct hc_message message = {.type = type};
    if (type == HC_MESSAGE_ROWS || (type == HC_MESSAGE_NEWS && below(world, 2) == 0)) {
        message.state = liar_say(liar, world);
    } else if (type == HC_MESSAGE_LIST && below(world, 2) == 0) {
        message.words = say_list(world);
    } else if (type == HC_MESSAGE_NEWS || type == HC_MESSAGE_LIST || type == HC_MESSAGE_BUCKETS ||
               type == HC_MESSAGE_WANT) {
        message.words = say_words(liar, world, type);
    } else if (type == HC_MESSAGE_BEAT) {
        message.ring = below(world, 2);
        message.has_digests = below(world, 2);
        random_bytes(world_random(world), message.rows_digest, HC_DIGEST_BYTES);
    }
    for (uint64_t times = below(world, 4) == 0 ? 1 + below(world, FLOOD_MAX) : 1; times > 0; times--) {
        world_link_send(world, liar->host, link->handle, &message);
    }
    hc_message_clear(&message);
}

/* With a bye, with an error, or without a word. */
static void link_end(struct liar *liar, struct world *world, struct liar_link *link)
{
    struct hc_message last = {.type = below(world, 2) ? HC_MESSAGE_BYE : HC_MESSAGE_ERROR};
    last.error.code = (enum hc_code)below(world, HC_CODE_COUNT);
    if (below(world, 2)) {
        world_link_send(world, liar->host, link->handle, &last);
    }
    world_link_close(world, liar->host, link->handle);
    link_forget(liar, link);
}

void liar_act_on_links(struct liar *liar, struct world *world, size_t victim)
{
    if (liar->link_count == 0 || below(world, 4) == 0) {
        link_open(liar, world, victim);
        return;
    }
    struct liar_link *link = &liar->links[below(world, liar->link_count)];
    if (below(world, 10) == 0) {
        link_end(liar, world, link);
    } else if (link->up) {
        say_something(liar, world, link);
    }
}

void liar_hears(struct liar *liar, struct world *world, const struct hc_event *event)
{
    struct liar_link *link = NULL;
    for (size_t i = 0; i < liar->link_count; i++) {
        link = liar->links[i].handle == event->handle ? &liar->links[i] : link;
    }
    if (!link || world_host(world, liar->host)->hidden) {
        return;
    }
    if (event->kind == HC_EVENT_LINK_ENDED) {
        link_forget(liar, link);
        return;
    }
    if (event->message->state) {
        liar_remember(liar, world, event->message->state);
    }
    if (event->message->type == HC_MESSAGE_WELCOME && !link->up) {
        link_prove(liar, world, link, event->message);
    }
    /* Each word may have many answers: without a pause there would be no end to it. */
    if (link->up && below(world, 3) == 0 && world_now(world) - liar->answered_ms >= ANSWERS_MS) {
        liar->answered_ms = world_now(world);
        say_something(liar, world, link);
    }
}
