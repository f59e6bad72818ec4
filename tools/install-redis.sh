#!/usr/bin/env bash
# Makes sure that a Redis server can be started: one on PATH, or one elsewhere named by DMS_REDIS_URL, else the package
# of Debian or Ubuntu where this user may install it. Never starts a service: the port stays free for whoever asks.
set -euo pipefail

if [ -n "${DMS_REDIS_URL:-}" ] || command -v redis-server >/dev/null || command -v valkey-server >/dev/null; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "No Redis found: install redis-server 7.0 or later (or valkey-server), or set DMS_REDIS_URL" >&2
  exit 1
fi

# Debian asks policy-rc.d before it starts a service; 101 means no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
log="$(mktemp)"
echo "> apt-get install redis-server redis-sentinel" >&2
if ! { apt-get update -q && apt-get install -qy --no-install-recommends redis-server redis-sentinel; } </dev/null >"$log" 2>&1; then
  cat "$log" >&2
  echo "No Redis found, and apt-get could not install one: install redis-server 7.0 or later, or set DMS_REDIS_URL" >&2
  exit 1
fi
rm -f "$log"
