#!/bin/sh
# create NAME: a new, empty repository NAME.git
set -eu
case ${1:-} in
  '' | */* | .* | *[!A-Za-z0-9._-]*)
    echo "usage: create NAME   (letters, digits, '.', '_' and '-')" >&2
    exit 2
    ;;
esac
exec git init --quiet --bare "/srv/git/${1%.git}.git"
