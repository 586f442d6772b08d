#!/usr/bin/env bash
# Images are copied between a real registry, folders and files; other people's tools read what comes
# out, and stamp reads what they write.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

serve_registry registry

workspace stable
# Docker's manifests know no other compression.
sed -i 's/^defaults:/&\n  compression: gzip/' stamp.yaml
recipe app <<'END'
layers:
  - files: {/etc/app: {text: "app\n"}}
END
stamp build app --output oci:built
ended_with 0
digest=$(jq --raw-output .result.digest app/stamp.lock)
amd64=$(jq --raw-output '.manifests[] | select(.platform.architecture == "amd64").digest' \
  "built/blobs/sha256/${digest#sha256:}")

# raw PLACE: the digest of what skopeo finds there.
raw() {
  skopeo inspect --raw --tls-verify=false "$1" >raw.json
  printf 'sha256:%s' "$(sha256sum raw.json | cut -d' ' -f1)"
}

# From a folder to a registry; once more, and nothing is sent.
stamp copy oci:built "docker://$registry/one/app:1.0" --json
ended_with 0
silent
same "digest" "$digest" "$(raw "docker://$registry/one/app:1.0")"
same "result" "[\"$digest\",false,0]" \
  "$(jq --compact-output '[.digest, .unchanged, .bytes.mounted]' stdout)"
stamp copy oci:built "docker://$registry/one/app:1.0" --json
ended_with 0
same "again" '[true,0,1]' "$(jq --compact-output '[.unchanged, .bytes.sent, .requests]' stdout)"

# Within the registry: mounted, not sent.
stamp copy "docker://$registry/one/app:1.0" "docker://$registry/two/app:1.0" --json
ended_with 0
jq --exit-status '.bytes.sent == 0 and .bytes.mounted > 0' stdout >/dev/null || fail "not mounted"
same "digest" "$digest" "$(raw "docker://$registry/two/app:1.0")"

# Out of the registry, into every kind of place; an index stays one.
stamp copy "docker://$registry/two/app@$digest" oci:copied:1.0 --all-platforms
ended_with 0
printed <<<"oci:copied:1.0 $digest"
same "digest" "$digest" "$(raw oci:copied:1.0)"
stamp copy oci:copied oci-archive:copied.tar:1.0
ended_with 0
same "digest" "$digest" "$(raw oci-archive:copied.tar:1.0)"
stamp copy oci-archive:copied.tar "docker://$registry/three/app:1.0" --platform linux/amd64
ended_with 0
same "digest" "$amd64" "$(raw "docker://$registry/three/app:1.0")"
stamp copy "docker://$registry/two/app:1.0" docker-archive:app.tar:registry.example/app:1.0 \
  --platform amd64
