# What the real tests share; to be sourced by them. STAMP_REAL is the folder that prepare.py filled.
# shellcheck shell=bash

: "${STAMP_REAL:?the folder of prepare.py}"
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../cli/lib.sh"

export XDG_CONFIG_HOME=$STAMP_REAL/config STAMP_CACHE_DIR=$STAMP_REAL/cache
if [ ! -d "$STAMP_REAL/recipes" ]; then
  skip "no package archive within reach"
fi

# blob LAYOUT DIGEST: the path of a blob.
blob() {
  printf '%s/blobs/%s\n' "$1" "${2/:/\/}"
}

# manifest LAYOUT ARCHITECTURE: the digest of a platform's manifest.
manifest() {
  local index
  index=$(jq --raw-output '.manifests[0].digest' "$1/index.json")
  jq --raw-output --arg architecture "$2" \
    '.manifests[] | select(.platform.architecture == $architecture) | .digest' \
    "$(blob "$1" "$index")"
}

# need_root: skips where others than root run the test.
need_root() {
  if [ "$(id -u)" -ne 0 ]; then
    skip "only root may $1"
  fi
}

# podman_run ARGUMENT…: `podman run` with a store of this story's, in a mount namespace where the
# control groups are of one version (crun refuses both at once) and limits that need no privilege.
podman_run() {
  # shellcheck disable=SC2016
  unshare --mount bash -euc '
    store=$1
    shift
    mount --make-rprivate /
    umount --recursive /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
    exec podman --root "$store/root" --runroot "$store/run" --storage-driver vfs \
      --cgroup-manager cgroupfs --events-backend file run --rm --quiet --cgroups=disabled \
      --network=none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 "$@"
  ' podman_run "$story_folder/podman" "$@"
}

# need_podman: skips where podman cannot run even one static program of this machine.
need_podman() {
  need_root "run containers here"
  mkdir -p probe/{proc,sys,dev,etc,run,tmp}
  cp /usr/bin/qemu-aarch64-static probe/probe
  run podman_run --rootfs "$PWD/probe" /probe --version
  if [ "$status" -ne 0 ]; then
    cat stderr
    skip "podman cannot run containers here"
  fi
}
