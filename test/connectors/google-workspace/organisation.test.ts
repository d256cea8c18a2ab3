import { describe, expect, test } from 'vitest';
import type { PassRequest } from '../../../src/model/pass.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { walk } from '../walk.ts';
import { connect, type GoogleWorld, googleWorld, populate } from './world.ts';

const request: Partial<PassRequest> = { source: { ...SOURCE, type: 'google-workspace', limits: {} } };
const nothing = { users: [], groups: [] };
const never = new AbortController().signal;

/** The members of a group, as applications read them. */
const members = (directory: Directory, group: string) =>
  directory
    .rows<{ user_name: string; direct: number }>(
      `SELECT user_name, direct FROM v1_memberships m JOIN v1_users u ON u.id = m.user_id
       JOIN v1_groups g ON g.id = m.group_id WHERE g.name = ? ORDER BY user_name`,
      group,
    )
    .map(({ user_name, direct }) => `${user_name.split('@')[0]}${direct ? '' : ' nested'}`);

const pass = ({ connector }: GoogleWorld, directory: Directory) => directory.run(connector, 'staff', request);

/** A group of everybody inside another, which is inside a third. */
function everybody({ google: { directory } }: GoogleWorld) {
  const group = (name: string) => directory.addGroup({ email: `${name}@fjord.example`, name });
  const [all, inner, outer] = [group('all'), group('inner'), group('outer')];
  for (const name of ['ada', 'bob']) directory.addUser({ primaryEmail: `${name}@fjord.example` });
  directory.joinCustomer(all);
  directory.join(inner, all);
  directory.join(inner, directory.user('ada@fjord.example'));
  directory.join(outer, inner);
  return { all, inner, outer };
}

