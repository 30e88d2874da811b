#!/bin/bash
# Makes the golden numbers of test/golden with openai-whisper in a virtual environment of its own.
# They are committed: run this only when a checkpoint or the reference changes. Takes some minutes.
#   GOLDENS_PYTHON=…  uses that interpreter (with the packages below) instead of making the environment
#   PARLANCE_SHARED=… the folder with models/ and data/ (default ../shared)
#   WHISPER_BASE=…    the checkpoint of whisper-base (default: as `parlance models download whisper-base` leaves it)
set -euo pipefail
cd "$(dirname "$0")/../.."
shared="${PARLANCE_SHARED:-$(cd .. && pwd)/shared}"
python="${GOLDENS_PYTHON:-.cache/goldens-venv/bin/python}"

command -v ffmpeg >/dev/null || { echo 'ffmpeg is missing: apt-get install ffmpeg' >&2; exit 1; }
base="${WHISPER_BASE:-.cache/checkpoints/whisper-base}"
[ -d "$shared/models/openai-whisper-tiny.en" ] || { echo "no checkpoint in $shared/models: set PARLANCE_SHARED" >&2; exit 1; }
[ -d "$base" ] || { echo "no checkpoint in $base: parlance models download whisper-base, or set WHISPER_BASE" >&2; exit 1; }
if [ ! -x "$python" ]; then
  echo 'installing openai-whisper into .cache/goldens-venv (several minutes the first time)'
  python3 -m venv .cache/goldens-venv
  .cache/goldens-venv/bin/pip install --quiet openai-whisper==20250625 safetensors==0.8.0 torch==2.15.0 numpy==2.4.6
fi
[ $# -gt 0 ] || set -- recordings random_model transcription_options
for part in "$@"; do "$python" -W ignore "tools/dev/goldens/$part.py" "$shared" "$base" test/golden; done
