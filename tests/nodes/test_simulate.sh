#!/usr/bin/env bash
# simulate: the same seed prints the same bytes, --json prints exactly its keys, the network survives faults, and impossible
# settings are refused in one line that says which and why.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

simulate() { timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" simulate "$@"; }

impossible() { # impossible WORDS OPTION...
    local words=$1
    shift
    assert_exit "simulate $*" 2 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" simulate "$@"
    assert_eq "lines of error of simulate $*" 1 "$(wc -l <"$dir/errors")"
    [[ $errors == *"$words"* ]] || fail "simulate $*: '$words' is not in: $errors"
    assert_eq "standard output of simulate $*" "" "$output"
}
impossible "--nodes N is required" --rounds 5
impossible "--rounds R is required" --nodes 5
impossible "--nodes '0'" --nodes 0 --rounds 5
impossible "expected 1 to 10000" --nodes 10001 --rounds 5
impossible "--rounds '0'" --nodes 5 --rounds 0
impossible "--runs '0'" --nodes 5 --rounds 5 --runs 0
impossible "--loss '1.1'" --nodes 5 --rounds 5 --loss 1.1
impossible "--crash 'often'" --nodes 5 --rounds 5 --crash often
impossible "--stall '-0.1'" --nodes 5 --rounds 5 --stall=-0.1
impossible "--payments '1e3'" --nodes 5 --rounds 5 --payments 1e3
impossible "--row '-1'" --nodes 5 --rounds 5 --row=-1
impossible "--link '4294967296'" --nodes 5 --rounds 5 --link 4294967296
impossible "ends before it begins" --nodes 5 --rounds 5 --latency 30:20
impossible "leaves no time to answer" --nodes 5 --rounds 5 --latency 500
impossible "ends before it begins" --nodes 5 --rounds 5 --partition 3:3
impossible "--rounds is 5" --nodes 5 --rounds 5 --partition 3:6
impossible "--partition needs two nodes" --nodes 1 --rounds 5 --partition 1:2
impossible "--payments needs two nodes" --nodes 1 --rounds 5 --payments 1
impossible "one argument too many" --nodes 5 --rounds 5 more

faults=(--nodes 24 --rounds 40 --loss 0.01 --crash 0.01 --stall 0.01 --partition 5:10 --payments 0.5 --runs 2)
for exchange in full links; do
    simulate "${faults[@]}" --seed 7 --exchange $exchange --json >"$dir/json"
    jq -e '.agree and .sum_ok and .resurrections == 0 and .heal_s > 0 and .drop_s.mean > 0 and
        .wire_bytes_per_node_per_s > .bytes_per_node_per_s' "$dir/json" >/dev/null ||
        fail "the faults were not borne: $(cat "$dir/json")"
done
simulate "${faults[@]}" --seed 7 >"$dir/first" 2>"$dir/errors"
simulate "${faults[@]}" --seed 7 >"$dir/again"
simulate "${faults[@]}" --seed 8 >"$dir/other"
cmp "$dir/first" "$dir/again" || fail "the same seed printed other bytes"
! cmp -s "$dir/first" "$dir/other" || fail "another seed printed the same bytes"
assert_eq "standard error, which is no terminal" "" "$(cat "$dir/errors")"
for words in "Nodes that know a change" "known to all" "copies of a row" "a node sends" "a node's round" "dropped by all" "healed" "all agree"; do
    grep -q "$words" "$dir/first" || fail "the words do not tell: $words"
done

simulate "${faults[@]}" --seed 7 --json >"$dir/json"
assert_eq "lines of --json" 1 "$(wc -l <"$dir/json")"
assert_eq "keys" '["nodes","exchange","runs","seed","spread_s","spread_curve","curve_step_s","copies","bytes_per_node_per_s","wire_bytes_per_node_per_s","exchanges_per_node_per_s","drop_s","resurrections","false_drops","heal_s","work","link","agree","sum_ok"]' \
    "$(jq -c keys_unsorted "$dir/json")"
assert_eq "of a spread" '["mean","p50","p99","max"]' "$(jq -c '.spread_s | keys_unsorted' "$dir/json")"

# With links a change is known to all in a fraction of a round, for a fraction of the bytes.
simulate --nodes 24 --rounds 10 --json >"$dir/links"
simulate --nodes 24 --rounds 10 --exchange full --json >"$dir/full"
jq -e -s '.[0].spread_s.p99 * 5 < .[1].spread_s.p99 and .[0].copies < 2.5 and .[1].copies == null and
    .[0].wire_bytes_per_node_per_s * 5 < .[1].wire_bytes_per_node_per_s' "$dir/links" "$dir/full" >/dev/null ||
    fail "links against full: $(cat "$dir/links" "$dir/full")"

# Overload shows as late rounds, and in the end as missed deadlines; without costs there is none.
small=(--nodes 24 --rounds 10 --exchange full)
simulate "${small[@]}" --signature 0 --row 0 --kilobyte 0 --json >"$dir/json"
jq -e '.work == null and .link == null and .false_drops == 0' "$dir/json" >/dev/null || fail "no costs: $(cat "$dir/json")"
simulate "${small[@]}" --json >"$dir/json"
jq -e '.work.busiest < 0.01 and .work.wait_max_s < 0.1 and .false_drops == 0' "$dir/json" >/dev/null ||
    fail "the usual costs: $(cat "$dir/json")"
simulate "${small[@]}" --row 3000 --json >"$dir/json"
jq -e '.work.busiest > 0.3 and .work.wait_max_s > 0.2' "$dir/json" >/dev/null || fail "overload: $(cat "$dir/json")"
assert_exit "simulate more work than there is time" 1 timeout 60 "$HOWCOIN_NODE" simulate "${small[@]}" --row 8000
[[ $errors == *"do not come together"* ]] || fail "more work than there is time: $errors"
simulate "${small[@]}" --row 3000 >"$dir/words"
grep -q "a message waits  mean" "$dir/words" || fail "the words do not tell how long a message waits"
simulate "${small[@]}" --link 100000 --json >"$dir/json"
jq -e '.link.share > 0.2 and .link.busiest >= .link.share' "$dir/json" >/dev/null || fail "a slow link: $(cat "$dir/json")"

# None of that happens here; and a single node knows everything at once.
simulate --nodes 3 --rounds 3 --mutate-interval 0 --json >"$dir/json"
jq -e '[.spread_s, .spread_curve, .drop_s, .heal_s] == [null, null, null, null]' "$dir/json" >/dev/null ||
    fail "not null: $(cat "$dir/json")"
simulate --nodes 1 --rounds 10 --json >"$dir/json"
jq -e '.spread_s.max == 0 and .agree' "$dir/json" >/dev/null || fail "a lone node: $(cat "$dir/json")"
