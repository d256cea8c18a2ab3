import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { company } from '../company.ts';
import { vendorFile } from '../openapi.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { statuses } from './kinds.ts';
import { loadOrganisation } from './load.ts';
import { startOkta } from './okta.ts';
import { vendorJudge } from './vendor.ts';
import { all, ask, type Row, rowOf, rowsOf } from './walk.ts';

const judge = vendorJudge();

describe.skipIf(judge === null)('Okta’s description of its API (skipped where ../shared/vendor is not)', () => {
  const started = async (faults: string[]) => {
    const onExchange = (request: Received, reply: Reply) => void faults.push(...(judge?.(request, reply) ?? []));
    const okta = await startOkta({ onExchange, tokenRole: 'SUPER_ADMIN' });
    loadOrganisation(okta.org, company);
    return okta;
  };

  test('fits every parameter and every answer', async () => {
    const faults: string[] = [];
    await using okta = await started(faults);
    const { org } = okta;
    const every = statuses.map((status) => org.addUser({ login: `${status.toLowerCase()}@acme.example`, status }));
    org.setTransition(org.user('active@acme.example'), 'DEPROVISIONED');
    org.signIn(org.user('active@acme.example'));
    const imported = org.addGroup({
      name: 'Imported',
      type: 'APP_GROUP',
      dn: 'CN=x',
      samAccountName: 'x',
      groupScope: 'Global',
    });
    for (const user of every) org.join(user, imported);
    const q = (query: Record<string, string>) => String(new URLSearchParams(query));
    for (const path of [
      '/users?limit=20',
      `/users?${q({ filter: 'lastUpdated gt "1970-01-01T00:00:00.000Z"', limit: '200' })}`,
      `/users?${q({ search: 'status eq "ACTIVE"', sortBy: 'profile.lastName', sortOrder: 'desc', fields: 'id,status,profile:(login)' })}`,
      `/users?${q({ q: 'a', limit: '5' })}`,
      '/users/me',
      '/users/me?expand=blocks',
      ...every.flatMap(({ id }) => [`/users/${id}`, `/users/${id}/groups`]),
      '/groups?limit=5',
      `/groups?${q({ filter: 'type eq "APP_GROUP" or lastMembershipUpdated gt "1970-01-01T00:00:00.000Z"' })}`,
      `/groups?${q({ search: 'profile.name sw "S"', sortBy: 'profile.name', expand: 'stats,app' })}`,
      `/groups?${q({ q: 'S' })}`,
      `/groups/${imported.id}`,
      `/groups/${imported.id}/users?limit=3`,
      `/groups/${org.everyone.id}/users`,
      '/org',
    ]) {
      const { status } = await ask(okta, `/api/v1${path}`);
      expect([path, status]).toEqual([path, 200]);
      if (!/\/(users|groups)\/[^/]+$|\/org$|\/users\/me/.test(path)) await all(okta, `/api/v1${path}`);
    }
    expect(faults).toEqual([]);
    expect(okta.requests.length).toBeGreaterThan(50);
  });

  test('fits what is refused', async () => {
    const faults: string[] = [];
    await using okta = await started(faults);
    for (const path of ['/users/nobody', '/groups/nothing/users', '/users?filter=x', '/users?limit=0', '/nothing']) {
      await ask(okta, `/api/v1${path}`);
    }
    await ask(okta, '/api/v1/users', { as: null });
    await ask(okta, '/api/v1/users', { method: 'POST' });
    expect(faults).toEqual([]);
  });

  test('allows no group on a page that has more than ten thousand, nor unknown parameters', async () => {
    const faults: string[] = [];
    await using okta = await started(faults);
    for (const path of ['/groups?limit=10001', '/users?pageSize=3', '/groups/x?expand=stats', '/users?limit=many']) {
      expect((await ask(okta, `/api/v1${path}`)).status).toBe(400);
    }
    expect(faults).toEqual([
      'GET /api/v1/groups: limit must be <= 10000 {"comparison":"<=","limit":10000}',
      'GET /api/v1/users: the parameter pageSize is not described',
      'GET /api/v1/groups/x: the parameter expand is not described',
      'GET /api/v1/users: limit must be integer {"type":"integer"}',
    ]);
  });

  test('is no rubber stamp: it finds what is not described', () => {
    const asked = (path: string, body: unknown, status = 200) => {
      const { pathname, searchParams: query } = new URL(path, 'http://emulator');
      return judge?.(
        { method: 'GET', path: `/api/v1${pathname}`, query },
        { status, headers: {}, body: JSON.stringify(body) },
      );
    };
    expect(asked('/nothing', {})).toEqual(['GET /api/v1/nothing: is not described']);
    expect(asked('/users', [{ status: 'ASLEEP' }])?.[0]).toContain(
      '/0/status must be equal to one of the allowed values',
    );
    expect(asked('/users', [{ name: 'x' }])?.[0]).toContain('must NOT have additional properties');
    expect(asked('/users', [{ created: 'yesterday' }])?.[0]).toContain('must match format "date-time"');
    expect(asked('/users/x', { _links: { self: {} } })?.[0]).toContain("must have required property 'href'");
    expect(asked('/groups', [{ _links: { selfs: { href: 'x' } } }])?.[0]).toContain(
      'must NOT have additional properties',
    );
    expect(asked('/groups/x', { profile: { name: 7 } })?.[0]).toContain('/profile/name must be string');
    expect(asked('/users/x', { error: 'x' }, 404)?.[0]).toContain('must NOT have additional properties');
  });
});

