#!/usr/bin/env bash
# A copy that is killed at any request to a registry, or at any change of a layout, leaves nothing
# half: what has a name is whole, and the next copy finishes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

limit_seconds=${STAMP_CRASH_SECONDS:-40}
may_kill
serve_registry registry

workspace stable
dd if=/dev/urandom of=noise bs=1M count=6 status=none
recipe app <<'END'
layers:
  - files: {/etc/app: {text: "app\n"}}
  - files: {/noise: {source: noise}}
END
mv noise app/
stamp build app --output oci:built
ended_with 0
digest=$(jq --raw-output .result.digest app/stamp.lock)
stamp copy oci:built "docker://$registry/source/app:1"
ended_with 0

points=0
to=docker://$registry/counted/app:1
mapfile -t numbers < <(points_of sendto "$((limit_seconds / 2))" copy oci:built "$to")
for number in "${numbers[@]}"; do
  repository=killed/app-$number
  to=docker://$registry/$repository:1
  killed_at sendto "$number" copy oci:built "$to" || continue
  points=$((points + 1))
  all_there registry "$repository"
  stamp copy oci:built "$to"
  ended_with 0
  all_there registry "$repository"
  same "digest" "$digest" "sha256:$(skopeo inspect --raw --tls-verify=false "$to" | sha256sum | cut -d' ' -f1)"
done
((points > limit_seconds / 4)) || fail "only $points requests were interrupted"

from=docker://$registry/source/app:1
for call in mkdir write ftruncate fsync rename; do
  rm -rf layout
  mapfile -t numbers < <(points_of "$call" "$((limit_seconds / 4))" copy "$from" oci:layout:1)
  for number in "${numbers[@]}"; do
    rm -rf layout
    killed_at "$call" "$number" copy "$from" oci:layout:1 || continue
    points=$((points + 1))
    if [ -e layout/index.json ]; then
      skopeo copy --quiet --all oci:layout:1 oci:whole:1
      rm -rf whole
    fi
    stamp copy "$from" oci:layout:1
    ended_with 0
    same "digest" "$digest" "sha256:$(skopeo inspect --raw oci:layout:1 | sha256sum | cut -d' ' -f1)"
  done
done
((points > limit_seconds)) || fail "only $points points in all"
printf '%s points\n' "$points"
