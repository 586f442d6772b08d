# Functions that the scripts share; to be sourced by them.
# shellcheck shell=bash

stamp_source=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

# stamp_say TEXT: one line about what happens now, on stderr.
stamp_say() {
  printf '==> %s\n' "$*" >&2
}

# stamp_packages LIST…: the packages named in scripts/packages/LIST.txt, one a line.
stamp_packages() {
  local list
  for list in "$@"; do
    sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$stamp_source/scripts/packages/$list.txt"
  done
}

# stamp_missing PACKAGE…: those of the packages that are not installed.
stamp_missing() {
  local package
  for package in "$@"; do
    if [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
      printf '%s\n' "$package"
    fi
  done
}

# stamp_install LIST…: installs by apt what is missing of the lists, as root or through sudo.
stamp_install() {
  local packages missing as_root=()
  mapfile -t packages < <(stamp_packages "$@")
  mapfile -t missing < <(stamp_missing "${packages[@]}")
  if [ "${#missing[@]}" -eq 0 ]; then
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
    if ! command -v sudo >/dev/null; then
      printf 'cannot install packages: not root, and there is no sudo\n' >&2
      printf '  try: as root, apt-get install %s\n' "${missing[*]}" >&2
      return 4
    fi
  fi
  stamp_say "installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
  # A source of the machine that is of no use here may be out of reach; installing will tell.
  "${apt[@]}" -qq update </dev/null >&2 || stamp_say "some package lists could not be updated"
  "${apt[@]}" -qq -y --no-install-recommends install "${missing[@]}" </dev/null >&2
}

# stamp_newer_liblzma: puts the static liblzma of Debian 13 below build/liblzma, where the build finds
# it: its x86-64 decoder takes a third less time than that of Debian 12 (docs/adr/0008). The bytes
# are named by digest here, so any mirror will do; without them the system's library is used.
stamp_newer_liblzma() {
  local digest=318392c37941e7f54d8af8df237680a9eec1b99767fe1e85b709d873f3f1a43b
  local file=pool/main/x/xz-utils/liblzma-dev_5.8.1-1_amd64.deb
  local target=$stamp_source/build/liblzma places place scratch
  if [ -e "$target/liblzma.a" ] || [ "$(dpkg --print-architecture)" != amd64 ]; then
    return 0
  fi
  # shellcheck disable=SC2016  # apt's own placeholder
  mapfile -t places < <(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep '/debian/$' | sort -u)
  places+=("https://snapshot.debian.org/archive/debian/20251101T000000Z/")
  scratch=$(mktemp -d)
  # apt's downloader gives up its rights for a user who must be able to write here.
  chmod 0777 "$scratch"
  for place in "${places[@]}"; do
    if /usr/lib/apt/apt-helper -qq -o Acquire::Retries=2 download-file "$place$file" \
      "$scratch/liblzma.deb" "SHA256:$digest" >/dev/null 2>&1; then
      break
    fi
  done
  if printf '%s  %s\n' "$digest" "$scratch/liblzma.deb" | sha256sum --check --status 2>/dev/null; then
    dpkg-deb --extract "$scratch/liblzma.deb" "$scratch/package"
    mkdir -p "$target"
    cp -r "$scratch/package/usr/include" "$target/"
    # Last and at once: its presence says that all is there.
    cp "$scratch"/package/usr/lib/*/liblzma.a "$target/liblzma.a.part"
    mv "$target/liblzma.a.part" "$target/liblzma.a"
  else
    stamp_say "Debian 13's liblzma cannot be fetched: the system's is used, which is slower"
  fi
  rm -rf "$scratch"
}

# stamp_jobs: how many compilers run at once: one per processor that this process may use, fewer
# where memory is short (a compiler takes up to 1 GB).
stamp_jobs() {
  local by_memory jobs
  jobs=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  if [ "$by_memory" -lt "$jobs" ]; then
    jobs=$by_memory
  fi
  if [ "$jobs" -lt 1 ]; then
    jobs=1
  fi
  printf '%s\n' "$jobs"
}
