#!/usr/bin/env bash
# The policy that `stamp policy kyverno` prints, applied by Kyverno's own command line: what names the workspace's images by
# digest passes, what names them otherwise does not, and other images are none of its business.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"

for name in web db; do
  mkdir "$name"
  printf 'name: %s\nlayers:\n  - files: {/etc/x: {text: "x\\n"}}\n' "$name" >"$name/recipe.yaml"
done
printf 'stamp: 1\ndefaults: {platforms: [linux/amd64]}\npublish: {repository: "registry.example/home/{name}"}\n' >stamp.yaml
stamp policy kyverno
ended_with 0
cp stdout policy.yaml

digest=sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
# pod NAME SPEC, deployment NAME SPEC: a resource of the stream.
pod() {
  printf -- '---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: apps}\nspec: {%s}\n' "$1" "$2"
}
deployment() {
  printf -- '---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: apps}\n' "$1"
  printf 'spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {%s}}}\n' "$2"
}
# containers IMAGE…: the part of a spec with these.
containers() {
  local image list=
  for image in "$@"; do
    list+="{name: c${#list}, image: \"$image\"}, "
  done
  printf 'containers: [%s]' "${list%, }"
}
others=$(containers other.example/x:1)
{
  pod pinned "volumes: [{name: v, emptyDir: {}}, {name: w, image: {reference: \"registry.example/home/db@$digest\"}}],
    $(containers "registry.example/home/web:1@$digest" other.example/x:1 registry.example/home/webber:1)"
  deployment pinned "$(containers "registry.example/home/web@$digest")"
  pod tag "$(containers registry.example/home/web:1)"
  pod init "initContainers: [{name: a, image: registry.example/home/db}], $others"
  pod volume "volumes: [{name: v, image: {reference: \"registry.example/home/db:2\"}}], $others"
  deployment tag "$(containers registry.example/home/web:1@sha256:12)"
  cat <<END
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tag, namespace: apps}
spec:
  schedule: "* * * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, $(containers registry.example/home/web:1)}}}}
END
} >resources.yaml
run kubectl-kyverno apply policy.yaml --resource resources.yaml
ended_with 1
refused() {
  printed_line "policy stamp-images-by-digest -> resource apps/$1 failed:"
  printed_line "images of this workspace run by digest only; pin them: $2"
}
refused Pod/tag registry.example/home/web:1
refused Pod/init registry.example/home/db
refused Pod/volume registry.example/home/db:2
refused Deployment/tag registry.example/home/web:1@sha256:12
refused CronJob/tag registry.example/home/web:1
same "resources that failed" 5 "$(grep --count ' failed:$' stdout)"
printed_line "pass: 2, fail: 5, warn: 0, error: 0, skip: 0"

# Pinned by stamp, all of them are admitted.
stamp build
ended_with 0
sed -i 's/@sha256:12"/"/' resources.yaml
stamp pin --offline resources.yaml
ended_with 0
run kubectl-kyverno apply policy.yaml --resource resources.yaml
ended_with 0
printed_line "pass: 7, fail: 0, warn: 0, error: 0, skip: 0"
echo "5 refused, 2 admitted; pinned, all admitted"
