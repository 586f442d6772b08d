#!/usr/bin/env bash
# Two machines share what they built through a registry: the second builds nothing. Results count only with the
# signature of a key that the second one trusts.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

serve_registry registry
repository=$registry/home/cache

openssl genpkey -algorithm ed25519 -out ci.key 2>/dev/null
openssl pkey -in ci.key -pubout -out ci.pub
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out desk.key 2>/dev/null
openssl pkey -in desk.key -pubout -out desk.pub
chmod 600 ci.key desk.key
signer() { # PUBLIC-KEY: what stands for it in tags
  openssl pkey -pubin -in "$1" -outform DER | sha256sum | cut -c 1-32
}

# a copy of the packages, to be taken away
cp --recursive "$STAMP_ARCHIVE" packages
STAMP_ARCHIVE=$story_folder/packages
workspace stable
recipe base <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
recipe app <<'END'
from: {recipe: base}
layers:
  - files: {/etc/app: {text: "app\n"}}
END

# The first machine. Nothing is named yet, then something.
stamp cache push --key ci.key
ended_with 2
complained <<'END'
stamp: error: cannot share results: no repository is named
  try: 'cache: {repository: REGISTRY/PATH}' in stamp.yaml or in your config.yaml
END
printf 'cache: {repository: "%s"}\n' "$repository" >>stamp.yaml
stamp cache push --key ci.key
ended_with 2
complained <<'END'
stamp: error: cannot share results: these locks do not match their recipes
  base: there is no lock
  app: there is no lock
  try: stamp lock base app
END
stamp --cache one build
ended_with 0
cp stdout built
stamp --cache one cache push --key ci.key --json
ended_with 0
silent
cp stdout pushed.json
same "signer" "$(signer ci.pub)" "$(jq --raw-output '.signer[7:39]' pushed.json)"
jq --exit-status '.results.present == 0 and .results.not_built == 0 and .bytes.sent > 0' pushed.json >/dev/null ||
  fail "other counts"
results=$(jq .results.pushed pushed.json)
((results > 8)) || fail "only $results results"

# All of it is there: one request.
stamp --cache one cache push --key ci.key --json
same "again" "[0,$results,1]" "$(jq --compact-output '[.results.pushed, .results.present, .requests]' stdout)"

# Others read the manifests, too, and openssl what is signed.
tag=$(skopeo list-tags --tls-verify=false "docker://$repository" | jq --raw-output '.Tags[0]')
skopeo inspect --raw --tls-verify=false "docker://$repository:$tag" >manifest
same "type" application/vnd.stamp.step-result.v1 "$(jq --raw-output .artifactType manifest)"
jq --join-output '.annotations["vnd.stamp.step-result.record"]' manifest >record
jq --raw-output '.annotations["vnd.stamp.step-result.signature"]' manifest | base64 --decode >signature
openssl pkeyutl -verify -pubin -inkey ci.pub -rawin -in record -sigfile signature >/dev/null || fail "not signed"

# The second machine has the workspace, and neither packages nor the first one's cache.
mv packages away
stamp --cache two build --locked
ended_with 1

# Whose key it does not know, it does not believe.
stamp --cache two cache pull --trust desk.pub
ended_with 0
printed <<<"$repository: 0 results taken in 0 blobs, 0 here before, $results not to be had"
complained <<END
stamp: warning: some results were left where they are: they are signed by nobody who is trusted ($(signer ci.pub))
END
stamp --cache two build --locked
ended_with 1

# Without a key it takes blobs, and builds no less.
stamp --cache blobs cache pull --json
ended_with 0
same "results" 0 "$(jq .results.taken stdout)"
(($(jq .blobs stdout) > 8)) || fail "no blobs"
complained_line "no key is trusted: blobs were taken, and no result of a step"
stamp --cache blobs cache verify
ended_with 0
stamp --cache blobs build --locked
ended_with 1

# With the key it builds nothing, whatever it is asked for.
mkdir -p home/.config/stamp
printf 'cache: {trusted-keys: ["%s"]}\n' "$PWD/ci.pub" >home/.config/stamp/config.yaml
stamp --cache two cache pull --json
ended_with 0
silent
cp stdout pulled.json
jq --exit-status '.results.taken > 4 and .results.lacking == 0 and .refused == [] and .bytes.received > 0' \
  pulled.json >/dev/null || fail "other counts"
stamp --cache two build --locked --json
ended_with 0
same "steps run" 0 "$(jq .steps.run stdout)"
stamp --cache two build --locked
printed <built
stamp --cache two build --locked --output 'oci:out-{name}' --json
ended_with 0
same "steps run" 0 "$(jq .steps.run stdout)"
stamp --cache two push --to "$registry/home/{name}"
ended_with 0
stamp --cache two cache verify
ended_with 0
stamp --cache two cache pull --json
same "again" "[0,1]" "$(jq --compact-output '[.results.taken, .requests]' stdout)"

