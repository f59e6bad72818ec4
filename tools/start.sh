#!/usr/bin/env bash
# npm start: the whole cluster on this machine, with its mocks. Arguments go to apps/cluster/src/main.ts (--help).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node apps/cluster/src/main.ts "$@"
