import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AdminApi, adminApi } from './admin.ts';
import { changes, dump, expected, lastRun, problems, type Seen, seen } from './directory.ts';
import { blind, edit } from './edits.ts';
import { type Ended, type Program, program } from './program.ts';
import { type Reading, readRealm } from './reading.ts';
import { makeRealm, type Realm, USERS } from './realm.ts';
import type { Keycloak } from './server.ts';
import { indent, type Tally } from './tally.ts';
import { openTap, type Tap } from './tap.ts';

/** What the run is given; main.ts makes it. */
export interface Setting {
  /** Empty; the configuration file and the directory will be here. */
  folder: string;
  /** Starts the server, or starts it again with what it knew. */
  start(): Promise<Keycloak>;
  check: Tally;
  say(line: string): void;
}

/** Where everything stands, for whoever wants to look on by hand. */
export interface Stand {
  keycloak: Keycloak;
  realm: Realm;
  config: string;
}

/** Answers to users' listings that have passed when Keycloak is killed, in bytes: some way into 2,000 users. */
const MIDWAY = 150_000;
/** Lines of a command's output that are shown. */
const SHOWN = 30;

/** The whole run against one server. Throws where it cannot go on; what it finds wrong it counts. */
export async function runAgainst(setting: Setting): Promise<Stand> {
  const { folder, say } = setting;
  let keycloak = await setting.start();
  const tap = await openTap(Number(new URL(keycloak.url).port));
  try {
    const api = adminApi(keycloak);
    say(`making a realm of ${USERS} users`);
    const realm = await makeRealm(api);
    const rosterd = program(folder, tap.url, realm);
    const steps = { ...setting, api, realm, rosterd };

    const first = await firstPass(steps);
    await nothingToDo(steps, 'a second pass');
    await afterEdits(steps, first);
    await nothingToDo(steps, 'a pass after that');
    await withoutPermission(steps);
    await cutOff(steps, tap, keycloak);

    say('starting Keycloak again');
    keycloak = await setting.start();
    await tap.accept();
    await nothingToDo({ ...steps, api: adminApi(keycloak) }, 'a pass once Keycloak is back');
    noSecret(steps);
    return { keycloak, realm, config: join(folder, 'config.yaml') };
  } finally {
    await tap.close();
  }
}

interface Steps extends Setting {
  api: AdminApi;
  realm: Realm;
  rosterd: Program;
}

async function firstPass({ folder, check, say, api, realm, rosterd }: Steps): Promise<Reading> {
  say('checking the configuration');
  const file = show(await rosterd.run('check'));
  check.equal('check exits 0', file.status, 0);
  const online = show(await rosterd.run('check', '--online'));
  check.equal('check --online exits 0', online.status, 0);
  say('planning the first pass');
  const before = readdirSync(folder).sort();
  const dry = show(await rosterd.run('--once', '--dry-run'));
  check.equal('a dry run exits 0', dry.status, 0);
  check.equal('a dry run leaves nothing behind', readdirSync(folder).sort(), before);
  say('the first pass');
  const once = show(await rosterd.run('--once'));
  check.equal('the first pass exits 0', once.status, 0);
  check.is('the first pass made the directory', existsSync(rosterd.directory), once.err);
  say('comparing with the realm, read through the admin API');
  const reading = await readRealm(api, realm);
  check.is(`the realm has ${USERS} users and five levels of groups`, isAsPlanned(reading));
  compare(check, rosterd, expected(reading));
  // The one member who is no user: Keycloak's lists of users leave service accounts out.
  check.equal('its only problem is the service account', problems(rosterd.directory), ['members-unresolved robots']);
  return reading;
}

async function afterEdits({ check, say, api, realm, rosterd }: Steps, before: Reading): Promise<void> {
  say('editing the realm');
  const edits = await edit(api, realm, before);
  const plan = show(await rosterd.run('plan', '--exit-code'));
  check.equal('plan --exit-code exits 4: changes are pending', plan.status, 4);
  const once = show(await rosterd.run('--once'));
  check.equal('the pass after the edits exits 0', once.status, 0);
  const { id, outcome } = lastRun(rosterd.directory);
  check.equal('its outcome is ok', outcome, 'ok');
  check.same('its changes are the edits', changes(rosterd.directory, id), edits.changes);
  say('comparing with the realm, read through the admin API');
  compare(check, rosterd, expected(await readRealm(api, realm), before));
}

