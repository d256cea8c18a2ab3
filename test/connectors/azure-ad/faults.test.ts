import { describe, expect, test } from 'vitest';
import type { Graph } from '../../../connectors/azure-ad/graph.ts';
import { membersOf } from '../../../connectors/azure-ad/members.ts';
import type { PassRequest, PassResult } from '../../../src/model/pass.ts';
import { graphFailure, loop, nextLink } from '../../emulators/azure-ad/failures.ts';
import { after, type Behaviour, before, cutOff, html, reset, status, without } from '../../emulators/faults.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { mirror, state } from '../../sync/same.ts';
import { failureOf } from '../http/open.ts';
import { walk } from '../walk.ts';
import { type EntraWorld, entraWorld } from './world.ts';

const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'azure-ad', limits: {}, fullEvery: 365 * 86_400_000 },
};
const never = new AbortController().signal;
const always = { times: Number.POSITIVE_INFINITY };

/** 450 people on five pages of 100 with their managers, 45 groups in three batches, one of them on three pages. */
function fill({ emulator: { tenant } }: EntraWorld): void {
  const users = Array.from({ length: 450 }, (_, at) =>
    tenant.addUser({ userPrincipalName: `user.${at}@contoso.example`, employeeId: String(at) }),
  );
  for (let at = 0; at < 45; at++) {
    const group = tenant.addGroup({ displayName: `Group ${at}` });
    for (const user of users.slice(at, at + 3)) tenant.join(user, group);
  }
  const large = tenant.addGroup({ displayName: 'Large' });
  for (const user of users) tenant.join(user, large);
  for (let at = 0; at < 1700; at++) tenant.join(tenant.addDevice(`device ${at}`), large);
}

type Fault = [what: string, arm: (world: EntraWorld) => unknown];
const whole =
  (which: Parameters<EntraWorld['emulator']['faults']['when']>[0], behaviour: Behaviour) => (world: EntraWorld) =>
    world.emulator.faults.when(which, behaviour);
const part =
  (which: Parameters<EntraWorld['emulator']['faults']['when']>[0], behaviour: Behaviour) => (world: EntraWorld) =>
    world.emulator.parts.when(which, behaviour);

/** What passes: the directory is the right one in the end. */
const passing: Fault[] = [
  ['429 with Retry-After 1', whole({ path: /\/users$/, times: 3 }, graphFailure(429, 1))],
  ['429 with Retry-After 300', whole({ path: /\/users$/, nth: 2 }, graphFailure(429, 300))],
  ['429 with a date', whole({ path: /\/users$/ }, graphFailure(429, new Date(Date.UTC(2026, 0, 1, 0, 1))))],
  ['a storm of 429 on everything', whole({ nth: 2, times: 6 }, graphFailure(429, 10))],
  ['503', whole({ path: /\$batch$/, times: 2 }, graphFailure(503))],
  ['a reset', whole({ path: /\$batch$/, nth: 2 }, reset())],
  ['a body that is cut in half', whole({ path: /\/users$/, nth: 3 }, cutOff())],
  ['a batch that is cut in half', whole({ path: /\$batch$/, nth: 3 }, cutOff())],
  [
    'a token that ends in mid-listing',
    ({ emulator }) => emulator.faults.when({ path: /\/users$/, nth: 2 }, after(emulator.revokeTokens)),
  ],
  [
    'a token that ends between two batches',
    ({ emulator }) => emulator.faults.when({ path: /\$batch$/, nth: 2 }, after(emulator.revokeTokens)),
  ],
  [
    'a page of users that expires',
    ({ emulator }) => emulator.faults.when({ path: /\/users$/, nth: 3 }, before(emulator.expirePages)),
  ],
  ['one part of twenty throttled', part({ path: /\/members$/, nth: 7 }, graphFailure(429, 5))],
  ['one part of twenty throttled for 300 s', part({ path: /\/members$/, nth: 7 }, graphFailure(429, 300))],
  ['every part throttled once', part({ path: /\/members$/, times: 20 }, graphFailure(429, 2))],
  ['one part out of order', part({ path: /\/members$/, nth: 3, times: 4 }, graphFailure(503))],
  ['parts without an answer', part({ path: /\/members$/, nth: 5, times: 3 }, reset())],
  [
    'a page of members that expires',
    ({ emulator }) => emulator.parts.when({ path: /\/members$/, nth: 47 }, before(emulator.expirePages)),
  ],
  [
    'a user who is made in mid-listing',
    ({ emulator }) =>
      emulator.faults.when(
        { path: /\/users$/, nth: 2 },
        after(() => emulator.tenant.addUser({ userPrincipalName: 'late@contoso.example' })),
      ),
  ],
  [
    'a group that is deleted between listing and reading',
    ({ emulator }) =>
      emulator.faults.when(
        { path: /\/groups$/ },
        after(() => emulator.tenant.removeGroup(emulator.tenant.group('Group 7'))),
      ),
  ],
];

