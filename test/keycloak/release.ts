import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The servers that the run knows, by version, with the SHA-256 of each zip. The first is the default. */
export const releases: Readonly<Record<string, string>> = {
  '26.7.3': '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f',
  '26.4.7': 'dd9834c023460be856f731423d86228c23b5d002194a2064642bec0cc6573eaa',
};

/** Where Maven Central serves org.keycloak:keycloak-quarkus-dist; KEYCLOAK_MIRROR names another place of that layout. */
const mavenCentral = 'https://repo.maven.apache.org/maven2';

export interface Place {
  /** Holds the zips and the unpacked servers. */
  cache: string;
  mirror: string;
}

export const usualPlace = (env = process.env): Place => ({
  cache: join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rosterd-tests'),
  mirror: (env['KEYCLOAK_MIRROR'] || mavenCentral).replace(/\/+$/, ''),
});

/**
 * The folder of an unpacked server of that version; fetches, verifies and unpacks it the first time.
 * Throws an error that says what was tried and what answered.
 */
export async function unpacked(
  version: string,
  sha256: string,
  javaHome: string,
  say: (line: string) => void,
  { cache, mirror }: Place = usualPlace(),
): Promise<string> {
  const home = join(cache, `keycloak-${version}`);
  if (existsSync(home)) return home;
  await mkdir(cache, { recursive: true });
  const name = `keycloak-quarkus-dist-${version}.zip`;
  const zip = join(cache, name);
  if (!existsSync(zip)) await download(`${mirror}/org/keycloak/keycloak-quarkus-dist/${version}/${name}`, zip, say);
  const actual = await digest(zip);
  if (actual !== sha256)
    throw new Error(`${zip} has the SHA-256 ${actual}, not ${sha256}: it is damaged or another file. Delete it.`);
  say(`unpacking ${name}`);
  // Into a folder of its own first: a half unpacked server never bears the final name.
  const folder = join(cache, `unpacking-${randomUUID()}`);
  await mkdir(folder);
  try {
    await unzip(zip, folder, javaHome);
    await rename(join(folder, `keycloak-${version}`), home);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return home;
}

async function download(url: string, file: string, say: (line: string) => void): Promise<void> {
  const part = `${file}.${randomUUID()}`;
  const tried: string[] = [];
  const ways: [string, () => Promise<unknown>][] = [
    ['fetch', () => fetchTo(url, part)],
    // It knows the proxies and certificates of its environment, where fetch may not.
    ['curl', () => run('curl', ['--fail', '--silent', '--show-error', '--location', '--output', part, url])],
  ];
  for (const [way, get] of ways) {
    say(`downloading ${url} with ${way}`);
    try {
      await get();
      await rename(part, file);
      return;
    } catch (error) {
      tried.push(`${way}: ${reason(error)}`);
      await rm(part, { force: true });
    }
  }
  throw new Error(
    `Keycloak could not be had from ${url}. ${tried.join('; ')}. ` +
      `Set KEYCLOAK_MIRROR to a mirror of Maven Central, or put the zip at ${file} by hand.`,
  );
}

async function fetchTo(url: string, file: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok || !answer.body) throw new Error(`it answered ${answer.status} ${answer.statusText}`);
  await pipeline(answer.body, createWriteStream(file));
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message.trim().split('\n').at(-1)}${cause}`;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Java's own `jar`, `unzip` or Python: a machine that runs this has one of them. */
async function unzip(zip: string, folder: string, javaHome: string): Promise<void> {
  const ways: [string, string[]][] = [
    [join(javaHome, 'bin', 'jar'), ['xf', zip]],
    ['unzip', ['-q', zip]],
    ['python3', ['-m', 'zipfile', '-e', zip, '.']],
  ];
  const tried: string[] = [];
  for (const [command, args] of ways) {
    try {
      await run(command, args, { cwd: folder });
      return;
    } catch (error) {
      tried.push(`${command}: ${reason(error)}`);
    }
  }
  throw new Error(`${zip} could not be unpacked. ${tried.join('; ')}. Install unzip or a whole JDK.`);
}
