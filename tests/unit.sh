#!/usr/bin/env bash
# Runs unit tests in a new folder, in memory where the machine has a file system for that: many of them sync, and a
# disk that others use would decide how long they take. Says only which failed and which were skipped, and why.
# usage: unit.sh EXECUTABLE [OPTION OF GOOGLETEST…]
set -euo pipefail

if ! "$@" --gtest_list_tests | grep '^  ' >/dev/null; then
  printf 'FAILED: there is no such test\n'
  exit 1
fi

memory=/dev/shm
needed_kib=$((256 * 1024))
folder=
if [ -w "$memory" ] && [ "$(df --output=avail --block-size=1K "$memory" | tail -n 1)" -ge "$needed_kib" ]; then
  folder=$(mktemp -d -p "$memory")
  # Tests write programs and start them, which a container's memory may forbid.
  printf '#!/bin/sh\n' >"$folder/probe"
  chmod +x "$folder/probe"
  if ! "$folder/probe" 2>/dev/null; then
    rm -r "$folder"
    folder=
  else
    rm "$folder/probe"
  fi
fi
[ -n "$folder" ] || folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
TMPDIR=$folder "$@" --gtest_brief=1
if [ -n "$(ls -A "$folder")" ]; then
  printf 'FAILED: left behind in the folder for temporary files: %s\n' "$(ls -A "$folder")"
  exit 1
fi
