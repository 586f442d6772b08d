#!/usr/bin/env bash
# scripts/pipeline: from an edited recipe in a bare Git repository to a pushed commit that pins what
# the registry has; killed at each stage, a second run completes.
set -euo pipefail
pipeline=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)/scripts/pipeline
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

command -v git >/dev/null || fail "git is not installed"
git config --global user.name tester
git config --global user.email tester@registry.example
git config --global init.defaultBranch main
git config --global advice.detachedHead false
serve_registry registry

git init --quiet --bare bare
git clone --quiet bare work 2>/dev/null
mkdir -p work/images/app work/images/tool work/cluster
cat >work/images/stamp.yaml <<END
stamp: 1
defaults: {platforms: [linux/amd64, linux/arm64]}
publish: {repository: "$registry/home/{name}"}
pin: {manifests: [../cluster]}
END
cat >work/cluster/app.yaml <<END
# what runs
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  template:
    spec:
      initContainers:
        - {name: tool, image: '$registry/home/tool:latest'}   # first
      containers:
        - name: app
          image: $registry/home/app:latest
        - name: other
          image: registry.example/other:1
END
cp work/cluster/app.yaml unpinned.yaml
printf 'name: tool\nlayers:\n  - files: {/etc/tool: {text: "tool\\n"}}\n' >work/images/tool/recipe.yaml

# edit TEXT: somebody changes the recipe and pushes.
edit() {
  printf 'name: app\nlayers:\n  - files: {/etc/app: {text: "%s\\n"}}\n' "$1" >work/images/app/recipe.yaml
  git -C work add --all
  git -C work commit --quiet -m "app says $1"
  git -C work push --quiet origin HEAD:main
}

# checkout: what a CI does, which takes the newest commit alone.
checkout() {
  rm -rf ci
  git clone --quiet --depth 1 --branch main "file://$story_folder/bare" ci
}

# pipeline VARIABLE=VALUE…: one run, as a CI job.
pipeline() {
  run env -C ci STAMP="${program:-$STAMP}" PIPELINE_WORKSPACE=images PIPELINE_LOCK=yes \
    PIPELINE_PUSH="origin main" "$@" "$pipeline"
}

tip() {
  git -C bare rev-parse "${1-main}"
}

# all_pinned: the branch's newest commit pins what its locks record, and changes nothing else.
all_pinned() {
  local name digest
  for name in app tool; do
    digest=$(git -C bare show "main:images/$name/stamp.lock" | jq --raw-output .result.digest)
    git -C bare show main:cluster/app.yaml |
      grep --quiet --fixed-strings "$registry/home/$name:latest@$digest" ||
      fail "$name is not pinned to $digest"
    skopeo inspect --raw --tls-verify=false "docker://$registry/home/$name@$digest" >index
    same "what is in the registry" "$digest" "sha256:$(sha256sum index | cut -d' ' -f1)"
  done
  git -C bare show main:cluster/app.yaml | sed 's/@sha256:[0-9a-f]*//' | diff - unpinned.yaml
}

edit first
checkout
before=$(tip)
pipeline
ended_with 0
same "commit" "$(cat stdout)" "$(tip)"
same "parent" "$before" "$(tip main^)"
all_pinned
same "files" "cluster/app.yaml images/app/stamp.lock images/tool/stamp.lock" \
  "$(git -C bare diff --name-only main^ main | xargs)"
git -C bare log -1 --format=%B main >message
digest=$(git -C bare show main:images/app/stamp.lock | jq --raw-output .result.digest)
diff - message <<END
Pin images of $(git -C bare rev-parse --short "$before")

app $registry/home/app:latest@$digest
tool $registry/home/tool:latest@$(git -C bare show main:images/tool/stamp.lock | jq --raw-output .result.digest)

END
same "status of the checkout" "" "$(git -C ci status --porcelain)"

# The same checkout again: the commit is there already. From that commit on: nothing to do.
pipeline
ended_with 0
same "commit" "$(cat stdout)" "$(tip)"
checkout
after=$(tip)
pipeline PIPELINE_LOCK=no
ended_with 0
printed </dev/null
complained_line "==> nothing changed: no commit"
same "tip" "$after" "$(tip)"

# With a stale lock, a registry that is away, or a manifest that does not parse, nothing is committed.
git -C work pull --quiet origin main
edit second
checkout
before=$(tip)
pipeline PIPELINE_LOCK=no
ended_with 2
printf 'a: [\n' >work/cluster/broken.yaml
edit broken
checkout
pipeline
ended_with 2
complained_line "broken.yaml:"
rm work/cluster/broken.yaml
edit third
checkout
before=$(tip)
stop_server "$server"
pipeline
ended_with 1
same "tip" "$before" "$(tip)"
docker-registry serve registry.yml >>"$registry_log" 2>&1 &
server=$!
servers+=("$server")
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/${registry/:/\/}") 2>/dev/null && break
  sleep 0.1
