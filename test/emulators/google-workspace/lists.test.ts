import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GoogleEmulator, startGoogle } from './google.ts';
import { all, ask, failure, type Row, rowOf, rowsOf, tokenOf } from './walk.ts';

const C = 'customer=my_customer';
let google: GoogleEmulator;
let token: string;

/** Twelve people with the oddities that accounts have, and a few groups. */
beforeAll(async () => {
  google = await startGoogle({ secondaryDomains: ['branch.example'], customerId: 'C03az79cb' });
  const { directory } = google;
  const boss = directory.addUser({
    primaryEmail: 'ada@fjord.example',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    aliases: ['countess@fjord.example'],
    orgUnitPath: '/Engineering/Platform',
    organizations: [{ title: 'Lead', department: 'Engineering', primary: true }],
    externalIds: [{ value: '1001', type: 'organization' }],
    customSchemas: { Staff: { grade: 7, badges: [{ value: 'blue' }, { value: 'red' }] }, Other: { x: 'y' } },
  });
  directory.addUser({
    primaryEmail: 'jane@fjord.example',
    name: { givenName: 'Jane Mary', familyName: "O'Brien" },
    orgUnitPath: '/Engineering',
    suspended: true,
    suspensionReason: 'ADMIN',
    relations: [{ type: 'manager', value: 'ada@fjord.example' }],
    customSchemas: { Staff: { grade: 12 } },
  });
  directory.addUser({
    primaryEmail: 'janet@fjord.example',
    name: { givenName: 'Janet' },
    archived: true,
    orgUnitPath: '/Sales',
  });
  directory.addUser({
    primaryEmail: 'bo@branch.example',
    name: { givenName: 'Bo', familyName: 'Berg' },
    relations: [{ type: 'manager', value: 'jane@fjord.example' }],
  });
  const team = directory.addGroup({ email: 'team@fjord.example', name: 'The Team', aliases: ['crew@fjord.example'] });
  const inner = directory.addGroup({ email: 'inner@fjord.example', name: 'Inner' });
  directory.addGroup({ email: 'empty@branch.example', name: 'Empty' });
  directory.join(team, boss, 'OWNER');
  directory.join(team, directory.user('jane@fjord.example'));
  directory.join(team, inner);
  directory.joinCustomer(team);
  directory.joinExternal(team, 'friend@elsewhere.example');
  directory.join(inner, directory.user('bo@branch.example'));
  directory.join(inner, boss);
  token = await tokenOf(google);
});
afterAll(() => google.close());

const get = (path: string) => ask(google, token, path);
const emails = async (query: string) => {
  const { rows } = await all(google, token, `/users?${C}&${query}`);
  return rows.map(({ primaryEmail }) => String(primaryEmail).split('@')[0]);
};
const problem = async (path: string) => failure(await get(path));

