#!/usr/bin/env bash
# Who logs in once is known to stamp, skopeo and podman, and the other way round.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

unset REGISTRY_AUTH_FILE DOCKER_CONFIG
export XDG_RUNTIME_DIR=$story_folder/run
mkdir -m 0700 run
# bcrypt of "secret", with the least work
cat >htpasswd <<'END'
me:$2b$04$axYCuQULoRN9mmAlAeAKyuMUqzPWPKEs7n0Rt/h.Qr9XDZgr2JOGC
END
serve_registry registry "auth: {htpasswd: {realm: tests, path: $story_folder/htpasswd}}"

# An image to copy: nothing but a config.
mkdir -p image/blobs/sha256
blob() {
  local digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  cp "$1" "image/blobs/sha256/$digest"
  printf '"digest":"sha256:%s","size":%s' "$digest" "$(wc --bytes <"$1")"
}
printf '{"imageLayoutVersion":"1.0.0"}' >image/oci-layout
printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' >config
printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s",%s},"layers":[]}' \
  application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json \
  "$(blob config)" >manifest
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s",%s}]}' \
  application/vnd.oci.image.manifest.v1+json "$(blob manifest)" >image/index.json

# log_in PASSWORD ARGUMENT…
log_in() {
  local password=$1
  shift
  ran=(stamp login "$@")
  status=0
  printf '%s\n' "$password" | "$STAMP" login "$@" >stdout 2>stderr || status=$?
}

stamp copy oci:image "docker://$registry/app:1"
ended_with 1
complained_line "try: stamp login $registry; what podman, skopeo and docker keep is used, too"

log_in wrong "$registry" --username me --password-stdin
ended_with 1
complained_line "cannot log in to '$registry': 401"
complained_line "try: look at user name and password"
[ ! -e home/.docker ] || fail "a wrong password was kept"

log_in secret "$registry" --username me --password-stdin
ended_with 0
silent
printed <<<"$registry: logged in as me, kept by $HOME/.docker/config.json"
same "mode" 600 "$(stat --format=%a home/.docker/config.json)"
stamp copy oci:image "docker://$registry/app:1"
ended_with 0
skopeo inspect --raw --tls-verify=false "docker://$registry/app:1" >/dev/null
same "podman" me "$(podman login --get-login "$registry")"

# Another registry's entry, and what else docker keeps there, stays.
jq --tab '.auths["other.example"] = {auth: "eW91OnlvdXJz"} | .HttpHeaders = {"X-Meta": "1"}' \
  home/.docker/config.json >config.json
cp config.json home/.docker/config.json
log_in secret "$registry" --username me --password-stdin
ended_with 0
cmp config.json home/.docker/config.json || fail "a second login changes the file"
stamp logout "$registry"
ended_with 0
printed <<<"$registry: logged out of $HOME/.docker/config.json"
same "others" '{"auths":{"other.example":{"auth":"eW91OnlvdXJz"}},"HttpHeaders":{"X-Meta":"1"}}' \
  "$(jq --compact-output . home/.docker/config.json)"
stamp logout "$registry"
ended_with 0
printed <<<"$registry: nobody was logged in"
stamp copy oci:image "docker://$registry/app:2"
ended_with 1

# What podman keeps is used, and replaced where it is.
podman login --tls-verify=false --username me --password-stdin "$registry" \
  --authfile "$XDG_RUNTIME_DIR/containers/auth.json" <<<secret >/dev/null
stamp copy oci:image "docker://$registry/app:2"
ended_with 0
log_in secret "$registry" --username me --password-stdin
ended_with 0
printed <<<"$registry: logged in as me, kept by $XDG_RUNTIME_DIR/containers/auth.json"
skopeo inspect --raw --tls-verify=false "docker://$registry/app:2" >/dev/null
skopeo logout --tls-verify=false "$registry" >/dev/null
stamp logout "$registry"
ended_with 0
printed <<<"$registry: nobody was logged in"

# A file of one's own, and a helper.
export REGISTRY_AUTH_FILE=$story_folder/mine/auth.json
log_in secret "$registry" --username me --password-stdin
ended_with 0
printed <<<"$registry: logged in as me, kept by $REGISTRY_AUTH_FILE"
same "skopeo" me "$(skopeo login --get-login "$registry")"
stamp logout "$registry"
ended_with 0
unset REGISTRY_AUTH_FILE
mkdir bin
cat >bin/docker-credential-keys <<END
#!/bin/sh
store=$story_folder/keys
case \$1 in
store) cat >"\$store" ;;
get) [ -e "\$store" ] && cat "\$store" || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) rm "\$store" ;;
esac
END
chmod +x bin/docker-credential-keys
printf '{"credHelpers": {"%s": "keys"}}' "$registry" >home/.docker/config.json
PATH=$story_folder/bin:$PATH log_in secret "$registry" --username me --password-stdin
ended_with 0
printed <<<"$registry: logged in as me, kept by docker-credential-keys"
grep --quiet --no-messages secret home/.docker/config.json && fail "the password is in the file"
PATH=$story_folder/bin:$PATH run "$STAMP" copy oci:image "docker://$registry/app:3"
ended_with 0
PATH=$story_folder/bin:$PATH same "podman" me "$(PATH=$story_folder/bin:$PATH podman login --get-login "$registry")"
PATH=$story_folder/bin:$PATH run "$STAMP" logout "$registry"
ended_with 0
[ ! -e keys ] || fail "the helper still has it"
rm home/.docker/config.json

# On a terminal the password is asked for and not shown.
cat >terminal.py <<'END'
import os, pty, sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
for prompt, answer in [(b"user name for", b"me\n"), (b"password for", b"secret\n")]:
    while prompt not in shown or not shown.endswith(b": "):
        shown += os.read(terminal, 1000)
    os.write(terminal, answer)
try:
    while piece := os.read(terminal, 1000):
        shown += piece
except OSError:
    pass
sys.stdout.buffer.write(shown.replace(b"\r", b""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
END
run python3 terminal.py "$STAMP" login "$registry"
ended_with 0
printed <<END
user name for $registry: me
password for $registry: 
$registry: logged in as me, kept by $HOME/.docker/config.json
END

# What cannot be is said.
run setsid --wait "$STAMP" login "$registry" --username me
ended_with 4
complained <<'END'
stamp: error: cannot ask: there is no terminal
  try: --username NAME --password-stdin <FILE
END
log_in secret "$registry" --password-stdin
ended_with 2
complained <<END
stamp: error: cannot log in to '$registry': no user is named
  try: --username NAME
END
log_in "" "$registry" --username me --password-stdin
ended_with 2
complained <<END
stamp: error: cannot log in to '$registry': a password is one line, and not empty
END
log_in secret "$registry" --username a:b --password-stdin
ended_with 2
complained <<END
stamp: error: cannot log in to '$registry': a user name has no ':' and no control characters, and is not empty
END
stamp login "https://$registry/v2/"
ended_with 2
complained <<END
stamp: error: cannot use the registry 'https://$registry/v2/': a host is wanted
  try: $registry
END
stamp logout registry
ended_with 2
complained <<'END'
stamp: error: cannot use the registry 'registry': it is no host
  try: registry.example, registry.example:5000
END
stamp login "$registry" --password secret
ended_with 2
complained_line "unknown option '--password'"
