/* What a liar says: rows forged, invented and repeated, put together into a state. */
#include "sim/liar_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"
#include "core/common/id.h"
#include "core/common/memory.h"
#include "core/rows/state.h"

static uint64_t below(struct world *world, uint64_t bound)
{
    return random_below(world_random(world), bound);
}

/* Tags and what a later version may say; some of its rows have them, others do not. */
static void add_extras(struct hc_row_fields *fields)
{
    static const uint8_t tags[] = "\4role\0\4liar\4zone\0";
    static const char more[] = "{\"later\":[1,\"\\\"\"]}";
    if (fields->version % 2 == 0) {
        fields->tags = tags;
        fields->tags_bytes = sizeof tags;
    }
    if (fields->version % 3 == 0) {
        fields->more = more;
        fields->more_bytes = sizeof more - 1;
    }
}

/* Signs a row of its own that the others may take in, unless it has chosen a draw that it may not have yet (D5). */
static struct hc_row *own_row(struct liar *liar, struct world *world, uint64_t version)
{
    ASSERT(version > 0);
    const struct host *host = world_host(world, liar->host);
    struct hc_row_fields fields = {.addr = host->address, .name = "", .version = version};
    struct hc_sent sent;
    struct hc_row *row;
    fields.draw = below(world, 8) == 0 ? version + 1 + below(world, 9) : 1 + below(world, version);
    id_copy(fields.id, host->identity.id);
    fields.coins = network_draw(world_settings(world)->network, fields.id, fields.draw);
    size_t payee = (size_t)below(world, world_host_count(world));
    if (payee != liar->host && below(world, 2) == 0) {
        id_copy(sent.payee, world_host(world, payee)->identity.id);
        sent.amount = below(world, 3) == 0 ? HC_NUMBER_MAX : below(world, 60); /* often more than it has */
        fields.sent = &sent;
        fields.sent_count = sent.amount > 0;
    }
    add_extras(&fields);
    enum hc_code code = row_sign(&row, &fields, world_settings(world)->network, &host->identity);
    if (code == HC_OK) {
        row->verified = false;
    }
    return code == HC_OK ? row : NULL;
}

/* A new id, and a row that it signs. */
static struct hc_row *invent(struct world *world, struct hc_identity *identity, const char *address, bool honest_draw)
{
    const struct hc_network *network = world_settings(world)->network;
    uint8_t seed[HC_SEED_BYTES];
    struct hc_row *row;
    struct hc_sent sent;
    random_bytes(world_random(world), seed, sizeof seed);
    hc_identity_from_seed(identity, seed);
    struct hc_row_fields fields = {.addr = address, .name = "", .version = 1, .draw = 1};
    id_copy(fields.id, identity->id);
    fields.coins = network_draw(network, fields.id, 1);
    if (fields.coins > 0 && below(world, 4) == 0) {
        id_copy(sent.payee, world_host(world, (size_t)below(world, world_host_count(world)))->identity.id);
        sent.amount = 1 + below(world, fields.coins);
        fields.sent = &sent;
        fields.sent_count = 1;
    }
    fields.coins += !honest_draw;
    enum hc_code code = row_sign(&row, &fields, network, identity);
    if (code == HC_OK) {
        row->verified = false; /* as it comes from a stranger; its draw may be a lie, too */
    }
    return code == HC_OK ? row : NULL;
}

/* Where a made-up id says that it listens: nowhere, where its liar does, or where an honest host does. */
static const char *claimed_address(const struct liar *liar, struct world *world)
{
    switch (below(world, 3)) {
    case 0:
        return "10.255.255.255:9";
    case 1:
        return world_host(world, liar->host)->address;
    default:
        return world_host(world, (size_t)below(world, world_host_count(world)))->address;
    }
}

