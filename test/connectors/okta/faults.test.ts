import { describe, expect, test } from 'vitest';
import type { PassRequest } from '../../../src/model/pass.ts';
import { after, type Behaviour, before, cutOff, html, reset, rows, status, without } from '../../emulators/faults.ts';
import { freshLoop, loop, nextLink, oktaFailure, withoutLinks } from '../../emulators/okta/failures.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { mirror, state } from '../../sync/same.ts';
import { never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { type OktaWorld, oktaWorld, type Written } from './world.ts';

const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'okta', limits: {}, fullEvery: 365 * 86_400_000 },
};
const always = { times: Number.POSITIVE_INFINITY };
const users = { path: /\/api\/v1\/users$/ };
const groups = { path: /\/api\/v1\/groups$/ };
const members = { path: /\/groups\/[^/]+\/users$/ };

/** 450 people on three pages, 30 groups, one of them on two pages. */
function fill({ emulator: { org } }: OktaWorld): void {
  const people = Array.from({ length: 450 }, (_, at) =>
    org.addUser({ login: `user.${at}@acme.example`, firstName: `User ${at}` }),
  );
  for (let at = 0; at < 29; at++) {
    const group = org.addGroup({ name: `Group ${at}` });
    for (const user of people.slice(at, at + 3)) org.join(user, group);
  }
  const large = org.addGroup({ name: 'Large' });
  for (const user of people) org.join(user, large);
  for (let at = 0; at < 600; at++) org.join(org.addUser({ login: `more.${at}@acme.example` }), large);
}

/** The first rows of a page, as if they were all: without the link to the others. */
function bareAndShort(): Behaviour {
  return async (asked, honest) => {
    const reply = await withoutLinks()(asked, honest);
    return { ...reply, body: JSON.stringify(JSON.parse(reply.body).slice(0, 3)) };
  };
}

type Fault = [what: string, arm: (world: OktaWorld) => unknown, options?: Parameters<typeof oktaWorld>[0]];

const passing: Fault[] = [
  ['a rate limit for 42 s', ({ emulator }) => emulator.faults.when({ ...users, times: 3 }, oktaFailure(429, 42))],
  ['a storm of rate limits', ({ emulator }) => emulator.faults.when({ nth: 2, times: 6 }, oktaFailure(429, 5))],
  [
    'rate limits of groups, one after the other',
    ({ emulator }) => emulator.faults.when({ ...groups, times: 5 }, oktaFailure(429, 60)),
  ],
  [
    'rate limits of members in the middle of a list',
    ({ emulator }) =>
      emulator.faults.when({ path: /\/groups\/[^/]+\/users$/, nth: 20, times: 40 }, oktaFailure(429, 5)),
  ],
  ['500', ({ emulator }) => emulator.faults.when({ ...users, nth: 2 }, oktaFailure(500))],
  ['502, with a page', ({ emulator }) => emulator.faults.when({ ...groups, times: 2 }, oktaFailure(502))],
  ['a read-only mode', ({ emulator }) => emulator.faults.when({ ...members, nth: 3, times: 3 }, oktaFailure(503))],
  ['a reset', ({ emulator }) => emulator.faults.when({ ...members, nth: 2 }, reset())],
  ['a body that is cut in half', ({ emulator }) => emulator.faults.when({ ...users, nth: 3 }, cutOff())],
  [
    'everything going wrong now and then',
    ({ emulator }) => {
      emulator.faults.conditions.errorRate = 0.2;
    },
  ],
  [
    'a token that ends in mid-listing',
    ({ emulator }) => emulator.faults.when({ ...users, nth: 2 }, after(emulator.revokeTokens)),
  ],
  ['cursors that expire', ({ emulator }) => emulator.faults.when({ ...users, nth: 3 }, before(emulator.expirePages))],
  [
    'a cursor of members that expires',
    ({ emulator }) =>
      emulator.faults.when({ ...members, query: { limit: '1000' }, nth: 31 }, before(emulator.expirePages)),
  ],
  ['pages that are short or empty', () => undefined, { shortPages: true }],
  ['an empty page that leads on', () => undefined, { emptyPage: 2 }],
  ['links in one line', () => undefined, { linkHeader: 'joined' }],
  ['an org that shows all of a user', () => undefined, { ignoreFields: true }],
  [
    'an org that takes no fields',
    ({ emulator }) =>
      emulator.faults.when({ ...users, ...always }, async (asked, honest) =>
        asked.query.has('fields') ? oktaFailure('E0000001')(asked, honest) : honest(),
      ),
  ],
  [
    'an org that takes no filter by date',
    ({ emulator }) =>
      emulator.faults.when({ ...users, ...always }, async (asked, honest) =>
        asked.query.get('filter')?.includes('lastUpdated') ? oktaFailure('E0000031')(asked, honest) : honest(),
      ),
  ],
  [
    'a server that cannot give large pages',
    ({ emulator }) =>
      emulator.faults.when({ ...always }, async (asked, honest) =>
        Number(asked.query.get('limit')) > 200 ? oktaFailure(504)(asked, honest) : honest(),
      ),
  ],
  [
    'rows that come twice',
    ({ emulator }) =>
      emulator.faults.when(
        { ...users, ...always },
        rows((each) => [...each, ...each]),
      ),
  ],
  [
    'a user who is made in mid-listing',
    ({ emulator }) =>
      emulator.faults.when(
        { ...users, nth: 2 },
        after(() => emulator.org.addUser({ login: 'late@acme.example' })),
      ),
  ],
  [
    'a group that is deleted between listing and reading',
    ({ emulator }) =>
      emulator.faults.when(
        groups,
        after(() => emulator.org.removeGroup(emulator.org.group('Group 7'))),
      ),
  ],
];

