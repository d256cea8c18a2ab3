import { describe, expect, test } from 'vitest';
import { readGroup, readUser } from '../../../connectors/keycloak/read.ts';
import { LONGEST } from '../../../connectors/values.ts';
import type { SourceUser } from '../../../src/model/user.ts';

const id = 'f1182403-674d-4a17-ab25-c02c77a26e95';
const nobody: SourceUser['attributes'] = {
  userName: 'ada',
  email: null,
  displayName: null,
  givenName: null,
  familyName: null,
  title: null,
  department: null,
  organization: null,
  employeeNumber: null,
  userType: null,
  manager: null,
  phoneNumber: null,
  locale: null,
};

describe('a user', () => {
  test('as a server of 26.7 shows one', () => {
    const json = {
      id,
      username: 'ada',
      firstName: 'Ada',
      lastName: 'Lovelace',
      email: 'ada@example.com',
      emailVerified: true,
      attributes: {
        title: ['Countess'],
        department: ['Analysis', 'Poetry'],
        organization: ['Engines Ltd'],
        employeeNumber: ['0001'],
        userType: ['Member'],
        manager: ['charles'],
        phoneNumber: ['+44 20 7946 0000'],
        locale: ['en'],
        shoeSize: ['38'],
      },
      enabled: true,
      createdTimestamp: 1_795_544_681_904,
      totp: false,
      disableableCredentialTypes: [],
      requiredActions: [],
      notBefore: 0,
      access: { manage: false },
    };
    expect(readUser(json, [])).toEqual({
      id,
      active: true,
      attributes: {
        userName: 'ada',
        email: 'ada@example.com',
        displayName: 'Ada Lovelace',
        givenName: 'Ada',
        familyName: 'Lovelace',
        title: 'Countess',
        department: 'Analysis',
        organization: 'Engines Ltd',
        employeeNumber: '0001',
        userType: 'Member',
        manager: 'charles',
        phoneNumber: '+44 20 7946 0000',
        locale: 'en',
      },
      extra: {},
    });
  });

  test.each<[string, object, Partial<SourceUser['attributes']>]>([
    ['nothing but a name', {}, {}],
    ['blanks', { email: '', firstName: ' ', lastName: '\t', attributes: { title: [''] } }, {}],
    ['null', { email: null, firstName: null, attributes: null }, {}],
    ['a first name alone', { firstName: 'Ada' }, { givenName: 'Ada', displayName: 'Ada' }],
    ['a last name alone', { lastName: 'Lovelace' }, { familyName: 'Lovelace', displayName: 'Lovelace' }],
    ['an attribute without a value', { attributes: { title: [] } }, {}],
    ['one that is no list', { attributes: { title: 'Countess' } }, { title: 'Countess' }],
    ['one that is no text', { attributes: { title: [{ a: 1 }] } }, {}],
    ['an email that is no text', { email: 7 }, {}],
    ['attributes that are a list', { attributes: ['title'] }, {}],
    ['attributes named like fields', { attributes: { email: ['x'], userName: ['x'], displayName: ['x'] } }, {}],
    ['a text with spaces around', { firstName: ' Ada ' }, { givenName: ' Ada ', displayName: ' Ada ' }],
  ])('%s', (_, json, attributes) => {
    expect(readUser({ id, username: 'ada', ...json }, [])?.attributes).toEqual({ ...nobody, ...attributes });
  });

  test.each([
    [{ enabled: true }, true],
    [{ enabled: false }, false],
    [{}, null],
    [{ enabled: null }, null],
    [{ enabled: 'false' }, null],
    [{ enabled: 0 }, null],
  ])('%j is active: %s', (json, active) => {
    expect(readUser({ id, username: 'ada', ...json }, [])?.active).toBe(active);
  });

  test.each([
    ['no id', { id: undefined }],
    ['an empty id', { id: '' }],
    ['an id that is no text', { id: 7 }],
    ['an id that would climb a path', { id: '..' }],
    ['an endless id', { id: 'x'.repeat(2000) }],
    ['no user name', { username: undefined }],
    ['a blank user name', { username: ' ' }],
  ])('%s is none', (_, json) => {
    expect(readUser({ id, username: 'ada', ...json }, [])).toBeNull();
  });

  test.each([
    ['one value', { attributes: { a: ['x'] } }, 'x'],
    ['several', { attributes: { a: ['x', 'y'] } }, ['x', 'y']],
    ['several, blank ones among them', { attributes: { a: ['x', '', 'y'] } }, ['x', 'y']],
    ['blank', { attributes: { a: [''] } }, null],
    ['none', { attributes: { a: [] } }, null],
    ['not there', { attributes: {} }, null],
    ['no attributes at all', {}, null],
    ['a field', { a: 7 }, 7],
    ['a false field', { a: false }, false],
    ['a field that is an object', { a: { b: 1 } }, null],
    ['an attribute before a field', { a: 7, attributes: { a: ['x'] } }, 'x'],
    ['a number that is none', { a: Number.NaN }, null],
  ])('extra: %s', (_, json, expected) => {
    expect(readUser({ id, username: 'ada', ...json }, ['a'])?.extra).toEqual({ a: expected });
  });

  test('a standard attribute that rules want by its own name is there twice', () => {
    const user = readUser({ id, username: 'ada', email: 'a@example.com', attributes: { title: ['x', 'y'] } }, [
      'title',
      'email',
      'username',
    ]);
    expect(user?.attributes.title).toBe('x');
    expect(user?.extra).toEqual({ title: ['x', 'y'], email: 'a@example.com', username: 'ada' });
  });

  test('names from the depths of the language are only names', () => {
    const json = JSON.parse('{"id":"1","username":"ada","attributes":{"__proto__":["x"],"constructor":["y"]}}');
    const user = readUser(json, ['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    expect(Object.entries(user?.extra ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', null],
      ['hasOwnProperty', null],
    ]);
    expect(Object.getPrototypeOf(user?.extra)).toBe(Object.prototype);
  });

  test('what is longer than 64 Ki characters is cut, at a whole character', () => {
    const long = `${'x'.repeat(LONGEST - 1)}😀`;
    const user = readUser({ id, username: long, attributes: { a: [long] } }, ['a']);
    expect(user?.attributes.userName).toBe(`${'x'.repeat(LONGEST - 1)}\ufffd`);
    expect(user?.extra.a).toHaveLength(LONGEST);
  });
});

