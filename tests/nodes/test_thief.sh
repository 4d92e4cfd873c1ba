#!/usr/bin/env bash
# A thief's day (L1-L6, M6): everything that a dishonest owner of a node can try, with the second implementation of the
# protocol. Each attempt ends as the rules say, and the table shows it.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000

keep_node alice
keep_node bob --peer "$(node_port alice)"
wait_agree 2 alice bob
alice=$(node_id alice) bob=$(node_id bob)

# tell NAME SEED ROW...: one exchange with a node, as the owner of the key SEED; the answer is in $reply.
tell() {
    local name=$1 seed=$2
    shift 2
    reply=$(printf '%s\n' "$@" | jq -sc . | peer gossip "$(node_port "$name")" --seed "$seed")
}
# taken: the message was answered, whether its row was believed or not. thrown_out CODE: it was refused with CODE.
taken() { assert_eq "what comes back" ok "$(jq -r .checked <<<"$reply")"; }
thrown_out() {
    assert_eq "what comes back" "error $1" "$(jq -r '"\(.reply.type) \(.reply.code)"' <<<"$reply")"
    assert_eq "the connection after it" true "$(jq .closed <<<"$reply")"
}
row_of() { peer gossip "$(node_port "$1")" --seed 200 </dev/null | jq -c --arg id "$2" '.reply.rows[] | select(.id == $id)'; }
# of NAME ID FILTER: what a node knows of the owner ID.
of() { status "$1" "(.nodes[] | select(.id == \"$2\")) | $3"; }
refusals() { status "$1" ".refused.$2 // 0"; }
nothing_moved() {
    for name in alice bob; do
        assert_eq "$1: alice and bob as $name sees them" "$before" "$(of "$name" "$alice" .balance) $(of "$name" "$bob" .balance)"
        no_coin_made "$name" "$nowhere"
    done
}
before="1000 1000" nowhere=0
# payees COUNT AMOUNT: the options for a row with COUNT payees, one word per line.
payees() {
    python3 -c 'import hashlib, sys
for n in range(int(sys.argv[1])):
    print("--sent", hashlib.blake2b(b"%d" % n, digest_size=32).hexdigest() + "=" + sys.argv[2], sep="\n")' "$@"
}

# Paying more than it has: the row waits for coins that never come, and no node believes it.
thief=$(peer id --seed 1)
tell alice 1 "$(peer row --seed 1)"
taken
tell alice 1 "$(peer row --seed 1 --version 2 --sent "$bob=1001")"
taken
assert_that "a refusal that alice counts" [ "$(refusals alice waiting)" -ge 1 ]
assert_eq "the thief's version" 1 "$(of alice "$thief" .version)"
nothing_moved "overspent"

# Sums that would overflow: each number is valid, their sum is not.
mapfile -t sums < <(payees 60 9007199254740991)
tell alice 1 "$(peer row --seed 1 --version 2 "${sums[@]}")"
taken
tell alice 1 "$(peer row --seed 1 --version 2 --sent "$bob=9007199254740992")"
thrown_out bad_row
assert_eq "the thief's version" 1 "$(of alice "$thief" .version)"
nothing_moved "overflowed"

# Paying itself; a draw that is not its own; a draw it makes up.
tell alice 1 "$(peer row --seed 1 --version 2 --sent "$thief=5")"
thrown_out bad_row
tell alice 1 "$(peer row --seed 1 --version 2 --coins-value 999999)"
thrown_out bad_row
assert_that "alice counts the draw" [ "$(refusals alice bad_draw)" -ge 1 ]
nothing_moved "made coins"

# Another's payment: alice's row, changed to pay the thief, and signed by the thief.
row_of alice "$alice" | jq -c --arg thief "$thief" '.sent = {($thief): 500} | .version += 1' | peer resign --seed 1 >"$dir/forged"
tell bob 1 "$(<"$dir/forged")"
thrown_out bad_row
assert_that "bob counts the signature" [ "$(refusals bob bad_signature)" -ge 1 ]
nothing_moved "forged"

# An old row, told again after the payment: the payment stands.
row_of alice "$alice" >"$dir/old"
assert_exit "alice pays" 0 howcoin alice pay "$bob" 300 --wait-seen 1
before="700 1300"
for name in alice bob; do
    tell "$name" 1 "$(<"$dir/old")"
    taken
done
let_rounds_pass alice 2
nothing_moved "replayed"
assert_eq "twins that alice saw" 0 "$(count_events alice '.event == "twin"')"

# 512 payees, and one more. The largest row spreads; the one beyond is refused.
mapfile -t words < <(payees 512 1)
tell alice 3 "$(peer row --seed 3 --version 2 "${words[@]}")"
taken
wide=$(peer id --seed 3)
bob_has() { [[ $(of bob "$1" "$2") == "$3" ]]; }
wait_for "bob holds the row of 512 payees" '' bob_has "$wide" .paid 512
nowhere=512
mapfile -t words < <(payees 513 1)
tell alice 3 "$(peer row --seed 3 --version 3 "${words[@]}")"
thrown_out bad_row
nothing_moved "513 payees"

# A double spend (M6, L6): one version 2, told to bob, pays alice; another, told to alice, pays bob. The two rows meet and prove it.
double=$(peer id --seed 7)
tell alice 7 "$(peer row --seed 7)"
wait_for "bob knows the one who will spend twice" '' bob_has "$double" .version 1
stop_node bob
tell alice 7 "$(peer row --seed 7 --version 2 --sent "$bob=900")"
taken
stop_node alice
continue_node bob
tell bob 7 "$(peer row --seed 7 --version 2 --sent "$alice=800")"
taken
continue_node alice
is_forked() { [[ $(of "$1" "$2" .forked) == true ]]; }
for name in alice bob; do
    wait_for "$name sees the fork" '' is_forked "$name" "$double"
    assert_that "$name tells of it" [ "$(count_events "$name" ".event == \"forked\" and .id == \"$double\"")" -ge 1 ]
    wait_for "$name counts both payments" '' eval "[[ \$(of $name $double .balance) == -700 ]]"
    no_coin_made "$name" "$nowhere"
done
wait_agree 2 alice bob
# The thief stays in debt: no node takes in a row that takes one of the two payments back.
tell alice 7 "$(peer row --seed 7 --version 3 --sent "$bob=900")"
tell alice 7 "$(peer row --seed 7 --version 4 --sent "$bob=900" --sent "$alice=800")"
let_rounds_pass alice 2
for name in alice bob; do
    assert_eq "its balance for $name after that" -700 "$(of "$name" "$double" .balance)"
    assert_eq "forked for $name after that" true "$(of "$name" "$double" .forked)"
    no_coin_made "$name" "$nowhere"
done
# Both rows survive a restart of the nodes that hold them.
end_node alice
keep_node alice --peer "$(node_port bob)"
assert_eq "its balance after alice's restart" -700 "$(of alice "$double" .balance)"
assert_eq "forked after alice's restart" true "$(of alice "$double" .forked)"
