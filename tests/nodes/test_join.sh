#!/usr/bin/env bash
# One contact introduces a newcomer to all nodes, and all nodes to the newcomer (P1). The newcomer contacts them at once, not
# a round later: rounds are long here.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first --gossip-interval 30
start_node second --gossip-interval 30 --peer "$(node_port first)"
start_node third --gossip-interval 30 --peer "$(node_port second)"
wait_for "first knows all three" 20 live_is first 3
start_node fourth --gossip-interval 30 --name "der vierte" --peer "127.0.0.1:$(node_port third)"
# The promise is one gossip interval and half a second; 20 s is less than an interval here.
for name in first second third fourth; do
    wait_for "$name knows all four" 20 live_is "$name" 4
done
wait_same_table first second third fourth
assert_eq "name of fourth, as first sees it" "der vierte" "$(view first fourth .name)"
assert_eq "address of fourth, as first sees it" "$(node_addr fourth)" "$(view first fourth .addr)"
assert_eq "coins of fourth, as first sees them" "$(coins_of fourth fourth)" "$(coins_of first fourth)"
for of in second third fourth; do assert_eq "times that first told $of joined" 1 "$(told first joined "$of")"; done
