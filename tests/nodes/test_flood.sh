#!/usr/bin/env bash
# A client opens connections to one node as fast as it can, 400 at a time. That may cost the node peers for a moment, but
# rounds go on, and when it is over no peer is lost (P6).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
hold() { exec python3 "$kit_directory/wire.py" hold "$@"; }

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
start_node third "${calm[@]}" --peer "$(node_port first)"
wait_agree 3 first second third
table=$(status first .table)

background hold "$(node_port first)" 400 '{"howcoin":1,' 0 >"$dir/flood"
flood=$background_pid
wait_for "400 connections are open" '' grep -q open "$dir/flood"
let_rounds_pass first second third 6
assert_eq "second, as third holds it" live "$(view third second .status)"
end_background "$flood"

wait_agree 3 first second third
for name in first second third; do assert_eq "table of $name" "$table" "$(status "$name" .table)"; done