const lasting: [what: string, arm: (world: OktaWorld) => unknown, code: string, says: RegExp][] = [
  [
    'a rate limit without end',
    ({ emulator }) => emulator.faults.when({ ...users, ...always }, oktaFailure(429, 60)),
    'throttled',
    /the org is at its rate limit for the users, all its clients together/,
  ],
  [
    '503 without end',
    ({ emulator }) => emulator.faults.when({ ...members, nth: 3, ...always }, oktaFailure(503)),
    'unreachable',
    /answered 503 when asked for the members of group/,
  ],
  [
    'resets without end',
    ({ emulator }) => emulator.faults.when({ ...users, ...always }, reset()),
    'unreachable',
    /the connection to .* broke while fetching the users/,
  ],
  [
    'page 3 failing',
    ({ emulator }) => emulator.faults.when({ ...users, nth: 3, ...always }, oktaFailure(500)),
    'unreachable',
    /answered 500 when asked for the users/,
  ],
  [
    'a web page with 200',
    ({ emulator }) => emulator.faults.when(groups, html(200)),
    'incomplete',
    /the groups with a web page where a list was expected/,
  ],
  [
    'users without an id',
    ({ emulator }) => emulator.faults.when({ ...users, nth: 2 }, without('id')),
    'incomplete',
    /the users with .* where users with an id and a login/,
  ],
  [
    'an object for a list',
    ({ emulator }) => emulator.faults.when({ ...members, nth: 4 }, status(200, { body: { value: [] } })),
    'incomplete',
    /the members of group .* where a list was expected/,
  ],
  [
    'a cursor that repeats',
    ({ emulator }) => emulator.faults.when({ ...users, nth: 2, ...always }, loop(emulator.orgUrl)),
    'incomplete',
    /the same link to the next page twice/,
  ],
  [
    'a cursor of members that repeats',
    ({ emulator }) =>
      emulator.faults.when({ path: `${emulator.org.group('Large').id}/users`, ...always }, loop(emulator.orgUrl)),
    'incomplete',
    /the same link to the next page twice/,
  ],
  [
    'a link to another host',
    ({ emulator }) =>
      emulator.faults.when(
        users,
        nextLink((link) => link.replace(/^http:..127\.0\.0\.1:\d+/, 'https://acme.okta.example')),
      ),
    'incomplete',
    /gave a link to https:\/\/acme\.okta\.example, which is not the configured address\..*Write the address that the provider itself uses/,
  ],
  [
    "links to the org's other name",
    ({ emulator }) => {
      emulator.settings.linkOrigin = 'https://acme-admin.okta.example';
    },
    'incomplete',
    /gave a link to https:\/\/acme-admin\.okta\.example/,
  ],
  [
    'a proxy that drops the header Link',
    ({ emulator }) => emulator.faults.when({ ...users, ...always }, withoutLinks()),
    'incomplete',
    /a full page without the header Link/,
  ],
  [
    'a proxy that drops the header Link of one short page of members',
    ({ emulator }) =>
      emulator.faults.when({ path: `${emulator.org.group('Large').id}/users`, ...always }, bareAndShort()),
    'incomplete',
    /the members of group .*: some pages with and some without the header Link/,
  ],
  [
    'a list that leads on for ever by new cursors',
    ({ emulator }) => emulator.faults.when({ ...users, nth: 2 }, freshLoop(emulator)),
    'incomplete',
    /100 pages in a row with nobody new/,
  ],
  [
    'two next pages',
    ({ emulator }) =>
      emulator.faults.when(users, async (_, honest) => {
        const reply = await honest();
        return { ...reply, headers: { ...reply.headers, link: '</a>; rel="next", </b>; rel=next' } };
      }),
    'incomplete',
    /where one link to the next page was expected/,
  ],
  [
    'cursors that expire again and again',
    ({ emulator }) =>
      emulator.faults.when({ ...users, ...always }, async (asked, honest) => {
        if (asked.query.has('after')) emulator.expirePages();
        return honest();
      }),
    'incomplete',
    /answered 400 when asked for the users: .*E0000001/,
  ],
  [
    "a proxy's 403 for one group",
    ({ emulator }) => emulator.faults.when({ ...members, nth: 5, ...always }, html(403)),
    'permission',
    /answered 403 when asked for the members of group/,
  ],
  [
    "a proxy's 404 for one group",
    ({ emulator }) => emulator.faults.when({ ...members, nth: 5, ...always }, html(404)),
    'incomplete',
    /answered 404 when asked for the members of group/,
  ],
  [
    'every group answering 403',
    ({ emulator }) => emulator.faults.when({ ...members, ...always }, oktaFailure(403)),
    'permission',
    /may not read the members of group .*Read-Only Administrator/,
  ],
];

