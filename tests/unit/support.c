#include "support.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>

static const char coins_text[] = "0\n1\n2\n3\n5\n10\n20\n50\n100\n1000000000000\n";

struct hc_network *test_network(void)
{
    struct hc_network *network;
    struct hc_fault fault;
    MUST(hc_network_new(&network, coins_text, sizeof coins_text - 1, "coins.txt", "", &fault));
    return network;
}

static int identity_order(const void *left, const void *right)
{
    return memcmp(((const struct hc_identity *)left)->id, ((const struct hc_identity *)right)->id, HC_ID_BYTES);
}

const struct hc_identity *test_identity(unsigned number)
{
    static struct hc_identity known[128];
    static bool made;
    if (!made) {
        for (unsigned i = 0; i < COUNT_OF(known); i++) {
            uint8_t seed[HC_SEED_BYTES] = {'t', 'e', 's', 't', (uint8_t)i};
            hc_identity_from_seed(&known[i], seed);
        }
        qsort(known, OWNERS_MAX, sizeof *known, identity_order);
        made = true;
    }
    assert_true(number < COUNT_OF(known));
    return &known[number];
}

uint64_t draw_that_gives(const struct hc_network *network, const uint8_t *id, uint64_t value, unsigned nth)
{
    for (uint64_t draw = 1; draw <= TEST_VERSION; draw++) {
        if (network_draw(network, id, draw) == value && nth-- == 0) {
            return draw;
        }
    }
    fail_msg("no draw gives %llu", (unsigned long long)value);
    return 0;
}

static int sent_order(const void *left, const void *right)
{
    return memcmp(((const struct hc_sent *)left)->payee, ((const struct hc_sent *)right)->payee, HC_ID_BYTES);
}

static unsigned owner_from(const char **text)
{
    while (**text == ' ') {
        ++*text;
    }
    unsigned owner = (unsigned)(*(*text)++ - 'A');
    assert_true(owner < OWNERS_MAX);
    return owner;
}

static uint64_t number_from(const char **text)
{
    char *end;
    assert_true(isdigit((unsigned char)**text));
    uint64_t number = strtoull(*text, &end, 10);
    *text = end;
    return number;
}

struct hc_row *row_from(const struct hc_network *network, const char **text)
{
    struct hc_sent sent[OWNERS_MAX];
    char addr[32];
    unsigned owner = owner_from(text);
    const struct hc_identity *identity = test_identity(owner);
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%u", 8000 + owner);
    struct hc_row_fields fields = {.addr = addr, .name = "", .sent = sent, .version = number_from(text)};
    fields.version *= fields.version < HC_NUMBER_MAX ? TEST_VERSION : 1;
    memcpy(fields.id, identity->id, HC_ID_BYTES);
    assert_int_equal(*(*text)++, ':');
    fields.coins = number_from(text);
    fields.draw = draw_that_gives(network, fields.id, fields.coins, 0);
    for (;;) {
        while (**text == ' ') {
            ++*text;
        }
        if (strncmp(*text, "left", 4) == 0) {
            fields.left = true;
            *text += 4;
            continue;
        }
        if (**text == '\'') { /* another content of the same worth: A2:10' */
            fields.draw = draw_that_gives(network, fields.id, fields.coins, 1);
            ++*text;
            continue;
        }
        if (!isupper((unsigned char)**text)) {
            break;
        }
        struct hc_sent *to = &sent[fields.sent_count++];
        memcpy(to->payee, test_identity(owner_from(text))->id, HC_ID_BYTES);
        to->amount = number_from(text);
    }
    qsort(sent, fields.sent_count, sizeof *sent, sent_order);
    MUST(row_fields_check(&fields, NULL));
    struct hc_row *row;
    MUST(row_sign(&row, &fields, network, identity));
    return row;
}

struct hc_row *row_of_line(const struct hc_network *network, const char *line)
{
    struct hc_row *row = row_from(network, &line);
    assert_int_equal(*line, '\0');
    return row;
}

struct hc_row *row_unverified(const struct hc_row *row)
{
    struct hc_row *copy;
    MUST(row_new(&copy, &row->fields, row->network, row->sig));
    return copy;
}

size_t rows_from(const struct hc_network *network, struct hc_row **rows, size_t most, const char **text)
{
    size_t count = 0;
    for (;;) {
        assert_true(count < most);
        rows[count++] = row_from(network, text);
        if (**text == ',') {
            ++*text;
            continue;
        }
        assert_true(**text == '|' || **text == '\0');
        *text += **text == '|';
        return count;
    }
}

void rows_unref(struct hc_row **rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hc_row_unref(rows[i]);
    }
}

void random_from(struct random *random, uint64_t seed)
{
    uint8_t bytes[HC_SEED_BYTES] = {0};
    memcpy(bytes, &seed, sizeof seed);
    random_init(random, bytes);
}