/** Nothing happened at Keycloak: nothing may happen in the directory. */
async function nothingToDo({ check, say, rosterd }: Steps, what: string): Promise<void> {
  say(`${what}, with nothing to do`);
  const before = dump(rosterd.directory);
  const plan = show(await rosterd.run('plan', '--exit-code'));
  check.equal(`${what}: plan --exit-code exits 0`, plan.status, 0);
  const once = show(await rosterd.run('--once'));
  check.equal(`${what} exits 0`, once.status, 0);
  check.equal(`${what} is unchanged`, lastRun(rosterd.directory).outcome, 'unchanged');
  check.same(`${what} left every row as it was`, dump(rosterd.directory), before);
}

/** Without view-users Keycloak answers 200 and an empty list: the same as a realm that lost everybody. */
async function withoutPermission({ check, say, api, realm, rosterd }: Steps): Promise<void> {
  say('taking the role view-users away from the client');
  const before = dump(rosterd.directory);
  const giveBack = await blind(api, realm);
  const online = show(await rosterd.run('check', '--online'));
  check.equal('check --online exits 1', online.status, 1);
  check.is('and names the role', online.out.includes('view-users'), online.out);
  await failingPass(check, rosterd, 'a pass without view-users', before);
  await giveBack();
}

async function cutOff({ check, say, rosterd }: Steps, tap: Tap, keycloak: Keycloak): Promise<void> {
  say('a pass during which Keycloak is killed');
  const before = dump(rosterd.directory);
  let killed: Promise<void> | undefined;
  tap.onUsers(MIDWAY, () => {
    tap.refuse();
    killed = keycloak.kill();
  });
  await failingPass(check, rosterd, 'a pass that was cut off', before);
  check.is('Keycloak was killed in the middle of a listing of users', killed !== undefined);
  tap.refuse();
  await (killed ?? keycloak.kill());
}

/** A pass that fails says so, and changes neither mirror nor directory. */
async function failingPass(check: Tally, rosterd: Program, what: string, before: string[]): Promise<void> {
  const once = show(await rosterd.run('--once'));
  check.equal(`${what} exits 1`, once.status, 1);
  const run = lastRun(rosterd.directory);
  check.equal(`${what} has failed in the journal`, run.outcome, 'failed');
  check.is(`${what} says why`, Boolean(run.message?.includes('campus')), `message: ${run.message}`);
  check.same(`${what} left every row as it was`, dump(rosterd.directory), before);
}

function compare(check: Tally, rosterd: Program, want: Seen): void {
  const have = seen(rosterd.directory);
  check.same('active accounts, with their attributes', have.active, want.active);
  check.same('inactive accounts, with the reason', have.inactive, want.inactive);
  check.same('groups', have.groups, want.groups);
  check.same('effective memberships', have.memberships, want.memberships);
  check.same('nested groups', have.nesting, want.nesting);
}

/** That the comparison is not one of two empty realms. */
function isAsPlanned({ users, groups }: Reading): boolean {
  const sizes = new Set([...groups.values()].map(({ direct }) => direct.size));
  const deepest = Math.max(...[...groups.values()].map(({ path }) => path.split('/').length - 1));
  return users.size === USERS && deepest === 5 && [0, 1, 101, 1_500].every((size) => sizes.has(size));
}

/** No command printed the client's secret or a token, and no file beside the configuration holds one. */
function noSecret({ check, folder, realm }: Steps): void {
  const isSecret = (text: string) => text.includes(realm.clientSecret) || /eyJ[\w-]{20,}\.[\w-]{20,}/.test(text);
  check.is('no output held a secret', !printed.some(isSecret));
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const holding = files.filter(({ name }) => isSecret(readFileSync(join(folder, name), 'latin1')));
  check.equal(
    'no file holds a secret',
    holding.map(({ name }) => name),
    [],
  );
}

/** What every command of this run printed. */
const printed: string[] = [];

/** Prints what a command printed, not more of it than can be read. */
function show(ended: Ended): Ended {
  const text = `${ended.out}${ended.err}`;
  printed.push(text);
  const lines = text.trimEnd().split('\n');
  const left = lines.length - SHOWN;
  console.log(indent(lines.slice(0, SHOWN).join('\n')) + (left > 0 ? `\n${indent(`… ${left} more lines`)}` : ''));
  return ended;
}
