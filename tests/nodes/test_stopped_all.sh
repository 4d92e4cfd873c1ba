#!/usr/bin/env bash
# A machine that sleeps: every node is stopped for 5 s and goes on. No peer stays dropped for long; in the end all agree, and
# none is lost (P6, P7).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first
start_nodes 3 n --peer "$(node_port first)"
all=(first n1 n2 n3)
wait_agree 4 "${all[@]}"
for name in "${all[@]}"; do stop_node "$name"; done
sleep 5 # the time to sleep over
for name in "${all[@]}"; do continue_node "$name"; done
let_rounds_pass "${all[@]}" 3
wait_agree 4 "${all[@]}"
