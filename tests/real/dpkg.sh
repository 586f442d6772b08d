#!/usr/bin/env bash
# A gzip build of `debug`, unpacked by umoci: dpkg lists the packages of the lock, finds their files
# unchanged, and finishes what was left unconfigured.
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
same "states" "iU" "$(awk '/^[a-z][A-Za-z]  / { print $1 }' stdout | sort -u)"

run dpkg --root "$root" --verify
ended_with 0
same "changed files" "" "$(cat stdout)"
run dpkg --root "$root" --audit
printed_line "unpacked but not yet configured"

# The scripts run in a chroot and need what a container engine would give them.
if ! chroot "$root" /bin/true; then
  skip "no chroot here"
fi
mkdir -p "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3 || skip "no device nodes here"
mknod -m 666 "$root/dev/urandom" c 1 9
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# /etc/passwd is made by base-passwd's preinst, which an unpacked package has behind it.
chroot "$root" /bin/sh -c 'cp /usr/share/base-passwd/passwd.master /etc/passwd
  cp /usr/share/base-passwd/group.master /etc/group'
run dpkg --root "$root" --configure -a
if [ "$status" -ne 0 ]; then
  run dpkg --root "$root" --configure -a
fi
ended_with 0
run dpkg --root "$root" --audit
same "what is left to do" "" "$(cat stdout)"
run dpkg --root "$root" --list
same "states" "ii" "$(awk '/^[a-z][A-Za-z]  / { print $1 }' stdout | sort -u)"
run chroot "$root" /usr/bin/awk 'BEGIN { print "awk runs" }'
printed <<<"awk runs"
