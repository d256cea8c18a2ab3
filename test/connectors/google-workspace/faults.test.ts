import { describe, expect, test } from 'vitest';
import type { PassRequest, PassResult } from '../../../src/model/pass.ts';
import { after, type Behaviour, before, cutOff, html, reset, rows, status, without } from '../../emulators/faults.ts';
import { googleFailure, loop, nextPageToken } from '../../emulators/google-workspace/failures.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { mirror, state } from '../../sync/same.ts';
import { type GoogleWorld, googleWorld } from './world.ts';

const request: Partial<PassRequest> = { source: { ...SOURCE, type: 'google-workspace', limits: {} } };
const always = { times: Number.POSITIVE_INFINITY };
const USERS = /\/users$/;
const GROUPS = /\/groups$/;
const MEMBERS = /\/members$/;

/** 2,101 people on five pages, 205 groups on two, one of them of 450 members. */
function fill({ google: { directory } }: GoogleWorld): void {
  const users = Array.from({ length: 2100 }, (_, at) =>
    directory.addUser({ primaryEmail: `user.${String(at).padStart(4, '0')}@fjord.example` }),
  );
  for (let at = 0; at < 204; at++) {
    const group = directory.addGroup({ email: `group.${at}@fjord.example`, name: `Group ${at}` });
    for (const user of users.slice(at, at + 3)) directory.join(group, user);
  }
  const large = directory.addGroup({ email: 'large@fjord.example', name: 'Large' });
  for (const user of users.slice(0, 450)) directory.join(large, user);
}

const large = ({ google }: GoogleWorld) => `${google.directory.group('Large').id}/members`;
const wild = (reason: string) => googleFailure(reason === 'rateLimitExceeded' ? 429 : 403, { reason });

type Fault = [what: string, arm: (world: GoogleWorld) => unknown];
type Which = Parameters<GoogleWorld['google']['faults']['when']>[0];
const when =
  (which: Which, behaviour: Behaviour) =>
  ({ google }: GoogleWorld) =>
    google.faults.when(which, behaviour);

/** What passes: the directory is the right one in the end. */
const passing: Fault[] = [
  ['429 in the words of Google', when({ path: USERS, times: 3 }, googleFailure(429))],
  ['429 with Retry-After 300', when({ path: USERS, nth: 2 }, googleFailure(429, { retryAfter: 300 }))],
  ['a storm of 429 on everything', when({ nth: 2, times: 12 }, googleFailure(429))],
  ['403 userRateLimitExceeded', when({ path: MEMBERS, nth: 5, times: 20 }, wild('userRateLimitExceeded'))],
  ['403 rateLimitExceeded', when({ path: GROUPS }, googleFailure(403, { reason: 'rateLimitExceeded' }))],
  ['403 quotaExceeded', when({ path: USERS, nth: 3, times: 2 }, wild('quotaExceeded'))],
  ['a quota that another client uses up', ({ google }) => Object.assign(google.settings, { quota: 150 })],
  ['503', when({ path: MEMBERS, nth: 3, times: 3 }, googleFailure(503))],
  ['500 and 502', when({ path: GROUPS, nth: 2, times: 2 }, googleFailure(502))],
  ['a reset', when({ path: USERS, nth: 2 }, reset())],
  ['resets of members', when({ path: MEMBERS, nth: 9, times: 25 }, reset())],
  ['a body that is cut in half', when({ path: USERS, nth: 3 }, cutOff())],
  [
    'a token that ends in mid-listing',
    ({ google }) => google.faults.when({ path: USERS, nth: 2 }, after(google.revokeTokens)),
  ],
  [
    'a page of users that expires',
    ({ google }) => google.faults.when({ path: USERS, nth: 3 }, before(google.expirePages)),
  ],
  [
    'a page of groups that expires',
    ({ google }) => google.faults.when({ path: GROUPS, nth: 2 }, before(google.expirePages)),
  ],
  [
    'a page of members that expires',
    (world) => world.google.faults.when({ path: large(world), nth: 2 }, before(world.google.expirePages)),
  ],
  [
    'a user who is made in mid-listing',
    ({ google }) =>
      google.faults.when(
        { path: USERS, nth: 2 },
        after(() => google.directory.addUser({ primaryEmail: 'zoe.late@fjord.example' })),
      ),
  ],
  [
    'a group that is deleted between listing and reading',
    ({ google }) =>
      google.faults.when(
        { path: GROUPS, nth: 2 },
        after(() => google.directory.removeGroup(google.directory.group('Group 7'))),
      ),
  ],
  ['a group that is not there for a moment', when({ path: MEMBERS, nth: 4 }, googleFailure(404))],
  ['last pages without rows', ({ google }) => Object.assign(google.settings, { emptyLastPage: true })],
];

