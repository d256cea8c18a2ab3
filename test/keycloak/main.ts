import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findJava } from './java.ts';
import { releases, unpacked } from './release.ts';
import { runAgainst, type Stand } from './run.ts';
import { freePort, type Keycloak, startKeycloak } from './server.ts';
import { tally } from './tally.ts';

const usage = `npm run test:keycloak -- [--version VERSION] [--keep]
Runs rosterd against a real Keycloak; docs/testing.md says more.
  --version VERSION  ${Object.keys(releases).join(' or ')} (default: ${Object.keys(releases)[0]})
  --keep             leave the server and the files there afterwards, until Ctrl-C (default: off)`;

const began = Date.now();
const say = (line: string) => console.log(`[${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s] ${line}`);
const check = tally((line) => console.log(line));

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(status));

process.exit(await main());

/** The exit status: 0 where everything passed, 1 where something failed or the run broke off, 2 for wrong usage. */
async function main(): Promise<number> {
  const asked = options();
  if (typeof asked === 'string') {
    console.log(asked);
    return asked === usage ? 0 : 2;
  }
  const { version, sha256, keep } = asked;
  const work = mkdtempSync(join(tmpdir(), `rosterd-keycloak-${version}-`));
  let whole = false;
  process.on('exit', () => {
    // After a failure the server's log and the directory are what one wants to look at.
    if (whole) rmSync(work, { recursive: true, force: true });
    else console.log(`The server's log and the directory stay in ${work}`);
  });
  try {
    const stand = await everything(version, sha256, work);
    if (keep) await hold(stand);
    await stand.keycloak.kill();
  } catch (error) {
    check.is('the run went to its end', false, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  whole = check.failed === 0;
  console.log(`Keycloak ${version}, ${Math.round((Date.now() - began) / 1000)} s`);
  console.log(`${check.passed} passed, ${check.failed} failed`);
  return whole ? 0 : 1;
}

async function everything(version: string, sha256: string, work: string): Promise<Stand> {
  const java = await findJava(say);
  say(`Java ${java.version} at ${java.home}`);
  const home = await unpacked(version, sha256, java.home, say);
  const [server, folder] = ['server', 'rosterd'].map((name) => join(work, name));
  if (!server || !folder) throw new Error('two folders have no names');
  mkdirSync(server);
  mkdirSync(folder);
  const port = await freePort();
  const start = async (): Promise<Keycloak> => {
    say(`starting Keycloak ${version} on port ${port}`);
    const keycloak = await startKeycloak({ home, javaHome: java.home, folder: server, port, say });
    say(`Keycloak answers at ${keycloak.url}`);
    return keycloak;
  };
  return runAgainst({ folder, start, check, say });
}

async function hold({ keycloak, realm, config }: Stand): Promise<never> {
  console.log(`
Keycloak stays at ${keycloak.url} until Ctrl-C. Administrator: ${keycloak.admin.username} / ${keycloak.admin.password}
Realm ${realm.realm}, client ${realm.clientId}. To run rosterd against it, set its url in
${config}
to that address and KEYCLOAK_SECRET=${realm.clientSecret}`);
  for (;;) await delay(3_600_000);
}

function options(): { version: string; sha256: string; keep: boolean } | string {
  try {
    const { values } = parseArgs({
      options: { version: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help) return usage;
    const version = values.version ?? Object.keys(releases)[0] ?? '';
    const sha256 = releases[version];
    if (!sha256) return `Keycloak ${version} is not known here: its checksum must stand in test/keycloak/release.ts.`;
    return { version, sha256, keep: values.keep === true };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`;
  }
}
