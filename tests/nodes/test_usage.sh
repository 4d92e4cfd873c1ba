#!/usr/bin/env bash
# Wrong usage gets one line that quotes it and points to --help, and exit status 2; --help and --version are no errors.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

wrong() { # wrong QUOTED OPTION...
    local quoted=$1
    shift
    assert_exit "howcoin-node $*" 2 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" "$@"
    assert_eq "lines of error of howcoin-node $*" 1 "$(wc -l <"$dir/errors")"
    [[ $errors == *"$quoted"* ]] || fail "howcoin-node $*: '$quoted' is not quoted in: $errors"
    [[ $errors == *--help* ]] || fail "howcoin-node $*: no word of --help in: $errors"
    assert_eq "standard output of howcoin-node $*" "" "$output"
}
coins=(--ephemeral --coins "$HOWCOIN_COINS")
wrong --frobnicate "${coins[@]}" --frobnicate
wrong 80x --port 80x "${coins[@]}"
wrong 65536 --port 65536 "${coins[@]}"
wrong -1 --port=-1 "${coins[@]}"
wrong --port "${coins[@]}" --port
wrong fast --port 0 "${coins[@]}" --gossip-interval fast
wrong 0.001 --port 0 "${coins[@]}" --gossip-interval 0.001
wrong -5 --port 0 "${coins[@]}" --mutate-interval=-5
wrong many --port 0 "${coins[@]}" --fanout many
wrong xml --port 0 "${coins[@]}" --output xml
wrong role --port 0 "${coins[@]}" --tag role
wrong pink --port 0 "${coins[@]}" --color pink
wrong "a b:1" --port 0 "${coins[@]}" --peer "a b:1"
wrong "[::1" --port 0 "${coins[@]}" --peer "[::1"
wrong 0.0.0.0 --port 0 "${coins[@]}" --bind 0.0.0.0
wrong "'dance' is neither a command nor a port" dance
wrong "did you mean 'status'?" statsu
wrong "'dance' is not a command" help dance
wrong zero wait --port 8000 --nodes zero

assert_exit "a name of 33 bytes" 2 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 "${coins[@]}" --name 123456789012345678901234567890123
assert_exit "--help" 0 "$HOWCOIN_NODE" --help
for option in --port --peer --bind --advertise --coins --network --name --tag --gossip-interval --mutate-interval --exchange --links \
    --fanout --patience \
    --data-dir --ephemeral --output --color --log-level --version --help; do
    [[ $output == *"$option"* ]] || fail "--help does not tell of $option"
done
# Every command that --help lists has a help of its own, which tells of its options, and is the same by each way to it.
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output")
((${#commands} > 0)) || fail "--help lists no commands"
for command in $commands; do
    assert_exit "$command --help" 0 "$HOWCOIN_NODE" "$command" --help
    by_option=$output
    assert_match "$command --help" "^usage: howcoin-node \\[?$command" "$by_option"
    assert_eq "lines of $command --help beyond 80 columns" "" "$(grep -E '.{81}' <<<"$by_option")"
    assert_exit "help $command" 0 "$HOWCOIN_NODE" help "$command"
    assert_eq "help $command" "$by_option" "$output"
done
assert_exit "help" 0 "$HOWCOIN_NODE" help
assert_eq "lines of help beyond 80 columns" "" "$(grep -E '.{81}' <<<"$output")"
assert_exit "--version" 0 "$HOWCOIN_NODE" --version
assert_match "--version" '[0-9]+\.[0-9]+\.[0-9]+' "$output"
