#!/usr/bin/env bash
# Wrong command lines: the whole message, exit code 2, nothing on standard output.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# refused ARGUMENT…: the message is on stdin.
refused() {
  cat >expected
  stamp "$@"
  ended_with 2
  complained <expected
  printed </dev/null
}

refused <<'END'
stamp: error: 'stamp' needs a command
  try: stamp --help
END
refused bild <<'END'
stamp: error: unknown command 'bild'; did you mean 'build'?
  try: stamp --help
END
refused build --lockd <<'END'
stamp: error: unknown option '--lockd'; did you mean '--locked'?
  try: stamp build --help
END
refused cache <<'END'
stamp: error: 'stamp cache' needs a command
  try: stamp cache --help
END
refused cache stat <<'END'
stamp: error: unknown command 'stat'; did you mean 'stats'?
  try: stamp cache --help
END
refused build --platform <<'END'
stamp: error: --platform: 1 required OS/ARCH missing
  try: stamp build --help
END
refused build --platform linux <<'END'
stamp: error: 'linux' is not a platform of the form os/architecture[/variant]
  while reading --platform
  try: write it like linux/amd64 or linux/arm64
END
refused build --output foo:bar <<'END'
stamp: error: cannot write 'foo:bar': an output is oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE
END
refused build --quiet --verbose <<'END'
stamp: error: --quiet excludes --verbose
  try: stamp build --help
END
refused version extra <<'END'
stamp: error: unknown command 'extra'
  try: stamp version --help
END
refused build <<'END'
stamp: error: cannot open workspace '.': it has no stamp.yaml
  try: name the folder that holds stamp.yaml: stamp -C FOLDER …
END
refused -C nowhere lock <<'END'
stamp: error: cannot open workspace 'nowhere': it has no stamp.yaml
  try: name the folder that holds stamp.yaml: stamp -C FOLDER …
END

echo 'stamp: 2' >stamp.yaml
refused build <<'END'
stamp: error: stamp.yaml:1:8: format 2 of stamp.yaml; this program reads 1
  stamp: 2
         ^
END

printf 'stamp: 1\ndefaults: {platforms: [linux/amd64]}\n' >stamp.yaml
recipe app </dev/null
refused build ap <<'END'
stamp: error: cannot find recipe 'ap': no recipe.yaml in '.' has that name
  try: the recipe 'app'
END
refused build --platform linux/s390x <<'END'
stamp: error: cannot build 'app' for linux/s390x: it is built for linux/amd64
END
