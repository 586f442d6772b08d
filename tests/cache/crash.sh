#!/usr/bin/env bash
# usage: crash.sh CACHE_DRIVER
# Kills a program that fills a cache at every system call that changes something, and makes such
# calls fail; after each, the cache must be valid and the same program must finish.
set -euo pipefail

driver=$1
limit_seconds=${STAMP_CRASH_SECONDS:-40}
# What changes files.
kinds=(write pwrite64 fsync fdatasync rename link unlink unlinkat ftruncate mkdir fchmod)

if ! command -v strace >/dev/null || ! strace -o /dev/null -e trace=none true 2>/dev/null; then
  echo "skipped: strace cannot trace here"
  exit 77
fi

# A memory file system where there is one, since every round syncs.
place=${TMPDIR:-/tmp}
[[ ! -w /dev/shm ]] || place=/dev/shm
folder=$(mktemp -d -p "$place")
trap 'rm -rf "$folder"' EXIT
cache=$folder/cache

fail() {
  echo "FAILED: $1"
  cat "$folder/output" || true
  exit 1
}

# The state after an interrupted run: valid, and the next run finishes the work.
check() {
  "$driver" check "$cache" >"$folder/output" 2>&1 || fail "$1: the cache is not valid"
  "$driver" fill "$cache" >"$folder/output" 2>&1 || fail "$1: the next run did not finish"
  [[ $("$driver" check "$cache" 2>"$folder/output") == 4 ]] || fail "$1: results are missing"
}

# Runs the program with WHAT happening at its WHENth call of KIND.
inject() { # KIND WHAT WHEN
  rm -rf "$cache"
  # The shell's own "Killed" goes where nobody reads it.
  {
    strace -f -qq -o "$folder/trace" -e trace="$1" -e inject="$1:$2:when=$3" \
      "$driver" fill "$cache" >"$folder/output" 2>&1
  } 2>/dev/null
}

points=0
calls_of() { # KIND
  rm -rf "$cache"
  strace -f -qq -o "$folder/trace" -e trace="$1" "$driver" fill "$cache" >/dev/null
  grep -c "$1(" "$folder/trace" || true
}

# Bounded in time: on a slow disk the last points are left out.
started=$SECONDS
for kind in "${kinds[@]}"; do
  calls=$(calls_of "$kind")
  for ((when = 1; when <= calls; when++)); do
    ((SECONDS - started < limit_seconds)) || break
    inject "$kind" signal=SIGKILL "$when" && fail "$kind $when was not killed"
    check "killed at $kind $when of $calls"
    points=$((points + 1))
  done
done
killed=$points

# A call that fails: the program may end with an error, but never with a wrong cache.
for fault in write:error=ENOSPC pwrite64:error=ENOSPC fsync:error=EIO fdatasync:error=EIO \
  write:error=EIO rename:error=EIO openat:error=EMFILE; do
  kind=${fault%%:*}
  calls=$(calls_of "$kind")
  step=$(((calls + 11) / 12))
  ((calls > 0)) || continue
  for ((when = 1; when <= calls; when += step)); do
    ((SECONDS - started < limit_seconds * 2)) || break 2
    inject "$kind" "${fault#*:}" "$when" || true
    check "${fault#*:} at $kind $when of $calls"
    points=$((points + 1))
  done
done
((killed > 50)) || fail "only $killed points were killed"
echo "$killed points killed, $((points - killed)) faults, in $((SECONDS - started)) s"
