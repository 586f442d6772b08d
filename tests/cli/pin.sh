#!/usr/bin/env bash
# The digests of images go into manifests, and not a byte else changes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

serve_registry registry
printf 'stamp: 1\npublish: {repository: "%s/home/{name}"}\npin: {manifests: [cluster]}\n' "$registry" >stamp.yaml
for name in app base; do
  printf 'layers:\n  - files: {/etc/%s: {text: "one\\n"}}\n' "$name" | recipe "$name"
done

# put FILE: a manifest on stdin, REGISTRY in it being the registry and OLD some digest.
old=sha256:$(printf '%064d' 7)
put() {
  mkdir -p "$(dirname "$1")"
  sed "s|REGISTRY|$registry|g; s|OLD|$old|g" >"$1"
}
write_manifests() {
  rm -rf cluster
  put cluster/app.yaml <<'END'
# who runs it: REGISTRY/home/app:latest
apiVersion: apps/v1
kind:   Deployment
spec:
    template:
        spec:
            containers:
            -   {name: a, image: "REGISTRY/home/app:latest"}   # keep
            initContainers:
              - image:   'REGISTRY/home/base:v1@OLD'
              - image: REGISTRY/home/stranger:1
---
apiVersion: v1
kind: ConfigMap
data:
  text: |
    image: REGISTRY/home/app:latest
END
  put cluster/release.yaml <<'END'
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec:
  values:
    image:
      repository: REGISTRY/home/app # {"$imagepolicy": "flux-system:app:name"}
      tag: latest # {"$imagepolicy": "flux-system:app:tag"}
END
  put cluster/kustomization.yaml <<'END'
images:
- name: app
  newName: REGISTRY/home/app
  newTag: "latest"
  digest: OLD
END
  put cluster/main.tf <<'END'
resource "docker_container" "web" {
  image = "REGISTRY/home/base"
}
END
  put cluster/run.sh <<'END'
podman run REGISTRY/home/app:latest  # stamp:pin app
podman run REGISTRY/home/app:latest
END
  printf '\xef\xbb\xbfkind: Pod\r\napiVersion: v1\r\nspec: {containers: [{image: %s/home/app}]}' "$registry" >cluster/windows.yaml
  chmod 640 cluster/windows.yaml
}
write_manifests

# Nothing is pinned to what was not built, nor to what is in no registry.
cp -r cluster before
stamp pin
ended_with 2
complained_line "cluster/app.yaml:8:34: recipe 'app' has not been built yet, so its lock names no digest: stamp push app"
stamp build
ended_with 0
digest() { jq --raw-output .result.digest "$1/stamp.lock"; }
app=$(digest app)
base=$(digest base)
stamp pin
ended_with 1
complained <<END
stamp: error: cannot pin '$registry/home/app@$app': it is not in its registry
  in:  cluster/app.yaml:8
  try: stamp push app
END
diff -r before cluster || fail "something was changed"

