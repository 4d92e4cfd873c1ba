#!/usr/bin/env bash
# A contact that starts later than the node that was given it is found: it is tried in every round (P6).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=$(free_port)
start_node early --peer "$port"
let_rounds_pass early 3
assert_eq "nodes that early sees" 1 "$(live_count early)"
start_node late --port "$port"
wait_agree 2 early late
# Also when both have dropped each other, and the contact comes back with a new id.
kill_node late
wait_status late dropped early
start_node newer --port "$port"
wait_agree 2 early newer
assert_eq "late, as early holds it" dropped "$(view early late .status)"
