#!/usr/bin/env bash
# npm run test:redis-forms: whole clusters on every form of Redis, under fail-overs. Arguments go to vitest (a path, -t "title").
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node_modules/.bin/vitest run --config vitest.forms.config.ts "$@"
