#!/usr/bin/env bash
# scripts/soak finds an input that breaks a parser, and minimises it:  crash.sh DIRECTORY-OF-FUZZERS
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir -p "$dir/corpus/crash"
printf 'a long beginning of something that goes wrong only after some ! and goes on' >"$dir/corpus/crash/long"
if HOWCOIN_FUZZERS=$1 scripts/soak --only fuzzers --seconds 2 --seed 7 --jobs 1 --dir "$dir" >"$dir/words" 2>&1; then
    echo "the crash went unnoticed:" && cat "$dir/words"
    exit 1
fi
command=$(sed -n 's/^repeat it with: //p' "$dir/words")
input=${command##* }
[[ $command == "$1/fuzz_crash $dir/found/"* && $(cat "$input") == '!' ]] || { cat "$dir/words" && exit 1; }
# shellcheck disable=SC2086  # a program and its argument
if $command >"$dir/log" 2>&1; then
    echo "'$command' does not repeat it" && exit 1
fi
