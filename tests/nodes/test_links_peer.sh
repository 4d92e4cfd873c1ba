#!/usr/bin/env bash
# Peers of a second implementation, written from docs/PROTOCOL.md: one speaks links, and one the simple form only, beside nodes
# with links (K2-K7, K12).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }

start_node first --mutate-interval 0.5 "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
start_node third "${calm[@]}" --peer "$(node_port first)"
wait_live 3 first second third
# of NAME FILTER: what NAME knows of the peer.
of() { status "$1" ".nodes[] | select(.id == \"$id\") | $2"; }
of_is() { [[ $(of "$1" "$2") == "$3" ]]; }
said() { (($(jq -c "select($1)" "$dir/peer" | wc -l) >= $2)); }

# ---- Links ----
mkfifo "$dir/payments"
link_peer() { exec python3 "$kit_directory/link_peer.py" join "$(node_port first)" --seed 11 <"$dir/payments" >"$dir/peer" 2>"$dir/peer.err"; }
background link_peer
link=$background_pid
exec {payments}>"$dir/payments"
wait_for "the peer has a link" '' test -s "$dir/peer"
id=$(head -n 1 "$dir/peer" | jq -r .id)
for name in first second third; do wait_for "$name holds the peer as live" '' of_is "$name" .status live; done
wait_eq "its mode, as first knows it" links of first .mode
wait_for "the peer has got whole rows" '' said '.by == "rows"' 3
wait_for "the peer has got patches of first's draws" '' said ".by == \"patch\" and .row == \"$(node_id first)\"" 3
assert_eq "where the link goes" "$id false" "$(howcoin first links --json |
    jq -r ".links[] | select(.id == \"$id\") | \"\(.id) \(.ours)\"")"
# It pays: one patch with a new payee, one with a known one.
for amount in 1 2; do
    echo "$(node_id third)=$amount" >&"$payments"
    for name in first second third; do wait_eq "what the peer has paid, as $name sees it" "$amount" of "$name" .paid; done
done
end_node first
wait_for "the link ends with a goodbye" '' said '.says == "bye" or .ended' 1
for name in second third; do wait_status first left "$name"; done
end_background "$link"
exec {payments}>&-
for name in second third; do wait_for "$name drops the peer" '' of_is "$name" .status dropped; done
assert_eq "what second refused" '{}' "$(status second .refused)"

# Its table is the node's, and so are its digests, when nothing changes.
second_peer() { exec python3 "$kit_directory/link_peer.py" join "$(node_port second)" --seed 12 </dev/null >"$dir/peer2" 2>"$dir/peer2.err"; }
background second_peer
same() { (($(jq -c "select(.same)" "$dir/peer2" | wc -l) >= 2)); }
wait_for "the peer's table is the node's" '' same
id=$(head -n 1 "$dir/peer2" | jq -r .id)
wait_for "second drops nobody" '' of_is second .status live
end_background "$background_pid"

# ---- The simple form only ----
serve() { exec python3 "$kit_directory/peer.py" serve --seed 13 >"$dir/simple" 2>"$dir/simple.err" </dev/null; }
background serve
server=$background_pid
wait_for "the peer serves" '' test -s "$dir/simple"
id=$(head -n 1 "$dir/simple" | jq -r .id)
head -n 1 "$dir/simple" | jq -c '[.row]' | peer gossip "$(node_port second)" --seed 13 >"$dir/reply"
assert_eq "what the peer finds wrong with second" ok "$(jq -r .checked "$dir/reply")"
for name in second third; do
    wait_for "$name holds the peer as live" '' of_is "$name" .status live
    wait_eq "its mode, as $name knows it" full of "$name" .mode
done
# It is told what is new: someone asks it in each round.
start_node fourth "${calm[@]}" --peer "$(node_port third)"
told() { (($(jq -s '[.[] | select(.type == "gossip") | .rows] | max' "$dir/simple") >= 4)); }
wait_for "the peer is told of fourth" '' told
let_rounds_pass second third fourth 4
for name in second third fourth; do
    assert_eq "the peer, as $name sees it" live "$(of "$name" .status)"
    assert_eq "drops of the peer that $name told" 0 "$(count_events "$name" ".event == \"dropped\" and .id == \"$id\"")"
done
end_background "$server"
for name in second third fourth; do wait_for "$name drops the peer" '' of_is "$name" .status dropped; done
