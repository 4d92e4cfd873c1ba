#!/usr/bin/env bash
# The storms must notice a core that breaks a rule on purpose:  canary.sh PROGRAM FROM:TO
set -euo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if "$1" "$2" >"$log" 2>&1; then
    echo "the broken rule went unnoticed in the storms $2"
    exit 1
fi
# Noticed by a check, not by an accident.
grep -m 1 -E '^seed [0-9]+ failed: ' "$log"
