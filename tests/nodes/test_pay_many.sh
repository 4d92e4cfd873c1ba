#!/usr/bin/env bash
# Many payments at once (L2, S3): through one connection and through 20; in order, none lost and none made twice; repeated by
# their keys, also after a restart; from a file, with a list of the refused ones.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000000

keep_node payer --mutate-interval 0.3
keep_node payee --name "pa,yee" --peer "$(node_port payer)"
wait_agree 2 payer payee
socket=$dir/payer/control

# 20 connections, 200 payments each. They travel in far fewer rows.
control many "$socket" 200 20 "$(node_id payee)" >"$dir/many"
assert_eq "payments of 20 connections" 4000 "$(jq .ok "$dir/many")"
assert_that "commits that they took: $(jq .versions "$dir/many")" [ "$(jq .versions "$dir/many")" -lt 2000 ]
assert_eq "what was paid" 4000 "$(paid payer payer)"
control many "$socket" 200 20 "$(node_id payee)" >"$dir/many"
assert_eq "the same ones again" 4000 "$(jq .ok "$dir/many")"
assert_eq "what was paid after that" 4000 "$(paid payer payer)"

# Answers come in the order of the requests, whatever they are.
to=$(node_id payee)
{
    echo '{"command":"id"}'
    for n in 1 2 3; do echo "{\"command\":\"pay\",\"to\":\"$to\",\"amount\":$n,\"key\":\"order-$n\"}"; done
    echo '{"command":"pay","to":"nobody","amount":1,"key":"order-4"}'
    echo "{\"command\":\"pay\",\"to\":\"$to\",\"amount\":3,\"key\":\"order-3\"}"
    echo "{\"command\":\"pay\",\"to\":\"$to\",\"amount\":4,\"key\":\"order-3\"}"
    echo "{\"command\":\"pay\",\"to\":\"$to\"}"
    echo "{\"command\":\"pay\",\"to\":\"$to\",\"amount\":\"5\"}"
    echo "{\"command\":\"pay\",\"to\":\"$to\",\"amount\":1,\"key\":7}"
    echo 'no json'
    echo '{"command":"id"}'
} >"$dir/requests"
assert_eq "the answers in their order" \
    'null null,order-1 null,order-2 null,order-3 null,order-4 unknown_payee,order-3 null,order-3 key_reused,null bad_request,null bad_request,null bad_request,null bad_request,null null' \
    "$(control send "$socket" <"$dir/requests" | jq -r '"\(.key) \(.error)"' | paste -sd,)"
assert_eq "what was paid after that" 4006 "$(paid payer payer)"

# The same key after kill -9 pays nothing, and gets the same answer as the first time.
version=$(howcoin payer pay "$to" 10 --key once --json | jq .version)
kill_node payer
keep_node payer --peer "$(node_port payee)"
wait_agree 2 payer payee
assert_eq "the answer to the same key after a kill" "$version" "$(howcoin payer pay "$to" 10 --key once --json | jq .version)"
refused payer key_reused "$to" 11 --key once
assert_eq "what was paid after that" 4016 "$(paid payer payer)"

# A file: quotes, empty lines, and lines that are refused.
printf 'to,amount,memo,key\r\n%s,1,"a, ""b""",f1\r\n\r\n"pa,yee",2,,f2\nnobody,3,,\n%s,9999999,"two\nlines",f4\n' "$to" "$to" |
    sed 's/two/one/' >"$dir/refused.csv"
assert_exit "a file with a control character" 1 howcoin payer pay --file "$dir/refused.csv"
assert_match "what it says" "line 6: memo must be" "$errors"
printf 'to,amount,memo,key\r\n%s,1,"a, ""b""",f1\r\n\r\n"pa,yee",2,,f2\nnobody,3,,\n%s,9999999,,f4\n' "$to" "$to" >"$dir/good.csv"
for _ in 1 2; do
    assert_exit "a file with refusals" 1 howcoin payer pay --file "$dir/good.csv"
    assert_eq "the sum" "2 of 4 paid, 2 refused" "${output##*$'\n'}"
    assert_match "the list" "line 5, 3 to nobody: no node 'nobody'.*line 6, 9999999 to $to: not enough coins" "${errors//$'\n'/ }"
done
assert_eq "the memo" 'a, "b"' "$(history_of payer 'select(.key == "f1") | .memo')"
assert_eq "what was paid after that" 4019 "$(paid payer payer)"
{
    echo to,amount,memo,key
    for n in {1..3000}; do echo "$to,1,,bulk-$n"; done
} >"$dir/bulk.csv"
assert_exit "a file of 3,000" 0 howcoin payer pay --file "$dir/bulk.csv" --wait-seen 1
assert_eq "what it says" "paying $to: $to pa,yee $(node_addr payee)"$'\n'"3000 of 3000 paid, 0 refused" "$output"
assert_eq "what payee received" 7019 "$(received payee payee)"
assert_eq "payments in the history" 7006 "$(history_of payer | wc -l)"
assert_eq "what they come to" 7019 "$(history_of payer .amount | jq -s add)"
for bad in $'to,amount\n1' $'amount,to\n' $'to,amount\n"x,1\n' $'to,amount\nx,-1\n' $'to,amount\nx,1,m\n' ''; do
    printf '%s' "$bad" >"$dir/bad.csv"
    assert_exit "the file '$bad'" 1 howcoin payer pay --file "$dir/bad.csv"
    assert_match "what it says" "Nothing was paid" "$errors"
done
assert_exit "a file that is not there" 1 howcoin payer pay --file "$dir/nothing.csv"
