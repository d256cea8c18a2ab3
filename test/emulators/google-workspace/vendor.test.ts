import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import type { Shape } from './fields.ts';
import { startGoogle } from './google.ts';
import { groupsParameters } from './groups.ts';
import { loadOrganisation } from './load.ts';
import { membersParameters } from './members.ts';
import type { Allowed } from './parameters.ts';
import { shapes } from './shapes.ts';
import { userParameters, usersParameters } from './users.ts';
import { type VendorJudge, vendorJudge } from './vendor.ts';
import { all, ask, failure, tokenOf } from './walk.ts';

const found = vendorJudge();

describe.skipIf(found === null)('Google’s discovery document (skipped where ../shared/vendor is not)', () => {
  const vendor = found as VendorJudge;

  test('fits every answer', async () => {
    const faults: string[] = [];
    const onExchange = (request: Received, reply: Reply) => void faults.push(...vendor.judge(request, reply));
    await using google = await startGoogle({ onExchange });
    const { directory } = google;
    loadOrganisation(directory, company);
    const [group, gone] = [directory.group('VPN'), directory.user('eoin.gallagher@fjord.example')];
    directory.editUser(directory.user('amara.okafor@fjord.example'), {
      customSchemas: { Staff: { grade: 7, since: '2020-01-01', badges: [{ value: 'blue' }] } },
      lastLoginTime: '2026-03-01T10:00:00.000Z',
      recoveryEmail: 'a@elsewhere.example',
      gender: { type: 'other' },
      notes: { value: 'x' },
      addresses: [{ type: 'work', formatted: 'Oslo' }],
    });
    directory.joinCustomer(group);
    directory.joinExternal(group, 'friend@elsewhere.example');
    directory.join(group, directory.group('Archive'));
    directory.removeUser(gone);
    const token = await tokenOf(google);
    const key = group.email;
    for (const path of [
      '/users?customer=my_customer&maxResults=500&projection=full&orderBy=familyName&sortOrder=DESCENDING',
      '/users?customer=my_customer&maxResults=20&projection=custom&customFieldMask=Staff&query=isSuspended=false',
      '/users?domain=fjord.example&showDeleted=true&viewType=admin_view',
      '/users?customer=my_customer&query=email:nobody*',
      '/users?customer=my_customer&fields=kind,nextPageToken,users(id,name/fullName,emails(address),customSchemas)',
      '/groups?customer=my_customer&maxResults=5&orderBy=email',
      `/groups?userKey=ingrid.solheim@fjord.example`,
      `/groups/${key}/members?maxResults=2&roles=MEMBER`,
      `/groups/${key}/members?includeDerivedMembership=true&prettyPrint=false&alt=json`,
    ])
      await all(google, token, path);
    for (const path of [
      '/users/amara.okafor@fjord.example?projection=full&viewType=domain_public',
      `/groups/${key}`,
      `/groups/${key}/members/ingrid.solheim@fjord.example`,
      `/groups/${key}/hasMember/ingrid.solheim@fjord.example`,
      '/customers/my_customer',
      '/customer/my_customer/domains',
    ])
      expect((await ask(google, token, path)).status).toBe(200);
    for (const path of [`/users/${gone.id}`, '/groups/nothing', '/users?customer=my_customer&maxResults=9999'])
      expect((await ask(google, token, path)).status).toBeGreaterThan(399);
    expect(faults).toEqual([]);
  });

  test.each<[string, Allowed]>([
    ['users.list', usersParameters],
    ['users.get', userParameters],
    ['groups.list', groupsParameters],
    ['members.list', membersParameters],
  ])('has the parameters of %s, their words and their limits', (name, allowed) => {
    const described = Object.entries(vendor.method(name).parameters).filter(([, { location }]) => location === 'query');
    expect(Object.keys(allowed).sort()).toEqual(described.map(([each]) => each).sort());
    for (const [each, schema] of described) {
      const kind = allowed[each];
      const said =
        schema.enum ?? (schema.type === 'integer' ? 'integer' : schema.type === 'boolean' ? 'boolean' : 'text');
      expect([each, typeof kind === 'object' && 'most' in kind ? 'integer' : kind]).toEqual([each, said]);
      // Where there is no maximum, more than the page says is cut and not refused.
      if (typeof kind === 'object' && 'most' in kind) {
        expect([each, kind.cut ? undefined : String(kind.most)]).toEqual([each, schema.maximum]);
      }
    }
  });

  test.each<[string, Shape]>([
    ['User', shapes.user],
    ['Users', shapes.users],
    ['Group', shapes.group],
    ['Groups', shapes.groups],
    ['Member', shapes.member],
    ['Members', shapes.members],
    ['MembersHasMember', shapes.hasMember],
    ['Customer', shapes.customer],
    ['Domains2', shapes.domains],
  ])('has what a partial response of %s may name', (schema, shape) => {
    expect(Object.keys(shape ?? {}).sort()).toEqual(vendor.names(schema).sort());
  });

  test('has the scopes of every method', async () => {
    for (const [name, path] of [
      ['users.list', '/users?customer=my_customer'],
      ['users.get', '/users/admin@fjord.example'],
      ['groups.list', '/groups?customer=my_customer'],
      ['groups.get', '/groups/team@fjord.example'],
      ['members.list', '/groups/team@fjord.example/members'],
      ['members.get', '/groups/team@fjord.example/members/admin@fjord.example'],
      ['members.hasMember', '/groups/team@fjord.example/hasMember/admin@fjord.example'],
      ['customers.get', '/customers/my_customer'],
      ['domains.list', '/customer/my_customer/domains'],
    ] as const) {
      const needed = vendor.method(name).scopes;
      await using google = await startGoogle({ scopes: [...needed, 'https://www.googleapis.com/auth/drive'] });
      const team = google.directory.addGroup({ email: 'team@fjord.example' });
      google.directory.join(team, google.directory.user(google.subject));
      for (const scope of needed) expect((await ask(google, await tokenOf(google, { scope }), path)).status).toBe(200);
      const other = await tokenOf(google, { scope: 'https://www.googleapis.com/auth/drive' });
      expect(failure(await ask(google, other, path))).toContain('insufficientPermissions');
    }
  });

  test('is no rubber stamp: it finds what is not described', () => {
    const asked = (path: string, body: unknown) => {
      const { pathname, searchParams: query } = new URL(`/admin/directory/v1${path}`, 'http://emulator');
      const reply = { status: 200, headers: {}, body: JSON.stringify(body) };
      return vendor.judge({ method: 'GET', path: pathname, query }, reply).join('; ');
    };
    expect(asked('/nothing', {})).toBe('GET /admin/directory/v1/nothing is not described');
    expect(asked('/users?pageSize=3', {})).toContain('the parameter pageSize is not described');
    expect(asked('/users?maxResults=501', {})).toContain('maxResults cannot be 501');
    expect(asked('/users?projection=all', {})).toContain('projection cannot be all');
    expect(asked('/users', { users: [{ suspended: 'yes' }] })).toContain('/users/0/suspended must be boolean');
    expect(asked('/users', { users: [{ displayName: 'x' }] })).toContain('must NOT have additional properties');
    expect(asked('/groups', { groups: [{ directMembersCount: 3 }] })).toContain('must be string');
    expect(asked('/users', { users: [{ creationTime: 'yesterday' }] })).toContain('must match format "date-time"');
  });
});
