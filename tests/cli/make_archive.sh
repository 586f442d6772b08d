#!/usr/bin/env bash
# Makes a small signed Debian archive, for stories that lock and build without a network.
# usage: make_archive.sh FOLDER      gives FOLDER/archive and FOLDER/keyring.gpg
#
# Packages, for amd64 and arm64:
#   base-files (essential; has a file in place of /bin/sh), usr-is-merged, libgreet (Multi-Arch: same), greet 1.0 (needs libgreet, has
#   a conffile and a postinst), extra (depends on `greet | nothing`), clash (ships a file of greet).
# Suite `next` holds greet 1.1 too.
set -euo pipefail

folder=$1
rm -rf "$folder"
mkdir -p "$folder/archive" "$folder/work" "$folder/gnupg"
cd "$folder"
umask 022
export SOURCE_DATE_EPOCH=1760000000 LC_ALL=C.UTF-8
# gpg-agent's socket has a short name only here, whatever $folder is
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT

triplet() {
  case $1 in
    amd64) echo x86_64-linux-gnu ;;
    arm64) echo aarch64-linux-gnu ;;
  esac
}

# package NAME VERSION ARCHITECTURE [FIELD…]: packs work/tree, with work/tree/DEBIAN as it is there
package() {
  local name=$1 version=$2 architecture=$3 control=work/tree/DEBIAN/control field
  shift 3
  mkdir -p work/tree/DEBIAN "pool/main/${name:0:1}/$name"
  printf '%s\n' "Package: $name" "Version: $version" "Architecture: $architecture" \
    "Maintainer: Nobody <nobody@example.org>" "Section: misc" "Priority: optional" >"$control"
  for field in "$@"; do
    printf '%s\n' "$field" >>"$control"
  done
  printf '%s\n' "Description: the package $name of stamp's tests" >>"$control"
  find work/tree -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build work/tree \
    "pool/main/${name:0:1}/$name/${name}_${version}_$architecture.deb" >/dev/null
  rm -rf work/tree
}

greet() {
  local version=$1 architecture=$2
  mkdir -p work/tree/{DEBIAN,usr/bin,etc,usr/share/doc/greet}
  # shellcheck disable=SC2016
  printf '#!/bin/sh\n. /etc/greet.conf\necho "$GREETING"\n' >work/tree/usr/bin/greet
  chmod 755 work/tree/usr/bin/greet
  echo "GREETING='hello from $version'" >work/tree/etc/greet.conf
  echo /etc/greet.conf >work/tree/DEBIAN/conffiles
  echo "copyright of greet" >work/tree/usr/share/doc/greet/copyright
  echo "changes of greet" >work/tree/usr/share/doc/greet/changelog
  printf '#!/bin/sh\nset -e\ntouch /var/lib/greeted\n' >work/tree/DEBIAN/postinst
  chmod 755 work/tree/DEBIAN/postinst
  package greet "$version" "$architecture" "Depends: libgreet (>= 1.0)"
}

cd archive
for architecture in amd64 arm64; do
  mkdir -p work/tree/{bin,etc,tmp,var/lib}
  chmod 1777 work/tree/tmp
  echo 12.0 >work/tree/etc/debian_version
  echo "in place of a shell" >work/tree/bin/sh
  chmod 755 work/tree/bin/sh
  package base-files 12.0 "$architecture" "Essential: yes"

  mkdir -p "work/tree/lib/$(triplet "$architecture")"
  echo library >"work/tree/lib/$(triplet "$architecture")/libgreet.so.1"
  package libgreet 1.0 "$architecture" "Multi-Arch: same"

  greet 1.0 "$architecture"
  greet 1.1 "$architecture"
done
mkdir -p work/tree/usr/share/doc/usr-is-merged
echo text >work/tree/usr/share/doc/usr-is-merged/copyright
package usr-is-merged 37 all "Multi-Arch: foreign"
mkdir -p work/tree/usr/share/extra
echo extra >work/tree/usr/share/extra/text
package extra 1.0 all "Depends: greet | nothing"
mkdir -p work/tree/usr/bin
echo clash >work/tree/usr/bin/greet
package clash 1.0 all
rm -rf work

# index SUITE ARCHITECTURE: the Packages file of a suite; `stable` leaves the newer greet out
index() {
  local suite=$1 architecture=$2 deb
  find pool -name "*_$architecture.deb" -o -name '*_all.deb' | sort | while read -r deb; do
    if [ "$suite" = stable ] && [[ $deb == *greet_1.1* ]]; then
      continue
    fi
    dpkg-deb --field "$deb" | sed '/^Description:/d'
    printf '%s\n' "Filename: $deb" "Size: $(stat --format=%s "$deb")" \
      "SHA256: $(sha256sum "$deb" | cut -d' ' -f1)" "Description: a package of stamp's tests" ""
  done
}

# The unattended key: no passphrase, signing only.
gpg --batch --quiet --faked-system-time "$SOURCE_DATE_EPOCH!" --passphrase '' --quick-generate-key 'Archive of the tests <tests@example.org>' \
  ed25519 sign never 2>/dev/null
gpg --batch --quiet --export >../keyring.gpg

for suite in stable next; do
  for architecture in amd64 arm64; do
    binary=dists/$suite/main/binary-$architecture
    mkdir -p "$binary"
    index "$suite" "$architecture" >"$binary/Packages"
    xz --keep "$binary/Packages"
  done
  (
    cd "dists/$suite"
    {
      printf '%s\n' "Origin: Tests" "Label: Tests" "Suite: $suite" "Codename: $suite" \
        "Date: $(date --utc --date="@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S UTC')" \
        "Architectures: amd64 arm64" "Components: main" "SHA256:"
      find main -type f | sort | while read -r file; do
        printf ' %s %d %s\n' "$(sha256sum "$file" | cut -d' ' -f1)" \
          "$(stat --format=%s "$file")" "$file"
      done
    } >Release
    gpg --batch --quiet --faked-system-time "$SOURCE_DATE_EPOCH!" --clearsign --digest-algo SHA512 --output InRelease Release
  )
done