describe('a first pass under a fault that passes', () => {
  test.each(passing)('%s: ends in the right directory', async (_, arm, options = {}) => {
    const world = await oktaWorld({ throttle: false, ...options });
    fill(world);
    using under = new Directory();
    arm(world);
    expect(await under.run(world.connector, 'corp', { ...request, full: true })).toMatchObject({
      outcome: 'ok',
      problems: 0,
    });
    world.emulator.faults.clear();
    using calm = new Directory();
    await calm.run(world.connector, 'corp', { ...request, full: true });
    expect(mirror(under)).toEqual(mirror(calm));
    expect(state(under)).toEqual(state(calm));
    const { n } = under.rows<{ n: number }>('SELECT count(*) AS n FROM v1_users')[0] ?? { n: 0 };
    expect(n).toBe(world.emulator.org.users().length);
  });
});

describe('a pass under a fault that lasts', () => {
  test.each(lasting)('%s: fails, changes nothing, and says so', async (_, arm, code, says) => {
    const world = await oktaWorld({ throttle: false });
    fill(world);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    const before = state(directory);
    const { org, faults, settings } = world.emulator;
    org.editProfile(org.user('user.1@acme.example'), { title: 'Pilot' });
    arm(world);
    const failed = await directory.run(world.connector, 'corp', { ...request, full: true });
    expect(failed).toMatchObject({ outcome: 'failed', code });
    expect(failed.message).toMatch(/^Source "corp": /);
    expect(failed.message).toMatch(says);
    expect(state(directory)).toEqual(before);
    faults.clear();
    settings.linkOrigin = null;
    expect((await directory.run(world.connector, 'corp', { ...request, full: true })).outcome).toBe('ok');
  });

  test('a group whose members answer 403 keeps those it had, as a problem', async () => {
    const world = await oktaWorld({ throttle: false });
    fill(world);
    using directory = new Directory();
    await directory.run(world.connector, 'corp', request);
    const before = state(directory).slice(0, 4);
    const { id } = world.emulator.org.group('Group 3');
    world.emulator.faults.when({ path: `${id}/users`, ...always }, oktaFailure(403));
    expect(await directory.run(world.connector, 'corp', { ...request, full: true })).toMatchObject({
      outcome: 'unchanged',
      problems: 1,
    });
    expect(state(directory).slice(0, 4)).toEqual(before);
    expect(directory.rows('SELECT kind, external_id FROM v1_problems')).toEqual([
      { kind: 'members-unread', external_id: id },
    ]);
  });

  test('large pages are asked for until three groups needed small ones', async () => {
    const world = await oktaWorld({ throttle: false });
    fill(world);
    world.emulator.faults.when({ ...members, ...always }, async (asked, honest) =>
      Number(asked.query.get('limit')) > 200 ? oktaFailure(504)(asked, honest) : honest(),
    );
    await walk(world.connector.snapshot({ users: [], groups: [] }, never));
    // Eight side by side had begun with large ones, three times each.
    const large = world.emulator.requests.filter(
      ({ path, query }) => members.path.test(path) && query.limit === '1000',
    );
    expect(large.length).toBeLessThanOrEqual(3 * (8 + 3));
  });
});

