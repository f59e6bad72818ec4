#!/usr/bin/env bash
# npm run simulate: whole clusters in one process on a virtual clock. Arguments go to test/simulation/main.ts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node test/simulation/main.ts "$@"
