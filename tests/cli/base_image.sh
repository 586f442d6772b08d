#!/usr/bin/env bash
# Images on images of a real registry: locked by digest, pulled only as far as needed, mounted when they
# are published, and found whole by other people's tools.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

# raw REFERENCE: a manifest's bytes.
raw() {
  skopeo inspect --raw --tls-verify=false "docker://$1"
}

serve_registry first
first=$registry first_log=$registry_log first_server=$server
serve_registry second
second=$registry

# The base, and the same in Docker's terms.
mkdir bases apps
(
  cd bases
  workspace stable
  sed --in-place 's|^defaults:|&\n  compression: gzip|' stamp.yaml
  recipe base <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
  - files:
      /var/lib/app: {directory: true, mode: "0711"}
      /etc/motd: {text: "one\n"}
config: {cmd: [/usr/bin/greet], env: {PATH: /usr/bin}, labels: {base: "yes"}}
END
)
stamp -C bases push --to "$first/home/{name}" --tag 1
ended_with 0
one=$(jq --raw-output .result.digest bases/base/stamp.lock)
skopeo copy --quiet --all --format v2s2 --src-tls-verify=false --dest-tls-verify=false \
  "docker://$first/home/base:1" "docker://$first/home/docker:1"

cd apps
workspace stable
recipe settings <<END
from: {image: "$first/home/base:1"}
config: {user: "1000", env: {A: b}}
END
recipe app <<END
from: {image: "$first/home/docker:1"}
layers:
  - files:
      /var/lib/app/file: {text: "app\n"}
      /etc/motd: {remove: true}
accounts:
  users: [{name: app, uid: 1000, home: /var/lib/app}]
END
cd ..

# A lock has the digest of the index and those of the platforms; made once, it asks nobody.
stamp -C apps lock settings
ended_with 0
printed <<<"settings: locked, 0 packages for linux/amd64, 0 packages for linux/arm64, on $first/home/base:1@$one"
same "bases in the lock" "$(raw "$first/home/base:1" | jq --raw-output '.manifests[].digest')" \
  "$(jq --raw-output '.platforms[].bases[].digest' apps/settings/stamp.lock)"
same "reference" "image:$first/home/base:1@$one" \
  "$(jq --raw-output '.platforms["linux/arm64"].bases[0].reference' apps/settings/stamp.lock)"
before=$(requests "$first_log" | wc -l)
stamp -C apps lock settings --check
ended_with 0
same "requests of a lock that is fresh" "$before" "$(requests "$first_log" | wc -l)"

# Of an image that only has other settings no layer is pulled, and publishing it mounts them.
layers=$(raw "$first/home/base@$(jq --raw-output '.platforms["linux/amd64"].bases[0].digest' \
  apps/settings/stamp.lock)" | jq --raw-output '.layers[].digest')
: >"$first_log"
stamp -C apps push settings --to "$first/home/{name}" --json
ended_with 0
jq --exit-status '.images[0].bytes.mounted > 0' stdout >/dev/null || fail "nothing was mounted"
for layer in $layers; do
  if requests "$first_log" | grep --quiet "^GET .*/blobs/$layer"; then
    fail "layer $layer was pulled"
  fi
  requests "$first_log" | grep --quiet "^POST /v2/home/settings/blobs/uploads/?mount=$layer&from=home/base$" \
    || fail "layer $layer was not mounted"
done
raw "$first/home/settings:latest" >index
same "annotations of the index" \
  "$(jq --compact-output --null-input --sort-keys --arg name "$first/home/base:1" --arg digest "$one" \
    '{"org.opencontainers.image.base.digest": $digest, "org.opencontainers.image.base.name": $name}')" \
  "$(jq --compact-output --sort-keys .annotations index)"
raw "$first/home/settings@$(jq --raw-output '.manifests[0].digest' index)" >manifest
same "layers" "$layers" "$(jq --raw-output '.layers[].digest' manifest)"
same "base of the manifest" \
  "$(jq --raw-output '.platforms["linux/amd64"].bases[0].digest' apps/settings/stamp.lock)" \
  "$(jq --raw-output '.annotations["org.opencontainers.image.base.digest"]' manifest)"
skopeo inspect --config --tls-verify=false "docker://$first/home/settings:latest" >config
same "config" '[["PATH=/usr/bin","A=b"],["/usr/bin/greet"],{"base":"yes"},"1000"]' \
  "$(jq --compact-output '[.config.Env, .config.Cmd, .config.Labels, .config.User]' config)"
same "history" '["stamp: packages greet","stamp: files"]' \
  "$(jq --compact-output '[.history[].created_by]' config)"

# Layers of Docker's types are kept as they are; what lies on them is put together with them.
stamp -C apps push app --to "$first/home/{name}"
ended_with 0
skopeo copy --quiet --all --preserve-digests --src-tls-verify=false \
  "docker://$first/home/app:latest" oci:pulled:latest
