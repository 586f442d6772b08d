#!/usr/bin/env bash
# The recipes give the digests in their locks, from a cold cache, on the first and the second build.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

rm -rf "$STAMP_CACHE_DIR" "$STAMP_REAL/out"
mkdir -p "$STAMP_REAL/out"
locks_before=$(sha256sum "$STAMP_REAL"/recipes/*/stamp.lock)

if [ -e "$STAMP_REAL/gone" ]; then
  # The locks are new: the first build writes the digests into them, and another one, from
  # nothing, must give the same.
  stamp -C "$STAMP_REAL/recipes" build --cache "$story_folder/first-cache"
  ended_with 0
  cp stdout first
  rm -rf "$story_folder/first-cache"
fi

stamp -C "$STAMP_REAL/recipes" build --locked --output "oci:$STAMP_REAL/out/{name}"
ended_with 0
cp stdout digests
for recipe in "$STAMP_REAL"/recipes/*/recipe.yaml; do
  folder=$(dirname "$recipe")
  name=$(basename "$folder")
  printf '%s %s\n' "$name" "$(jq --raw-output .result.digest "$folder/stamp.lock")"
done | printed

stamp -C "$STAMP_REAL/recipes" build --locked --json
ended_with 0
same "steps of a build with nothing to do" 0 "$(jq .steps.run stdout)"
same "digests" "$(cat digests)" \
  "$(jq --raw-output '.images[] | "\(.name) \(.digest)"' stdout)"

stamp -C "$STAMP_REAL/recipes" build --locked --check
ended_with 0

stamp cache verify
ended_with 0

if [ -e "$STAMP_REAL/gone" ]; then
  same "first and second build" "$(cat first)" "$(cat digests)"
  skip "the archives no longer have $(cat "$STAMP_REAL/gone"): fresh locks were built twice instead"
fi
same "locks" "$locks_before" "$(sha256sum "$STAMP_REAL"/recipes/*/stamp.lock)"
