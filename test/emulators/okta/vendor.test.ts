import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { statuses } from './kinds.ts';
import { loadOrganisation } from './load.ts';
import { startOkta } from './okta.ts';
import { vendorJudge } from './vendor.ts';
import { all, ask } from './walk.ts';

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
