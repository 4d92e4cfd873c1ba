#!/usr/bin/env bash
# Another node on a dead node's port is not taken for it: the old one is dropped, the new one is met (P9).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
start_node old "${calm[@]}" --port "$(free_port)" --peer "$(node_port first)"
wait_agree 3 first second old
port=$(node_port old)
# The others are stopped meanwhile, so that they do not notice the death before the port is taken.
stop_node first
stop_node second
kill_node old
start_node new "${calm[@]}" --port "$port"
continue_node first
continue_node second
# The new node knows nothing of the network: the others meet it where they look for the old one.
wait_agree 3 first second new
for name in first second; do
    assert_eq "old, as $name holds it" dropped "$(view "$name" old .status)"
    assert_eq "new, as $name holds it" live "$(view "$name" new .status)"
done
let_rounds_pass first second 4
for name in first second; do
    assert_eq "times that $name told old returned" 0 "$(told "$name" returned old)"
done
assert_match "why old was dropped" '^(other_node|unreachable|closed|silent)$'     "$(events first 'select(.event == "dropped") | .reason')"