/** What does not: the pass fails, changes nothing, and says which it was. */
const lasting: [...Fault, code: string, says: RegExp][] = [
  [
    '429 for longer than a pass waits',
    whole({ path: /\/users$/, ...always }, graphFailure(429, 3600)),
    'throttled',
    /asks to wait 3601 s before it gives the users/,
  ],
  [
    '429 without end',
    whole({ path: /\/users$/, ...always }, graphFailure(429, 1)),
    'throttled',
    /answered 429 when asked for the users.*It was tried 8 times/,
  ],
  [
    '503 without end',
    whole({ path: /\$batch$/, nth: 3, ...always }, graphFailure(503)),
    'unreachable',
    /answered 503 when asked for the members of group .* and 19 more/,
  ],
  [
    'resets without end',
    whole({ path: /\/users$/, ...always }, reset()),
    'unreachable',
    /the connection to .* broke while fetching the users/,
  ],
  [
    'HTML with 200',
    whole({ path: /\/groups$/ }, html(200)),
    'incomplete',
    /the groups with a web page where an object with "value" was expected/,
  ],
  [
    'HTML with 200 for a batch',
    whole({ path: /\$batch$/, nth: 2 }, html(200)),
    'incomplete',
    /with a web page where an object with "responses" was expected/,
  ],
  [
    'HTML with 200 for one part',
    part({ path: /\/members$/, nth: 4 }, html(200)),
    'incomplete',
    /the members of group .* with a web page/,
  ],
  [
    '200 without its value',
    whole({ path: /\/users$/, nth: 2 }, without('value')),
    'incomplete',
    /the users with another object where an object with "value"/,
  ],
  [
    'a part of 200 without its value',
    part({ path: /\/members$/, nth: 9 }, without('value')),
    'incomplete',
    /the members of group .* with another object/,
  ],
  [
    'page 3 of 5 failing',
    whole({ path: /\/users$/, nth: 3, ...always }, graphFailure(500)),
    'unreachable',
    /answered 500 when asked for the users/,
  ],
  [
    'a page link that loops',
    ({ emulator }) => emulator.faults.when({ path: /\/users$/, nth: 2, ...always }, loop(emulator.graphUrl)),
    'incomplete',
    /the same link to the next page twice/,
  ],
  [
    'a page link in a part that loops',
    ({ emulator }) => emulator.parts.when({ path: /\/members$/, nth: 47, ...always }, loop(`${emulator.graphUrl}`)),
    'incomplete',
    /the same link to the next page twice/,
  ],
  [
    'a page link to another host',
    whole(
      { path: /\/users$/ },
      nextLink((link) => link.replace(/127\.0\.0\.1/, 'evil.example')),
    ),
    'incomplete',
    /gave a link to https:\/\/evil\.example:\d+, which is not the configured address/,
  ],
  [
    'a page link in a part to another host',
    part(
      { path: /\/members$/, ...always },
      nextLink((link) => link.replace(/127\.0\.0\.1/, 'evil.example')),
    ),
    'incomplete',
    /gave a link to https:\/\/evil\.example:\d+/,
  ],
  [
    'pages that expire again and again',
    ({ emulator }) => emulator.faults.when({ path: /\/users$/, ...always }, before(emulator.expirePages)),
    'incomplete',
    /answered 400 when asked for the users: .*Directory_ExpiredPageToken/,
  ],
  [
    'fewer users than are counted',
    ({ emulator }) =>
      emulator.parts.when({ path: /\/users$/, ...always }, async (_, honest) => {
        const reply = await honest();
        return { ...reply, body: reply.body.replace('"@odata.count":450', '"@odata.count":460') };
      }),
    'incomplete',
    /Graph listed 450 users and counts 460, twice/,
  ],
  [
    "a proxy's 403 for one group",
    part({ path: /\/members$/, nth: 5, ...always }, html(403)),
    'permission',
    /answered 403 when asked for the members of group/,
  ],
  [
    "a proxy's 404 for one group",
    part({ path: /\/members$/, nth: 5, ...always }, html(404)),
    'incomplete',
    /answered 404 when asked for the members of group/,
  ],
];

