#!/usr/bin/env bash
# S4, M5, M6: a store that is damaged, lost, old, of another network or of another key. This proves the table in
# docs/STORE.md.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000

keep_node other
keep_node node --peer "$(node_port other)"
keep_node third --peer "$(node_port other)"
wait_agree 3 other node third
port=$(node_port node) id=$(node_id node) data=$dir/node
again() { keep_node node --port "$port" --peer "$(node_port other)"; }
# will_not_start WHAT PATTERN [OPTION...]: exit status 1, a message that matches, and nothing in the directory changes.
will_not_start() {
    local what=$1 pattern=$2 before
    shift 2
    before=$(cksum "$data/key" "$data/state.db" 2>/dev/null || true)
    assert_exit "$what" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port "$port" --data-dir "$data" --coins "$HOWCOIN_COINS" "$@"
    assert_match "$what" "$pattern" "$errors"
    assert_eq "lines it takes to say so" 1 "$(wc -l <<<"$errors")"
    [[ $what == truncated* ]] || assert_eq "key and store after it" "$before" "$(cksum "$data/key" "$data/state.db" 2>/dev/null || true)"
}
for _ in 1 2 3; do howcoin node pay "$(node_id other)" 100 --wait-seen 2 >/dev/null; done
old=$dir/old
end_node node
cp -r "$data" "$old"
again
howcoin node pay "$(node_id other)" 200 --wait-seen 2 >/dev/null
assert_eq "paid before anything goes wrong" 500 "$(paid other node)"
version=$(view other node .version)
end_node node
wait_status node left other
cp -r "$data" "$dir/good"

# Damaged in several ways: an error that says what to do, never a new identity.
damage "$data/state.db" 0 16
will_not_start "a store with a damaged head" "$data/state.db is damaged.*[Mm]ove it away"
cp "$dir/good/state.db" "$data/state.db"
damage "$data/state.db" 4096 8192
will_not_start "a store with damaged pages" "$data/state.db is damaged"
cp "$dir/good/state.db" "$data/state.db"
truncate -s 5000 "$data/state.db"
will_not_start "truncated store" "$data/state.db is damaged"

# Do what the message says: move it away. The key is enough: the network knows the rest (M5).
mv "$data/state.db" "$dir/damaged"
launch_node node --data-dir "$data" --port "$port" --gossip-interval 0.2 --peer "$(free_port)" --log-level warn
is_recovering() { status_is node .recovering true; }
wait_for "node answers" '' is_recovering 2>/dev/null
assert_match "what it says" "recovering" "$(<"${log_of[node]}.err")"
id_of[node]=$id port_of[node]=$port
assert_exit "pay while recovering" 1 howcoin node pay "$(node_id other)" 1
assert_match "why not" "store was lost|no such node|no node" "$errors"
assert_eq "its id, that it has all the same" "$id" "$(status node .self.id)"
assert_eq "rows that it signed" 0 "$(status node '[.nodes[] | select(.self)] | length')"
kill_node node
again
assert_eq "id with the key alone" "$id" "$(node_id node)"
wait_agree 3 other node third
assert_eq "paid with the key alone" 500 "$(paid node node)"
assert_that "a greater version" view_exceeds other node .version "$version"
assert_eq "its balance" 500 "$(balance other node)"
assert_eq "recovering after that" false "$(status node .recovering)"
refused node not_enough "$(node_id other)" 501
assert_exit "pay after it" 0 howcoin node pay "$(node_id other)" 1 --wait-seen 2
end_node node

# No network to ask: --alone.
rm -r "$data"/state.db*
launch_node node --data-dir "$data" --port 0 --gossip-interval 0.2
wait_for "node answers" '' is_recovering 2>/dev/null
kill_node node
start_node node --data-dir "$data" --port 0 --gossip-interval 0.2 --alone
assert_eq "id alone" "$id" "$(node_id node)"
# When it meets the others after all, it takes over what they know.
end_node node
again
wait_agree 3 other node third
assert_eq "paid after --alone" 501 "$(paid node node)"
end_node node

# An old copy of the directory is put back: the node's version is above all others, and it learns what it has paid since.
version=$(view other node .version)
rm -r "$data"
cp -r "$old" "$data"
again
wait_agree 3 other node third
assert_eq "id of the old copy" "$id" "$(node_id node)"
assert_eq "paid by the old copy" 501 "$(paid other node)"
assert_that "a version above all" view_exceeds other node .version "$version"
assert_eq "forked" "false false" "$(view other node .forked) $(view node node .forked)"
no_coin_made other
end_node node

# If it pays another node before it learns what it has paid, that is a fork, and the node cures itself (M6).
rm -r "$data"
cp -r "$old" "$data"
stop_node other
stop_node third
keep_node node --port "$port"
assert_exit "pay from the past" 0 howcoin node pay "$(node_id third)" 7
kill_node node
continue_node other
continue_node third
again
told_fork() { (($(told other forked node) + $(told third forked node) > 0)); }
wait_for "a node tells of the fork" '' told_fork
wait_agree 3 other node third
not_forked() { [[ $(view other node .forked) == false && $(view third node .forked) == false ]]; }
wait_for "no node is forked" '' not_forked
wait_eq "paid in both lives" 508 paid other node
no_coin_made other

# The store of another network, or of another key; a store without its key.
end_node node
will_not_start "another network" "another network.*--network" --network elsewhere
cp "$data/key" "$dir/key"
cp "$dir/other/key" "$data/key"
will_not_start "another key" "store .* is of the node ${id:0:8}"
rm "$data/key"
will_not_start "no key" "key is missing"
assert_that "still no key" test ! -e "$data/key"
cp -p "$dir/key" "$data/key"
echo "this is no database, whatever its name says" >"$data/state.db"
will_not_start "a file that is no database" "damaged"
