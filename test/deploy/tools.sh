#!/usr/bin/env bash
# Tries the files of deploy/ with real tools: the code of Compose, Kustomize and Kubernetes (tools/main.go), and systemd's
# own checks. Installs what it needs where it is root on Debian; a check that could not run fails. The first run builds
# for some minutes, later ones take seconds.
#   test/deploy/tools.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-deploy-XXXXXX")
trap 'rm -rf "$work"' EXIT

say() { printf '  %s\n' "$*"; }
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# needs COMMAND PACKAGE
needs() {
  if command -v "$1" >/dev/null; then return; fi
  { apt-get install -y --no-install-recommends "$2" || { apt-get update && apt-get install -y --no-install-recommends "$2"; }; } \
    >"$work/apt" 2>&1 || { cat "$work/apt" >&2; die "$1 is not installed, and Debian's package $2 could not be"; }
  command -v "$1" >/dev/null || die "Debian's package $2 brought no $1"
}

needs go golang-go
needs systemd-analyze systemd

(cd test/deploy/tools && go build -mod=readonly -o "$work/manifests" .) || die 'the checks of manifests could not be built'
"$work/manifests" deploy/compose.yaml deploy/kubernetes/daemon deploy/kubernetes/one-shot
# That it refuses what is wrong: a field that is not there, and a container that may gain privileges.
cp -r deploy/kubernetes "$work/kubernetes"
refuses() {
  sed -i "$2" "$work/kubernetes/$1"
  ! "$work/manifests" deploy/compose.yaml "$work/kubernetes/$(dirname "$1")" >"$work/out" 2>&1 || die "$1 was accepted after $2"
  cp "deploy/kubernetes/$1" "$work/kubernetes/$1"
}
refuses daemon/deployment.yaml s/livenessProbe:/livenesProbe:/
refuses daemon/deployment.yaml '/allowPrivilegeEscalation/d'
refuses one-shot/cron-job.yaml '/runAsNonRoot/d'
say 'what is wrong is refused'

# systemd-analyze ends well where it ignores a key: any word of it is a fault. The program is not installed here.
sed 's,^ExecStart=.*,ExecStart=/bin/true,; /^User=/d; /^Group=/d' deploy/systemd/rosterd.service >"$work/rosterd.service"
systemd-analyze verify "$work/rosterd.service" >"$work/out" 2>&1 || { cat "$work/out" >&2; die 'systemd refuses the unit'; }
[ ! -s "$work/out" ] || { cat "$work/out" >&2; die 'systemd has something to say about the unit'; }
systemd-analyze security --offline=true --threshold=20 "$PWD/deploy/systemd/rosterd.service" >"$work/out" 2>&1 || {
  cat "$work/out" >&2; die 'the unit is more exposed than 2.0'; }
say "systemd: $(grep -o 'exposure level.*' "$work/out" | tr -dc 'a-z0-9. :')"
mkdir -p "$work/root/etc"
systemd-sysusers --root="$work/root" "$PWD/deploy/systemd/rosterd.sysusers" >"$work/out" 2>&1 || { cat "$work/out" >&2; die 'the user cannot be made'; }
grep -q '^rosterd:x:10001:10001:' "$work/root/etc/passwd" || die "the user is another: $(cat "$work/root/etc/passwd")"
say "systemd: user and group 10001"
