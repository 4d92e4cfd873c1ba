#!/usr/bin/env bash
# More than a hundred rows have host names that the name server never answers. A node whose name is answered is still found in
# every round (P6): a slow name harms only its owner. The test runs its own name server, in a network namespace and with a
# resolv.conf that only it sees; it is skipped where the system does not allow that.
if [[ ${1:-} != inside ]]; then
    if ! unshare -rmn true 2>/dev/null || ! command -v ip >/dev/null; then
        echo "skipped: this needs unshare -rmn, and ip" >&2
        exit 77
    fi
    exec unshare -rmn bash "${BASH_SOURCE[0]}" inside
fi
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peer() { python3 "$kit_directory/peer.py" "$@"; }
names() { exec python3 "$kit_directory/names.py"; }

ip link set lo up
echo "nameserver 127.0.0.1" >"$dir/resolv.conf"
mount --bind "$dir/resolv.conf" "$(readlink -f /etc/resolv.conf)"
background names >"$dir/asked"
wait_for "the name server answers" '' grep -q ready "$dir/asked"

# In the simple form, whose rounds ask everybody: with links nobody asks those that it has no link with.
start_node first --gossip-interval 3 --exchange full --fanout 0
start_node second --gossip-interval 3 --peer "$(node_port first)" --advertise good.test
start_node third --gossip-interval 3 --peer "$(node_port first)" --advertise missing.test
wait_status second live first
wait_status third dropped first
assert_match "why" 'no such host name' "$(events first 'select(.event == "dropped") | .message')"

# New ones as soon as a round is over, so that every round has some.
round=$(round_of first)
for number in {1..10}; do
    peer rows 120 --addr "slow%d.test:9" --version "$number" |
        peer gossip "$(node_port first)" --seed 250 >"$dir/told"
    assert_eq "what became of $number" ok "$(jq -r .checked "$dir/told")"
    round=$((round + 1))
    wait_for "a round more" '' round_is_at_least first "$round"
done
assert_eq "second, as first holds it" live "$(view first second .status)"
assert_eq "how often first dropped second" 0 "$(told first dropped second)"
slow=$(events first 'select(.event == "dropped" and (.addr | startswith("slow"))) | .message' | sort | uniq -c)
assert_match "what became of the others" '^ *120 .*its host name was not resolved in time$' "$slow"
end_background "$background_pid"
