#!/usr/bin/env bash
# containerd, which pulls on a node of a cluster: it takes every image by digest from a registry, unpacks it
# and runs it; as zstd and as gzip.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_podman  # where podman runs nothing, runc does not either
[ "$(uname -m)" = x86_64 ] || skip "this machine runs no amd64 programs"
: "${CONTAINERD:=$(command -v containerd)}" "${CTR:=$(command -v ctr)}"

serve_registry registry

# serve_containerd: starts it with a store of this story's, where the control groups are of one version.
serve_containerd() {
  cat >containerd.toml <<END
version = 2
root = "$story_folder/containerd/root"
state = "$story_folder/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$story_folder/containerd.sock"
[debug]
level = "warn"
END
  # shellcheck disable=SC2016
  unshare --mount bash -euc '
    mount --make-rprivate /
    umount --recursive /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
    exec "$1" --config "$2"
  ' containerd "$CONTAINERD" containerd.toml >containerd.log 2>&1 &
  servers+=("$!")
  for _ in $(seq 100); do
    run ctr version
    [ "$status" -ne 0 ] || return 0
    sleep 0.1
  done
  cat containerd.log
  fail "containerd does not start"
}

ctr() {
  "$CTR" --address "$story_folder/containerd.sock" "$@"
}

# layers_of LAYOUT: the media types of the layers of its amd64 image.
layers_of() {
  local document
  document=$(blob "$1" "$(jq --raw-output '.manifests[0].digest' "$1/index.json")")
  if jq --exit-status .manifests "$document" >jq.out; then
    document=$(blob "$1" "$(manifest "$1" amd64)")
  fi
  jq --raw-output '.layers[].mediaType' "$document" | sort --unique
}

# check COMPRESSION NAME STATUS [COMMAND…]: pushes the layout NAME, pulls it by digest and runs it, with COMMAND
# in the place of its entry point; leaves what it printed.
check() {
  local compression=$1 name=$2 expected=$3 layout digest reference
  shift 3
  layout=$layouts/$name
  digest=$(jq --raw-output '.manifests[0].digest' "$layout/index.json")
  stamp copy "oci:$layout" "docker://$registry/$compression/$name:1"
  ended_with 0
  reference=$registry/$compression/$name@$digest
  same "layers of $name" "application/vnd.oci.image.layer.v1.tar+$compression" "$(layers_of "$layout")"
  run ctr images pull --plain-http --platform linux/amd64 --snapshotter "$snapshotter" "$reference"
  ended_with 0
  same "digest of $name" "$digest" "$(ctr images list "name==$reference" | awk 'NR == 2 { print $3 }')"
  run ctr images check "name==$reference"
  ended_with 0
  printed_line "complete"
  run ctr run --rm --snapshotter "$snapshotter" --cpu-shares 0 --runc-binary "$(command -v runc)" "$reference" "$compression-$name" "$@"
  ended_with "$expected"
}

serve_containerd
run ctr run --rm --rootfs --cpu-shares 0 --runc-binary "$(command -v runc)" "$PWD/probe" probe /probe --version
if [ "$status" -ne 0 ]; then
  cat stderr
  skip "runc cannot run containers here"
fi
# overlayfs is what nodes use; it does not work on every file system.
snapshotter=overlayfs
if ctr plugins list | grep --quiet 'snapshotter.v1 *overlayfs .*\(error\|skip\)'; then
  snapshotter=native
fi
echo "snapshotter: $snapshotter"
all=$(find "$STAMP_REAL/recipes" -mindepth 2 -maxdepth 2 -name recipe.yaml -printf '%h\n' | sed 's#.*/##' | sort)
mkdir gzip gzip-recipes
cp -r "$STAMP_REAL/recipes/." gzip-recipes/
sed -i 's/compression: zstd/compression: gzip/' gzip-recipes/stamp.yaml
stamp -C gzip-recipes build --platform linux/amd64 --output "oci:$story_folder/gzip/{name}"
ended_with 0

count=0
for compression in zstd gzip; do
  layouts=$story_folder/gzip
  [ "$compression" = gzip ] || layouts=$STAMP_REAL/out
  for name in $all; do
    case $name in
      backup)
        check "$compression" "$name" 2 /usr/bin/dumb-init -- /usr/local/bin/backup help
        complained_line "usage: backup run | check | serve"
        ;;
      debug)
        check "$compression" "$name" 0 jq --version
        printed_line "jq-1.6"
        ;;
      devenv)
        check "$compression" "$name" 0 git --version
        printed_line "git version 2."
        ;;
      files)
        check "$compression" "$name" 2
        complained_line "files: /run/secrets/files/password is missing"
        ;;
      git)
        check "$compression" "$name" 0 git --version
        printed_line "git version 2."
        ;;
      grafana-backup)
        check "$compression" "$name" 2
        complained_line "grafana-backup: GRAFANA_URL is not set"
        ;;
      transcoding)
        check "$compression" "$name" 0 \
          ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc=duration=0.2 -f null -
        ;;
      *) fail "nothing is known of what $name does when it starts" ;;
    esac
    count=$((count + 1))
  done
done
echo "$count images"
