#!/usr/bin/env bash
# A node whose advertised address cannot be reached learns that from its peers, and warns its user once. With the right
# address there is no warning (P3).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node one
start_node two --peer "$(node_port one)"
start_node three --peer "$(node_port one)"
wait_agree 3 one two three
is_warned() { (($(count_events "$1" '.event == "unreached"') > 0)); }
wrong=127.0.0.1:$(free_port)
start_node lost --peer "$(node_port one)" --advertise "$wrong"
wait_for "lost learns that it cannot be reached" '' is_warned lost
assert_eq "the address that lost warns of" "$wrong" "$(events lost 'select(.event == "unreached") | .addr')"
assert_eq "reachable, in the status of lost" no "$(status lost .self.reachable)"
assert_exit "status for people" 0 "$HOWCOIN_NODE" status "$(node_port lost)"
assert_match "what it says of the address" "no peer can reach this node at $wrong" "$output"
let_rounds_pass lost 5
assert_eq "warnings of lost" 1 "$(count_events lost '.event == "unreached"')"

start_node found --peer "$(node_port one)" --advertise 127.0.0.1
for name in one two three found; do
    wait_for "$name hears that it is reached" '' status_is "$name" .self.reachable yes
    assert_eq "warnings of $name" 0 "$(count_events "$name" '.event == "unreached"')"
done
