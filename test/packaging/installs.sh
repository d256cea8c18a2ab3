#!/usr/bin/env bash
# Installs rosterd as a newcomer would: the README's two commands in a clone, with npm 10 and with npm 11, on Node.js 20,
# and nothing else on the PATH than Node.js, npm and sh; then the package, and it without the Node.js that comes along.
# Needs git and the registry. Run it in a clone after "npm ci": what is committed there is tried. Exit status 0 where
# everything held, else 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-installs-XXXXXX")
tools=$work/tools/node_modules
trap 'rm -rf "$work"' EXIT

version=$(node -p 'require("./package.json").version')
platform=$(node -p '`node-${process.platform}-${process.arch}`')
registry=$(npm config get registry)
cache=$(npm config get cache)
userconfig=$(npm config get userconfig)
# How long one command may take, in seconds: an npm that hangs is a failure, and is ended.
patience=240

say() { printf '  %s\n' "$*"; }
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# same WHAT HAVE WANT
same() { [ "$2" = "$3" ] || die "$1: expected \"$3\", got \"$2\""; }

# A command with a home of its own and a PATH that holds only Node.js, npm and sh.
bare() {
  timeout --kill-after=10 "$patience" env PATH="$work/path" HOME="$work/home" npm_config_cache="$cache" \
    npm_config_userconfig="$userconfig" npm_config_loglevel=error "$@" </dev/null
}
# use NPM NODE
use() {
  rm -rf "$work/path"
  mkdir -p "$work/path" "$work/home"
  ln -s "$tools/$2/bin/node" "$work/path/node"
  ln -s "$(command -v sh)" "$work/path/sh"
  ln -s "$tools/$1/bin/npm-cli.js" "$work/path/npm"
  ln -s "$tools/$1/bin/npx-cli.js" "$work/path/npx"
}
# works WHAT COMMAND…: it ends with status 0; its output is in $work/out
works() {
  local what=$1 began=$SECONDS status=0
  shift
  bare "$@" >"$work/out" 2>"$work/err" || status=$?
  [ "$status" = 0 ] || { cat "$work/out" "$work/err"; die "$what: exit status $status"; }
  say "$what took $((SECONDS - began)) s"
}
# installs WHAT COMMAND…: an npm command that speaks to the registry and to nobody else
installs() {
  works "$@" --loglevel=http
  grep -qhF "$registry" "$work/out" "$work/err" || die "$1: npm does not tell what it asked"
  ! grep -h 'npm http.*://' "$work/out" "$work/err" | grep -vF "$registry" || die "$1 asked somebody else than the registry"
}

timeout "$patience" npm install --silent --ignore-scripts --no-bin-links --prefix "$work/tools" npm-10@npm:npm@10 \
  npm-11@npm:npm@11 node-20@npm:"$platform@20.20.2" node-22.14@npm:"$platform@22.14.0" >/dev/null
say "two of npm and two of Node.js took $SECONDS s"

for npm in npm-10 npm-11; do
  use "$npm" node-20
  same 'Node.js' "$(bare node --version)" v20.20.2
  for tool in python3 cc make git; do
    ! bare sh -c "command -v $tool" >/dev/null || die "$tool is on the PATH that should not have it"
  done
  git clone --quiet "$project" "$work/clone-$npm"
  cd "$work/clone-$npm"
  installs "a clone, npm $(bare npm --version): npm ci" npm ci
  works "a clone, $npm: npm run demo" npm run demo
  grep -q 'plan' "$work/out" || die "the demo printed nothing: $(cat "$work/out")"
  ! grep -i warning "$work/err" || die 'the demo printed a warning'
  same "a clone, $npm: files that are not ignored" "$(git status --porcelain)" ''
done

works 'npm run build' npm run build
works 'npm pack' npm pack --pack-destination "$work"
for npm in npm-10 npm-11; do
  use "$npm" node-20
  mkdir "$work/package-$npm"
  cd "$work/package-$npm"
  installs "the package, $npm: npm install" npm install "../rosterd-$version.tgz"
  works "the package, $npm: npx rosterd --version" npx rosterd --version
  same "the package's version" "$(cat "$work/out")" "$version"
  same 'standard error' "$(cat "$work/err")" ''
  same 'TypeScript in the package' "$(find node_modules/rosterd -name '*.ts')" ''
done

rm -r "node_modules/$platform"
status=0
bare npx rosterd --version >"$work/out" 2>"$work/err" || status=$?
same 'no Node.js beside it, Node.js 20: exit status' "$status" 2
same 'no Node.js beside it, Node.js 20: lines' "$(cat "$work/out" "$work/err" | wc -l)" 1
grep -q '^rosterd needs Node.js 22.14, 23.6 or newer: this is 20' "$work/err" || die "$(cat "$work/err")"
say 'no Node.js beside it, Node.js 20: one sentence'
use npm-11 node-22.14
works 'no Node.js beside it, Node.js 22.14: rosterd --version' npx rosterd --version
same 'its version' "$(cat "$work/out")" "$version"
say "every installation works, $SECONDS s"
