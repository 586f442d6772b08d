#!/usr/bin/env bash
# Builds stamp once more with clang, AddressSanitizer and UndefinedBehaviorSanitizer, then runs the
# unit tests and, for a few seconds each, the fuzz targets.
# usage: run.sh SOURCE-FOLDER BUILD-FOLDER
set -euo pipefail

source=$1
build=$2
mkdir -p "$build"
if [ ! -d "${HOME:-}" ]; then
  export CCACHE_DIR=${CCACHE_DIR:-$build/ccache}  # ccache's own choice is below the home folder
fi

# A sanitizer needs its run-time library, and its leak check needs ptrace, which a container may
# refuse; some kernels place mappings where clang 14's shadow memory must be.
probe=$build/probe
printf 'int main(int argc, char**) { int* p = new int[2]; p[1] = argc; int r = p[1]; delete[] p; return r - 1; }\n' >"$probe.cpp"
if ! clang++ -fsanitize=address,undefined -o "$probe" "$probe.cpp"; then
  echo "skip: the sanitizers do not run on this machine (no run-time library)"
  exit 77
fi
runs() {
  local turn
  for turn in 1 2 3 4 5 6 7 8 9 10; do
    "$@" "$probe" >"$build/probe.log" 2>&1 || return 1
  done
  echo "probe passed $turn times"
}
prefix=()
if ! runs; then
  if runs setarch --addr-no-randomize; then
    echo "note: address space randomisation switched off for the sanitizers"
    prefix=(setarch --addr-no-randomize)
  elif ASAN_OPTIONS=detect_leaks=0 runs; then
    echo "note: no leak check here: $(tail -n 1 "$build/probe.log")"
    export ASAN_OPTIONS=detect_leaks=0
  else
    cat "$build/probe.log"
    echo "skip: the sanitizers do not run on this machine"
    exit 77
  fi
fi

cmake --preset fuzz -S "$source" -B "$build" -DSTAMP_FUZZ_SECONDS="${STAMP_FUZZ_SECONDS:-10}"
"${prefix[@]}" cmake --build "$build" --parallel 2
"${prefix[@]}" ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel 2 \
  --timeout 900 --label-regex 'unit|long|fuzz' </dev/null
