#!/usr/bin/env bash
# A node that is stopped is dropped as silent, one and a half rounds and the time-outs of two asks later (K3, K8). When it goes
# on, it blames no peer (P7) and comes back (K10).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first "${calm[@]}"
start_nodes 3 n "${calm[@]}" --peer "$(node_port first)"
all=(first n1 n2 n3)
wait_agree 4 "${all[@]}"
stop_node n3
stopped_ms=$(now_ms)
wait_status n3 dropped first n1 n2
for name in first n1 n2; do
    after=$(($(events "$name" 'select(.event == "dropped") | .at_ms') - stopped_ms))
    # 5 s on an idle machine. Not at once, either: nothing was wrong with its connections.
    assert_that "$name drops n3 in time, and not after $after ms" test "$after" -lt 8000 -a "$after" -gt 500
done
assert_match "why" '^silent$' "$(events first 'select(.event == "dropped") | .reason')"
# The others go on: their rounds are not held up, and they agree.
wait_agree 3 first n1 n2
let_rounds_pass first 3
sleep 2 # not a wait for anything: the stop has to be a long one
continue_node n3
wait_agree 4 "${all[@]}"
let_rounds_pass "${all[@]}" 4
wait_agree 4 "${all[@]}"
assert_eq "nodes that n3 dropped after its sleep" 0 "$(count_events n3 '.event == "dropped"')"
for name in first n1 n2; do
    assert_eq "times that $name dropped n3" 1 "$(told "$name" dropped n3)"
    assert_eq "times that $name told n3 returned" 1 "$(told "$name" returned n3)"
    assert_eq "drops that $name told in all" 1 "$(count_events "$name" '.event == "dropped"')"
done
