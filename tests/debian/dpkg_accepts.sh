#!/usr/bin/env bash
# dpkg itself accepts the database of an image: it lists the packages of the lock as unpacked, finds
# no changed file, and configures them all in the unpacked image.
#
# usage: dpkg_accepts.sh STAMP STAMP_YAML
# Exits 77 with a reason without root (owners, devices, chroot) or without a mirror.
set -euo pipefail

stamp=$1
settings=$2

if [ "$(id -u)" != 0 ]; then
  echo "skipped: unpacking an image with its owners needs root"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/workspace/image" "$work/home" "$root"
cp "$settings" "$work/workspace/stamp.yaml"
cat >"$work/workspace/image/recipe.yaml" <<'RECIPE'
name: image
platforms: [linux/amd64]
layers:
  - packages:
      install: [ca-certificates, curl, dumb-init, less, openssh-client, python3, tzdata, vim-tiny]
      scripts: skip
  - packages:
      install: [jq]
      scripts: skip
RECIPE

export XDG_CONFIG_HOME=$work/home
run_stamp() {
  "$stamp" -C "$work/workspace" --cache "$work/cache" --progress plain -q "$@"
}

fail() {
  echo "dpkg_accepts: $1" >&2
  exit 1
}

# --- the image ------------------------------------------------------------------------------------

python3 "$(dirname "$0")/judge_mirror.py" || exit $?
run_stamp lock
run_stamp build --output "oci:$work/layout" --json >"$work/build.json"

layers=$(python3 -c '
import json, sys
for layer in json.load(open(sys.argv[1]))["images"][0]["platforms"][0]["layers"]:
    print(layer["digest"].partition(":")[2])' "$work/build.json")
for layer in $layers; do
  zstd -q -dc "$work/layout/blobs/sha256/$layer" |
    tar --extract --numeric-owner --same-owner --preserve-permissions --directory "$root"
done

# --- what dpkg says of it -------------------------------------------------------------------------

python3 -c '
import json, sys
for package in json.load(open(sys.argv[1]))["platforms"]["linux/amd64"]["packages"]:
    print("iU", package["name"], package["version"], package["architecture"])' \
  "$work/workspace/image/stamp.lock" | sort >"$work/locked"
count=$(wc -l <"$work/locked")

listed() {
  COLUMNS=500 dpkg --root="$root" -l | awk '/^[a-z][a-zA-Z] / {
    sub(/:.*/, "", $2); print $1, $2, $3, $4 }' | sort
}
listed >"$work/listed"
diff "$work/locked" "$work/listed" || fail "dpkg -l is not the lock"

dpkg --root="$root" --verify >"$work/verified" 2>&1 || true
[ ! -s "$work/verified" ] || fail "dpkg --verify says: $(head -5 "$work/verified")"

dpkg --root="$root" --audit >"$work/audit" || true
headings=$(grep -c '^The following' "$work/audit" || true)
if [ "$headings" != 1 ] || ! grep -q 'have been unpacked but not yet configured' "$work/audit"; then
  fail "dpkg --audit says: $(cat "$work/audit")"
fi

# --- and what it makes of it ----------------------------------------------------------------------

mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/urandom" c 1 9
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

inside() {
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
    DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}
# The accounts come first: base-passwd's preinst makes them, and the postinst of base-files names
# root. See docs/adr/0005-unpacked-packages.md.
if [ -x "$root/var/lib/dpkg/info/base-passwd.preinst" ]; then
  inside /var/lib/dpkg/info/base-passwd.preinst install >"$work/first" 2>&1 ||
    fail "base-passwd's preinst says: $(tail -5 "$work/first")"
fi
inside dpkg --configure --force-depends base-passwd base-files >"$work/first" 2>&1 ||
  fail "dpkg --configure base-passwd base-files says: $(tail -20 "$work/first")"
inside dpkg --configure -a >"$work/configured" 2>&1 ||
  fail "dpkg --configure -a says: $(tail -20 "$work/configured")"

sed 's/^iU/ii/' "$work/locked" >"$work/wanted"
listed >"$work/listed"
diff "$work/wanted" "$work/listed" || fail "not all packages are configured"
dpkg --root="$root" --audit >"$work/audit"
[ ! -s "$work/audit" ] || fail "dpkg --audit says after configuring: $(cat "$work/audit")"

echo "$count packages: listed as in the lock, verified, configured"
