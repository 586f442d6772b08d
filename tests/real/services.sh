#!/usr/bin/env bash
# Services start and work from images whose maintainer scripts were evaluated, as the users that
# Debian gives them; ffmpeg encodes, numpy computes: both need the BLAS that only an alternative
# puts in place.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
need_podman
[ "$(uname -m)" = x86_64 ] || skip "this machine runs no amd64 programs"

run podman_run --entrypoint /bin/sh "oci:$STAMP_REAL/out/transcoding" -c 'set -e
  cd /tmp
  ffmpeg -loglevel error -f lavfi -i testsrc=duration=1:size=320x240:rate=25 \
    -f lavfi -i sine=duration=1 -c:v libx264 -c:a aac clip.mp4
  ffprobe -loglevel error -show_entries stream=codec_name -of csv=p=0 clip.mp4
  id -un'
ended_with 0
printed <<'END'
h264
aac
media
END

# The packages are not locked: whatever the archive has now is configured.
mkdir workspace
cp "$STAMP_REAL/recipes/stamp.yaml" workspace/
cp -r "$(dirname -- "${BASH_SOURCE[0]}")/services" workspace/
run stamp -C workspace lock
if [ "$status" -ne 0 ]; then
  skip "no package archive within reach"
fi
stamp -C workspace build --output "oci:$STAMP_REAL/out/services"
ended_with 0

# service TEXT: the text run by a shell in the image, as root.
service() {
  run podman_run "oci:$STAMP_REAL/out/services" sh -c "set -e
    soon() { i=0; until \"\$@\" >/dev/null 2>&1; do i=\$((i + 1)); [ \$i -lt 100 ] || exit 9; sleep 0.1; done; }
    $1"
  cat stderr
  ended_with 0
}

# shellcheck disable=SC2016
service 'setpriv --reuid redis --regid redis --init-groups redis-server /etc/redis/redis.conf --daemonize no --pidfile "" &
  soon redis-cli ping
  redis-cli set key value
  redis-cli get key
  redis-cli save
  stat -c %U:%G /var/lib/redis/dump.rdb'
printed <<'END'
OK
value
OK
redis:redis
END

# shellcheck disable=SC2016
service 'ls /etc/ssh/ssh_host_* 2>/dev/null || echo "no keys in the image"
  ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
  ssh-keygen -q -t ed25519 -N "" -f ~/key
  mkdir -p -m 700 ~/.ssh /run/sshd
  cp ~/key.pub ~/.ssh/authorized_keys
  /usr/sbin/sshd -p 2222
  soon ssh-keyscan -p 2222 127.0.0.1
  ssh -p 2222 -i ~/key -o StrictHostKeyChecking=no -o LogLevel=ERROR root@127.0.0.1 \
    "echo in as \$(id -un)"
  getent passwd sshd | cut -d: -f1,6,7'
printed <<'END'
no keys in the image
in as root
sshd:/run/sshd:/usr/sbin/nologin
END

# shellcheck disable=SC2016
service 'smbd --foreground --no-process-group >/dev/null 2>&1 &
  soon smbclient -N -L //127.0.0.1
  smbclient -N -L //127.0.0.1 2>/dev/null | grep -c "IPC\\$"
  testparm -s 2>/dev/null | grep "map to guest"
  getent group sambashare | cut -d: -f1'
printed <<'END'
1
	map to guest = Bad User
sambashare
END

# shellcheck disable=SC2016
service 'echo "@reboot nobody id -un >/tmp/ran" >/etc/cron.d/test
  sed -i /pam_loginuid/d /etc/pam.d/cron
  cron -f &
  soon test -s /tmp/ran
  cat /tmp/ran
  stat -c "%U:%G %a" /usr/bin/crontab /var/spool/cron/crontabs'
printed <<'END'
nobody
root:crontab 2755
root:crontab 1730
END

# shellcheck disable=SC2016
service 'nginx -t -q
  nginx -g "daemon off;" &
  soon curl --silent --fail http://127.0.0.1/
  curl --silent http://127.0.0.1/ | grep -o "<title>.*</title>"
  ps -o user= -C nginx | sort -u | tr "\n" " "'
printed_line "<title>Welcome to nginx!</title>"
printed_line "root www-data"

service 'python3 -c "import numpy; print(numpy.dot(numpy.eye(3) * 2, [1, 2, 3]))"
  readlink /etc/alternatives/libblas.so.3-x86_64-linux-gnu'
printed_line "[2. 4. 6.]"
printed_line "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3"
