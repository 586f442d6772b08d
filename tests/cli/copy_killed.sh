#!/usr/bin/env bash
# A copy that is killed at any request to a registry, or at any change of a layout, leaves nothing
# half: what has a name is whole, and the next copy finishes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

limit_seconds=${STAMP_CRASH_SECONDS:-40}
if ! command -v strace >/dev/null || ! strace -o /dev/null -e trace=none true 2>/dev/null; then
  skip "strace cannot trace here"
fi
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

# killed_at CALL WHEN SOURCE DESTINATION: whether it was killed there; if not, it was done before.
killed_at() {
  status=0
  ran=(stamp copy "$3" "$4" "killed at $1 $2")
  # The shell's own "Killed" goes where nobody reads it.
  {
    strace -f -qq -o trace -e trace="$1" -e inject="$1:signal=SIGKILL:when=$2" \
      "$STAMP" copy "$3" "$4" >stdout 2>stderr || status=$?
  } 2>/dev/null
  [ "$status" -eq 0 ] || [ "$status" -eq 137 ] || fail "it was not killed but ended with $status"
  [ "$status" -eq 137 ]
}

# all_there REPOSITORY: every manifest that the registry has, has all that it names.
all_there() {
  local folder=$story_folder/registry/docker/registry/v2 revision digest_of named
  for revision in "$folder/repositories/$1/_manifests/revisions/sha256"/*; do
    [ -e "$revision" ] || continue
    digest_of=${revision##*/}
    for named in $(jq --raw-output '.. | objects | .digest? // empty' \
      "$folder/blobs/sha256/${digest_of:0:2}/$digest_of/data"); do
      named=${named#sha256:}
      [ -e "$folder/repositories/$1/_layers/sha256/$named" ] ||
        [ -e "$folder/repositories/$1/_manifests/revisions/sha256/$named" ] ||
        fail "$1: manifest $digest_of is there, and $named is not"
    done
  done
}

points=0
started=$SECONDS
for ((when = 1; SECONDS - started < limit_seconds / 2; when++)); do
  repository=killed/app-$when
  killed_at sendto "$when" oci:built "docker://$registry/$repository:1" || break
  points=$((points + 1))
  all_there "$repository"
  stamp copy oci:built "docker://$registry/$repository:1"
  ended_with 0
  all_there "$repository"
  same "digest" "$digest" "sha256:$(skopeo inspect --raw --tls-verify=false \
    "docker://$registry/$repository:1" | sha256sum | cut -d' ' -f1)"
done
((when > 10)) || fail "only $points requests were interrupted"

started=$SECONDS
for call in mkdir write ftruncate fsync rename; do
  for ((when = 1; SECONDS - started < limit_seconds / 2; when++)); do
    rm -rf layout
    killed_at "$call" "$when" "docker://$registry/source/app:1" oci:layout:1 || break
    points=$((points + 1))
    if [ -e layout/index.json ]; then
      skopeo copy --quiet --all oci:layout:1 oci:whole:1
      rm -rf whole
    fi
    stamp copy "docker://$registry/source/app:1" oci:layout:1
    ended_with 0
    same "digest" "$digest" "sha256:$(skopeo inspect --raw oci:layout:1 | sha256sum | cut -d' ' -f1)"
  done
done
printf '%s points\n' "$points"