struct hc_state *state_of(struct hc_row *const *live, size_t count)
{
    struct hc_state *state;
    MUST(state_new(&state));
    for (size_t i = 0; i < count; i++) {
        MUST(state_add_live(state, live[i]));
    }
    state_seal(state);
    return state;
}

/* ---- Nodes in memory ---- */

void net_init(struct net *net)
{
    memset(net, 0, sizeof *net);
    net->network = test_network();
    net->latency_ms = 1;
    net->gossip_interval_ms = 3000;
    net->fail_step = -1;
    net->now_ms = 1000;
}

void net_free(struct net *net)
{
    for (size_t i = 0; i < net->count; i++) {
        net_kill(net, i);
    }
    for (size_t i = 0; i < net->packet_count; i++) {
        free(net->packets[i].line);
    }
    hc_network_free(net->network);
}

static void packet_put(struct net *net, struct packet packet, const struct hc_message *message)
{
    assert_true(net->packet_count < NET_PACKETS_MAX);
    if (message) {
        char *line;
        MUST(hc_wire_encode(&line, &packet.bytes, message));
        packet.line = malloc(packet.bytes);
        assert_non_null(packet.line);
        memcpy(packet.line, line, packet.bytes--); /* without its end */
        memory_free(line);
    }
    net->packets[net->packet_count++] = packet;
}

/* What a request meets on its way to an address. */
static void request_carry(struct net *net, size_t from, const struct hc_send *send)
{
    struct packet packet = {.due_ms = net->now_ms + net->latency_ms, .from = from, .handle = send->handle};
    for (size_t i = 0; i < net->count; i++) {
        struct net_node *to = &net->nodes[i];
        if (to->node && strcmp(to->address, send->address) == 0 && to->mood != NET_REFUSING && !net->cut[from][i]) {
            packet.kind = HC_EVENT_REQUEST;
            packet.to = i;
            packet_put(net, packet, &send->message);
            return;
        }
    }
    packet.kind = HC_EVENT_FAILURE;
    packet.code = HC_UNREACHABLE;
    packet.to = from;
    packet_put(net, packet, NULL);
}

static void effects_apply(struct net *net, size_t index, const struct packet *request)
{
    struct hc_effects *effects = &net->nodes[index].effects;
    bool replied = false;
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct hc_send *send = &effects->sends[i];
        if (send->kind == HC_SEND_REQUEST) {
            request_carry(net, index, send);
        } else if (send->kind == HC_SEND_REPLY && request) {
            struct packet packet = {.due_ms = net->now_ms + net->latency_ms,
                                    .kind = HC_EVENT_REPLY,
                                    .from = index,
                                    .to = request->from,
                                    .handle = request->handle};
            struct hc_message message = send->message;
            enum net_mood mood = net->nodes[index].mood;
            message.proof[5] ^= mood == NET_UNPROVEN || mood == NET_BUSY_UNPROVEN;
            packet_put(net, packet, &message);
            replied = true;
        } else if (send->kind == HC_SEND_CANCEL) {
            for (size_t p = 0; p < net->packet_count; p++) {
                struct packet *packet = &net->packets[p];
                if (packet->kind != HC_EVENT_REQUEST && packet->to == index && packet->handle == send->handle) {
                    free(packet->line);
                    *packet = net->packets[--net->packet_count];
                    p--;
                }
            }
        }
    }
    net->nodes[index].answered += replied;
    if (request && !replied) { /* out of memory: the daemon closes the connection */
        struct packet packet = {.due_ms = net->now_ms + net->latency_ms,
                                .kind = HC_EVENT_FAILURE,
                                .code = HC_CLOSED,
                                .to = request->from,
                                .handle = request->handle};
        packet_put(net, packet, NULL);
    }
    if (effects->commit.row && net->durable && net->commit_ms >= 0) {
        struct packet packet = {.due_ms = net->now_ms + net->commit_ms, .kind = HC_EVENT_COMMITTED, .to = index};
        packet_put(net, packet, NULL);
    }
    for (size_t i = 0; i < effects->notice_count; i++) {
        const struct hc_notice *notice = &effects->notices[i];
        assert_true(net->notice_count < NET_NOTICES_MAX);
        struct net_notice *note = &net->notices[net->notice_count++];
        *note = (struct net_notice){index, net->now_ms, notice->kind, notice->code, notice->count, {0}};
        if (notice->row) {
            memcpy(note->about, notice->row->fields.id, HC_ID_BYTES);
        }
    }
    if (effects->stopped) {
        net_kill(net, index);
    }
}

