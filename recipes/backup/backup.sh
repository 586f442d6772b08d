#!/bin/sh
# backup run     back BACKUP_PATHS up into RESTIC_REPOSITORY, then forget and prune old snapshots
# backup check   read a part of the repository and compare it
# backup serve   sshd for restic's sftp at port 2222; keys are mounted, none is in the image
set -eu

keys=${BACKUP_KEYS:-/run/secrets/backup}

need() {
  eval "value=\${$1:-}"
  if [ -z "$value" ]; then
    echo "backup: $1 is not set" >&2
    exit 2
  fi
}

run() {
  need RESTIC_REPOSITORY
  need BACKUP_PATHS
  # A repository that is not there yet is made once.
  restic cat config >/dev/null 2>&1 || restic init
  # shellcheck disable=SC2086  # several paths, separated by blanks
  restic backup --host "${BACKUP_HOST:-$(hostname)}" --one-file-system $BACKUP_PATHS
  restic forget --prune \
    --keep-daily "${BACKUP_KEEP_DAILY:-7}" \
    --keep-weekly "${BACKUP_KEEP_WEEKLY:-5}" \
    --keep-monthly "${BACKUP_KEEP_MONTHLY:-12}"
}

check() {
  need RESTIC_REPOSITORY
  restic check --read-data-subset "${BACKUP_CHECK_PART:-5%}"
}

serve() {
  for file in ssh_host_ed25519_key authorized_keys; do
    if [ ! -r "$keys/$file" ]; then
      echo "backup: $keys/$file is missing: mount the host key and the clients' keys" >&2
      exit 2
    fi
  done
  # sshd refuses keys that others may read, as those of a mounted secret often are.
  install -d -m 0700 /run/backup
  install -d -m 0755 /run/sshd
  install -m 0600 "$keys/ssh_host_ed25519_key" /run/backup/ssh_host_ed25519_key
  install -d -m 0755 /run/backup-clients
  install -m 0644 "$keys/authorized_keys" /run/backup-clients/authorized_keys
  exec /usr/sbin/sshd -D -e
}

case ${1:-run} in
  run) run ;;
  check) check ;;
  serve) serve ;;
  *)
    echo "usage: backup run | check | serve" >&2
    exit 2
    ;;
esac
