#!/usr/bin/env bash
# Packages put on bases that stamp made, a Debian one and one that says it is Ubuntu's, and on one that mmdebstrap made:
# what the base has stays, the rest is added and configured. umoci unpacks the images; dpkg and apt find them whole, and
# programs run. Put on a base in two steps or made in one, by stamp or by dpkg, an image has the same files.
set -euo pipefail
tests_folder=$(realpath "$(dirname -- "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_root "unpack an image with its owners"
[ "$(uname -m)" = x86_64 ] || skip "this machine runs no amd64 programs"
export STAMP_CACHE_DIR=$story_folder/cache

# An archive of what the recipes' locks name, as two distributions: the same packages, other names.
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
stop() {
  gpgconf --kill all
  rm -rf "$GNUPGHOME"
  story_end
}
trap stop EXIT
gpg --batch --quiet --passphrase '' --quick-generate-key 'Archive of the tests <tests@example.org>' \
  ed25519 sign never 2>/dev/null
gpg --batch --quiet --export >keyring.gpg
mkdir archive
ln -s "$STAMP_REAL"/mirror/* archive/
jq --raw-output '.platforms["linux/amd64"].packages[] | [.path, .size, .digest[7:]] | @tsv' \
  "$STAMP_REAL"/recipes/{debug,backup}/stamp.lock | sort --unique >debs
while IFS=$'\t' read -r path size sum; do
  for deb in archive/*/"$path"; do
    dpkg-deb --field "$deb"
    printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "${deb#archive/}" "$size" "$sum"
  done
done <debs >Packages

# suite ORIGIN CODENAME
suite() {
  local dist=archive/dists/$2
  mkdir -p "$dist/main/binary-amd64"
  cp Packages "$dist/main/binary-amd64/Packages"
  printf 'Origin: %s\nSuite: %s\nCodename: %s\nDate: %s\nArchitectures: amd64\nComponents: main\nSHA256:\n %s %s %s\n' \
    "$1" "$2" "$2" "$(date --utc '+%a, %d %b %Y %H:%M:%S UTC')" "$(sha256sum <Packages | cut -d' ' -f1)" \
    "$(stat --format=%s Packages)" main/binary-amd64/Packages >"$dist/Release"
  gpg --batch --quiet --clearsign --output "$dist/InRelease" "$dist/Release"
}
suite Debian bookworm
suite Ubuntu noble

# workspace_of FOLDER: with both as sources.
workspace_of() {
  mkdir -p "$1"
  cat >"$1/stamp.yaml" <<OUT
stamp: 1
defaults: {platforms: [linux/amd64], compression: gzip}
sources:
  debian: {archive: "file://$PWD/archive", suites: [bookworm], keyring: "$PWD/keyring.gpg"}
  ubuntu: {archive: "file://$PWD/archive", suites: [noble], keyring: "$PWD/keyring.gpg"}
OUT
}

# What is put on the bases: accounts, alternatives, triggers of the base's packages, hooks, libraries.
added='ca-certificates, jq, openssh-server, vim-tiny'
workspace_of bases
recipe bases/debian <<'OUT'
layers:
  - packages: {install: [bash, libc-bin], sources: [debian]}
  - files: {/etc/motd: {remove: true}, /srv/base: {text: "base\n"}}
OUT
recipe bases/ubuntu <<'OUT'
layers:
  - packages: {install: [bash], sources: [ubuntu]}
  - files:
      /etc/os-release: {text: "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n"}
OUT
recipe bases/whole <<OUT
layers:
  - packages: {install: [bash, libc-bin, $added], sources: [debian]}
  - files: {/etc/motd: {remove: true}, /srv/base: {text: "base\n"}}
OUT
sed --in-place 's|^name: bases/|name: |' bases/*/recipe.yaml
# bootstrap TAR [OPTION…]: what dpkg makes of the essential packages and what options ask for.
bootstrap() {
  local tar=$1
  shift
  # shellcheck disable=SC2016
  unshare --uts sh -c 'hostname localhost; exec "$@"' sh mmdebstrap --quiet --mode=root --variant=essential \
    --format=tar --skip=output/dev,cleanup/run --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr "$@" \
    bookworm "$tar" "deb [trusted=yes] copy://$PWD/archive bookworm main" >bootstrap.log 2>&1 || {
    tail bootstrap.log
    fail "mmdebstrap makes no tree"
  }
}
workspace_of apps
if command -v mmdebstrap >/dev/null; then
  bootstrap essential.tar
  umoci init --layout dpkg
  umoci new --image dpkg:latest
  umoci raw add-layer --image dpkg:latest essential.tar
  recipe apps/dpkg <<OUT
from: {layout: base}
layers: [{packages: {install: [$added], sources: [debian]}}]
OUT
  mv dpkg apps/dpkg/base
fi
recipe apps/debian <<OUT
from: {layout: base}
layers: [{packages: {install: [$added], sources: [debian]}}]
OUT
recipe apps/ubuntu <<OUT
from: {layout: base}
layers: [{packages: {install: [$added], sources: [ubuntu]}}]
OUT
sed --in-place 's|^name: apps/|name: |' apps/*/recipe.yaml
stamp -C bases build --output "oci:$PWD/layouts/{name}"
ended_with 0
for name in debian ubuntu; do
  cp -r "layouts/$name" "apps/$name/base"
done

# packages_of LOCK…: their packages, "NAME VERSION" a line.
packages_of() {
  jq --raw-output '.platforms["linux/amd64"].packages[] | "\(.name) \(.version)"' "$@" | sort
}

# unpack LAYOUT: into bundle-NAME; sets `root`.
unpack() {
  run umoci unpack --image "$1:latest" "bundle-${1##*/}"
  ended_with 0
  root=$PWD/bundle-${1##*/}/rootfs
}

# apt_here ARGUMENT…: the apt-get of this machine on `root`, with nothing of the machine's own.
apt_here() {
  APT_CONFIG=/dev/null run apt-get -o Dir="$root" -o Dir::State::status="$root/var/lib/dpkg/status" \
    -o Dir::Etc=/dev/null -o Dir::Cache="$story_folder/apt" -o Dir::State="$story_folder/apt" \
    -o Dir::Bin::dpkg=/usr/bin/dpkg -o DPkg::Options::=--root="$root" -o Debug::NoLocking=true \
    -o APT::Architecture=amd64 "$@"
}

stamp -C apps lock
ended_with 0
stamp -C apps build --output "oci:$PWD/layouts/on-{name}"
ended_with 0
if grep --quiet warning "$story_folder/stderr"; then
  fail "a warning"
fi
for name in debian ubuntu; do
  lock=apps/$name/stamp.lock
  base=$(jq --raw-output '.platforms["linux/amd64"].packages | length' "bases/$name/stamp.lock")
  [ "$base" -gt 50 ] || fail "the base has $base packages"
  same "packages that are in both locks" "" \
    "$(comm -12 <(packages_of "bases/$name/stamp.lock") <(packages_of "$lock"))"
  same "layers of the base" \
    "$(jq --compact-output .layers "$(blob "layouts/$name" "$(manifest "layouts/$name" amd64)")")" \
    "$(jq --compact-output '.layers[:-1]' "$(blob "layouts/on-$name" "$(manifest "layouts/on-$name" amd64)")")"
  unpack "layouts/on-$name"
  run dpkg --root "$root" --list
  ended_with 0
  same "packages" "$(packages_of "bases/$name/stamp.lock" "$lock")" \
    "$(awk '/^i/ { sub(":amd64", "", $2); print $2, $3 }' stdout | sort)"
  same "states" "ii" "$(awk '/^[a-z][A-Za-z]  / { print $1 }' stdout | sort -u)"
  run dpkg --root "$root" --audit
  ended_with 0
  same "what is left to do" "" "$(cat stdout)"
  run dpkg --root "$root" --verify
  ended_with 0
  same "changed files" "" "$(grep --invert-match /etc/motd stdout || true)"
  apt_here check
  ended_with 0
  apt_here --simulate install jq
  ended_with 0
  printed_line "jq is already the newest version"
  [ "$(cat "$root/srv/base" 2>/dev/null || echo base)" = base ] || fail "a file of the base is another one"
done
same "system" "debian bookworm" \
  "$(jq --raw-output '.platforms["linux/amd64"].bases[0].system' apps/debian/stamp.lock)"
same "system" "ubuntu noble" \
  "$(jq --raw-output '.platforms["linux/amd64"].bases[0].system' apps/ubuntu/stamp.lock)"

# Put on the base or made in one: the same files, but for the order of packages in dpkg's status.
unpack layouts/whole
whole=$root
root=$PWD/bundle-on-debian/rootfs
diff -r --no-dereference --brief "$whole" "$root" >difference || true
same "files that differ from those of an image made in one" \
  "Files $whole/var/lib/dpkg/status and $root/var/lib/dpkg/status differ" "$(cat difference)"
# stanzas ROOT: dpkg's status, a line for each package, in order.
stanzas() {
  awk 'BEGIN { RS = "" } { gsub("\n", "|"); print }' "$1/var/lib/dpkg/status" | sort
}
diff <(stanzas "$whole") <(stanzas "$root") || fail "dpkg's status differs"
attributes() {
  (cd "$1" && find . -printf '%y %m %U:%G %p %l\n' | sort)
}
diff <(attributes "$whole") <(attributes "$root") || fail "attributes differ"

# The same on what dpkg made, as dpkg would have gone on.
if [ -d apps/dpkg ]; then
  bootstrap whole.tar "--include=${added//, /,}"
  run python3 -B "$tests_folder/on_base_compare.py" whole.tar layouts/on-dpkg
  ended_with 0
  unpack layouts/on-dpkg
  run dpkg --root "$root" --verify
  ended_with 0
  same "changed files" "missing     /dev" "$(cat stdout)"  # left out of the tar
  apt_here check
  ended_with 0
else
  echo "mmdebstrap is not installed: nothing was put on a base that dpkg made"
fi
root=$PWD/bundle-on-debian/rootfs

# Programs run, and what the new layer has of the base's libraries and accounts is right.
if chroot "$root" /bin/true; then
  run chroot "$root" jq --null-input --compact-output '{on: "a base"}'
  printed <<<'{"on":"a base"}'
  run chroot "$root" sh -c 'getent passwd sshd | cut -d: -f1; readlink /etc/alternatives/vi; ldconfig -p | wc -l'
  ended_with 0
  before=$(cat stdout)
  chroot "$root" ldconfig
  run chroot "$root" sh -c 'getent passwd sshd | cut -d: -f1; readlink /etc/alternatives/vi; ldconfig -p | wc -l'
  same "after ldconfig" "$before" "$(cat stdout)"
  DEBIAN_FRONTEND=noninteractive run dpkg --root "$root" --configure -a
  ended_with 0
  same "what was left to configure" "" "$(cat stdout)"
fi

# Made again from nothing it is the same.
stamp -C apps build --locked --check
ended_with 0

# Another distribution's packages, and a base that moved.
sed --in-place 's/sources: \[ubuntu\]/sources: [debian]/' apps/ubuntu/recipe.yaml
stamp -C apps lock ubuntu
ended_with 2
complained_line "packages cannot be put on the image in layout 'base': it is ubuntu noble, and the packages are of Debian"
sed --in-place 's/\[bash, libc-bin\]/[bash, libc-bin, jq]/' bases/debian/recipe.yaml
rm -r apps/debian/base
stamp -C bases build debian --output "oci:$PWD/apps/debian/base"
ended_with 0
stamp -C apps build debian --locked
ended_with 2
complained_line "debian: the base image for linux/amd64 changed"
stamp -C apps lock debian
ended_with 0
if packages_of apps/debian/stamp.lock | grep --quiet '^jq '; then
  fail "jq is in the lock, and in the base"
fi
