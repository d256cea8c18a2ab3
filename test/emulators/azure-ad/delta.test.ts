import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import { type EntraEmulator, startEntra } from './entra.ts';
import type { TenantObject } from './kinds.ts';
import { loadOrganisation } from './load.ts';
import { all, ask, failure, type Row, rowOf, rowsOf, tokenOf } from './walk.ts';

const DAY_MS = 86_400_000;

async function started(options: Parameters<typeof startEntra>[0] = {}) {
  const entra = await startEntra({ https: false, ...options });
  loadOrganisation(entra.tenant, company);
  const token = await tokenOf(entra);
  /** Reads to the delta link. */
  const read = async (path: string, headers = {}) => {
    const { rows, last, pages } = await all(entra, token, path, headers);
    return { rows, pages, link: String(last['@odata.deltaLink']) };
  };
  const latest = async (kind: string, select = '') => read(`/${kind}/delta?${select}$deltatoken=latest`);
  return { entra, token, read, latest };
}

describe('users/delta', () => {
  test('reads everything first, and ends with an empty page that has the delta link', async () => {
    const { entra, token, read } = await started({ deltaPageSize: 25 });
    await using _ = entra;
    const { rows, pages, link } = await read('/users/delta?$select=id,displayName,mail,manager');
    expect([rows.length, pages]).toEqual([60, 4]);
    expect(rows.filter((row) => 'mail' in row)).toHaveLength(59);
    expect(rows.filter((row) => 'manager@delta' in row)).toHaveLength(59);
    const { body } = await ask(entra, token, link);
    expect(body).toEqual({
      '@odata.context': `${entra.graphUrl}/v1.0/$metadata#users(id,displayName,mail)/$delta`,
      '@odata.deltaLink': expect.stringContaining('/users/delta?$deltatoken='),
      value: [],
    });
  });

  test('tells what changed of the properties that the first request wanted, and of nothing else', async () => {
    const { entra, read, latest } = await started();
    await using _ = entra;
    const { tenant } = entra;
    const [a, b, c, d] = tenant.users();
    if (!a || !b || !c || !d) throw new Error('the company has more people');
    const { rows, link } = await latest('users', '$select=id,displayName,mail&');
    expect(rows).toEqual([]);
    tenant.editUser(a, { displayName: 'New' });
    tenant.editUser(a, { mail: null });
    tenant.editUser(b, { jobTitle: 'New' });
    tenant.removeUser(c);
    tenant.removeUser(d);
    tenant.purge(d);
    const e = tenant.addUser({ userPrincipalName: 'new@fjordlight.example' });
    expect((await read(link)).rows).toEqual([
      { id: a.id, displayName: 'New', mail: null },
      { id: c.id, '@removed': { reason: 'changed' } },
      { id: d.id, '@removed': { reason: 'deleted' } },
      { id: e.id, displayName: 'new', mail: 'new@fjordlight.example' },
    ]);
    const { link: later } = await read(link);
    tenant.restoreUser(c);
    tenant.editUser(a, { mail: 'a@fjordlight.example' });
    const minimal = await read(later, { prefer: 'return=minimal' });
    expect(minimal.rows).toEqual([
      { id: c.id, displayName: c.properties.displayName, mail: c.properties.mail },
      { id: a.id, mail: 'a@fjordlight.example' },
    ]);
  });

  test('tells of a new manager as one less and one more', async () => {
    const { entra, read, latest } = await started();
    await using _ = entra;
    const user = entra.tenant.user('jun.watanabe@fjordlight.example');
    const { link } = await latest('users', '$select=id,manager&');
    const [before, now] = [user.manager, entra.tenant.user('wei.zhang@fjordlight.example')];
    entra.tenant.setManager(user, now);
    expect((await read(link)).rows).toEqual([
      {
        id: user.id,
        'manager@delta': [
          { '@odata.type': '#microsoft.graph.user', id: before?.id, '@removed': { reason: 'deleted' } },
          { '@odata.type': '#microsoft.graph.user', id: now.id },
        ],
      },
    ]);
  });

  test.each([
    ['/users/delta?$top=10', '400 BadRequest'],
    ['/users/delta?$expand=manager', '400 BadRequest'],
    ['/users/delta?$filter=accountEnabled eq true', '400 Request_UnsupportedQuery'],
    ['/users/delta?$select=nonsense', '400 BadRequest'],
    ['/users/delta?$deltatoken=made-up', '400 BadRequest'],
  ])('refuses %s', async (path, wanted) => {
    const { entra, token } = await started();
    await using _ = entra;
    expect(failure(await ask(entra, token, path))).toBe(wanted);
  });

  test('refuses anything beside a token, and a token of groups', async () => {
    const { entra, token, latest } = await started();
    await using _ = entra;
    const { link } = await latest('users');
    expect(failure(await ask(entra, token, `${link}&$select=id`))).toBe('400 BadRequest');
    expect(failure(await ask(entra, token, link.replace('/users/', '/groups/')))).toBe('400 BadRequest');
  });

  test('tells in a first reading of what was deleted', async () => {
    const { entra, read } = await started();
    await using _ = entra;
    const user = entra.tenant.user('jun.watanabe@fjordlight.example');
    entra.tenant.removeUser(user);
    const { rows } = await read('/users/delta?$select=id');
    expect(rows).toHaveLength(60);
    expect(rows.at(-1)).toEqual({ id: user.id, '@removed': { reason: 'changed' } });
  });

  test('filters by id', async () => {
    const { entra, read } = await started();
    await using _ = entra;
    const [a, b] = entra.tenant.users();
    const filter = encodeURIComponent(`id eq '${a?.id}' or id eq '${b?.id}'`);
    expect((await read(`/users/delta?$select=id&$filter=${filter}`)).rows).toEqual([{ id: a?.id }, { id: b?.id }]);
  });

  test('tells of a change only after the lag', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    const { entra, read, latest } = await started({ clock, deltaLag: 60_000 });
    await using _ = entra;
    const { link } = await latest('users');
    const user = entra.tenant.users()[0];
    if (user) entra.tenant.editUser(user, { jobTitle: 'New' });
    const early = await read(link);
    expect(early.rows).toEqual([]);
    now += 60_000;
    expect((await read(early.link)).rows).toMatchObject([{ id: user?.id, jobTitle: 'New' }]);
  });
});

