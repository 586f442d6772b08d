#!/usr/bin/env bash
# A loss of power while a cache is filled leaves no result without its blobs, and nothing damaged is ever used.
set -euo pipefail
# A memory file system where there is one: each state is used by a program that syncs.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
here=$(cd "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

if ! command -v strace >/dev/null || ! strace -o /dev/null -e trace=none true 2>/dev/null; then
  skip "strace cannot trace here"
fi

workspace stable
calls="openat,?creat,truncate,ftruncate,fallocate,write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range"
calls+=",fsync,fdatasync,sync,syncfs,?mkdir,mkdirat,?rmdir,?link,linkat,?symlink,symlinkat,?unlink,unlinkat"
calls+=",?rename,?renameat,renameat2"
traced_build() { # TRACE: builds, and leaves there what it did to files
  run strace -f -y -xx -s 100000000 -qq -o "$1" -e trace="$calls" "$STAMP" --cache cache build
  ended_with 0
}

# An empty cache, then one that has results already.
recipe app <<'END'
platforms: [linux/amd64]
layers:
  - packages: {install: [greet], essential: false, scripts: skip}
  - files: {/etc/app: {text: "one\n"}}
END
stamp --cache other lock
ended_with 0
traced_build first
sed -i 's/one/two/' app/recipe.yaml
traced_build second
cp stdout expected
cat first second >both

python3 -B "$here/power_loss.py" both cache expected "${STAMP_POWER_SECONDS:-8}" "$STAMP"