static enum hc_code step_take(struct net *net, size_t index, struct hc_event event, const struct packet *request)
{
    struct net_node *to = &net->nodes[index];
    assert_non_null(to->node);
    event.now_ms = net->now_ms;
    bool fails = net->steps == net->fail_step;
    long after = net->fail_after;
    if (net->failures > 0 && random_below(&net->chance, 1000) < net->failures) {
        fails = true;
        after = (long)random_below(&net->chance, 12);
    }
    net->steps++;
    if (fails) {
        memory_fail_after(after);
    }
    enum hc_code code = hc_node_step(to->node, &event, &to->effects);
    if (fails) {
        memory_fail_after(-1);
    }
    assert_true(code == HC_OK || (fails && code == HC_NO_MEMORY));
    assert_true(node_verify(to->node));
    effects_apply(net, index, request);
    return code;
}

enum hc_code net_step(struct net *net, size_t index, struct hc_event event)
{
    return step_take(net, index, event, NULL);
}

void net_start(struct net *net, size_t index, size_t contact)
{
    struct net_node *to = &net->nodes[index];
    const char *contacts[] = {net->nodes[contact].address};
    assert_null(to->node);
    struct hc_node_config config = {.identity = *to->identity,
                                    .network = net->network,
                                    .address = to->address,
                                    .name = "",
                                    .tags = net->tags,
                                    .contacts = contacts,
                                    .contact_count = contact != index,
                                    .gossip_interval_ms = net->gossip_interval_ms,
                                    .mutate_interval_ms = net->mutate_interval_ms,
                                    .fanout = net->fanout,
                                    .durable = net->durable};
    uint64_t seed = ++net->seed;
    memcpy(config.seed, &seed, sizeof seed);
    MUST(hc_node_new(&to->node, &config));
    assert_true(hc_node_deadline(to->node) == INT64_MAX);
    (void)net_step(net, index, (struct hc_event){.kind = HC_EVENT_START}); /* without memory it tries again by itself */
}

size_t net_add(struct net *net, size_t contact)
{
    size_t index = net->count++;
    assert_true(index < NET_NODES_MAX);
    struct net_node *to = &net->nodes[index];
    to->identity = test_identity((unsigned)index);
    (void)snprintf(to->address, sizeof to->address, "127.0.0.1:%zu", 8000 + index);
    net_start(net, index, contact);
    return index;
}

void net_kill(struct net *net, size_t index)
{
    struct net_node *to = &net->nodes[index];
    hc_node_free(to->node);
    hc_effects_free(&to->effects);
    to->node = NULL;
    to->asleep = false;
    for (size_t i = 0; i < net->packet_count; i++) {
        if (net->packets[i].to == index && net->packets[i].kind != HC_EVENT_REQUEST) { /* nobody is there to hear it */
            free(net->packets[i].line);
            net->packets[i--] = net->packets[--net->packet_count];
        }
    }
}

void net_leave(struct net *net, size_t index)
{
    (void)net_step(net, index, (struct hc_event){.kind = HC_EVENT_LEAVE});
}

/* What is not the node's doing, but its place's. Returns whether the packet is done with. */
static bool mood_act(struct net *net, const struct packet *packet)
{
    struct net_node *to = &net->nodes[packet->to];
    struct packet back = {.due_ms = net->now_ms + net->latency_ms,
                          .from = packet->to,
                          .to = packet->from,
                          .handle = packet->handle,
                          .kind = HC_EVENT_FAILURE,
                          .code = HC_CLOSED};
    struct hc_message error = {.type = HC_MESSAGE_ERROR};
    switch (to->mood) {
    case NET_SILENT_ONCE:
        to->mood = NET_WELL;
        return true;
    case NET_SILENT:
        return true;
    case NET_CLOSING:
        packet_put(net, back, NULL);
        return true;
    case NET_ERROR:
        (void)fault_set(&error.error, hc_code_find(to->answer), "as told");
        back.kind = HC_EVENT_REPLY;
        packet_put(net, back, &error);
        return true;
    case NET_WELL:
    case NET_REFUSING:
    case NET_UNPROVEN:
    case NET_BUSY:
    case NET_BUSY_UNPROVEN:
        break;
    }
    return false;
}

static void packet_take(struct net *net, const struct packet *packet)
{
    struct net_node *to = &net->nodes[packet->to];
    struct hc_message message = {0}, head;
    struct hc_event event = {.kind = packet->kind, .handle = packet->handle, .code = packet->code};
    to->asked += packet->kind == HC_EVENT_REQUEST;
    if (packet->kind == HC_EVENT_REQUEST && to->node && mood_act(net, packet)) {
        return;
    }
    if (!to->node) {
        if (packet->kind == HC_EVENT_REQUEST) {
            packet_put(net,
                       (struct packet){.due_ms = net->now_ms + net->latency_ms,
                                       .to = packet->from,
                                       .handle = packet->handle,
                                       .kind = HC_EVENT_FAILURE,
                                       .code = HC_CLOSED},
                       NULL);
        }
        return;
    }
    if (packet->line) {
        struct hc_fault fault;
        MUST(hc_wire_decode(&message, packet->line, packet->bytes, net->network->id, &fault));
        event.message = &message;
    }
    if (packet->kind == HC_EVENT_REQUEST && (to->mood == NET_BUSY || to->mood == NET_BUSY_UNPROVEN)) {
        MUST(hc_wire_decode_head(&head, packet->line, packet->bytes, net->network->id));
        event = (struct hc_event){.kind = HC_EVENT_BUSY, .handle = packet->handle, .message = &head};
    }
    (void)step_take(net, packet->to, event, packet->kind == HC_EVENT_REQUEST ? packet : NULL);
    hc_message_clear(&message);
}

