#!/usr/bin/env bash
# npm run measure: the figures of the README, on this machine. Arguments go to test/bench/measure.ts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node test/bench/measure.ts "$@"