describe('a group of everybody', () => {
  test('inside other groups: everybody is in all of them, and is one mark', async () => {
    const world = await googleWorld();
    const { all } = everybody(world);
    const walked = await walk(world.connector.snapshot(nothing, never));
    expect(walked.members.get(all.id)).toEqual(['everyone']);
    using directory = new Directory();
    expect(await pass(world, directory)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(members(directory, 'all')).toEqual(['ada nested', 'admin nested', 'bob nested']);
    expect(members(directory, 'outer')).toEqual(['ada nested', 'admin nested', 'bob nested']);
    expect(members(directory, 'inner')).toEqual(['ada', 'admin nested', 'bob nested']);
  });

  test('has who comes and loses who goes, without a change of its members', async () => {
    const world = await googleWorld();
    everybody(world);
    using directory = new Directory();
    await pass(world, directory);
    const { directory: google } = world.google;
    google.addUser({ primaryEmail: 'eve@fjord.example' });
    google.removeUser(google.user('bob@fjord.example'));
    expect((await pass(world, directory)).outcome).toBe('ok');
    for (const group of ['all', 'inner', 'outer'])
      expect(members(directory, group).map((each) => each.split(' ')[0])).toEqual(['ada', 'admin', 'eve']);
  });

  test('that loses everybody has nobody', async () => {
    const world = await googleWorld();
    const { all } = everybody(world);
    using directory = new Directory();
    await pass(world, directory);
    world.google.directory.leave(all, world.google.customerId);
    expect((await pass(world, directory)).outcome).toBe('ok');
    expect(members(directory, 'all')).toEqual([]);
    expect(members(directory, 'outer')).toEqual(['ada nested']);
  });
});

test('groups in a circle have all who are in one of them; a group may be in itself', async () => {
  const world = await googleWorld();
  const { directory: google } = world.google;
  const groups = ['a', 'b', 'c'].map((name) => google.addGroup({ email: `${name}@fjord.example`, name }));
  for (const [at, group] of groups.entries()) {
    const next = groups[(at + 1) % groups.length];
    if (next) google.join(group, next);
    google.join(group, google.addUser({ primaryEmail: `user.${at}@fjord.example` }));
  }
  const [a] = groups;
  if (!a) throw new Error('just made');
  google.join(a, a);
  using directory = new Directory();
  expect(await pass(world, directory)).toMatchObject({ outcome: 'ok', problems: 0 });
  for (const name of ['a', 'b', 'c'])
    expect(members(directory, name).map((each) => each.split(' ')[0])).toEqual(['user.0', 'user.1', 'user.2']);
});

describe('more than one domain', () => {
  const options = { secondaryDomains: ['bay.example'] };
  const group = ({ google }: GoogleWorld, email: string) =>
    google.directory.addGroup({ email, name: email.split('@')[0] ?? email });

  async function twoDomains(domains?: string[]) {
    const world = await googleWorld({ ...options, ...(domains ? { config: { domains } } : {}) });
    const { directory } = world.google;
    const [ada, bob] = ['ada@fjord.example', 'bob@bay.example'].map((primaryEmail) =>
      directory.addUser({ primaryEmail }),
    );
    if (!ada || !bob) throw new Error('just made');
    const [staff, crew] = [group(world, 'staff@fjord.example'), group(world, 'crew@bay.example')];
    directory.join(staff, ada);
    directory.join(staff, crew);
    directory.join(crew, bob);
    return { world, ada, bob, crew };
  }

  test('a member that is a group of another domain brings its people', async () => {
    const { world } = await twoDomains();
    using directory = new Directory();
    expect(await pass(world, directory)).toMatchObject({ outcome: 'ok', problems: 0 });
    expect(members(directory, 'staff')).toEqual(['ada', 'bob nested']);
  });

  test('a domain by itself has its own people and groups; whoever moves out of it is gone', async () => {
    const { world, ada, bob, crew } = await twoDomains(['fjord.example']);
    using directory = new Directory();
    expect((await pass(world, directory)).outcome).toBe('ok');
    expect(members(directory, 'staff')).toEqual(['ada']);
    expect(directory.rows('SELECT name FROM v1_groups')).toEqual([{ name: 'staff' }]);
    const found = async (ids: string[]) => {
      const answers = new Map<string, string>();
      for await (const { id, is } of world.connector.readUsers(ids, nothing, never)) answers.set(id, is);
      return answers;
    };
    expect(await found([ada.id, bob.id])).toEqual(
      new Map([
        [ada.id, 'present'],
        [bob.id, 'absent'],
      ]),
    );
    for await (const { is } of world.connector.readGroups([crew.id], nothing, never)) expect(is).toBe('absent');
    world.google.directory.renameUser(ada, 'ada@bay.example');
    expect((await pass(world, directory)).outcome).toBe('ok');
    expect(directory.rows('SELECT active, inactive_reason FROM v1_users WHERE external_id = ?', ada.id)).toEqual([
      { active: 0, inactive_reason: 'missing' },
    ]);
  });

  test('several domains are listed one after the other', async () => {
    const { world } = await twoDomains(['bay.example', 'Fjord.example', 'bay.example']);
    const { users, groups } = await walk(world.connector.snapshot(nothing, never));
    expect([users.size, groups.size]).toEqual([3, 2]);
    const asked = world.google.requests.filter(({ path }) => path.endsWith('/users'));
    expect(asked.map(({ query }) => query.domain)).toEqual(['bay.example', 'fjord.example']);
  });
});

test("people of elsewhere are told with their group, and are nobody's account", async () => {
  const world = await googleWorld();
  populate(world.google);
  using directory = new Directory();
  // Groups of elsewhere and members of type EXTERNAL are counted in silence.
  expect(await pass(world, directory)).toMatchObject({ outcome: 'ok', problems: 1 });
  expect(directory.rows('SELECT kind, external_id FROM v1_problems')).toEqual([
    { kind: 'members-unresolved', external_id: world.google.directory.group('Staff').id },
  ]);
  expect(directory.rows('SELECT count(*) AS n FROM v1_users')).toEqual([{ n: 4 }]);
  expect(members(directory, 'Team')).toEqual(['eve']);
  expect(world.logged).toEqual([]);
});

test('a user who is renamed keeps the account; so does a group', async () => {
  const world = await googleWorld();
  populate(world.google);
  using directory = new Directory();
  await pass(world, directory);
  const of = (name: string) => directory.rows<{ id: number }>('SELECT id FROM v1_users WHERE user_name = ?', name);
  const before = of('eve@fjord.example');
  const { directory: google } = world.google;
  google.renameUser(google.user('eve@fjord.example'), 'eve.holm@fjord.example');
  google.editGroup(google.group('Team'), { name: 'Crew' });
  expect((await pass(world, directory)).outcome).toBe('ok');
  expect(of('eve.holm@fjord.example')).toEqual(before);
  expect(of('eve@fjord.example')).toEqual([]);
  expect(members(directory, 'Crew')).toEqual(['eve.holm']);
});

test('who is suspended or archived is inactive; who is deleted is gone, and comes back restored', async () => {
  const world = await googleWorld();
  populate(world.google);
  using directory = new Directory();
  await pass(world, directory);
  const { directory: google } = world.google;
  const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => google.user(`${name}@fjord.example`));
  if (!ada || !bob || !eve) throw new Error('just made');
  google.editUser(ada, { suspended: true });
  google.editUser(bob, { archived: true });
  google.removeUser(eve, { lingers: true });
  expect((await pass(world, directory)).outcome).toBe('ok');
  const inactive = () =>
    directory
      .rows<{ user_name: string; inactive_reason: string | null }>(
        'SELECT user_name, inactive_reason FROM v1_users WHERE active = 0 ORDER BY user_name',
      )
      .map(({ user_name, inactive_reason }) => `${user_name.split('@')[0]} ${inactive_reason}`);
  expect(inactive()).toEqual(['ada disabled', 'bob disabled', 'eve missing']);
  google.restoreUser(eve);
  google.editUser(ada, { suspended: false });
  expect((await pass(world, directory)).outcome).toBe('ok');
  expect(inactive()).toEqual(['bob disabled']);
  expect(members(directory, 'Team')).toEqual(['eve']);
});

