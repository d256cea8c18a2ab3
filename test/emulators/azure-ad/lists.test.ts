import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import { startEntra } from './entra.ts';
import { loadOrganisation } from './load.ts';
import { all, ask, failure, rowOf, rowsOf, tokenOf } from './walk.ts';

const EVENTUAL = { ConsistencyLevel: 'eventual' };

async function started(options: Parameters<typeof startEntra>[0] = {}) {
  const entra = await startEntra({ https: false, ...options });
  loadOrganisation(entra.tenant, company);
  return { entra, token: await tokenOf(entra) };
}

describe('what Graph refuses', () => {
  test.each([
    ['/users?$top=1000', '400 Request_UnsupportedQuery'],
    ['/users?$top=0', '400 Request_UnsupportedQuery'],
    ['/users?$top=many', '400 BadRequest'],
    ['/users?$select=id,accountEnabld', '400 BadRequest'],
    ['/users?$select=mailboxSettings', '400 Request_BadRequest'],
    ['/users?$select=signInActivity', '403 Authorization_RequestDenied'],
    ['/users?$skip=100', '400 Request_UnsupportedQuery'],
    ['/users?$orderby=displayName', '400 BadRequest'],
    ['/users?$slect=id', '400 BadRequest'],
    ['/users?limit=5', '400 BadRequest'],
    ['/users?$select=id&select=id', '400 BadRequest'],
    ['/users?$expand=manager,memberOf', '400 Request_UnsupportedQuery'],
    ['/users?$expand=manager($select=nonsense)', '400 BadRequest'],
    ['/users?$count=true', '400 Request_BadRequest'],
    ['/users/$count', '400 Request_BadRequest'],
    ['/users?$filter=accountEnabled ne true', '400 Request_UnsupportedQuery'],
    ["/users?$filter=endsWith(mail,'example')", '400 Request_UnsupportedQuery'],
    ["/users?$filter=officeLocation eq 'x'", '400 Request_UnsupportedQuery'],
    ['/users?$filter=accountEnabled eq', '400 BadRequest'],
    ["/users?$filter=nonsense eq 'x'", '400 BadRequest'],
    ['/users?$skiptoken=made-up', '400 Directory_ExpiredPageToken'],
    ['/users/nobody', '404 Request_ResourceNotFound'],
    ['/groups/nothing/members', '404 Request_ResourceNotFound'],
    ['/groups?$select=members', '400 BadRequest'],
    ["/users?$filter=endsWith(displayName,'x')&$count=true", '400 Request_BadRequest'],
    ['/organization', '403 Authorization_RequestDenied'],
    ['/servicePrincipals/x', '403 Authorization_RequestDenied'],
    ['/people', '400 BadRequest'],
    ['/users/x/y/z', '400 BadRequest'],
  ])('GET %s: %s', async (path, wanted) => {
    const { entra, token } = await started();
    await using _ = entra;
    const answer = await ask(entra, token, path);
    expect(failure(answer)).toBe(wanted);
    expect(rowOf(rowOf(answer.body).error).innerError).toMatchObject({ 'request-id': expect.any(String) });
  });

  test.each([
    ['User.Read.All', { users: 200, groups: 403, members: 403 }],
    ['GroupMember.Read.All', { users: 403, groups: 200, members: 200 }],
    ['Group.Read.All', { users: 403, groups: 200, members: 200 }],
    ['Directory.Read.All', { users: 200, groups: 200, members: 200 }],
    ['Mail.Read', { users: 403, groups: 403, members: 403 }],
  ])('with %s alone', async (permission, wanted) => {
    const { entra, token } = await started({ permissions: [permission] });
    await using _ = entra;
    const group = entra.tenant.group('Sales');
    const status = async (path: string) => (await ask(entra, token, path)).status;
    expect({
      users: await status('/users'),
      groups: await status('/groups'),
      members: await status(`/groups/${group.id}/members`),
    }).toEqual(wanted);
  });
});

