#!/usr/bin/env bash
# A data directory belongs to one node at a time (S1); a key that others can read is refused with the command that mends it (S2).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first --data-dir "$dir/data"
assert_exit "a second node on the directory" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/data"
assert_match "what it says" "held by process $(node_pid first)" "$errors"
# A subcommand finds the node by its directory (V4).
assert_exit "status by the directory" 0 "$HOWCOIN_NODE" status --json --data-dir "$dir/data"
assert_eq "id in the status by the directory" "$(node_id first)" "$(jq -r .self.id <<<"$output")"
id=$(node_id first)
kill_node first

# After a kill -9 the directory is free again.
start_node first --data-dir "$dir/data"
assert_eq "id after a kill -9" "$id" "$(node_id first)"
end_node first

key=$(find "$dir/data" -type f -perm 600 -size -2k -name '*key*')
[[ -f $key ]] || fail "no key file in $(ls -la "$dir/data")"
chmod 644 "$key"
assert_exit "a key that others can read" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/data"
assert_match "what it says" "chmod 0?600 .*key" "$errors"
chmod 600 "$key"
head -c 5 "$key" >"$dir/short"
cat "$dir/short" >"$key"
assert_exit "a damaged key" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/data"
assert_match "what it says" "key" "$errors"

touch "$dir/file"
assert_exit "a directory that is a file" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/file"
assert_match "what it says" "$dir/file" "$errors"

# One whose path is too long for a socket, or for anything: nothing is cut off.
long=$dir/$(printf '%0200d' 0)
assert_exit "a long path" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$long"
assert_match "what it says" "shorter --data-dir" "$errors"
long=$dir/$(printf '%02000d' 0)
assert_exit "a longer path" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$long"
assert_match "what it says" "shorter --data-dir" "$errors"
assert_exit "status by a longer path" 1 "$HOWCOIN_NODE" status --data-dir "$long"
assert_match "what it says" "shorter --data-dir" "$errors"

# Without --data-dir it is below XDG_STATE_HOME, by the port.
port=$(free_port)
background "$HOWCOIN_NODE" --port "$port" --coins "$HOWCOIN_COINS" --output none </dev/null
assert_exit "a node by its port" 0 "$HOWCOIN_NODE" wait --port "$port" --nodes 1 --timeout "$HOWCOIN_TEST_TIMEOUT"
assert_that "a state directory in XDG_STATE_HOME" test -d "$XDG_STATE_HOME/howcoin/$port"
assert_eq "its mode" 700 "$(stat -c %a "$XDG_STATE_HOME/howcoin/$port")"
end_background "$background_pid"
assert_eq "exit status of a node by its port" 0 "$background_status"

# A first start that was interrupted after making the key and before making the store has lost nothing: the key has signed
# nothing yet.
mkdir -m 700 "$dir/cut"
(umask 077 && printf '%064d\n' 7 >"$dir/cut/key" && : >"$dir/cut/key.unused")
start_node cut --data-dir "$dir/cut"
assert_eq "recovering" false "$(status cut .recovering)"
end_node cut

# A node whose standard streams are closed runs and ends like any other.
without_streams() { exec "$@" <&- >&- 2>&-; }
background without_streams "$HOWCOIN_NODE" --port 0 --data-dir "$dir/closed" --coins "$HOWCOIN_COINS" --output none
assert_exit "a node without standard streams" 0 "$HOWCOIN_NODE" wait --data-dir "$dir/closed" --nodes 1 --timeout "$HOWCOIN_TEST_TIMEOUT"
end_background "$background_pid"
assert_eq "exit status of a node without standard streams" 0 "$background_status"
