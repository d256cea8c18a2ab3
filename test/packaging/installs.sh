#!/usr/bin/env bash
# Installs rosterd as a newcomer would, from a clone and from the package, with npm 10 and npm 11 and nothing else on the
# PATH than Node.js, npm and sh; then runs it with every Node.js that matters. Needs the registry, git, and the right to
# make a network namespace. Run it in a clone after "npm ci". Exit status 0 where everything held, else 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/rosterd-installs-XXXXXX")
tools=$work/tools/node_modules
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$work"' EXIT

version=$(node -p 'require("./package.json").version')
platform=$(node -p '`node-${process.platform}-${process.arch}`')
registry=$(npm config get registry)
cache=$(npm config get cache)
userconfig=$(npm config get userconfig)

say() { printf '  %s\n' "$*"; }
die() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# same WHAT HAVE WANT
same() { [ "$2" = "$3" ] || die "$1: expected \"$3\", got \"$2\""; }

# A command with a home of its own and a PATH that holds only Node.js, npm and sh.
bare() {
  env PATH="$work/path" HOME="$work/home" npm_config_cache="$cache" npm_config_userconfig="$userconfig" \
    npm_config_loglevel=error "$@"
}
# use NPM NODE
use() {
  rm -rf "$work/path"
  mkdir -p "$work/path" "$work/home"
  ln -s "$tools/$2/bin/node" "$work/path/node"
  ln -s "$(command -v sh)" "$work/path/sh"
  ln -s "$tools/$1/bin/npm-cli.js" "$work/path/npm"
  ln -s "$tools/$1/bin/npx-cli.js" "$work/path/npx"
  for tool in python python3 cc gcc g++ make node-gyp git; do
    ! bare sh -c "command -v $tool" >/dev/null || die "$tool is on the PATH that should not have it"
  done
}
# install COMMAND…: an npm command that may speak to the registry only
install() {
  local began=$SECONDS
  bare "$@" --loglevel=http >"$work/log" 2>&1 || { cat "$work/log"; die "$*"; }
  ! grep -E 'https?://' "$work/log" | grep 'npm http' | grep -vF "$registry" || die "$* asked somebody else than the registry"
  say "$* took $((SECONDS - began)) s with npm $(bare npm --version)"
}
# quietly WHAT WANT COMMAND…: it prints what is wanted to standard output, nothing to standard error, and needs no network
quietly() {
  local what=$1 want=$2 have
  shift 2
  have=$(bare "${offline[@]}" "$@" 2>"$work/err") || { cat "$work/err"; die "$what"; }
  same "$what" "$have" "$want"
  same "$what, standard error" "$(cat "$work/err")" ''
  say "$what"
}
# syncs WHAT COMMAND…: one sync of the emulated company, a directory made, no warning of Node.js printed
syncs() {
  local what=$1
  shift
  rm -f "$work"/directory.db*
  bare "$@" --config "$work/config.yaml" --once >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; die "$what"; }
  [ -s "$work/directory.db" ] || die "$what: there is no directory"
  ! grep -i warning "$work/err" || die "$what: a warning"
  say "$what"
}

if unshare --net true 2>/dev/null; then offline=(unshare --net)
elif unshare --map-root-user --net true 2>/dev/null; then offline=(unshare --map-root-user --net)
else die 'no right to make a network namespace: run this as root'; fi
offline[0]=$(command -v unshare)

npm install --silent --ignore-scripts --no-bin-links --prefix "$work/tools" npm-10@npm:npm@10 npm-11@npm:npm@11 \
  node-20@npm:"$platform@20.20.2" node-22.13@npm:"$platform@22.13.1" node-22.14@npm:"$platform@22.14.0" \
  node-22.18@npm:"$platform@22.18.0" node-24.3@npm:"$platform@24.3.0" >/dev/null
say "two of npm and five of Node.js took $SECONDS s"

touch "$work/emulator"
node bin/node.js test/emulators/main.ts keycloak --company >"$work/emulator" &
emulator=$!
until grep -q 'Ctrl-C' "$work/emulator"; do
  kill -0 "$emulator" || die 'the emulator ended'
  sleep 0.1
done
sed -n '/^directory:/,/^$/p' "$work/emulator" >"$work/config.yaml"

for npm in npm-10 npm-11; do
  use "$npm" node-20
  git clone --quiet "$project" "$work/clone-$npm"
  cd "$work/clone-$npm"
  install npm ci
  quietly "a clone, $npm: npx rosterd --version" "$version" npx rosterd --version
  [[ $(bare npx rosterd --help) == 'Usage: rosterd '* ]] || die "a clone, $npm: npx rosterd --help"
  syncs "a clone, $npm: npx rosterd --once" npx rosterd
  same "a clone, $npm: files that are not ignored" "$(git status --porcelain)" ''
done

git clone --quiet "$project" "$work/clone"
cd "$work/clone"
use npm-11 node-20
install npm ci --omit=optional
for each in 20 22.13; do
  use npm-11 "node-$each"
  status=0
  bare node bin/rosterd.js --version >"$work/out" 2>"$work/err" || status=$?
  same "no Node.js beside it, Node.js $each: exit status" $status 2
  same "no Node.js beside it, Node.js $each: lines" "$(cat "$work/out" "$work/err" | wc -l)" 1
  grep -q "^rosterd needs Node.js 22.14, 23.6 or newer: this is $each" "$work/err" || die "$(cat "$work/err")"
  say "no Node.js beside it, Node.js $each: one sentence"
done
for each in 22.14 22.18 24.3; do
  use npm-11 "node-$each"
  quietly "a clone, no Node.js beside it, Node.js $each: --version" "$version" node bin/rosterd.js --version
  syncs "a clone, no Node.js beside it, Node.js $each: --once" node bin/rosterd.js
done

cd "$work/clone-npm-11"
use npm-11 node-20
bare npm run --silent build
bare npm pack --silent --pack-destination "$work" >/dev/null
for npm in npm-10 npm-11; do
  use "$npm" node-20
  mkdir "$work/package-$npm"
  cd "$work/package-$npm"
  install npm install "../rosterd-$version.tgz"
  [ -e node_modules/rosterd/dist/src/main.js ] || die 'the package holds no compiled JavaScript'
  quietly "the package, $npm: npx rosterd --version" "$version" npx rosterd --version
  same 'TypeScript in the package' "$(find node_modules/rosterd -name '*.ts')" ''
  syncs "the package, $npm: npx rosterd --once" npx rosterd
done
use npm-11 node-22.14
rm -r "node_modules/$platform"
quietly 'the package, no Node.js beside it, Node.js 22.14: --version' "$version" npx rosterd --version
syncs 'the package, no Node.js beside it, Node.js 22.14: --once' npx rosterd
say 'every installation works'
