import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import type { Status } from './kinds.ts';
import { statuses } from './kinds.ts';
import { loadOrganisation } from './load.ts';
import { type OktaOptions, startOkta } from './okta.ts';
import { all, ask, failure, idsOf, linkOf, type Row, rowOf, rowsOf } from './walk.ts';

async function started(options: OktaOptions = {}) {
  const okta = await startOkta(options);
  loadOrganisation(okta.org, company);
  return okta;
}

const users = (query: Record<string, string>) => `/api/v1/users?${new URLSearchParams(query)}`;
const groups = (query: Record<string, string>) => `/api/v1/groups?${new URLSearchParams(query)}`;
const EPOCH = 'lastUpdated gt "1970-01-01T00:00:00.000Z"';

describe('what is refused', () => {
  test.each([
    [users({ limit: '201' }), '400 E0000001'],
    [users({ limit: '0' }), '400 E0000001'],
    [users({ limit: 'many' }), '400 E0000001'],
    [users({ pageSize: '3' }), '400 E0000001'],
    [users({ after: 'made-up' }), '400 E0000001'],
    [users({ fields: 'id,statuss' }), '400 E0000001'],
    [users({ fields: 'profile:(login' }), '400 E0000001'],
    [users({ expand: 'classification' }), '401 E0000015'],
    [users({ filter: 'status' }), '400 E0000031'],
    [users({ filter: 'status ne "ACTIVE"' }), '400 E0000031'],
    [users({ filter: 'not (status eq "ACTIVE")' }), '400 E0000031'],
    [users({ filter: 'status gt "ACTIVE"' }), '400 E0000031'],
    [users({ filter: 'profile.department eq "Sales"' }), '400 E0000031'],
    [users({ filter: 'created gt "2020-01-01T00:00:00.000Z"' }), '400 E0000031'],
    [users({ filter: 'lastUpdated gt "yesterday"' }), '400 E0000031'],
    [users({ filter: 'Status eq "ACTIVE"' }), '400 E0000031'],
    [users({ filter: EPOCH, search: EPOCH }), '400 E0000031'],
    [users({ search: 'profile.department co "S"' }), '400 E0000031'],
    [groups({ limit: '10001' }), '400 E0000001'],
    [groups({ expand: 'users' }), '400 E0000001'],
    [groups({ filter: 'profile.name eq "Sales"' }), '400 E0000031'],
  ])('GET %s: %s', async (path, wanted) => {
    await using okta = await started();
    expect(failure(await ask(okta, path))).toBe(wanted);
  });

  test('is passed over where the emulator is lenient, as Okta does', async () => {
    await using okta = await started({ strict: false });
    expect(rowsOf((await ask(okta, users({ limit: '1000', pageSize: '3', filter: EPOCH }))).body)).toHaveLength(60);
  });
});