changes="cluster/app.yaml:8: $registry/home/app:latest unpinned -> $app
cluster/app.yaml:10: $registry/home/base:v1 $old -> $base
cluster/kustomization.yaml:3: $registry/home/app:latest $old -> $app
cluster/main.tf:2: $registry/home/base unpinned -> $base
cluster/release.yaml:6: $registry/home/app:latest unpinned -> $app
cluster/run.sh:1: $registry/home/app:latest unpinned -> $app
cluster/windows.yaml:3: $registry/home/app unpinned -> $app"
stamp pin --check
ended_with 3
complained <<END
stamp: error: 7 of 7 references do not name the right digest
  ${changes//$'\n'/$'\n'  }
  try: stamp pin
END

stamp push
ended_with 0
stamp pin --diff cluster/main.tf
ended_with 0
printed <<END
--- cluster/main.tf
+++ cluster/main.tf
@@ -1,3 +1,3 @@
 resource "docker_container" "web" {
-  image = "$registry/home/base"
+  image = "$registry/home/base@$base"
 }
END
diff -r before cluster || fail "--diff wrote something"

stamp pin
ended_with 0
silent
printed <<<"$changes"
# What is expected, made from the old files by naming the lines.
sed -i "8s|app:latest|&@$app|; 10s|$old|$base|" before/app.yaml
sed -i "s|$old|$app|" before/kustomization.yaml
sed -i "s|home/base|&@$base|" before/main.tf
sed -i "s|tag: latest|&@$app|" before/release.yaml
sed -i "1s|app:latest|&@$app|" before/run.sh
sed -i "s|home/app|&@$app|" before/windows.yaml
diff -r before cluster || fail "something else was changed"
same "mode" 640 "$(stat --format=%a cluster/windows.yaml)"

stamp pin
ended_with 0
printed </dev/null
for option in --check --offline --diff; do
  stamp pin "$option"
  ended_with 0
  printed </dev/null
done
stamp pin --json
same "document" '{"changes":[],"unchanged":7,"left_alone":[],"written":true}' \
  "$(jq --compact-output '{changes, unchanged, left_alone, written}' stdout)"

stamp pin list
ended_with 0
printed <<END
cluster/app.yaml:8: pinned $registry/home/app:latest@$app
cluster/app.yaml:10: pinned $registry/home/base:v1@$base
cluster/app.yaml:11: unpinned $registry/home/stranger:1
cluster/kustomization.yaml:3: pinned $registry/home/app:latest@$app
cluster/main.tf:2: pinned $registry/home/base@$base
cluster/release.yaml:6: pinned $registry/home/app:latest@$app
cluster/run.sh:1: pinned $registry/home/app:latest@$app
cluster/windows.yaml:3: pinned $registry/home/app@$app
END
stamp pin list --json cluster/main.tf
same "document" "[{\"file\":\"cluster/main.tf\",\"line\":2,\"column\":11,\"recipe\":\"base\",\"pinned\":true}]" \
  "$(jq --compact-output '[.images[] | {file, line, column, recipe, pinned}]' stdout)"

# A template and a place that must not be edited; one file of many that is no YAML.
put cluster/template.yaml <<'END'
apiVersion: v1
kind: Pod
spec: {containers: [{image: "REGISTRY/home/app:{{ .Values.tag }}"}]}
END
stamp pin
ended_with 0
complained_line "cluster/template.yaml:3: left alone: spec.containers[0].image: "
rm cluster/template.yaml
put cluster/unknown.yaml <<'END'
apiVersion: registry.example/v1
kind: Unknown
spec: {image: REGISTRY/home/app:latest, other: REGISTRY/home/app}
marked: REGISTRY/home/app:1 # stamp:pin app
elsewhere: other.example/home/app:1
END
for images in --check --all; do
  stamp pin --check --offline "$images"
  ended_with 3
  complained_line "cluster/unknown.yaml:3: left alone: no rule looks here: name the path in 'pin: {paths: …}' of stamp.yaml, or mark it"
  same "remarks" 1 "$(grep --count 'left alone' stderr)"
done
printf 'pin: {manifests: [cluster], paths: [{kind: Unknown, path: spec.image}]}\n' >paths
sed --in-place=.before '/^pin:/d' stamp.yaml
cat paths >>stamp.yaml
stamp pin
ended_with 0
printed_line "cluster/unknown.yaml:3: $registry/home/app:latest unpinned -> $app"
mv stamp.yaml.before stamp.yaml
rm cluster/unknown.yaml
write_manifests
put cluster/anchor.yaml <<'END'
apiVersion: v1
kind: Pod
spec:
  containers:
  - image: &a REGISTRY/home/app:latest
  - image: *a
END
cp -r cluster/. before
stamp pin
ended_with 2
complained_line "cluster/anchor.yaml:5:"
diff -r before cluster || fail "something was changed beside an anchor"
rm cluster/anchor.yaml before/anchor.yaml
put cluster/broken.yaml <<<'image: [REGISTRY/home/app'
cp cluster/broken.yaml before
stamp pin
ended_with 2
complained_line "cluster/broken.yaml:"
diff -r before cluster || fail "something was changed beside a broken file"
stamp pin list cluster/broken.yaml cluster/main.tf
ended_with 0
printed <<<"cluster/main.tf:2: unpinned $registry/home/base"
complained <<'END'
cluster/broken.yaml:1: left alone: at 2:1: not valid YAML: flow sequence without a closing bracket
END
rm cluster/broken.yaml before/broken.yaml

chmod 444 cluster/main.tf
stamp pin
ended_with 1
complained <<'END'
stamp: error: cannot change 'cluster/main.tf': it is read-only
  try: chmod u+w cluster/main.tf
END
chmod 644 cluster/main.tf
diff -r before cluster || fail "something was changed beside a read-only file"

# Images of others keep their digest until somebody asks for another.
stamp push base --to "$registry/home/stranger" --tag 1
ended_with 0
stamp pin --all --offline --check
ended_with 3
complained_line "cluster/app.yaml:11: $registry/home/stranger:1 unpinned -> not known yet"
stamp pin --all --offline
ended_with 4
complained <<END
stamp: error: cannot pin '$registry/home/stranger:1' offline: pins.lock does not have it
  in:  cluster/app.yaml:11
  try: stamp pin --all, where registries can be asked
END
# Other tools' locks: written instead of changing manifests, and read instead of asking registries.
stamp pin --all --output kbld:kbld.lock
ended_with 0
printed </dev/null
diff -r before cluster || fail "a manifest was changed"
grep --quiet --fixed-strings "newImage: \"$registry/home/stranger:1@$base\"" kbld.lock ||
  fail "kbld's lock lacks the image: $(cat kbld.lock)"
stamp pin --output imgpkg:images.lock
ended_with 0
grep --quiet --fixed-strings "$registry/home/app@$app" images.lock ||
  fail "the ImagesLock lacks the image: $(cat images.lock)"
stamp pin --all --offline --diff --image-lock kbld.lock
ended_with 0
printed_line "+              - image: $registry/home/stranger:1@$base"
stamp pin --output other:x
ended_with 2
complained <<<"stamp: error: cannot write 'other:x': a lock of another tool is kbld:FILE or imgpkg:FILE"
stamp pin --image-lock kbld.lock
ended_with 2
complained <<'END'
stamp: error: cannot use --image-lock: it is about the images of others
  try: stamp pin --all --image-lock FILE
END

stamp pin --all
ended_with 0
printed_line "cluster/app.yaml:11: $registry/home/stranger:1 unpinned -> $base"
same "pins.lock" "{\"format\":1,\"images\":[{\"digest\":\"$base\",\"image\":\"$registry/home/stranger:1\"}]}" \
  "$(jq --compact-output --sort-keys . pins.lock)"
stamp push app --to "$registry/home/stranger" --tag 1
ended_with 0
stamp pin --all
ended_with 0
printed </dev/null
stamp pin --all --check
ended_with 0
stamp pin --all --update="$registry/home/stranger"
ended_with 0
printed <<<"cluster/app.yaml:11: $registry/home/stranger:1 $base -> $app"
# Flux needs a field for the digest, which is added below the tag, or behind it.
oci_repository() {
  printf 'apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://REGISTRY/home/%s\n  ref:%s\n' "$@"
}
oci_repository app $'\n    tag: latest # the newest' | put cluster/flux.yaml
oci_repository stranger ' {tag: "1"}' | put cluster/stranger.yaml
stamp pin --check cluster/flux.yaml
ended_with 3
complained_line "  cluster/flux.yaml:4: $registry/home/app:latest unpinned -> $app"
stamp pin --diff cluster/flux.yaml
ended_with 0
printed <<END
--- cluster/flux.yaml
+++ cluster/flux.yaml
@@ -4,3 +4,4 @@
   url: oci://$registry/home/app
   ref:
     tag: latest # the newest
+    digest: $app
END
stamp pin --all
ended_with 0
silent
oci_repository app $'\n    tag: latest # the newest\n    digest: '"$app" | put expected
cmp expected cluster/flux.yaml
oci_repository stranger " {tag: \"1\", digest: \"$app\"}" | put expected
cmp expected cluster/stranger.yaml
stamp pin --all
ended_with 0
printed </dev/null
rm cluster/flux.yaml cluster/stranger.yaml expected
# One of theirs that cannot be edited is named, and all others are pinned.
oci_repository stranger ' {semver: ">=1"}' | put cluster/flux.yaml
stamp pin --all
ended_with 0
complained <<'END'
cluster/flux.yaml:4: left alone: spec: 'ref' has no 'digest', and 'tag' can hold none: write digest: "" beside it
END
rm cluster/flux.yaml
printf '<<<<<<< ours\n' >pins.lock
stamp pin --all
ended_with 2
complained_line "pins.lock"
rm pins.lock

# What is not understood on the command line.
stamp pin --update
ended_with 2
complained <<'END'
stamp: error: cannot update the images of others: they are pinned with --all
  try: stamp pin --all --update; the workspace's images: stamp push, stamp pin
END
stamp pin nowhere
ended_with 1
complained <<<"stamp: error: cannot open 'nowhere': no such file or directory"

# Renames that fail or are killed, and a full disk: nothing is half applied, and a second run finishes.
# faulty CALL:FAULT ARG…: runs stamp with a system call that fails.
faulty() {
  local fault=$1
  shift
  ran=(stamp "$@" "with $fault")
  status=0
  strace -f -y -qq -o trace -e "trace=${fault%%:*}" -e "inject=$fault" "$STAMP" "$@" >stdout 2>stderr || status=$?
}
if command -v strace >/dev/null && strace -o /dev/null -e trace=none true 2>/dev/null; then
  write_manifests
  cp -r cluster/. before
  for fault in rename:error=EIO:when={1,2,7} fsync:error=ENOSPC:when={1,7} write:error=ENOSPC:when=1; do
    case $fault in
      # Without registries, files are all that is written.
      write:*) faulty "$fault" pin --offline ;;
      *) faulty "$fault" pin --all ;;
    esac
    ended_with 1
    grep --quiet --extended-regexp '\.stamp-.*(EIO|ENOSPC).*INJECTED' trace || fail "another call failed: $(cat trace)"
    diff -r before cluster || fail "a failed call left something"
    same "pins.lock and what is unfinished" "" "$(find . -name 'pins.lock' -o -name '.stamp-*')"
  done
  for number in 1 2 7; do
    write_manifests
    rm -f pins.lock
    faulty "rename:signal=SIGKILL:when=$number" pin --all
    [ "$status" -ge 128 ] || fail "it was not killed"
    stamp pin --all
    ended_with 0
    stamp pin --all --check
    ended_with 0
  done
  # What was to be updated is, when the run that asked for it was killed behind pins.lock.
  stamp push base --to "$registry/home/stranger" --tag 1
  ended_with 0
  faulty rename:signal=SIGKILL:when=2 pin --all --update
  stamp pin --all
  ended_with 0
  printed <<<"cluster/app.yaml:11: $registry/home/stranger:1 $app -> $base"
fi
