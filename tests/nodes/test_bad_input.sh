#!/usr/bin/env bash
# Bad input on a connection is answered with a code (W3), and the connection closed; rounds go on, and the table stays the same.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
wire() { python3 "$kit_directory/wire.py" "$@"; }
peer() { python3 "$kit_directory/peer.py" "$@"; }
# answers CODE TEXT: sending TEXT and a line end is answered with CODE.
answers() {
    local result
    result=$(printf '%s\n' "$2" | wire send "$(node_port first)")
    assert_eq "code of the reply to ${2:0:100}" "$1" "$(jq -r .reply.code <<<"$result")"
    assert_eq "whether it closed after ${2:0:100}" true "$(jq -r .closed <<<"$result")"
    assert_that "a message beside the code: $result" test -n "$(jq -r '.reply.message // ""' <<<"$result")"
}

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
wait_agree 2 first second
table=$(status first .table)

network=$(peer network) from=$(peer id)
nonce=AAAAAAAAAAAAAAAAAAAAAA
good="{\"howcoin\":1,\"type\":\"gossip\",\"network\":\"$network\",\"from\":\"$from\",\"nonce\":\"$nonce\",\"rows\":[]}"
result=$(printf '%s\n' "$good" | wire send "$(node_port first)" 1)
assert_eq "type of the reply to a good request" gossip "$(jq -r .reply.type <<<"$result")"
# A connection carries more than one request (W1).
result=$(printf '%s\n%s\n' "$good" "$good" | wire send "$(node_port first)" 2)
assert_eq "replies to two requests on one connection" 2 "$(jq -j .text <<<"$result" | grep -o '"howcoin"' | wc -l)"
# Keys that a later version may add are skipped (W4).
result=$(printf '%s\n' "${good/%\}/,\"later\":[1]\}}" | wire send "$(node_port first)" 1)
assert_eq "type of the reply to a request with an unknown key" gossip "$(jq -r .reply.type <<<"$result")"

answers bad_frame 'GET / HTTP/1.1'
answers bad_frame '{'
answers bad_frame '[]'
answers bad_frame '{}'
answers bad_frame 'null'
answers bad_frame '"howcoin"'
answers bad_frame "$good x"
answers bad_frame "$good$good"
answers bad_frame "${good/\"type\":\"gossip\"/\"type\":\"dance\"}"
answers bad_frame "${good/\"rows\":\[\]/\"rows\":{\}}"
answers bad_frame "${good/,\"rows\":\[\]/}"
answers bad_frame "${good/\"rows\":\[\]/\"rows\":[],\"rows\":[]}"
answers bad_frame "${good/$nonce/short}"
answers bad_frame "${good/$from/${from^^}}"
answers wrong_version "${good/\"howcoin\":1/\"howcoin\":2}"
answers wrong_network "${good/$network/${network//[0-9a-f]/0}}"
result=$(head -c 100000 /dev/urandom | tr -d '\n' | cat - <(echo) | wire send "$(node_port first)")
assert_eq "code of the reply to noise" bad_frame "$(jq -r .reply.code <<<"$result")"
result=$(printf 'a\0b\n' | wire send "$(node_port first)")
assert_eq "code of the reply to a NUL" bad_frame "$(jq -r .reply.code <<<"$result")"

for depth in 9 1000 1000000; do
    result=$(wire deep "$(node_port first)" "$depth")
    assert_eq "code of the reply to a depth of $depth" bad_frame "$(jq -r .reply.code <<<"$result")"
done

# 50 MB in one line: cut off at the limit of 8 MiB, and never stored.
memory=$(awk '/VmHWM/ { print $2 }' "/proc/$(node_pid first)/status")
result=$(wire flood "$(node_port first)" 50)
assert_eq "code of the reply to 50 MB" too_large "$(jq -r .reply.code <<<"$result")"
assert_eq "whether it closed after 50 MB" true "$(jq -r .closed <<<"$result")"
grown=$(($(awk '/VmHWM/ { print $2 }' "/proc/$(node_pid first)/status") - memory))
assert_that "the peak of first's memory grew by $grown KB, not by 50 MB" test "$grown" -lt 30000

# Half a request, and then nothing.
result=$(printf '%s' "${good:0:40}" | wire send "$(node_port first)")
assert_eq "code of the reply to half a request" timeout "$(jq -r .reply.code <<<"$result")"
assert_that "half a request is cut off after 5 s: $result" test "$(jq '.seconds < 10' <<<"$result")" = true
# A byte every 0.2 s.
result=$(wire drip "$(node_port first)" 0.2)
assert_eq "code of the reply to a slow request" timeout "$(jq -r .reply.code <<<"$result")"
assert_that "a slow request is cut off after 5 s: $result" test "$(jq '.seconds < 10' <<<"$result")" = true

wait_agree 2 first second
assert_eq "table of first after all that" "$table" "$(status first .table)"
assert_eq "drops that first told" 0 "$(count_events first '.event == "dropped"')"
assert_eq "drops that second told" 0 "$(count_events second '.event == "dropped"')"
for code in bad_frame too_large wrong_version wrong_network timeout; do
    assert_that "first counts $code: $(status first .refused)" test "$(status first ".refused.$code // 0")" -gt 0
done
assert_that "first told of refusals" test "$(count_events first '.event == "refused" and .reason == "bad_frame"')" -gt 0