describe('a date in a filter', () => {
  test.each([
    ['1970-01-01T00:00:00.000Z', 60],
    ['1970-01-01T00:00:00Z', 60],
    ['1970-01-01T00:00:00.000+00:00', 60],
    ['2013-01-01T12:00:00.000-07:00', 60],
    ['9999-12-31T23:59:59.999Z', 0],
    ['1970', '400 E0000031'],
    ['1970-01-01', '400 E0000031'],
    ['Jan 1 1970', '400 E0000031'],
    ['Thu, 01 Jan 1970 00:00:00 GMT', '400 E0000031'],
    ['01/02/1970 10:00', '400 E0000031'],
    ['1970-01-01T00:00Z', '400 E0000031'],
    ['1970-01-01T00:00:00.000', '400 E0000031'],
    ['1970-01-01 00:00:00.000Z', '400 E0000031'],
    ['1970-01-01T00:00:00.000+0000', '400 E0000031'],
    ['1970-01-01T00:00:00.000+99:00', '400 E0000031'],
    ['1970-02-30T00:00:00.000Z', '400 E0000031'],
    ['1970-01-01T24:00:00.000Z', '400 E0000031'],
    ['1970-13-01T00:00:00.000Z', '400 E0000031'],
    ['0', '400 E0000031'],
    ['', '400 E0000031'],
  ])('"%s": %s', async (date, wanted) => {
    await using okta = await started();
    const text = `lastUpdated gt "${date}"`;
    for (const query of [{ filter: text }, { search: text }]) {
      const answer = await ask(okta, users(query));
      expect(answer.status === 200 ? rowsOf(answer.body).length : failure(answer)).toBe(wanted);
    }
    const ofGroups = await ask(okta, groups({ filter: `lastMembershipUpdated gt "${date}"` }));
    expect(ofGroups.status).toBe(typeof wanted === 'number' ? 200 : 400);
  });

  test('is quoted, and an offset counts', async () => {
    await using okta = await startOkta({
      clock: { now: () => Date.parse('2026-05-01T12:00:00Z'), sleep: async () => {} },
    });
    okta.org.addUser({ login: 'ada@acme.example' });
    const since = async (date: string) => (await ask(okta, users({ filter: `lastUpdated gt ${date}` }))).body;
    expect(await since('"2026-05-01T12:59:59.000+01:00"')).toHaveLength(1);
    expect(await since('"2026-05-01T13:00:00.000+01:00"')).toEqual([]);
    expect(await since('0')).toMatchObject({ errorCode: 'E0000031' });
  });
});

