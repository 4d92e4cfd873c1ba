#!/usr/bin/env bash
# The library and its headers say the same: what is exported is declared, what is declared is exported, the soname is
# libhowcoin.so.0, and every name that a program gets from the headers has the library's prefix. $HOWCOIN_LIBRARY is the
# shared library.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/howcoin-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# complaints LIBRARY INCLUDES: a line for each thing that is wrong.
complaints() {
    local names soname
    names=$(python3 "$here/identifiers.py" "$2")
    nm -D --defined-only "$1" | awk '{ print $NF }' | sed 's/@.*//' | sort -u >"$dir/exported"
    awk '$1 == "function" { print $2 }' <<<"$names" | sort -u >"$dir/declared"
    comm -23 "$dir/exported" "$dir/declared" | sed 's/$/ is exported, but no header declares it HC_API/'
    comm -13 "$dir/exported" "$dir/declared" | sed 's/$/ is declared, but not exported/'
    awk '$1 == "hidden" { print $2 " is declared without HC_API" }' <<<"$names"
    awk '$2 !~ /^(hc_|HC_|HOWCOIN_)/ { print $1 " " $2 " has no prefix" }' <<<"$names"
    soname=$(readelf -d "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\].*/\1/p')
    [[ $soname == libhowcoin.so.0 ]] || echo "the soname is $soname"
}

found=$(complaints "$HOWCOIN_LIBRARY" "$root/include")
if [[ -n $found ]]; then
    printf '%s\n' "$found"
    exit 1
fi

# Each of these must be found when it is there.
mkdir -p "$dir/include"
cp -r "$root/include/howcoin" "$dir/include"
cat >"$dir/include/howcoin/planted.h" <<'END'
#include "howcoin/error.h"
#define PLANTED_MACRO 1
#define X(name) name
#undef X
enum planted_enum { PLANTED_ENUMERATOR };
struct planted_struct;
typedef int planted_type;
HC_API void hc_planted_absent(void);
void hc_planted_hidden(void);
END
echo 'int hc_planted_leak(void) { return 0; }' | gcc -shared -fPIC -Wl,-soname,libplanted.so -x c - -o "$dir/libplanted.so"
found=$(complaints "$dir/libplanted.so" "$dir/include")
for expected in 'hc_planted_leak is exported, but' 'hc_planted_absent is declared, but' 'hc_node_step is declared, but' \
    'hc_planted_hidden is declared without' 'macro PLANTED_MACRO has' 'macro X has' 'enum planted_enum has' \
    'enumerator PLANTED_ENUMERATOR has' 'struct planted_struct has' 'typedef planted_type has' 'the soname is libplanted.so'; do
    if ! grep -qF "$expected" <<<"$found"; then
        printf 'this test does not find what was planted: %s\n' "$expected"
        exit 1
    fi
done
