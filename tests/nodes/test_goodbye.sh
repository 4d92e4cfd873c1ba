#!/usr/bin/env bash
# A node that is told to end, by a signal or by `leave`, says goodbye: its peers list it at once as left, not as dropped (P8).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Long rounds: a peer that knows of the goodbye has it from the leaving node itself.
start_node first --gossip-interval 30
for name in second third fourth; do start_node "$name" --gossip-interval 30 --peer "$(node_port first)"; done
for name in first second third fourth; do
    wait_for "$name knows all four" 20 live_is "$name" 4
done

gone() { # gone NAME REST...: all the rest hold NAME as left, well before a round could tell them
    local name=$1 other
    shift
    for other in "$@"; do
        wait_for "$other holds $name as left" 15 sees "$other" "$name" left
        assert_eq "times that $other told $name left" 1 "$(told "$other" left "$name")"
        assert_eq "times that $other told $name dropped" 0 "$(told "$other" dropped "$name")"
    done
}
end_node fourth TERM
gone fourth first second third
end_node third INT
gone third first second
assert_exit "leave" 0 howcoin second leave
await_end second
assert_eq "exit status of second after leave" 0 "$node_status"
gone second first
assert_exit "status of a node that is gone" 1 "$HOWCOIN_NODE" status --port "$(node_port second)"
