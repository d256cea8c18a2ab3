#!/usr/bin/env bash
# Tries the alert rules with Prometheus' own tool: whether they parse, and what each of them does in rosterd.rules.test.yaml.
# promtool is taken from the PATH, else out of Debian's package without installing it, so that no server is started.
#   test/deploy/rules.sh
set -euo pipefail
cd "$(dirname "$0")/../../deploy/prometheus"

promtool=$(command -v promtool || true)
if [ -z "$promtool" ]; then
  work=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-rules-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # Where apt is root it reads as a user of its own.
  chmod 755 "$work"
  (
    cd "$work"
    apt-get download prometheus >log 2>&1 || { apt-get update && apt-get download prometheus; } >log 2>&1
    dpkg-deb --extract prometheus_*.deb .
  ) || { cat "$work/log" >&2; echo 'FAILED: promtool is not installed, and Debian'"'"'s package prometheus could not be had' >&2; exit 1; }
  promtool=$work/usr/bin/promtool
fi

"$promtool" check rules rosterd.rules.yaml
"$promtool" test rules rosterd.rules.test.yaml
