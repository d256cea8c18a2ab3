import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { before as firstly, html, after as lastly, rewrite, rows, status, without } from '../../emulators/faults.ts';
import type { KeycloakEmulator } from '../../emulators/keycloak/keycloak.ts';
import { failureOf, never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { type KeycloakWorld, keycloakWorld, populate } from './world.ts';

const nothing = { users: [], groups: [] };
const always = { times: Number.POSITIVE_INFINITY };
const USERS = /\/users\/?$/;
const GROUPS = /\/groups\/?$/;
const MEMBERS = /\/members$/;

const fill = ({ realm }: KeycloakEmulator, users: number) => {
  for (let n = 0; n < users; n += 1) realm.addUser({ username: `u${String(n).padStart(5, '0')}` });
};

/** The requests as `path?query`, ids replaced. */
const asked = ({ requests }: KeycloakEmulator) =>
  requests.map(({ path, query }) => {
    const short = path.replace(/^\/(?:admin\/)?realms\/company/, '').replace(/\/$/, '');
    const parameters = Object.entries(query).map(([key, value]) => `${key}=${value}`);
    return `${short.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')}${parameters.length > 0 ? '?' : ''}${parameters.join('&')}`;
  });

describe('requests', () => {
  test('of a small realm, all of them', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    await walk(connector.snapshot(nothing, never));
    expect(asked(emulator).sort()).toEqual(
      [
        '/protocol/openid-connect/token',
        '/attack-detection/brute-force/users/ID',
        '/users/count',
        '/users?first=0&max=1000&briefRepresentation=false',
        '/users/count',
        '/groups/count',
        '/groups?subGroupsCount=false&search= &first=0&max=-1&briefRepresentation=true&populateHierarchy=false',
        '/groups/count',
        ...Array(5).fill('/groups/ID/members?first=0&max=-1&briefRepresentation=true'),
      ].sort(),
    );
  });

  test.each([
    [0, ['0+1000']],
    [1, ['0+1000']],
    [999, ['0+1000']],
    [1000, ['0+1000', '980+1020']],
    [1001, ['0+1000', '980+1020']],
    [2000, ['0+1000', '980+1020', '1980+1020']],
    [2500, ['0+1000', '980+1020', '1980+1020']],
  ])('for %i users', async (count, pages) => {
    const { connector, emulator } = await keycloakWorld();
    fill(emulator, count);
    const walked = await walk(connector.snapshot(nothing, never));
    expect(walked.users.size).toBe(count);
    expect(walked.counts.users).toEqual({ listed: count, expected: count });
    const listings = emulator.requests.filter(({ path }) => USERS.test(path));
    expect(listings.map(({ query }) => `${query.first}+${query.max}`)).toEqual(pages);
  });

  test('ask for the attributes of groups only where rules read them', async () => {
    const { connector, emulator } = await keycloakWorld();
    emulator.realm.addGroup({ name: 'a', attributes: { mail: ['a@example.com'] } });
    const { groups } = await walk(connector.snapshot({ users: [], groups: ['mail'] }, never));
    expect([...groups.values()][0]?.extra).toEqual({ mail: 'a@example.com' });
    expect(emulator.requests.find(({ path }) => GROUPS.test(path))?.query.briefRepresentation).toBe('false');
  });

  test('renew 60-second tokens through a listing of minutes', async () => {
    const { connector, emulator, clock } = await keycloakWorld({ tokenLifespan: 60 });
    for (let n = 0; n < 120; n += 1) emulator.realm.addGroup(`g${n}`);
    emulator.faults.when(
      { path: MEMBERS, ...always },
      firstly(() => clock.advance(2000)),
    );
    const walked = await walk(connector.snapshot(nothing, never));
    expect(walked.members.size).toBe(120);
    const tokens = emulator.requests.filter(({ method }) => method === 'POST').length;
    // 240 seconds, in steps of two, a token good for 48 of them.
    expect(tokens).toBe(5);
    expect(emulator.requests.filter(({ status }) => status === 401)).toHaveLength(0);
  });

  test('of a client of master', async () => {
    const { connector, emulator } = await keycloakWorld({ authRealm: 'master' });
    populate(emulator);
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(4);
    expect(emulator.requests[0]?.path).toBe('/realms/master/protocol/openid-connect/token');
  });

  test('below a path of its own', async () => {
    const { connector, emulator } = await keycloakWorld({ basePath: '/auth' });
    populate(emulator);
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(4);
    expect(connector.tenant).toBe(`${emulator.url}/realms/company`);
    expect(emulator.requests.every(({ path }) => path.startsWith('/auth/'))).toBe(true);
  });
});