test('casts and filters of members are advanced queries', async () => {
  const { entra, token } = await started();
  await using _ = entra;
  const path = `/groups/${entra.tenant.group('Fjordlight').id}/members`;
  for (const query of ['/microsoft.graph.user', "?$filter=id eq 'x'", '/microsoft.graph.user?$count=true']) {
    expect((await ask(entra, token, path + query)).status).toBe(400);
  }
  const { rows } = await all(entra, token, `${path}/microsoft.graph.user?$count=true`, EVENTUAL);
  expect(rows).toHaveLength(2);
  const other = `/users?$filter=${encodeURIComponent("endsWith(displayName,'x')")}&$count=true`;
  expect(failure(await ask(entra, token, other, { headers: EVENTUAL }))).toBe('400 Request_UnsupportedQuery');
});

describe('users', () => {
  test('are listed with eleven properties unless asked otherwise', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const { body } = await ask(entra, token, '/users?$top=1');
    expect(rowOf(body)['@odata.context']).toBe(`${entra.graphUrl}/v1.0/$metadata#users`);
    expect(Object.keys(rowsOf(body)[0] ?? {})).toEqual([
      ...['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation'],
      ...['preferredLanguage', 'surname', 'userPrincipalName'],
    ]);
  });

  test.each([
    ['accountEnabled eq false', 1],
    ["userType eq 'member' and accountEnabled eq true", 59],
    ["startsWith(userPrincipalName,'ANNA') or startsWith(givenName,'Mar')", 2],
    ["department in ('People','Finance')", 9],
    ['(accountEnabled eq false) or mail eq null', 2],
  ])('filtered by %s: %i', async (filter, count) => {
    const { entra, token } = await started();
    await using _ = entra;
    expect((await all(entra, token, `/users?$filter=${encodeURIComponent(filter)}`)).rows).toHaveLength(count);
  });

  test('advanced queries need the header and the count', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const path = '/users?$filter=not(accountEnabled eq true)&$count=true';
    const { body } = await ask(entra, token, path, { headers: EVENTUAL });
    expect(rowOf(body)['@odata.count']).toBe(1);
    expect((await ask(entra, token, '/users/$count', { headers: EVENTUAL })).body).toBe('60');
  });

  test('with their managers, a hundred on a page at most', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    for (let at = 0; at < 60; at++) entra.tenant.addGuest(`guest${at}@partner.example`);
    const { rows, pages } = await all(entra, token, '/users?$select=id&$expand=manager($select=id)&$top=999');
    expect(pages).toBe(2);
    expect(rows.filter((row) => row.manager)).toHaveLength(59);
    const { id, manager } = entra.tenant.user('jun.watanabe@fjordlight.example');
    expect(rows.find((row) => row.id === id)).toEqual({
      id,
      manager: { '@odata.type': '#microsoft.graph.user', id: manager?.id },
    });
  });

  test('that leave while pages are read make no other be missed', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const first = await ask(entra, token, '/users?$select=id&$top=20');
    const gone = entra.tenant.users().slice(0, 10);
    for (const user of gone) entra.tenant.removeUser(user);
    const rest = await all(entra, token, String(rowOf(first.body)['@odata.nextLink']));
    expect(rowsOf(first.body).length + rest.rows.length).toBe(60);
  });

  test('page links belong to their query, and expire', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const link = new URL(String(rowOf((await ask(entra, token, '/users?$select=id&$top=20')).body)['@odata.nextLink']));
    const other = link.href.replace('$select=id', '$select=mail');
    expect(failure(await ask(entra, token, other))).toBe('400 Request_BadRequest');
    entra.expirePages();
    expect(failure(await ask(entra, token, link.href))).toBe('400 Directory_ExpiredPageToken');
  });

  test('extensions are there where they have a value', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const name = `extension_${'9f'.repeat(16)}_costCenter` as const;
    const user = entra.tenant.users()[0];
    if (user) entra.tenant.editUser(user, { [name]: '4711' });
    const { body } = await ask(entra, token, `/users?$select=id,${name}&$top=2`);
    expect(rowsOf(body).map((row) => row[name])).toEqual(['4711', undefined]);
  });

  test('soft-deleted ones are found among the deleted, and come back', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const { tenant } = entra;
    const user = tenant.user('jun.watanabe@fjordlight.example');
    const groups = tenant.groupsOf(user);
    tenant.removeUser(user);
    expect((await ask(entra, token, `/users/${user.id}`)).status).toBe(404);
    const path = `/directory/deletedItems/${user.id}`;
    for (const cast of ['', '/microsoft.graph.user']) {
      const { body } = await ask(entra, token, `${path}${cast}?$select=id`);
      expect(body).toMatchObject({ id: user.id, deletedDateTime: expect.stringMatching(/Z$/) });
    }
    expect((await ask(entra, token, `${path}/microsoft.graph.group`)).status).toBe(404);
    expect((await all(entra, token, '/directory/deletedItems/microsoft.graph.user')).rows).toHaveLength(1);
    expect(groups.length).toBeGreaterThan(0);
    const members = async () => (await all(entra, token, `/groups/${groups[0]?.id}/members?$select=id`)).rows;
    expect(await members()).not.toContainEqual({ '@odata.type': '#microsoft.graph.user', id: user.id });
    tenant.restoreUser(user);
    expect(await members()).toContainEqual({ '@odata.type': '#microsoft.graph.user', id: user.id });
    tenant.removeUser(user);
    tenant.purge(user);
    expect((await ask(entra, token, path)).status).toBe(404);
  });
});

