#!/usr/bin/env bash
# One key in two directories (M5): both warn about it, each time with a version above the other's; no coin is made; and when
# one of them ends, the other goes on as the one node it is. Two processes on one directory: the second does not start (S1).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000

keep_node other
keep_node one --peer "$(node_port other)"
wait_agree 2 other one
assert_exit "a second process on the directory" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/one"
assert_match "what it says" "held by process $(node_pid one)" "$errors"

howcoin one pay "$(node_id other)" 100 --wait-seen 1 >/dev/null
mkdir -m 700 "$dir/two"
cp -p "$dir/one/key" "$dir/two/key"
keep_node two --peer "$(node_port other)"
assert_eq "id of the twin" "$(node_id one)" "$(node_id two)"
assert_that "the twin knows what was paid" [ "$(paid two one)" -ge 100 ]
told_of_twin() { (($(count_events "$1" '.event == "twin"') > 0)); }
wait_for "one tells of its twin" '' told_of_twin one
# Both pay; what either pays counts once.
howcoin one pay "$(node_id other)" 10 >/dev/null
howcoin two pay "$(node_id other)" 1 >/dev/null
end_node two
version=$(view other one .version)
let_rounds_pass one 3
wait_for "one is live for other again" '' sees other one live
wait_agree 2 other one
not_forked() { [[ $(view other one .forked) == false ]]; }
wait_for "no node is forked" '' not_forked
# 100 and 10, and the twin's 1 unless it did not yet know the sum when it paid: totals are joined, not added.
assert_that "what one paid: $(paid other one)" [ "$(paid other one)" -ge 110 ]
assert_that "one's version has not gone back from $version" view_exceeds other one .version $((version - 1))
no_coin_made other
