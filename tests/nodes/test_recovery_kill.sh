#!/usr/bin/env bash
# S4: kill -9 at random moments, again and again, under a stream of payments between four nodes. Afterwards no answered
# payment is missing or made twice, no coin was made or lost, no version went back, no node forked.
#
#   HOWCOIN_KILLS=200 tests/nodes/test_recovery_kill.sh      the longer version; the default is 20
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
: "${HOWCOIN_KILLS:=20}"
rich_coins 10000000
seed=${HOWCOIN_SEED:-$RANDOM} RANDOM=${HOWCOIN_SEED:-$RANDOM}
RANDOM=$seed
note "HOWCOIN_SEED=$seed"

names=(n0 n1 n2 n3)
quick=(--gossip-interval 0.3 --mutate-interval 0.5)
declare -A port=() stream=() version=()
for name in "${names[@]}"; do
    keep_node "$name" "${quick[@]}" ${port[n0]:+--peer "${port[n0]}"}
    port[$name]=$(node_port "$name")
done
for name in "${names[@]}"; do wait_for "$name knows all four" '' live_is "$name" 4; done

exec_stream() { exec python3 "$kit_directory/control.py" stream "$@"; }
for n in 0 1 2 3; do
    background exec_stream "$dir/n$n/control" "$(node_id "n$(((n + 1) % 4))")" "n$n" "$dir/n$n.paid"
    stream[n$n]=$background_pid
done
has_lines() { [[ -f $1 ]] && (($(wc -l <"$1") >= $2)); }
for name in "${names[@]}"; do wait_for "the stream of $name flows" '' has_lines "$dir/$name.paid" 5; done

for ((kill = 1; kill <= HOWCOIN_KILLS; kill++)); do
    name=n$((RANDOM % 4)) other=n$((RANDOM % 4))
    [[ $other != "$name" ]] || other=n$(((${name#n} + 1) % 4))
    sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
    kill_node "$name"
    # The node that comes back must know at least what the others had heard from it.
    version[$name]=$(view "$other" "$name" .version)
    keep_node "$name" --port "${port[$name]}" --peer "${port[$other]}" "${quick[@]}"
    now=$(view "$name" "$name" .version)
    ((now > version[$name])) || fail "kill $kill: $name came back with version $now; $other had heard ${version[$name]}"
done

for name in "${names[@]}"; do kill -TERM "${stream[$name]}"; done
for name in "${names[@]}"; do
    await_background "${stream[$name]}"
    assert_eq "exit status of the stream of $name, which has all its answers" 0 "$background_status"
done
# They go on drawing, so the tables are hardly ever all equal; but every payment has to arrive.
all_arrived() {
    local n name payee stored
    for n in 0 1 2 3; do
        name=n$n payee=n$(((n + 1) % 4))
        stored=$(paid "$name" "$name")
        [[ $(received n0 "$payee") == "$stored" ]] || return 1
        [[ $(history_sum "$payee" received) == "$stored" ]] || return 1
    done
}
wait_for "all payments arrive" '' all_arrived
for n in 0 1 2 3; do
    name=n$n payee=n$(((n + 1) % 4))
    history_of "$name" 'select(.kind == "paid") | .key' | sort >"$dir/stored"
    sort "$dir/$name.paid" >"$dir/answered"
    assert_eq "payments of $name that were answered but are not in its history" "" "$(comm -13 "$dir/stored" "$dir/answered" | head -n 3)"
    assert_eq "payments of $name that were made twice" "" "$(uniq -d "$dir/stored" | head -n 3)"
    stored=$(wc -l <"$dir/stored")
    assert_eq "what $name paid by its row, and by its history" "$stored" "$(paid "$name" "$name")"
    assert_eq "what $payee received, by the rows" "$stored" "$(received n0 "$payee")"
    assert_eq "and by its history" "$stored" "$(history_sum "$payee" received)"
    no_coin_made "$name"
    assert_eq "forks that $name told of" 0 "$(count_events "$name" '.event == "forked" or .event == "twin"')"
    assert_eq "nodes that $name holds as forked" 0 "$(status "$name" '[.nodes[] | select(.forked)] | length')"
    note "$name paid $stored times"
done
