#!/usr/bin/env bash
# Fifty nodes that start at once, all with the same contact, soon hold one table (P1, K1, K7), and nobody is dropped.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
count=50

start_node n1 --gossip-interval 3
all=(n1)
for ((number = 2; number <= count; number++)); do
    launch_node "n$number" --gossip-interval 3 --peer "$(node_port n1)"
    all+=("n$number")
done
for name in "${all[@]:1}"; do await_node "$name"; done
first=$(events n1 'select(.event == "started") | .at_ms')
wait_live "$count" "${all[@]}"
wait_same_table "${all[@]}"
wait_agree "$count" n1 "n$count"
# When the last node heard of the last other one. A third of a second on an idle machine with two processors.
last=$(for name in "${all[@]}"; do events "$name" 'select(.event == "joined" or .event == "returned") | .at_ms'; done | sort -n | tail -n 1)
note "all know all $((last - first)) ms after the start of the first"
assert_that "all know all within 10 s, and not after $((last - first)) ms" test $((last - first)) -lt 10000
for name in "${all[@]}"; do
    assert_eq "drops that $name told" 0 "$(count_events "$name" '.event == "dropped"')"
done
