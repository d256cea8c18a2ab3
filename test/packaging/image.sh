#!/usr/bin/env bash
# Builds the image with the builder that is named, and runs it as an operator would: as its own user, on a read-only
# root, with nothing to write to but its volumes. Needs root. Run it in a clone after "npm ci".
#   test/packaging/image.sh BUILDER      BUILDER --tag NAME CONTEXT builds with buildah
set -euo pipefail
builder=$(realpath "$1")
cd "$(dirname "$0")/../.."
# Where the builder keeps what it built.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
work=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-image-XXXXXX")
emulator='' container=''
clean() {
  [ -z "$emulator" ] || kill "$emulator"
  [ -z "$container" ] || buildah rm "$container" >/dev/null
  rm -rf "$work"
}
trap clean EXIT

say() { printf '  %s\n' "$*"; }
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
same() { [ "$2" = "$3" ] || die "$1: expected \"$3\", got \"$2\""; }
of() { buildah inspect --type image --format "{{.OCIv1.Config.$1}}" rosterd; }

timeout --kill-after=10 900 "$builder" --tag rosterd . >"$work/log" 2>&1 || { cat "$work/log"; die 'the image could not be built'; }
say "$(grep '^image size' "$work/log")"
same 'the entry point' "$(of Entrypoint)" '[rosterd]'
same 'the user' "$(of User)" 10001:10001
same 'the volumes' "$(of Volumes)" 'map[/data:{} /tmp:{}]'

container=$(buildah from --pull-never rosterd)
root=$(buildah mount "$container")
same 'TypeScript in the image' "$(find "$root/opt/rosterd" -name '*.ts' -not -path '*/node_modules/*')" ''

# run ARGUMENTS…: the entry point on a read-only root; standard input is the configuration file
mkdir "$work/data"
chown 10001:10001 "$work/data"
run() {
  timeout --kill-after=10 60 unshare --mount sh -euc '
    root=$1 data=$2
    shift 2
    mount --bind "$root" "$root"
    mount -o remount,ro,bind "$root"
    mount --bind "$data" "$root/data"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    ! touch "$root/etc/written" 2>/dev/null
    exec chroot --userspec=10001:10001 --groups= "$root" /usr/bin/env --chdir=/data ROSTERD_CONFIG=- rosterd "$@"
  ' sh "$root" "$work/data" "$@" <"$work/config.yaml" >"$work/out" 2>&1
}

touch "$work/emulator" "$work/config.yaml"
node bin/node.js test/emulators/main.ts keycloak --company >"$work/emulator" &
emulator=$!
until grep -q 'Ctrl-C' "$work/emulator"; do
  kill -0 "$emulator" || die 'the emulator ended'
  sleep 0.1
done
sed -n '/^directory:/,/^$/p' "$work/emulator" | sed 's,^directory:.*,directory: /data/directory.db,' >"$work/config.yaml"

# expect STATUS ARGUMENTS…
expect() {
  local want=$1 status=0
  shift
  run "$@" || status=$?
  [ "$status" = "$want" ] || { cat "$work/out"; die "rosterd $*: expected exit status $want, got $status"; }
  say "rosterd $*"
}
expect 0 --version
same 'the version' "$(cat "$work/out")" "$(node -p 'require("./package.json").version')"
expect 0 check --online
expect 4 plan --exit-code
expect 0 --once
expect 0 --once --dry-run --exit-code
expect 0 users
same 'the owner of the directory' "$(stat -c %u:%g:%a "$work/data/directory.db")" 10001:10001:640
say 'the image works'
