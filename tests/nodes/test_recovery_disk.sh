#!/usr/bin/env bash
# S5: a disk fails under a running node: an fsync fails, or the disk is full. The node signs nothing more and says so;
# payments are refused; it goes on gossiping; and after the next start no answered payment is missing. A slow disk does
# not hold up gossip. What this machine does not allow (strace, mounting) is reported and left out.
# shellcheck source=tests/nodes/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/nodes/money.sh
. "$kit_directory/money.sh"
rich_coins 1000

start_node other "${calm[@]}"
node=$HOWCOIN_NODE
# failed_well NAME: all of S5.
failed_well() {
    local name=$1 version round
    wait_for "$name says that its disk failed" '' status_is "$name" .store failed
    assert_eq "events about it" 1 "$(count_events "$name" '.event == "store_failed"')"
    assert_match "its words" "state.db" "$(events "$name" 'select(.event == "store_failed") | .message')"
    refused "$name" store_failed "$(node_id other)" 1
    version=$(view "$name" "$name" .version)
    wait_eq "its last version, as other sees it" "$version" view other "$name" .version
    round=$(round_of "$name")
    wait_for "$name goes on gossiping" '' round_is_at_least "$name" $((round + 10))
    assert_eq "$name as other sees it" live "$(view other "$name" .status)"
    assert_eq "its version after that" "$version" "$(view other "$name" .version)"
}

can_trace() { strace -f -e trace=none -o /dev/null true 2>/dev/null; }
if ! command -v strace >/dev/null || ! can_trace; then
    note "LEFT OUT: there is no strace, or it may not trace; a failing and a slow fsync were not tried"
else
    # with_faults FAULT: a node on $dir/faulty whose syncs all fail that way. It is the test's child, not strace's (-D).
    with_faults() {
        printf '#!/bin/sh\nexec strace -D -f -qq -e trace=fsync,fdatasync -e inject=fsync,fdatasync:%s -o /dev/null %s "$@"\n' \
            "$1" "$node" >"$dir/traced"
        chmod +x "$dir/traced"
    }
    keep_node faulty --peer "$(node_port other)" --mutate-interval 0
    howcoin faulty pay "$(node_id other)" 10 --wait-seen 1 >/dev/null
    id=$(node_id faulty)
    end_node faulty
    # The first syncs belong to the start; a later one fails.
    with_faults "error=EIO:when=6+"
    HOWCOIN_NODE=$dir/traced keep_node faulty --peer "$(node_port other)" --mutate-interval 0.2
    failed_well faulty
    kill_node faulty
    keep_node faulty --peer "$(node_port other)" --mutate-interval 0
    wait_agree 2 other faulty
    assert_eq "id after the failure" "$id" "$(node_id faulty)"
    assert_that "what it paid" [ "$(paid other faulty)" -ge 10 ]
    end_node faulty

    # Each sync takes a second: rounds of 0.3 s go on, and the other node sees a live one.
    with_faults "delay_enter=1000000"
    HOWCOIN_NODE=$dir/traced keep_node faulty --peer "$(node_port other)" --gossip-interval 0.3 --mutate-interval 2
    wait_agree 2 other faulty
    from=$(round_of faulty) before=${EPOCHREALTIME/[.,]/} times=$(told other dropped faulty)
    for _ in 1 2 3 4; do howcoin faulty pay "$(node_id other)" 1 >/dev/null; done
    rounds=$(($(round_of faulty) - from)) ms=$(((${EPOCHREALTIME/[.,]/} - before) / 1000))
    assert_that "four payments on a slow disk took $ms ms" [ "$ms" -ge 3000 ]
    assert_that "$rounds rounds in $ms ms" [ "$rounds" -ge $((ms / 800)) ]
    loop=$(status faulty .longest_loop_ms)
    note "the loop was busy for at most $loop ms, with a disk that takes 1000 ms a sync"
    assert_that "the longest iteration of the loop, $loop ms, is shorter than a sync" [ "$loop" -lt 800 ]
    assert_eq "drops of it that other told" "$times" "$(told other dropped faulty)"
    kill_node faulty
fi

mkdir "$dir/small"
if ! mount -t tmpfs -o size=400k,mode=700 howcoin-test "$dir/small" 2>/dev/null; then
    note "LEFT OUT: a tmpfs cannot be mounted here; a full disk was not tried"
else
    trap 'umount -l "$dir/small"; kit_end' EXIT
    start_node full --data-dir "$dir/small/node" --gossip-interval 0.2 --peer "$(node_port other)"
    howcoin full pay "$(node_id other)" 10 --wait-seen 1 >/dev/null
    head -c 1000000 /dev/zero >"$dir/small/filler" 2>/dev/null || true
    for _ in {1..40}; do howcoin full pay "$(node_id other)" 1 >>"$dir/paid" 2>/dev/null || break; done
    answered=$(grep -c . "$dir/paid" || true)
    failed_well full
    kill_node full
    # It does not start on a full disk, and says why. With room it starts, and nothing is missing.
    assert_exit "a start on a full disk" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" \
        --data-dir "$dir/small/new"
    rm "$dir/small/filler"
    start_node full --data-dir "$dir/small/node" --gossip-interval 0.2 --peer "$(node_port other)"
    wait_agree 2 other full
    assert_that "what it paid: $(paid full full) of 10 and $answered" [ "$(paid full full)" -ge $((10 + answered)) ]
    assert_eq "its history" "$(paid full full)" "$(history_of full 'select(.kind == "paid") | .amount' | jq -s add)"
    end_node full
fi

# A directory that cannot be written. Root can write everywhere except to a read-only mount.
mkdir "$dir/locked"
if [[ $(id -u) -ne 0 ]]; then
    chmod 500 "$dir/locked"
    assert_exit "a directory that is read-only" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/locked"
    assert_match "what it says" "$dir/locked.*(denied|[Rr]ead-only)" "$errors"
elif mount -t tmpfs -o ro howcoin-test "$dir/locked" 2>/dev/null; then
    assert_exit "a read-only file system" 1 timeout "$HOWCOIN_TEST_TIMEOUT" "$HOWCOIN_NODE" --port 0 --coins "$HOWCOIN_COINS" --data-dir "$dir/locked" || true
    assert_match "what it says" "$dir/locked.*[Rr]ead-only" "$errors"
    umount "$dir/locked"
else
    note "LEFT OUT: root cannot make a read-only directory here"
fi
