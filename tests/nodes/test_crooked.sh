#!/usr/bin/env bash
# Peers that give a wrong answer are dropped, with the reason (P3, P9); no other peer is.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
wait_agree 2 first second

# serve MODE SEED: a peer of the second implementation introduces itself to first; $id is its id.
serve() {
    background peer_serve "$1" "$2" "$(free_port)"
    server=$background_pid
    wait_for "the peer ($1) serves" '' test -s "$dir/peer.$1"
    id=$(head -n 1 "$dir/peer.$1" | jq -r .id)
    head -n 1 "$dir/peer.$1" | jq -c '[.row]' | peer gossip "$(node_port first)" --seed "$2" >"$dir/reply"
    assert_eq "what the peer ($1) finds wrong with first" ok "$(jq -r .checked "$dir/reply")"
}
peer_serve() { exec python3 "$kit_directory/peer.py" serve "$3" --mode "$1" --seed "$2" >"$dir/peer.$1" 2>"$dir/peer.$1.err" </dev/null; }
status_of() { status "$1" ".nodes[] | select(.id == \"$id\") | .status"; }
is_held_as() { [[ $(status_of "$1") == "$2" ]]; }

# An honest one is a member like any other node.
serve honest 10
wait_for "first holds the honest peer as live" '' is_held_as first live
wait_for "second holds the honest peer as live" '' is_held_as second live
wait_agree 3 first second
let_rounds_pass first second 4
assert_eq "the honest peer, as second holds it" live "$(status_of second)"
assert_eq "drops that first told" 0 "$(count_events first '.event == "dropped"')"
end_background "$server"
wait_for "first drops the honest peer when it is gone" '' is_held_as first dropped

seed=20
for case in bad-proof:bad_proof other-id:other_node garbage:bad_reply close:closed silent:silent; do
    mode=${case%%:*} reason=${case#*:} seed=$((seed + 1))
    serve "$mode" "$seed"
    for name in first second; do wait_for "$name drops the peer ($mode)" '' is_held_as "$name" dropped; done
    said=$(events first "select(.event == \"dropped\" and .id == \"$id\") | .reason" | head -n 1)
    if [[ $mode == other-id && $said == bad_proof ]]; then said=other_node; fi
    assert_eq "why first dropped the peer ($mode)" "$reason" "$said"
    let_rounds_pass first 3
    assert_eq "times that first told the peer ($mode) returned" 0 "$(count_events first ".event == \"returned\" and .id == \"$id\"")"
    end_background "$server"
done
assert_eq "second, as first holds it" live "$(view first second .status)"
assert_eq "times that first dropped second" 0 "$(told first dropped second)"
wait_agree 2 first second
