#!/usr/bin/env bash
# Brings a machine to where everything builds, runs and tests; does nothing that is already done.
# What takes long runs side by side, and says so while it runs.
#   PARLANCE_SETUP_MODELS=0      leaves the models alone
#   PARLANCE_SETUP_MODELS=tests  also fetches those that only tests use
#   PARLANCE_DEFAULT_MODEL=…     the recogniser to fetch (default whisper-base)
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly NATS_SERVER_VERSION=v2.15.2
readonly S3_SERVER_VERSION=v1.8.0
readonly CACHE=$PWD/.cache
readonly LOGS=$CACHE/logs
readonly STAMPS=$CACHE/setup
mkdir -p "$CACHE/bin" "$LOGS" "$STAMPS"

say() { printf '%s\n' "$*"; }
give_up() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# The system's certificates count, also behind a proxy that inspects traffic: for npm, and for what is fetched later.
export NODE_USE_SYSTEM_CA=1
readonly CERTIFICATES=/etc/ssl/certs/ca-certificates.crt
[ -n "${NODE_EXTRA_CA_CERTS:-}" ] || [ ! -r "$CERTIFICATES" ] || export NODE_EXTRA_CA_CERTS=$CERTIFICATES

# ---- what must be there already ---------------------------------------------------------------------------------
missing=0
need() { # need COMMAND HINT
  command -v "$1" >/dev/null 2>&1 && return
  printf 'setup: %s is missing. %s\n' "$1" "$2" >&2
  missing=1
}
need node 'Install Node.js 20 or newer (https://nodejs.org), or: apt-get install nodejs npm'
need npm 'Install npm, or: apt-get install npm'
[ -x "$CACHE/bin/nats-server" ] || [ -n "${NATS_URL:-}" ] ||
  need go 'Install Go 1.24 or newer (https://go.dev/dl), or point NATS_URL at a running nats-server.'
[ -n "${MONGODB_URI:-}" ] || need java 'Install Java 17 or newer (apt-get install openjdk-17-jdk-headless), or point MONGODB_URI at a MongoDB.'
[ "$missing" = 0 ] || exit 1