describe('searches that Google applies', () => {
  test('narrow the listing, and what is found by id', async () => {
    const world = await googleWorld({ config: { userQuery: 'orgUnitPath=/Staff', groupQuery: 'email:app-*' } });
    const { directory: google } = world.google;
    const ada = google.addUser({ primaryEmail: "ada.o'hara@fjord.example", orgUnitPath: '/Staff' });
    const bob = google.addUser({ primaryEmail: 'bob@fjord.example', orgUnitPath: '/Guests' });
    const app = google.addGroup({ email: 'app-mail@fjord.example' });
    const other = google.addGroup({ email: 'other@fjord.example' });
    const { users, groups } = await walk(world.connector.snapshot(nothing, never));
    expect([...users.keys(), ...groups.keys()]).toEqual([ada.id, app.id]);
    const is = new Map<string, string>();
    const { connector } = world;
    for await (const found of connector.readUsers([ada.id, bob.id], nothing, never)) is.set(found.id, found.is);
    for await (const found of connector.readGroups([app.id, other.id], nothing, never)) is.set(found.id, found.is);
    expect([ada, bob, app, other].map(({ id }) => is.get(id))).toEqual(['present', 'absent', 'present', 'absent']);
  });

  test('that Google does not understand are told by their key', async () => {
    const { google, clock } = await googleWorld();
    for (const [config, key] of [
      [{ userQuery: 'shoeSize=41' }, '"userQuery"'],
      [{ groupQuery: 'shoeSize=41' }, '"groupQuery"'],
    ] as const) {
      const { connector } = connect(google, clock, config);
      await expect(walk(connector.snapshot(nothing, never))).rejects.toThrow(key);
    }
  });
});

test('fewer members than Google counts are a line in the log', async () => {
  const world = await googleWorld();
  populate(world.google);
  const { id } = world.google.directory.group('Staff');
  world.google.faults.when({ path: `${id}/members` }, async (_, honest) => {
    const reply = await honest();
    const { members, ...rest } = JSON.parse(reply.body);
    return { ...reply, body: JSON.stringify({ ...rest, members: members.slice(2) }) };
  });
  await walk(world.connector.snapshot(nothing, never));
  expect(world.logged).toEqual([expect.stringContaining('fewer members of groups than it counts')]);
  expect(world.logged[0]).toContain(id);
});
