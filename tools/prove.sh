#!/usr/bin/env bash
# npm run prove:docker, npm run prove:kubernetes: the image and the manifests on a real engine (test/prove).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tools/set-up.sh
exec node "test/prove/$1.ts" "${@:2}"