describe('users', () => {
  test('come with everything there is, and nothing that there is not', async () => {
    const { body } = await get('/users/ada@fjord.example');
    expect(body).toMatchObject({
      kind: 'admin#directory#user',
      id: expect.stringMatching(/^\d{21}$/),
      primaryEmail: 'ada@fjord.example',
      name: { givenName: 'Ada', familyName: 'Lovelace', fullName: 'Ada Lovelace' },
      suspended: false,
      archived: false,
      customerId: 'C03az79cb',
      orgUnitPath: '/Engineering/Platform',
      aliases: ['countess@fjord.example'],
      nonEditableAliases: ['ada@fjord.example.test-google-a.com'],
      emails: [
        { address: 'ada@fjord.example', primary: true },
        { address: 'countess@fjord.example' },
        { address: 'ada@fjord.example.test-google-a.com' },
      ],
    });
    for (const name of ['customSchemas', 'suspensionReason', 'phones', 'deletionTime'])
      expect(body).not.toHaveProperty(name);
  });

  test.each([
    ['projection=full', { Staff: { grade: 7, badges: [{ value: 'blue' }, { value: 'red' }] }, Other: { x: 'y' } }],
    ['projection=custom&customFieldMask=Other', { Other: { x: 'y' } }],
    ['projection=basic', undefined],
  ])('have custom fields with %s', async (query, wanted) => {
    expect(rowOf((await get(`/users/ada@fjord.example?${query}`)).body).customSchemas).toEqual(wanted);
  });

  test.each([
    ['', ['ada', 'admin', 'bo', 'jane', 'janet']],
    ['orderBy=givenName&sortOrder=DESCENDING', ['janet', 'jane', 'admin', 'bo', 'ada']],
    ['orderBy=familyName', ['janet', 'bo', 'ada', 'jane', 'admin']],
    ['maxResults=1', ['ada', 'admin', 'bo', 'jane', 'janet']],
    ['maxResults=2&sortOrder=DESCENDING', ['janet', 'jane', 'bo', 'admin', 'ada']],
    ['domain=branch.example', ['bo']],
    ['query=isSuspended=true', ['jane']],
    ['query=isSuspended=false isArchived=false', ['ada', 'admin', 'bo']],
    ['query=isAdmin=true', ['admin']],
    ["query=orgUnitPath='/Engineering'", ['ada', 'jane']],
    ['query=orgUnitPath=/engineering/platform', ['ada']],
    ['query=orgUnitPath=/', ['ada', 'admin', 'bo', 'jane', 'janet']],
    ['query=email:jan*', ['jane', 'janet']],
    ['query=email=COUNTESS@fjord.example', ['ada']],
    ['query=givenName:Jane', ['jane']],
    ['query=givenName:Jane*', ['jane', 'janet']],
    ["query=name='Ada Lovelace'", ['ada']],
    ["query=familyName='O\\'Brien'", ['jane']],
    ['query=jane', ['jane']],
    ['query=orgDepartment=engineering orgTitle:lead', ['ada']],
    ['query=externalId=1001', ['ada']],
    ['query=manager=ada@fjord.example', ['bo', 'jane']],
    ['query=directManager=ada@fjord.example', ['jane']],
    ['query=Staff.grade>7', ['jane']],
    ['query=Staff.grade:[5,10]', ['ada']],
    ['query=Staff.badges=red', ['ada']],
  ])('are listed by %j', async (query, wanted) => {
    expect(await emails(query)).toEqual(wanted);
  });

  test('are not listed where there are none: there is no key for them', async () => {
    const { body } = await get(`/users?${C}&query=email:nobody*`);
    expect(body).toEqual({ kind: 'admin#directory#users', etag: expect.any(String) });
    expect((await get(`/users?${C}&query=email:nobody*&fields=nextPageToken,users(id)`)).body).toEqual({});
  });

  test('are seen from outside without what is the administrator’s only', async () => {
    const row = rowOf((await get('/users/jane@fjord.example?viewType=domain_public')).body);
    expect(row).toMatchObject({ primaryEmail: 'jane@fjord.example', name: { familyName: "O'Brien" } });
    expect(row).not.toHaveProperty('suspended');
  });

  test.each([
    ['/users', '400 badRequest: Bad Request'],
    ['/users?customer=fjord.example', '400 badRequest: Bad Request'],
    ['/users?customer=C0another', '403 forbidden: Not Authorized to access this resource/api'],
    ['/users?domain=elsewhere.example', '404 notFound: Domain not found.'],
    [`/users?${C}&maxResults=501`, '400 invalid: Invalid Input: maxResults'],
    [`/users?${C}&maxResults=0`, '400 invalid: Invalid Input: maxResults'],
    [`/users?${C}&maxResults=many`, `400 badRequest: Invalid value at 'maxResults' (TYPE_INT32), "many"`],
    [`/users?${C}&orderBy=id`, `400 badRequest: Invalid value at 'orderBy' (TYPE_ENUM), "id"`],
    [
      `/users?${C}&nextPageToken=x`,
      `400 badRequest: Invalid JSON payload received. Unknown name "nextPageToken": Cannot bind query parameter. Field 'nextPageToken' could not be found in request message.`,
    ],
    [`/users?${C}&query=orgUnitPath=/Nowhere`, '400 invalid: Invalid Input: INVALID_OU_ID'],
    [`/users?${C}&query=nonsense=1`, '400 invalid: Invalid Input: query'],
    [`/users?${C}&query=isSuspended=maybe`, '400 invalid: Invalid Input: query'],
    [`/users?${C}&query=email>a`, '400 invalid: Invalid Input: query'],
    [`/users?${C}&query=None.field=1`, '400 invalid: Invalid Input: query'],
    [`/users?${C}&projection=custom`, '400 invalid: Invalid Input: customFieldMask'],
    [`/users?${C}&customFieldMask=Staff`, '400 invalid: Invalid Input: customFieldMask'],
    [`/users?${C}&projection=custom&customFieldMask=None`, '400 invalid: Invalid Input: custom_schema'],
    [`/users?${C}&fields=users(id,nonsense)`, '400 badRequest: Request contains an invalid argument.'],
    ['/users/nobody@fjord.example', '404 notFound: Resource Not Found: userKey'],
    ['/users/team@fjord.example', '400 badRequest: Type not supported: userKey'],
    ['/nothing', '404 notFound: Not Found'],
  ])('refuses %s', async (path, wanted) => {
    expect(await problem(path)).toBe(wanted);
  });
});

