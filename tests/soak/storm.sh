#!/usr/bin/env bash
# scripts/soak finds a core that breaks a rule, and passes one that does not:  storm.sh CANARY HOWCOIN-SIM
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

soak() { HOWCOIN_SIM=$1 scripts/soak --only storms --seconds 1 --seed 7 --jobs 1 --dir "$dir" >"$dir/words" 2>&1; }

if soak "$1"; then
    echo "the broken rule went unnoticed:" && cat "$dir/words"
    exit 1
fi
command=$(sed -n 's/^repeat it with: //p' "$dir/words")
[[ $command == "$1 --trace "* && -s $dir/found/storm-${command##* } ]] || { cat "$dir/words" && exit 1; }
# shellcheck disable=SC2086  # a program and its arguments
if $command >"$dir/trace"; then
    echo "'$command' does not repeat it" && exit 1
fi
soak "$2" || { echo "what is sound was found wrong:" && cat "$dir/words" && exit 1; }
