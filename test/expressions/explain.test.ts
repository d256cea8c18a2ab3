import { expect, test } from 'vitest';
import { compile } from '../../src/expressions/compile.ts';
import { factsOf, TABLES } from './kit.ts';

const ADA = { userType: 'Guest', department: null, groups: ['A'], email: 'a@x.org' };

test.each([
  ['user.userType != "Guest"', 'user.userType != "Guest"', { 'user.userType': 'Guest' }],
  [
    'user.active && user.userType != "Guest" && user.department == "X"',
    'user.userType != "Guest"',
    { 'user.userType': 'Guest' },
  ],
  [
    'user.memberOf("B") || (user.memberOf("A") && user.active)',
    'user.memberOf("A") && user.active',
    { 'user.memberOf("A")': true, 'user.active': true },
  ],
  [
    'user.memberOf("B") || user.memberOf("C")',
    'user.memberOf("B") || user.memberOf("C")',
    { 'user.memberOf("B")': false, 'user.memberOf("C")': false },
  ],
  [
    '!(user.active && user.userType == "Guest")',
    'user.active && user.userType == "Guest"',
    { 'user.active': true, 'user.userType': 'Guest' },
  ],
  ['user.email.domain() in ["y.org"]', 'user.email.domain() in ["y.org"]', { 'user.email': 'a@x.org' }],
  ['user.groups.exists(g, g.startsWith("B"))', 'user.groups.exists(g, g.startsWith("B"))', { 'user.groups': ['A'] }],
  ['user.memberOf("Nowhere") || user.department == "X"', 'user.memberOf("Nowhere")', {}],
])('%s', (text, part, reads) => {
  const { decided, failure } = compile(text, { on: 'user', gives: 'bool' }, TABLES).explain(factsOf(ADA));
  expect(decided.text).toBe(part);
  expect(Object.fromEntries(decided.reads.map((read) => [read.text, read.value]))).toEqual(reads);
  expect(failure).toBe(text.includes('Nowhere') ? 'no group is called `Nowhere`' : null);
});

test('the part that gives no answer is shown with what it read', () => {
  const text = 'user.active && int(user.employeeNumber) > 3';
  const { decided, failure, value } = compile(text, { on: 'user', gives: 'bool' }, TABLES).explain(
    factsOf({ employeeNumber: 'E7' }),
  );
  expect({ decided, failure, value }).toEqual({
    decided: {
      text: 'int(user.employeeNumber)',
      start: 15,
      end: 39,
      reads: [{ text: 'user.employeeNumber', value: 'E7' }],
    },
    failure: '`int` reads a number, and this text is none',
    value: undefined,
  });
});
