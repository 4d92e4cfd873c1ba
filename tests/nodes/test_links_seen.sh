#!/usr/bin/env bash
# `pay --wait-seen` and `wait --agree` are exact though a node has links with few of the others: those that it has no fresh word
# from are asked. With rounds of 30 s, so that no round helps.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
others=15

start_node n1 --gossip-interval 30
for ((number = 2; number <= others + 1; number++)); do
    launch_node "n$number" --gossip-interval 30 --peer "$(node_port n1)"
done
for ((number = 2; number <= others + 1; number++)); do await_node "n$number"; done
assert_exit "wait for all to agree" 0 howcoin n16 wait --nodes 16 --agree --timeout 30
wait_live 16 n1 n8

times=()
for try in 1 2 3; do
    begin=${EPOCHREALTIME/[.,]/}
    assert_exit "pay, and wait until all others have seen it" 0 howcoin n1 pay "$(node_id n8)" 1 --wait-seen "$others"
    times+=($(((${EPOCHREALTIME/[.,]/} - begin) / 1000)))
    for ((number = 1; number <= others + 1; number++)); do
        assert_eq "what n$number knows of payment $try when all have seen it" "$try" "$(view "n$number" n1 .paid)"
    done
    assert_exit "wait for all to agree" 0 howcoin n16 wait --nodes 16 --agree --timeout 10
    for ((number = 1; number <= others; number++)); do
        assert_eq "the table of n$number when all agree" "$(status n16 .table)" "$(status "n$number" .table)"
    done
done
best=$(printf '%s\n' "${times[@]}" | sort -n | head -n 1)
note "paid and seen by all after ${times[*]} ms"
assert_that "a payment is seen by all within 1 s, and not after ${times[*]} ms" test "$best" -lt 1000
assert_exit "more than there are" 1 howcoin n1 wait --nodes 17 --agree --timeout 0.5
