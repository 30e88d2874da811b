#!/usr/bin/env bash
# Types, lint, dependency rules and every test. All of them run even when one fails; the closing line counts the tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export NODE_OPTIONS='--experimental-vm-modules --no-warnings'
rm -f .cache/jest-*.json
failed=()

check() { # check LABEL COMMAND...
  local label=$1 begun=$SECONDS
  shift
  printf -- '--- %s\n' "$label"
  if "$@" </dev/null; then printf -- '--- %s: clean (%s s)\n' "$label" "$((SECONDS - begun))"; else failed+=("$label"); fi
}

# The platform's suites start real processes and kill some of them: one at a time, so that none starves another.
check 'types' npm run --silent types
check 'lint' npm run --silent lint
check 'unit tests' npx jest --selectProjects unit --maxWorkers=2 --json --outputFile=.cache/jest-unit.json
check 'platform tests' npx jest --selectProjects platform --maxWorkers=1 --json --outputFile=.cache/jest-platform.json

[ ${#failed[@]} -eq 0 ] || printf 'Not clean: %s\n' "${failed[*]}"
node tools/dev/count-tests.js
[ ${#failed[@]} -eq 0 ]
