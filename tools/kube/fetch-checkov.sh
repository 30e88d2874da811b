#!/usr/bin/env bash
# Puts Checkov, which knows what is to be avoided in manifests, into .cache/checkov, unless it is there. It is a package on PyPI; checkov.txt
# pins it with everything that it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cache=$(cd ../.. && mkdir -p .cache && cd .cache && pwd -P)
key=$({ python3 --version; cat fetch-checkov.sh checkov.txt; } | sha256sum | cut -d' ' -f1)
exec 9>"$cache/.checkov.lock"
flock 9
if [ -x "$cache/checkov/bin/checkov" ] && [ "$(cat "$cache/checkov/key" 2>/dev/null)" = "$key" ]; then exit 0; fi
rm -rf "$cache/checkov"
python3 -m venv "$cache/checkov"
"$cache/checkov/bin/python" -m pip install --quiet --no-deps -r checkov.txt
echo "$key" >"$cache/checkov/key"