describe('groups', () => {
  const groups = async (query: string) =>
    (await all(google, token, `/groups?${query}`)).rows.map(({ email }) => String(email).split('@')[0]);

  test('count the people in them, in words', async () => {
    expect((await get('/groups/crew@fjord.example')).body).toEqual({
      kind: 'admin#directory#group',
      id: expect.stringMatching(/^0[0-9a-z]{14}$/),
      etag: expect.any(String),
      email: 'team@fjord.example',
      name: 'The Team',
      description: '',
      adminCreated: true,
      // Two people of here and one of elsewhere.
      directMembersCount: '3',
      aliases: ['crew@fjord.example'],
      nonEditableAliases: ['team@fjord.example.test-google-a.com'],
    });
  });

  test.each([
    [C, ['empty', 'inner', 'team']],
    [`${C}&maxResults=2`, ['empty', 'inner', 'team']],
    [`${C}&maxResults=1000`, ['empty', 'inner', 'team']],
    [`${C}&orderBy=email&sortOrder=DESCENDING&maxResults=1`, ['team', 'inner', 'empty']],
    ['domain=branch.example', ['empty']],
    ['userKey=ada@fjord.example', ['inner', 'team']],
    ['userKey=friend@elsewhere.example', ['team']],
    ['domain=fjord.example&userKey=bo@branch.example', ['inner']],
    [`${C}&query=email:te*`, ['team']],
    [`${C}&query=email=crew@fjord.example`, ['team']],
    [`${C}&query=name='The Team'`, ['team']],
    [`${C}&query=name:Inn*`, ['inner']],
    [`${C}&query=memberKey=inner@fjord.example`, ['team']],
  ])('are listed by %j', async (query, wanted) => {
    expect(await groups(query)).toEqual(wanted);
  });

  test.each([
    ['/groups', '400 badRequest: Bad Request'],
    [`/groups?${C}&userKey=ada@fjord.example`, '400 badRequest: Bad Request'],
    ['/groups?userKey=nobody@fjord.example', '404 notFound: Resource Not Found: userKey'],
    [`/groups?${C}&query=memberKey=nobody@fjord.example`, '404 notFound: Resource Not Found: memberKey'],
    [`/groups?${C}&query=memberKey=ada@fjord.example email:t*`, '400 invalid: Invalid Input: query'],
    [`/groups?${C}&query=name:Team`, '400 invalid: Invalid Input: query'],
    ['/groups/nothing', '404 notFound: Resource Not Found: groupKey'],
  ])('refuses %s', async (path, wanted) => {
    expect(await problem(path)).toBe(wanted);
  });
});

