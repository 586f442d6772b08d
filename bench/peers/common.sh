# What the scripts of the peers share; to be sourced by them.
# shellcheck shell=bash
#
# Each is called as SCRIPT COMMAND, with
#   start                       gets ready (a daemon)
#   reset                       forgets everything that was built
#   build LAYOUT TEXT GENERATION   builds into the OCI layout LAYOUT; the image's file has TEXT
#   stop                        ends what start began
# and in the environment BENCH_STATE (a folder of its own), BENCH_BASE (the OCI layout, tag base),
# BENCH_URL (a Debian archive on loopback) and BENCH_PACKAGES (names). All run as root.

: "${BENCH_STATE:?}" "${BENCH_BASE:?}" "${BENCH_URL:?}" "${BENCH_PACKAGES:?}"
mkdir -p "$BENCH_STATE"
peers=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
export peers

# bench_context TEXT: the folder that a Dockerfile's COPY sees.
bench_context() {
  mkdir -p "$BENCH_STATE/context"
  cp "$peers/Dockerfile" "$BENCH_STATE/context/Dockerfile"
  printf '%s\n' "$1" >"$BENCH_STATE/context/motd"
  printf '%s\n' "$BENCH_STATE/context"
}