void net_run(struct net *net, int64_t ms)
{
    int64_t end = net->now_ms + ms;
    for (;;) {
        int64_t next = INT64_MAX;
        size_t packet = SIZE_MAX, node = SIZE_MAX;
        for (size_t i = 0; i < net->packet_count; i++) {
            if (!net->nodes[net->packets[i].to].asleep && net->packets[i].due_ms < next) {
                next = net->packets[i].due_ms;
                packet = i;
            }
        }
        for (size_t i = 0; i < net->count; i++) {
            struct net_node *at = &net->nodes[i];
            if (at->node && !at->asleep && hc_node_deadline(at->node) < next) {
                next = hc_node_deadline(at->node);
                node = i;
            }
        }
        if (next > end) {
            net->now_ms = end;
            return;
        }
        net->now_ms = next > net->now_ms ? next : net->now_ms;
        if (node != SIZE_MAX) {
            (void)net_step(net, node, (struct hc_event){.kind = HC_EVENT_TIMEOUT});
        } else {
            struct packet taken = net->packets[packet];
            memmove(&net->packets[packet], &net->packets[packet + 1],
                    (--net->packet_count - packet) * sizeof *net->packets);
            packet_take(net, &taken);
            free(taken.line);
        }
    }
}

void net_request(struct net *net, size_t to, const struct hc_identity *from, struct hc_state *state,
                 struct hc_message *reply)
{
    struct hc_message request = {.type = HC_MESSAGE_REQUEST, .state = state_ref(state)};
    memcpy(request.network, net->network->id, HC_NETWORK_BYTES);
    memcpy(request.from, from->id, HC_ID_BYTES);
    memset(reply, 0, sizeof *reply);
    struct hc_event event = {.kind = HC_EVENT_REQUEST, .handle = 77, .message = &request, .now_ms = net->now_ms};
    struct net_node *asked = &net->nodes[to];
    MUST(hc_node_step(asked->node, &event, &asked->effects));
    assert_true(node_verify(asked->node));
    for (size_t i = 0; i < asked->effects.send_count; i++) {
        struct hc_send *send = &asked->effects.sends[i];
        if (send->kind == HC_SEND_REPLY) {
            assert_int_equal(send->handle, 77);
            *reply = send->message;
            if (reply->state) {
                (void)state_ref(reply->state);
            }
        }
    }
    effects_apply(net, to, NULL);
    hc_message_clear(&request);
}

const char *net_sees(const struct net *net, size_t node, size_t about)
{
    const struct member *member = members_find(node_members(net->nodes[node].node), net->nodes[about].identity->id);
    return member ? hc_member_status_name(member->status) : "unknown";
}

bool net_agree(const struct net *net)
{
    uint8_t first[HC_DIGEST_BYTES], digest[HC_DIGEST_BYTES];
    bool any = false;
    for (size_t i = 0; i < net->count; i++) {
        if (!net->nodes[i].node) {
            continue;
        }
        hc_node_digest(net->nodes[i].node, digest);
        if (any && memcmp(first, digest, HC_DIGEST_BYTES) != 0) {
            return false;
        }
        memcpy(first, digest, HC_DIGEST_BYTES);
        any = true;
        for (size_t j = 0; j < net->count; j++) {
            if (j != i && net->nodes[j].node && strcmp(net_sees(net, i, j), "live") != 0) {
                return false;
            }
        }
    }
    return true;
}

size_t net_told(const struct net *net, size_t node, enum hc_notice_kind kind, size_t about, int64_t since_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < net->notice_count; i++) {
        const struct net_notice *note = &net->notices[i];
        count += note->node == node && note->kind == kind && note->at_ms >= since_ms &&
                 (about == node || memcmp(note->about, net->nodes[about].identity->id, HC_ID_BYTES) == 0);
    }
    return count;
}

const struct net_notice *net_last(const struct net *net, size_t node, enum hc_notice_kind kind)
{
    for (size_t i = net->notice_count; i-- > 0;) {
        if (net->notices[i].node == node && net->notices[i].kind == kind) {
            return &net->notices[i];
        }
    }
    return NULL;
}