# ---- side by side: each job has a label, a log and an exit status ---------------------------------------------------
declare -A job_pid=() job_label=() job_begun=()
begin() { # begin NAME LABEL COMMAND...
  local name=$1 label=$2
  shift 2
  ("$@") >"$LOGS/setup-$name.log" 2>&1 </dev/null &
  job_pid[$name]=$!
  job_label[$name]=$label
  job_begun[$name]=$SECONDS
  # What takes a moment only is not worth a line.
  [ "$name" = build ] || [ "$name" = documents ] || say "  begun: $label"
}
finish() { # waits for every job begun, telling what still runs
  local failed=0 begun=$SECONDS tell_at=3 name running
  while [ ${#job_pid[@]} -gt 0 ]; do
    running=''
    for name in "${!job_pid[@]}"; do
      if kill -0 "${job_pid[$name]}" 2>/dev/null; then
        running="$running${running:+, }${job_label[$name]}"
        continue
      fi
      if wait "${job_pid[$name]}"; then
        [ $((SECONDS - job_begun[$name])) -lt 2 ] || say "  done: ${job_label[$name]} ($((SECONDS - job_begun[$name])) s)"
      else
        failed=1
        tail -n 25 "$LOGS/setup-$name.log" >&2
        printf 'setup: %s failed; the whole story is in .cache/logs/setup-%s.log\n' "${job_label[$name]}" "$name" >&2
      fi
      unset "job_pid[$name]"
    done
    if [ -n "$running" ] && [ $((SECONDS - begun)) -ge "$tell_at" ]; then
      tell_at=$((tell_at * 2))
      say "  still running: $running ($((SECONDS - begun)) s)"
    fi
    [ ${#job_pid[@]} -eq 0 ] || sleep 0.2
  done
  [ "$failed" = 0 ] || exit 1
}

install_packages() { # what only Debian packages
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null ||
      { echo "Not allowed to install packages. Run this, then again: sudo apt-get install -y $*"; return 1; }
    as_root=(sudo -n)
  fi
  "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}
install_dependencies() {
  ONNXRUNTIME_NODE_INSTALL=skip npm ci --no-progress || return 1
  # The package `node` fetches its binary in an install script, which some npm settings withhold.
  node_modules/.bin/node --version ||
    { (cd node_modules/node && node installArchSpecificPackage) && ln -sf ../node/bin/node node_modules/.bin/node; } || return 1
  sha256sum package-lock.json >"$STAMPS/package-lock.sha256"
}
install_nats_server() { GOBIN="$CACHE/bin" go install "github.com/nats-io/nats-server/v2@$NATS_SERVER_VERSION"; }
# Only tests need it.
install_s3_server() {
  GOBIN="$CACHE/bin" go install "github.com/versity/versitygw/cmd/versitygw@$S3_SERVER_VERSION" &&
    echo "$S3_SERVER_VERSION" >"$STAMPS/s3-server"
}

has_browser() {
  local program
  for program in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v "$program" >/dev/null && return
  done
  return 1
}
# The rules of Prometheus are tested by its own tool. Its package would start a server: the tool alone is unpacked.
install_promtool() {
  local folder
  folder=$(mktemp -d) && install_packages &&
    (cd "$folder" && apt-get download prometheus && dpkg-deb -x prometheus_*.deb . &&
      install -m 755 usr/bin/promtool "$CACHE/bin/promtool")
  local status=$?
  rm -rf "$folder"
  return $status
}
# A browser, nginx and promtool, which only tests need, may be missing; nothing else may.
install_all_packages() {
  [ $# = 0 ] || install_packages "$@" || return 1
  local program
  for program in "${wanted[@]}"; do
    if [ "$program" = promtool ]; then install_promtool || true; else install_packages "$program" || true; fi
  done
}

wanted=()
if [ "${PARLANCE_SETUP_MODELS:-}" = tests ] && command -v apt-get >/dev/null; then
  has_browser || wanted+=(chromium-headless-shell)
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || wanted+=(nginx-light)
  command -v promtool >/dev/null || [ -x "$CACHE/bin/promtool" ] || wanted+=(promtool)
fi
packages=()
command -v ffmpeg >/dev/null || packages+=(ffmpeg)
command -v espeak-ng >/dev/null || packages+=(espeak-ng)
if [ -z "${MONGODB_URI:-}" ]; then
  command -v javac >/dev/null || packages+=(default-jdk-headless)
  command -v mvn >/dev/null || packages+=(maven)
fi
if [ ${#packages[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || give_up "${packages[*]} missing, and this is no Debian: install them with your package manager."
fi
if [ ${#packages[@]} -gt 0 ] || [ ${#wanted[@]} -gt 0 ]; then
  labels=("${packages[@]}" "${wanted[@]}")
  begin packages "Debian packages ${labels[*]}" install_all_packages "${packages[@]}"
fi
if [ ! -x node_modules/.bin/node ] || ! sha256sum --check --status "$STAMPS/package-lock.sha256" 2>/dev/null; then
  begin npm 'npm packages' install_dependencies
fi
if [ -z "${NATS_URL:-}" ] && [ "$("$CACHE/bin/nats-server" --version 2>/dev/null)" != "nats-server: $NATS_SERVER_VERSION" ]; then
  begin nats "nats-server $NATS_SERVER_VERSION" install_nats_server
fi
if [ "${PARLANCE_SETUP_MODELS:-}" = tests ] && [ "$(cat "$STAMPS/s3-server" 2>/dev/null)" != "$S3_SERVER_VERSION" ]; then
  begin s3 "S3 server $S3_SERVER_VERSION" install_s3_server
fi
begin_documents() { begin documents 'document store' bash tools/dev/mongo/build.sh; }
if [ -z "${MONGODB_URI:-}" ] && [ ${#packages[@]} -eq 0 ]; then begin_documents; fi
finish
[ "${PARLANCE_SETUP_MODELS:-}" != tests ] || has_browser ||
  say 'setup: going on without a browser; its tests are skipped (to have them: apt-get install chromium-headless-shell).'
# It is built with Maven, which may just have come.
if [ -z "${MONGODB_URI:-}" ] && [ ${#packages[@]} -gt 0 ]; then
  begin_documents
  finish
fi

# ---- the repository's own ------------------------------------------------------------------------------------------
begin build 'compile' npm run --silent build
finish

# ---- the development key: made once, readable by its owner alone -----------------------------------------------------
if [ ! -s "$CACHE/dev-key" ]; then
  (umask 077 && node_modules/.bin/node -p "'pk_' + crypto.randomBytes(24).toString('base64url')" >"$CACHE/dev-key")
fi

# ---- models: fetched where they are missing, compiled where they are Whisper's ------------------------------------------
recogniser=${PARLANCE_DEFAULT_MODEL:-whisper-base}
fetch() { node_modules/.bin/node apps/cli/dist/main.js models download "$@"; }
case ${PARLANCE_SETUP_MODELS:-} in
  0) ;;
  tests) fetch silero-vad smart-turn-v3 piper-en_US-joe-medium kokoro-82m whisper-base whisper-tiny.en || exit 1
    fetch dnsmos all-MiniLM-L6-v2 || say 'setup: going on without them; what tests them is skipped.' ;;
  *)
    fetch "$recogniser" silero-vad || exit 1
    fetch smart-turn-v3 || say 'setup: going on without the end-of-turn model; a fixed silence ends an utterance.'
    fetch piper-en_US-joe-medium kokoro-82m || say 'setup: going on without a voice; espeak-ng speaks in its place.'
    fetch dnsmos all-MiniLM-L6-v2 || say 'setup: going on without them; assessments lack ratings of the recording and relevance.'
    ;;
esac
