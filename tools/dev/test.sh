#!/usr/bin/env bash
# Types, lint, dependency rules and every test but those of `make test-k8s`. All of them run even when one fails; the closing line
# counts the tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export NODE_OPTIONS='--experimental-vm-modules --no-warnings'
rm -rf .cache/jest-*.json .cache/coverage
mkdir -p .cache/logs
failed=()

check() { # check LABEL COMMAND...
  local label=$1 begun=$SECONDS
  shift
  printf -- '--- %s\n' "$label"
  if "$@" </dev/null; then printf -- '--- %s: clean (%s s)\n' "$label" "$((SECONDS - begun))"; else failed+=("$label"); fi
}

finish() { wait "$1"; local status=$?; cat "$2"; return "$status"; } # finish PROCESS LOG

# Side by side with eslint, which computes on one core.
log=.cache/logs/types.log
{ npm run --silent types; typed=$?; npm run --silent lint:forms && [ "$typed" = 0 ]; } >"$log" 2>&1 </dev/null &
beside=$!
check 'eslint' npx eslint --quiet .
check 'types, format, boundaries and protos' finish "$beside" "$log"
# Counting slows what is counted: not by default, and COVERAGE=1 takes three times as long. COVERAGE=bound counts less, the unit specs and
# the services that the suites of `platform` start: what it prints is a lower bound.
counts() { # counts PROJECT: whether what jest itself runs of it is counted
  case ${COVERAGE:-} in '') false ;; bound) [ "$1" = unit ] ;; *) true ;; esac
}
tests() { # tests PROJECT WORKERS
  local counted=() options=$NODE_OPTIONS
  if counts "$1"; then
    counted=(--coverage --coverageDirectory=".cache/coverage/$1")
    options="$options --require $PWD/tools/dev/lean-coverage.cjs"
  fi
  NODE_OPTIONS=$options check "$1 tests" \
    npx jest --selectProjects "$1" --maxWorkers="$2" --json --outputFile=".cache/jest-$1.json" "${counted[@]}"
}
[ -z "${COVERAGE:-}" ] || export PARLANCE_COVERAGE=$PWD/.cache/coverage/processes
tests unit 2
tests platform 2
# Times are measured there.
[ "${COVERAGE:-}" != bound ] || unset PARLANCE_COVERAGE
tests alone 1
[ -z "${COVERAGE:-}" ] || check 'coverage' node tools/dev/coverage.js

[ ${#failed[@]} -eq 0 ] || printf 'Not clean: %s\n' "${failed[*]}"
node tools/dev/count-tests.js unit platform alone
[ ${#failed[@]} -eq 0 ]
