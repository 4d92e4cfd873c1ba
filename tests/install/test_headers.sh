#!/usr/bin/env bash
# Every public header can be included alone, from C11 and from C++17, with gcc and with clang, without a warning.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/howcoin-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# compile COMPILER LANGUAGE STANDARD INCLUDES HEADER
compile() {
    printf '#include "howcoin/%s"\n' "$5" |
        "$1" -x "$2" "-std=$3" -I "$4" -fsyntax-only -Wall -Wextra -Wpedantic -Werror - >"$dir/said" 2>&1
}

mkdir "$dir/howcoin"
cp "$root"/include/howcoin/*.h "$dir/howcoin"
echo 'struct hc_planted { uint8_t id[32]; };' >"$dir/howcoin/planted.h" # where uint8_t comes from is forgotten
status=0
for compiler in 'gcc c c11' 'clang c c11' 'g++ c++ c++17' 'clang++ c++ c++17'; do
    read -r program language standard <<<"$compiler"
    for header in "$root"/include/howcoin/*.h; do
        compile "$program" "$language" "$standard" "$root/include" "${header##*/}" && continue
        echo "${header##*/}, alone, with $program -std=$standard:"
        cat "$dir/said"
        status=1
    done
    if compile "$program" "$language" "$standard" "$dir" planted.h; then
        echo "$program takes a header that forgets an include: this test would find nothing"
        status=1
    fi
done
exit "$status"
