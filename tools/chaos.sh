#!/usr/bin/env bash
# npm run chaos: a cluster of real processes under a seeded nemesis. Arguments go to test/chaos/main.ts (--help).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node test/chaos/main.ts "$@"
