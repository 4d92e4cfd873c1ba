#!/usr/bin/env bash
# 500 idle connections to one node, and 200 with half a request: rounds go on, all nodes stay live, and a newcomer is taken
# in, because the connection that has gone longest without a complete request gives way (docs/PROTOCOL.md, Limits).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
hold() { exec python3 "$kit_directory/wire.py" hold "$@"; }

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
start_node third "${calm[@]}" --peer "$(node_port first)"
wait_agree 3 first second third

background hold "$(node_port first)" 500 >"$dir/idle"
wait_for "500 connections are open" '' grep -q open "$dir/idle"
background hold "$(node_port first)" 200 '{"howcoin":1,' >"$dir/half"
wait_for "200 more are open" '' grep -q open "$dir/half"

let_rounds_pass first second third 6
wait_agree 3 first second third
start_node late "${calm[@]}" --peer "$(node_port first)"
wait_agree 4 first second third late
for name in first second third; do
    assert_eq "drops that $name told" 0 "$(count_events "$name" '.event == "dropped"')"
done
