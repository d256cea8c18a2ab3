import { describe, expect, test } from 'vitest';
import type { Json } from '../../../connectors/http/pages.ts';
import {
  fieldsFor,
  isEveryone,
  membershipMark,
  readGroup,
  readMember,
  readUser,
  STATUSES,
} from '../../../connectors/okta/read.ts';

const PROFILE = {
  login: 'ada@acme.example',
  email: 'Ada.Lovelace@acme.example',
  displayName: 'Ada L.',
  firstName: 'Ada',
  lastName: 'Lovelace',
  title: 'Engineer',
  department: 'R&D',
  organization: 'Acme',
  employeeNumber: '007',
  userType: 'Employee',
  managerId: '00umanager',
  manager: 'Charles Babbage',
  primaryPhone: '+47 1',
  mobilePhone: '+47 2',
  locale: 'nb_NO',
};

const ADA = {
  id: '00uada',
  status: 'ACTIVE',
  created: '2025-03-19T08:01:48.000Z',
  lastLogin: null,
  type: { id: 'otyone' },
  profile: PROFILE,
  credentials: { password: {}, provider: { type: 'OKTA', name: 'OKTA' } },
  _links: { self: { href: 'https://acme.okta.example/api/v1/users/00uada' } },
};

const withProfile = (edit: Json): Json => ({ ...ADA, profile: { ...PROFILE, ...edit } });

describe('a user', () => {
  test('has every standard attribute', () => {
    expect(readUser(ADA, [])).toEqual({
      id: '00uada',
      active: true,
      attributes: {
        userName: 'ada@acme.example',
        email: 'Ada.Lovelace@acme.example',
        displayName: 'Ada L.',
        givenName: 'Ada',
        familyName: 'Lovelace',
        title: 'Engineer',
        department: 'R&D',
        organization: 'Acme',
        employeeNumber: '007',
        userType: 'Employee',
        manager: '00umanager',
        phoneNumber: '+47 1',
        locale: 'nb_NO',
      },
      extra: {},
    });
  });

  test.each<[string, Json, unknown]>([
    ['without an id is none', { ...ADA, id: undefined }, null],
    ['with an id that is no part of a path is none', { ...ADA, id: '..' }, null],
    ['without a profile is none', { ...ADA, profile: null }, null],
    ['without a login is none', withProfile({ login: ' ' }), null],
    ['without a display name has both names', withProfile({ displayName: null }), { displayName: 'Ada Lovelace' }],
    ['with a first name only', withProfile({ displayName: '', lastName: null }), { displayName: 'Ada' }],
    ['with a last name only', withProfile({ displayName: '', firstName: '' }), { displayName: 'Lovelace' }],
    ['without any name', withProfile({ displayName: '', firstName: '', lastName: null }), { displayName: null }],
    ['without a manager’s id', withProfile({ managerId: null }), { manager: 'Charles Babbage' }],
    ['without a manager', withProfile({ managerId: '', manager: undefined }), { manager: null }],
    ['with a mobile phone only', withProfile({ primaryPhone: null }), { phoneNumber: '+47 2' }],
    ['with a number where a text should be', withProfile({ employeeNumber: 7 }), { employeeNumber: null }],
  ])('%s', (_, json, wanted) => {
    const user = readUser(json, []);
    if (wanted === null) expect(user).toBe(null);
    else expect(user?.attributes).toMatchObject(wanted as object);
  });

  test.each<[unknown, boolean | null]>([
    ['ACTIVE', true],
    ['PASSWORD_EXPIRED', true],
    ['LOCKED_OUT', true],
    ['RECOVERY', true],
    ['PROVISIONED', true],
    ['STAGED', false],
    ['SUSPENDED', false],
    ['DEPROVISIONED', false],
    ['ACTIVATING', null],
    ['active', null],
    ['constructor', null],
    [undefined, null],
    [null, null],
  ])('of status %s: active is %s', (status, active) => {
    expect(readUser({ ...ADA, status }, [])?.active).toBe(active);
  });

  test('of a status that the configuration decides', () => {
    const statuses = { ...STATUSES, STAGED: true, LOCKED_OUT: false };
    const active = (status: string) => readUser({ ...ADA, status }, [], statuses)?.active;
    expect([active('STAGED'), active('LOCKED_OUT'), active('ACTIVE')]).toEqual([true, false, true]);
  });

  test('has what rules ask for: attributes of the profile first, then fields of the user', () => {
    const json = withProfile({
      costCenter: '4711',
      sites: ['OSL', 'BGO'],
      remote: false,
      level: 3,
      created: 'long ago',
    });
    const want = ['costCenter', 'sites', 'remote', 'level', 'created', 'status', 'lastLogin', 'type', 'login'];
    const others = ['id', 'credentials', '_links', '__proto__', 'none'];
    expect(Object.entries(readUser(json, [...want, ...others])?.extra ?? {})).toEqual([
      ['costCenter', '4711'],
      ['sites', ['OSL', 'BGO']],
      ['remote', false],
      ['level', 3],
      ['created', 'long ago'],
      ['status', 'ACTIVE'],
      ['lastLogin', null],
      ['type', 'otyone'],
      ['login', 'ada@acme.example'],
      ...others.map((name) => [name, null]),
    ]);
  });
});

