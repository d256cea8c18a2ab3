import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import { vendorFile } from '../openapi.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { startEntra } from './entra.ts';
import { loadOrganisation } from './load.ts';
import { properties } from './properties.ts';
import { vendorJudge } from './vendor.ts';
import { all, ask, rowOf, rowsOf, tokenOf } from './walk.ts';

const judge = vendorJudge();

describe.skipIf(judge === null)('Microsoft’s description of Graph (skipped where ../shared/vendor is not)', () => {
  const started = async (faults: string[]) => {
    const onExchange = (request: Received, reply: Reply) => void faults.push(...(judge?.(request, reply) ?? []));
    const entra = await startEntra({ https: false, onExchange, permissions: ['Directory.Read.All'] });
    loadOrganisation(entra.tenant, company);
    return { entra, token: await tokenOf(entra) };
  };

  /** What a list may show. Sign-in times need a permission of their own. */
  const every = (kind: 'user' | 'group') => {
    const names = Object.keys(properties[kind]).filter((name) => properties[kind][name] !== 'single');
    return names.filter((name) => name !== 'signInActivity').join(',');
  };

  test('fits every answer', async () => {
    const faults: string[] = [];
    const { entra, token } = await started(faults);
    await using _ = entra;
    const { tenant } = entra;
    const [user, gone] = [tenant.users()[0]?.id, tenant.users()[5]];
    const guest = tenant.addGuest('guest@partner.example');
    const mixed = tenant.addGroup({ displayName: 'Mixed', type: 'mailSecurity' });
    for (const member of [guest, tenant.addDevice('D'), tenant.addContact('C', 'c@x.example'), mixed])
      tenant.join(member, mixed);
    if (gone) tenant.removeUser(gone);
    for (const path of [
      '/users',
      `/users?$select=${every('user')}&$top=20`,
      '/users?$select=id&$expand=manager($select=id)&$filter=accountEnabled eq true',
      `/users/${user}`,
      `/users/${user}?$select=${every('user')}`,
      `/users/${user}/memberOf`,
      `/users/${user}/transitiveMemberOf`,
      '/users/delta?$select=id,displayName,manager',
      '/groups',
      `/groups?$select=${every('group')}&$top=5`,
      `/groups/${mixed.id}`,
      `/groups/${mixed.id}/members?$select=id`,
      `/groups/${mixed.id}/members`,
      `/groups/${mixed.id}/transitiveMembers`,
      '/groups/delta?$select=id,displayName,members',
      '/organization',
      '/directory/deletedItems/microsoft.graph.user',
    ])
      await all(entra, token, path);
    const eventual = { ConsistencyLevel: 'eventual' };
    await all(entra, token, `/groups/${mixed.id}/members/microsoft.graph.user?$count=true`, eventual);
    for (const path of [
      `/directory/deletedItems/${gone?.id}`,
      '/users/nobody',
      '/groups?$top=1000',
      '/users?$select=id,nonsens',
    ]) {
      await ask(entra, token, path);
    }
    await ask(entra, token, '/directoryObjects/getByIds', { body: { ids: [user, mixed.id] } });
    expect(faults).toEqual(['GET /users: $select cannot name nonsens']);
  });

  test('is no rubber stamp: it finds what is not described', () => {
    const asked = (path: string, body: unknown) => {
      const { pathname, searchParams: query } = new URL(path, 'http://emulator');
      return judge?.(
        { method: 'GET', path: pathname, query },
        { status: 200, headers: {}, body: JSON.stringify(body) },
      );
    };
    expect(asked('/v1.0/nothing', {})).toEqual(['GET /nothing is not described']);
    expect(asked('/v1.0/users?$pageSize=3', { value: [] })).toEqual([
      'GET /users: the parameter $pageSize is not described',
    ]);
    expect(asked('/v1.0/users', { value: [{ accountEnabled: 'yes' }] })?.[0]).toContain(
      '/accountEnabled must be boolean',
    );
    expect(asked('/v1.0/groups', { value: [{ name: 'x' }] })?.[0]).toContain('must NOT have additional properties');
  });
});

const samples = vendorFile('samples/graph-mocks/users-groups-mocks.json');

describe.skipIf(samples === null)('Microsoft’s samples (skipped where ../shared/vendor is not)', () => {
  /** The rows of a sample answer, by the address that it is for. */
  const sample = (url: string) => {
    const { mocks } = rowOf(JSON.parse(readFileSync(samples ?? '', 'utf8')));
    const found = (Array.isArray(mocks) ? mocks.map(rowOf) : []).find(
      (mock) => rowOf(mock.request).url === url && rowOf(mock.request).method === 'GET',
    );
    return rowOf(rowOf(found?.response).body);
  };

  test.each([
    ['users', 'user'],
    ['groups', 'group'],
  ] as const)('name no property of %s that is unknown here', (path, kind) => {
    const rows = rowsOf(sample(`https://graph.microsoft.com/v1.0/${path}`));
    expect(rows.length).toBeGreaterThan(0);
    const names = new Set(rows.flatMap((row) => Object.keys(row)));
    expect([...names].filter((name) => !(name in properties[kind]) && !name.startsWith('@'))).toEqual([]);
  });
});
