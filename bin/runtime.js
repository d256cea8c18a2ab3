// Finds the Node.js that runs rosterd. Written for any Node.js since 16: it must load where rosterd itself cannot.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** better-sqlite3 ends the process without a word on a Node.js that lacks this Node-API; 22.14 and 23.6 brought it. */
const neededApi = 10;
/** The oldest Node.js that runs a clone's TypeScript as it is: without a flag, and without a warning. */
const oldestForTypeScript = [24, 3];
const typescript = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const clone = existsSync(join(root, 'src', 'main.ts'));

/** A clone holds TypeScript, the package and the image compiled JavaScript. */
export const main = clone ? join(root, 'src', 'main.ts') : join(root, 'dist', 'src', 'main.js');

/**
 * The Node.js at hand where it runs rosterd as it is; else the one of the platform package; else the one at hand with
 * flags, if it is new enough for that.
 * @returns {{ node: string, flags: string[] } | undefined} undefined where rosterd cannot run
 */
export function runtime() {
  const able = Number(process.versions.napi) >= neededApi;
  if (able && (!clone || atLeast(oldestForTypeScript))) return { node: process.execPath, flags: [] };
  const node = bundled();
  if (node) return { node, flags: [] };
  return able ? { node: process.execPath, flags: typescript } : undefined;
}

/** What to tell whoever has no Node.js that runs rosterd. */
export const sentence = (because = 'none came with rosterd') =>
  `rosterd needs Node.js 22.14, 23.6 or newer: this is ${process.versions.node}, and ${because}. ` +
  'Start it with a newer Node.js, or install it again without --omit=optional (Linux, and Windows on x64, then get one).';

function atLeast([major, minor]) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

/** The Node.js in the optional platform package. Asked for by path: npm 10 may leave node_modules/.bin/node unlinked. */
function bundled() {
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const file = join(folder, 'bin', windows ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    // Not installed: there is none for this platform, or the optional packages were left out.
    return undefined;
  }
}
