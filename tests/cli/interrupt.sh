#!/usr/bin/env bash
# Ctrl-C ends a build at once and leaves nothing half made.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
  - archive: {url: "file:///dev/zero", to: /opt}
END
# A build that hangs: its archive is a pipe that nobody writes to.
mkfifo pipe.tar
sed -i "s#file:///dev/zero#file://$PWD/pipe.tar#" app/recipe.yaml

for signal in INT TERM; do
  status=0
  env --default-signal=INT "$STAMP" build --output "oci:layout" </dev/null >stdout 2>stderr &
  pid=$!
  # opening the pipe for writing waits until stamp reads it
  exec 3>pipe.tar
  kill -s "$signal" "$pid"
  wait "$pid" || status=$?
  exec 3>&-
  ran=("build and $signal")
  ended_with 130
  [ ! -e layout ] || fail "an output was begun"
  same "temporary files" "" "$(find home/.cache/stamp/tmp -type f 2>/dev/null)"
  [ ! -e app/stamp.lock ] || fail "a lock was written"
done
