#!/usr/bin/env bash
# What kustomize makes of entries of `images:`, so that pins are written where they hold.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"

digest=sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
other=sha256:1111111111111111111111111111111111111111111111111111111111111111
name=registry.example/home/web

# becomes ENTRY IMAGE RESULT: with that entry, the image in a resource becomes that one.
becomes() {
  printf 'resources: [pod.yaml]\nimages:\n  - %s\n' "$1" >kustomization.yaml
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: "%s"}]}\n' "$2" >pod.yaml
  run kustomize build .
  ended_with 0
  same "$2 by $1" "$3" "$(sed --quiet 's/^ *- image: //p' stdout)"
}

for image in "$name" "$name:v0" "$name:v0@$other" "$name@$other"; do
  # Both are right, and the tag stays for readers.
  becomes "{name: $name, newTag: v1, digest: \"$digest\"}" "$image" "$name:v1@$digest"
  becomes "{name: $name, newTag: \"v1@$digest\"}" "$image" "$name:v1@$digest"
  # What is named alone takes the place of both.
  becomes "{name: $name, digest: \"$digest\"}" "$image" "$name@$digest"
  becomes "{name: $name, newTag: v1}" "$image" "$name:v1"
  # Two digests make no reference: no such entry may be written.
  becomes "{name: $name, newTag: \"v1@$digest\", digest: \"$digest\"}" "$image" "$name:v1@$digest@$digest"
done
becomes "{name: web, newName: $name, newTag: v1, digest: \"$digest\"}" web "$name:v1@$digest"
becomes "{name: web, newName: $name, newTag: \"v1@$digest\"}" web:v0 "$name:v1@$digest"
# A whole reference in newName is none any more when the resource has a tag.
becomes "{name: web, newName: \"$name:v1@$digest\"}" web "$name:v1@$digest"
becomes "{name: web, newName: \"$name:v1@$digest\"}" web:v0 "$name:v1@$digest:v0"
echo "kustomize takes pins in digest and in newTag"
