/* Sessions take turns (W1). Real sockets on loopback; the test takes the place of the runtime. */
#include "rows.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/common/text.h"
#include "daemon/limits.h"
#include "daemon/session.h"

#define PATIENCE 10000 /* turns of the loop, each up to a millisecond long */

static uv_loop_t loop;
static struct inbox inbox;
static struct decoder decoder;
static struct sessions sessions;
static struct hc_network *network;
static uint16_t port;
static char request[512];

static int setup(void **unused)
{
    (void)unused;
    char network_hex[HEX_CHARS(HC_NETWORK_BYTES) + 1], id[HC_ID_HEX_CHARS + 1];
    union address address = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    struct hc_fault fault;
    network = test_network();
    hex_encode(network_hex, network->id, HC_NETWORK_BYTES);
    hc_id_hex(id, test_identity(1)->id);
    (void)snprintf(request, sizeof request,
                   "{\"howcoin\":1,\"type\":\"gossip\",\"network\":\"%s\",\"from\":\"%s\","
                   "\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"rows\":[]}\n",
                   network_hex, id);
    assert_int_equal(uv_loop_init(&loop), 0);
    inbox_init(&inbox, &loop);
    decoder_init(&decoder, &loop, &inbox, network->id);
    sessions_init(&sessions, &loop, &inbox, &decoder, network->id);
    MUST(sessions_listen(&sessions, &port, &address, &fault));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    sessions_stop(&sessions);
    sessions_abort(&sessions);
    inbox_close(&inbox);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
        continue;
    }
    assert_int_equal(uv_loop_close(&loop), 0);
    hc_network_free(network);
    return 0;
}

static int peer_connect(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(peer >= 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&address, sizeof address), 0);
    return peer;
}

static void peer_ask(int peer, int times)
{
    for (int i = 0; i < times; i++) {
        assert_int_equal(send(peer, request, strlen(request), 0), strlen(request));
    }
}

/* Lets the loop run until a session has a whole line; returns its id. */
static uint64_t next_request(void)
{
    struct inbox_item item;
    for (int i = 0; i < PATIENCE; i++) {
        if (inbox_take(&inbox, &item)) {
            assert_int_equal(item.kind, INBOX_REQUEST);
            return item.handle;
        }
        inbox_settle(&inbox);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        if (inbox.count == 0) {
            (void)usleep(1000);
        }
    }
    fail_msg("no request came");
    return 0;
}

static void answer(uint64_t id, struct hc_state *state)
{
    struct hc_message message;
    struct hc_fault fault;
    assert_int_equal(sessions_take(&sessions, &message, &fault, id), SESSION_ASKS);
    hc_message_clear(&message);
    message = (struct hc_message){.type = HC_MESSAGE_REPLY, .state = state_ref(state)};
    memcpy(message.network, network->id, HC_NETWORK_BYTES);
    sessions_reply(&sessions, id, &message);
    hc_message_clear(&message);
}

/* Between two frames of one peer all others have their turns: a peer that sends several requests at once gets no second
 * answer while another peer's request waits. */
static void nobody_is_answered_twice_while_others_wait(void **unused)
{
    (void)unused;
    struct hc_state *state = state_of(NULL, 0);
    int ahead = peer_connect(), other = peer_connect();
    peer_ask(ahead, 10);
    uint64_t first = next_request();
    for (int i = 0; i < 4; i++) {
        peer_ask(other, 1); /* while the other's is being answered */
        answer(first, state);
        uint64_t second = next_request();
        assert_true(second != first);
        answer(second, state);
        assert_int_equal(next_request(), first);
    }
    state_unref(state);
    (void)close(ahead);
    (void)close(other);
}

/* Sends a request that is too long to be decoded in the loop. */
static void peer_ask_long(int peer)
{
    static char line[2 * DECODE_HERE_BYTES_MAX];
    size_t head = strlen(request) - 2, bytes;
    memset(line, 'x', sizeof line);
    memcpy(line, request, head);
    memcpy(line + head, ",\"more\":\"", 9);
    memcpy(line + sizeof line - 3, "\"}\n", 3);
    for (size_t sent = 0; sent < sizeof line; sent += bytes) {
        ssize_t count = send(peer, line + sent, sizeof line - sent, MSG_DONTWAIT);
        bytes = count > 0 ? (size_t)count : 0;
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
}

/* A long line is decoded on a thread, while others are answered; its session is told twice. */
static void long_lines_hold_nobody_up(void **unused)
{
    (void)unused;
    struct hc_state *state = state_of(NULL, 0);
    struct hc_message message;
    struct hc_fault fault;
    int slow = peer_connect(), quick = peer_connect();
    peer_ask_long(slow);
    uint64_t first = next_request();
    assert_int_equal(sessions_take(&sessions, &message, &fault, first), SESSION_DECODES);
    peer_ask(quick, 1);
    uint64_t second = next_request();
    if (second != first) {
        answer(second, state);
        assert_int_equal(next_request(), first);
    }
    answer(first, state);
    state_unref(state);
    (void)close(slow);
    (void)close(quick);
}

/* A session that ends meanwhile takes nothing with it that the thread still needs. */
static void a_session_may_end_while_its_line_is_decoded(void **unused)
{
    (void)unused;
    struct hc_message message;
    struct hc_fault fault;
    int peers[] = {peer_connect(), peer_connect(), peer_connect()};
    for (size_t i = 0; i < 3; i++) {
        peer_ask_long(peers[i]);
        uint64_t id = next_request();
        enum session_taken taken = sessions_take(&sessions, &message, &fault, id);
        assert_true(taken == SESSION_DECODES || taken == SESSION_ASKS);
        hc_message_clear(&message);
    }
    sessions_stop(&sessions);
    for (size_t i = 0; i < 3; i++) {
        (void)close(peers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_answered_twice_while_others_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_hold_nobody_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_may_end_while_its_line_is_decoded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
