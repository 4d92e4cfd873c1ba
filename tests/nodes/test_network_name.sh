#!/usr/bin/env bash
# Nodes with the same coins file and different network names are of different networks (D3).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node red1 "${calm[@]}" --network red
start_node red2 "${calm[@]}" --network red --peer "$(node_port red1)"
start_node blue1 "${calm[@]}" --network blue --peer "$(node_port red1)"
start_node blue2 "${calm[@]}" --network blue --peer "$(node_port blue1)" --peer "$(node_port red2)"
wait_agree 2 red1 red2 blue1 blue2
let_rounds_pass red1 red2 blue1 blue2 4
for name in red1 red2 blue1 blue2; do
    assert_eq "rows that $name has" 2 "$(status "$name" '.nodes | length')"
    assert_eq "drops that $name told" 0 "$(count_events "$name" '.event == "dropped"')"
done
reply=$(python3 "$kit_directory/peer.py" gossip "$(node_port red1)" --network red </dev/null)
assert_eq "the second implementation finds nothing wrong with red" ok "$(jq -r .checked <<<"$reply")"
reply=$(python3 "$kit_directory/peer.py" gossip "$(node_port red1)" --network blue </dev/null)
assert_eq "code of the reply to blue" wrong_network "$(jq -r .reply.code <<<"$reply")"
# Each address is reported once, whatever ids come from it; every refusal is counted.
for seed in 11 12 13 14 15; do
    python3 "$kit_directory/peer.py" gossip "$(node_port red1)" --network green --seed "$seed" </dev/null >"$dir/reply"
done
refused=$(status red1 '.refused.wrong_network')
assert_that "red1 counts all (it counts $refused)" test "$refused" -ge 6
let_rounds_pass red1 2
assert_eq "notices of other networks" 1 "$(count_events red1 '.event == "refused" and .reason == "wrong_network"')"
