#!/bin/sh
# sshd for the user git. Keys are mounted at GIT_KEYS; none is in the image.
set -eu

keys=${GIT_KEYS:-/run/secrets/git}
for file in ssh_host_ed25519_key authorized_keys; do
  if [ ! -r "$keys/$file" ]; then
    echo "git-server: $keys/$file is missing: mount the host key and the users' keys" >&2
    exit 2
  fi
done
# sshd refuses keys that others may read, as those of a mounted secret often are.
install -d -m 0755 /run/sshd /run/git-users
install -d -m 0700 /run/git
install -m 0600 "$keys/ssh_host_ed25519_key" /run/git/ssh_host_ed25519_key
install -m 0644 "$keys/authorized_keys" /run/git-users/authorized_keys
exec /usr/sbin/sshd -D -e