describe('users', () => {
  test('of every status; a plain list leaves out the deactivated, a filter does not', async () => {
    await using okta = await startOkta();
    const made = statuses.map((status) => okta.org.addUser({ login: `${status.toLowerCase()}@acme.example`, status }));
    const shown = async (path: string) => (await all(okta, path)).rows.map(({ status }) => status);
    expect(await shown('/api/v1/users')).toEqual(statuses.filter((status) => status !== 'DEPROVISIONED'));
    expect(await shown(users({ filter: EPOCH }))).toEqual(statuses);
    for (const status of statuses) expect(await shown(users({ filter: `status eq "${status}"` }))).toEqual([status]);
    expect(await shown(users({ filter: 'status eq "STAGED" OR status eq "DEPROVISIONED"' }))).toHaveLength(2);
    for (const { id, status } of made) expect(rowOf((await ask(okta, `/api/v1/users/${id}`)).body).status).toBe(status);
  });

  test.each([
    ['profile.login eq "wei.zhang@fjordlight.example"', 1],
    ['profile.login eq "Wei.Zhang@fjordlight.example"', 0],
    ['profile.firstName eq "Hana" and profile.lastName eq "Nováková"', 1],
    ['(profile.firstName eq "Hana" or profile.firstName eq "Noah") and status eq "ACTIVE"', 2],
    [`${EPOCH} and lastUpdated lt "2020-01-01T00:00:00.000Z"`, 0],
    [EPOCH, 60],
  ])('filtered by %s: %i', async (filter, count) => {
    await using okta = await started();
    expect((await all(okta, users({ filter }))).rows).toHaveLength(count);
  });

  test.each([
    ['profile.department eq "sales"', 10],
    ['profile.title co "x"', 'E0000031'],
    ['profile.login sw "A"', 6],
    ['profile.primaryPhone pr and status eq "ACTIVE"', 20],
    ['status lt "ACTIVE" or status gt "ACTIVE"', 1],
  ])('searched for %s: %s', async (search, wanted) => {
    await using okta = await started();
    const { status, body } = await ask(okta, users({ search }));
    expect(status === 200 ? rowsOf(body).length : rowOf(body).errorCode).toBe(wanted);
  });

  test('sorted, where they are searched', async () => {
    await using okta = await started();
    const query = {
      search: 'profile.department eq "Finance"',
      sortBy: 'profile.firstName',
      sortOrder: 'desc',
      limit: '2',
    };
    const { rows, pages } = await all(okta, users(query));
    expect([pages, rows.map(({ profile }) => rowOf(profile).firstName)]).toEqual([
      3,
      ['Siobhán', 'Samuel', 'Dorota', 'Carmen', 'Arjun'],
    ]);
  });

  test('by the start of a name: ten and no more', async () => {
    await using okta = await started();
    const answer = await ask(okta, users({ q: 'a', limit: '3' }));
    expect([rowsOf(answer.body).length, linkOf(answer)]).toEqual([3, null]);
    expect(rowsOf((await ask(okta, users({ q: 'wei' }))).body)).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['status,profile:(login,none)', { status: 'ACTIVE', profile: { login: 'wei.zhang@fjordlight.example' } }],
    ['status', { status: 'ACTIVE' }],
    ['id', {}],
  ])('with fields=%s only', async (fields, wanted) => {
    await using okta = await started();
    const { id } = okta.org.user('wei.zhang@fjordlight.example');
    const { body } = await ask(okta, users({ filter: `id eq "${id}"`, fields }));
    expect(body).toEqual([{ id, ...wanted }]);
  });

  test('with all of them where `fields` is not honoured', async () => {
    await using okta = await started({ ignoreFields: true });
    const [row = {}] = rowsOf((await ask(okta, users({ fields: 'id', limit: '1' }))).body);
    expect(Object.keys(row)).toContain('profile');
  });

  test.each([
    ['application/json', ['transitioningToStatus', 'credentials']],
    ['application/json; okta-response=omitCredentials,omitCredentialsLinks', ['transitioningToStatus']],
    ['application/json; okta-response="omitCredentials, omitTransitioningToStatus"', []],
  ])('with Content-Type %s', async (type, shown) => {
    await using okta = await startOkta();
    const ada = okta.org.addUser({ login: 'ada@acme.example' });
    okta.org.setTransition(ada, 'DEPROVISIONED');
    const [row = {}] = rowsOf((await ask(okta, '/api/v1/users', { headers: { 'content-type': type } })).body);
    expect(Object.keys(row).filter((name) => ['transitioningToStatus', 'credentials'].includes(name))).toEqual(shown);
  });

  test('by id, by login in any case, by what stands before the @, and me', async () => {
    await using okta = await started({ administrator: 'rosa.delgado@fjordlight.example' });
    const wei = okta.org.user('wei.zhang@fjordlight.example');
    for (const name of [wei.id, 'Wei.Zhang@fjordlight.example', 'wei.zhang%40fjordlight.example', 'wei.zhang']) {
      expect(rowOf((await ask(okta, `/api/v1/users/${name}`)).body).id).toBe(wei.id);
    }
    const rosa = okta.org.user('rosa.delgado@fjordlight.example');
    expect(rowOf((await ask(okta, '/api/v1/users/me')).body).id).toBe(rosa.id);
    const theirs = rowsOf((await ask(okta, `/api/v1/users/${wei.id}/groups`)).body);
    const names = theirs.map(({ profile }) => rowOf(profile).name);
    expect(names).toEqual(['Everyone', 'Fjordlight', 'Engineering', 'Data']);
  });

  test('a search is behind, a filter is not', async () => {
    let now = Date.parse('2026-05-01T12:00:00Z');
    await using okta = await startOkta({ searchLag: 30_000, clock: { now: () => now, sleep: async () => {} } });
    const [ada, eve] = ['ada@acme.example', 'eve@acme.example'].map((login) => okta.org.addUser({ login }));
    const found = async (query: Record<string, string>) =>
      rowsOf((await ask(okta, users(query))).body).map(({ id, status }) => [id, status]);
    const search = { search: EPOCH };
    expect(await found(search)).toEqual([]);
    now += 31_000;
    if (!ada || !eve) throw new Error('two were made');
    okta.org.setStatus(ada, 'SUSPENDED');
    okta.org.deactivateAndDelete(eve);
    expect(await found(search)).toEqual([
      [ada.id, 'ACTIVE'],
      [eve.id, 'ACTIVE'],
    ]);
    expect(await found({ filter: EPOCH })).toEqual([[ada.id, 'SUSPENDED']]);
    now += 31_000;
    expect(await found(search)).toEqual([[ada.id, 'SUSPENDED']]);
  });
});

