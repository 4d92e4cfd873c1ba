/* Links in the simulated world: what TCP promises, and what it does not. No node takes part: a hook answers for all hosts,
 * and another one writes down what happens to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/world.h"
#include "unit/rows.h"

enum { A, B };

#define LATENCY_MS 20
#define HANDLE 7

static struct world *world;
static struct hc_network *network;
static enum reception answer;
static uint64_t theirs; /* B's handle of the link */
static struct {
    int64_t at_ms;
    char what[60];
} events[64];
static size_t event_count;

static void happens(void *context, struct world *at, size_t host, const struct hc_event *event)
{
    (void)context;
    if (event->kind != HC_EVENT_LINK_OPENED && event->kind != HC_EVENT_LINK_MESSAGE &&
        event->kind != HC_EVENT_LINK_ENDED) {
        return;
    }
    assert_true(event_count < sizeof events / sizeof *events);
    bool ended = event->kind == HC_EVENT_LINK_ENDED;
    (void)snprintf(events[event_count].what, sizeof events->what, "%c %.50s", host == A ? 'A' : 'B',
                   ended ? hc_code_name(event->code) : event->message->error.text);
    events[event_count++].at_ms = world_now(at);
}

static enum reception opened(void *context, struct world *at, size_t host, uint64_t link,
                             const struct hc_message *hello, struct hc_message *reply)
{
    (void)context;
    (void)at;
    (void)hello;
    assert_int_equal(host, B);
    theirs = link;
    reply->type = HC_MESSAGE_BEAT;
    return answer;
}

static int setup(void **state)
{
    (void)state;
    MUST(network_new_simulated(&network, "5\n", 2, "links", NULL));
    const struct world_config config = {.seed = 1,
                                        .network = network,
                                        .gossip_interval_ms = 3000,
                                        .latency_min_ms = LATENCY_MS,
                                        .latency_max_ms = LATENCY_MS};
    const struct world_watch watch = {.happens = happens, .opened = opened};
    world = world_new(&config, &watch);
    assert_int_equal(world_add(world), A);
    assert_int_equal(world_add(world), B);
    world_host(world, B)->side = 1;
    answer = RECEPTION_REPLY;
    event_count = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(world);
    hc_network_free(network);
    return 0;
}

/* An error stands for any message: it has words. */
static struct hc_message words(const char *text)
{
    struct hc_message message = {.type = HC_MESSAGE_ERROR};
    (void)fault_set(&message.error, HC_BUSY, "%s", text);
    return message;
}

static void open_link(void)
{
    struct hc_message hello = words("hello");
    world_link_open(world, A, HANDLE, world_host(world, B)->address, &hello);
}

static void say(size_t host, const char *text)
{
    struct hc_message message = words(text);
    world_link_send(world, host, host == A ? HANDLE : theirs, &message);
}

/* Lets time pass until nothing happens on links any more, and compares what did, with "A 40 text", one an argument. */
static void then(const char *const *expected, size_t count)
{
    world_run(world, 10000);
    for (size_t i = 0; i < count && i < event_count; i++) {
        char line[80];
        (void)snprintf(line, sizeof line, "%lld %s", (long long)events[i].at_ms, events[i].what);
        assert_string_equal(line, expected[i]);
    }
    assert_int_equal(event_count, count);
}
#define THEN(...)                                              \
    do {                                                       \
        static const char *const expected_[] = {__VA_ARGS__};  \
        then(expected_, sizeof expected_ / sizeof *expected_); \
    } while (0)

/* A link is open, at 40 ms. */
static void linked(void)
{
    open_link();
    world_run(world, 2 * LATENCY_MS);
    assert_int_equal(event_count, 1); /* the answer */
    event_count = 0;
}

/* In order, each way, and the end behind all that was sent. */
static void test_good_path(void **state)
{
    (void)state;
    linked();
    say(A, "one");
    say(A, "two");
    say(B, "three");
    world_link_close(world, A, HANDLE);
    say(A, "after the end");
    THEN("60 B one", "60 B two", "60 B closed");
}

static void test_nobody_listens(void **state)
{
    (void)state;
    answer = RECEPTION_NODE;
    open_link();
    struct hc_message hello = words("hello");
    world_link_open(world, A, HANDLE + 1, "10.9.9.9:1", &hello);
    THEN("40 A unreachable", "40 A unreachable");
}

static void test_silence_at_opening(void **state)
{
    (void)state;
    world_cut(world, 1, 0, true); /* the handshake needs both ways */
    open_link();
    THEN("3000 A unreachable");
}

