#!/usr/bin/env bash
# Who accused whom: a node tells what it saw of another (K8), and one that was dropped hears who had dropped it, and why.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first "${calm[@]}" --name alice
start_nodes 3 n "${calm[@]}" --peer "$(node_port first)"
all=(first n1 n2 n3)
wait_agree 4 "${all[@]}"

# why NAME OF [FILTER]: the story of OF as NAME saw it.
why() { howcoin "$1" why "$(node_port "$2")" --json | jq -rc "${3:-.}"; }
# tells NAME OF WORDS: whether the kinds (and reasons) of that story contain these, in this order, if not side by side.
tells() {
    local words pattern
    words=$(why "$1" "$2" '[.story[] | .kind + (if .reason then ":" + .reason else "" end)] | join(" ")')
    pattern=${3// / (.* )?}
    [[ " $words " =~ \ $pattern\  ]]
}
has_link() { [[ $(why "$1" "$2" .link) != null ]]; }

# With four nodes each has a link with every other, whoever opened it.
for name in first n1 n2; do wait_for "$name has a link with n3" '' has_link "$name" n3; done
assert_exit "the story of a live one" 0 howcoin first why "$(node_port n3)"
assert_match "it" "^127.0.0.1:$(node_port n3) \(id .*\), as this node saw it:.*link opened.*now live, linked with this node" "$output"

# A killed one: its link was lost, it was asked and refused, and it was dropped.
kill_node n3
for name in first n1 n2; do
    wait_status n3 dropped "$name"
    wait_for "$name tells what became of n3" '' tells "$name" n3 "unlinked:[a-z]+ asked failed:(unreachable|closed) dropped:(unreachable|closed)"
done
assert_exit "the story of a dead one" 0 howcoin first why "$(node_id n3)"
assert_match "it, in words" "link lost.*asked it whether it lives.*it did not answer.*dropped it: .*now dropped: " "$output"

# One that hangs for a while: it comes back, and says who had dropped it.
stop_node n2
wait_status n2 dropped first n1
continue_node n2
wait_agree 3 first n1 n2
wait_for "n2 tells that it was dropped" '' tells n2 n2 "accused:silent"
told_so() { (($(count_events n2 '.event == "accused"') > 0)); }
wait_for "and says so by itself" '' told_so
assert_eq "why" silent "$(events n2 'select(.event == "accused") | .reason' | sort -u)"
assert_exit "what n2 tells of itself" 0 howcoin n2 why "$(node_port n2)"
assert_match "it, in words" "this is 127.0.0.1:$(node_port n2).* ago  127.0.0.1:.* said that it had dropped this node: did not answer in time, twice" "$output"
wait_for "first tells that n2 is back" '' tells first n2 "dropped:silent returned"
assert_eq "how often it came back" 1 "$(why first n2 .flaps)"

# Nothing is remembered of an id that was never heard of; what is no node is an error.
assert_exit "an unknown id" 0 howcoin first why "$(printf 'ab%.0s' {1..32})"
assert_match "it" "nothing is remembered of it" "$output"
assert_exit "an unknown name" 1 howcoin first why nobody
assert_match "what it says" "no node 'nobody' is known" "$errors"
assert_exit "no target" 2 howcoin first why
