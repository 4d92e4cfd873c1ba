#!/usr/bin/env bash
# A network in which some nodes keep links and some talk in the simple form (K12): all agree, each knows how the others talk, a
# dead one of either kind is dropped by all, and one of either kind is taken in.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_node l1 "${calm[@]}" --exchange links
start_nodes 3 f "${calm[@]}" --exchange full --peer "$(node_port l1)"
start_node l2 "${calm[@]}" --exchange links --peer "$(node_port f1)"
start_node l3 "${calm[@]}" --exchange links --peer "$(node_port f2)"
start_node l4 "${calm[@]}" --exchange links --peer "$(node_port l2)"
all=(l1 l2 l3 l4 f1 f2 f3)
wait_agree 7 "${all[@]}"

# mode NAME OF
mode() { view "$1" "$2" '.mode'; }
for name in "${all[@]}"; do
    for of in "${all[@]}"; do
        # In the simple form nothing says how the other talks; only greetings do.
        [[ $name == f? || $name == "$of" ]] && continue
        if [[ $of == f? ]]; then known=full; else known=links; fi
        wait_for "$name does not take $of for another kind" '' eval "[[ \$(mode $name $of) =~ ^($known|null)\$ ]]"
    done
done
for name in l1 l2 l3 l4; do
    wait_eq "the ring of those with links, as $name sees it" closed status "$name" .links.ring
    assert_eq "links of $name with those that keep none" 0 \
        "$(howcoin "$name" links --json | jq '[.links[] | select(.mode == "full" and .proved)] | length')"
done
for name in f1 f2 f3; do assert_eq "links of $name" 0 "$(howcoin "$name" links --json | jq '.links | length')"; done

# Changes on either side reach all.
howcoin l3 tag made=links >/dev/null
howcoin f3 tag made=full >/dev/null
for name in "${all[@]}"; do
    wait_eq "the tag of l3, as $name sees it" links view "$name" l3 .tags.made
    wait_eq "the tag of f3, as $name sees it" full view "$name" f3 .tags.made
done
wait_agree 7 "${all[@]}"

kill_node f2
wait_status f2 dropped l1 l2 l3 l4 f1 f3
kill_node l3
wait_status l3 dropped l1 l2 l4 f1 f3
rest=(l1 l2 l4 f1 f3)
wait_agree 5 "${rest[@]}"
end_node f3
wait_status f3 left l1 l2 l4 f1
end_node l4
wait_status l4 left l1 l2 f1
rest=(l1 l2 f1)
# Nobody who lives was dropped. (In the simple form a node may find out that one ended before it hears of its goodbye.)
for name in "${rest[@]}"; do
    for of in "${rest[@]}"; do assert_eq "times that $name dropped $of" 0 "$(told "$name" dropped "$of")"; done
done
start_node f9 "${calm[@]}" --exchange full --peer "$(node_port l2)"
start_node l9 "${calm[@]}" --exchange links --peer "$(node_port f1)"
wait_agree 5 f9 l9 "${rest[@]}"
