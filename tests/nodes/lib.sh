# shellcheck shell=bash
# A kit for tests with real nodes: copy it beside a test of your own and source it.
#
#   . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#   start_node first
#   start_node second --peer "$(node_port first)"
#   wait_agree 2 first second
#   assert_eq "coins of second, as first sees them" "$(coins_of first second)" "$(coins_of second second)"
#
# Needs bash, jq and howcoin-node: $HOWCOIN_NODE, or the one in PATH, or a build in build/.
#
# What it promises: every node gets a port that no other test has and its own state, so tests may run side by side; nothing
# sleeps and hopes, every wait has a deadline; at the end every process that was started is ended by its pid, whatever
# happened, and the one temporary directory ($dir) is removed. A test that reaches its end also asks every node that still
# runs to end, and fails if one of them does not end well. A failed test shows the logs.
#
# What it asks of a test: wait for the very thing that you assert, on the node that you assert it of (wait_eq and the
# like). The other nodes learn it later, each at its own time. assert_eq is for what cannot change any more: what an
# answer said, what you have waited for on that node, what must never happen.
set -euo pipefail

kit_directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kit_root=$(cd "$kit_directory/../.." && pwd)

# How long wait_for and the like wait, in seconds. Generous: it is spent only when something is wrong.
: "${HOWCOIN_TEST_TIMEOUT:=60}"

# Options of a node in a test that asserts that no peer is dropped. A peer may stay silent for two thirds of the interval
# (P3). With the usual 0.5 s, a busy machine sometimes holds a healthy node up for longer than that.
# shellcheck disable=SC2034 # for the tests
calm=(--gossip-interval 2)

if [[ -z ${HOWCOIN_NODE:-} ]]; then
    for HOWCOIN_NODE in "$kit_root"/build/{release,dev,asan}/howcoin-node "$(command -v howcoin-node || true)"; do
        [[ ! -x $HOWCOIN_NODE ]] || break
    done
fi
[[ -x $HOWCOIN_NODE ]] || {
    echo "there is no howcoin-node: set HOWCOIN_NODE to it" >&2
    exit 1
}
command -v jq >/dev/null || {
    echo "these tests need jq" >&2
    exit 1
}
: "${HOWCOIN_COINS:=$kit_root/coins.txt}"

# Short, because the path of a Unix socket may have 107 bytes only.
dir=$(mktemp -d "${TMPDIR:-/tmp}/howcoin-test.XXXXXX")
mkdir -m 700 "$dir/state" "$dir/run"
export XDG_STATE_HOME=$dir/state XDG_RUNTIME_DIR=$dir/run
# One more number makes this a network of its own, apart from any other on this machine that uses the same file.
{ cat "$HOWCOIN_COINS" && echo $((100 + $$ % 100)); } >"$dir/coins.txt"
export HOWCOIN_COINS=$dir/coins.txt

declare -A pid_of=() port_of=() id_of=() log_of=() data_dir_of=()
starts=0
declare -A other_pids=() # other background processes of the test

# ---- Failing ----

note() { printf '%s\n' "$*" >&2; }

fail() {
    note "FAILED: $*"
    exit 1
}

