#!/usr/bin/env bash
# What kustomize makes of entries of `images:`, so that pins are written where they hold.
set -euo pipefail
examples=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../docs/examples" && pwd)
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"

digest=sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
other=sha256:1111111111111111111111111111111111111111111111111111111111111111
name=registry.example/home/web

# write ENTRY IMAGE: a kustomization with that entry, and a resource with that image.
write() {
  printf 'resources: [pod.yaml]\nimages:\n  - %s\n' "$1" >kustomization.yaml
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: "%s"}]}\n' "$2" >pod.yaml
}

# built_image: what the resource's image becomes.
built_image() {
  kustomize build . | sed --quiet 's/^ *- image: //p'
}

# becomes ENTRY IMAGE RESULT
becomes() {
  write "$1" "$2"
  same "$2 by $1" "$3" "$(built_image)"
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

# What stamp writes is what kustomize builds.
mkdir web
printf 'stamp: 1\ndefaults: {platforms: [linux/amd64]}\npublish: {repository: "registry.example/home/{name}"}\n' >stamp.yaml
printf 'name: web\nlayers:\n  - files: {/etc/x: {text: "x\\n"}}\n' >web/recipe.yaml
stamp build
ended_with 0
built=$(jq --raw-output .result.digest web/stamp.lock)
for entry in "{name: web, newName: $name, newTag: v1, digest: \"$digest\"}" "{name: web, newName: $name, newTag: v1}" \
  "{name: web, newName: $name, newTag: \"v1@$digest\"}"; do
  write "$entry" web:v0
  stamp pin --offline kustomization.yaml
  ended_with 0
  same "pinned $entry" "$name:v1@$built" "$(built_image)"
done
# The example for Flux, pinned: it is a resource, and its images are what Flux writes into the kustomization of its path.
mkdir backup
printf 'name: backup\nlayers:\n  - files: {/etc/x: {text: "y\\n"}}\n' >backup/recipe.yaml
stamp build backup
ended_with 0
backup=registry.example/home/backup:latest@$(jq --raw-output .result.digest backup/stamp.lock)
cp "$examples/flux.yaml" flux.yaml
stamp pin --offline flux.yaml
ended_with 0
printf 'resources: [flux.yaml]\n' >kustomization.yaml
kustomize build . >built.yaml
grep --quiet --fixed-strings "digest: ${backup#*@}" built.yaml || fail "the pin is lost: $(cat built.yaml)"
write '{name: none, newTag: none}' registry.example/home/backup:v0
{
  printf 'resources: [pod.yaml]\n'
  sed --quiet '/^  images:/,$ s/^  //p' flux.yaml
} >kustomization.yaml
same "the example for Flux" "$backup" "$(built_image)"
echo "kustomize takes pins in digest and in newTag"
