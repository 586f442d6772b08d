#!/usr/bin/env bash
# The documents of --json have the members that docs/formats.md names.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
stamp build --json
ended_with 0
same "members" '["images","seconds","steps"]' "$(jq --compact-output keys stdout)"
jq --exit-status '
  (.images | length == 1) and (.images[0].name == "app")
  and (.images[0].digest | test("^sha256:[0-9a-f]{64}$"))
  and ([.images[0].platforms[].platform] == ["linux/amd64", "linux/arm64"])
  and (.images[0].platforms[0].layers[0] | (.digest | startswith("sha256:"))
       and (.diff_id | startswith("sha256:")) and .size > 0 and .reused == false)
  and .steps.run > 0 and .seconds >= 0' stdout >/dev/null || fail "another document"
stamp build --json
ended_with 0
jq --exit-status '.steps.run == 0 and .images[0].platforms[0].layers[0].reused' stdout \
  >/dev/null || fail "not reused"
stamp build --json --platform linux/arm64
ended_with 0
same "platforms" '["linux/arm64"]' "$(jq --compact-output '[.images[0].platforms[].platform]' stdout)"
