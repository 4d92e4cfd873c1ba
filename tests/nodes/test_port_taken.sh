#!/usr/bin/env bash
# A port in use is reported in one line, with exit status 1.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first
assert_exit "a taken port" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port "$(node_port first)" --ephemeral --coins "$HOWCOIN_COINS"
assert_eq "lines of error" 1 "$(wc -l <"$dir/errors")"
assert_match "what it says" "$(node_port first)" "$errors"
assert_eq "first still lives" 1 "$(live_count first)"
assert_exit "a host that is not this machine" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --bind 192.0.2.1 --ephemeral --coins "$HOWCOIN_COINS"
assert_match "what it says" "192.0.2.1" "$errors"
