import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Java versions that Keycloak 26 runs on (https://www.keycloak.org/server/configuration, "Installing"). */
const supported = ['17', '21', '25'];
/** What Debian calls them, the ones a current release has first. */
const packages = ['openjdk-21-jdk-headless', 'openjdk-17-jdk-headless', 'openjdk-25-jdk-headless'];

export interface Java {
  home: string;
  version: string;
}

/**
 * Finds a Java that Keycloak runs on: JAVA_HOME, then PATH, then /usr/lib/jvm; on Debian, as root, installs one.
 * Throws an error that says where it looked and what to do.
 */
export async function findJava(say: (line: string) => void): Promise<Java> {
  const looked: string[] = [];
  const found = await search(looked);
  if (found) return found;
  const want = `Keycloak needs Java ${supported.join(', ')}. Looked at: ${looked.join('; ') || 'nothing was there'}.`;
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0)
    throw new Error(`${want} Install an OpenJDK of one of these versions and set JAVA_HOME.`);
  const tried = await install(say);
  const installed = await search(looked);
  if (installed) return installed;
  throw new Error(`${want} Tried to install one: ${tried.join('; ')}. Install an OpenJDK and set JAVA_HOME.`);
}

async function search(looked: string[]): Promise<Java | undefined> {
  for (const command of candidates()) {
    const java = await ask(command);
    if (typeof java !== 'string' && supported.includes(java.version)) return java;
    looked.push(`${command}: ${typeof java === 'string' ? java : `Java ${java.version}`}`);
  }
  return undefined;
}

function candidates(): string[] {
  const home = process.env['JAVA_HOME'];
  const folder = '/usr/lib/jvm';
  const installed = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'bin', 'java')) : [];
  return [...(home ? [join(home, 'bin', 'java')] : []), 'java', ...installed.filter((file) => existsSync(file))];
}

/** What a `java` says of itself, or why it says nothing. */
async function ask(command: string): Promise<Java | string> {
  try {
    const { stderr } = await run(command, ['-XshowSettings:properties', '-version'], { timeout: 30_000 });
    const property = (name: string) => stderr.match(new RegExp(`^\\s*${name} = (.*)$`, 'm'))?.[1]?.trim();
    const home = property('java\\.home');
    const version = property('java\\.specification\\.version');
    return home && version ? { home, version } : 'gave no version';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function install(say: (line: string) => void): Promise<string[]> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const tried: string[] = [];
  for (const args of [['update'], ...packages.map((name) => ['install', '-y', '--no-install-recommends', name])]) {
    say(`apt-get ${args.join(' ')}`);
    try {
      await run('apt-get', ['-qq', ...args], { env, maxBuffer: 1 << 26, timeout: 600_000 });
      if (args[0] === 'install') return tried;
    } catch (error) {
      const lines = error instanceof Error ? error.message.trim().split('\n') : [String(error)];
      tried.push(`apt-get ${args.join(' ')}: ${lines.at(-1)}`);
    }
  }
  return tried;
}
