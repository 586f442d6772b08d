#!/usr/bin/env bash
# action.yml: its steps publish and commit, log in where they are told to, and share with the key
# that they are given.
set -euo pipefail
source=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

python3 -c 'import yaml' 2>/dev/null || fail "python3-yaml is not installed"
git config --global init.defaultBranch main
git config --global user.name tester
git config --global user.email tester@registry.example
serve_registry registry
git init --quiet --bare bare
git clone --quiet bare work 2>/dev/null
mkdir -p work/app work/cluster
cat >work/stamp.yaml <<END
stamp: 1
defaults: {platforms: [linux/amd64]}
publish: {repository: "$registry/home/{name}"}
cache: {repository: "$registry/home/cache"}
pin: {manifests: [cluster]}
END
printf 'name: app\nlayers:\n  - files: {/etc/app: {text: "app\\n"}}\n' >work/app/recipe.yaml
cat >work/cluster/app.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers: [{name: app, image: "$registry/home/app:v1"}]
END
"$STAMP" -C work build 2>/dev/null
git -C work add --all
git -C work commit --quiet -m first
git -C work push --quiet origin HEAD:main
git clone --quiet bare ci
openssl genpkey -algorithm ed25519 -out key.pem 2>/dev/null

# The identity of who commits is the runner's concern, and it has none.
rm home/.gitconfig
run env -C ci python3 -B "$source/tests/cli/run_action.py" "$source/action.yml" "stamp=$STAMP" \
  push=main tags="v1 latest" "cache-key=$(cat key.pem)" "message=it's \$(not) a command"
ended_with 0
same "commit" "commit=$(git -C bare rev-parse main)" "$(tail -n 1 stdout)"
same "subject" "it's \$(not) a command" "$(git -C bare log -1 --format=%s main)"
same "author" "stamp <stamp@localhost>" "$(git -C bare log -1 --format='%an <%ae>' main)"
digest=$(git -C bare show main:app/stamp.lock | jq --raw-output .result.digest)
git -C bare show main:cluster/app.yaml | grep --quiet --fixed-strings "$registry/home/app:v1@$digest" ||
  fail "not pinned"
skopeo inspect --raw --tls-verify=false "docker://$registry/home/app:latest" >index
same "latest" "$digest" "sha256:$(sha256sum index | cut -d' ' -f1)"
complained_line "==> cache push"
! grep --quiet "nothing was signed" stderr || fail "the key was not used"

# Again, on what it made: no commit.
git -C ci pull --quiet origin main
run env -C ci python3 -B "$source/tests/cli/run_action.py" "$source/action.yml" "stamp=$STAMP" \
  push=main tags="v1 latest"
ended_with 0
same "commit" "commit=" "$(tail -n 1 stdout)"

# A log-in that fails ends it.
run env -C ci python3 -B "$source/tests/cli/run_action.py" "$source/action.yml" "stamp=$STAMP" \
  push=main "registry=127.0.0.1:1" username=me password=secret
[ "$status" -ne 0 ] || fail "it went on"
complained_line "stamp: error:"
! grep --quiet secret stderr stdout || fail "the password is shown"
