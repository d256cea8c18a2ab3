import { describe, expect, test } from 'vitest';
import {
  groupFields,
  MEMBER_FIELDS,
  readGroup,
  readMember,
  readUser,
  userFields,
} from '../../../connectors/google-workspace/read.ts';
import type { Json } from '../../../connectors/http/pages.ts';
import { company } from '../../emulators/company.ts';
import { startGoogle } from '../../emulators/google-workspace/google.ts';
import { loadOrganisation } from '../../emulators/google-workspace/load.ts';
import { all, tokenOf } from '../../emulators/google-workspace/walk.ts';

const ADA = {
  kind: 'admin#directory#user',
  id: '114511147312345678901',
  primaryEmail: 'ada@fjord.example',
  name: { givenName: 'Ada', familyName: 'Lovelace', fullName: 'Ada Lovelace' },
  suspended: false,
  archived: false,
  organizations: [
    { title: 'Volunteer', name: 'Elsewhere' },
    { title: 'Engineer', department: 'R&D', name: 'Fjord', costCenter: '4711', primary: true },
  ],
  externalIds: [
    { value: 'net-1', type: 'network' },
    { value: '007', type: 'organization' },
    { value: 'b-9', type: 'custom', customType: 'badge' },
  ],
  relations: [
    { value: 'eve@fjord.example', type: 'assistant' },
    { value: 'boss@fjord.example', type: 'manager' },
  ],
  phones: [
    { value: '+47 1', type: 'home' },
    { value: '+47 2', type: 'work' },
    { value: '+47 3', type: 'mobile', primary: true },
  ],
  languages: [{ languageCode: 'en' }, { languageCode: 'nb', preference: 'preferred' }],
};

