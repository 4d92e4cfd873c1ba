# shellcheck shell=bash
# shellcheck disable=SC2154 # kit_directory, dir and output are set by lib.sh
# Shared by the tests of payments, on top of lib.sh.

control() { python3 "$kit_directory/control.py" "$@"; }
peer() { python3 "$kit_directory/peer.py" "$@"; }

# rich_coins NUMBER: from now on every draw gives NUMBER.
rich_coins() {
    echo "$1" >"$dir/coins"
    export HOWCOIN_COINS=$dir/coins
}
# keep_node NAME [OPTION...]: start_node with a directory that stays, $dir/NAME.
keep_node() {
    local name=$1
    shift
    start_node "$name" --data-dir "$dir/$name" "$@"
}
# balance NAME OF, paid NAME OF, received NAME OF: as NAME sees it.
balance() { view "$1" "$2" .balance; }
paid() { view "$1" "$2" .paid; }
received() { view "$1" "$2" .received; }
# balance_is NAME OF SUM
balance_is() { [[ $(balance "$1" "$2") == "$3" ]]; }
# refused NAME CODE ARGUMENTS...: pay must be refused with this code; $output is the answer.
refused() {
    local name=$1 code=$2
    shift 2
    assert_exit "pay $*" 1 howcoin "$name" pay --json "$@"
    assert_eq "why pay $* is refused" "$code" "$(jq -r .error <<<"$output")"
}
# wait_answered NAME OF...: until each of these has answered NAME at its address, so that NAME can pay it by its address.
wait_answered() {
    local name=$1 of
    shift
    for of in "$@"; do wait_for "$of has answered $name" '' has_answered "$name" "$of"; done
}
has_answered() { [[ $(view "$1" "$2" '.answered_ms != null') == true ]]; }
# history_of NAME [FILTER]
history_of() { howcoin "$1" history --json | jq -rc "${2:-.}"; }
# history_sum NAME KIND: the sum of its payments of that kind. A received one appears some time after its row.
history_sum() { history_of "$1" "select(.kind == \"$2\") | .amount" | jq -s 'add // 0'; }
# events_sum NAME KIND: the same by its events.
events_sum() { events "$1" "select(.event == \"$2\") | .amount" | jq -s 'add // 0'; }
# no_coin_made NAME [SUM]: the sum of all balances is the sum of all coins drawn (L4); SUM was paid to ids without a row.
no_coin_made() {
    local sums # of one status: between two of them the node may hear of new coins
    sums=$(status "$1" "[([.nodes[].coins] | add), ([.nodes[].balance] | add) + ${2:-0}] | @tsv")
    assert_eq "all balances together, as $1 sees them" "${sums%$'\t'*}" "${sums#*$'\t'}"
}
# damage FILE OFFSET COUNT: inverts COUNT bytes of it.
damage() {
    python3 -c 'import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    old = file.read(int(sys.argv[3]))
    file.seek(int(sys.argv[2]))
    file.write(bytes(255 - byte for byte in old))' "$@"
}