ended_with 0
config_of() {
  skopeo inspect --raw --tls-verify=false "$1" | jq --raw-output .config.digest
}
same "config" "$(jq --raw-output .config.digest "copied/blobs/sha256/${amd64#sha256:}")" \
  "$(config_of docker-archive:app.tar:registry.example/app:1.0)"
skopeo copy --quiet docker-archive:app.tar:registry.example/app:1.0 oci:from-docker:1.0
stamp copy docker-archive:app.tar oci:back
ended_with 0
umoci unpack --rootless --image back:latest bundle >/dev/null 2>&1
same "file" "app" "$(cat bundle/rootfs/etc/app)"

# What skopeo wrote is copied as it is, also in Docker's types.
skopeo copy --quiet --all --format v2s2 --dest-tls-verify=false oci:copied:1.0 \
  "docker://$registry/docker/app:1.0"
theirs=$(raw "docker://$registry/docker/app:1.0")
same "type" application/vnd.docker.distribution.manifest.list.v2+json \
  "$(jq --raw-output .mediaType raw.json)"
stamp copy "docker://$registry/docker/app:1.0" "docker://$registry/docker/again:1.0"
ended_with 0
same "digest" "$theirs" "$(raw "docker://$registry/docker/again:1.0")"
skopeo copy --quiet --all oci:copied:1.0 oci-archive:theirs.tar:1.0
stamp copy oci-archive:theirs.tar:1.0 oci:theirs:1.0
ended_with 0
same "digest" "$digest" "$(raw oci:theirs:1.0)"
skopeo copy --quiet --src-tls-verify=false "docker://$registry/three/app:1.0" \
  docker-archive:theirs-docker.tar:registry.example/app:2.0
stamp copy docker-archive:theirs-docker.tar:registry.example/app:2.0 \
  "docker://$registry/three/app:2.0"
ended_with 0
same "config" "$(config_of docker-archive:theirs-docker.tar:registry.example/app:2.0)" \
  "$(config_of "docker://$registry/three/app:2.0")"

# Referrers: docker-registry has no API for them, so they are under a tag.
manifest=$(skopeo inspect --raw oci:copied:1.0 | wc --bytes)
printf '{}' >empty
empty=$(sha256sum empty | cut -d' ' -f1)
cat >note.json <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"text/x-note","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:$empty","size":2},"layers":[{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:$empty","size":2}],"subject":{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"$digest","size":$manifest}}
END
note=$(sha256sum note.json | cut -d' ' -f1)
cp empty "copied/blobs/sha256/$empty"
cp note.json "copied/blobs/sha256/$note"
jq --compact-output --arg digest "sha256:$note" --argjson size "$(wc --bytes <note.json)" \
  '.manifests += [{mediaType: "application/vnd.oci.image.manifest.v1+json", $digest, $size}]' \
  copied/index.json >index.json
mv index.json copied/index.json
stamp copy oci:copied:1.0 "docker://$registry/noted/app:1.0" --referrers --json
ended_with 0
same "referrers" "[\"sha256:$note\"]" "$(jq --compact-output '[.referrers[].digest]' stdout)"
raw "docker://$registry/noted/app:sha256-${digest#sha256:}" >/dev/null
same "listed" "[\"sha256:$note\",\"text/x-note\"]" \
  "$(jq --compact-output '[.manifests[0].digest, .manifests[0].artifactType]' raw.json)"
stamp copy "docker://$registry/noted/app:1.0" oci:noted --referrers --json
ended_with 0
[ -e "noted/blobs/sha256/$note" ] || fail "the referrer is not there"

# What cannot be is said.
stamp copy oci:built "$registry/app:1"
ended_with 2
complained <<END
stamp: error: cannot use '$registry/app:1': an image is docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:REFERENCE]
  try: docker://$registry/app:1 for an image in a registry, oci:$registry/app:1 for a folder
END
stamp copy "docker://$registry/two/app:none" oci:out
ended_with 2
complained <<END
stamp: error: cannot find 'docker://$registry/two/app:none': the registry has no such image
  while copying 'docker://$registry/two/app:none' to 'oci:out'
END
stamp copy oci:copied:9 oci:out
ended_with 2
complained_line "it has no tag '9'"
stamp copy oci:built docker-archive:out.tar
ended_with 2
complained <<'END'
stamp: error: cannot choose an image: a docker archive holds one platform, and this is there for linux/amd64, linux/arm64
  while copying 'oci:built' to 'docker-archive:out.tar'
  try: --platform linux/amd64
END
stamp copy oci:built oci:out --platform s390x
ended_with 2
complained_line "try: it is there for linux/amd64, linux/arm64"
stamp copy oci:built oci:out --platform linux/amd64 --all-platforms
ended_with 2
for file in out out.tar; do
  [ ! -e "$file" ] || fail "$file was written"
done

# A layer that was damaged on the disk is noticed before anything names it.
cp -r built damaged
layer=$(jq --raw-output '.layers[0].digest' "built/blobs/sha256/${amd64#sha256:}")
size=$(wc --bytes <"built/blobs/sha256/${layer#sha256:}")
chmod u+w "damaged/blobs/sha256/${layer#sha256:}"
head --bytes="$size" /dev/zero >"damaged/blobs/sha256/${layer#sha256:}"
stamp copy oci:damaged "docker://$registry/damaged/app:1.0"
ended_with 1
skopeo inspect --raw --tls-verify=false "docker://$registry/damaged/app:1.0" >/dev/null 2>&1 &&
  fail "a damaged image has a tag"
stamp copy oci:damaged oci:out:1.0
ended_with 1
[ ! -e out/index.json ] || fail "a damaged image has a tag"

# Killed anywhere and run again, it finishes, and nothing is named before it is whole.
dd if=/dev/urandom of=app/noise bs=1M count=24 status=none
cat >app/recipe.yaml <<'END'
name: app
platforms: [linux/amd64]
layers:
  - files: {/noise: {source: noise}}
END
stamp build app --output oci:large
ended_with 0
large=$(jq --raw-output .result.digest app/stamp.lock)
for delay in 0.01 0.03 0.05 0.08 0.12 0.2; do
  to="killed/app-${delay#0.}:1.0"
  timeout --signal=KILL "$delay" "$STAMP" copy oci:large "docker://$registry/$to" \
    >/dev/null 2>&1 || true
  if skopeo inspect --raw --tls-verify=false "docker://$registry/$to" >/dev/null 2>&1; then
    skopeo copy --quiet --all --src-tls-verify=false "docker://$registry/$to" "oci:whole:$delay"
  fi
  stamp copy oci:large "docker://$registry/$to"
  ended_with 0
  same "digest" "$large" "$(raw "docker://$registry/$to")"
  timeout --signal=KILL "$delay" "$STAMP" copy "docker://$registry/$to" "oci:killed-$delay:1.0" \
    >/dev/null 2>&1 || true
  stamp copy "docker://$registry/$to" "oci:killed-$delay:1.0"
  ended_with 0
  same "digest" "$large" "$(raw "oci:killed-$delay:1.0")"
done

stop_server "$server"
stamp copy oci:built "docker://$registry/one/app:later"
ended_with 1
complained_line "while copying 'oci:built' to 'docker://$registry/one/app:later'"