describe('groups', () => {
  test('of each type, with their counts', async () => {
    await using okta = await started();
    const { org } = okta;
    const imported = org.addGroup({ name: 'Sales', type: 'APP_GROUP', dn: 'CN=Sales,DC=example' });
    const admins = org.addGroup({ name: 'Okta Administrators', type: 'BUILT_IN' });
    org.join(org.user('rosa.delgado'), admins);
    const { rows } = await all(okta, groups({ expand: 'stats', filter: 'type eq "APP_GROUP" or type eq "BUILT_IN"' }));
    const counted = rows.map(({ id, _embedded }) => [id, rowOf(rowOf(_embedded).stats).usersCount]);
    // The one who is deactivated is no member of Everyone.
    expect(counted).toEqual([
      [org.everyone.id, 59],
      [imported.id, 0],
      [admins.id, 1],
    ]);
    expect(() => org.renameGroup(org.everyone, 'All')).toThrow('Everyone is who there is');
    expect(rows[1]).toMatchObject({ objectClass: ['okta:windows_security_principal'], profile: { dn: /^CN/ } });
  });

  test.each([
    [groups({ q: 'Sal' }), ['Sales', 'Sales Support']],
    [groups({ search: 'profile.name co "port"' }), ['Support', 'Sales Support']],
    [groups({ search: 'type eq "BUILT_IN"' }), ['Everyone']],
  ])('%s: %j', async (path, wanted) => {
    await using okta = await started();
    const { rows } = await all(okta, path);
    expect(rows.map(({ profile }) => rowOf(profile).name).sort()).toEqual([...wanted].sort());
  });

  test('list the deactivated among their members; Everyone does not, unless told', async () => {
    await using okta = await started();
    const { org } = okta;
    const members = async (name: string): Promise<Row[]> =>
      (await all(okta, `/api/v1/groups/${org.group(name).id}/users`)).rows;
    const gone = (rows: readonly Row[]) => rows.filter(({ status }) => status === 'DEPROVISIONED').length;
    expect(gone(await members('VPN'))).toBe(1);
    expect(gone(await members('Everyone'))).toBe(0);
    org.everyoneKeepsDeactivated = true;
    expect(gone(await members('Everyone'))).toBe(1);
  });

  test('tell by the second when somebody joined or left, and that alone', async () => {
    let now = Date.parse('2026-05-01T12:00:00.700Z');
    await using okta = await startOkta({ clock: { now: () => now, sleep: async () => {} } });
    const { org } = okta;
    const [ada, team] = [org.addUser({ login: 'ada@acme.example' }), org.addGroup({ name: 'Team' })];
    const moved = async (): Promise<string> => {
      now += 10_000;
      const { rows } = await all(okta, '/api/v1/groups');
      const seconds = rows.map(
        ({ lastMembershipUpdated: at }) => (Date.parse(String(at)) - Date.parse('2026-05-01T12:00Z')) / 1000,
      );
      return seconds.join(' ');
    };
    expect(await moved()).toBe('0 0');
    org.join(ada, team);
    expect(await moved()).toBe('0 10');
    org.join(ada, team);
    org.editProfile(ada, { firstName: 'Ada' });
    org.renameGroup(team, 'Crew');
    expect(await moved()).toBe('0 10');
    org.setStatus(ada, 'SUSPENDED');
    expect(await moved()).toBe('0 10');
    org.setStatus(ada, 'DEPROVISIONED');
    expect(await moved()).toBe('40 10');
    org.deactivationMovesGroups = true;
    org.setStatus(ada, 'ACTIVE');
    expect(await moved()).toBe('50 50');
    org.leave(ada, team);
    expect(await moved()).toBe('50 60');
    const since = { filter: 'lastMembershipUpdated gt "2026-05-01T12:00:55.000Z"' };
    expect(idsOf((await all(okta, groups(since))).rows)).toEqual([team.id]);
  });
});