/** What does not: the pass fails, changes nothing, and says which it was. */
const lasting: [...Fault, code: string, says: RegExp][] = [
  [
    '429 for longer than a pass waits',
    when({ path: USERS, ...always }, googleFailure(429, { retryAfter: 3600 })),
    'throttled',
    /asks to wait 360\d s before it gives the users/,
  ],
  [
    '429 without end',
    when({ path: USERS, ...always }, googleFailure(429)),
    'throttled',
    /answered 429 when asked for the users: there were too many queries.*"queriesPerMinute".*It was tried 8 times/,
  ],
  [
    '403 userRateLimitExceeded without end',
    when({ path: MEMBERS, ...always }, wild('userRateLimitExceeded')),
    'throttled',
    /answered 403 when asked for the members of group .*It was tried 8 times/,
  ],
  [
    'the queries of a day used up',
    when({ path: GROUPS, ...always }, wild('dailyLimitExceeded')),
    'throttled',
    /has used up its queries of the day/,
  ],
  [
    '503 without end',
    when({ path: MEMBERS, nth: 3, ...always }, googleFailure(503)),
    'unreachable',
    /answered 503 when asked for the members of group/,
  ],
  [
    'resets without end',
    when({ path: USERS, ...always }, reset()),
    'unreachable',
    /the connection to .* broke while fetching the users/,
  ],
  [
    'HTML with 200',
    when({ path: GROUPS }, html(200)),
    'incomplete',
    /the groups with a web page where an object of the kind "admin#directory#groups" was expected/,
  ],
  [
    'HTML with 200 for one group',
    when({ path: MEMBERS, nth: 4 }, html(200)),
    'incomplete',
    /the members of group .* with a web page/,
  ],
  ['200 without its kind', when({ path: USERS, nth: 2 }, without('kind')), 'incomplete', /"admin#directory#users"/],
  [
    'an empty object for a group',
    when({ path: MEMBERS, nth: 9 }, async (_, honest) => ({ ...(await honest()), body: '{}' })),
    'incomplete',
    /the members of group .* with another object/,
  ],
  [
    'users that are no list',
    when({ path: USERS }, async (_, honest) => ({
      ...(await honest()),
      body: '{"kind":"admin#directory#users","users":null}',
    })),
    'incomplete',
    /with nothing where a list was expected/,
  ],
  [
    'users without an id',
    when(
      { path: USERS, nth: 2 },
      rows((list) => list.map((one) => ({ ...Object(one), id: '' }))),
    ),
    'incomplete',
    /where users with an id and an address was expected/,
  ],
  [
    'page 3 of 5 failing',
    when({ path: USERS, nth: 3, ...always }, googleFailure(500)),
    'unreachable',
    /answered 500 when asked for the users/,
  ],
  [
    'a page token that repeats',
    when({ path: USERS, nth: 2, ...always }, loop()),
    'incomplete',
    /the same token of a next page twice/,
  ],
  [
    'a page token of members that repeats',
    (world) => world.google.faults.when({ path: large(world), nth: 2, ...always }, loop()),
    'incomplete',
    /the same token of a next page twice/,
  ],
  [
    'a page token that is none',
    when(
      { path: USERS, ...always },
      nextPageToken(() => 'made-up'),
    ),
    'incomplete',
    /answered 400 when asked for the users: .*pageToken/,
  ],
  [
    'pages that expire again and again',
    ({ google }) => google.faults.when({ path: USERS, ...always }, before(google.expirePages)),
    'incomplete',
    /answered 400 when asked for the users/,
  ],
  [
    "a proxy's 403 for one group",
    when({ path: MEMBERS, nth: 5, ...always }, html(403)),
    'permission',
    /answered 403 when asked for the members of group/,
  ],
  [
    "a proxy's 404 for one group",
    when({ path: MEMBERS, nth: 5, ...always }, html(404)),
    'incomplete',
    /answered 404 when asked for the members of group/,
  ],
  [
    'a group that is and is not there',
    when({ path: MEMBERS, nth: 5, ...always }, googleFailure(404)),
    'incomplete',
    /answered 404 when asked for the members of group/,
  ],
  [
    'a redirect',
    when({ path: GROUPS }, async () => ({ status: 302, headers: { location: 'https://evil.example/x' }, body: '' })),
    'incomplete',
    /rosterd follows no redirect \(it points to https:\/\/evil\.example\)/,
  ],
];

describe('a first pass under a fault that passes', () => {
  test.each(passing)('%s: ends in the right directory', async (_, arm) => {
    const world = await googleWorld();
    fill(world);
    using under = new Directory();
    arm(world);
    expect(await under.run(world.connector, 'corp', request)).toMatchObject({ outcome: 'ok', problems: 0 });
    world.google.faults.clear();
    world.google.settings.quota = 2400;
    using calm = new Directory();
    await calm.run(world.connector, 'corp', request);
    expect(mirror(under)).toEqual(mirror(calm));
    expect(state(under)).toEqual(state(calm));
  });
});

