#!/usr/bin/env bash
# Images are published in a real registry, and other people's tools find them there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

serve_registry registry

workspace stable
recipe base <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
recipe app <<'END'
from: {recipe: base}
layers:
  - files: {/etc/app: {text: "app\n"}}
END

stamp push --to "$registry/home/{name}" --tag v1 --tag latest --json
ended_with 0
cp stdout first.json
same "names" '["base","app"]' "$(jq --compact-output '[.images[].name]' first.json)"
for name in app base; do
  digest=$(jq --raw-output --arg name "$name" '.images[] | select(.name == $name).digest' first.json)
  same "digest in the lock" "$(jq --raw-output .result.digest "$name/stamp.lock")" "$digest"
  for tag in v1 latest "keep-sha256-${digest#sha256:}"; do
    skopeo inspect --raw --tls-verify=false "docker://$registry/home/$name:$tag" >index
    same "index of $name:$tag" "$digest" "sha256:$(sha256sum index | cut -d' ' -f1)"
  done
  skopeo copy --quiet --all --preserve-digests --src-tls-verify=false \
    "docker://$registry/home/$name@$digest" "oci:pulled-$name:latest"
done
# Where the base's layers are already, they are not sent again, whichever was first.
jq --exit-status '[.images[].bytes.mounted] | max > 0' first.json >/dev/null || fail "nothing mounted"

# What is published already takes a request for each tag.
stamp push app --to "$registry/home/{name}" --locked --json
ended_with 0
same "requests" '[2,true,0]' \
  "$(jq --compact-output '[.images[0] | .requests, .unchanged, .bytes.sent]' stdout)"

stamp push app --to "$registry/home/{name}"
ended_with 0
digest=$(jq --raw-output .result.digest app/stamp.lock)
printed <<<"app $registry/home/app:latest@$digest"

# The workspace may name the repository.
printf 'publish: {repository: "%s/other/{name}"}\n' "$registry" >>stamp.yaml
stamp push base --tag 1.0
ended_with 0
printed <<<"base $registry/other/base:1.0@$(jq --raw-output .result.digest base/stamp.lock)"

stamp push --to "$registry/home/one"
ended_with 2
complained <<END
stamp: error: cannot publish both 'base' and 'app' in $registry/home/one
  try: put {name} into the repository, which stands for the recipe's name
END
stamp push --tag a:b
ended_with 2
complained <<'END'
stamp: error: cannot set tag 'a:b': it is not a tag
  try: a tag has letters, digits, '_', '.' and '-', at most 128, and begins with one of the first three
END
stamp push app --to "$registry/UPPER"
ended_with 2
stop_server "$server"
stamp push app --to "$registry/home/new" --tag later
ended_with 1
complained_line "while publishing 'app' in $registry/home/new"