done

# Somebody pushes while it runs: their commit stays, and the run for it does the work.
edit fourth
checkout
edit fifth
before=$(tip)
pipeline
ended_with 3
complained_line "pipeline: error: the branch 'main' of 'origin' is not at $(git -C ci rev-parse HEAD) any more; a run for its newest commit will do"
same "tip" "$before" "$(tip)"

# A proposal takes the place of an older one; a local branch; wrong settings.
pipeline PIPELINE_PUSH= PIPELINE_PROPOSE="origin images"
ended_with 0
first=$(tip images)
same "commit" "$(cat stdout)" "$first"
pipeline PIPELINE_PUSH= PIPELINE_PROPOSE="origin images"
ended_with 0
same "commit" "$first" "$(tip images)"
checkout
pipeline PIPELINE_PUSH= PIPELINE_PROPOSE="origin images" PIPELINE_MESSAGE="New images"
ended_with 0
same "commit" "$(cat stdout)" "$(tip images)"
same "parent" "$before" "$(tip images^)"
same "subject" "New images" "$(git -C bare log -1 --format=%s images)"
pipeline PIPELINE_PUSH= PIPELINE_BRANCH=pinned PIPELINE_MANIFESTS=cluster
ended_with 0
same "commit" "$(cat stdout)" "$(git -C ci rev-parse pinned)"
same "tree" "$(git -C ci rev-parse 'pinned^{tree}')" "$(git -C bare rev-parse 'images^{tree}')"
pipeline PIPELINE_PUSH= PIPELINE_BRANCH=main
ended_with 2
complained <<<"pipeline: error: the branch 'main' is checked out; name another one in PIPELINE_BRANCH"
pipeline PIPELINE_PUSH=origin
ended_with 2
complained <<<"pipeline: error: PIPELINE_PUSH and PIPELINE_PROPOSE are 'REMOTE BRANCH'"
pipeline PIPELINE_PROPOSE="origin images"
ended_with 2
complained <<<"pipeline: error: PIPELINE_PUSH and PIPELINE_PROPOSE exclude each other"

# Results are shared where stamp.yaml says so, and a failure of that is none.
printf 'cache:\n  repository: %s/home/cache\n' "$registry" >>work/images/stamp.yaml
git -C work pull --quiet origin main
edit sixth
checkout
pipeline
ended_with 0
complained_line "==> cache pull"
complained_line "==> cache push"
all_pinned

# Killed before, in and after each call of stamp, and before and after each call of git that writes;
# each time on a recipe that was edited anew.
mkdir wrapped
declare -A real=([stamp]=$STAMP [git]=$(command -v git))
for name in stamp git; do
  cat >"wrapped/$name" <<END
#!/usr/bin/env bash
set -u
real=${real[$name]}
if [ $name = git ]; then
  case " \$* " in
    *" read-tree "* | *" checkout-index "* | *" add "* | *" write-tree "* | *" commit-tree "* | *" push "*) ;;
    *) exec "\$real" "\$@" ;;
  esac
fi
number=\$((\$(cat "\$COUNT-$name") + 1))
printf '%s\n' "\$number" >"\$COUNT-$name"
die() {
  printf 'killed\n' >"\$COUNT-killed"
  kill -KILL 0
}
[ "\$KILL" != "$name before \$number" ] || die
if [ "\$KILL" = "$name in \$number" ]; then
  "\$real" "\$@" &
  sleep "0.0\$((RANDOM % 10))"
  die
fi
status=0
"\$real" "\$@" || status=\$?
[ "\$KILL" != "$name after \$number" ] || die
exit "\$status"
END
  chmod +x "wrapped/$name"
done
program=$story_folder/wrapped/stamp
killed=0
for when in "stamp before" "stamp in" "stamp after" "git before" "git after"; do
  for number in $(seq 20); do
    git -C work pull --quiet origin main
    edit "killed $when $number"
    checkout
    before=$(tip)
    rm -f count-killed
    printf '0\n' | tee count-stamp >count-git
    {
      pipeline setsid --wait env KILL="$when $number" COUNT="$story_folder/count" \
        PATH="$story_folder/wrapped:$PATH"
    } 2>/dev/null
    [ -e count-killed ] || break
    killed=$((killed + 1))
    [ "$(tip)" = "$before" ] || all_pinned
    KILL=never COUNT=$story_folder/count pipeline
    ended_with 0
    same "commit" "$(cat stdout)" "$(tip)"
    same "parent" "$before" "$(tip main^)"
    all_pinned
    [ ! -e ci/.git/stamp-pipeline ] || fail "something was left in the repository"
  done
  ended_with 0
done
[ "$killed" -ge 30 ] || fail "only $killed stages were killed"
printf 'killed %s times\n' "$killed"
