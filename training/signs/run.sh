#!/usr/bin/env bash
# Runs `python -m parlance_signs COMMAND` in a virtual environment under .cache, which it makes first.
#   train    networks (cached), figures of unseen hands, ONNX file and model card
#   figures  the figures alone
#   test     unit tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
readonly VENV=../../.cache/signs-venv
readonly STAMP=$VENV/requirements.txt

if ! cmp -s requirements.txt "$STAMP"; then
  python3 -m venv --clear "$VENV"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt "$STAMP"
fi

export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)}
if [ "${1:-}" = test ]; then
  exec "$VENV/bin/python" -m pytest --quiet -p no:cacheprovider tests
fi
exec "$VENV/bin/python" -m parlance_signs "$@"
