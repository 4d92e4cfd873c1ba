#!/usr/bin/env bash
# A client keeps all connections of one node busy with whole requests, so that none of them gives way. A stranger then gets
# `busy`, but no peer that knows the node drops it, however long it lasts (P3): from eight addresses the client cannot take
# the places that are kept for known peers; from a known address (all nodes here share one) it can, but `busy` carries a proof.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }
press() { exec python3 "$kit_directory/wire.py" press "$@"; }

start_node first --gossip-interval 1
for name in second third; do start_node "$name" --gossip-interval 1 --peer "$(node_port first)"; done
wait_agree 3 first second third

# ask SOURCE: what first answers to a request from that address, and whether its proof is valid.
ask() { peer gossip "$(node_port first)" --seed 9 --source "$1" <<<'[]' | jq -r '"\(.reply.code // .reply.type) \(.checked)"'; }
hears() { [[ $(ask "$1") == "$2" ]]; }
request=$(printf '{"howcoin":1,"type":"gossip","network":"%s","from":"%s","nonce":"%s","rows":[]}' \
    "$(peer network)" "$(peer id --seed 8)" AAECAwQFBgcICQoLDA0ODw)

# flood COUNT ADDRESS...: COUNT connections from each, for more rounds than it takes to get `busy` ten times.
flood() {
    background press "$(node_port first)" "$1" 0.1 "$request" "${@:2}" >"$dir/flood"
    wait_for "the flood has begun" '' grep -q open "$dir/flood"
    wait_for "first answers busy, with a proof" '' hears "${@: -1}" "busy ok"
    for name in second third; do let_rounds_pass "$name" 13; done
    wait_status first live second third
    wait_for "the flood goes on" '' hears "${@: -1}" "busy ok"
    for name in second third; do
        # On an overloaded machine an answer may come too late; that has nothing to do with places.
        assert_eq "why $name dropped first" '' "$(events "$name" 'select(.event == "dropped" and .reason != "silent") | .reason')"
    done
}

flood 32 127.0.0.{2..9}
wait_for "known ones find their places" '' hears 127.0.0.1 "gossip ok"
end_background "$background_pid"

flood 300 127.0.0.1
end_background "$background_pid"
wait_agree 3 first second third
