/* Steps take a host's time, and bytes take a link's (docs/SIMULATOR.md): how the simulator shows overload. */
#include <string.h>

#include "scenario.h"

#include "core/common/id.h"

/* Requests of a host that runs no node, all at once; each asks for a proof. */
static void flood(size_t from, size_t to, size_t count)
{
    struct hc_message message = {.type = HC_MESSAGE_REQUEST};
    assert_int_equal(state_new(&message.state), HC_OK);
    state_seal(message.state);
    memcpy(message.network, world_settings(world)->network->id, HC_NETWORK_BYTES);
    id_copy(message.from, world_host(world, from)->identity.id);
    for (size_t i = 0; i < count; i++) {
        world_send(world, from, world_host(world, to)->address, &message);
    }
    hc_message_clear(&message);
}

/* Three hosts and a D that floods B with 200 requests a second for as long as B needs to be dropped, or five rounds. */
static void flooded(bool dropped)
{
    hosts(4);
    start(A), start(B), start(C);
    within(2 * ROUND, sees(A, B, "live") && sees(A, C, "live") && sees(B, C, "live"));
    for (int64_t end = now() + 5 * ROUND; now() < end && !(sees(A, B, "dropped") && sees(C, B, "dropped"));) {
        flood(D, B, 200);
        run_for(SECOND);
    }
    assert_int_equal(sees(A, B, "dropped") && sees(C, B, "dropped"), dropped);
    assert_true(sees(A, C, "live") && sees(C, A, "live"));
}

/* P3: a host that gets more than it can handle answers late, then too late, and comes back when its work is done. */
static void overload_is_lateness(void **state)
{
    (void)state;
    world_settings(world)->signature_us = 10 * 1000;
    flooded(true);
    assert_int_equal(drop_reason(A, B), HC_SILENT);
    assert_true(world_host(world, B)->load.wait_max_ms >= SECOND);
    assert_true(world_host(world, A)->load.wait_max_ms < 500);
    within(10 * ROUND, sees(A, B, "live") && sees(C, B, "live") && sees(B, A, "live"));
}

/* The same flood where work costs nothing. */
static void work_without_cost_delays_nobody(void **state)
{
    (void)state;
    flooded(false);
    assert_int_equal(world_host(world, B)->load.wait_max_ms, 0);
    assert_int_equal(world_host(world, B)->load.work_us, 0);
}

/* What arrives while a host works is handled in its order, and takes time: 50 proofs of 10 ms take half a second. */
static void work_is_done_in_order(void **state)
{
    (void)state;
    hosts(2);
    start(A);
    run_for(SECOND);
    world_settings(world)->signature_us = 10 * 1000;
    world_host(world, A)->load = (struct host_load){0};
    flood(B, A, 50);
    run_for(LATENCY_MS + 250);
    assert_in_range(world_host(world, A)->load.messages, 25, 26);
    run_for(SECOND);
    assert_int_equal(world_host(world, A)->load.messages, 50);
    assert_int_equal(world_host(world, A)->load.wait_max_ms, 490);
    assert_int_equal(world_host(world, A)->load.work_us, 500 * 1000);
}

#define CROWD 20

/* How long a newcomer needs to hold all others as live when links carry this many bytes a second. */
static int64_t joining_takes(uint32_t link_bytes_s)
{
    world_settings(world)->gossip_interval_ms = 20 * ROUND; /* no other host sends meanwhile */
    hosts(CROWD + 1);
    for (size_t host = 0; host < CROWD; host++) {
        start(host);
        run_for(200);
    }
    within(40 * ROUND, all_agree());
    world_settings(world)->link_bytes_s = link_bytes_s;
    int64_t began = now();
    start(CROWD);
    within(5 * ROUND, node_members(world_host(world, CROWD)->node)->live_count == CROWD);
    return now() - began;
}

static void joining_without_bound(void **state)
{
    (void)state;
    assert_true(joining_takes(0) <= 100);
}

/* The contact's table has about 7 kB: the newcomer knows no host before it has arrived. */
static void slow_link_delays_joining(void **state)
{
    (void)state;
    assert_in_range(joining_takes(10 * 1000), 500, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scenario(overload_is_lateness),  scenario(work_without_cost_delays_nobody), scenario(work_is_done_in_order),
        scenario(joining_without_bound), scenario(slow_link_delays_joining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
