#!/usr/bin/env bash
# All problems of all files in one run, each with its line, a caret and the nearest known key.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cat >stamp.yaml <<'END'
stamp: 1
sources:
  debian:
    archive: https://snapshot.debian.org/archive/debian
    suits: [bookworm]
    keyring: missing.gpg
END
recipe app <<'END'
layers:
  - packages: {instal: [curl], scripts: run}
  - files:
      /etc/a: {source: missing}
      /etc/../b: {text: x}
      etc/c: {text: x, mode: 0999}
  - tree: {source: ../outside, to: /}
  - copy: {from: {recipe: wbe}, paths: {/a: /b}}
  - run: {script: "true"}
config: {entrpoint: [x], user: 5}
END
recipe web <<'END'
name: web
from: {recipe: app}
config: [
END
stamp build
ended_with 2
printed </dev/null
complained <<'END'
stamp: error: app/recipe.yaml:3:15: 'packages' has no 'install'
    - packages: {instal: [curl], scripts: run}
                ^
app/recipe.yaml:3:16: unknown key 'instal' in 'packages'; did you mean 'install'?
    - packages: {instal: [curl], scripts: run}
                 ^
app/recipe.yaml:3:41: 'scripts: run' is not supported by this version; write 'scripts: evaluate' or 'scripts: skip'
    - packages: {instal: [curl], scripts: run}
                                          ^
app/recipe.yaml:5:24: 'missing' cannot be read: no such file or directory
        /etc/a: {source: missing}
                         ^
app/recipe.yaml:6:7: '/etc/../b' is not a path in an image: '..' is not allowed
        /etc/../b: {text: x}
        ^
app/recipe.yaml:7:7: 'etc/c' is not a path in an image: it must start with '/'
        etc/c: {text: x, mode: 0999}
        ^
app/recipe.yaml:7:30: 'mode' must be a text, not a number; quote it: "0999"
        etc/c: {text: x, mode: 0999}
                               ^
app/recipe.yaml:8:20: '../outside' cannot be used: the path must not leave this file's folder ('..')
    - tree: {source: ../outside, to: /}
                     ^
app/recipe.yaml:9:27: unknown recipe 'wbe'
    - copy: {from: {recipe: wbe}, paths: {/a: /b}}
                            ^
app/recipe.yaml:10:5: 'run' is not supported by this version, which knows packages, files, tree, archive and copy
    - run: {script: "true"}
      ^
app/recipe.yaml:11:10: unknown key 'entrpoint' in 'config'; did you mean 'entrypoint'?
  config: {entrpoint: [x], user: 5}
           ^
stamp.yaml:4:5: source 'debian' has no 'suites'
      archive: https://snapshot.debian.org/archive/debian
      ^
stamp.yaml:5:5: unknown key 'suits' in source 'debian'; did you mean 'suites'?
      suits: [bookworm]
      ^
web/recipe.yaml:2:1: duplicate key 'name'; first on line 1
  name: web
  ^
web/recipe.yaml:5:1: not valid YAML: flow sequence without a closing bracket
END

# Problems that only show when the files are put together.
workspace stable
recipe app <<'END'
from: {recipe: web}
END
recipe web <<'END'
from: {recipe: app}
END
stamp build
ended_with 2
complained <<'END'
stamp: error: app/recipe.yaml:1:7: recipes need each other: app → web → app
  name: app
        ^
END
[ ! -e home/.cache ] || fail "a build with invalid recipes made a cache"
