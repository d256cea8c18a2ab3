// Finds a Node.js that can run rosterd. Written for any Node.js since 18: it must load where rosterd itself cannot.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The oldest Node.js that rosterd runs on: better-sqlite3 ends the process without a message on older ones. */
export const oldest = [22, 12];
/** The oldest Node.js that runs TypeScript files without a flag (a clone holds TypeScript, the package JavaScript). */
const oldestForTypeScript = [22, 18];

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const inClone = existsSync(join(root, 'src', 'main.ts'));

const atLeast = ([major, minor], version) => {
  const [haveMajor, haveMinor] = version.split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
};

/** @returns {boolean} whether the Node.js that runs this is new enough */
export const here = (version = process.versions.node) => atLeast(inClone ? oldestForTypeScript : oldest, version);

/** @returns {string | undefined} the path of the Node.js in the optional platform package, where it is installed */
export function bundled(platform = process.platform, arch = process.arch) {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  try {
    // Asked for by path: npm 10 may leave node_modules/.bin/node unlinked.
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const file = join(folder, 'bin', platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

export const sentence = () =>
  `rosterd needs Node.js ${oldest.join('.')} or newer: this is ${process.versions.node}, and no newer one was installed beside rosterd. ` +
  'Run it with a newer Node.js, or run "npm ci" without --omit=optional.';
