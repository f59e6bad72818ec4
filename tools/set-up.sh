# What start.sh and check.sh need before anything else: a current Node, the packages of the lock file, a Redis server.
# Sourced, from the repository's root.
. tools/env.sh

# npm writes node_modules/.package-lock.json last, so its age is that of a whole installation.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "> npm ci" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi

bash tools/install-servers.sh redis