describe('members', () => {
  const team = '/groups/team@fjord.example/members';

  test('are of four kinds', async () => {
    const { rows } = await all(google, token, `${team}?fields=members(email,type,role,status,id)`);
    const { directory, customerId } = google;
    expect(rows).toEqual([
      {
        id: directory.user('ada@fjord.example').id,
        email: 'ada@fjord.example',
        role: 'OWNER',
        type: 'USER',
        status: 'ACTIVE',
      },
      {
        id: directory.user('jane@fjord.example').id,
        email: 'jane@fjord.example',
        role: 'MEMBER',
        type: 'USER',
        status: 'SUSPENDED',
      },
      {
        id: directory.group('Inner').id,
        email: 'inner@fjord.example',
        role: 'MEMBER',
        type: 'GROUP',
        status: 'ACTIVE',
      },
      { id: customerId, role: 'MEMBER', type: 'CUSTOMER', status: 'ACTIVE' },
      { id: expect.stringMatching(/^1\d{20}$/), email: 'friend@elsewhere.example', role: 'MEMBER', type: 'USER' },
    ]);
  });

  test.each([
    ['', 5],
    ['?maxResults=2', 5],
    ['?maxResults=500', 5],
    ['?roles=OWNER', 1],
    ['?roles=owner,MANAGER', 1],
    ['?includeDerivedMembership=true', 6],
  ])('%j are %i', async (query, wanted) => {
    expect((await all(google, token, `${team}${query}`)).rows).toHaveLength(wanted);
  });

  test('of an empty group have no key', async () => {
    expect((await get('/groups/empty@branch.example/members')).body).toEqual({
      kind: 'admin#directory#members',
      etag: expect.any(String),
    });
  });

  test('are found one by one', async () => {
    expect((await get(`${team}/countess@fjord.example`)).body).toMatchObject({ role: 'OWNER', type: 'USER' });
    expect((await get('/groups/inner@fjord.example/hasMember/bo@branch.example')).body).toEqual({ isMember: true });
    expect((await get('/groups/empty@branch.example/hasMember/bo@branch.example')).body).toEqual({ isMember: false });
  });

  test.each([
    [`${team}?roles=BOSS`, '400 invalid: Invalid Input: roles'],
    [`${team}?customer=x`, '400 badRequest: Invalid JSON payload received. Unknown name "customer"'],
    [`${team}/bo@branch.example`, '404 notFound: Resource Not Found: memberKey'],
    ['/groups/team@fjord.example/hasMember/friend@elsewhere.example', '400 invalid: Invalid Input: memberKey'],
    ['/groups/nothing/members', '404 notFound: Resource Not Found: groupKey'],
  ])('refuses %s', async (path, wanted) => {
    expect(await problem(path)).toContain(wanted);
  });
});

describe('the account', () => {
  test.each(['my_customer', 'C03az79cb', 'fjord.example'])('is found as %s', async (key) => {
    expect((await get(`/customers/${key}`)).body).toMatchObject({ id: 'C03az79cb', customerDomain: 'fjord.example' });
  });

  test('has its domains', async () => {
    expect(rowsOf((await get('/customer/my_customer/domains')).body, 'domains')).toMatchObject([
      { domainName: 'fjord.example', isPrimary: true, verified: true },
      { domainName: 'branch.example', isPrimary: false, verified: true },
    ]);
    expect(await problem('/customers/nonsense')).toBe('400 badRequest: Bad Request');
  });
});

describe('pages', () => {
  const first = async (more = '') => rowOf((await get(`/users?${C}&maxResults=2${more}`)).body);
  const next = ({ nextPageToken }: Row, path = `/users?${C}&maxResults=2`) =>
    get(`${path}&pageToken=${encodeURIComponent(String(nextPageToken))}`);

  test('go on with the same query only, but may show other fields', async () => {
    const page = await first();
    expect((await next(page, `/users?maxResults=2&fields=users(id)&${C}`)).status).toBe(200);
    for (const path of [`/users?${C}&maxResults=3`, `/users?${C}&maxResults=2&orderBy=givenName`, `/groups?${C}`])
      expect(failure(await next(page, path))).toBe('400 invalid: Invalid Input: pageToken');
    expect(await problem(`/users?${C}&pageToken=nonsense`)).toBe('400 invalid: Invalid Input: pageToken');
  });

  test('expire', async () => {
    const page = await first();
    google.expirePages();
    expect(failure(await next(page))).toBe('400 invalid: Invalid Input: pageToken');
  });

  test('may end with one that has no rows', async () => {
    google.settings.emptyLastPage = true;
    const { rows, last, pages } = await all(google, token, `/users?${C}&maxResults=5&fields=nextPageToken,users(id)`);
    google.settings.emptyLastPage = false;
    expect([rows.length, pages, last]).toEqual([5, 2, {}]);
  });
});
