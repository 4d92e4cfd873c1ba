#!/usr/bin/env bash
# Sixteen nodes that change their coins all the time know each other within a few rounds (P1). When the changes stop, all hold
# the same table (M7).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node n1 --mutate-interval 0.5 "${calm[@]}"
for ((number = 2; number <= 16; number++)); do
    launch_node "n$number" --mutate-interval 0 "${calm[@]}" --peer "$(node_port n1)"
done
names=(n1)
for ((number = 2; number <= 16; number++)); do
    await_node "n$number"
    names+=("n$number")
done
wait_live 16 "${names[@]}"
# n1 mutates: each of its draws reaches every node.
draw=$(view n1 n1 .draw)
for name in "${names[@]}"; do
    wait_for "$name has heard of a new draw of n1" '' view_exceeds "$name" n1 .draw "$draw"
done
end_node n1
wait_status n1 left "${names[@]:1}"
wait_agree 15 "${names[@]:1}"
hash=$(status n2 .table)
for name in "${names[@]:2}"; do assert_eq "table of $name" "$hash" "$(status "$name" .table)"; done
for name in "${names[@]:1}"; do
    assert_eq "nodes that $name dropped wrongly" 0 "$(count_events "$name" '.event == "dropped"')"
done
