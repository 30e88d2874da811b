#!/usr/bin/env bash
# Puts the development document store into .cache/mongo (libraries in lib/, the launcher in classes/).
# Idempotent: does nothing when what is there is newer than its sources. Needs a JDK (17 or later) and Maven.
# Start it with: java -cp ".cache/mongo/classes:.cache/mongo/lib/*" DocumentStore PORT FILE|:memory:
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$here/../../.." && pwd)/.cache/mongo
stamp=$target/classes/DocumentStore.class

if [[ -f $stamp && -z $(find "$here" -newer "$stamp" \( -name '*.java' -o -name pom.xml \)) ]]; then exit 0; fi
for tool in javac mvn; do
  command -v "$tool" >/dev/null || { echo "The document store needs $tool: apt-get install default-jdk-headless maven" >&2; exit 1; }
done

mkdir -p "$target"
# Two set-ups at once must not build into each other.
exec 9>"$target/.lock"
flock 9
if [[ ! -f $stamp || $here/pom.xml -nt $stamp ]]; then
  rm -rf "$target/lib"
  mvn --quiet --batch-mode -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$target/lib" -DincludeScope=runtime
fi
mkdir -p "$target/classes"
javac -nowarn -cp "$target/lib/*" -d "$target/classes" "$here"/*.java
touch "$stamp"
