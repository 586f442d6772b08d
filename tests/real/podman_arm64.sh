#!/usr/bin/env bash
# podman runs `debug` for arm64 on another processor, by qemu's user emulation. The emulator is named
# on the command line, so that nothing has to be registered with the kernel.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_podman

# emulated PROGRAM ARGUMENT…: runs it in the image.
emulated() {
  podman_run --platform linux/arm64 --volume /usr/bin/qemu-aarch64-static:/emulator:ro \
    --entrypoint /emulator "oci:$STAMP_REAL/out/debug" "$@"
}

# shellcheck disable=SC2016
run emulated /usr/bin/bash -c 'echo "$BASH_VERSION" "$MACHTYPE"; [ -r /usr/bin/jq ] && echo there'
ended_with 0
printed_line "aarch64-unknown-linux-gnu"
printed_line "there"

run emulated /usr/bin/uname -m
ended_with 0
printed <<<"aarch64"

run emulated /usr/bin/jq -n -c '{sum: (1 + 2)}'
ended_with 0
printed <<<'{"sum":3}'

run emulated /usr/bin/curl --version
ended_with 0
printed_line "(aarch64-unknown-linux-gnu)"

run emulated /usr/bin/dpkg --print-architecture
ended_with 0
printed <<<"arm64"
