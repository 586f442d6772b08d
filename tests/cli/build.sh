#!/usr/bin/env bash
# A recipe with every verb is built; the second build has nothing to do.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
mkdir -p app/rootfs/opt/tree tools
echo "from a tree" >app/rootfs/opt/tree/file
echo "from a file" >app/source
mkdir packed
echo "from an archive" >packed/member
tar --create --gzip --file "app.tar.gz" packed
recipe tools <<'END'
layers:
  - files: {/usr/bin/tool: {text: "#!/bin/sh\n", mode: "0755"}}
END
recipe app <<END
layers:
  - packages: {install: [greet], scripts: skip, exclude: [/usr/share/doc/**]}
  - files:
      /etc/source: {source: source, mode: "0640", owner: "app:app"}
      /etc/link: {link: source}
      /var/lib/app: {directory: true, mode: "0700", owner: "1000:1000"}
      /etc/debian_version: {remove: true}
  - tree: {source: rootfs, to: /}
  - archive: {url: "file://$PWD/app.tar.gz", to: /opt/archive, strip: 1}
  - copy: {from: {recipe: tools}, paths: {/usr/bin/tool: /usr/local/bin/tool}}
accounts:
  users: [{name: app, uid: 1000, group: app, home: /var/lib/app, shell: /usr/sbin/nologin}]
  groups: [{name: app, gid: 1000}]
config: {cmd: [/usr/bin/greet], user: app, env: {PATH: /usr/bin}, labels: {a: b}}
annotations: {org.example: text}
END

stamp build
ended_with 0
grep --quiet --extended-regexp '^app sha256:[0-9a-f]{64}$' stdout || fail "no line for app"
grep --quiet --extended-regexp '^tools sha256:[0-9a-f]{64}$' stdout || fail "no line for tools"
complained_line "app: unpacked, not configured (scripts: skip)"
cp stdout first
same "result in the lock" "$(awk '$1 == "app" { print $2 }' first)" \
  "$(jq --raw-output .result.digest app/stamp.lock)"

stamp build --json
ended_with 0
same "steps" 0 "$(jq .steps.run stdout)"

stamp build --locked --check
ended_with 0
printed <first

stamp build app --output oci:layout
ended_with 0
config=$(jq --raw-output '.manifests[0].digest' layout/index.json | tr : /)
config=$(jq --raw-output '.manifests[] | select(.platform.architecture == "arm64").digest' \
  "layout/blobs/$config" | tr : /)
jq --raw-output '.layers[].digest' "layout/blobs/$config" | tr : / | while read -r layer; do
  zstd --decompress --stdout "layout/blobs/$layer" | tar --list --verbose --numeric-owner
done | sed -E 's/ +/ /g' | cut -d' ' -f1,2,6- >entries
for entry in \
  "lrwxrwxrwx 0/0 bin -> usr/bin" \
  "-rwxr-xr-x 0/0 usr/bin/greet" \
  "-rw-r--r-- 0/0 usr/lib/aarch64-linux-gnu/libgreet.so.1" \
  "-rw-r--r-- 0/0 usr/share/doc/greet/copyright" \
  "-rw-r----- 1000/1000 etc/source" \
  "lrwxrwxrwx 0/0 etc/link -> source" \
  "drwx------ 1000/1000 var/lib/app/" \
  "-rw-r--r-- 0/0 opt/tree/file" \
  "-rw-r--r-- 0/0 opt/archive/member" \
  "-rwxr-xr-x 0/0 usr/local/bin/tool" \
  "drwxrwxrwt 0/0 tmp/"; do
  grep --quiet --line-regexp --fixed-strings -e "$entry" entries || {
    cat entries
    fail "no entry: $entry"
  }
done
grep --quiet 'etc/.wh.debian_version' entries || fail "no whiteout"
if grep --quiet 'doc/greet/changelog' entries; then
  fail "an excluded file is there"
fi

config=$(jq --raw-output .config.digest "layout/blobs/$config" | tr : /)
same "configuration" '{"Cmd":["/usr/bin/greet"],"Env":["PATH=/usr/bin"],"Labels":{"a":"b"},"User":"app"}' \
  "$(jq --compact-output --sort-keys .config "layout/blobs/$config")"
