# What the stories share; to be sourced by them.
# shellcheck shell=bash
#
# A story runs in a new folder with a home folder of its own; STAMP names the program and
# STAMP_ARCHIVE the small package archive that make_archive.sh made.

: "${STAMP:?the program to test}"

story_folder=$(mktemp -d)
cd "$story_folder" || exit
mkdir home
export HOME=$story_folder/home LC_ALL=C.UTF-8 TZ=UTC
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR STAMP_CACHE_DIR SOURCE_DATE_EPOCH NO_COLOR
umask 022
servers=()  # processes that end with the story

story_end() {
  local status=$?
  if ((${#servers[@]} > 0)); then
    kill "${servers[@]}" 2>/dev/null || true
  fi
  if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
    printf 'the story ended with %s in line %s\n' "$status" "${BASH_LINENO[0]}" >&2
  fi
  # what was unpacked as root may hold folders that cannot be entered
  chmod -R u+rwX "$story_folder" 2>/dev/null || true
  rm -rf "$story_folder"
}
trap story_end EXIT

# skip REASON: ends the story as skipped.
skip() {
  printf 'skip: %s\n' "$*"
  exit 77
}

# fail TEXT: ends the story as failed, with the last command's output.
fail() {
  printf 'FAILED: %s\n' "$*"
  printf -- '--- last command: %s\n' "${ran[*]:-none}"
  printf -- '--- exit code: %s\n--- stdout:\n' "${status:-}"
  cat stdout 2>/dev/null
  printf -- '--- stderr:\n'
  cat stderr 2>/dev/null
  exit 1
}

# run COMMAND…: runs it without a terminal; leaves stdout, stderr (files) and status.
run() {
  ran=("$@")
  status=0
  "$@" </dev/null >"$story_folder/stdout" 2>"$story_folder/stderr" || status=$?
}

# stamp ARGUMENT…: runs the program under test.
stamp() {
  run "$STAMP" "$@"
}

# ended_with CODE
ended_with() {
  [ "$status" -eq "$1" ] || fail "expected exit code $1"
}

# printed / complained: stdout / stderr is exactly the text on stdin.
printed() {
  diff -u - "$story_folder/stdout" >"$story_folder/difference" || {
    cat "$story_folder/difference"
    fail "stdout is another one"
  }
}
complained() {
  diff -u - "$story_folder/stderr" >"$story_folder/difference" || {
    cat "$story_folder/difference"
    fail "stderr is another one"
  }
}

# printed_line / complained_line TEXT: the text is in stdout / stderr.
printed_line() {
  grep --quiet --fixed-strings -e "$1" "$story_folder/stdout" || fail "stdout lacks: $1"
}
complained_line() {
  grep --quiet --fixed-strings -e "$1" "$story_folder/stderr" || fail "stderr lacks: $1"
}

# silent: nothing on stderr.
silent() {
  [ ! -s "$story_folder/stderr" ] || fail "stderr is not empty"
}

# same WHAT A B: two values are equal.
same() {
  [ "$2" = "$3" ] || fail "$1: '$2' and '$3' differ"
}

# workspace SUITE: a stamp.yaml that takes packages from the small archive.
workspace() {
  : "${STAMP_ARCHIVE:?the archive of make_archive.sh}"
  cat >stamp.yaml <<END
stamp: 1
defaults:
  platforms: [linux/amd64, linux/arm64]
sources:
  tests:
    archive: file://$STAMP_ARCHIVE/archive
    suites: [$1]
    keyring: $STAMP_ARCHIVE/keyring.gpg
END
}

# recipe NAME: a recipe of that name with the layers on stdin.
recipe() {
  mkdir -p "$1"
  {
    printf 'name: %s\n' "$1"
    cat
  } >"$1/recipe.yaml"
}

# free_port: the number of a port on which nobody listens.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# await_port NUMBER: until somebody listens there.
await_port() {
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.1
  done
  fail "nobody listens on port $1"
}

# serve_registry NAME [MORE]: starts Debian's registry on a port of its own, MORE being further configuration;
# sets `registry` to its address, `registry_log` to its log and `server` to its process.
serve_registry() {
  local name=$1 port
  command -v docker-registry >/dev/null || fail "docker-registry is not installed"
  port=$(free_port)
  registry=127.0.0.1:$port
  registry_log=$story_folder/$name.log
  cat >"$story_folder/$name.yml" <<END
version: 0.1
storage: {filesystem: {rootdirectory: $story_folder/$name}}
http: {addr: "$registry"}
${2-}
END
  docker-registry serve "$story_folder/$name.yml" >"$registry_log" 2>&1 &
  server=$!
  servers+=("$server")
  await_port "$port"
}

# stop_server PROCESS
stop_server() {
  kill "$1"
  wait "$1" 2>/dev/null || true
}

# requests LOG: the requests that a registry answered so far, one a line: METHOD PATH.
requests() {
  sed --quiet 's/.*"\(GET\|HEAD\|POST\|PUT\|PATCH\|DELETE\) \([^ ]*\) HTTP.*/\1 \2/p' "$1"
}

# all_there NAME REPOSITORY: every manifest that the registry NAME has there, has all that it names.
all_there() {
  local folder=$story_folder/$1/docker/registry/v2 revision digest_of named
  for revision in "$folder/repositories/$2/_manifests/revisions/sha256"/*; do
    [ -e "$revision" ] || continue
    digest_of=${revision##*/}
    for named in $(jq --raw-output '.. | objects | .digest? // empty' \
      "$folder/blobs/sha256/${digest_of:0:2}/$digest_of/data"); do
      named=${named#sha256:}
      [ -e "$folder/repositories/$2/_layers/sha256/$named" ] ||
        [ -e "$folder/repositories/$2/_manifests/revisions/sha256/$named" ] ||
        fail "$2: manifest $digest_of is there, and $named is not"
    done
  done
}

# may_kill: skips the story where kill_at cannot follow a program.
may_kill() {
  : "${STAMP_KILL_AT:?the program kill_at}"
  "$STAMP_KILL_AT" write count true >/dev/null 2>&1 || skip "the machine forbids tracing"
}

# points_of CALLS MOST ARGUMENT…: at most so many numbers, spread evenly over those of the calls that stamp makes.
points_of() {
  local calls=$1 most=$2 total
  shift 2
  total=$("$STAMP_KILL_AT" "$calls" count "$STAMP" "$@" </dev/null 2>/dev/null) || return
  awk -v most="$most" -v total="$total" 'BEGIN {
    for (i = 1; i <= total; i++) {
      if (total <= most || int(i * most / total) != int((i - 1) * most / total)) print i
    }
  }'
}

# killed_at CALLS NUMBER ARGUMENT…: whether stamp was killed there; if not, it was done before.
killed_at() {
  local calls=$1 number=$2
  shift 2
  run "$STAMP_KILL_AT" "$calls" "$number" "$STAMP" "$@"
  [ "$status" -eq 0 ] || [ "$status" -eq 137 ] || fail "it was not killed but ended with $status"
  [ "$status" -eq 137 ]
}
