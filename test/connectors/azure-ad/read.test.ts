import { describe, expect, test } from 'vitest';
import {
  GROUP_PROPERTIES,
  madeAt,
  objectAmong,
  readGroup,
  readMember,
  readUser,
  selected,
  USER_PROPERTIES,
} from '../../../connectors/azure-ad/read.ts';
import type { Json } from '../../../connectors/http/pages.ts';

const ADA = {
  id: '7d1c',
  userPrincipalName: 'ada@contoso.example',
  mail: 'Ada@contoso.example',
  displayName: 'Ada Lovelace',
  givenName: 'Ada',
  surname: 'Lovelace',
  jobTitle: 'Engineer',
  department: 'R&D',
  companyName: 'Contoso',
  employeeId: '007',
  userType: 'Member',
  businessPhones: ['+47 1', '+47 2'],
  mobilePhone: '+47 3',
  preferredLanguage: 'nb-NO',
  accountEnabled: true,
  manager: { id: '51e0' },
};

describe('a user', () => {
  test('has every standard attribute', () => {
    expect(readUser(ADA, [])).toEqual({
      id: '7d1c',
      active: true,
      attributes: {
        userName: 'ada@contoso.example',
        email: 'Ada@contoso.example',
        displayName: 'Ada Lovelace',
        givenName: 'Ada',
        familyName: 'Lovelace',
        title: 'Engineer',
        department: 'R&D',
        organization: 'Contoso',
        employeeNumber: '007',
        userType: 'Member',
        manager: '51e0',
        phoneNumber: '+47 1',
        locale: 'nb-NO',
      },
      extra: {},
    });
  });

  test.each<[string, Json, unknown]>([
    ['without an id is none', { id: undefined }, null],
    ['with an id that is no part of a path is none', { id: '..' }, null],
    ['without a user principal name is none', { userPrincipalName: ' ' }, null],
    ['without accountEnabled may be active or not', { accountEnabled: undefined }, { active: null }],
    ['that is disabled', { accountEnabled: false }, { active: false }],
    ['whose accountEnabled is a text may be active or not', { accountEnabled: 'true' }, { active: null }],
    ['without an address', { mail: null }, { attributes: { email: null } }],
    ['with a mobile phone only', { businessPhones: [] }, { attributes: { phoneNumber: '+47 3' } }],
    ['without a phone', { businessPhones: null, mobilePhone: null }, { attributes: { phoneNumber: null } }],
    ['without a manager', { manager: undefined }, { attributes: { manager: null } }],
    ['who is a guest', { userType: 'Guest' }, { attributes: { userType: 'Guest' } }],
  ])('%s', (_, edit, wanted) => {
    const user = readUser({ ...ADA, ...edit }, []);
    if (wanted === null) expect(user).toBe(null);
    else expect(user).toMatchObject(wanted as object);
  });

  test('has what rules ask for, under the names of Graph', () => {
    const more = {
      city: 'Oslo',
      proxyAddresses: ['SMTP:a@x', 'smtp:b@x'],
      extension_9f_costCenter: '4711',
      onPremisesExtensionAttributes: { extensionAttribute1: 'one', extensionAttribute2: null },
      isResourceAccount: false,
    };
    const want = [
      'city',
      'proxyAddresses',
      'extension_9f_costCenter',
      'extensionAttribute1',
      'extensionAttribute2',
      'isResourceAccount',
      '__proto__',
      'none',
      'CITY',
      'ExtensionAttribute1',
    ];
    expect(Object.entries(readUser({ ...ADA, ...more }, want)?.extra ?? {})).toEqual([
      ['city', 'Oslo'],
      ['proxyAddresses', ['SMTP:a@x', 'smtp:b@x']],
      ['extension_9f_costCenter', '4711'],
      ['extensionAttribute1', 'one'],
      ['extensionAttribute2', null],
      ['isResourceAccount', false],
      ['__proto__', null],
      ['none', null],
      ['CITY', 'Oslo'],
      ['ExtensionAttribute1', 'one'],
    ]);
  });

  test('has properties that no rule can read', () => {
    const more = { city: null, employeeOrgData: { division: 'x' }, identities: [{ issuer: 'x' }], tags: ['a'] };
    const odd = (...want: string[]) => objectAmong({ ...ADA, ...more }, want);
    expect(odd('city', 'tags', 'mail', 'none', 'extensionAttribute1')).toBe(undefined);
    expect(odd('city', 'employeeOrgData')).toBe('employeeOrgData');
    expect(odd('EmployeeOrgData', 'identities')).toBe('EmployeeOrgData');
    expect(odd('identities')).toBe('identities');
  });
});

