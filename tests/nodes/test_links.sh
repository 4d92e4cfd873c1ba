#!/usr/bin/env bash
# What people see of links: four nodes in a closed ring, with the same links at both ends (K1); links and what becomes of them
# are events at log level debug only.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first "${calm[@]}" --log-level debug
start_nodes 3 n "${calm[@]}" --peer "$(node_port first)"
all=(first n1 n2 n3)

# links NAME [FILTER]: its answer to `links`, through a jq filter.
links() { howcoin "$1" links --json | jq -rc "${2:-.}"; }
# ends NAME: each of its links that is whole, as "who opened it, who took it".
ends() {
    links "$1" ".links[] | select(.proved) | if .ours then \"${id_of[$1]} \" + .id else .id + \" ${id_of[$1]}\" end"
}
# Each link is known at both of its ends.
links_match() {
    local name
    for name in "$@"; do ends "$name"; done | sort | uniq -c | awk '$1 != 2 { exit 1 }'
}

wait_agree 4 "${all[@]}"
for name in "${all[@]}"; do
    wait_eq "the ring, as $name sees it" closed links "$name" .ring
    wait_eq "the ring in its status" closed status "$name" .links.ring
done
wait_for "both ends of all links know them" '' links_match "${all[@]}"
for name in "${all[@]}"; do
    wait_eq "links of $name with another kind, mode or count" '[]' links "$name" '[.links[] | select(.proved) |
        select((.kind != "ring" and .kind != "chord") or .mode != "links" or .sent_bytes == 0 or .received_bytes == 0)]'
    assert_eq "links in the status of $name" "$(status "$name" '[.nodes[] | select(.link)] | length')" \
        "$(links "$name" '[.links[].id] | unique | length')"
done

# For people.
assert_exit "the table of links" 0 howcoin first links
assert_match "its head" '^[0-9]+ links?, [0-9]+ of them opened by this node; the ring is closed' "$output"
assert_match "a line of the ring" "127.0.0.1:[0-9]+ +[0-9a-f]{8} +ring +" "$output"
assert_exit "the status" 0 howcoin first status
assert_match "its line on links" 'exchange links: [0-9]+ links?, [0-9]+ of them opened here; the ring is closed' "$output"
assert_match "the mark of the ring" $'\n= 127.0.0.1:' "$output"
assert_match "who agrees" '4 nodes live, .* all agree' "$output"

# One dies: the ring closes again without it.
kill_node n3
for name in first n1 n2; do
    wait_status n3 dropped "$name"
    wait_eq "links of $name with the dead" 0 links "$name" "[.links[] | select(.id == \"${id_of[n3]}\")] | length"
    wait_eq "the ring, as $name sees it" closed links "$name" .ring
done

wait_for "first tells of links" '' was_told first link n1
wait_for "first tells of the end of one" '' was_told first unlink n3
for name in n1 n2; do
    assert_eq "events of links that $name told" 0 "$(count_events "$name" '.event == "link" or .event == "unlink"')"
done