describe('a group', () => {
  const TEAM = {
    id: '00gteam',
    created: '2025-03-19T08:01:45.000Z',
    lastMembershipUpdated: '2025-09-29T02:19:52.000Z',
    objectClass: ['okta:user_group'],
    type: 'OKTA_GROUP',
    profile: { name: 'Team', description: null, site: 'OSL' },
  };

  test.each(['OKTA_GROUP', 'APP_GROUP', 'BUILT_IN'])('of type %s', (type) => {
    const wanted = { id: '00gteam', name: 'Team', description: null, type, email: null, extra: {} };
    expect(readGroup({ ...TEAM, type }, [])).toEqual(wanted);
  });

  test('has what rules ask for', () => {
    const extra = { site: 'OSL', created: '2025-03-19T08:01:45.000Z', objectClass: 'okta:user_group', none: null };
    expect(readGroup(TEAM, Object.keys(extra))?.extra).toEqual(extra);
  });

  test.each<[string, Json]>([
    ['an id', { ...TEAM, id: '' }],
    ['a profile', { ...TEAM, profile: undefined }],
    ['a name', { ...TEAM, profile: { name: '' } }],
  ])('without %s is none', (_, json) => {
    expect(readGroup(json, [])).toBe(null);
  });

  test.each([
    ['BUILT_IN', 'Everyone', true],
    ['BUILT_IN', 'Okta Administrators', false],
    ['OKTA_GROUP', 'Everyone', false],
    [null, 'Everyone', false],
  ])('of type %s named %s: everyone is %s', (type, name, wanted) => {
    expect(isEveryone({ type, name })).toBe(wanted);
  });

  test('tells when its members changed, in Okta’s own words', () => {
    expect(membershipMark(TEAM)).toBe('2025-09-29T02:19:52.000Z');
    expect(membershipMark({ ...TEAM, lastMembershipUpdated: undefined })).toBe(null);
  });
});

test('a member is a user, of any status', () => {
  expect(readMember({ ...ADA, status: 'DEPROVISIONED' })).toEqual({ kind: 'user', id: '00uada' });
  expect(readMember({ ...ADA, id: undefined })).toBe(null);
});

test('which fields are asked for', () => {
  const usual =
    'login,email,displayName,firstName,lastName,title,department,organization,employeeNumber,userType,managerId,manager,primaryPhone,mobilePhone,locale';
  expect(fieldsFor([])).toBe(`id,status,created,profile:(${usual})`);
  expect(fieldsFor(['costCenter', 'title', 'lastLogin', 'status'])).toBe(
    `id,status,created,lastLogin,profile:(${usual},costCenter,lastLogin,status)`,
  );
});
