/* Kept connections: order, ends and bounds (K1, K8). Real sockets on loopback; the test takes the place of the runtime, and
 * of the other node. */
#include "rows.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/kept.h"
#include "daemon/limits.h"
#include "daemon/share.h"
#include "howcoin/node.h"

#define PATIENCE 10000 /* turns of the loop, each up to a millisecond long */
#define HANDLE 7

static uv_loop_t loop;
static struct inbox inbox;
static struct lookups lookups;
static struct kept kept;
static struct hc_network *network;

static int setup(void **unused)
{
    (void)unused;
    network = test_network();
    assert_int_equal(uv_loop_init(&loop), 0);
    inbox_init(&inbox, &loop);
    lookups_init(&lookups, &loop);
    kept_init(&kept, &loop, &inbox, &lookups, network->id, 1);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    kept_stop(&kept);
    kept_abort(&kept);
    lookups_stop(&lookups);
    inbox_close(&inbox);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
        continue;
    }
    assert_int_equal(uv_loop_close(&loop), 0);
    hc_network_free(network);
    return 0;
}

static void turn(void)
{
    inbox_settle(&inbox);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    if (inbox.count == 0) {
        (void)usleep(1000);
    }
}

/* ---- the other side ---- */

/* A link that another node opened, and that node's end of it. */
static uint64_t adopt(int *peer)
{
    int ends[2];
    struct frame rest;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM, 0), small = 4096; /* the kernel soon takes no more */
    assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setsockopt(server, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &bytes), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(connect(ends[0], (struct sockaddr *)&address, sizeof address), 0);
    ends[1] = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(ends[1] >= 0);
    (void)close(server);
    frame_init(&rest, HC_FRAME_BYTES_MAX);
    *peer = ends[0];
    return kept_adopt(&kept, ends[1], &rest);
}

static void peer_send(int peer, const char *text)
{
    assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the other side has closed; the text is terminated. */
static void peer_read(int peer, char *text, size_t room)
{
    size_t count = 0;
    for (int i = 0; i < PATIENCE; i++) {
        ssize_t got = recv(peer, text + count, room - 1 - count, MSG_DONTWAIT);
        if (got == 0) {
            text[count] = '\0';
            return;
        }
        count += got > 0 ? (size_t)got : 0;
        turn();
    }
    fail_msg("the link stays open");
}

/* ---- this side ---- */

/* The next thing that a link says. */
static enum link_taken next(struct hc_message *message, struct hc_fault *fault, uint64_t handle)
{
    struct inbox_item item;
    for (int i = 0; i < PATIENCE; i++) {
        while (inbox_take(&inbox, &item)) {
            assert_int_equal(item.kind, INBOX_LINK);
            assert_true(item.handle == handle);
            enum link_taken taken = kept_take(&kept, message, fault, handle);
            if (taken != LINK_NOTHING) {
                return taken;
            }
        }
        turn();
    }
    fail_msg("the link says nothing");
    return LINK_NOTHING;
}

static void says(uint64_t handle, enum hc_message_type type)
{
    struct hc_message message;
    struct hc_fault fault;
    assert_int_equal(next(&message, &fault, handle), LINK_SAYS);
    assert_int_equal(message.type, type);
    hc_message_clear(&message);
}

static void ends(uint64_t handle, enum hc_code code)
{
    struct hc_message message;
    struct hc_fault fault;
    assert_int_equal(next(&message, &fault, handle), LINK_ENDED);
    assert_int_equal(fault.code, code);
}

static void say(uint64_t handle, enum hc_message_type type)
{
    struct hc_message message = {.type = type};
    kept_send(&kept, handle, &message);
}

/* ---- stories ---- */

/* Lines come one by one and in order, and those that came before the end come before it. */
static void what_came_is_told_in_order(void **unused)
{
    (void)unused;
    int peer;
    struct link_counters counters;
    uint64_t link = adopt(&peer);
    assert_true((link & HC_HANDLE_THEIRS) != 0);
    peer_send(peer, "{\"type\":\"lazy\"}\n{\"type\":\"ea");
    says(link, HC_MESSAGE_LAZY);
    peer_send(peer, "ger\"}\n{\"type\":\"took\"}\n{\"type\":\"bye\"}\n");
    (void)close(peer);
    says(link, HC_MESSAGE_EAGER);
    says(link, HC_MESSAGE_TOOK);
    assert_true(kept_count(&kept, link, &counters));
    assert_int_equal(counters.messages_received, 3);
    assert_int_equal(counters.bytes_received, 16 + 17 + 16 + 15);
    says(link, HC_MESSAGE_BYE);
    ends(link, HC_CLOSED);
    assert_false(kept_count(&kept, link, &counters));
    assert_int_equal(inbox.count, 0);
}

/* What is sent goes out in order, and all of it before the end; after that nothing is told. */
static void a_link_has_its_last_words(void **unused)
{
    (void)unused;
    int peer;
    char text[200];
    uint64_t link = adopt(&peer);
    say(link, HC_MESSAGE_LAZY);
    say(link, HC_MESSAGE_BYE);
    kept_close(&kept, link);
    say(link, HC_MESSAGE_EAGER);
    peer_send(peer, "{\"type\":\"took\"}\n");
    peer_read(peer, text, sizeof text);
    assert_string_equal(text, "{\"type\":\"lazy\"}\n{\"type\":\"bye\"}\n");
    (void)close(peer);
    for (int i = 0; i < PATIENCE && kept_is_busy(&kept); i++) {
        turn();
    }
    assert_false(kept_is_busy(&kept));
    assert_int_equal(inbox.count, 0);
}

/* A line that is no message ends the link, and its sender is told why. */
static void garbage_ends_a_link(void **unused)
{
    (void)unused;
    int peer;
    char text[1000];
    uint64_t link = adopt(&peer);
    peer_send(peer, "{\"type\":\"lazy\"}\nhello?\n");
    says(link, HC_MESSAGE_LAZY);
    ends(link, HC_BAD_FRAME);
    peer_read(peer, text, sizeof text);
    assert_non_null(strstr(text, "\"error\""));
    assert_non_null(strstr(text, "bad_frame"));
    (void)close(peer);
}

/* So does one that is too long, before it is whole. */
static void a_line_without_end_ends_a_link(void **unused)
{
    (void)unused;
    int peer;
    static char junk[HC_LINK_LINE_BYTES_MAX + 2];
    uint64_t link = adopt(&peer);
    memset(junk, ' ', sizeof junk - 1);
    for (size_t sent = 0; sent < sizeof junk - 1;) {
        ssize_t count = send(peer, junk + sent, sizeof junk - 1 - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += count > 0 ? (size_t)count : 0;
        turn();
    }
    ends(link, HC_TOO_LARGE);
    (void)close(peer);
}

/* A link to a node that does not read ends when too much waits for it. */
static void a_link_that_is_not_read_is_slow(void **unused)
{
    (void)unused;
    int peer;
    struct link_counters counters;
    struct hc_message error = {.type = HC_MESSAGE_ERROR};
    uint64_t link = adopt(&peer);
    fault_set(&error.error, HC_BUSY, "%0300d", 0);
    for (int i = 0; inbox.count == 0; i++) {
        kept_send(&kept, link, &error);
        kept_flush(&kept);
        assert_true(i < 100000);
    }
    assert_true(kept_count(&kept, link, &counters));
    assert_true(counters.bytes_sent >= LINK_QUEUE_BYTES_MAX);
    ends(link, HC_SLOW);
    (void)close(peer);
}

/* A link to where nobody listens never was. */
static void nobody_listens(void **unused)
{
    (void)unused;
    int peer;
    char address[32];
    struct sockaddr_in own;
    socklen_t bytes = sizeof own;
    struct hc_message hello = {.type = HC_MESSAGE_BYE};
    uint64_t link = adopt(&peer);
    assert_int_equal(getsockname(peer, (struct sockaddr *)&own, &bytes), 0);
    kept_close(&kept, link);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(own.sin_port));
    assert_true(kept_open(&kept, HANDLE, address, &hello));
    ends(HANDLE, HC_UNREACHABLE);
    (void)close(peer);
}

/* A link that is opened says what it was given first, and then what it is sent. */
static void a_link_is_opened(void **unused)
{
    (void)unused;
    char address[32], text[200];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof at;
    struct hc_message first = {.type = HC_MESSAGE_EAGER};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&at, &bytes), 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(at.sin_port));
    assert_true(kept_open(&kept, HANDLE, address, &first));
    say(HANDLE, HC_MESSAGE_LAZY);
    kept_flush(&kept);
    turn();
    int peer = accept(server, NULL, NULL);
    assert_true(peer >= 0);
    peer_send(peer, "{\"type\":\"took\"}\n");
    says(HANDLE, HC_MESSAGE_TOOK);
    kept_close(&kept, HANDLE);
    peer_read(peer, text, sizeof text);
    assert_string_equal(text, "{\"type\":\"eager\"}\n{\"type\":\"lazy\"}\n");
    (void)close(peer);
    (void)close(server);
}