const recorded = vendorFile('samples/okta-cassettes/tests/integration/cassettes');

describe.skipIf(recorded === null || judge === null)(
  'answers of a real org (skipped where ../shared/vendor is not)',
  () => {
    /** The rows that a recorded exchange answers with; the body is JSON in YAML. */
    const rowsIn = (file: string, path: RegExp): Row[] => {
      const { interactions } = rowOf(parse(readFileSync(join(recorded ?? '', file), 'utf8')));
      const exchanges = Array.isArray(interactions) ? interactions.map(rowOf) : [];
      const found = exchanges.find(
        ({ request }) => rowOf(request).method === 'GET' && path.test(String(rowOf(request).uri)),
      );
      const body: unknown = JSON.parse(String(rowOf(rowOf(found?.response).body).string));
      return Array.isArray(body) ? body.map(rowOf) : [rowOf(body)];
    };

    test.each([
      ['test_users_it/TestUsersResource.test_user_pagination.yaml', '/api/v1/users?limit=1'],
      ['test_groups_it/TestGroupsResource.test_group_rule_operations.yaml', '/api/v1/groups/{id}/users'],
      ['test_groups_it/TestGroupsResource.test_list_groups.yaml', '/api/v1/groups'],
      ['test_groups_it/TestGroupsResource.test_create_get_group.yaml', '/api/v1/groups/{id}'],
    ])('%s has what the emulator has', async (file, path) => {
      const pattern = new RegExp(`${path.split('?')[0]?.replace('{id}', '[^/?]+')}([?].*)?$`);
      const [real = {}] = rowsIn(file, pattern);
      await using okta = await startOkta();
      const [ada, team] = [okta.org.addUser({ login: 'ada@acme.example' }), okta.org.addGroup({ name: 'Team' })];
      okta.org.join(ada, team);
      const { body } = await ask(okta, path.replace('{id}', team.id));
      const [made = {}] = Array.isArray(body) ? rowsOf(body) : [rowOf(body)];
      const names = (row: Row) =>
        Object.keys(row)
          .filter((name) => name !== 'realmId')
          .sort();
      expect(names(made)).toEqual(names(real));
      for (const inner of ['credentials', '_links'])
        expect(names(rowOf(made[inner]))).toEqual(names(rowOf(real[inner])));
      const pathname = path.replace('{id}', 'x').split('?')[0] ?? '';
      const answer = { status: 200, headers: {}, body: JSON.stringify(Array.isArray(body) ? [real] : real) };
      expect(judge?.({ method: 'GET', path: pathname, query: new URLSearchParams() }, answer)).toEqual([]);
    });
  },
);
