#!/usr/bin/env bash
# An invalid coins file is an error that names the file and line (D1). Nodes with different coins files are of different
# networks: they tell each other so, once per peer, and drop no one for it (D3).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cannot_run() { # cannot_run WHAT PATTERN: with the coins file $dir/coins
    assert_exit "$1" 1 "$HOWCOIN_NODE" --port 0 --ephemeral --output none --coins "$dir/coins"
    assert_match "what is said about $1" "$2" "$errors"
    assert_eq "lines said about $1" 1 "$(wc -l <"$dir/errors")"
}
printf '# mine\n5\n\nfive\n' >"$dir/coins"
cannot_run "a word" "coins.*4|4.*coins"
printf '5\n7.5\n' >"$dir/coins"
cannot_run "a fraction" "coins.*2|2.*coins"
printf '5\n-1\n' >"$dir/coins"
cannot_run "a negative number" "coins.*2|2.*coins"
printf '1\n2\n1000000000001\n' >"$dir/coins"
cannot_run "a number above the limit" "coins.*3|3.*coins"
printf '# nothing\n\n' >"$dir/coins"
cannot_run "a file without numbers" "coins"
rm "$dir/coins"
cannot_run "no file" "coins"
mkdir "$dir/coins"
cannot_run "a directory" "coins"

printf '1\n2\n3\n' >"$dir/three"
start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
start_node foreign "${calm[@]}" --coins "$dir/three" --peer "$(node_port first)"
wait_agree 2 first second
let_rounds_pass first second foreign 5
assert_eq "nodes that foreign sees" 1 "$(live_count foreign)"
assert_eq "nodes that first sees" 2 "$(live_count first)"
assert_eq "drops that first told" 0 "$(count_events first '.event == "dropped"')"
refused=$(($(status foreign '.refused.wrong_network // 0') + $(status first '.refused.wrong_network // 0')))
assert_that "the wrong network is counted: $(status foreign .refused) $(status first .refused)" test "$refused" -gt 0
# Each reports the other once, however many rounds pass.
for name in first foreign; do
    assert_eq "times that $name told of the wrong network" 1 "$(count_events "$name" '.reason == "wrong_network"')"
done
# The reply says so, too: another implementation gets the code.
reply=$(python3 "$kit_directory/peer.py" gossip "$(node_port first)" --coins "$dir/three" </dev/null)
assert_eq "code of the reply" wrong_network "$(jq -r .reply.code <<<"$reply")"
assert_eq "whether it closed" true "$(jq -r .closed <<<"$reply")"
