#!/bin/sh
# files smb    serve /srv/files by Samba; FILES_PASSWORD_FILE holds the password of the user files
# files nfs    serve /srv/files by NFS 4 (nfs-ganesha)
set -eu

case ${1:-smb} in
  smb)
    password=${FILES_PASSWORD_FILE:-/run/secrets/files/password}
    if [ ! -r "$password" ]; then
      echo "files: $password is missing: mount the password of the user 'files'" >&2
      exit 2
    fi
    install -d -m 0755 /run/samba
    secret=$(cat "$password")
    printf '%s\n%s\n' "$secret" "$secret" | smbpasswd -s -a files >/dev/null
    exec smbd --foreground --no-process-group --debug-stdout
    ;;
  nfs)
    install -d -m 0755 /run/ganesha
    exec ganesha.nfsd -F -L STDOUT -f /etc/ganesha/ganesha.conf -p /run/ganesha/ganesha.pid
    ;;
  *)
    echo "usage: files smb | nfs" >&2
    exit 2
    ;;
esac
