#!/usr/bin/env bash
# Published tags that no manifest refers to are listed and deleted, and nothing else is.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

REGISTRY_STORAGE_DELETE_ENABLED=true serve_registry registry
cat >stamp.yaml <<END
stamp: 1
defaults: {platforms: [linux/amd64]}
publish: {repository: "$registry/home/{name}"}
END
# publish N: another image of the recipe with the tag vN; sets `digest`.
publish() {
  recipe app <<END
layers:
  - files: {/etc/app: {text: "$1\n"}}
END
  stamp push app --tag "v$1"
  ended_with 0
  digest=$(jq --raw-output .result.digest app/stamp.lock)
}
for n in 1 2 3 4; do
  publish "$n"
  digests[n]=$digest
done
mkdir cluster
cat >cluster/app.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
    - image: $registry/home/app@${digests[1]}
    - image: $registry/home/app:v2
END

# tags: those that the registry has.
tags() {
  skopeo list-tags --tls-verify=false "docker://$registry/home/app" |
    jq --raw-output '.Tags | sort | join(" ")'
}
# keep N: the tag that keeps an image.
keep() {
  printf 'keep-sha256-%s' "${digests[$1]#sha256:}"
}
all=$(tags)

stamp gc --referenced-by cluster
ended_with 0
silent
printed <<END
$registry/home/app:$(keep 3)@${digests[3]}
$registry/home/app:v3@${digests[3]}
2 unreferenced, 6 referenced
END
same "tags" "$all" "$(tags)"

# Where a reference could hide, nothing is deleted.
printf 'a: [\n' >cluster/broken.yaml
stamp gc --referenced-by cluster --delete
ended_with 2
complained_line "cluster/broken.yaml:"
printf 'image: %s/home/app:%s\n' "$registry" "\${VERSION}" >cluster/broken.yaml
stamp gc --referenced-by cluster --delete
ended_with 2
complained <<'END'
stamp: error: cannot delete what is not referenced: a manifest names an image with a tag or digest that is made elsewhere
  in:  cluster/broken.yaml:1
  try: write the tag and the digest there, or delete by hand
END
stamp gc --referenced-by cluster
ended_with 0
complained <<'END'
stamp: warning: cluster/broken.yaml:1: an image with a tag or digest that is made elsewhere: what it is cannot be told
END
rm cluster/broken.yaml
stamp gc --referenced-by cluster missing --delete
ended_with 1
mkdir empty
stamp gc --referenced-by empty --delete
ended_with 2
complained <<'END'
stamp: error: cannot delete what is not referenced: no manifest names an image of this workspace
  try: --referenced-by the folders of all manifests that run its images
END
same "tags" "$all" "$(tags)"

# A text that nobody parses refers to images, too.
printf 'podman run %s/home/app:v3\n' "$registry" >cluster/run.sh
stamp gc --referenced-by cluster
printed <<<'0 unreferenced, 8 referenced'
rm cluster/run.sh

# This registry deletes no tag alone, so its manifest goes, with both tags.
stamp gc --referenced-by cluster --delete
ended_with 0
printed <<END
deleted with its manifest $registry/home/app:$(keep 3)@${digests[3]}
gone already $registry/home/app:v3@${digests[3]}
2 unreferenced, 6 referenced
END
same "tags" "$(printf '%s\n' "$(keep 1)" "$(keep 2)" "$(keep 4)" v1 v2 v4 | LC_ALL=C sort | xargs)" "$(tags)"
for n in 1 2 4; do
  skopeo inspect --raw --tls-verify=false "docker://$registry/home/app@${digests[n]}" >/dev/null
done
stamp gc --referenced-by cluster --delete --json
ended_with 0
silent
same "unreferenced" '[[],6]' "$(jq --compact-output '[.unreferenced, .referenced]' stdout)"
publish 5
publish 6
stamp gc --referenced-by cluster --delete --json
ended_with 0
printed_line '"removal": "manifest"'
complained_line "deleted with its manifest $registry/home/app:"

printf 'cache: {repository: "%s/home/app"}\n' "$registry" >>stamp.yaml
stamp gc --referenced-by cluster
ended_with 2
complained <<END
stamp: error: cannot look for unreferenced tags in $registry/home/app: results are shared there
  try: share results in a repository of their own
END
sed --in-place '/^cache:/d; /^publish:/d' stamp.yaml
stamp gc --referenced-by cluster
ended_with 2
complained <<'END'
stamp: error: cannot look for unreferenced tags: no repository is named
  try: 'publish: {repository: …}' in stamp.yaml
END
