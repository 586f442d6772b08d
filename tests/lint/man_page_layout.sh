#!/usr/bin/env bash
# The man page is laid out without a warning.
# usage: man_page_layout.sh PAGE
set -euo pipefail

said=$(MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings --local-file "$1" 2>&1 >/dev/null)
if [ -n "$said" ]; then
  printf '%s\n' "$said"
  exit 1
fi
MANWIDTH=80 LC_ALL=C.UTF-8 man --local-file "$1" | grep --quiet 'bit-reproducible OCI images'
