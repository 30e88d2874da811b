#!/usr/bin/env bash
# Runs `python -m parlance_scores COMMAND` in a virtual environment under .cache, which it makes first.
#   train    features (cached), models, table, ONNX files and model card
#   bench    the table alone, from cached features
#   leaks    the table, and one fold's figures where nothing of its speakers was used, not even their sound
#   goldens  what the tests of libs/scoring compare with, from recordings of test/fixtures and synthetic models
#   test     unit tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
readonly VENV=../../.cache/scores-venv
readonly STAMP=$VENV/requirements.txt

if ! cmp -s requirements.txt "$STAMP"; then
  python3 -m venv --clear "$VENV"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt "$STAMP"
fi

# Matrices are multiplied on as many threads as OMP_NUM_THREADS says.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)}
export OPENBLAS_NUM_THREADS=$OMP_NUM_THREADS
if [ "${1:-}" = test ]; then
  exec "$VENV/bin/python" -m pytest --quiet tests
fi
exec "$VENV/bin/python" -m parlance_scores "$@"
