#!/usr/bin/env bash
# Tags (R7): given at the start, changed on the running node, seen by all others, kept across a restart; invalid ones are
# refused. Rows of a later version: what this version does not know is passed on unchanged.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"

# tags NAME OF, tags_are NAME OF JSON: as NAME sees them.
tags() { view "$1" "$2" .tags; }
tags_are() { [[ $(tags "$1" "$2") == "$3" ]]; }
# wait_tags OF JSON NAME...
wait_tags() {
    local of=$1 expected=$2 name
    shift 2
    for name in "$@"; do wait_for "$name sees the tags of $of as $expected" '' tags_are "$name" "$of" "$expected"; done
}
tag() { howcoin "$1" tag "${@:2}"; }

keep_node alice --tag zone=eu --tag "role=a \"db\""
keep_node bob --name bob --peer "$(node_port alice)"
keep_node carol --peer "$(node_port alice)"
start_node dave --peer "$(node_port bob)" --gossip-interval 0.3 --tag zone=us
wait_agree 4 alice bob carol dave
wait_tags alice '{"role":"a \"db\"","zone":"eu"}' alice bob carol dave
assert_eq "tags of bob, who has none" '{}' "$(tags alice bob)"
assert_eq "tags in the event joined" '{"role":"a \"db\"","zone":"eu"}' \
    "$(events dave "select(.event == \"joined\" and .id == \"$(node_id alice)\") | .tags")"
assert_match "what status says" "tags of $(node_addr dave): zone=us" "$(howcoin bob status)"

# On the running node: answered when the change is on the disk, with all tags it has now.
background "$HOWCOIN_NODE" watch --port "$(node_port carol)" >"$dir/watch"
assert_exit "tag" 0 tag bob role=web "note=x = y" gone=1 --json
assert_eq "the answer" '{"gone":"1","note":"x = y","role":"web"}' "$(jq -c .tags <<<"$output")"
assert_eq "its version" "$(view bob bob .version)" "$(jq .version <<<"$output")"
wait_tags bob '{"gone":"1","note":"x = y","role":"web"}' alice carol dave
assert_exit "tag by the directory" 0 "$HOWCOIN_NODE" tag --data-dir "$dir/bob" gone= role=db never=
assert_eq "what it says" 'note="x = y", role=db' "$output"
wait_tags bob '{"note":"x = y","role":"db"}' alice carol dave
is_told() { jq -es 'any(.event == "tagged" and .name == "bob" and .tags.role == "db")' "$dir/watch" >/dev/null; }
wait_for "watch tells of bob's tags" '' is_told
for name in alice bob carol; do
    assert_that "$name has told of bob's tags" was_told "$name" tagged bob
    assert_eq "events of $name about alice's tags" 0 "$(told "$name" tagged alice)"
done
told=$(told bob tagged bob)
assert_exit "the same tags again" 0 tag bob role=db
assert_exit "all of them away" 0 tag dave zone=
assert_eq "what it says" "no tags" "$output"
wait_tags dave '{}' alice bob carol
assert_eq "bob's events after the same tags" "$told" "$(told bob tagged bob)"

# A restart keeps them; the command line changes only those it names.
end_node bob
keep_node bob --name bob --peer "$(node_port carol)" --tag zone=asia --tag note=
wait_agree 4 alice bob carol dave
wait_tags bob '{"role":"db","zone":"asia"}' alice bob carol dave
kill_node bob
keep_node bob --name bob --peer "$(node_port carol)"
wait_agree 4 alice bob carol dave
wait_tags bob '{"role":"db","zone":"asia"}' alice bob carol dave

# The store is lost, the key is not: the network knows its tags.
kill_node bob
rm "$dir"/bob/state.db*
keep_node bob --name bob --peer "$(node_port carol)" --tag load=1
wait_agree 4 alice bob carol dave
wait_tags bob '{"load":"1","role":"db","zone":"asia"}' alice bob carol dave

# Invalid tags are refused, and change nothing.
version=$(view bob bob .version)
long=$(printf '%01010d' 0)
assert_exit "no tag at all" 2 tag bob
assert_exit "a tag without a value" 2 tag bob role
assert_exit "a tag without a key" 2 tag bob =db
assert_exit "a tag twice" 2 tag bob role=db role=web
assert_exit "a key of 33 bytes" 2 tag bob 123456789012345678901234567890123=x
assert_exit "a tag that moves the cursor" 2 tag bob $'role=\033[2J'
assert_exit "a tag that is too long" 2 tag bob "role=$long$long"
assert_exit "such a tag at the start" 2 timeout 10 "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --ephemeral --tag role
assert_exit "tags that are too long together" 1 tag bob "a=$long" "b=0123456789" --json
assert_eq "why" bad_tag "$(jq -r .error <<<"$output")"
assert_match "what it says" "1024 bytes" "$errors"
answers=$(control send "$dir/bob/control" <<'END'
{"command":"tag"}
{"command":"tag","tags":{}}
{"command":"tag","tags":{"a":1}}
{"command":"tag","tags":{"":"x"}}
{"command":"tag","tags":{"a":"\u001b"}}
{"command":"tag","tags":{"role":"db"}}
END
)
assert_eq "the answers" "bad_request bad_request bad_request bad_tag bad_tag ok" \
    "$(jq -r '.error // "ok"' <<<"$answers" | xargs)"
assert_eq "bob's version after all that" "$version" "$(view bob bob .version)"
end_node bob
assert_exit "too many tags at the start" 1 timeout 10 "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/bob" \
    --tag "a=$long"
assert_match "what it says" "with the tags that this node has from before" "$errors"

# A row of a later version, written with blanks and escapes: unknown parts are passed on unchanged, also from the store.
more='{"next":[2,{"b":100,"a":"\té"}],"at":null}'
row=$(peer row --seed 7 --tag "zone=é" --more "$more" --addr 127.0.0.1:9)
later=$(peer id --seed 7)
peer gossip "$(node_port alice)" <<<"[$row]" >/dev/null
row_from() { peer gossip "$(node_port "$1")" <<<'[]' | jq -cS "$2"; }
has_row() { [[ $(row_from "$1" "[.reply.rows[], .reply.dropped[]?] | map(select(.id == \"$later\")) | .[].more") == "$2" ]]; }
expected=$(jq -cS . <<<"$more")
for name in alice carol dave; do wait_for "$name passes on what it does not know" '' has_row "$name" "$expected"; done
assert_eq "what the second implementation finds wrong with carol" '"ok"' "$(row_from carol .checked)"
assert_eq "tags of the later version" '{"zone":"é"}' "$(status carol ".nodes[] | select(.id == \"$later\") | .tags")"
end_node carol
keep_node carol --peer "$(node_port alice)"
wait_for "carol passes it on after a restart" '' has_row carol "$expected"
assert_eq "what is wrong with carol after a restart" '"ok"' "$(row_from carol .checked)"
