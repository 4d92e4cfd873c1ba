#!/usr/bin/env bash
# A killed node that starts again on its data directory is the same node, with a greater version, and live for all others
# (P5, S1, M5). They find it by themselves: it has no contact, and its old port.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node first "${calm[@]}"
start_node second "${calm[@]}" --peer "$(node_port first)"
start_node third "${calm[@]}" --port "$(free_port)" --peer "$(node_port first)" --data-dir "$dir/third" --mutate-interval 0.2
wait_live 3 first second third
wait_for "third has drawn some times" '' view_exceeds first third .draw 2
id=$(node_id third) port=$(node_port third)
kill_node third
wait_status third dropped first second
version=$(view first third .version)

start_node third "${calm[@]}" --data-dir "$dir/third" --port "$port"
assert_eq "id of third after its restart" "$id" "$(node_id third)"
wait_status third live first second
wait_agree 3 first second third
assert_that "the version of third grew from $version to $(view first third .version)"     view_exceeds first third .version "$version"
for name in first second; do
    assert_eq "times that $name told third returned" 1 "$(told "$name" returned third)"
    assert_eq "forks that $name saw" 0 "$(count_events "$name" '.event == "forked"')"
done
assert_eq "a twin that third saw" 0 "$(count_events third '.event == "twin"')"

# The same after a goodbye, and at another port.
end_node third
wait_status third left first second
start_node third "${calm[@]}" --data-dir "$dir/third" --peer "$(node_port second)"
assert_eq "id of third after its second restart" "$id" "$(node_id third)"
wait_status third live first second
wait_agree 3 first second third
assert_eq "address of third, as first sees it" "$(node_addr third)" "$(view first third .addr)"
