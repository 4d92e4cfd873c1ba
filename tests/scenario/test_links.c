/* Links (K1-K11): how nodes talk over kept connections. */
#include "scenario.h"

#include <stdio.h>

static void show(const char *what)
{
    size_t n = world_host_count(world);
    fprintf(stderr, "%s at %lld: agree %d\n", what, (long long)now(), all_agree());
    for (size_t h = 0; h < n; h++) {
        struct host *host = world_host(world, h);
        if (!host->node) {
            continue;
        }
        struct hc_node_view v = look(h);
        fprintf(stderr, "  %zu live %zu known %zu round %llu heard %zu agreeing %zu links:", h, v.live, v.known,
                (unsigned long long)v.round, v.heard, v.agreeing);
        for (size_t l = 0; l < hc_node_link_count(host->node); l++) {
            struct hc_node_link_view view;
            hc_node_link(host->node, l, &view);
            fprintf(stderr, " %s%zu%s%s%s%s", view.ours ? ">" : "<", world_find_id(world, view.id), view.ring ? "r" : "",
                    view.proved ? "" : "?", view.pushes ? "" : "-", view.pushed ? "" : "_");
        }
        fprintf(stderr, "\n");
    }
}

static void nodes_meet(void **unused)
{
    (void)unused;
    hosts(6);
    for (size_t h = 0; h < 6; h++) {
        start(h);
    }
    run_for(500);
    show("500");
    within(ROUND, all_agree());
    show("agree");
    run_for(3 * ROUND);
    show("later");
    mutate(A);
    run_for(300);
    show("mutated");
    assert_true(all_agree());
    crash(C);
    run_for(300);
    show("crashed");
    assert_true(all_see(C, "dropped"));
    unplug(D);
    run_for(8000);
    show("unplugged");
    start(C);
    run_for(1000);
    show("back");
    leave(B);
    run_for(500);
    show("left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        links_test(nodes_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
