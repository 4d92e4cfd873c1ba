#!/usr/bin/env bash
# All nodes drop a killed one and say why, and no old row brings it back (P3, P4, P5).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first "${calm[@]}"
start_nodes 4 n "${calm[@]}" --peer "$(node_port first)"
all=(first n1 n2 n3 n4)
wait_agree 5 "${all[@]}"

kill_node n4
rest=(first n1 n2 n3)
wait_status n4 dropped "${rest[@]}"
wait_agree 4 "${rest[@]}"
for name in "${rest[@]}"; do
    assert_eq "times that $name told n4 dropped" 1 "$(told "$name" dropped n4)"
    assert_match "the reason" '^(unreachable|closed|silent)$'         "$(events "$name" 'select(.event == "dropped") | .reason')"
done

# A newcomer learns of it as dropped, and no node revives it.
start_node late "${calm[@]}" --peer "$(node_port n1)"
wait_agree 5 late "${rest[@]}"
let_rounds_pass late "${rest[@]}" 6
for name in late "${rest[@]}"; do
    assert_eq "n4, as $name holds it" dropped "$(view "$name" n4 .status)"
    assert_eq "times that $name told n4 returned" 0 "$(told "$name" returned n4)"
    assert_eq "times that $name told anybody but n4 dropped" 0         "$(count_events "$name" ".event == \"dropped\" and .id != \"$(node_id n4)\"")"
done
assert_eq "times that late told n4 joined" 0 "$(told late joined n4)"
