#!/usr/bin/env bash
# Tools that are not stamp find in the layouts what stamp says of them: skopeo reads the manifests,
# zstd and sha256sum give the digests, sizes and diff_ids of the layers.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

checked=0
for lock in "$STAMP_REAL"/recipes/*/stamp.lock; do
  layout=$STAMP_REAL/out/$(basename "$(dirname "$lock")")
  for architecture in amd64 arm64; do
    run skopeo inspect --override-arch "$architecture" --override-os linux "oci:$layout"
    ended_with 0
    same "architecture" "$architecture" "$(jq --raw-output .Architecture stdout)"
    same "layers" "$(jq --raw-output .Layers[] stdout)" "$(jq --raw-output \
      --arg platform "linux/$architecture" '.result.platforms[$platform].layers[].digest' "$lock")"

    run skopeo inspect --raw "oci:$layout"
    ended_with 0

    document=$(blob "$layout" "$(manifest "$layout" "$architecture")")
    config=$(blob "$layout" "$(jq --raw-output .config.digest "$document")")
    count=$(jq '.layers | length' "$document")
    for ((i = 0; i < count; i++)); do
      digest=$(jq --raw-output ".layers[$i].digest" "$document")
      file=$(blob "$layout" "$digest")
      same "size of layer $i" "$(jq ".layers[$i].size" "$document")" \
        "$(stat --format=%s "$file")"
      same "digest of layer $i" "$digest" "sha256:$(sha256sum <"$file" | cut -d' ' -f1)"
      same "diff_id of layer $i" "$(jq --raw-output ".rootfs.diff_ids[$i]" "$config")" \
        "sha256:$(zstd --decompress --stdout "$file" | sha256sum | cut -d' ' -f1)"
      same "paths that are twice in layer $i" "" \
        "$(zstd --decompress --stdout "$file" | tar --list | sed 's#/$##' | sort | uniq --repeated)"
      checked=$((checked + 1))
    done
  done
done
[ "$checked" -ge 4 ] || fail "only $checked layers were checked"
echo "$checked layers"