describe('users', () => {
  test('have the attributes that rules read; service accounts are none', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    const { users } = await walk(connector.snapshot({ users: ['title', 'emailVerified'], groups: [] }, never));
    expect([...users.values()].map(({ attributes, extra }) => [attributes.userName, attributes.title, extra])).toEqual(
      ['ada', 'bob', 'eve', 'zoe'].map((name) => [name, 'Dr', { title: 'Dr', emailVerified: false }]),
    );
  });

  test('a person may be named like a service account', async () => {
    const { connector, emulator } = await keycloakWorld();
    emulator.realm.addUser({ username: 'service-account-ada' });
    const { users } = await walk(connector.snapshot(nothing, never));
    expect([...users.values()].map(({ attributes }) => attributes.userName)).toEqual(['service-account-ada']);
  });

  test('whose enabled is missing are not known to be disabled', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    emulator.faults.when({ path: USERS }, without('enabled'));
    const { users } = await walk(connector.snapshot(nothing, never));
    expect([...users.values()].map(({ active }) => active)).toEqual([null, null, null, null]);
  });

  /** Walks 1,500 users, something being done after the first page; gives back how many requests listed them. */
  const meanwhile = async (act: (world: KeycloakWorld) => void) => {
    const world = await keycloakWorld();
    fill(world.emulator, 1500);
    world.emulator.faults.when(
      { path: USERS },
      lastly(() => act(world)),
    );
    const walked = await walk(world.connector.snapshot(nothing, never));
    const left = world.emulator.realm.users().filter(({ username }) => username.startsWith('u'));
    expect(left.filter(({ id }) => !walked.users.has(id))).toEqual([]);
    const listings = world.emulator.requests.filter(({ path }) => USERS.test(path)).length;
    return { ...walked, listings, logged: world.logged };
  };
  const remove = ({ emulator: { realm } }: KeycloakWorld, from: number, to: number) => {
    for (let n = from; n < to; n += 1) realm.removeUser(realm.user(`u${String(n).padStart(5, '0')}`));
  };

  test('a few who are deleted between two pages hide nobody', async () => {
    const { listings, counts, logged } = await meanwhile((world) => remove(world, 500, 519));
    expect({ listings, logged }).toEqual({ listings: 2, logged: [] });
    expect(counts.users).toEqual({ listed: 1500, expected: 1481 });
  });

  test('nor does the last of the page', async () => {
    const { listings, counts } = await meanwhile((world) => remove(world, 999, 1000));
    expect(listings).toBe(2);
    expect(counts.users).toEqual({ listed: 1500, expected: 1499 });
  });

  test('nor one who is renamed from the page before into this one', async () => {
    const { listings } = await meanwhile(({ emulator: { realm } }) =>
      realm.editUser(realm.user('u00999'), { username: 'u01200x' }),
    );
    expect(listings).toBe(2);
  });

  test('many who are deleted: listed once more', async () => {
    const { listings, counts, logged } = await meanwhile((world) => remove(world, 500, 520));
    expect(listings).toBe(4);
    expect(counts.users).toEqual({ listed: 1480, expected: 1480 });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/^the users changed while they were listed: listing once more /);
  });

  test('those who come in between two pages do no harm', async () => {
    const { listings, counts, users } = await meanwhile(({ emulator }) => {
      for (let n = 0; n < 50; n += 1) emulator.realm.addUser({ username: `a-newcomer-${n}` });
    });
    expect(listings).toBe(2);
    // They are before what was read: the next pass finds them.
    expect(users.size).toBe(1500);
    expect(counts.users).toEqual({ listed: 1500, expected: 1500 });
  });

  test('fewer than Keycloak counts: listed once more', async () => {
    const { connector, emulator } = await keycloakWorld();
    fill(emulator, 10);
    emulator.faults.when(
      { path: USERS, query: { first: '0' } },
      rows((all) => all.slice(0, 7)),
    );
    const walked = await walk(connector.snapshot(nothing, never));
    expect(walked.users.size).toBe(10);
    expect(walked.counts.users).toEqual({ listed: 10, expected: 10 });
  });

  test('fewer a second time: refused', async () => {
    const { connector, emulator } = await keycloakWorld();
    fill(emulator, 10);
    emulator.faults.when(
      { path: USERS, query: { first: '0' }, ...always },
      rows((all) => all.slice(0, 7)),
    );
    const failure = await failureOf(walk(connector.snapshot(nothing, never)));
    expect([failure.code, failure.message]).toEqual([
      'incomplete',
      'Source "partners": Keycloak listed 7 users and counts 10, twice. Nothing was taken from this listing. Give the client the role view-users for the whole realm; if it has it, look at Keycloak\'s log.',
    ]);
  });

  test('none though Keycloak counts some: refused', async () => {
    const { connector, emulator } = await keycloakWorld();
    fill(emulator, 10);
    emulator.faults.when(
      { path: USERS, ...always },
      rows(() => []),
    );
    expect((await failureOf(walk(connector.snapshot(nothing, never)))).code).toBe('incomplete');
  });

  test('a page in the middle that came short does not end the listing', async () => {
    const { connector, emulator } = await keycloakWorld();
    fill(emulator, 2500);
    emulator.faults.when(
      { path: USERS, query: { first: '980' } },
      rows((all) => all.slice(0, -100)),
    );
    const walked = await walk(connector.snapshot(nothing, never));
    expect(walked.counts.users).toEqual({ listed: 2500, expected: 2500 });
  });

  test('more than Keycloak counts is a warning', async () => {
    const { connector, emulator, logged } = await keycloakWorld();
    fill(emulator, 10);
    emulator.faults.when(
      { path: /\/users\/count$/, ...always },
      rewrite(() => 8),
    );
    const walked = await walk(connector.snapshot(nothing, never));
    expect(walked.counts.users).toEqual({ listed: 10, expected: 8 });
    expect(logged).toEqual([
      'Keycloak listed more users than it counts {"source":"partners","listed":10,"before":8,"after":8}',
    ]);
  });

  test('a realm without users and groups is believed, since the permission is proven', async () => {
    const { connector } = await keycloakWorld();
    const walked = await walk(connector.snapshot(nothing, never));
    expect(walked.counts).toEqual({ users: { listed: 0, expected: 0 }, groups: { listed: 0, expected: 0 } });
  });

  test('and not where a proxy keeps the proof back', async () => {
    const { connector, emulator } = await keycloakWorld();
    emulator.faults.when({ path: '/attack-detection/', ...always }, html(403, 'Blocked'));
    const failure = await failureOf(walk(connector.snapshot(nothing, never)));
    expect([failure.code, failure.message]).toEqual([
      'permission',
      'Source "partners": Keycloak lists no user, and whether the client may see users could not be found out. Let requests below /admin/realms/…/attack-detection/brute-force/users/ through to Keycloak.',
    ]);
    fill(emulator, 3);
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(3);
  });

  test.each([['query-users'], ['query-groups'], ['view-realm']] as const)('%s alone is no permission', async (role) => {
    const { connector, emulator } = await keycloakWorld({ roles: [role] });
    populate(emulator);
    expect((await failureOf(walk(connector.snapshot(nothing, never)))).code).toBe('permission');
    expect(emulator.requests).toHaveLength(2);
  });

  test('a permission that is lost in mid-listing is no shrinking directory', async () => {
    const { connector, emulator } = await keycloakWorld();
    fill(emulator, 2500);
    emulator.faults.when(
      { path: USERS },
      lastly(() => {
        emulator.client.roles.clear();
        emulator.client.roles.add('query-users');
      }),
    );
    expect((await failureOf(walk(connector.snapshot(nothing, never)))).code).toMatch(/permission|incomplete/);
  });

  test('rows that are no users make the answer worthless', async () => {
    for (const broken of [[{ username: 'x' }], [{ id: 'x' }], [null], ['x'], [[]]]) {
      const { connector, emulator } = await keycloakWorld();
      fill(emulator, 1);
      emulator.faults.when(
        { path: USERS, ...always },
        rows(() => broken),
      );
      expect((await failureOf(walk(connector.snapshot(nothing, never)))).code).toBe('incomplete');
    }
  });
});

