#!/usr/bin/env bash
# podman runs the images: the shell and tools of `debug`, restic and the program of `grafana-backup`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_podman

[ "$(uname -m)" = x86_64 ] || skip "this machine runs no amd64 programs"
debug=oci:$STAMP_REAL/out/debug
backup=oci:$STAMP_REAL/out/grafana-backup

# shellcheck disable=SC2016
run podman_run "$debug" bash -c 'set -e
  echo "shell ${BASH_VERSION%%.*}"
  echo "{\"a\": 1}" | jq -c .
  curl --version >/dev/null && nmap --version >/dev/null && git --version >/dev/null
  ip -brief link show lo | cut -d" " -f1
  dpkg -l bash | tail -n 1 | cut -c 1-2
  echo one | awk "{ print \$1 }"
  vi --version | head -n 1 | cut -d" " -f1
  tar --version | head -n 1 | cut -d" " -f1-3'
ended_with 0
printed <<'END'
shell 5
{"a":1}
lo
ii
one
VIM
tar (GNU tar)
END

# shellcheck disable=SC2016
run podman_run "$backup" sh -c 'set -e
  export RESTIC_REPOSITORY=/tmp/repository RESTIC_PASSWORD=x RESTIC_CACHE_DIR=/tmp/cache
  mkdir -p /tmp/data/deep
  echo one >/tmp/data/file
  ln -s ../file /tmp/data/deep/link
  restic init --quiet
  (cd /tmp/data && restic backup --quiet .)
  restic restore latest --quiet --target /tmp/restored
  diff -r /tmp/data /tmp/restored && echo restored
  restic check --quiet && echo checked'
ended_with 0
printed_line "restored"
printed_line "checked"

run podman_run "$backup" grafana-backup --help
ended_with 0
printed_line "usage: grafana-backup [-h]"
printed_line "RESTIC_REPOSITORY"

# The entrypoint passes the exit code on, and the program says what it lacks.
run podman_run "$backup"
ended_with 2
complained_line "grafana-backup: GRAFANA_URL is not set to an http or https address"
