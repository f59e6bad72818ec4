#!/usr/bin/env bash
# Makes sure that the servers named by the arguments can be started: each from PATH, else the packages of Debian or Ubuntu
# where this user may install them. Never starts a service: the ports stay free for whoever asks.
#   redis       fails when there is none (DMS_REDIS_URL names one elsewhere): nothing runs without it
#   prometheus  with promtool and Alertmanager; without them the tests that need them say so
set -euo pipefail

missing=()
for server in "$@"; do
  case "$server" in
    redis)
      [ -n "${DMS_REDIS_URL:-}" ] || command -v redis-server >/dev/null || command -v valkey-server >/dev/null ||
        missing+=(redis-server redis-sentinel) ;;
    prometheus)
      command -v promtool >/dev/null || missing+=(prometheus)
      command -v prometheus-alertmanager >/dev/null || command -v alertmanager >/dev/null || missing+=(prometheus-alertmanager) ;;
    *) echo "install-servers.sh: unknown server $server" >&2; exit 64 ;;
  esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

without() {
  [[ " ${missing[*]} " == *" prometheus"* ]] &&
    echo "$1: install prometheus and prometheus-alertmanager for the tests of alerts and dashboards" >&2
  if [[ " ${missing[*]} " == *" redis-server "* ]]; then
    echo "$1: install redis-server 7.0 or later (or valkey-server), or set DMS_REDIS_URL" >&2
    exit 1
  fi
  exit 0
}
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || without "Not found: ${missing[*]}"

# Debian asks policy-rc.d before it starts a service; 101 means no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
log="$(mktemp)"
echo "> apt-get install ${missing[*]}" >&2
if ! { apt-get update -q && apt-get install -qy --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
  cat "$log" >&2
  without "apt-get could not install ${missing[*]}"
fi
rm -f "$log"
