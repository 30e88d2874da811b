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
tests() { # tests PROJECT WORKERS
  check "$1 tests" npx jest --selectProjects "$1" --maxWorkers="$2" --json --outputFile=".cache/jest-$1.json"
}
# The lines that are reached are counted in the unit tests and in the services of some suites.
export PARLANCE_COVERAGE=$PWD/.cache/coverage
tests unit 2
tests platform 2
unset PARLANCE_COVERAGE
# Times are measured there.
tests alone 1
check 'coverage' node_modules/.bin/node tools/dev/coverage.js

[ ${#failed[@]} -eq 0 ] || printf 'Not clean: %s\n' "${failed[*]}"
node tools/dev/count-tests.js unit platform alone
[ ${#failed[@]} -eq 0 ]