describe('a pass under a fault that lasts', () => {
  test.each(lasting)('%s: fails, changes nothing, and says so', async (_, arm, code, says) => {
    const world = await googleWorld();
    fill(world);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    const earlier = state(directory);
    const { directory: google } = world.google;
    google.editUser(google.user('user.0001@fjord.example'), { suspended: true });
    arm(world);
    const failed: PassResult = await directory.run(world.connector, 'corp', request);
    expect(failed).toMatchObject({ outcome: 'failed', code });
    expect(failed.message).toMatch(/^Source "staff": /);
    expect(failed.message).toMatch(says);
    expect(state(directory)).toEqual(earlier);
    world.google.faults.clear();
    expect((await directory.run(world.connector, 'corp', request)).outcome).toBe('ok');
  });

  test('a group whose members answer 403 keeps those it had, as a problem', async () => {
    const world = await googleWorld();
    fill(world);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    const earlier = state(directory).slice(0, 4);
    const { id } = world.google.directory.group('Group 3');
    world.google.faults.when({ path: `${id}/members`, ...always }, googleFailure(403));
    expect(await directory.run(world.connector, 'corp', request)).toMatchObject({ outcome: 'unchanged', problems: 1 });
    expect(state(directory).slice(0, 4)).toEqual(earlier);
    expect(directory.rows('SELECT kind, external_id FROM v1_problems')).toEqual([
      { kind: 'members-unread', external_id: id },
    ]);
  });

  test('so does one with a member that has no id', async () => {
    const world = await googleWorld();
    fill(world);
    using directory = new Directory();
    const { id } = world.google.directory.group('Group 3');
    world.google.faults.when(
      { path: `${id}/members` },
      rows((list) => [...list, { type: 'USER' }]),
    );
    expect(await directory.run(world.connector, 'corp', request)).toMatchObject({ outcome: 'ok', problems: 1 });
  });

  test('every group answering 403 is a missing permission', async () => {
    const world = await googleWorld();
    fill(world);
    using directory = new Directory();
    world.google.faults.when({ path: MEMBERS, ...always }, googleFailure(403));
    const failed = await directory.run(world.connector, 'corp', request);
    expect(failed).toMatchObject({ outcome: 'failed', code: 'permission' });
    expect(failed.message).toContain('of any of its 205 groups');
    expect(failed.message).toContain('Groups > Read');
  });
});

describe('the quota', () => {
  test('is never used up: the pace is below it', async () => {
    const world = await googleWorld({ quota: 2400 });
    const { directory } = world.google;
    for (let at = 0; at < 5000; at++) directory.addGroup({ email: `group.${at}@fjord.example` });
    const began = world.clock.now();
    for await (const _ of world.connector.snapshot({ users: [], groups: [] }, new AbortController().signal).items);
    expect(world.connector.usage?.().statuses).toEqual({ 200: 5027 });
    const minutes = (world.clock.now() - began) / 60_000;
    expect(minutes).toBeGreaterThan(2);
  });

  test('that another client uses up makes everything rest, longer each time, and no longer than a minute', async () => {
    const world = await googleWorld();
    world.google.faults.when({ path: USERS, times: 7 }, googleFailure(403, { reason: 'quotaExceeded' }));
    for await (const _ of world.connector.snapshot({ users: [], groups: [] }, new AbortController().signal).items);
    const rests = world.clock.slept.filter((ms) => ms >= 2000).map((ms) => Math.floor(ms / 1000));
    expect([...new Set(rests)]).toEqual([2, 4, 8, 16, 32, 60]);
  });
});

describe('by id', () => {
  test('a user who is deleted and restorable is absent, whichever way Google says so', async () => {
    for (const deletedUser of [412, 404] as const) {
      const { connector, google } = await googleWorld({ deletedUser });
      const ada = google.directory.addUser({ primaryEmail: 'ada@fjord.example' });
      google.directory.removeUser(ada);
      for await (const found of connector.readUsers([ada.id], { users: [], groups: [] }, new AbortController().signal))
        expect(found).toEqual({ id: ada.id, is: 'absent' });
    }
  });

  test.each([
    ['412 in other words', status(412)],
    [
      '404 for a path',
      status(404, { body: { error: { code: 404, errors: [{ reason: 'notFound' }], message: 'Not Found' } } }),
    ],
    ['the API switched off', status(403, { body: { error: { errors: [{ reason: 'accessNotConfigured' }] } } })],
  ])('%s makes nobody absent', async (_, fault) => {
    const { connector, google } = await googleWorld();
    google.faults.when({ ...always }, (asked, honest) => (asked.path === '/token' ? honest() : fault(asked, honest)));
    for await (const { is } of connector.readUsers(['1'], { users: [], groups: [] }, new AbortController().signal))
      expect(is).toBe('unknown');
  });
});
