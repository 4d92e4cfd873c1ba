#!/usr/bin/env bash
# The short form: howcoin-node PORT [PEER_PORT]. The first line says how to start the next node.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

answers() { "$HOWCOIN_NODE" wait --port "$1" --nodes "$2" --timeout 1 2>/dev/null; }

port=$(free_port)
launch_node first --output table --port "$port"
wait_for "first listens" '' answers "$port" 1
port_of[first]=$port
wait_for "first tells how to start the next one" '' grep -q -- "$port" "$dir"/first.*.out

second_port=$(free_port)
"$HOWCOIN_NODE" "$second_port" "$port" --ephemeral --coins "$HOWCOIN_COINS" --gossip-interval 0.5 \
    >"$dir/second.out" 2>"$dir/second.err" </dev/null &
pid_of[second]=$! port_of[second]=$second_port log_of[second]=$dir/second
wait_for "second sees first" '' answers "$second_port" 2
wait_agree 2 first second
let_rounds_pass second 2
grep -q "127.0.0.1:$port" "$dir/second.out" || fail "first is not in the table of second"
! grep -q $'\033' "$dir/second.out" || fail "there are escape sequences in a table that goes to no terminal"