# Of one recipe only what it needs is taken.
stamp --cache three cache pull base --json
ended_with 0
[ "$(jq .results.taken stdout)" -lt "$(jq .results.taken pulled.json)" ] || fail "all was taken"
stamp --cache three build base --locked --json
same "steps run" 0 "$(jq .steps.run stdout)"

# Another machine, whose file changed, with a key of the other kind: it builds what is new.
sed --in-place 's/app\\n/APP\\n/' app/recipe.yaml
mv away packages
stamp lock
ended_with 0
mv packages away
stamp --cache two build --json
ended_with 0
(($(jq .steps.run stdout) > 0)) || fail "nothing was built"
stamp --cache two cache push --key desk.key
ended_with 0
stamp --cache four cache pull --trust ci.pub --trust desk.pub
ended_with 0
silent
stamp --cache four build --locked --json
same "steps run" 0 "$(jq .steps.run stdout)"

# Who pushes without a key shares blobs.
stamp --cache two cache push --to "$registry/home/unsigned"
ended_with 0
complained <<'END'
stamp: warning: nothing was signed: others take the blobs, and no result of a step; name a private key with --key or 'cache: {signing-key: …}' of your config.yaml
END
stamp --cache five cache pull --from "$registry/home/unsigned"
ended_with 0
complained <<'END'
stamp: warning: some results were left where they are: they are signed by nobody who is trusted (unsigned)
END

# However many sign, the message stays short.
for number in $(seq 12); do
  openssl genpkey -algorithm ed25519 -out "many$number.key"
  chmod 600 "many$number.key"
  stamp --cache two cache push --to "$registry/home/many" --key "many$number.key"
  ended_with 0
done
stamp --cache seven cache pull --from "$registry/home/many" --trust desk.pub
ended_with 0
same "strangers" 10 "$(grep --only-matching '[0-9a-f]\{32\}' stderr | wc -l)"
complained_line " and 2 more)"

# A registry that lost a blob: the result that needs it is left, and what it is made of is taken.
lost=$(jq --raw-output '.result.platforms["linux/amd64"].digest' base/stamp.lock)
rm -r "$story_folder/registry/docker/registry/v2/repositories/home/cache/_layers/sha256/${lost#sha256:}"
stamp --cache six cache pull --trust ci.pub --trust desk.pub --json
ended_with 1
complained_line "the registry lacks its blob $lost"
complained_line "try: build goes on from what was taken; 'stamp cache push --repair' on a machine that built it mends"
jq --exit-status '.results.taken > 4 and (.refused | length > 0)' stdout >/dev/null || fail "other counts"
stamp --cache six cache verify
ended_with 0
stamp --cache six build --locked --json
same "steps run" 1 "$(jq .steps.run stdout)"
stamp --cache six cache push --key desk.key --repair
ended_with 0
stamp --cache seven cache pull --trust ci.pub --trust desk.pub
ended_with 0

# Keys that cannot be used.
chmod 644 ci.key
stamp --cache two cache push --key ci.key
ended_with 1
complained <<'END'
stamp: error: cannot use the key 'ci.key': everybody may read it
  try: chmod 600 ci.key
END
stamp --cache two cache pull --trust ci.key
ended_with 2
complained <<'END'
stamp: error: cannot use the key 'ci.key': it is a private key, and a public one is needed here
  try: openssl pkey -in ci.key -pubout -out FILE
END
stamp --cache two cache pull --trust none.pub
ended_with 1
complained <<'END'
stamp: error: cannot open 'none.pub': no such file or directory
END

# A workspace cannot say whom to believe.
sed --in-place "s,^cache: .*,cache: {repository: \"$repository\"\, trusted-keys: [ci.pub]}," stamp.yaml
stamp cache pull
ended_with 2
complained_line "unknown key 'trusted-keys' in 'cache'"

# All of it can stand in the user's own settings.
sed --in-place '/^cache: /d' stamp.yaml
printf 'cache: {repository: "%s", signing-key: "%s", trusted-keys: ["%s"]}\n' \
  "$registry/home/mine" "$PWD/desk.key" "$PWD/desk.pub" >home/.config/stamp/config.yaml
stamp --cache two cache push --json
ended_with 0
silent
same "repository" "$registry/home/mine" "$(jq --raw-output .repository stdout)"
same "signer" "$(signer desk.pub)" "$(jq --raw-output '.signer[7:39]' stdout)"
stamp --cache eight cache pull
ended_with 0
silent
stamp --cache eight build --locked --json
same "steps run" 0 "$(jq .steps.run stdout)"
