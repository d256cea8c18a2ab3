import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminApi } from './admin.ts';
import { changes, expected, lastRun, problems, sourceNow } from './directory.ts';
import { blind, edit } from './edits.ts';
import { halfGone, oneGone } from './losses.ts';
import { program } from './program.ts';
import { type Reading, readRealm } from './reading.ts';
import { makeRealm, type Realm, USERS } from './realm.ts';
import type { Keycloak } from './server.ts';
import { compare, failingPass, nothingToDo, printed, type Setting, type Steps, show } from './steps.ts';
import { openTap } from './tap.ts';

/** Where everything stands, for whoever wants to look on by hand. */
export interface Stand {
  keycloak: Keycloak;
  realm: Realm;
  config: string;
}

/** Answers to users' listings that have passed when Keycloak is killed, in bytes: some way into 2,000 users. */
const MIDWAY = 150_000;

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
    const steps = { ...setting, api, realm, rosterd, tap };

    const first = await firstPass(steps);
    await nothingToDo(steps, 'a second pass');
    await afterEdits(steps, first);
    await nothingToDo(steps, 'a pass after that');
    await withoutPermission(steps);
    await cutOff(steps, keycloak);

    say('starting Keycloak again');
    keycloak = await setting.start();
    await tap.accept();
    const later = { ...steps, api: adminApi(keycloak) };
    await nothingToDo(later, 'a pass once Keycloak is back');
    await oneGone(later, first);
    await halfGone(later, first);
    noSecret(later);
    return { keycloak, realm, config: join(folder, 'config.yaml') };
  } finally {
    await tap.close();
  }
}

async function firstPass(steps: Steps): Promise<Reading> {
  const { folder, check, say, api, realm, rosterd } = steps;
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
  compare(steps, expected(reading));
  // The one member who is no user: Keycloak's lists of users leave service accounts out.
  check.equal('its only problem is the service account', problems(rosterd.directory), ['members-unresolved robots']);
  return reading;
}

async function afterEdits(steps: Steps, before: Reading): Promise<void> {
  const { check, say, api, realm, rosterd } = steps;
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
  compare(steps, expected(await readRealm(api, realm), before));
}

/**
 * The client loses its role in the midst of its life. Keycloak refuses it then, or, where the roles to search are left to
 * it, answers 200 and empty lists: the same as a realm that lost everybody.
 */
async function withoutPermission(steps: Steps): Promise<void> {
  const { check, say, api, realm, rosterd } = steps;
  for (const [left, what] of [
    [[], 'a pass without view-users'],
    [['query-users', 'query-groups'], 'a pass with the roles to search only'],
  ] as const) {
    say(`taking the role view-users away from the client${left.length > 0 ? `, leaving it ${left.join(', ')}` : ''}`);
    const giveBack = await blind(api, realm, left);
    const online = show(await rosterd.run('check', '--online'));
    check.equal('check --online exits 1', online.status, 1);
    check.is('and names the role', online.out.includes('view-users'), online.out);
    const sentence = `client "${realm.clientId}" may not read users and groups of realm "${realm.realm}". Give its service account the role view-users of client realm-management.`;
    await failingPass(steps, what, sentence);
    check.equal(`${what} leaves the source failing`, sourceNow(rosterd.directory), FAILING);
    say('giving the role back');
    await giveBack();
    await nothingToDo(steps, 'a pass with the role again');
    check.equal('the source is well again', sourceNow(rosterd.directory), { state: 'ok', blocked_plan: null });
  }
}
const FAILING = { state: 'failing', blocked_plan: null };

async function cutOff(steps: Steps, keycloak: Keycloak): Promise<void> {
  const { check, say, tap } = steps;
  say('a pass during which Keycloak is killed');
  let killed: Promise<void> | undefined;
  tap.onUsers(MIDWAY, () => {
    tap.refuse();
    killed = keycloak.kill();
  });
  await failingPass(steps, 'a pass that was cut off', 'Source "campus": ');
  check.is('Keycloak was killed in the middle of a listing of users', killed !== undefined);
  tap.refuse();
  await (killed ?? keycloak.kill());
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