test.each<[string, Json, string | null]>([
  ['microsoft365', { groupTypes: ['Unified'], mailEnabled: true, securityEnabled: false }, 'microsoft365'],
  [
    'a dynamic one of these',
    { groupTypes: ['DynamicMembership', 'Unified'], mailEnabled: true, securityEnabled: true },
    'microsoft365',
  ],
  ['security', { groupTypes: [], mailEnabled: false, securityEnabled: true }, 'security'],
  [
    'a dynamic one of these',
    { groupTypes: ['DynamicMembership'], mailEnabled: false, securityEnabled: true },
    'security',
  ],
  ['security with an address', { groupTypes: [], mailEnabled: true, securityEnabled: true }, 'mail-security'],
  ['distribution', { groupTypes: [], mailEnabled: true, securityEnabled: false }, 'distribution'],
  ['not said', {}, null],
])('a group that is %s', (_, kind, type) => {
  const group = readGroup({ id: 'g', displayName: 'Team', description: '', mail: 'team@x', ...kind }, []);
  expect(group).toEqual({ id: 'g', name: 'Team', description: null, type, email: 'team@x', extra: {} });
});

test('a group without an id or a name is none', () => {
  expect(readGroup({ id: 'g' }, [])).toBe(null);
  expect(readGroup({ displayName: 'Team' }, [])).toBe(null);
  expect(readGroup({ id: 'g', displayName: ' ' }, [])).toMatchObject({ id: 'g', name: 'g' });
});

test.each([
  ['#microsoft.graph.user', 'user'],
  ['#microsoft.graph.group', 'group'],
  ['#microsoft.graph.device', 'other'],
  ['#microsoft.graph.servicePrincipal', 'other'],
  ['#microsoft.graph.orgContact', 'other'],
])('a member that is %s', (type, kind) => {
  expect(readMember({ id: 'm', '@odata.type': type })).toEqual({ kind, id: 'm' });
  expect(readMember({ '@odata.type': type })).toBe(null);
});

test('a member whose type is not told is none: it may be a person', () => {
  expect(readMember({ id: 'm' })).toBe(null);
  expect(readMember({ id: 'm', '@odata.type': null })).toBe(null);
});

test('what is selected', () => {
  expect(selected(GROUP_PROPERTIES, [])).toBe(
    'id,displayName,description,mail,groupTypes,mailEnabled,securityEnabled,visibility',
  );
  expect(selected(USER_PROPERTIES, ['city', 'mail', 'extensionAttribute1', 'extensionAttribute15'])).toMatch(
    /,accountEnabled,city,onPremisesExtensionAttributes$/,
  );
});

test.each<[string, Json, number]>([
  ['as Graph writes it', { createdDateTime: '2026-01-01T00:00:00Z' }, Date.UTC(2026, 0, 1)],
  ['of one from before 2018', { createdDateTime: null }, 0],
  ['that is no time', { createdDateTime: 'yesterday' }, 0],
  ['that was not sent', {}, 0],
])('the time at which something was made, %s', (_, json, time) => {
  expect(madeAt(json)).toBe(time);
});

test('names stand in an address as one value; extension attributes go to fifteen', () => {
  expect(selected(['id'], ['a&b', 'extensionAttribute15', 'extensionAttribute16'])).toBe(
    'id,a%26b,onPremisesExtensionAttributes,extensionAttribute16',
  );
});
