#!/usr/bin/env bash
# Sharing that is killed at any request or change of the cache leaves nothing wrong: no result without its blobs, on
# neither side, and the next run finishes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

limit_seconds=${STAMP_CRASH_SECONDS:-40}
may_kill
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

points=0
mapfile -t numbers < <(points_of sendto "$((limit_seconds / 2))" --cache one cache push --to "$registry/counted" --key ci.key)
for number in "${numbers[@]}"; do
  killed_at sendto "$number" --cache one cache push --to "$registry/push-$number" --key ci.key || continue
  points=$((points + 1))
  all_there registry "push-$number"
  stamp --cache one cache push --to "$registry/push-$number" --key ci.key
  ended_with 0
  all_there registry "push-$number"
  same "tags" "$all" "$(curl --silent --fail "http://$registry/v2/push-$number/tags/list" | jq '.tags | length')"
done
((points > limit_seconds / 4)) || fail "only $points requests of pushes were interrupted"

for call in sendto fchmod rename fsync fdatasync pwrite64; do
  rm -rf two
  mapfile -t numbers < <(points_of "$call" "$((limit_seconds / 4))" --cache two cache pull --from "$registry/whole" --trust ci.pub)
  for number in "${numbers[@]}"; do
    rm -rf two
    killed_at "$call" "$number" --cache two cache pull --from "$registry/whole" --trust ci.pub || continue
    points=$((points + 1))
    stamp --cache two cache verify
    ended_with 0
    # What is there counts, what is not is taken.
    stamp --cache two cache pull --from "$registry/whole" --trust ci.pub
    ended_with 0
    stamp --cache two build --locked --output oci:out --json
    ended_with 0
    same "steps run after $call $number" 0 "$(jq .steps.run stdout)"
  done
done
((points > limit_seconds / 2)) || fail "only $points points in all"
stamp --cache two build --locked
printed <built
printf '%s points\n' "$points"
