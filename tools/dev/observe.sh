#!/usr/bin/env bash
# Brings what `make observe` starts: the collector and Jaeger into .cache/bin (compiled: minutes the first time), Prometheus and
# Alertmanager as Debian packages. Does nothing that is done already; what cannot be had is left out, and said.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly BIN=$PWD/.cache/bin
mkdir -p "$BIN"

compile() { # compile FOLDER PACKAGE NAME
  [ -x "$BIN/$3" ] && [ ! "tools/observe/$1/go.mod" -nt "$BIN/$3" ] && return
  echo "  compiling $3: minutes the first time"
  (cd "tools/observe/$1" && go build -o "$BIN/$3" "$2") || echo "setup: going on without $3" >&2
}

if command -v go >/dev/null; then
  compile collector . otel-collector
  compile jaeger github.com/jaegertracing/jaeger/cmd/all-in-one jaeger
else
  echo 'setup: Go is missing, so the collector and Jaeger are left out (https://go.dev/dl).' >&2
fi

missing=()
command -v prometheus >/dev/null || missing+=(prometheus)
command -v prometheus-alertmanager >/dev/null || missing+=(prometheus-alertmanager)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -q >/dev/null &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null ||
    echo "setup: going on without ${missing[*]} (to have them: apt-get install ${missing[*]})." >&2
fi
exit 0
