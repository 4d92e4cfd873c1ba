#!/usr/bin/env bash
# A table of 10,000 rows: a node is told all of them, a newcomer gets all of them, and both start again with all of them. None of
# that holds the loop of any node for long, or a peer that waits for it would take it for dead.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }
rows=9990 # and room for the nodes
options=(--gossip-interval 3 --output none)

# loop NAME WHAT: no iteration of its loop took more than a fraction of a second since it started. To be asked once in a node's
# life: the answer counts in the next one.
loop() {
    local longest
    longest=$(status "$1" .longest_loop_ms)
    note "$2: the loop of $1 was busy for at most $longest ms; it has $(status "$1" .memory_bytes) bytes"
    assert_that "$2: the longest iteration of the loop of $1, $longest ms, is a fraction of a second" test "$longest" -lt 500
}
# `status` is not asked meanwhile: with so many rows, its own answer holds the loop up.
last=$(peer id --seed 28990)
knows_all() { [[ $(howcoin "$1" why "$last" --json 2>/dev/null | jq -r .addr) == 127.0.0.1:9 ]]; }
sees_live() { [[ $(howcoin "$1" why "${id_of[$2]}" --json 2>/dev/null | jq -r .status) == live ]]; }
# start NAME [OPTION...]: without events, as an event about each of 10,000 nodes is none of what is measured here.
start() {
    local name=$1
    shift
    port_of[$name]=${port_of[$name]:-$(free_port)}
    launch_node "$name" "${options[@]}" --data-dir "$dir/$name" --port "${port_of[$name]}" "$@"
    wait_for "$name answers" '' answers "$name"
    id_of[$name]=$(howcoin "$name" id --json | jq -r .id)
}
answers() { howcoin "$1" id >/dev/null 2>&1; }

# Most of the rows are of nodes that are gone, as in a network that lives for long; a tenth of nodes that do not answer.
peer rows $((rows / 10)) --seed 1000 --addr 127.0.0.1:9 >"$dir/live"
peer rows $((rows - rows / 10)) --seed 20000 --addr 127.0.0.1:9 >"$dir/gone"
start first
reply=$(peer gossip "$(node_port first)" --dropped "$dir/gone" <"$dir/live")
assert_eq "what the second implementation finds wrong with the reply" ok "$(jq -r .checked <<<"$reply")"
wait_for "first knows all rows" '' knows_all first
loop first "told of $rows rows"

start second --peer "$(node_port first)"
wait_for "second knows all rows" '' knows_all second
loop second "a newcomer"

end_node second
start second --peer "$(node_port first)"
wait_for "second knows all rows" '' knows_all second
wait_for "both are live" '' sees_live second first
loop second "a start with all rows"
end_node first
start first --peer "$(node_port second)"
wait_for "first knows all rows" '' knows_all first
wait_for "both are live" '' sees_live first second
loop first "a start with all rows"
wait_same_table first second
