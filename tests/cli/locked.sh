#!/usr/bin/env bash
# With --locked nothing is resolved: a missing or stale lock, or another result, stops the build.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END

stamp build --locked
ended_with 2
complained_line "app"

stamp build
ended_with 0
digest=$(awk '{ print $2 }' stdout)

# Neither the sources nor the network are needed any more, only the packages.
stamp build --locked --cache other
ended_with 0
same "digest" "$digest" "$(awk '{ print $2 }' stdout)"

recipe app <<'END'
layers:
  - packages: {install: [greet, extra], scripts: skip}
END
stamp build --locked
ended_with 2
complained_line "app"

# A lock with a merge marker, and one that was edited.
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
cp app/stamp.lock good.lock
sed -i '3i <<<<<<< ours' app/stamp.lock
stamp build
ended_with 2
complained_line "app/stamp.lock:3"
sed 's/"version": "1.0"/"version": "1.5"/' good.lock >app/stamp.lock
stamp build
ended_with 2
cp good.lock app/stamp.lock

# A package that has other bytes than the lock says, and one that is not there.
cp -r "$STAMP_ARCHIVE" copy
sed -i "s#file://$STAMP_ARCHIVE#file://$PWD/copy#; s#keyring: $STAMP_ARCHIVE#keyring: copy#" stamp.yaml
rm app/stamp.lock
stamp build --cache third
ended_with 0
deb=$(find copy -name 'greet_1.0_amd64.deb')
printf 'x' | dd of="$deb" bs=1 seek=200 conv=notrunc status=none
stamp build --locked --cache fourth
ended_with 1
complained_line "greet"
rm "$deb"
stamp build --locked --cache fourth
ended_with 1
complained_line "greet"
