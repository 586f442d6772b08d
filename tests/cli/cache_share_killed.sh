#!/usr/bin/env bash
# Sharing that is killed at any request or change of the cache leaves nothing wrong: no result without its blobs, on
# neither side, and the next run finishes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

limit_seconds=${STAMP_CRASH_SECONDS:-40}
if ! command -v strace >/dev/null || ! strace -o /dev/null -e trace=none true 2>/dev/null; then
  skip "strace cannot trace here"
fi
serve_registry registry
openssl genpkey -algorithm ed25519 -out ci.key 2>/dev/null
openssl pkey -in ci.key -pubout -out ci.pub
chmod 600 ci.key

workspace stable
recipe app <<'END'
platforms: [linux/amd64]
layers:
  - packages: {install: [greet], essential: false, scripts: skip}
  - files: {/etc/app: {text: "app\n"}}
END
stamp --cache one build
ended_with 0
cp stdout built
stamp --cache one cache push --to "$registry/whole" --key ci.key
ended_with 0
all=$(curl --silent --fail "http://$registry/v2/whole/tags/list" | jq '.tags | length')

# killed_at CALL WHEN ARGUMENT…: whether it was killed there; if not, it was done before.
killed_at() {
  local call=$1 when=$2
  shift 2
  status=0
  ran=(stamp "$@" "killed at $call $when")
  # The shell's own "Killed" goes where nobody reads it.
  {
    strace -f -qq -o trace -e trace="$call" -e inject="$call:signal=SIGKILL:when=$when" \
      "$STAMP" "$@" >stdout 2>stderr || status=$?
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
      [ -e "$folder/repositories/$1/_layers/sha256/${named#sha256:}" ] ||
        fail "$1: manifest $digest_of is there, and $named is not"
    done
  done
}

# points_of CALL MOST ARGUMENT…: at most so many numbers of calls, spread over those that the command makes. strace counts
# those of each thread by themselves.
points_of() {
  local call=$1 most=$2
  shift 2
  strace -f -qq -o trace -e trace="$call" "$STAMP" "$@" >/dev/null 2>&1
  awk -v most="$most" -v call="$call" '
    index($0, " " call "(") { if (++count[$1] > total) total = count[$1] }
    END {
      for (i = 1; i <= total; i++) {
        if (total <= most || int(i * most / total) != int((i - 1) * most / total)) print i
      }
    }' trace
}

points=0
mapfile -t calls < <(points_of sendto "$((limit_seconds / 2))" --cache one cache push --to "$registry/counted" --key ci.key)
for when in "${calls[@]}"; do
  killed_at sendto "$when" --cache one cache push --to "$registry/push-$when" --key ci.key || continue
  points=$((points + 1))
  all_there "push-$when"
  stamp --cache one cache push --to "$registry/push-$when" --key ci.key
  ended_with 0
  all_there "push-$when"
  same "tags" "$all" "$(curl --silent --fail "http://$registry/v2/push-$when/tags/list" | jq '.tags | length')"
done
((points > limit_seconds / 4)) || fail "only $points requests of pushes were interrupted"

for call in sendto fchmod rename fsync fdatasync pwrite64; do
  rm -rf two
  mapfile -t calls < <(points_of "$call" "$((limit_seconds / 4))" --cache two cache pull --from "$registry/whole" --trust ci.pub)
  for when in "${calls[@]}"; do
    rm -rf two
    killed_at "$call" "$when" --cache two cache pull --from "$registry/whole" --trust ci.pub || continue
    points=$((points + 1))
    stamp --cache two cache verify
    ended_with 0
    # What is there counts, what is not is taken.
    stamp --cache two cache pull --from "$registry/whole" --trust ci.pub
    ended_with 0
    stamp --cache two build --locked --output oci:out --json
    ended_with 0
    same "steps run after $call $when" 0 "$(jq .steps.run stdout)"
  done
done
((points > limit_seconds / 2)) || fail "only $points points in all"
stamp --cache two build --locked
printed <built
printf '%s points\n' "$points"