static void test_refusals(void **state)
{
    (void)state;
    answer = RECEPTION_CLOSED;
    open_link();
    THEN("40 A closed");
}

/* A short cut only delays; nothing overtakes. */
static void test_short_cut(void **state)
{
    (void)state;
    linked();
    world_cut(world, 0, 1, true);
    say(A, "one");
    world_run(world, 300);
    say(A, "two");
    world_run(world, 100);
    world_heal(world);
    say(A, "three");
    THEN("460 B one", "460 B two", "460 B three");
}

/* After a second without an acknowledgement the sender knows; the other side when it says something. */
static void test_long_cut(void **state)
{
    (void)state;
    linked();
    world_cut(world, 0, 1, true);
    say(A, "one");
    world_run(world, 2000);
    world_heal(world);
    say(B, "are you there?");
    THEN("1040 A silent", "2080 B closed");
}

/* What comes, but whose acknowledgement does not. */
static void test_way_back_cut(void **state)
{
    (void)state;
    linked();
    world_cut(world, 1, 0, true);
    say(A, "one");
    THEN("60 B one", "1040 A silent", "1060 B closed");
}

/* A lost segment is sent again, and what follows waits; if all are lost, the link breaks. */
static void test_loss(void **state)
{
    (void)state;
    linked();
    world_settings(world)->lost = PER_MILLION;
    say(A, "one");
    world_settings(world)->lost = 0;
    say(A, "two");
    THEN("1040 A silent", "1060 B closed");
}

static void test_cut_off(void **state)
{
    (void)state;
    linked();
    world_settings(world)->cut_off = PER_MILLION;
    say(A, "one");
    THEN("60 B closed", "60 A closed");
}

/* The machine of a stalled host takes in, and acknowledges. */
static void test_stall(void **state)
{
    (void)state;
    world_start(world, B, DISK_KEPT);
    linked();
    world_stall(world, B, 5000);
    say(A, "one");
    say(A, "two");
    world_run(world, 3000);
    say(A, "three");
    THEN("5040 B one", "5040 B two", "5040 B three");
}

/* The machine of a process that ends closes its links; one that ends itself is silent. */
static void test_crashes(void **state)
{
    (void)state;
    world_start(world, B, DISK_KEPT);
    linked();
    world_crash(world, B, CRASH_PROCESS);
    THEN("60 A closed");
    teardown(NULL);
    setup(NULL);
    world_start(world, B, DISK_KEPT);
    linked();
    world_crash(world, B, CRASH_MACHINE);
    world_run(world, 2000);
    assert_int_equal(event_count, 0);
    say(A, "one");
    THEN("3040 A silent");
}

/* A machine that runs again knows nothing of the links that its former process had. */
static void test_restart(void **state)
{
    (void)state;
    world_start(world, B, DISK_KEPT);
    linked();
    world_crash(world, B, CRASH_MACHINE);
    world_start(world, B, DISK_KEPT);
    say(A, "one");
    THEN("80 A closed");
}

/* Headers of each segment, the handshake and the end, and acknowledgements that no message carries. */
static void test_traffic(void **state)
{
    (void)state;
    linked();
    const struct host_traffic *a = &world_host(world, A)->traffic, *b = &world_host(world, B)->traffic;
    assert_int_equal(a->wire_bytes, a->bytes + 3 * HEADER_BYTES); /* two of the handshake, the hello */
    assert_int_equal(b->wire_bytes, b->bytes + 2 * HEADER_BYTES);
    uint64_t before = b->wire_bytes - b->bytes;
    say(A, "one"); /* B says nothing for a while: an acknowledgement */
    world_run(world, 200);
    say(A, "two"); /* it answers: none */
    world_run(world, LATENCY_MS);
    say(B, "three");
    world_run(world, 200);
    assert_int_equal(b->wire_bytes - b->bytes, before + 2 * HEADER_BYTES);
    assert_int_equal(a->link_messages, 3);
    assert_int_equal(b->link_messages, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_WORLD(test_good_path),    WITH_WORLD(test_nobody_listens), WITH_WORLD(test_silence_at_opening),
        WITH_WORLD(test_refusals),     WITH_WORLD(test_short_cut),      WITH_WORLD(test_long_cut),
        WITH_WORLD(test_way_back_cut), WITH_WORLD(test_loss),           WITH_WORLD(test_cut_off),
        WITH_WORLD(test_stall),        WITH_WORLD(test_crashes),        WITH_WORLD(test_restart),
        WITH_WORLD(test_traffic),
    };
    return hc_init() == HC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
