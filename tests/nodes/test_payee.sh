#!/usr/bin/env bash
# A payment to a port or an address goes to the node that answered there, never to one that only claims the address. What is
# shown before a payment is what is paid (V4).
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000

keep_node alice --name alice
keep_node bob --name bob --peer "$(node_port alice)"
keep_node carol --name carol --peer "$(node_port alice)"
wait_agree 3 alice bob carol
wait_answered alice bob carol
bob=$(node_id bob) carol=$(node_id carol)

# claim SEED ADDR: alice hears of a newcomer that claims this address. Its id is in id_of[SEED].
claim() {
    id_of[$1]=$(peer id --seed "$1")
    peer row --seed "$1" --addr "$2" --name thief | jq -sc . |
        peer gossip "$(node_port alice)" --seed "$1" >"$dir/reply"
    assert_eq "what comes back" ok "$(jq -r .checked "$dir/reply")"
}
# uncertain TO ID...: alice refuses to pay, and lists these.
uncertain() {
    local to=$1 id
    shift
    refused alice ambiguous "$to" 10
    for id in "$@"; do assert_match "the candidates" "${id:0:12}" "$(jq -r .message <<<"$output")"; done
}
received_by() { assert_eq "what $1 received" "$2" "$(received alice "$1")"; }

assert_exit "pay by port" 0 howcoin alice pay "$(node_port bob)" 5
assert_match "what it says" "^paying 5 coins to $bob bob $(node_addr bob)"$'\n'"paid 5 coins to .*${bob:0:8}" "$output"
assert_exit "pay by port, for scripts" 0 howcoin alice pay "$(node_port bob)" 1 --json
assert_eq "the one line of it" "$bob 1" "$(jq -r '"\(.to) \(.amount)"' <<<"$output")"

# What cannot be shown is not paid.
status=0
howcoin alice pay "$(node_port bob)" 1 >/dev/full 2>"$dir/errors" || status=$?
assert_eq "exit status of a payment that cannot be shown" 1 "$status"
assert_match "what it says" "Nothing was paid" "$(<"$dir/errors")"

# No other node claims it: the address still means a dead node.
kill_node bob
wait_status bob dropped alice carol
assert_exit "pay the dead by port" 0 howcoin alice pay "$(node_port bob)" 1

# Another node claims the address: before it is asked, and after.
claim 50 "$(node_addr bob)"
uncertain "$(node_port bob)" "$bob" "${id_of[50]}"
uncertain "$(node_addr bob)" "$bob" "${id_of[50]}"
wait_status 50 dropped alice
uncertain "$(node_port bob)" "$bob" "${id_of[50]}"
assert_match "how they stand" "bob, dropped, answered [0-9]+s ago.*thief, dropped, never answered" "$(jq -r .message <<<"$output")"
assert_exit "pay the dead by id" 0 howcoin alice pay "${bob:0:12}" 1
received_by 50 0
received_by bob 8

# A live node that answers again is found, whatever others claim.
claim 51 "$(node_addr carol)"
pays() { howcoin alice pay "$1" "$2" >/dev/null 2>&1; }
wait_for "the living are paid by port" '' pays "$(node_port carol)" 3
received_by 51 0
received_by carol 3

# A file: what cannot be found is refused, all else is shown before it is paid.
printf 'to,amount,memo,key\n%s,1,,k1\n%s,1,,k2\n%s,2,,k3\n' "$(node_port carol)" "$(node_port bob)" carol >"$dir/file.csv"
assert_exit "a file" 1 howcoin alice pay --file "$dir/file.csv"
assert_eq "what it says" "paying $(node_port carol): $carol carol $(node_addr carol)
paying carol: $carol carol $(node_addr carol)
2 of 3 paid, 1 refused" "$output"
assert_match "what it refuses" "line 3, 1 to $(node_port bob): it is not proved which node is at '$(node_port bob)'" "$errors"
assert_exit "the same, for scripts" 1 howcoin alice pay --file "$dir/file.csv" --json
assert_eq "a line for each" "k1 null,k2 ambiguous,k3 null" "$(jq -r '"\(.key) \(.error)"' <<<"$output" | paste -sd,)"
received_by carol 6
refused alice own_payee "$(node_port alice)" 1

# After a restart alice has not seen any node answer yet.
end_node alice
keep_node alice --name alice --peer "$(node_port carol)"
wait_answered alice carol
assert_exit "pay by port after a restart" 0 howcoin alice pay "$(node_port carol)" 1
uncertain "$(node_port bob)" "$bob" "${id_of[50]}"