describe('an expired token', () => {
  test('is 410 with where to begin again, after seven days', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    const { entra, latest } = await started({ clock });
    await using _ = entra;
    const { link } = await latest('users');
    now += 7 * DAY_MS;
    const answer = await ask(entra, await tokenOf(entra), link);
    expect(failure(answer)).toBe('410 resyncRequired');
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`${entra.graphUrl}/v1.0/users/delta?$deltatoken=`);
    expect(rowsOf((await ask(entra, await tokenOf(entra), location)).body)).toHaveLength(60);
  });

  test('between two pages, and as the other refusal', async () => {
    const { entra, token } = await started({ deltaPageSize: 10, expiredDelta: 'syncStateNotFound' });
    await using _ = entra;
    const { body } = await ask(entra, token, '/users/delta');
    entra.expireDeltas();
    expect(failure(await ask(entra, token, String(rowOf(body)['@odata.nextLink'])))).toBe('400 syncStateNotFound');
  });
});

describe('groups/delta', () => {
  test('brings a large group again until all of its members are told', async () => {
    const { entra, read } = await started({ deltaMembers: 25 });
    await using _ = entra;
    const large = entra.tenant.addGroup({ displayName: 'Large' });
    for (const user of entra.tenant.users()) entra.tenant.join(user, large);
    const { rows } = await read('/groups/delta?$select=id,members');
    const mine = rows.filter(({ id }) => id === large.id).map((row) => row['members@delta']);
    expect(mine.map((each) => (Array.isArray(each) ? each.length : 0))).toEqual([25, 25, 10]);
  });

  test('tells of members only where they were wanted, and never of hidden ones', async () => {
    const { entra, read, latest } = await started();
    await using _ = entra;
    const { tenant } = entra;
    const user = tenant.users()[0];
    const hidden = tenant.addGroup({ displayName: 'H', type: 'microsoft365', visibility: 'HiddenMembership' });
    const open = tenant.group('Sales');
    const without = await latest('groups', '$select=id,displayName&');
    const byDefault = await latest('groups');
    if (user) for (const group of [hidden, open]) tenant.join(user, group);
    expect((await read(without.link)).rows).toEqual([]);
    expect((await read(byDefault.link)).rows).toMatchObject([{ id: open.id, 'members@delta': [{ id: user?.id }] }]);
  });

  test('a purged user leaves its groups without a word about them, as the vendor’s do', async () => {
    const { entra, read, latest } = await started();
    await using _ = entra;
    const { link } = await latest('groups', '$select=id,members&');
    entra.tenant.purge(entra.tenant.user('jun.watanabe@fjordlight.example'));
    expect((await read(link)).rows).toEqual([]);
  });
});

/** Applies rows as a reader does: by id, partial rows over what is known, members one by one. */
function applied(known: Map<string, Set<string>>, rows: readonly Row[]): void {
  for (const row of rows) {
    const id = String(row.id);
    if (row['@removed']) {
      known.delete(id);
      continue;
    }
    const members = known.get(id) ?? new Set<string>();
    known.set(id, members);
    const changes = row['members@delta'];
    for (const each of Array.isArray(changes) ? changes.map(rowOf) : []) {
      if (each['@removed']) members.delete(String(each.id));
      else members.add(String(each.id));
    }
  }
}

test('changes applied to what was read first give what is there', { timeout: 60_000 }, async () => {
  const edits = fc.array(fc.tuple(fc.nat(5), fc.nat(1000), fc.nat(1000)), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(edits, { maxLength: 3 }), async (rounds) => {
      const { entra, read } = await started({ deltaPageSize: 7, deltaMembers: 5 });
      await using _ = entra;
      const known = new Map<string, Set<string>>();
      let { rows, link } = await read('/groups/delta?$select=id,members');
      applied(known, rows);
      for (const round of rounds) {
        for (const edit of round) act(entra, ...edit);
        ({ rows, link } = await read(link));
        applied(known, rows);
        const truth = entra.tenant.groups().map((group) => [group.id, ids(group.members.keys())]);
        expect([...known].map(([id, members]) => [id, [...members].sort()]).sort()).toEqual(truth.sort());
      }
    }),
    { numRuns: 30 },
  );
});

const ids = (objects: Iterable<TenantObject>): string[] => [...objects].map(({ id }) => id).sort();

function act({ tenant }: EntraEmulator, what: number, one: number, other: number): void {
  const groups = tenant.groups();
  const group = groups[one % groups.length];
  const user = tenant.users()[other % 60];
  if (!group || !user) return;
  if (what <= 1) tenant.join(user, group);
  else if (what <= 3) tenant.leave([...group.members.keys()][other % Math.max(1, group.members.size)] ?? user, group);
  else if (what === 4 && groups.length > 3) {
    // A group that goes is in others as a member: without it they are told of by nobody.
    for (const above of tenant.groupsOf(group)) tenant.leave(group, above);
    tenant.removeGroup(group);
  } else tenant.join(user, tenant.addGroup({ displayName: `Group ${one}` }));
}
