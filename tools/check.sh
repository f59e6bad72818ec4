#!/usr/bin/env bash
# npm test: types, lint, format, tests; stops at the first that fails. Arguments go to vitest (a path, -t "title").
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
bash tools/install-servers.sh prometheus
export PATH="$PWD/node_modules/.bin:$PATH"

step() {
  echo "> $*"
  "$@"
}

step tsc --noEmit
step oxlint .
step biome ci .
# Replaces this shell, so that the tally of the tests stays the last line.
echo "> vitest run $*"
exec vitest run "$@"
