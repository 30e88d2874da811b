#!/usr/bin/env bash
# Brings what the k8s tests need into .cache/bin: kubebox, kubectl, helm, helm3; and Checkov into
# .cache/checkov. Does nothing that is done already.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
fetch() {
  local attempt
  for attempt in 1 2 3; do
    if bash "$here/fetch-clients.sh" && bash "$here/fetch-checkov.sh"; then return 0; fi
    [ "$attempt" = 3 ] || sleep $((attempt * 10))
  done
  return 1
}
# What comes from the network comes while the compiler works.
fetch &
fetching=$!
bash "$here/build.sh"
built=$?
wait "$fetching" && [ "$built" = 0 ]
