#!/usr/bin/env bash
# What is installed runs from there: the program finds its helper, the man page is in place.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

run cmake --install "${STAMP_BUILD:?the build folder}" --prefix "$PWD/prefix"
ended_with 0
same "files" "bin/stamp
libexec/stamp/stamp-resolver
share/man/man1/stamp.1" "$(cd prefix && find . -type f -printf '%P\n' | sort)"

# The build folder's program and helper must play no part.
STAMP=$PWD/prefix/bin/stamp
workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
stamp lock
ended_with 0
stamp build --locked
ended_with 0

# Moved elsewhere, with a link to it in a folder for programs, it still finds its helper.
mv prefix moved
ln -s moved/bin/stamp stamp
STAMP=$PWD/stamp
rm app/stamp.lock
stamp lock
ended_with 0

if grep --quiet --binary --fixed-strings -e "$STAMP_BUILD" moved/bin/stamp moved/libexec/stamp/*; then
  fail "the program names the folder that it was built in"
fi
