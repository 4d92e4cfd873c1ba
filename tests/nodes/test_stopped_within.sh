#!/usr/bin/env bash
# A stop that is shorter than the silence a peer is allowed (two tries of a third of the interval, at most 1 s each: P3) makes
# neither side drop the other.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first --gossip-interval 3
start_nodes 2 n --gossip-interval 3 --peer "$(node_port first)"
wait_agree 3 first n1 n2
for _ in 1 2; do
    stop_node n2
    sleep 0.8 # how long it is away
    continue_node n2
    let_rounds_pass n2 1
done
wait_agree 3 first n1 n2
for name in first n1 n2; do
    assert_eq "drops that $name told" 0 "$(count_events "$name" '.event == "dropped"')"
done
