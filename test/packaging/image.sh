#!/usr/bin/env bash
# Builds the image with the builder that is named, and runs it as an operator would: as its own user, on a read-only
# root, with nothing to write to but /data and /tmp; once, and as a daemon that is process 1, with an application of
# another user that reads beside it. Needs root. Run it in a clone after "npm ci".
#   test/packaging/image.sh BUILDER      BUILDER --tag NAME CONTEXT builds with buildah
set -euo pipefail
builder=$(realpath "$1")
cd "$(dirname "$0")/../.."
# Where the builder keeps what it built; Docker's format, as OCI's has no health check.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
work=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-image-XXXXXX")
emulator='' container='' daemon=''
clean() {
  [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || true
  [ -z "$emulator" ] || kill "$emulator"
  [ -z "$container" ] || buildah rm "$container" >/dev/null
  rm -rf "$work"
}
trap clean EXIT

say() { printf '  %s\n' "$*"; }
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
same() { [ "$2" = "$3" ] || die "$1: expected \"$3\", got \"$2\""; }
of() { buildah inspect --type image --format "{{.Docker.Config.$1}}" rosterd; }
label() { buildah inspect --type image --format "{{index .Docker.Config.Labels \"org.opencontainers.image.$1\"}}" rosterd; }
version=$(node -p 'require("./package.json").version')

timeout --kill-after=10 900 "$builder" --tag rosterd . >"$work/log" 2>&1 || { cat "$work/log"; die 'the image could not be built'; }
say "$(grep '^image size' "$work/log")"
same 'the entry point' "$(of Entrypoint)" '[rosterd]'
same 'the user' "$(of User)" 10001:10001
same 'the volumes' "$(of Volumes)" 'map[/data:{}]'
same 'the health check' "$(of Healthcheck.Test)" '[CMD rosterd health]'
same 'the signal' "$(of StopSignal)" ''
same 'the label title' "$(label title)" rosterd
same 'the label version' "$(label version)" "$version"
same 'the label licenses' "$(label licenses)" "$(node -p 'require("./package.json").license')"
same 'the label description' "$(label description)" "$(node -p 'require("./package.json").description')"

container=$(buildah from --pull-never rosterd)
root=$(buildah mount "$container")
same 'TypeScript in the image' "$(find "$root/opt/rosterd" -name '*.ts')" ''
test/packaging/size.sh "$root/opt/rosterd"

# inside PROGRAM ARGUMENTS…: on a read-only root, as process 1; /data, /tmp and the configuration are mounted
mkdir "$work/data" "$work/etc"
chown 10001:10001 "$work/data"
chmod 750 "$work/data"
inside() {
  exec unshare --mount --pid --fork --kill-child sh -euc '
    root=$1 work=$2
    shift 2
    mount --bind "$root" "$root"
    mount -o remount,ro,bind "$root"
    mount -t proc proc "$root/proc"
    mount --bind "$work/data" "$root/data"
    mount --bind "$work/etc" "$root/etc/rosterd"
    mount -o remount,ro,bind "$root/etc/rosterd"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    ! touch "$root/etc/written" 2>/dev/null
    exec chroot --userspec=10001:10001 --groups= "$root" /usr/bin/env --chdir=/data ROSTERD_CONFIG=/etc/rosterd/config.yaml \
      NODE_ENV=production "$@"
  ' sh "$root" "$work" "$@"
}
run() { (timeout --kill-after=10 60 bash -euc "$(declare -f inside); root=$root work=$work; inside \"\$@\"" bash "$@") >"$work/out" 2>&1; }

port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
touch "$work/emulator"
node bin/node.js test/packaging/providers.ts "$work/etc" "$port" >"$work/emulator" &
emulator=$!
until grep -q 'ready' "$work/emulator"; do
  kill -0 "$emulator" || die 'the emulators ended'
  sleep 0.1
done

# expect STATUS ARGUMENTS…
expect() {
  local want=$1 status=0
  shift
  run rosterd "$@" || status=$?
  [ "$status" = "$want" ] || { cat "$work/out"; die "rosterd $*: expected exit status $want, got $status"; }
  say "rosterd $*"
}
expect 0 --version
same 'the version' "$(cat "$work/out")" "$version"
expect 0 --help
grep -q '^Usage: rosterd' "$work/out" || die "the help: $(cat "$work/out")"
for type in "$root"/opt/rosterd/dist/connectors/*/schema.js; do
  name=$(basename "$(dirname "$type")")
  run node --input-type=module -e "
    import { connectorTypes } from '/opt/rosterd/dist/connectors/registry.js';
    if (!(await connectorTypes['$name'].load())) process.exit(1);
  " || { cat "$work/out"; die "the connector $name does not load"; }
  say "the connector $name loads"
done
expect 0 check --online
expect 4 plan --exit-code
expect 0 --once
for source in azure-ad google-workspace okta keycloak; do
  grep -q "^$source: [1-9].* accounts created" "$work/out" || { cat "$work/out"; die "$source was not synced"; }
  say "$(sed -n "s/^$source: /  $source: /p" "$work/out")"
done
expect 0 --once --dry-run --exit-code
expect 0 users
same 'the owner of the directory' "$(stat -c %u:%g:%a "$work/data/directory.db")" 10001:10001:640

# An application: another user in the file's group, on a mount that is read-only, with an SQLite that is not rosterd's.
read_beside() {
  timeout --kill-after=10 60 unshare --mount sh -euc '
    mount --bind "$2/data" "$1/data"
    mount -o remount,ro,bind "$1/data"
    exec chroot --userspec=10002:10001 --groups= "$1" /usr/local/bin/node -e "
      const { DatabaseSync } = require(\"node:sqlite\");
      const db = new DatabaseSync(\"/data/directory.db\", { readOnly: true, timeout: 5000 });
      console.log(db.prepare(\"SELECT count(*) AS people FROM v1_users WHERE active = 1\").get().people);
    "
  ' sh "$root" "$work"
}
people=$(read_beside) || die 'an application could not read the directory'
[ "$people" -gt 0 ] || die "an application saw $people people"
say "an application of another user reads $people people while no rosterd runs"

start() {
  (inside rosterd) >>"$work/daemon" 2>&1 &
  daemon=$!
  for _ in $(seq 150); do
    if ask readyz 2>/dev/null; then return; fi
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.2
  done
  cat "$work/daemon"
  die 'the daemon did not become ready'
}
ask() { node -e 'fetch(process.argv[1]).then(async (r) => { console.log(await r.text()); process.exit(r.ok ? 0 : 1); }, () => process.exit(1))' "http://127.0.0.1:$port/$1" >"$work/answer"; }
# tell SIGNAL: to process 1 of the container
tell() { kill "-$1" "$(pgrep -P "$daemon")"; }
passes() { ask metrics && sed -n 's/^rosterd_passes_total{.*} //p' "$work/answer" | awk '{ n += $1 } END { print n + 0 }'; }
until_passes() {
  for _ in $(seq 150); do
    if [ "$(passes)" -ge "$1" ]; then return; fi
    sleep 0.2
  done
  cat "$work/daemon"
  die "the daemon made $(passes) passes, not $1"
}

start
until_passes 8
expect 0 health
ask livez || die 'the daemon does not say that it lives'
same 'people beside the daemon' "$(read_beside)" "$people"
say "the daemon is process 1, and an application of another user reads beside it"
for source in azure-ad google-workspace okta keycloak; do expect 0 sync "$source"; done

tell KILL
wait "$daemon" 2>/dev/null || true
expect 1 health
same 'people after it was killed' "$(read_beside)" "$people"
start
until_passes 8
same 'people after it was started again' "$(read_beside)" "$people"
say 'the daemon was killed and started again, and kept its directory'

tell HUP
for _ in $(seq 50); do
  if grep -q 'the configuration was read again' "$work/daemon"; then break; fi
  sleep 0.2
done
grep -q 'the configuration was read again' "$work/daemon" || die 'SIGHUP read nothing'
began=$SECONDS status=0
tell TERM
wait "$daemon" || status=$?
daemon=''
same 'the exit status after SIGTERM' "$status" 0
[ $((SECONDS - began)) -le 27 ] || die "SIGTERM took $((SECONDS - began)) s"
same 'people after it ended' "$(read_beside)" "$people"
say "SIGHUP reloads, SIGTERM ends it within $((SECONDS - began)) s"
say 'the image works'
