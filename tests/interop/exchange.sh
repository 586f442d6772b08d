#!/usr/bin/env bash
# Every recipe's image, both platforms: from stamp to a registry, from there by crane and regctl into layouts, and
# from those back by stamp; and pushed by them, copied by stamp. Digests never change.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../real/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../real/lib.sh"

# serve_other NAME: go-containerregistry's registry on a port of its own; sets `registry`.
serve_other() {
  local port
  port=$(free_port)
  registry=127.0.0.1:$port
  registry -port "$port" >"$story_folder/$1.log" 2>&1 &
  servers+=("$!")
  await_port "$port"
}

# exchange_one NAME: there and back.
exchange_one() {
  local name=$1 layout=$STAMP_REAL/out/$1 digest
  digest=$(jq --raw-output '.manifests[0].digest' "$layout/index.json")
  stamp copy "oci:$layout" "docker://$registry/stamp/$name:1"
  ended_with 0
  same "what crane sees of $name" "$digest" "$(crane digest --insecure "$registry/stamp/$name:1")"
  # Of layers in zstd, `crane validate` without --fast says that they are no gzip.
  run crane validate --fast --insecure --remote "$registry/stamp/$name:1"
  ended_with 0
  run regctl "${plain[@]}" image copy "$registry/stamp/$name:1" "ocidir://$story_folder/regctl/$name:1"
  ended_with 0
  run crane pull --insecure --format oci "$registry/stamp/$name:1" "$story_folder/crane/$name"
  ended_with 0
  run crane push --insecure --index "$story_folder/crane/$name" "$registry/crane/$name:1"
  ended_with 0
  run regctl "${plain[@]}" image copy "ocidir://$story_folder/regctl/$name:1" "$registry/regctl/$name:1"
  ended_with 0
  stamp copy "docker://$registry/regctl/$name:1" "oci:$story_folder/back/$name:1"
  ended_with 0
  same "what came back of $name" "$digest" "$(jq --raw-output '.manifests[0].digest' "$story_folder/back/$name/index.json")"
  rm -rf "$story_folder"/{regctl,crane,back}/"$name"
}

mkdir regctl crane back
count=0
for kind in docker other; do
  if [ "$kind" = docker ]; then serve_registry docker; else serve_other other; fi
  plain=(--host "reg=$registry,tls=disabled")
  for layout in "$STAMP_REAL"/out/*/; do
    [ -e "$STAMP_REAL/recipes/$(basename "$layout")" ] || continue
    exchange_one "$(basename "$layout")"
    count=$((count + 1))
  done
  stop_server "${servers[-1]}"
  unset 'servers[-1]'
done
[ "$count" -ge 2 ] || fail "no image was there"
echo "$count images there and back"