describe('a user', () => {
  test('has every standard attribute but a user type', () => {
    expect(readUser(ADA, [])).toEqual({
      id: '114511147312345678901',
      active: true,
      attributes: {
        userName: 'ada@fjord.example',
        email: 'ada@fjord.example',
        displayName: 'Ada Lovelace',
        givenName: 'Ada',
        familyName: 'Lovelace',
        title: 'Engineer',
        department: 'R&D',
        organization: 'Fjord',
        employeeNumber: '007',
        userType: null,
        manager: 'boss@fjord.example',
        phoneNumber: '+47 3',
        locale: 'nb',
      },
      extra: {},
    });
  });

  test.each<[string, Json]>([
    ['without an id', { id: undefined }],
    ['with an id that is no part of a path', { id: '..' }],
    ['without a primary address', { primaryEmail: ' ' }],
    ['with a number for an address', { primaryEmail: 7 }],
  ])('%s is none', (_, edit) => {
    expect(readUser({ ...ADA, ...edit }, [])).toBe(null);
  });

  test.each<[unknown, unknown, boolean | null]>([
    [false, false, true],
    [true, false, false],
    [false, true, false],
    [true, true, false],
    [true, undefined, false],
    [undefined, true, false],
    // An edition without archiving.
    [false, undefined, true],
    [undefined, undefined, null],
    [undefined, false, null],
    [null, false, null],
    ['false', false, null],
    [false, 'true', null],
    [false, null, null],
  ])('suspended %j, archived %j: active %j', (suspended, archived, active) => {
    expect(readUser({ ...ADA, suspended, archived }, [])?.active).toBe(active);
  });

  test.each<[string, Json, Json]>([
    ['a given name only', { name: { givenName: 'Ada' } }, { displayName: 'Ada', familyName: null }],
    ['no full name', { name: { givenName: 'Ada', familyName: 'L' } }, { displayName: 'Ada L' }],
    ['no name', { name: undefined }, { displayName: null, givenName: null }],
    ['no primary organization', { organizations: [{ title: 'A' }, { title: 'B' }] }, { title: 'A', department: null }],
    ['no organization', { organizations: undefined }, { title: null, organization: null }],
    ['an organization that is none', { organizations: ['Fjord', null] }, { title: null }],
    ['no primary phone', { phones: ADA.phones.slice(0, 2) }, { phoneNumber: '+47 2' }],
    ['a phone at home only', { phones: ADA.phones.slice(0, 1) }, { phoneNumber: '+47 1' }],
    ['no phone', { phones: [] }, { phoneNumber: null }],
    [
      'no language that is preferred',
      { languages: [{ languageCode: 'en' }, { languageCode: 'sv' }] },
      { locale: 'en' },
    ],
    ['a language without a code', { languages: [{ customLanguage: 'Klingon' }] }, { locale: 'Klingon' }],
    ['no language', { languages: undefined }, { locale: null }],
    ['external ids of other types', { externalIds: [{ value: 'x', type: 'network' }] }, { employeeNumber: null }],
    [
      'an empty one before',
      { externalIds: [{ value: '', type: 'organization' }, ADA.externalIds[1]] },
      { employeeNumber: '007' },
    ],
    ['no manager', { relations: [{ value: 'eve@fjord.example', type: 'assistant' }] }, { manager: null }],
    ['lists that are none', { externalIds: {}, relations: 'x', phones: null }, { employeeNumber: null, manager: null }],
  ])('with %s', (_, edit, wanted) => {
    expect(readUser({ ...ADA, ...edit }, [])?.attributes).toMatchObject(wanted);
  });

  const MORE = {
    ...ADA,
    orgUnitPath: '/Engineering',
    aliases: ['countess@fjord.example', 'a.lovelace@fjord.example'],
    nonEditableAliases: ['ada@fjord.example.test-google-a.com'],
    isEnrolledIn2Sv: true,
    suspensionReason: '',
    emails: [
      { address: 'ada@fjord.example', primary: true },
      { address: 'ada@home.example', type: 'home' },
    ],
    locations: [{ buildingId: 'OSL-1', area: 'desk' }],
    gender: { type: 'female' },
    customSchemas: {
      Staff: {
        grade: 7,
        since: '1833-06-05',
        remote: false,
        badges: [{ value: 'blue' }, { value: 'red', type: 'work' }],
      },
      orgUnitPath: { field: 'hidden' },
    },
  };

  test.each<[string, unknown]>([
    ['orgUnitPath', '/Engineering'],
    ['aliases', ['countess@fjord.example', 'a.lovelace@fjord.example']],
    ['nonEditableAliases', 'ada@fjord.example.test-google-a.com'],
    ['isEnrolledIn2Sv', true],
    ['suspensionReason', null],
    ['isAdmin', null],
    ['externalIds', ['net-1', '007', 'b-9']],
    ['externalIds.network', 'net-1'],
    ['externalIds.badge', 'b-9'],
    ['externalIds.login_id', null],
    ['emails', ['ada@fjord.example', 'ada@home.example']],
    ['emails.home', 'ada@home.example'],
    ['phones.work', '+47 2'],
    ['relations.assistant', 'eve@fjord.example'],
    ['organizations.costCenter', '4711'],
    ['organizations', null],
    ['locations.buildingId', 'OSL-1'],
    ['name.fullName', 'Ada Lovelace'],
    ['gender.type', 'female'],
    ['languages', ['en', 'nb']],
    ['Staff.grade', 7],
    ['Staff.since', '1833-06-05'],
    ['Staff.remote', false],
    ['Staff.badges', ['blue', 'red']],
    ['Staff.none', null],
    ['None.grade', null],
    ['orgUnitPath.field', null],
    ['Staff.__proto__', null],
    ['__proto__.x', null],
    ['name.constructor', null],
    ['constructor', null],
    ['nonsense', null],
    ['password', null],
  ])('%s is %j', (name, wanted) => {
    expect(readUser(MORE, [name])?.extra).toEqual(Object.fromEntries([[name, wanted]]));
  });
});

describe('what is asked for', () => {
  const usual = 'id,primaryEmail,name,suspended,archived,organizations,externalIds,relations,phones,languages';

  test.each<[string[], string, string[]]>([
    [[], usual, []],
    [['orgUnitPath', 'aliases'], `${usual},orgUnitPath,aliases`, []],
    [['suspended', 'phones.mobile', 'name.displayName', 'organizations.costCenter'], usual, []],
    [['emails.home', 'emails.work', 'locations.floorName'], `${usual},emails,locations`, []],
    [
      ['Staff.grade', 'Staff.since', 'Other.x', 'orgUnitPath'],
      `${usual},orgUnitPath,customSchemas`,
      ['Staff', 'Other'],
    ],
    // Nothing that the vendor would refuse the whole listing for.
    [['nonsense', 'password', 'a b.c', 'x.y.z', '.', 'Staff.', '__proto__'], usual, []],
  ])('with %j', (want, fields, schemas) => {
    expect(userFields(want)).toEqual({ fields, schemas });
  });

  test('of groups and members', () => {
    expect(groupFields([])).toBe('id,email,name,description');
    expect(groupFields(['aliases', 'email', 'nonsense'])).toBe('id,email,name,description,aliases');
    expect(MEMBER_FIELDS).toBe('id,type');
  });
});

