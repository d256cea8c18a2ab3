#!/usr/bin/env bash
# Tells what rosterd adds to its base image, part by part, and what the Dockerfile left out of it.
#   test/packaging/size.sh FOLDER      /opt/rosterd of the image, mounted, or copied out of it
# Run it in a clone after "npm ci", whose packages are what was left out is measured by. Bytes of files, 1 MB = 10^6.
set -euo pipefail
cd "$(dirname "$0")/../.."
node - "${1:?which folder?}" <<'JS'
const { lstatSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const [, , root] = process.argv;

/** Bytes of a folder's files; `node_modules` inside of a package belong to packages of their own. */
function size(path, nested = true) {
  let stat;
  try {
    stat = lstatSync(path);
  } catch {
    return 0;
  }
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + (nested || name !== 'node_modules' ? size(join(path, name), nested) : 0), 0);
}
const row = (bytes, ...texts) => console.log(`${(bytes / 1e6).toFixed(2).padStart(8)} MB  ${texts.join('  ')}`);

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const production = Object.entries(packages).filter(([path, of]) => path && !of.dev && !of.optional && !of.devOptional);
const each = production.map(([path, { version }]) => {
  const kept = size(join(root, path), false);
  return { name: path.replace('node_modules/', ''), version, kept, left: size(path, false) - kept };
});
const sum = (key) => each.reduce((total, one) => total + one[key], 0);
const parts = ['node_modules', 'dist', 'bin', 'package.json', 'LICENSE'].map((name) => [name, size(join(root, name))]);
const total = parts.reduce((all, [, bytes]) => all + bytes, 0);

console.log('What rosterd adds to its base image:');
for (const [name, bytes] of parts) row(bytes, name);
row(total, 'in all');
console.log(`\nThe ${each.length} production dependencies, by what is kept:`);
const shown = 15;
each.sort((a, b) => b.kept - a.kept);
for (const { name, version, kept, left } of each.slice(0, shown)) row(kept, `${name} ${version}`, `(${(left / 1e6).toFixed(2)} MB left out)`);
row(each.slice(shown).reduce((all, { kept }) => all + kept, 0), `the other ${each.length - shown}`);
console.log('\nWhat was left out of them:');
each.sort((a, b) => b.left - a.left);
for (const { name, left } of each.slice(0, shown)) row(left, name);
row(sum('left'), `in all, of ${((sum('left') + sum('kept')) / 1e6).toFixed(2)} MB`);
// Whatever a stray file adds: it would be in node_modules and in no package.
const strays = size(join(root, 'node_modules')) - sum('kept');
if (strays > 100_000) throw new Error(`${strays} bytes of node_modules are in no package of the lock file`);
if (total >= 100e6) throw new Error('more than 100 MB');
JS