void liar_init(struct liar *liar, struct world *world, size_t host, size_t crowd)
{
    ASSERT(!world_host(world, host)->node && crowd <= LIAR_CROWD);
    *liar = (struct liar){.host = host, .version = 1, .next_handle = 1};
    for (size_t i = 0; i < 3; i++) {
        liar->rows[i] = own_row(liar, world, 1 + below(world, 3));
    }
    for (; liar->crowd_count < crowd && liar->crowd_count < LIAR_CROWD; liar->crowd_count++) {
        size_t at = liar->crowd_count;
        liar->crowd_rows[at] = invent(world, &liar->crowd[at], claimed_address(liar, world), true);
    }
}

void liar_free(struct liar *liar)
{
    for (size_t i = 0; i < liar->heard_count; i++) {
        state_unref(liar->heard[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        hc_row_unref(liar->rows[i]);
    }
    for (size_t i = 0; i < liar->crowd_count; i++) {
        hc_row_unref(liar->crowd_rows[i]);
    }
}

void liar_remember(struct liar *liar, struct world *world, struct hc_state *state)
{
    ASSERT(liar->heard_count <= LIAR_MEMORY && state->refs > 0);
    size_t at = liar->heard_count < LIAR_MEMORY ? liar->heard_count++ : (size_t)below(world, LIAR_MEMORY);
    state_unref(liar->heard[at]);
    liar->heard[at] = state_ref(state);
}

struct hc_row *liar_forge(struct world *world, const struct hc_row *row)
{
    struct hc_row_fields fields = row->fields;
    uint8_t sig[HC_SIGNATURE_BYTES];
    struct hc_row *forged;
    memcpy(sig, row->sig, sizeof sig);
    switch (below(world, 3)) {
    case 0:
        fields.version += 1 + below(world, 5);
        break;
    case 1:
        fields.version++;
        fields.sent_count = 0; /* takes back what it paid */
        break;
    default:
        fields.version++;
        fields.left = true; /* says goodbye for its owner */
        break;
    }
    return row_new(&forged, &fields, row->network, sig) == HC_OK ? forged : NULL;
}

static void add(struct hc_state *state, struct hc_row *row, bool gone, uint32_t age_s)
{
    enum hc_code code = gone ? state_add_gone(state, row, age_s) : state_add_live(state, row);
    (void)code;
}

/* What it says of others: what it heard once, as it was, forged, or as the opposite. */
static void tell_others(struct liar *liar, struct world *world, struct hc_state *state)
{
    if (liar->heard_count == 0) {
        return;
    }
    const struct hc_state *old = liar->heard[below(world, liar->heard_count)];
    bool upside_down = below(world, 3) == 0, forging = below(world, 4) == 0;
    uint32_t age_s = below(world, 3) == 0 ? (uint32_t)(FORGET_MS / 1000) : (uint32_t)below(world, 100);
    for (size_t i = 0; i < old->live_count; i++) {
        add(state, old->live[i], upside_down, age_s);
    }
    for (size_t i = 0; i < old->gone_count; i++) {
        add(state, old->gone[i].row, !upside_down, age_s);
    }
    if (forging && old->live_count > 0) {
        struct hc_row *forged = liar_forge(world, old->live[below(world, old->live_count)]);
        if (forged) {
            add(state, forged, false, 0);
            hc_row_unref(forged);
        }
    }
}

/* Some of its crowd, beginning anywhere. */
static void tell_crowd(struct liar *liar, struct world *world, struct hc_state *state)
{
    ASSERT(liar->crowd_count > 0);
    size_t first = (size_t)below(world, liar->crowd_count), count = 1 + (size_t)below(world, liar->crowd_count);
    bool gone = below(world, 6) == 0;
    for (size_t i = 0; i < count; i++) {
        struct hc_row *row = liar->crowd_rows[(first + i) % liar->crowd_count];
        if (row) {
            add(state, row, gone, (uint32_t)below(world, 100));
        }
    }
}

struct hc_state *liar_say(struct liar *liar, struct world *world)
{
    struct hc_state *state;
    if (state_new(&state) != HC_OK) {
        return NULL;
    }
    struct hc_row *own = liar->rows[below(world, 3)];
    if (own) {
        add(state, own, false, 0);
    }
    if (below(world, 2) == 0) {
        tell_others(liar, world, state);
    }
    if (liar->crowd_count > 0 && below(world, 2) == 0) {
        tell_crowd(liar, world, state);
    }
    if (below(world, 6) == 0) {
        struct hc_identity identity;
        struct hc_row *invented = invent(world, &identity, "10.255.255.255:9", below(world, 4) != 0);
        if (invented) {
            add(state, invented, false, 0);
            hc_row_unref(invented);
        }
    }
    state_seal(state);
    return state;
}

bool liar_answer(struct liar *liar, struct world *world, const struct hc_message *request, struct hc_message *reply)
{
    const struct host *host = world_host(world, liar->host);
    if (request && request->state) {
        liar_remember(liar, world, request->state);
    }
    if (!request || below(world, 8) == 0) {
        return false;
    }
    if (below(world, 8) == 0) {
        reply->type = HC_MESSAGE_ERROR;
        reply->error.code = (enum hc_code)below(world, HC_CODE_COUNT);
        return true;
    }
    if (request->type == HC_MESSAGE_HELLO) {
        liar_greet(world, &host->identity, reply, HC_MESSAGE_WELCOME);
    } else {
        *reply = (struct hc_message){.type = HC_MESSAGE_REPLY, .state = liar_say(liar, world)};
    }
    memcpy(reply->network, world_settings(world)->network->id, HC_NETWORK_BYTES);
    /* Now and then it says that it is another host, or proves nothing. */
    size_t pretended = below(world, 6) == 0 ? (size_t)below(world, world_host_count(world)) : liar->host;
    id_copy(reply->from, world_host(world, pretended)->identity.id);
    const struct hc_identity *identity = &host->identity;
    if (liar->crowd_count > 0 && below(world, 2) == 0) {
        identity = &liar->crowd[below(world, liar->crowd_count)]; /* and proves it */
        id_copy(reply->from, identity->id);
    }
    proof_make(identity, reply->proof, world_settings(world)->network, request->nonce, request->from);
    reply->proof[0] ^= below(world, 10) == 0;
    return reply->state || reply->type == HC_MESSAGE_WELCOME;
}

void liar_act(struct liar *liar, struct world *world, size_t victim)
{
    ASSERT(victim != liar->host && victim < world_host_count(world));
    if (below(world, 3) != 0) {
        liar_act_on_links(liar, world, victim);
        return;
    }
    struct hc_message request = {.type = HC_MESSAGE_REQUEST, .state = liar_say(liar, world)};
    size_t pretended = below(world, 4) == 0 ? (size_t)below(world, world_host_count(world)) : liar->host;
    if (!request.state) {
        return;
    }
    memcpy(request.network, world_settings(world)->network->id, HC_NETWORK_BYTES);
    id_copy(request.from, world_host(world, pretended)->identity.id);
    random_bytes(world_random(world), request.nonce, HC_NONCE_BYTES);
    world_send(world, liar->host, world_host(world, victim)->address, &request);
    hc_message_clear(&request);
}

enum passage liar_spoil(struct world *world, struct hc_message *message)
{
    char *line;
    size_t bytes;
    struct hc_message read;
    if (below(world, 10) != 0 || hc_wire_encode(&line, &bytes, message) != HC_OK) {
        return PASSAGE_WHOLE;
    }
    ASSERT(bytes > 1);
    for (size_t changes = 1 + (size_t)below(world, 3); changes > 0; changes--) {
        line[below(world, bytes)] = (char)below(world, 256);
    }
    size_t length = below(world, 3) == 0 ? (size_t)below(world, bytes) : bytes - 1;
    enum hc_code code = hc_wire_decode(&read, line, length, world_settings(world)->network->id, NULL);
    memory_free(line);
    if (code != HC_OK) {
        hc_message_clear(&read);
        return PASSAGE_UNREADABLE;
    }
    hc_message_clear(message);
    *message = read;
    return PASSAGE_WHOLE;
}