describe('a group', () => {
  test.each([
    ['at the top', { name: 'staff', path: '/staff' }, { name: 'staff' }],
    ['below', { name: 'platform', path: '/staff/platform', parentId: 'x' }, { name: 'staff/platform' }],
    ['with slashes of its own', { name: 'a/b', path: '/a/b' }, { name: 'a/b' }],
    ['named like a blank', { name: ' lead', path: '/ lead' }, { name: ' lead' }],
    ['without a path', { name: 'staff' }, { name: 'staff' }],
    [
      'with a description',
      { name: 'staff', path: '/staff', description: 'All' },
      { name: 'staff', description: 'All' },
    ],
    ['with a blank one', { name: 'staff', path: '/staff', description: '' }, { name: 'staff' }],
  ])('%s', (_, json, expected) => {
    expect(readGroup({ id, ...json }, [])).toEqual({
      id,
      description: null,
      type: null,
      email: null,
      extra: {},
      ...expected,
    });
  });

  test('with the attributes that were asked for', () => {
    const json = { id, path: '/a', attributes: { mail: ['a@example.com'], tags: ['x', 'y'] } };
    expect(readGroup(json, ['mail', 'tags', 'other'])?.extra).toEqual({
      mail: 'a@example.com',
      tags: ['x', 'y'],
      other: null,
    });
  });

  test.each([[{ id }], [{ id, name: '' }], [{ name: 'a' }], [{ id, path: '/' }]])('%j is none', (json) => {
    expect(readGroup(json, [])).toBeNull();
  });
});