describe('groups', () => {
  test('of every level, named by their path; a parent holds its children', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    const { realm } = emulator;
    const { groups, members } = await walk(connector.snapshot(nothing, never));
    expect([...groups.values()].map(({ name, description }) => [name, description]).sort()).toEqual([
      ['platform', null],
      ['staff', 'Everyone here'],
      ['staff/engineering', null],
      ['staff/engineering/platform', null],
      ['staff/sales', null],
    ]);
    const of = (path: string) => members.get(realm.group(path).id);
    const [engineering, platform, sales] = ['/staff/engineering', '/staff/engineering/platform', '/staff/sales'].map(
      (path) => realm.group(path).id,
    );
    expect(of('/staff')).toEqual([`group ${engineering}`, `group ${sales}`, `user ${realm.user('ada').id}`].sort());
    expect(of('/staff/engineering')).toEqual([`group ${platform}`]);
    expect(of('/staff/sales')).toEqual([]);
    // Nothing in the answer tells the service account from a person: it is a user whom the users do not have.
    expect(of('/staff/engineering/platform')).toEqual(
      ['ada', 'bob', 'service-account-robot'].map((name) => `user ${realm.user(name).id}`).sort(),
    );
  });

  test('many children and deep ones', async () => {
    const { connector, emulator } = await keycloakWorld();
    const top = emulator.realm.addGroup('top');
    for (let n = 0; n < 30; n += 1) emulator.realm.addGroup(`child ${n}`, top);
    let parent = top;
    for (let n = 0; n < 40; n += 1) parent = emulator.realm.addGroup(`deep ${n}`, parent);
    const { groups, members } = await walk(connector.snapshot(nothing, never));
    expect(groups.size).toBe(71);
    expect(members.get(top.id)).toHaveLength(31);
  });

  test('from a server that gives the whole tree', async () => {
    const { connector, emulator } = await keycloakWorld({ version: 22 });
    populate(emulator);
    const { groups, members } = await walk(connector.snapshot(nothing, never));
    expect(groups.size).toBe(5);
    expect(members.get(emulator.realm.group('/staff').id)).toHaveLength(3);
  });

  test('from one that does not list them flat: level by level', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    const staff = emulator.realm.group('/staff');
    for (let n = 0; n < 25; n += 1) emulator.realm.addGroup(`team ${n}`, staff);
    emulator.faults.when(
      { path: GROUPS, query: { search: ' ' }, ...always },
      rows((all) => all.filter((one) => !(one as { parentId?: string }).parentId)),
    );
    const { groups, members } = await walk(connector.snapshot(nothing, never));
    expect(groups.size).toBe(30);
    expect(members.get(staff.id)).toHaveLength(28);
    const children = emulator.requests.filter(({ path }) => path.endsWith('/children'));
    expect(children.every(({ query }) => query.max === '1000')).toBe(true);
  });

  test('fewer than Keycloak counts, to the end: refused', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    emulator.faults.when(
      { path: /\/groups\/count$/, ...always },
      rewrite(() => ({ count: 6 })),
    );
    const failure = await failureOf(walk(connector.snapshot(nothing, never)));
    expect([failure.code, failure.message]).toEqual([
      'incomplete',
      'Source "partners": Keycloak listed 5 groups and counts 6, twice. Nothing was taken from this listing. Give the client the role view-users for the whole realm; if it has it, look at Keycloak\'s log.',
    ]);
  });

  test('hidden by a missing role', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    emulator.faults.when(
      { path: GROUPS, ...always },
      rows(() => []),
    );
    const failure = await failureOf(walk(connector.snapshot(nothing, never)));
    expect([failure.code, failure.message]).toEqual([
      'permission',
      'Source "partners": Keycloak counts 5 groups and shows none of them. Give the client the role view-users; query-groups alone hides them.',
    ]);
  });

  test('a tree that goes in circles ends', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    const { realm } = emulator;
    const [staff, engineering] = [realm.group('/staff').id, realm.group('/staff/engineering').id];
    emulator.faults.when(
      { path: GROUPS, query: { search: ' ' } },
      rows((all) =>
        all.map((one) => ((one as { id: string }).id === staff ? { ...(one as object), parentId: engineering } : one)),
      ),
    );
    const { members } = await walk(connector.snapshot(nothing, never));
    expect(members.get(engineering)).toContain(`group ${staff}`);
  });
});

