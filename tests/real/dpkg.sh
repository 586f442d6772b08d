#!/usr/bin/env bash
# A gzip build of `debug`, unpacked by umoci: dpkg lists the packages of the lock as installed, finds
# their files unchanged, and has nothing left to configure.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_root "unpack an image with its owners"

mkdir workspace
sed 's/compression: zstd/compression: gzip/' "$STAMP_REAL/recipes/stamp.yaml" >workspace/stamp.yaml
cp -r "$STAMP_REAL/recipes/debug" workspace/debug
# Another compression is no reason to resolve anew, but the recorded digests are those of zstd.
stamp -C workspace build debug --platform linux/amd64 --output "oci:$PWD/layout:debug"
ended_with 0

run umoci unpack --image layout:debug bundle
ended_with 0
root=$PWD/bundle/rootfs
lock=workspace/debug/stamp.lock

# Names of packages of several architectures are shown as NAME:ARCHITECTURE.
run dpkg --root "$root" --list
ended_with 0
same "packages" \
  "$(jq --raw-output '.platforms["linux/amd64"].packages[] | "\(.name) \(.version)"' "$lock" | sort)" \
  "$(awk '/^i/ { sub(":amd64", "", $2); print $2, $3 }' stdout | sort)"
same "states" "ii" "$(awk '/^[a-z][A-Za-z]  / { print $1 }' stdout | sort -u)"

run dpkg --root "$root" --verify
ended_with 0
same "changed files" "" "$(cat stdout)"
run dpkg --root "$root" --audit
ended_with 0
same "what is left to do" "" "$(cat stdout)"

if ! chroot "$root" /bin/true; then
  skip "no chroot here"
fi
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
run dpkg --root "$root" --configure -a
ended_with 0
same "what was left to configure" "" "$(cat stdout)"
run chroot "$root" /usr/bin/awk 'BEGIN { print "awk runs" }'
printed <<<"awk runs"
run chroot "$root" /usr/sbin/ldconfig -p
ended_with 0
printed_line "libc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6"
