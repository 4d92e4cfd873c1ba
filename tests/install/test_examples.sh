#!/usr/bin/env bash
# Both examples are built against the installed package, as its user would, and do what they say: two_nodes agrees with
# itself, and poll_node is a node among nodes. It joins, is paid, bears malformed input, is killed and comes back as
# itself, and says goodbye. Everything is started from the prefix into which $HOWCOIN_BUILD is installed; $HOWCOIN_CC and
# $HOWCOIN_CFLAGS are what the library was built with, so that its sanitizers look at the examples, too.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../nodes/lib.sh"
wire() { python3 "$kit_directory/wire.py" "$@"; }

# ---- Install, build ----

prefix=$dir/prefix
cmake --install "$HOWCOIN_BUILD" --prefix "$prefix" >"$dir/output"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name howcoin.pc)")
export PKG_CONFIG_PATH
HOWCOIN_NODE=$prefix/bin/howcoin-node
LD_LIBRARY_PATH=$(realpath "$(pkg-config --variable=libdir howcoin)")
export LD_LIBRARY_PATH
examples=$(dirname "$(find "$prefix" -name two_nodes.c)")

# build SOURCE PROGRAM
build() {
    local flags libraries
    read -ra flags <<<"${HOWCOIN_CFLAGS:-} $(pkg-config --cflags howcoin)"
    read -ra libraries <<<"$(pkg-config --libs howcoin)"
    "$HOWCOIN_CC" -std=c11 -g -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror "${flags[@]}" "$1" \
        "${libraries[@]}" -o "$dir/$2"
}
build "$examples/two_nodes.c" two_nodes
build "$examples/poll_node.c" poll_node
assert_match "what poll_node is linked with" "libhowcoin.so.0 => $LD_LIBRARY_PATH/" "$(ldd "$dir/poll_node")"

# ---- two_nodes ----

assert_exit "two_nodes" 0 "$dir/two_nodes"
assert_match "a request on its wire" '"type":"gossip".*"nonce"' "$output"
assert_match "what Bob has, by Alice" "In Alice's table Bob has 125 coins" "$output"
# If something else came out, it would say so.
sed 's/== 125/== 126/' "$examples/two_nodes.c" >"$dir/planted.c"
build "$dir/planted.c" planted
assert_exit "two_nodes that expects another sum" 1 "$dir/planted"

# ---- poll_node ----

# launch_polly: starts it, always on the same port and state.
launch_polly() {
    log_of[polly]=$dir/polly
    : >"$dir/polly.out" # what it said last time is not meant
    "$dir/poll_node" --port "${port_of[polly]}" --peer "$(node_port first)" --coins "$HOWCOIN_COINS" \
        --state "$dir/polly.state" --name polly >"$dir/polly.out" 2>"$dir/polly.err" </dev/null &
    pid_of[polly]=$!
    wait_for "polly has started" '' polly_says '^started '
    id_of[polly]=$(awk '$1 == "started" { print $2; exit }' "$dir/polly.out")
    assert_match "id of polly" '^[0-9a-f]{64}$' "${id_of[polly]}"
}
polly_says() { grep -Eq "$1" "$dir/polly.out"; }
earned() { view "$1" polly '.balance - .coins'; }
version() { view first polly .version; }
version_exceeds() { (($(version) > $1)); }

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
port_of[polly]=$(free_port)
launch_polly
id=$(node_id polly)
wait_agree 3 first second
wait_for "polly sees all agree" '' polly_says ': 3 live, all agree'
assert_eq "name of polly, as second sees it" polly "$(view second polly .name)"

howcoin first pay "$id" 5 >"$dir/output" 2>&1
wait_for "polly is told of the payment" '' polly_says "^received $(node_id first) .*, 5 coins"
wait_eq "what polly has earned, by second" 5 earned second

# Another process on its state would sign with its key.
assert_exit "a second poll_node on one state" 1 "$dir/poll_node" --port "$(free_port)" --coins "$HOWCOIN_COINS" \
    --state "$dir/polly.state"
assert_match "why it ended" 'in use by another process' "$errors"

# ---- Malformed input costs nothing ----

# answers CODE TEXT: what comes when TEXT and its end of line are sent.
answers() {
    local result
    result=$(printf '%s\n' "$2" | wire send "$(node_port polly)")
    assert_eq "code of the reply to ${2:0:100}" "$1" "$(jq -r .reply.code <<<"$result")"
    assert_eq "whether it closed after ${2:0:100}" true "$(jq -r .closed <<<"$result")"
}
answers bad_frame 'GET / HTTP/1.1'
answers bad_frame '{}'
answers bad_frame "$(head -c 100000 /dev/urandom | base64 -w 0)"
answers wrong_version '{"howcoin":2,"type":"gossip"}'
memory=$(awk '/VmHWM/ { print $2 }' "/proc/$(node_pid polly)/status")
result=$(wire flood "$(node_port polly)" 50)
assert_eq "code of the reply to 50 MB" too_large "$(jq -r .reply.code <<<"$result")"
grown=$(($(awk '/VmHWM/ { print $2 }' "/proc/$(node_pid polly)/status") - memory))
assert_that "the peak of polly's memory grew by $grown KB, not by 50 MB" test "$grown" -lt 30000
result=$(wire drip "$(node_port polly)" 0.2)
assert_eq "code of the reply to a slow request" timeout "$(jq -r .reply.code <<<"$result")"
# More idle connections than it has places for: those that do something find one.
background wire hold "$(node_port polly)" 100 '' 0.5 >"$dir/hold.out"
wait_for "100 connections are held" '' grep -q open "$dir/hold.out"
let_rounds_pass first second 3
end_background "$background_pid"
wait_agree 3 first second
for name in first second; do assert_eq "times that $name dropped polly" 0 "$(told "$name" dropped polly)"; done

# ---- Killed, and back as itself ----

before=$(version)
kill_node polly
wait_status polly dropped first second
launch_polly
assert_eq "id of polly after a kill" "$id" "$(node_id polly)"
wait_agree 3 first second
wait_for "its version is above $before" '' version_exceeds "$before"
assert_eq "what polly has earned, after a kill" 5 "$(earned first)"

# The row lost, the key kept: it asks the others what it said before it signs.
before=$(version)
kill_node polly
rm "$dir/polly.state/row"
launch_polly
assert_eq "id of polly after the loss of its row" "$id" "$(node_id polly)"
wait_agree 3 first second
wait_for "its version is above $before" '' version_exceeds "$before"
assert_eq "forks that first told" 0 "$(count_events first '.event == "forked"')"

# ---- Goodbye ----

end_node polly
wait_status polly left first second
assert_that "polly says goodbye" polly_says '^left '
assert_eq "what polly complained of" '' "$(<"$dir/polly.err")"
echo 7 >>"$dir/coins.txt"
assert_exit "poll_node with the state of another network" 1 "$dir/poll_node" --port "$(free_port)" \
    --coins "$dir/coins.txt" --state "$dir/polly.state"
assert_match "why it ended" 'belongs to another network' "$errors"
