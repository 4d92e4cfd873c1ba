#!/usr/bin/env bash
# A message with thousands of new rows does not block a node: it is answered at once, its rows are checked in parts,
# and the cost of an event does not grow with their number. A `watch` client gets the next round, too, an event of more than
# a megabyte.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }
rows=6000

start_node first --gossip-interval 10
peer rows "$rows" --seed 1000 >"$dir/rows"
background "$HOWCOIN_NODE" watch --port "$(node_port first)" >"$dir/watch"
tells_all() { (($(count_events first '.event == "joined"') == rows)); }
reply=$(peer gossip "$(node_port first)" <"$dir/rows")
assert_eq "what the second implementation finds wrong with the reply" ok "$(jq -r .checked <<<"$reply")"
wait_for "first tells of $rows newcomers" '' tells_all

loop=$(status first .longest_loop_ms)
note "the loop was busy for at most $loop ms"
assert_that "the longest iteration of the loop, $loop ms, is a fraction of a second" [ "$loop" -lt 1000 ]
assert_eq "nodes that first knows" $((rows + 1)) "$(status first '.nodes | length')"
assert_eq "rows that first refused" '{}' "$(status first .refused)"
is_told() { jq -es "any(.event == \"round\" and (.nodes | length) == $((rows + 1)))" "$dir/watch" >/dev/null 2>&1; }
wait_for "watch tells of a round with all of them" '' is_told