describe('groups', () => {
  test('of every kind, told apart by their properties', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    for (const type of ['security', 'mailSecurity', 'distribution', 'microsoft365', 'dynamic'] as const) {
      entra.tenant.addGroup({ displayName: `A ${type}`, type });
    }
    const { rows } = await all(
      entra,
      token,
      "/groups?$select=displayName,groupTypes,mail,securityEnabled&$filter=startsWith(displayName,'A ')",
    );
    expect(rows).toEqual([
      { displayName: 'A security', groupTypes: [], mail: null, securityEnabled: true },
      { displayName: 'A mailSecurity', groupTypes: [], mail: 'amailsecurity@contoso.example', securityEnabled: true },
      { displayName: 'A distribution', groupTypes: [], mail: 'adistribution@contoso.example', securityEnabled: false },
      {
        displayName: 'A microsoft365',
        groupTypes: ['Unified'],
        mail: 'amicrosoft365@contoso.example',
        securityEnabled: false,
      },
      { displayName: 'A dynamic', groupTypes: ['DynamicMembership'], mail: null, securityEnabled: true },
    ]);
    const unified = await all(entra, token, "/groups?$filter=groupTypes/any(c:c eq 'Unified')&$select=displayName");
    expect(unified.rows).toEqual([{ displayName: 'A microsoft365' }]);
  });

  test('have members of every kind; those that may not be read have an id and a type', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const { tenant } = entra;
    const mixed = tenant.addGroup({ displayName: 'Mixed' });
    const device = tenant.addDevice('Laptop');
    const program = tenant.addServicePrincipal('Program');
    const contact = tenant.addContact('Contact', 'contact@partner.example');
    for (const member of [device, program, contact, mixed]) tenant.join(member, mixed);
    const path = `/groups/${mixed.id}/members?$select=id,displayName`;
    expect((await all(entra, token, path)).rows).toEqual([
      { '@odata.type': '#microsoft.graph.device', id: device.id, displayName: null },
      { '@odata.type': '#microsoft.graph.orgContact', id: contact.id, displayName: null },
      { '@odata.type': '#microsoft.graph.group', id: mixed.id, displayName: 'Mixed' },
    ]);
    entra.settings.listServicePrincipals = true;
    expect((await all(entra, token, path)).rows).toHaveLength(4);
    expect(
      (await all(entra, token, `/groups/${mixed.id}/members/microsoft.graph.user?$count=true`, EVENTUAL)).rows,
    ).toEqual([]);
    expect(
      (await all(entra, token, `/groups/${mixed.id}/members/microsoft.graph.group?$count=true`, EVENTUAL)).rows,
    ).toHaveLength(1);
  });

  test('transitive members are everybody inside, once', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const top = entra.tenant.group('Fjordlight');
    const direct = await all(
      entra,
      token,
      `/groups/${top.id}/members/microsoft.graph.user?$select=id&$count=true`,
      EVENTUAL,
    );
    const inside = await all(
      entra,
      token,
      `/groups/${top.id}/transitiveMembers/microsoft.graph.user?$select=id&$count=true`,
      EVENTUAL,
    );
    expect([direct.rows.length, inside.rows.length]).toEqual([2, 60]);
    const user = entra.tenant.user('lukasz.wojcik@fjordlight.example');
    expect((await all(entra, token, `/users/${user.id}/memberOf`)).rows).toHaveLength(3);
    expect((await all(entra, token, `/users/${user.id}/transitiveMemberOf`)).rows).toHaveLength(5);
  });

  test.each([
    [[], 0],
    [['Member.Read.Hidden'], 60],
  ])('with hidden membership, and %j: %i members and status 200', async (more, count) => {
    const { entra, token } = await started({ permissions: ['User.Read.All', 'GroupMember.Read.All', ...more] });
    await using _ = entra;
    const hidden = entra.tenant.addGroup({
      displayName: 'Hidden',
      type: 'microsoft365',
      visibility: 'HiddenMembership',
    });
    for (const user of entra.tenant.users()) entra.tenant.join(user, hidden);
    expect((await all(entra, token, `/groups/${hidden.id}/members?$select=id`)).rows).toHaveLength(count);
  });

  test('expanded members end at 20 without a word', async () => {
    const { entra, token } = await started();
    await using _ = entra;
    const large = entra.tenant.addGroup({ displayName: 'Large' });
    for (const user of entra.tenant.users()) entra.tenant.join(user, large);
    const { body } = await ask(entra, token, `/groups/${large.id}?$expand=members($select=id)&$select=id`);
    expect(rowOf(body).members).toHaveLength(20);
  });

  test('a Microsoft 365 group is soft-deleted, any other is gone', async () => {
    const { entra, token } = await started({ permissions: ['Directory.Read.All'] });
    await using _ = entra;
    for (const [type, status] of [
      ['microsoft365', 200],
      ['security', 404],
    ] as const) {
      const group = entra.tenant.addGroup({ displayName: type, type });
      entra.tenant.removeGroup(group);
      expect((await ask(entra, token, `/groups/${group.id}`)).status).toBe(404);
      expect((await ask(entra, token, `/directory/deletedItems/${group.id}`)).status).toBe(status);
    }
  });
});

