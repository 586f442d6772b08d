#!/usr/bin/env bash
# What is shown while a build runs: nothing when quiet, lines in a pipe, JSON on request.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
stamp lock --quiet
ended_with 0

stamp build --quiet
ended_with 0
silent

stamp build --cache plain --progress plain
ended_with 0
if grep --quiet $'\r\|\e' stderr; then
  fail "control characters in a pipe"
fi

stamp build --cache json --progress json
ended_with 0
jq --exit-status --slurp 'length > 0 and all(.event)' stderr >/dev/null || fail "not JSON lines"

# On a terminal that is quick, nothing is left on the screen but the notes.
stamp build --cache tty --progress tty
ended_with 0
if grep --quiet $'\e\[[0-9]*[ABCDHJ]' stderr; then
  fail "the cursor leaves its line"
fi

stamp build --cache verbose --verbose
ended_with 0
complained_line "greet"

stamp build --progress loud
ended_with 2
complained_line "cannot show progress as 'loud'"

# A closed standard error is no reason to fail; a closed standard output is.
run bash -c '"$0" build --cache closed 2>&-' "$STAMP"
ended_with 0
run bash -c '"$0" build >&-' "$STAMP"
ended_with 1