describe('a first pass under a fault that passes', () => {
  test.each(passing)('%s: ends in the right directory', async (_, arm) => {
    const world = await entraWorld({ throttle: false });
    fill(world);
    using under = new Directory();
    arm(world);
    expect(await under.run(world.connector, 'corp', { ...request, full: true })).toMatchObject({
      outcome: 'ok',
      problems: 0,
    });
    world.emulator.faults.clear();
    world.emulator.parts.clear();
    using calm = new Directory();
    await calm.run(world.connector, 'corp', { ...request, full: true });
    expect(mirror(under)).toEqual(mirror(calm));
    expect(state(under)).toEqual(state(calm));
  });
});

describe('a pass under a fault that lasts', () => {
  test.each(lasting)('%s: fails, changes nothing, and says so', async (_, arm, code, says) => {
    const world = await entraWorld({ throttle: false });
    fill(world);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    const before = state(directory);
    const { tenant } = world.emulator;
    tenant.editUser(tenant.user('user.1@contoso.example'), { jobTitle: 'Pilot' });
    arm(world);
    const failed: PassResult = await directory.run(world.connector, 'corp', { ...request, full: true });
    expect(failed).toMatchObject({ outcome: 'failed', code });
    expect(failed.message).toMatch(/^Source "corp": /);
    expect(failed.message).toMatch(says);
    expect(state(directory)).toEqual(before);
    world.emulator.faults.clear();
    world.emulator.parts.clear();
    expect((await directory.run(world.connector, 'corp', { ...request, full: true })).outcome).toBe('ok');
  });

  test('a group whose members answer 403 keeps those it had, as a problem', async () => {
    const world = await entraWorld({ throttle: false });
    fill(world);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    const before = state(directory).slice(0, 4);
    const { id } = world.emulator.tenant.group('Group 3');
    world.emulator.parts.when({ path: `${id}/members`, ...always }, graphFailure(403));
    expect(await directory.run(world.connector, 'corp', { ...request, full: true })).toMatchObject({
      outcome: 'unchanged',
      problems: 1,
    });
    expect(state(directory).slice(0, 4)).toEqual(before);
    expect(directory.rows('SELECT kind, external_id FROM v1_problems')).toEqual([
      { kind: 'members-unread', external_id: id },
    ]);
  });

  test('every group answering 403 is a missing permission', async () => {
    const world = await entraWorld({ throttle: false });
    fill(world);
    using directory = new Directory();
    world.emulator.parts.when({ path: /\/members$/, ...always }, graphFailure(403));
    const failed = await directory.run(world.connector, 'corp', request);
    expect(failed).toMatchObject({ outcome: 'failed', code: 'permission' });
    expect(failed.message).toContain('GroupMember.Read.All');
  });

  test("a batch that fails in Graph's words for a missing object makes nobody absent", async () => {
    const { connector, emulator } = await entraWorld();
    const { id } = emulator.tenant.addUser({ userPrincipalName: 'ada@contoso.example' });
    emulator.faults.when({ path: /\$batch$/, ...always }, graphFailure(404));
    for await (const found of connector.readUsers([id], { users: [], groups: [] }, new AbortController().signal))
      expect(found).toMatchObject({ id, is: 'unknown' });
  });

  test('a server that knows no batches is told as what it is', async () => {
    const world = await entraWorld();
    using directory = new Directory();
    world.emulator.faults.when(
      { path: /\$batch$/, ...always },
      status(404, { body: { error: { code: 'NotFound', message: 'No.' } } }),
    );
    expect(await directory.run(world.connector, 'corp', request)).toMatchObject({
      outcome: 'failed',
      code: 'incomplete',
    });
  });
});