describe('pages', () => {
  const thirty = async (options: OktaOptions) => {
    const okta = await startOkta(options);
    const status = (at: number): Status => (at % 3 === 0 ? 'DEPROVISIONED' : 'ACTIVE');
    for (let at = 0; at < 30; at++) okta.org.addUser({ login: `u${at}@acme.example`, status: status(at) });
    return okta;
  };

  test.each<[string, OktaOptions, number]>([
    ['whole ones', {}, 2],
    ['links in one line', { linkHeader: 'joined' }, 2],
    ['short ones', { shortPages: true }, 3],
    ['an empty one', { emptyPage: 2 }, 3],
  ])('%s: %j', async (_, options, pages) => {
    await using okta = await thirty(options);
    const listed = await all(okta, '/api/v1/users?limit=10');
    expect([listed.pages, new Set(idsOf(listed.rows)).size]).toEqual([pages, 20]);
  });

  test('may be empty and lead on where a filter leaves nothing of them', async () => {
    await using okta = await thirty({ shortPages: true });
    const first = await ask(okta, '/api/v1/users?limit=1');
    expect([first.body, linkOf(first)]).toEqual([[], expect.stringContaining('after=')]);
    expect((await all(okta, '/api/v1/users?limit=1')).rows).toHaveLength(20);
  });

  test('have links as header lines of their own, self with its limit, or in one line', async () => {
    await using okta = await thirty({});
    const self = `<${okta.orgUrl}/api/v1/groups?limit=10000>; rel="self"`;
    expect((await ask(okta, '/api/v1/groups')).headers.get('link')).toBe(self);
    const lines = async () => {
      const { get } = await import('node:http');
      const options = { headers: { authorization: `SSWS ${okta.apiToken}` } };
      return new Promise<string[]>((resolve, reject) => {
        const asked = get(`${okta.orgUrl}/api/v1/users?limit=10`, options, (response) => {
          response.resume();
          resolve(response.headersDistinct.link ?? []);
        });
        asked.on('error', reject);
      });
    };
    expect(await lines()).toHaveLength(2);
    okta.settings.linkHeader = 'joined';
    expect(await lines()).toEqual([expect.stringMatching(/rel="self", <.*rel="next"$/)]);
  });

  test('a cursor is good for its own query and until it expires; another name of the org may stand in it', async () => {
    await using okta = await thirty({});
    const link = new URL(linkOf(await ask(okta, '/api/v1/users?limit=10')) ?? '');
    const after = link.searchParams.get('after') ?? '';
    expect(rowsOf((await ask(okta, users({ after, limit: '3' }))).body)).toHaveLength(3);
    expect(failure(await ask(okta, users({ after, filter: EPOCH })))).toBe('400 E0000001');
    expect(failure(await ask(okta, groups({ after })))).toBe('400 E0000001');
    okta.expirePages();
    expect(failure(await ask(okta, link.href))).toBe('400 E0000001');
    okta.settings.linkOrigin = 'https://acme-admin.okta.example';
    expect(linkOf(await ask(okta, '/api/v1/users?limit=10'))).toMatch(
      /^https:\/\/acme-admin\.okta\.example\/api\/v1\/users\?/,
    );
  });

  test('shift where people go meanwhile, and lose nobody who stays', async () => {
    await using okta = await thirty({});
    const path = users({ filter: EPOCH, limit: '10' });
    const first = await ask(okta, path);
    const gone = okta.org.users()[2];
    if (gone) okta.org.deactivateAndDelete(gone);
    const rest = await all(okta, linkOf(first) ?? '');
    expect(rest.rows).toHaveLength(20);
  });
});

test('a deleted user leaves nothing behind, and only who is deactivated can be deleted', async () => {
  await using okta = await started();
  const { org } = okta;
  const wei = org.user('wei.zhang');
  expect(() => org.deleteUser(wei)).toThrow('is not deactivated');
  org.setStatus(wei, 'DEPROVISIONED');
  org.deleteUser(wei);
  expect(failure(await ask(okta, `/api/v1/users/${wei.id}`))).toBe('404 E0000007');
  expect((await all(okta, users({ filter: EPOCH }))).rows).toHaveLength(59);
  expect(idsOf((await all(okta, `/api/v1/groups/${org.group('Data').id}/users`)).rows)).not.toContain(wei.id);
});
