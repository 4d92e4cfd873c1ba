#!/usr/bin/env bash
# Bad input on links: the link ends, and nothing else does. Floods, peers that do not read, and more links than there are places
# harm only themselves (docs/PROTOCOL.md, limits of links).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
link_peer() { python3 "$kit_directory/link_peer.py" "$@"; }

start_node first "${calm[@]}"
start_nodes 3 n "${calm[@]}" --peer "$(node_port first)"
all=(first n1 n2 n3)
wait_agree 4 "${all[@]}"
table=$(status first .table)
port=$(node_port first)

# crooked WHAT ERROR: first ends the link, in these words.
crooked() {
    local what=$1 error=$2 said
    said=$(link_peer crooked "$port" "$what" --seconds 10)
    assert_eq "what becomes of a link ($what): $said" "welcome $error true" "$(jq -r '"\(.welcome) \(.error) \(.closed)"' <<<"$said")"
}
crooked garbage bad_frame
crooked large too_large
crooked false-proof null
crooked wrong-place bad_frame

# More links than there are places: the last ones are told so, and the places of the peers are kept.
theirs=$(status first .links.theirs)
many() { exec python3 "$kit_directory/link_peer.py" many "$port" 66 --seconds 60 >"$dir/many"; }
background many
wait_for "all are answered" '' test -s "$dir/many"
assert_eq "links and busy ones" "$((64 - theirs)) $((2 + theirs))" "$(jq -r '"\(.links) \(.busy)"' "$dir/many")"
assert_eq "links from others" 64 "$(status first .links.theirs)"
# Its own links, and those of its peers, go on meanwhile.
howcoin first tag busy=yes >/dev/null
for name in n1 n2 n3; do wait_eq "the tag, as $name sees it" yes view "$name" first .tags.busy; done
end_background "$background_pid"
wait_eq "links from others, when they are gone" "$theirs" status first .links.theirs

# As many beats as fit; and beats of which nobody reads the answers. Meanwhile news goes on, fast.
flood() { exec python3 "$kit_directory/link_peer.py" crooked "$port" "$1" --seed "$2" --seconds 60 >"$dir/$1"; }
background flood flood 40
flood=$background_pid
background flood deaf 41
deaf=$background_pid
let_rounds_pass "${all[@]}" 3
for try in 1 2 3; do
    howcoin n1 tag "try=$try" >/dev/null
    for name in first n2 n3; do wait_eq "the tag, as $name sees it" "$try" view "$name" n1 .tags.try; done
done
wait_agree 4 "${all[@]}"
loop=$(status first .longest_loop_ms)
note "the loop was busy for at most $loop ms"
assert_that "the longest iteration of the loop, $loop ms, is a fraction of a second" test "$loop" -lt 500
received=$(howcoin first links --json | jq '[.links[].received_bytes] | max')
note "the busiest link brought $received bytes"
end_background "$flood"
end_background "$deaf"

for name in "${all[@]}"; do
    assert_eq "drops that $name told" 0 "$(count_events "$name" '.event == "dropped"')"
done
for code in bad_frame too_large bad_proof; do
    assert_that "first counts $code: $(status first .refused)" test "$(status first ".refused.$code // 0")" -gt 0
done
assert_that "the table of first has changed by the tags alone" test "$table" != "$(status first .table)"
assert_eq "nodes that first knows" 4 "$(status first '.nodes | length')"
