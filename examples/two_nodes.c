/* Two nodes in one process: no socket, no clock, no disk. The smallest program that embeds the core.
 * Time is a number that this program advances, and the network is carry(). Alice pays Bob. The exit status is 0 if both
 * hold the same table in the end, with the payment in it.
 *     cc two_nodes.c $(pkg-config --cflags --libs howcoin) -o two_nodes && ./two_nodes
 */
#include <err.h>
#include <howcoin/node.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"Alice", "Bob"}, *const addresses[] = {"alice:8000", "bob:8000"};
static struct hc_network *network;
static struct hc_node *nodes[2];
static int64_t now_ms;

static void must(enum hc_code code)
{
    if (code != HC_OK) {
        errx(1, "%s", hc_code_text(code));
    }
}

/* The network: a message becomes a line of text, and the line a message again. */
static struct hc_message carry(const struct hc_message *sent)
{
    char *line;
    size_t bytes;
    struct hc_message received;
    must(hc_wire_encode(&line, &bytes, sent));
    printf("         %s", line); /* its end is a newline, which is no part of the line that is decoded */
    must(hc_wire_decode(&received, line, bytes - 1, hc_network_id(network), NULL));
    hc_wire_free(line);
    return received;
}

/* One event for one node, and what comes of it. */
static void step(int who, struct hc_event event)
{
    struct hc_effects effects = {0}; /* local, because the other node steps while these are being done */
    event.now_ms = now_ms;
    must(hc_node_step(nodes[who], &event, &effects));
    /* Persist: nothing, as these nodes are not durable. Then send: the other node gets each message under its
     * handle. */
    for (size_t i = 0; i < effects.send_count; i++) {
        const struct hc_send *send = &effects.sends[i];
        struct hc_message message = carry(&send->message);
        enum hc_event_kind kind = send->kind == HC_SEND_REQUEST ? HC_EVENT_REQUEST : HC_EVENT_REPLY;
        step(!who, (struct hc_event){.kind = kind, .handle = send->handle, .message = &message});
        hc_message_clear(&message);
    }
    for (size_t i = 0; i < effects.notice_count; i++) { /* then notify */
        printf("%4d ms  %s: %s\n", (int)now_ms, names[who], hc_notice_kind_name(effects.notices[i].kind));
    }
    hc_effects_free(&effects);
}

static void node_start(int who)
{
    struct hc_node_config config = {.network = network, .name = names[who], .address = addresses[who]};
    config.seed[0] = (uint8_t)who; /* a real node draws two seeds from the system, 32 bytes each */
    hc_identity_from_seed(&config.identity, config.seed);
    config.contacts = addresses;
    config.contact_count = (size_t)who; /* Bob knows Alice's address; Alice knows none */
    config.gossip_interval_ms = 3000;
    must(hc_node_new(&nodes[who], &config));
    step(who, (struct hc_event){.kind = HC_EVENT_START});
}

/* Prints a node's table. Returns what Bob has in it, or -1 if the other node holds another table. */
static int table_print(int who)
{
    struct hc_node_view view;
    int bob = -1;
    hc_node_look(nodes[who], &view);
    for (size_t i = 0; i < view.known; i++) {
        struct hc_node_row_view row;
        hc_node_look_at(nodes[who], i, &row);
        printf("In %s's table %s has %d coins.\n", names[who], hc_row_fields(row.row)->name, (int)row.balance);
        bob = strcmp(hc_row_fields(row.row)->name, "Bob") == 0 ? (int)row.balance : bob;
    }
    return view.agree ? bob : -1;
}

int main(void)
{
    must(hc_init());
    must(hc_network_new(&network, "100\n", 4, "coins", "", NULL)); /* whatever a node draws, it gets 100 */
    node_start(0);
    node_start(1); /* Bob turns to Alice at once, so from now on Alice knows Bob */
    step(0, (struct hc_event){.kind = HC_EVENT_PAY, .payee = hc_node_id(nodes[1]), .amount = 25});
    while (now_ms < 9000) { /* time jumps from deadline to deadline, whichever node's is next */
        int next = hc_node_deadline(nodes[1]) < hc_node_deadline(nodes[0]);
        now_ms = hc_node_deadline(nodes[next]);
        step(next, (struct hc_event){.kind = HC_EVENT_TIMEOUT});
    }
    int at_alice = table_print(0), at_bob = table_print(1);
    hc_node_free(nodes[0]);
    hc_node_free(nodes[1]);
    hc_network_free(network);
    return at_alice == 125 && at_bob == 125 ? 0 : 1;
}
