# Puts a current Node first on PATH: the machine's own where it is new enough, else the pinned one of tools/node.
# Sourced by tools/start.sh, tools/check.sh and .ci/run.
if ! node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>24||a===24&&b>=15?0:1)' 2>/dev/null; then
  _node_dir="$(cd "$(dirname "${BASH_SOURCE[0]}")/node" && pwd)"
  if [ ! -x "$_node_dir/node_modules/.bin/node" ]; then
    echo "Node 24.15 or later is needed and this machine has $(node --version 2>/dev/null || echo none): fetching the pinned one from npm" >&2
    npm ci --prefix "$_node_dir" --no-audit --no-fund --loglevel=error >&2
  fi
  export PATH="$_node_dir/node_modules/.bin:$PATH"
fi
