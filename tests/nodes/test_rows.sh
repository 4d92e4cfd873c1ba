#!/usr/bin/env bash
# Forged, replayed and tampered rows: a second, small implementation of the protocol (peer.py) sends what no honest peer would,
# and the node answers with the code (W3), counts it (M4), and keeps its table as it is.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }
# gossip NODE ROWS [OPTION...]: sends a JSON array of rows; $reply is what came.
gossip() {
    local name=$1 rows=$2
    shift 2
    reply=$(peer gossip "$(node_port "$name")" "$@" <<<"$rows")
}
refused_count() { status "$1" "[.refused[]] | add // 0"; }
# refuses WHAT CODE ROWS [OPTION...]: the error, the closed connection, the counter, and the unchanged table.
refuses() {
    local what=$1 code=$2 rows=$3 table count
    shift 3
    table=$(status first .table) count=$(refused_count first)
    gossip first "$rows" "$@"
    assert_eq "type of the reply to $what" error "$(jq -r .reply.type <<<"$reply")"
    assert_match "code of the reply to $what" "^($code)\$" "$(jq -r .reply.code <<<"$reply")"
    assert_eq "whether the connection closed after $what" true "$(jq -r .closed <<<"$reply")"
    assert_eq "table after $what" "$table" "$(status first .table)"
    assert_that "$what is counted: $(status first .refused)" test "$(refused_count first)" -gt "$count"
    assert_eq "nodes that are live after $what" 2 "$(live_count first)"
}

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)" --data-dir "$dir/second"
wait_agree 2 first second

# An honest exchange first, or the rest would prove nothing: peer.py checks proof, signatures and draws.
gossip first '[]'
assert_eq "what the second implementation finds wrong with first" ok "$(jq -r .checked <<<"$reply")"
assert_eq "rows in the reply" 2 "$(jq '.reply.rows | length' <<<"$reply")"
assert_eq "network id" "$(peer network)" "$(jq -r .reply.network <<<"$reply")"
assert_eq "network id in the status" "$(peer network)" "$(status first .network)"
second_row=$(jq -c --arg id "$(node_id second)" '.reply.rows[] | select(.id == $id)' <<<"$reply")

row=$(peer row --seed 7 --addr 127.0.0.1:9)
draw=$(jq .coins <<<"$row")
refuses "a forged signature" "bad_signature|bad_row" "[$(jq -c '.sig = "A" * 85 + "A"' <<<"$row")]"
refuses "a row signed by another node" "bad_signature|bad_row" "[$(peer resign --seed 8 <<<"$row")]"
refuses "a tampered version" "bad_signature|bad_row" "[$(jq -c '.version = 99' <<<"$row")]"
refuses "a tampered address" "bad_signature|bad_row" "[$(jq -c '.addr = "127.0.0.1:10"' <<<"$row")]"
refuses "a tampered goodbye" "bad_signature|bad_row" "[$(jq -c '.left = true' <<<"$row")]"
refuses "a goodbye in another's name" "bad_signature|bad_row" "[$(jq -c '.left = true | .version += 1' <<<"$second_row")]"
refuses "coins that were not drawn" "bad_draw|bad_row" "[$(peer row --seed 7 --coins-value $((draw + 1)))]"
refuses "a row of another network" "bad_signature|bad_row" "[$(peer row --seed 7 --network other)]"
refuses "a good row and a bad one" "bad_signature|bad_row" "[$row, $(jq -c '.version = 99' <<<"$row")]"

refuses "an id in capitals" bad_row "[$(jq -c '.id |= ascii_upcase' <<<"$row")]"
refuses "a row without a version" bad_row "[$(jq -c 'del(.version)' <<<"$row")]"
refuses "a version that is a string" bad_row "[$(jq -c '.version = "1"' <<<"$row")]"
refuses "a version that is a fraction" bad_row "[$(jq -c '.version = 1.5' <<<"$row")]"
refuses "a version that is negative" bad_row "[$(jq -c '.version = -1' <<<"$row")]"
refuses "a version of 2^53" bad_row "[$(jq -c '.version = 9007199254740992' <<<"$row")]"
refuses "an address without a port" bad_row "[$(peer row --seed 7 --addr localhost)]"
refuses "a name that moves the cursor" bad_row "[$(peer row --seed 7 --name $'a\033[2Jb')]"
refuses "a name that is too long" bad_row "[$(peer row --seed 7 --name 123456789012345678901234567890123)]"
refuses "another network" wrong_network "[]" --network other
for name in first second; do assert_eq "nodes that $name knows" 2 "$(status "$name" '.nodes | length')"; done

# An old row of a dropped node does not bring it back (P5), nor does the row it was dropped at.
kill_node second
wait_status second dropped first
table=$(status first .table)
gossip first "[$second_row]"
assert_eq "type of the reply to a replayed row" gossip "$(jq -r .reply.type <<<"$reply")"
let_rounds_pass first 3
assert_eq "second after the replay" dropped "$(view first second .status)"
assert_eq "table after the replay" "$table" "$(status first .table)"
assert_eq "times that first told second returned" 0 "$(told first returned second)"
# After a restart, the row it had before is old.
start_node second "${calm[@]}" --peer "$(node_port first)" --data-dir "$dir/second"
wait_agree 2 first second
version=$(view first second .version)
gossip first "[$second_row]"
gossip second "[$second_row]"
let_rounds_pass first 2
assert_eq "version of second after the replay" "$version" "$(view first second .version)"
assert_eq "forks that first saw" 0 "$(count_events first '.event == "forked"')"
assert_eq "twins that second saw" 0 "$(count_events second '.event == "twin"')"

# Two rows of one version and owner, of which neither covers the other, are a fork (M6): both nodes know it.
payee_a=$(node_id first) payee_b=$(node_id second)
fork_a=$(peer row --seed 9 --version 5 --sent "$payee_a=1")
fork_b=$(peer row --seed 9 --version 5 --sent "$payee_b=1")
gossip first "[$fork_a]"
gossip second "[$fork_b]"
forger=$(peer id --seed 9)
is_forked() { [[ $(status "$1" ".nodes[] | select(.id == \"$forger\") | .forked") == true ]]; }
told_fork() { (($(count_events "$1" ".event == \"forked\" and .id == \"$forger\"") == 1)); }
for name in first second; do
    wait_for "$name knows the fork" '' is_forked "$name"
    wait_for "$name has told the fork" '' told_fork "$name"
done
wait_agree 2 first second
gossip first '[]'
assert_eq "what the second implementation finds wrong with the forks" ok "$(jq -r .checked <<<"$reply")"
assert_eq "branches that are passed on" 2 "$(jq '.reply.forks[0] | length' <<<"$reply")"
