#!/bin/sh
# list: the repositories
set -eu
cd /srv/git
for repository in *.git; do
  if [ -d "$repository" ]; then echo "$repository"; fi
done
