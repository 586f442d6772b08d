#!/usr/bin/env bash
# What manifests pin is looked for in its registry; what is missing is named with its place and the
# way back.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

serve_registry registry
cat >stamp.yaml <<END
stamp: 1
defaults: {platforms: [linux/amd64, linux/arm64]}
publish: {repository: "$registry/home/{name}"}
pin: {manifests: [cluster]}
END
recipe app <<'END'
layers:
  - files: {/etc/app: {text: "app\n"}}
END
recipe tool <<'END'
platforms: [linux/amd64]
layers:
  - files: {/etc/tool: {text: "tool\n"}}
END
stamp push --tag v1
ended_with 0
app=$(jq --raw-output .result.digest app/stamp.lock)
tool=$(jq --raw-output .result.digest tool/stamp.lock)
amd64=$(jq --raw-output '.result.platforms["linux/amd64"].digest' app/stamp.lock)
layer=$(jq --raw-output '.result.platforms["linux/amd64"].layers[0].digest' app/stamp.lock)

# manifest NAME REFERENCE…: a Pod in cluster/NAME.yaml whose containers run these images.
manifest() {
  local name=$1
  shift
  mkdir -p cluster
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  containers:\n' "$name"
    printf '    - image: %s\n' "$@"
  } >"cluster/$name.yaml"
}
manifest app "$registry/home/app:v1@$app"
manifest more "$registry/home/app:v1@$app" "$registry/home/tool@$tool" "$registry/home/tool:v1"

stamp doctor
ended_with 0
silent
printed <<<'2 of 2 pinned images whole'
stamp doctor cluster/app.yaml --json
ended_with 0
same "images" "[\"$registry/home/app:v1@$app\"]" "$(jq --compact-output '[.images[].image]' stdout)"
same "counts" '[1,0,0]' "$(jq --compact-output '[.whole, .not_whole, .unknown]' stdout)"

# Nodes of another kind; the manifest of one platform where the tag names all.
stamp doctor --platform linux/arm64
ended_with 3
printed <<END
cluster/more.yaml:7: $registry/home/tool@$tool
  missing: an image for linux/arm64
  try: add the platform to 'tool', then: stamp lock tool && stamp push tool && stamp pin
1 of 2 pinned images whole
END
complained <<'END'
stamp: error: 1 pinned image is not whole in the registry any more
END
mkdir other
cat >other/one.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  containers: [{image: "$registry/home/app:v1@$amd64"}]
END
stamp doctor other
ended_with 0
printed <<END
other/one.yaml:5: $registry/home/app:v1@$amd64
  warning: it is the manifest of one platform, and the tag v1 names an index: $app
1 of 1 pinned image whole
END

# A clean-up removes a layer, and a manifest that had no tag.
repositories=$story_folder/registry/docker/registry/v2/repositories
rm -r "$repositories/home/app/_layers/sha256/${layer#sha256:}"
stamp doctor
ended_with 3
printed <<END
cluster/app.yaml:6: $registry/home/app:v1@$app
  also: cluster/more.yaml:6
  missing: layer 1 of linux/amd64 (${layer:0:19})
  missing: layer 1 of linux/arm64 (${layer:0:19})
  try: stamp push app --locked
1 of 2 pinned images whole
END
rm -r "$repositories/home/app/_manifests"
stamp doctor cluster/app.yaml
ended_with 3
printed <<END
cluster/app.yaml:6: $registry/home/app:v1@$app
  missing: all of it
  try: stamp push app --locked
0 of 1 pinned image whole
END
stamp push app --locked --tag v1
ended_with 0
stamp doctor
ended_with 0

# The image of a lock that is not there any more.
old=sha256:$(printf '%064d' 0)
manifest old "$registry/home/app:v1@$old" "$registry/other/app@$old"
stamp doctor cluster/old.yaml
ended_with 3
printed <<END
cluster/old.yaml:6: $registry/home/app:v1@$old
  missing: all of it
  try: app/stamp.lock has $app: 'stamp push app --locked && stamp pin' moves to that; for the one that is pinned find its lock with 'git log -S ${old#sha256:} -- app/stamp.lock', check it out and run 'stamp push app --locked'
cluster/old.yaml:7: $registry/other/app@$old
  missing: all of it
  try: name a tag beside the digest, then: stamp pin --all --update=$registry/other/app
0 of 2 pinned images whole
END
stamp doctor cluster/old.yaml --own --json
ended_with 3
same "images" "[\"$registry/home/app:v1@$old\"]" "$(jq --compact-output '[.images[].image]' stdout)"
same "missing" "[{\"digest\":\"$old\",\"part\":\"image\"}]" \
  "$(jq --compact-output --sort-keys .images[0].missing stdout)"

# A registry that does not answer: the others are asked all the same.
first=$server
serve_registry second
manifest far "$registry/home/far@$old"
stop_server "$server"
stamp doctor cluster/far.yaml cluster/app.yaml
ended_with 1
printed_line "cluster/far.yaml:6: $registry/home/far@$old"
printed_line "  not known: cannot fetch 'http://$registry/v2/home/far/manifests/$old': "
printed_line '1 of 2 pinned images whole'
complained_line 'stamp: error: cannot look for 1 pinned image: no answer from the registry'
kill -0 "$first"

rm -r cluster
stamp doctor
ended_with 1
complained_line "cannot "
sed --in-place '/^pin:/d' stamp.yaml
stamp doctor
ended_with 2
complained <<'END'
stamp: error: cannot look for images in manifests: no path is named
  try: name files or folders, or 'pin: {manifests: […]}' in stamp.yaml
END