describe('a group', () => {
  const TEAM = { id: '01qoc8b1', email: 'team@fjord.example', name: 'Team', description: '', directMembersCount: '3' };

  test('has a name, an address and no type', () => {
    expect(
      readGroup({ ...TEAM, aliases: ['crew@fjord.example'] }, ['aliases', 'directMembersCount', 'nonsense']),
    ).toEqual({
      id: '01qoc8b1',
      name: 'Team',
      description: null,
      type: null,
      email: 'team@fjord.example',
      extra: { aliases: 'crew@fjord.example', directMembersCount: '3', nonsense: null },
    });
  });

  test.each<[string, Json, Json | null]>([
    ['without a name is called by its address', { name: ' ' }, { name: 'team@fjord.example' }],
    ['without a name and an address is none', { name: '', email: null }, null],
    ['without an id is none', { id: undefined }, null],
    ['with an id that is no part of a path is none', { id: '.' }, null],
  ])('%s', (_, edit, wanted) => {
    const group = readGroup({ ...TEAM, ...edit }, []);
    if (wanted === null) expect(group).toBe(null);
    else expect(group).toMatchObject(wanted);
  });
});

test.each<[unknown, unknown]>([
  ['USER', { kind: 'user', id: 'm' }],
  ['GROUP', { kind: 'group', id: 'm' }],
  ['CUSTOMER', { kind: 'everyone' }],
  ['EXTERNAL', { kind: 'other', id: 'm' }],
  ['SERVICE', { kind: 'other', id: 'm' }],
  ['user', { kind: 'other', id: 'm' }],
  [undefined, { kind: 'other', id: 'm' }],
])('a member of type %s', (type, wanted) => {
  expect(readMember({ id: 'm', type })).toEqual(wanted);
  expect(readMember({ type })).toEqual(type === 'CUSTOMER' ? { kind: 'everyone' } : null);
});

test('what is asked for is what the emulated directory gives, and all that is read', async () => {
  await using google = await startGoogle();
  const { directory } = google;
  loadOrganisation(directory, company);
  const boss = directory.user('ingrid.solheim@fjord.example');
  directory.editUser(boss, { customSchemas: { Staff: { grade: 7 } } });
  directory.joinCustomer(directory.group('VPN'));
  const token = await tokenOf(google);
  const want = ['orgUnitPath', 'emails', 'Staff.grade', 'nonsense'];
  const { fields, schemas } = userFields(want);
  const query = `customer=my_customer&projection=custom&customFieldMask=${schemas}&fields=kind,nextPageToken,users(${fields})`;
  const users = (await all(google, token, `/users?${query}`)).rows.map((row) => readUser(row, want));
  expect(users.filter((user) => user === null)).toEqual([]);
  expect(users.filter((user) => user?.active === false).map((user) => user?.attributes.userName)).toEqual([
    'bjorn.aasen@fjord.example',
  ]);
  expect(users.find((user) => user?.id === boss.id)).toMatchObject({
    attributes: { title: 'Chief Executive', employeeNumber: '1001', locale: 'nb', organization: 'Fjordlight' },
    extra: { orgUnitPath: '/Management', 'Staff.grade': 7, nonsense: null },
  });
  const row = (await all(google, token, `/users?${query}&query=email:tomas*`)).rows[0] ?? {};
  expect(readUser(row, [])?.attributes.manager).toBe('ingrid.solheim@fjord.example');
  const path = `/groups/${directory.group('VPN').id}/members?fields=kind,nextPageToken,members(${MEMBER_FIELDS})`;
  expect((await all(google, token, path)).rows.map((each) => readMember(each)?.kind)).toEqual([
    ...['user', 'user', 'user', 'user', 'user'],
    'everyone',
  ]);
});