manifest=$(jq --raw-output '.manifests[0].digest' pulled/index.json | tr : /)
manifest=$(jq --raw-output '.manifests[0].digest' "pulled/blobs/$manifest" | tr : /)
same "types and digests of the base's layers" \
  "$(raw "$first/home/docker@$(jq --raw-output '.platforms["linux/amd64"].bases[0].digest' \
    apps/app/stamp.lock)" | jq --compact-output '.layers | map([.mediaType, .digest])')" \
  "$(jq --compact-output '.layers[:2] | map([.mediaType, .digest])' "pulled/blobs/$manifest")"
jq --raw-output '.layers[2:][].digest' "pulled/blobs/$manifest" | tr : / | while read -r layer; do
  zstd --decompress --stdout "pulled/blobs/$layer" | tar --list --verbose --numeric-owner
done | awk '{ print $1, $2, $NF }' >entries
diff -u entries - <<'END' || fail "other entries"
drwxr-xr-x 0/0 etc/
drwxr-xr-x 0/0 var/
drwxr-xr-x 0/0 var/lib/
drwx--x--x 0/0 var/lib/app/
-rw-r--r-- 0/0 etc/.wh.motd
-rw-r--r-- 0/0 var/lib/app/file
drwxr-xr-x 0/0 etc/
-rw-r--r-- 0/0 etc/group
-rw-r--r-- 0/0 etc/passwd
END

# From nothing the same comes out.
stamp -C apps build --locked --check
ended_with 0

# Another registry gets the base's layers, too.
stamp -C apps push settings --to "$second/elsewhere/{name}" --json
ended_with 0
skopeo copy --quiet --all --preserve-digests --src-tls-verify=false \
  "docker://$second/elsewhere/settings:latest" oci:elsewhere:latest
same "digest elsewhere" "$(jq --raw-output '.images[0].digest' stdout)" \
  "$(jq --raw-output '.manifests[0].digest' elsewhere/index.json)"

# The tag moves; locks follow only when asked to.
sed --in-place 's/one/two/' bases/base/recipe.yaml
stamp -C bases push --to "$first/home/{name}" --tag 1
ended_with 0
two=$(jq --raw-output .result.digest bases/base/stamp.lock)
stamp -C apps lock settings --check
ended_with 0
stamp -C apps lock settings --update --check
ended_with 3
stamp -C apps lock settings "--update=$first/home/base:1"
ended_with 0
printed <<END
settings: changed
  ~ $first/home/base:1 ${one:0:19} → ${two:0:19}
END

# A digest in the recipe stays, whatever the tag names; the lock follows the recipe.
recipe apps/settings <<END
from: {image: "$first/home/base:1@$one"}
END
sed --in-place 's|^name: .*|name: settings|' apps/settings/recipe.yaml
stamp -C apps lock settings --update
ended_with 0
printed_line "  ~ $first/home/base:1 ${two:0:19} → ${one:0:19}"
stamp -C apps build settings
ended_with 0

skopeo copy --quiet --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false \
  "docker://$first/home/base@$one" "docker://$second/home/base:mirrored"

# With everything in the cache no registry is needed; without, it is said what is missing.
stop_server "$first_server"
stamp -C apps build --locked --output "oci:out/{name}"
ended_with 0
stamp -C apps --cache fresh build settings --locked
ended_with 1
complained_line "while reading the base image '$first/home/base:1@$one' for linux/amd64"
complained_line "try: reach $first once: what came from it stays in the cache"

# A mirror may have it.
mkdir -p home/.config/stamp
printf 'mirrors: {"%s": ["http://%s"]}\n' "$first" "$second" >home/.config/stamp/config.yaml
stamp -C apps --cache fresh build settings --locked --output oci:mirrored
ended_with 0
rm home/.config/stamp/config.yaml

# What the recipe names must be there.
recipe apps/settings <<END
from: {image: "$second/elsewhere/settings:none"}
END
sed --in-place 's|^name: .*|name: settings|' apps/settings/recipe.yaml
stamp -C apps lock settings
ended_with 2
complained <<END
stamp: error: settings/recipe.yaml:2:15: $second has no image '$second/elsewhere/settings:none'
  from: {image: "$second/elsewhere/settings:none"}
                ^
  while asking for the base image '$second/elsewhere/settings:none'
  while locking 'settings'
END
recipe apps/settings <<END
from: {image: "$second/elsewhere/settings:latest"}
platforms: [linux/amd64, linux/s390x]
END
sed --in-place 's|^name: .*|name: settings|' apps/settings/recipe.yaml
stamp -C apps lock settings
ended_with 2
complained_line "' is not for linux/s390x: it is for linux/amd64, linux/arm64"
