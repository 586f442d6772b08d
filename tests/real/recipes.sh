#!/usr/bin/env bash
# The recipes do what they are for: a repository is pushed and cloned, a folder backed up over ssh
# and restored, a share is served; each refuses to start without its keys.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_podman
[ "$(uname -m)" = x86_64 ] || skip "this machine runs no amd64 programs"

# story RECIPE TEXT: the text run by a shell in the recipe's image, as its user.
story() {
  run podman_run --entrypoint /bin/sh "oci:$STAMP_REAL/out/$1" -c "set -e
    soon() { i=0; until \"\$@\" >/dev/null 2>&1; do i=\$((i + 1)); [ \$i -lt 100 ] || exit 9; sleep 0.1; done; }
    listening() { bash -c \"exec 3<>/dev/tcp/127.0.0.1/\$1\"; }
    $2"
  cat stderr
  ended_with 0
}

run podman_run "oci:$STAMP_REAL/out/git"
ended_with 2
complained_line "git-server: /run/secrets/git/ssh_host_ed25519_key is missing"

# shellcheck disable=SC2016
story git 'mkdir -p /run/secrets/git
  cd /run/secrets/git
  ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key
  ssh-keygen -q -t ed25519 -N "" -f /tmp/key
  cp /tmp/key.pub authorized_keys
  git-server 2>/dev/null &
  soon listening 2222
  ssh="ssh -p 2222 -i /tmp/key -o StrictHostKeyChecking=no -o LogLevel=ERROR"
  export GIT_SSH_COMMAND="$ssh" GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
  $ssh git@127.0.0.1 create notes
  $ssh git@127.0.0.1 list
  cd /tmp
  git clone -q git@127.0.0.1:notes.git one 2>/dev/null
  cd one
  echo text >file
  git add file
  git commit -qm first
  git push -q origin main
  git clone -q git@127.0.0.1:notes.git /tmp/two
  cat /tmp/two/file
  stat -c %U /srv/git/notes.git/HEAD'
printed <<'END'
notes.git
text
git
END

# shellcheck disable=SC2016
story backup 'mkdir -p /run/secrets/backup /tmp/data/deep
  cd /run/secrets/backup
  ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key
  ssh-keygen -q -t ed25519 -N "" -f id_ed25519
  cp id_ed25519.pub authorized_keys
  echo "[127.0.0.1]:2222 $(cut -d" " -f1,2 ssh_host_ed25519_key.pub)" >known_hosts
  backup serve 2>/dev/null &
  soon listening 2222
  echo one >/tmp/data/file
  ln -s ../file /tmp/data/deep/link
  export RESTIC_REPOSITORY=sftp://restic@127.0.0.1:2222//srv/backup/one RESTIC_PASSWORD=x BACKUP_PATHS=/tmp/data
  export RESTIC_CACHE_DIR=/tmp/cache
  backup run >/dev/null
  backup check >/dev/null
  restic restore latest --quiet --target /tmp/restored
  diff -r /tmp/data /tmp/restored/tmp/data && echo restored
  stat -c %U /srv/backup/one/config'
printed_line "restored"
printed_line "restic"

run podman_run "oci:$STAMP_REAL/out/files"
ended_with 2
complained_line "files: /run/secrets/files/password is missing"

# shellcheck disable=SC2016
story files 'mkdir -p /run/secrets/files
  echo secret >/run/secrets/files/password
  files smb >/tmp/log 2>&1 &
  soon listening 445
  pdbedit -L | cut -d: -f1
  testparm -s 2>/dev/null | grep "valid users"'
printed_line "files"
printed_line "	valid users = files"

# shellcheck disable=SC2016
story devenv 'cd /tmp
  id -un
  sudo -n id -un
  printf "#include <stdio.h>\nint main(void) { puts(\"compiled\"); }\n" >a.c
  cc -o a a.c
  ./a
  python3 -m venv --without-pip venv
  venv/bin/python -c "print(1 + 1)"
  ninja --version >/dev/null && cmake --version >/dev/null && rg --version >/dev/null && man -w ls'
printed <<'END'
dev
root
compiled
2
/usr/share/man/man1/ls.1.gz
END