describe('what is read of an org', () => {
  test('statuses as Okta means them, and as the file says otherwise', async () => {
    const active = async (config: Written) => {
      const { connector, emulator } = await oktaWorld({ config });
      for (const status of ['ACTIVE', 'STAGED', 'PROVISIONED', 'SUSPENDED', 'DEPROVISIONED', 'LOCKED_OUT'] as const)
        emulator.org.addUser({ login: `${status}@acme.example`, status });
      const { users: found } = await walk(connector.snapshot({ users: [], groups: [] }, never));
      return [...found.values()]
        .filter((user) => user.active)
        .map(({ attributes }) => attributes.userName?.split('@')[0]);
    };
    expect(await active({})).toEqual(['ACTIVE', 'PROVISIONED', 'LOCKED_OUT']);
    const statuses = { STAGED: 'active', LOCKED_OUT: 'inactive' };
    expect(await active({ statuses })).toEqual(['ACTIVE', 'STAGED', 'PROVISIONED']);
  });

  test('the attributes that rules name, and no others', async () => {
    const { connector, emulator } = await oktaWorld();
    emulator.org.addUser({ login: 'ada@acme.example', costCenter: '42', shoeSize: 38 });
    const want = { users: ['costCenter', 'status', 'no such (one)'], groups: [] };
    for (const users of [want.users, want.users.slice(0, 2)]) {
      const { users: found } = await walk(connector.snapshot({ ...want, users }, never));
      expect([...found.values()][0]?.extra).toMatchObject({ costCenter: '42', status: 'ACTIVE' });
    }
  });

  test.each([
    [['OKTA_GROUP'], ['Made here']],
    [
      ['APP_GROUP', 'BUILT_IN'],
      ['Everyone', 'Imported', 'Okta Administrators'],
    ],
  ])('groups of the types %j', async (groupTypes, expected) => {
    const { connector, emulator, logged } = await oktaWorld({ config: { groupTypes } });
    const { org } = emulator;
    org.addGroup({ name: 'Made here' });
    const imported = org.addGroup({ name: 'Imported', type: 'APP_GROUP' });
    org.addGroup({ name: 'Okta Administrators', type: 'BUILT_IN' });
    const { groups: found } = await walk(connector.snapshot({ users: [], groups: [] }, never));
    expect([...found.values()].map(({ name }) => name).sort()).toEqual(expected);
    expect(logged).toEqual([]);
    for await (const { is } of connector.readGroups([imported.id], { users: [], groups: [] }, never))
      expect(is).toBe(groupTypes.includes('APP_GROUP') ? 'present' : 'absent');
  });

  test('a login is no id', async () => {
    const { connector, emulator } = await oktaWorld();
    emulator.org.addUser({ login: 'ada@acme.example' });
    for await (const found of connector.readUsers(['ada@acme.example', 'ada'], { users: [], groups: [] }, never))
      expect(found.is).toBe('unknown');
  });
});
