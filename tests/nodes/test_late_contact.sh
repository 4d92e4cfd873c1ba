#!/usr/bin/env bash
# A contact that starts later than its caller is found all the same: it is tried every round (P6).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

port=$(free_port)
start_node early --peer "$port"
let_rounds_pass early 3
assert_eq "nodes that early sees" 1 "$(live_count early)"
start_node late --port "$port"
wait_agree 2 early late
# And when all but the contact forget: both are dropped by each other, and the contact comes back as somebody new.
kill_node late
wait_status late dropped early
start_node newer --port "$port"
wait_agree 2 early newer
assert_eq "late, as early holds it" dropped "$(view early late .status)"
