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

story_end() {
  local status=$?
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
