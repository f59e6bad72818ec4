#!/usr/bin/env bash
# npm run bench: the figures of docs/performance.md, on this machine. Arguments go to test/bench/main.ts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node --disable-warning=ExperimentalWarning test/bench/main.ts "$@"
