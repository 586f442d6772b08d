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
cat >resources.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: pinned, namespace: apps}
spec:
  volumes: [{name: v, emptyDir: {}}, {name: w, image: {reference: "registry.example/home/db@$digest"}}]
  containers:
    - {name: a, image: "registry.example/home/web:1@$digest"}
    - {name: b, image: "other.example/x:1"}
    - {name: c, image: "registry.example/home/webber:1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pinned, namespace: apps}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers: [{name: a, image: "registry.example/home/web@$digest"}]
---
apiVersion: v1
kind: Pod
metadata: {name: tag, namespace: apps}
spec:
  containers: [{name: a, image: "registry.example/home/web:1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: init, namespace: apps}
spec:
  initContainers: [{name: a, image: "registry.example/home/db"}]
  containers: [{name: a, image: "other.example/x:1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: volume, namespace: apps}
spec:
  volumes: [{name: v, image: {reference: "registry.example/home/db:2"}}]
  containers: [{name: a, image: "other.example/x:1"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: tag, namespace: apps}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers: [{name: a, image: "registry.example/home/web:1@sha256:12"}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tag, namespace: apps}
spec:
  schedule: "* * * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "registry.example/home/web:1"}]}}}}
END
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