# assert_eq WHAT EXPECTED ACTUAL
assert_eq() { [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"; }
# assert_match WHAT PATTERN TEXT: an extended regular expression.
assert_match() { [[ $3 =~ $2 ]] || fail "$1: expected something like '$2', got '$3'"; }
# assert_that WHAT COMMAND...
assert_that() {
    local what=$1
    shift
    "$@" || fail "$what"
}
# assert_exit WHAT STATUS COMMAND...: runs it; afterwards $output and $errors hold what it said.
assert_exit() {
    local what=$1 expected=$2 status=0
    shift 2
    output=
    "$@" >"$dir/output" 2>"$dir/errors" </dev/null || status=$?
    output=$(<"$dir/output") errors=$(<"$dir/errors")
    [[ $status == "$expected" ]] ||
        fail "$what: expected exit status $expected, got $status. It said: $output $errors"
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds; '' for the usual time.
wait_for() {
    local what=$1 deadline=$((${EPOCHREALTIME/[.,]/} + ${2:-$HOWCOIN_TEST_TIMEOUT} * 1000000))
    shift 2
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < deadline)) || fail "waited in vain until $what"
        sleep 0.05
    done
}
# wait_eq WHAT EXPECTED COMMAND...: until the command prints that.
wait_eq() {
    local what=$1 expected=$2 actual deadline=$((${EPOCHREALTIME/[.,]/} + HOWCOIN_TEST_TIMEOUT * 1000000))
    shift 2
    until actual=$("$@") && [[ $actual == "$expected" ]]; do
        ((${EPOCHREALTIME/[.,]/} < deadline)) || fail "$what: expected '$expected', got '$actual'"
        sleep 0.05
    done
}
# The other way round: holds_for WHAT SECONDS COMMAND...: the command succeeds during all of that time.
holds_for() {
    local what=$1 deadline=$((${EPOCHREALTIME/[.,]/} + $2 * 1000000))
    shift 2
    while ((${EPOCHREALTIME/[.,]/} < deadline)); do
        "$@" || fail "not for long enough: $what"
        sleep 0.05
    done
}

# ---- Ports ----

# Each test has its own block of ports, below those that the system gives out (from 32768). So no other test and no outgoing
# connection takes the port of a node that is down: its peers would meet a stranger there, and it could not come back. A
# lock on a file reserves the block for as long as the test's processes run.
ports_each=200 ports_from='' ports_file=''
reserve_ports() {
    local try file
    for ((try = 0; try < 1000; try++)); do
        ports_from=$((10000 + RANDOM % 110 * ports_each))
        file=/tmp/howcoin-test-ports.$ports_from
        { exec {ports_lock}>>"$file"; } 2>/dev/null || continue # another user's
        # The previous holder may just have removed the file.
        if flock --nonblock "$ports_lock" && [[ $file -ef /dev/fd/$ports_lock ]]; then
            ports_file=$file
            return
        fi
        exec {ports_lock}>&-
    done
    fail "found no free ports"
}

# free_port: the next free one of the test's block.
free_port() {
    local port
    while :; do
        echo >>"$dir/ports"
        port=$((ports_from - 1 + $(wc -l <"$dir/ports")))
        ((port < ports_from + ports_each)) || fail "the test needs more than $ports_each ports"
        # Skips a port on which another program listens.
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# ---- Nodes. NAME is the test's own name for a node: a word. ----

# has_option OPTION ARGUMENTS...: whether it is among them.
has_option() {
    local option=$1 argument
    shift
    for argument in "$@"; do
        [[ $argument != "$option" && $argument != "$option="* ]] || return 0
    done
    return 1
}

# option_value OPTION ARGUMENTS...: what follows it; nothing if it is not among them.
option_value() {
    local option=$1
    while shift && (($#)); do
        if [[ $1 == "$option" ]]; then echo "${2:-}"; fi
        if [[ $1 == "$option="* ]]; then echo "${1#*=}"; fi
    done
}

# launch_node NAME [OPTION...]: starts it and does not wait. Unless the options say otherwise: a free port, no state on
# disk, events as JSON lines, a round in 0.5 s, and no mutations.
launch_node() {
    local name=$1 defaults=()
    shift
    [[ -z ${pid_of[$name]:-} ]] || fail "the test started '$name' twice"
    has_option --port "$@" || has_option -p "$@" || defaults+=(--port "$(free_port)")
    has_option --ephemeral "$@" || has_option --data-dir "$@" || defaults+=(--ephemeral)
    has_option --output "$@" || defaults+=(--output json)
    has_option --coins "$@" || defaults+=(--coins "$HOWCOIN_COINS")
    has_option --gossip-interval "$@" || defaults+=(--gossip-interval 0.5)
    has_option --mutate-interval "$@" || defaults+=(--mutate-interval 0)
    data_dir_of[$name]=$(option_value --data-dir "$@")
    starts=$((starts + 1))
    log_of[$name]=$dir/$name.$starts
    : >"${log_of[$name]}.out"
    "$HOWCOIN_NODE" "${defaults[@]}" "$@" >"${log_of[$name]}.out" 2>"${log_of[$name]}.err" </dev/null &
    pid_of[$name]=$!
}

# await_node NAME: until it listens. Learns its port and id, from the event `started`.
await_node() {
    local name=$1 started
    wait_for "$name has started" '' node_started_or_ended "$name"
    node_runs "$name" || fail "$name ended instead of starting; what it said follows"
    started=$(grep -m 1 '"event":"started"' "${log_of[$name]}.out") # a node that recovers meets others before
    port_of[$name]=$(jq -r '.port' <<<"$started")
    id_of[$name]=$(jq -r '.id' <<<"$started")
    [[ ${port_of[$name]} =~ ^[0-9]+$ && ${id_of[$name]} =~ ^[0-9a-f]{64}$ ]] ||
        fail "$name told no port and id when it started: $started"
}
node_started_or_ended() {
    grep -q '"event":"started"' "${log_of[$1]}.out" || ! node_runs "$1"
}

# start_node NAME [OPTION...]: launches and awaits.
start_node() {
    launch_node "$@"
    await_node "$1"
}

# start_nodes COUNT PREFIX [OPTION...]: PREFIX1, PREFIX2, ... all at once.
start_nodes() {
    local count=$1 prefix=$2 number
    shift 2
    for ((number = 1; number <= count; number++)); do launch_node "$prefix$number" "$@"; done
    for ((number = 1; number <= count; number++)); do await_node "$prefix$number"; done
}

node_pid() { echo "${pid_of[$1]}"; }
node_port() { echo "${port_of[$1]}"; }
node_id() { echo "${id_of[$1]}"; }
node_addr() { echo "127.0.0.1:${port_of[$1]}"; }
# process_state PID: the system's letter for its state; empty if there is no such process.
process_state() { sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2>/dev/null || true; }
# A child that has ended but was not reaped yet (Z) has ended.
process_ended() { [[ $(process_state "$1") != [!ZX] ]]; }
node_runs() { [[ -n ${pid_of[$1]:-} ]] && ! process_ended "${pid_of[$1]}"; }
node_ended() { ! node_runs "$1"; }
node_is_stopped() { [[ $(process_state "${pid_of[$1]}") == T ]]; }

# signal_node NAME SIGNAL
signal_node() { kill "-$2" "${pid_of[$1]}"; }
stop_node() {
    signal_node "$1" STOP
    wait_for "$1 is stopped" '' node_is_stopped "$1"
}
continue_node() { signal_node "$1" CONT; }

# await_end NAME: until it has ended; $node_status is its exit status.
await_end() {
    wait_for "$1 has ended" '' node_ended "$1"
    node_status=0
    { wait "${pid_of[$1]}" || node_status=$?; } 2>/dev/null
    unset "pid_of[$1]"
}
# kill_node NAME: at once, without a goodbye.
kill_node() {
    signal_node "$1" KILL
    await_end "$1"
}
# end_node NAME [SIGNAL]: with a goodbye; it must end well.
end_node() {
    signal_node "$1" "${2:-TERM}"
    await_end "$1"
    assert_eq "exit status of $1 after SIG${2:-TERM}" 0 "$node_status"
}

# background COMMAND...: any other process that must not outlive the test; its pid is in $background_pid.
background() {
    "$@" &
    background_pid=$!
    other_pids[$background_pid]=1
}
end_background() {
    kill "$1" 2>/dev/null || true
    await_background "$1"
}
# await_background PID: until it has ended; $background_status is its exit status.
# shellcheck disable=SC2034 # for the tests
await_background() {
    wait_for "process $1 has ended" '' process_ended "$1"
    background_status=0
    { wait "$1" || background_status=$?; } 2>/dev/null
    unset "other_pids[$1]"
}

# ---- Looking at nodes ----

# howcoin NAME SUBCOMMAND [OPTION...]: a subcommand about that node.
howcoin() {
    local name=$1 command=$2
    shift 2
    # A node with a directory of its own is found by that, all others by their port.
    if [[ -n ${data_dir_of[$name]:-} ]]; then
        "$HOWCOIN_NODE" "$command" --data-dir "${data_dir_of[$name]}" "$@"
    else
        "$HOWCOIN_NODE" "$command" --port "${port_of[$name]}" "$@"
    fi
}
# status NAME [FILTER]: `status --json`, through a jq filter.
status() { howcoin "$1" status --json | jq -rc "${2:-.}"; }
# status_is NAME FILTER VALUE
status_is() { [[ $(status "$1" "$2") == "$3" ]]; }
# view NAME OF [FILTER]: what one node knows of another.
view() {
    howcoin "$1" status --json | jq -rc --arg id "${id_of[$2]}" "(.nodes[] | select(.id == \$id)) | ${3:-.}"
}
coins_of() { view "$1" "$2" .coins; }
# sees NAME OF STATUS: whether NAME holds OF as live, dropped or left.
sees() { [[ $(view "$1" "$2" .status) == "$3" ]]; }
# view_exceeds NAME OF FILTER NUMBER
view_exceeds() { (($(view "$1" "$2" "$3") > $4)); }
live_count() { status "$1" '[.nodes[] | select(.status == "live")] | length'; }
live_is() { [[ $(live_count "$1") == "$2" ]]; }
round_of() { status "$1" .round; }
# events NAME [FILTER]: all events so far, through a jq filter; one per line.
events() {
    # The last line may not be whole yet.
    jq -rRc "fromjson? | ${2:-.}" "${log_of[$1]}.out"
}
# count_events NAME FILTER: how many events match the filter.
count_events() { events "$1" "select($2)" | wc -l; }
# told NAME KIND OF: how many events of that kind NAME has printed about OF (V3).
told() { count_events "$1" ".event == \"$2\" and .id == \"${id_of[$3]}\""; }
was_told() { (($(told "$@") > 0)); }

# wait_agree COUNT NAME...: until each of these sees COUNT live nodes that hold the same table.
wait_agree() {
    local count=$1 name
    shift
    for name in "$@"; do
        howcoin "$name" wait --nodes "$count" --agree --timeout "$HOWCOIN_TEST_TIMEOUT" >"$dir/output" 2>&1 ||
            fail "$name does not see $count nodes that agree: $(<"$dir/output")"
    done
}
# wait_live COUNT NAME...: until each of these sees COUNT live nodes, whether they agree or not.
wait_live() {
    local count=$1 name
    shift
    for name in "$@"; do wait_for "$name sees $count live nodes" '' live_is "$name" "$count"; done
}
# wait_status OF STATUS NAME...: until each of these holds OF as live, dropped or left.
wait_status() {
    local of=$1 as=$2 name
    shift 2
    for name in "$@"; do wait_for "$name holds $of as $as" '' sees "$name" "$of" "$as"; done
}
# wait_same_table NAME...: until all of them hold the same table, whether or not they know that of each other.
wait_same_table() { wait_for "$* hold one table" '' same_table "$@"; }
same_table() {
    local name first
    first=$(status "$1" .table)
    for name in "${@:2}"; do status_is "$name" .table "$first" || return 1; done
}
# let_rounds_pass NAME... COUNT: until each of them has completed COUNT more rounds.
let_rounds_pass() {
    local name count=${*: -1}
    local -A goals=()
    set -- "${@:1:$#-1}"
    for name in "$@"; do goals[$name]=$(($(round_of "$name") + count)); done
    for name in "$@"; do
        wait_for "$name has made $count more rounds" '' round_is_at_least "$name" "${goals[$name]}"
    done
}
round_is_at_least() { (($(round_of "$1") >= $2)); }

# now_ms: the clock of at_ms in events.
now_ms() {
    local up rest
    read -r up rest </proc/uptime
    echo "${up/./}0"
}

# ---- The end ----

# Called by the trap only.
kit_end() {
    local status=$? name pid
    trap - EXIT
    set +e
    for pid in "${!other_pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    if ((status == 0)); then
        for name in "${!pid_of[@]}"; do kill -CONT "${pid_of[$name]}" 2>/dev/null; kill -TERM "${pid_of[$name]}" 2>/dev/null; done
        kit_await_ends || status=1
    fi
    exec 3>&2 2>/dev/null # the shell would tell of each that was killed
    for name in "${!pid_of[@]}"; do kill -KILL "${pid_of[$name]}"; done
    wait
    exec 2>&3
    if ((status != 0 && status != 77)); then
        for name in "${!log_of[@]}"; do
            note "---- $name (port ${port_of[$name]:-unknown}, id ${id_of[$name]:-unknown}) said last:"
            # Its events, without the tables of all rounds but the last.
            sed '$!{/^{"event":"round"/d}' "${log_of[$name]}.out" | tail -n 25 | cut -c 1-400 >&2
            tail -n 60 "${log_of[$name]}.err" >&2
        done
    fi
    rm -rf "$dir" ${ports_file:+"$ports_file"}
    exit "$status"
}
kit_await_ends() {
    local name deadline=$((${EPOCHREALTIME/[.,]/} + HOWCOIN_TEST_TIMEOUT * 1000000)) result=0 status
    for name in "${!pid_of[@]}"; do
        while node_runs "$name"; do
            if ((${EPOCHREALTIME/[.,]/} >= deadline)); then
                note "FAILED: at the end of the test $name did not end after SIGTERM"
                return 1
            fi
            sleep 0.05
        done
        status=0
        wait "${pid_of[$name]}" 2>/dev/null || status=$?
        unset "pid_of[$name]"
        if ((status != 0)); then
            note "FAILED: at the end of the test $name ended with exit status $status"
            result=1
        fi
    done
    return "$result"
}
trap kit_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
reserve_ports