/* Whoever brings more than its share waits until it has one again, and loses nothing. */
static void a_busy_link_is_slowed_down(void **unused)
{
    (void)unused;
    int peer;
    static char lines[3000 * 16 + 1];
    struct hc_message message;
    struct hc_fault fault;
    struct link_counters counters;
    uint64_t link = adopt(&peer), begun_ms = uv_now(&loop);
    for (size_t i = 0; i < 3000; i++) {
        memcpy(lines + 16 * i, "{\"type\":\"took\"}\n", 16);
    }
    peer_send(peer, lines);
    for (size_t i = 0; i < LINK_SHARE_MESSAGES * LINK_SHARE_S + 20; i++) {
        assert_int_equal(next(&message, &fault, link), LINK_SAYS);
    }
    assert_true(uv_now(&loop) - begun_ms >= 50);
    assert_true(kept_count(&kept, link, &counters));
    assert_int_equal(counters.messages_received, LINK_SHARE_MESSAGES * LINK_SHARE_S + 20);
    (void)close(peer);
}

static void a_share_fills_with_time(void **unused)
{
    (void)unused;
    struct share share;
    share_init(&share, 1000);
    share_spend(&share, LINK_SHARE_BYTES * LINK_SHARE_S - 1);
    assert_true(share_is_left(&share, 1000));
    share_spend(&share, LINK_SHARE_BYTES + 1); /* one second in debt */
    assert_false(share_is_left(&share, 1500));
    assert_false(share_is_left(&share, 2000));
    assert_true(share_is_left(&share, 2001));
    assert_true(share_is_left(&share, UINT64_MAX / 2)); /* never more than at first */
    share_spend(&share, LINK_SHARE_BYTES * LINK_SHARE_S);
    assert_false(share_is_left(&share, UINT64_MAX / 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_came_is_told_in_order),
        TEST(a_link_has_its_last_words),
        TEST(garbage_ends_a_link),
        TEST(a_line_without_end_ends_a_link),
        TEST(nobody_listens),
        TEST(a_link_is_opened),
        TEST(a_busy_link_is_slowed_down),
        TEST(a_link_that_is_not_read_is_slow),
        TEST(a_share_fills_with_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
