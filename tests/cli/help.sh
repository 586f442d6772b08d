#!/usr/bin/env bash
# Help and version: on standard output, at once, wherever one is.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

stamp --help
ended_with 0
silent
printed_line "Bit-reproducible OCI images from locked Debian packages"
for command in lock build push copy login logout doctor gc policy explain cache version; do
  printed_line "  $command "
done

for words in "lock" "build" "push" "copy" "login" "logout" "doctor" "gc" "policy" "policy kyverno" "explain" "cache" "cache stats" "cache verify" "cache push" "cache pull" "version"; do
  # shellcheck disable=SC2086
  stamp $words --help
  ended_with 0
  silent
done
stamp build --help
for option in --platform --output --locked --check --json; do
  printed_line "$option"
done

stamp version
ended_with 0
silent
grep --quiet --extended-regexp '^stamp [0-9]+\.[0-9]+\.[0-9]+$' stdout || fail "no version"
version=$(cat stdout)
stamp --version
ended_with 0
same "version" "$version" "$(cat stdout)"
stamp version --json
ended_with 0
same "version" "$version" "stamp $(jq --raw-output .version stdout)"

# Help needs no workspace, no cache and no home.
cd /
run env --ignore-environment "$STAMP" build --help
ended_with 0
silent