describe('hidden memberships', () => {
  test('without the permission the last known members stay, and the pass says so', async () => {
    const world = await entraWorld({ permissions: ['User.Read.All', 'GroupMember.Read.All', 'Member.Read.Hidden'] });
    const { tenant, app } = world.emulator;
    const ada = tenant.addUser({ userPrincipalName: 'ada@contoso.example' });
    const open = tenant.addGroup({ displayName: 'Open' });
    const hidden = tenant.addGroup({ displayName: 'Hidden', type: 'microsoft365', visibility: 'HiddenMembership' });
    const empty = tenant.addGroup({
      displayName: 'Hidden and empty',
      type: 'microsoft365',
      visibility: 'HiddenMembership',
    });
    for (const group of [open, hidden]) tenant.join(ada, group);
    using directory = new Directory();
    expect(await directory.run(world.connector, 'corp', request)).toMatchObject({ outcome: 'ok', problems: 0 });
    app.permissions.delete('Member.Read.Hidden');
    world.emulator.revokeTokens();
    const members = () => directory.rows('SELECT count(*) AS n FROM v1_memberships');
    for (const full of [true, false]) {
      tenant.editGroup(hidden, { description: `described ${full}` });
      expect((await directory.run(world.connector, 'corp', { ...request, full })).outcome).toBe('ok');
      expect(members()).toEqual([{ n: 2 }]);
    }
    const problems = directory.rows<{ external_id: string; detail: string }>(
      'SELECT external_id, detail FROM v1_problems',
    );
    expect(problems.map(({ external_id }) => external_id).sort()).toEqual([hidden.id, empty.id].sort());
    expect(problems[0]?.detail).toContain('Member.Read.Hidden');
  });

  test('an empty answer is believed only when it is to a token that shows hidden members', () => {
    const page = (rows: readonly object[]) => ({ rows, next: null, rest: {} }) as ReturnType<Graph['pageIn']>;
    const graph = { holds: () => true, pageIn: (body: unknown) => page(body as object[]) } as unknown as Graph;
    const asked = membersOf(graph, { id: 'h', hidden: true });
    // The token that this was asked with may have been given before the permission was.
    const { results, next } = asked.good([]);
    expect(results).toBe(undefined);
    const ada = { '@odata.type': '#microsoft.graph.user', id: 'ada' };
    expect(next?.good([])).toEqual({ results: [{ group: 'h', list: [] }] });
    expect(next?.good([ada])).toEqual({ results: [{ group: 'h', list: [{ kind: 'user', id: 'ada' }] }] });
  });
});

describe('a property that a rule reads', () => {
  const want = (...users: string[]) => ({ users, groups: [] });

  test('that is an object ends the pass, and changes nothing', async () => {
    const world = await entraWorld();
    world.emulator.tenant.addUser({ userPrincipalName: 'ada@contoso.example', employeeOrgData: { division: 'x' } });
    await expect(walk(world.connector.snapshot(want('employeeOrgData'), never))).rejects.toThrow(
      '"employeeOrgData" of the users, which a rule reads as attributes["employeeOrgData"], is an object at Graph',
    );
  });

  test.each([
    ['signInActivity', 'is an object at Graph'],
    ['SignInActivity', 'is an object at Graph'],
    ['aboutMe', 'is given by Graph of one object at a time'],
    ['mailboxSettings', 'is given by Graph of one object at a time'],
  ])('that no rule can ever read ends the pass before any request: %s', async (name, says) => {
    const { connector, logged } = await entraWorld();
    const { code, message } = await failureOf((async () => walk(connector.snapshot(want(name), never)))());
    expect(code).toBe('incomplete');
    expect(message).toMatch(new RegExp(`^Source "corp": "${name}" of the users, which a rule reads as .*${says}`));
    expect(message).not.toContain('listing');
    expect(connector.requests()).toBe(0);
    expect(logged).toEqual([]);
  });

  test('that needs another permission is told with it', async () => {
    const world = await entraWorld();
    world.emulator.tenant.addUser({ userPrincipalName: 'ada@contoso.example' });
    world.emulator.faults.when({ path: /\/users$/ }, graphFailure(403));
    const fails = expect(walk(world.connector.snapshot(want('city'), never))).rejects;
    await fails.toThrow(
      /a rule reads a property that needs another one.* User-LifeCycleInfo\.Read\.All for employeeLeaveDateTime/,
    );
    world.emulator.faults.when({ path: /\/users$/ }, async () => ({
      status: 403,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        error: {
          code: 'Authentication_MSGraphPermissionMissing',
          message:
            'The principal does not have required Microsoft Graph permission(s): User-LifeCycleInfo.Read.All to call this API.',
        },
      }),
    }));
    await expect(walk(world.connector.snapshot(want('city'), never))).rejects.toThrow(
      'Add the application permission User-LifeCycleInfo.Read.All of Microsoft Graph',
    );
  });
});
