#!/usr/bin/env bash
# Payments (L1, L2, V4): to a port, an address, a name and an id; answered when they are durable; seen by all nodes; in the
# history of both sides; and every refusal with its reason.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000

keep_node alice --name alice "${calm[@]}"
keep_node bob --name bob "${calm[@]}" --peer "$(node_port alice)"
keep_node carol --name carol "${calm[@]}" --peer "$(node_port alice)"
wait_agree 3 alice bob carol
wait_answered alice bob
bob=$(node_id bob)

assert_exit "id" 0 howcoin bob id
assert_eq "what id says" "$bob $(node_addr bob)" "$output"

assert_exit "pay by port" 0 howcoin alice pay "$(node_port bob)" 100 --memo "for tea" --wait-seen 2
assert_match "what it says" "paid 100 coins to $(node_addr bob) bob \(id ${bob:0:8}\)" "$output"
assert_eq "bob's balance as carol sees it, who was waited for" 1100 "$(balance carol bob)"
assert_eq "alice's" 900 "$(balance carol alice)"
for to in "$(node_addr bob)" bob "${bob:0:8}" "$bob"; do
    assert_exit "pay to $to" 0 howcoin alice pay "$to" 1
done
wait_eq "bob's balance, as carol sees it" 1104 balance carol bob
wait_eq "what alice paid, as bob sees it" 104 paid bob alice
assert_eq "what bob received, as bob sees it" 104 "$(received bob bob)"
for name in alice bob carol; do no_coin_made "$name"; done
assert_match "the table" "paid +received +balance" "$(howcoin carol status)"
assert_eq "alice's history" "$(printf 'paid 100 for tea\npaid 1 null\npaid 1 null\npaid 1 null\npaid 1 null')" \
    "$(history_of alice '"\(.kind) \(.amount) \(.memo)"')"
wait_eq "what bob's history comes to" 104 history_sum bob received
assert_eq "alice's memo in bob's history" 0 "$(history_of bob 'select(.memo)' | wc -l)"
assert_match "the list" "paid +100 to +$(node_addr bob) bob .*for tea" "$(howcoin alice history)"
assert_eq "events of alice about paying bob" 104 "$(events_sum alice paid)"
assert_eq "events of bob about alice's payments" 104 "$(events_sum bob received)"

# Refusals: nothing changes.
version=$(view alice alice .version)
refused alice not_enough bob 897
assert_eq "how many there are" 896 "$(jq .left <<<"$output")"
refused alice not_enough bob 9007199254740991
refused alice own_payee alice 1
refused alice own_payee "$(node_id alice)" 1
assert_exit "pay nothing" 2 howcoin alice pay bob 0
assert_eq "what the node says to that" bad_amount \
    "$(control send "$dir/alice/control" <<<'{"command":"pay","to":"bob","amount":0}' | jq -r .error)"
refused alice unknown_payee nobody 1
refused alice unknown_payee "$(free_port)" 1
refused alice unknown_payee "$(peer id --seed 99)" 1
assert_exit "an amount that is none" 2 howcoin alice pay bob 1.5
assert_exit "no amount" 2 howcoin alice pay bob
assert_eq "alice's version after all that" "$version" "$(view alice alice .version)"

# A name that two nodes share.
keep_node bob2 --name bob "${calm[@]}" --peer "$(node_port alice)"
wait_agree 4 alice bob carol bob2
refused alice ambiguous bob 1
for one in "$bob" "$(node_id bob2)"; do
    assert_match "the matches" "${one:0:12}" "$(jq -r .message <<<"$output")"
done
assert_exit "pay by id" 0 howcoin alice pay "$(node_id bob2)" 1

# Coins of a node that is gone are not lost (L5), and it can be paid.
id=$(node_id carol)
end_node carol
wait_status carol left alice bob
assert_exit "pay one who has left" 0 howcoin alice pay "$id" 5
keep_node carol --name carol "${calm[@]}" --peer "$(node_port bob)"
wait_agree 4 alice bob carol bob2
assert_eq "carol's balance when she is back" 1005 "$(balance carol carol)"
no_coin_made carol

# An ephemeral node can pay, too, and remembers its payments while it runs.
start_node short --peer "$(node_port alice)" "${calm[@]}"
wait_agree 5 alice short
for _ in 1 2; do
    assert_exit "pay from an ephemeral node" 0 howcoin short pay "$(node_id bob2)" 7 --key seven
done
assert_eq "what it paid" 7 "$(paid short short)"
assert_eq "its history" 1 "$(history_of short | wc -l)"
assert_eq "its store" none "$(status short .store)"
assert_eq "alice's store" ok "$(status alice .store)"