test('ids are resolved together, the deleted and unknown left out', async () => {
  const { entra, token } = await started({ permissions: ['Directory.Read.All'] });
  await using _ = entra;
  const [first, second] = entra.tenant.users();
  if (second) entra.tenant.removeUser(second);
  const ids = [first?.id, second?.id, 'nothing', entra.tenant.group('Sales').id];
  const body = { ids, types: ['user', 'group'] };
  const { body: answer } = await ask(entra, token, '/directoryObjects/getByIds?$select=id', { body });
  expect(rowsOf(answer).map((row) => row['@odata.type'])).toEqual(['#microsoft.graph.user', '#microsoft.graph.group']);
  const many = { ids: Array.from({ length: 1001 }, () => 'x') };
  expect(failure(await ask(entra, token, '/directoryObjects/getByIds', { body: many }))).toBe('400 Request_BadRequest');
});

test('who may read applications sees what was consented to', async () => {
  const permissions = ['Application.Read.All', 'Organization.Read.All'];
  const { entra, token } = await started({ permissions });
  await using _ = entra;
  const path = `/servicePrincipals(appId='${entra.app.appId}')`;
  expect((await ask(entra, token, path)).body).toMatchObject({ id: entra.app.objectId, appId: entra.app.appId });
  const { body } = await ask(entra, token, `${path}/appRoleAssignments`);
  expect(rowsOf(body).map((row) => row.appRoleId)).toEqual([
    '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
    '498476ce-e0fe-48b0-b801-37ba7e2685c6',
  ]);
  const { body: organization } = await ask(entra, token, '/organization?$select=id,displayName');
  expect(rowsOf(organization)).toEqual([{ id: entra.tenantId, displayName: 'Contoso' }]);
});
