import { describe, expect, test } from 'vitest';
import { Refusal } from './errors.ts';
import { selected, selectionOf } from './fields.ts';
import { clausesOf } from './search.ts';
import { shapes } from './shapes.ts';

const page = {
  kind: 'k',
  nextPageToken: 't',
  users: [
    { id: '1', name: { givenName: 'A', familyName: 'B' }, emails: [{ address: 'a@x', primary: true }] },
    { id: '2' },
  ],
};

describe('fields', () => {
  test.each<[string | null, unknown]>([
    [null, page],
    ['*', page],
    ['kind', { kind: 'k' }],
    ['kind,nextPageToken', { kind: 'k', nextPageToken: 't' }],
    ['users/id', { users: [{ id: '1' }, { id: '2' }] }],
    ['users(id)', { users: [{ id: '1' }, { id: '2' }] }],
    ['users(id,name/givenName)', { users: [{ id: '1', name: { givenName: 'A' } }, { id: '2' }] }],
    ['users/name(familyName)', { users: [{ name: { familyName: 'B' } }, {}] }],
    ['users/emails/address', { users: [{ emails: [{ address: 'a@x' }] }, {}] }],
    ['users(emails(address), id)', { users: [{ emails: [{ address: 'a@x' }], id: '1' }, { id: '2' }] }],
    ['users(customSchemas/Any/thing)', { users: [{}, {}] }],
    ['users/id,users/name/givenName', { users: [{ id: '1', name: { givenName: 'A' } }, { id: '2' }] }],
    ['users/*', { users: page.users }],
    ['etag', {}],
  ])('%s', (text, wanted) => {
    expect(selected(page, selectionOf(text, shapes.users))).toEqual(wanted);
  });

  test.each([
    ['id', 'id'],
    ['users(id,nothing)', 'users.nothing'],
    ['users/nothing', 'users.nothing'],
    ['users/name/nick', 'users.name.nick'],
    ['users/id/x', 'users.id.x'],
    ['users(id', 'users'],
    ['users)', ')'],
    ['kind,', ''],
    ['kind kind', 'kind'],
  ])('%s cannot be', (text, path) => {
    const refusal = refusalOf(text);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(JSON.stringify(refusal?.more.details)).toContain(`for path '${path}'`);
  });
});

function refusalOf(text: string): Refusal | null {
  try {
    selectionOf(text, shapes.users);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  return null;
}

describe('a search', () => {
  const clause = (field: string | null, operator: string, value: string, prefix = false) => ({
    ...{ field, operator, value, prefix },
  });

  test.each([
    ['Ada', [clause(null, ':', 'Ada')]],
    ['email:ad*', [clause('email', ':', 'ad', true)]],
    ["email:'ad'*", [clause('email', ':', 'ad', true)]],
    ['isSuspended=false isArchived=true', [clause('isSuspended', '=', 'false'), clause('isArchived', '=', 'true')]],
    ["name:'Ada Lovelace'", [clause('name', ':', 'Ada Lovelace')]],
    ["name='O\\'Brien'", [clause('name', '=', "O'Brien")]],
    ["orgUnitPath='/Head Office' x", [clause('orgUnitPath', '=', '/Head Office'), clause(null, ':', 'x')]],
    ['Staff.grade>=7', [clause('Staff.grade', '>=', '7')]],
    ['Staff.grade:[5,10] ', [clause('Staff.grade', ':', '[5,10]')]],
    ['email=ada@fjord.example', [clause('email', '=', 'ada@fjord.example')]],
  ])('%s', (text, wanted) => {
    expect(clausesOf(text)).toEqual(wanted);
  });

  test.each(["name='Ada", "'"])('%s cannot be read', (text) => {
    expect(() => clausesOf(text)).toThrow('Invalid Input: query');
  });
});
