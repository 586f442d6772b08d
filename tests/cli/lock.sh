#!/usr/bin/env bash
# A lock is made, found to be fresh or stale, updated, and checked.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

workspace stable
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END

stamp lock --check
ended_with 3
[ ! -e app/stamp.lock ] || fail "--check wrote a lock"

stamp lock
ended_with 0
cp app/stamp.lock first.lock
same "packages" "base-files 12.0 essential
greet 1.0 named
libgreet 1.0 needed by greet
usr-is-merged 37 essential" "$(jq --raw-output \
  '.platforms["linux/arm64"].packages[] | "\(.name) \(.version) \(.why)"' app/stamp.lock)"

# Nothing is done twice, and a second lock changes nothing.
stamp lock
ended_with 0
cmp app/stamp.lock first.lock || fail "the second lock is another one"
stamp lock --check
ended_with 0

# Another package in the recipe makes the lock stale.
recipe app <<'END'
layers:
  - packages: {install: [greet, extra], scripts: skip}
END
stamp lock --check
ended_with 3
stamp lock
ended_with 0
printed_line "extra"
jq --exit-status '[.platforms[].packages[] | select(.name == "extra")] | length == 2' \
  app/stamp.lock >/dev/null || fail "extra is not in the lock"

# A setting of the image is no reason to resolve anew: the lock changes, its packages do not.
recipe app <<'END'
layers:
  - packages: {install: [greet, extra], scripts: skip}
config: {env: {A: b}}
END
packages=$(jq .platforms app/stamp.lock)
stamp lock --check --quiet
ended_with 3
printed <<<"app: changed"
complained <<'END'
stamp: error: these locks are not up to date: app
  try: stamp lock app
END
stamp lock
ended_with 0
same "packages" "$packages" "$(jq .platforms app/stamp.lock)"

# Newer versions come by --update only.
workspace next
stamp lock
ended_with 0
stamp lock --update
ended_with 0
printed_line "greet"
same "version" "1.1 1.1" "$(jq --raw-output \
  '[.platforms[].packages[] | select(.name == "greet") | .version] | join(" ")' app/stamp.lock)"

# A package that no source has.
recipe app <<'END'
layers:
  - packages: {install: [gret], scripts: skip}
END
cp app/stamp.lock before.lock
stamp lock --quiet
ended_with 2
complained <<'END'
stamp: error: app/recipe.yaml:3:26: package 'gret': no source has such a package; did you mean 'greet'?
    - packages: {install: [gret], scripts: skip}
                           ^
  while locking 'app'
END
cmp app/stamp.lock before.lock || fail "a failed lock changed the file"

# Two packages that cannot be read from a keyring that did not sign the archive.
recipe app <<'END'
layers:
  - packages: {install: [greet], scripts: skip}
END
rm -rf other-keys
mkdir other-keys
chmod 700 other-keys
gpg --homedir other-keys --batch --quiet --passphrase '' \
  --quick-generate-key 'Somebody else <else@example.org>' ed25519 sign never 2>/dev/null
gpg --homedir other-keys --batch --export >else.gpg
gpgconf --homedir other-keys --kill all
sed -i "s#keyring: .*#keyring: else.gpg#" stamp.yaml
stamp lock
ended_with 1
complained_line "InRelease"
