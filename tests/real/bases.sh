#!/usr/bin/env bash
# Images on one that podman made: Docker's media types, no index, whiteouts and opaque folders. What stamp
# puts on it is pushed, pulled by others with the same layers and digests, and runs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_podman
[ "$(uname -m)" = x86_64 ] || skip "this machine runs no amd64 programs"
export STAMP_CACHE_DIR=$story_folder/cache

serve_registry registry

# podman_here ARGUMENT…: podman with a store of this story's.
podman_here() {
  podman --root "$story_folder/podman/root" --runroot "$story_folder/podman/run" \
    --storage-driver vfs --cgroup-manager cgroupfs --events-backend file "$@"
}

# What podman builds on is stamp's, in gzip: podman 4.3 cannot push what came in zstd in Docker's terms.
mkdir -p base made
sed 's/compression: zstd/compression: gzip/' "$STAMP_REAL/recipes/stamp.yaml" >base/stamp.yaml
cp -r "$STAMP_REAL/recipes/grafana-backup" base/
stamp -C base build --platform linux/amd64 --output oci:gzip
ended_with 0
image=$(podman_here pull --quiet oci:gzip:latest)
cat >made/Containerfile <<END
FROM $image
RUN mkdir -m 0711 /opt/made && echo made >/opt/made/file && ln -s made /opt/link && echo gone >/opt/gone
RUN rm -r /etc/ssl/certs /opt/gone && mkdir -m 0750 /etc/ssl/certs && echo only >/etc/ssl/certs/only
CMD ["sh"]
END
run podman_here build --isolation chroot --layers --format docker -t "$registry/home/made:1" made
ended_with 0
run podman_here push --quiet --tls-verify=false --format v2s2 "$registry/home/made:1"
ended_with 0
skopeo inspect --raw --tls-verify=false "docker://$registry/home/made:1" >made.json
same "type of what podman pushed" application/vnd.docker.distribution.manifest.v2+json \
  "$(jq --raw-output .mediaType made.json)"

mkdir apps
cat >apps/stamp.yaml <<END
stamp: 1
defaults: {platforms: [linux/amd64]}
END
recipe apps/settings <<END
from: {image: "$registry/home/made:1"}
config: {env: {SETTING: "yes"}}
END
recipe apps/app <<END
from: {image: "$registry/home/made:1"}
layers:
  - files:
      /opt/made/more: {text: "more\n", owner: "me:me"}
      /etc/ssl/certs/two: {text: "two\n"}
      /opt/made/file: {remove: true}
accounts:
  users: [{name: me, uid: 4321, home: /home/me, shell: /bin/sh}]
config: {user: me}
END
recipe apps/copies <<'END'
layers:
  - copy: {from: {recipe: settings}, paths: {/opt/link/file: /through-a-link, /etc/ssl/certs: /certs}}
END
for name in settings app copies; do
  sed --in-place "s|^name: .*|name: $name|" "apps/$name/recipe.yaml"
done
stamp -C apps lock
ended_with 0

# Other settings alone: no layer comes here, and all of them are mounted.
: >"$registry_log"
stamp -C apps push settings --to "$registry/home/{name}" --json
ended_with 0
same "bytes mounted" "$(jq '[.layers[].size] | add' made.json)" "$(jq '.images[0].bytes.mounted' stdout)"
for layer in $(jq --raw-output '.layers[].digest' made.json); do
  if requests "$registry_log" | grep --quiet "^GET .*/blobs/$layer"; then
    fail "layer $layer was pulled"
  fi
done

# Files and accounts lie on what its layers make together.
stamp -C apps push --to "$registry/home/{name}" --json
ended_with 0
cp stdout pushed.json
for name in settings app; do
  digest=$(jq --raw-output --arg name "$name" '.images[] | select(.name == $name).digest' pushed.json)
  skopeo copy --quiet --all --preserve-digests --src-tls-verify=false \
    "docker://$registry/home/$name@$digest" "oci:pulled-$name:latest"
  same "digest of $name" "$digest" "$(jq --raw-output '.manifests[0].digest' "pulled-$name/index.json")"
  jq --compact-output ".layers[:$(jq '.layers | length' made.json)][] | [.mediaType, .size, .digest]" \
    "$(blob "pulled-$name" "$(manifest "pulled-$name" amd64)")" >layers
  jq --compact-output '.layers[] | [.mediaType, .size, .digest]' made.json | diff -u - layers \
    || fail "the base's layers are others in $name"
done
run podman_here pull --quiet --tls-verify=false "$registry/home/app:latest"
ended_with 0
# shellcheck disable=SC2016
run podman_run oci:pulled-app:latest sh -c 'id; cd /opt; stat -c "%A %U %n" made made/* link gone; cat made/more
  stat -c "%A %n" /etc/ssl/certs; echo "$PATH"; tail -n 1 /etc/passwd'
printed <<'END'
uid=4321(me) gid=4321(me) groups=4321(me)
drwx--x--x root made
lrwxrwxrwx root link
more
drwxr-x--- /etc/ssl/certs
/usr/local/bin:/usr/bin:/bin
me:x:4321:4321::/home/me:/bin/sh
END
run podman_run --user 0 oci:pulled-app:latest sh -c 'ls /opt/made /etc/ssl/certs; cat /etc/ssl/certs/only'
ended_with 0
printed <<'END'
/etc/ssl/certs:
only
two

/opt/made:
more
only
END

# Copies see through whiteouts, opaque folders and links.
stamp -C apps build copies --output oci:copies
ended_with 0
layer=$(jq --raw-output '.layers[0].digest' "$(blob copies "$(manifest copies amd64)")")
zstd --decompress --stdout "$(blob copies "$layer")" | tar --list --verbose --numeric-owner \
  | awk '{ print $1, $2, $NF }' >entries
diff -u - entries <<'END' || fail "other entries"
drwxr-x--- 0/0 certs/
-rw-r--r-- 0/0 certs/only
-rw-r--r-- 0/0 through-a-link
END
cat >>apps/copies/recipe.yaml <<'END'
  - copy: {from: {recipe: settings}, paths: {/opt/gone: /gone}}
END
stamp -C apps build copies
ended_with 2
complained_line "/opt/gone"

# Made again from nothing it is the same.
stamp -C apps build app settings --locked --check
ended_with 0