describe('members', () => {
  test('of a group that is deleted in mid-pass: gone, with those below it', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    const { realm } = emulator;
    const engineering = realm.group('/staff/engineering');
    const ids = [engineering.id, realm.group('/staff/engineering/platform').id].sort();
    emulator.faults.when(
      { path: MEMBERS },
      firstly(() => realm.removeGroup(engineering)),
    );
    const { gone, members } = await walk(connector.snapshot(nothing, never));
    expect([...gone].sort()).toEqual(ids);
    expect(members.size).toBe(3);
  });

  test("a proxy's 404 is a failure", async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    emulator.faults.when({ path: MEMBERS }, html(404));
    expect((await failureOf(walk(connector.snapshot(nothing, never)))).code).toBe('incomplete');
  });

  test('a 404 on a group that is there is asked again, and then a failure', async () => {
    const notFound = status(404, { body: { error: 'Could not find group by id' } });
    const once = await keycloakWorld();
    populate(once.emulator);
    once.emulator.faults.when({ path: MEMBERS }, notFound);
    expect((await walk(once.connector.snapshot(nothing, never))).members.size).toBe(5);
    const always404 = await keycloakWorld();
    populate(always404.emulator);
    always404.emulator.faults.when({ path: MEMBERS, ...always }, notFound);
    expect((await failureOf(walk(always404.connector.snapshot(nothing, never)))).code).toBe('incomplete');
  });

  test('that may not be read leave the group unread', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    const { id } = emulator.realm.group('/staff');
    emulator.faults.when({ path: `${id}/members` }, status(403, { body: { error: 'HTTP 403 Forbidden' } }));
    const { unread, members } = await walk(connector.snapshot(nothing, never));
    expect([...unread]).toEqual([[id, 'Keycloak does not let the client read the members of this group (403).']]);
    expect(members.size).toBe(4);
  });

  test("but a proxy's 403 does not", async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    emulator.faults.when({ path: MEMBERS }, html(403));
    expect((await failureOf(walk(connector.snapshot(nothing, never)))).code).toBe('permission');
  });

  test('of no group at all may be read: a missing permission', async () => {
    const { connector, emulator } = await keycloakWorld();
    populate(emulator);
    emulator.faults.when({ path: MEMBERS, ...always }, status(403, { body: { error: 'HTTP 403 Forbidden' } }));
    const failure = await failureOf(walk(connector.snapshot(nothing, never)));
    expect([failure.code, failure.message]).toEqual([
      'permission',
      'Source "partners": Keycloak does not let the client read the members of any of its 5 groups. Give its service account the role view-users.',
    ]);
  });

  test('of a large group come in several lists', async () => {
    const { connector, emulator } = await keycloakWorld();
    const { realm } = emulator;
    const group = realm.addGroup('all');
    realm.addGroup('below', group);
    for (let n = 0; n < 20_000; n += 1) realm.join(realm.addUser({ username: `u${n}` }), group);
    const sizes: [number, boolean][] = [];
    for await (const batch of connector.snapshot(nothing, never).items)
      for (const item of batch)
        if ('membersOf' in item && item.membersOf === group.id) sizes.push([item.list.length, item.last]);
    expect(sizes).toEqual([
      [10_000, false],
      [10_000, false],
      [1, true],
    ]);
    expect(emulator.requests.filter(({ path }) => MEMBERS.test(path))).toHaveLength(2);
  });
});

test('a listing is walked once', async () => {
  const { connector } = await keycloakWorld();
  const listing = connector.snapshot(nothing, never);
  await walk(listing);
  await expect(walk(listing)).rejects.toThrow('a listing can be walked once');
});

test('a secret that cannot be read any more is the failure of that pass', async () => {
  const { connector, emulator } = await keycloakWorld({
    config: {
      clientSecret: new Secret(() => {
        throw new Error('no such file');
      }),
    },
  });
  expect((await failureOf(walk(connector.snapshot(nothing, never)))).message).toBe('no such file');
  expect(emulator.requests).toHaveLength(0);
});
