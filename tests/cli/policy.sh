#!/usr/bin/env bash
# A policy names the workspace's repositories; nothing is asked of any server.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe web <<'END'
layers:
  - files: {/etc/web: {text: "web\n"}}
END
recipe db <<'END'
layers:
  - files: {/etc/db: {text: "db\n"}}
END

stamp policy kyverno
ended_with 2
complained <<'END'
stamp: error: cannot publish: no repository is named
  try: --to REGISTRY/PATH/{name}, or 'publish: {repository: …}' in stamp.yaml
END

printf 'publish: {repository: "registry.example/home/{name}"}\n' >>stamp.yaml
stamp policy kyverno
ended_with 0
silent
printed_line 'kind: ValidatingPolicy'
printed_line '["registry.example/home/db",'
printed_line ' "registry.example/home/web"]'
same "documents" 2 "$(grep --count '^kind: ValidatingPolicy$' stdout)"

stamp policy kyverno web --to 'other.example/{name}'
ended_with 0
printed_line '["other.example/web"]'

stamp policy
ended_with 2
complained <<'END'
stamp: error: 'stamp policy' needs a command
  try: stamp policy --help
END
stamp policy kyverno nothing
ended_with 2
