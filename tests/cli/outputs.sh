#!/usr/bin/env bash
# Images as layout, OCI archive and docker archive; all say the same.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - files: {/etc/text: {text: "hello\n"}}
config: {cmd: [/bin/true]}
END

stamp build --output oci:layout:v1 --output oci-archive:image.tar
ended_with 0
digest=$(awk '{ print $2 }' stdout)
same "tag" v1 "$(jq --raw-output '.manifests[0].annotations["org.opencontainers.image.ref.name"]' \
  layout/index.json)"
same "digest" "$digest" "$(jq --raw-output '.manifests[0].digest' layout/index.json)"
mkdir unpacked
tar --extract --file image.tar --directory unpacked
same "digest in the archive" "$digest" \
  "$(jq --raw-output '.manifests[0].digest' unpacked/index.json)"

# A docker archive holds one platform.
stamp build --platform linux/amd64 --output docker-archive:docker.tar
ended_with 0
if command -v skopeo >/dev/null; then
  run skopeo inspect docker-archive:docker.tar
  ended_with 0
  same "architecture" amd64 "$(jq --raw-output .Architecture stdout)"
fi
stamp build --output docker-archive:both.tar
ended_with 2
[ ! -e both.tar ] || fail "a refused output left a file"

# {name} stands for the recipe; without it, two images have no room in one place.
recipe other <<'END'
layers:
  - files: {/etc/text: {text: "other\n"}}
END
stamp build --output "oci:out/{name}"
ended_with 0
for name in app other; do
  [ -e "out/$name/index.json" ] || fail "a layout is missing"
done
stamp build --output oci:one
ended_with 2
printf '' | printed

# Writing again over what is there changes nothing.
before=$(find out -type f -exec sha256sum {} + | sort)
stamp build --output "oci:out/{name}"
ended_with 0
same "layouts" "$before" "$(find out -type f -exec sha256sum {} + | sort)"

stamp build app --output nonsense:x
ended_with 2
stamp build app --output oci-archive:image.tar/x.tar
ended_with 1
