#!/usr/bin/env bash
# The cache is counted, checked, healed, and works wherever it is put.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
stamp cache stats
ended_with 0
printed_line "blobs    0"
[ ! -e home/.cache ] || fail "looking made a folder"

stamp build
ended_with 0
cp stdout first
stamp cache stats --json
ended_with 0
same "folder" "$PWD/home/.cache/stamp" "$(jq --raw-output .folder stdout)"
[ "$(jq .blobs stdout)" -gt 4 ] || fail "too few blobs"
stamp cache verify
ended_with 0
printed_line ": 0 bad"

# A damaged blob is found and removed; the next build makes it anew.
blob=$(find home/.cache/stamp/blobs -type f -size +300c | sort | head -n 1)
chmod u+w "$blob"
printf 'x' | dd of="$blob" bs=1 seek=100 conv=notrunc status=none
stamp cache verify
ended_with 3
printed_line "1 bad"
[ ! -e "$blob" ] || fail "the damaged blob is still there"
stamp build --locked
ended_with 0
printed <first
stamp cache verify
ended_with 0

# An index that is lost is made again.
rm home/.cache/stamp/index-*
stamp build --locked
ended_with 0
printed <first

# Where it is: the option, the variable, XDG's folder.
STAMP_CACHE_DIR=$PWD/by-variable stamp cache stats
printed_line "$PWD/by-variable"
XDG_CACHE_HOME=$PWD/xdg stamp cache stats
printed_line "$PWD/xdg/stamp"
STAMP_CACHE_DIR=$PWD/by-variable stamp cache stats --cache by-option
printed_line "by-option"
run env --unset=HOME "$STAMP" cache stats
ended_with 4
complained <<'END'
stamp: error: there is no place for the cache: HOME is not set
  try: name a folder with --cache or $STAMP_CACHE_DIR
END
