# shellcheck shell=bash
# Shared by the scripts beside it. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root
jobs=$(nproc 2>/dev/null || echo 2)
export jobs

# The Debian packages that a build needs, and those that the tests need on top.
build_packages=(gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libc-ares-dev libsodium-dev libcjson-dev
    libsqlite3-dev libcmocka-dev)
export build_packages
test_packages=(g++ clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck jq python3 binutils iproute2 procps strace sqlite3)
export test_packages

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$(basename "$0"): $*"
    exit 1
}

# is_installed PACKAGE
is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# as_root COMMAND...: directly as root, otherwise through sudo.
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

# install_missing PACKAGE...: installs the missing ones; changes nothing if there are none.
install_missing() {
    local package missing=()
    command -v dpkg-query >/dev/null || die "this installs packages on Debian 12; elsewhere install by hand: $*"
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
        die "some packages are missing, and you are neither root nor is there sudo. As root: apt-get install ${missing[*]}"
    fi
    say "Installing ${missing[*]} ..."
    apt_install "${missing[@]}" && return 0
    # Only now, when package lists are missing or old, are new ones fetched.
    apt_quiet update || die "apt-get update failed, see above"
    apt_install "${missing[@]}" || die "could not install ${missing[*]}, see above"
}

apt_install() {
    # The first try may fail because the lists are old; the caller decides whether that matters.
    apt_quiet install -y --no-install-recommends "$@"
}

# apt_quiet ARGUMENTS...: apt-get without questions; shows its output only if it fails.
apt_quiet() {
    local log
    log=$(mktemp)
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return 0
    fi
    [[ $1 == install ]] || cat "$log" >&2
    if [[ $1 == install && -n ${apt_failed_once:-} ]]; then cat "$log" >&2; fi
    apt_failed_once=yes
    rm -f "$log"
    return 1
}

# build_preset PRESET [TARGET...]: configures and builds; shows its output only if it fails.
build_preset() {
    local preset=$1 log
    shift
    log=$(mktemp)
    if (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" --parallel "$jobs" \
        ${1:+--target "$@"}) >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    cat "$log" >&2
    rm -f "$log"
    return 1
}
