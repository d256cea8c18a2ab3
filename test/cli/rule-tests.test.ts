import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { checkOnline } from '../../src/cli/online.ts';
import { folder, SOURCE } from '../config/kit.ts';

async function run(text: string, options: { json?: boolean } = {}, command = check) {
  using files = folder({ 'config.yaml': text });
  const out = new PassThrough();
  const exit = await command(options, { out, err: new PassThrough(), in: Readable.from([]), env: {}, cwd: files.path });
  return { exit, out: String(out.read() ?? '') };
}

const RULES = `${SOURCE}    users:
      where: user.userType != "Guest" && !user.memberOf("Leavers")
      attributes:
        userName: [user.email.localPart(), 'user.email.localPart() + string(n)']
        department: coalesce(user.department, "Unknown")
        costCenter: user.attributes["cc"]
        manager: string(int(user.title) + 1)
        title: null
    groups:
      where: group.name.startsWith("app-")
      attributes: { name: 'group.name.replace("app-", "")' }
customAttributes: [costCenter]
tests:
`;
const FIRST = RULES.split('\n').length;

const right: [string, string][] = [
  ['a guest is out', '{ user: { userType: Guest }, expect: out }'],
  ['anybody else is in', '{ user: {}, expect: {} }'],
  ['members are out, however they write it', '{ user: { groups: [LEAVERS] }, expect: out }'],
  ['members of others are in', '{ user: { groups: [Platform] }, expect: {} }'],
  ['an attribute', '{ user: { department: Sales }, expect: { department: Sales } }'],
  ['a blank attribute', '{ user: { department: " " }, expect: { department: Unknown } }'],
  ['no attribute', '{ user: { title: Boss }, expect: { title: null, costCenter: null } }'],
  ['an attribute without a rule', '{ user: { locale: nb-NO }, expect: { locale: nb-NO } }'],
  ['the first of several names', '{ user: { email: ada@x.example }, expect: { userName: ada } }'],
  ['another attribute', '{ user: { attributes: { cc: "17" } }, expect: { costCenter: "17" } }'],
  ['a list', '{ user: { attributes: { cc: [a, b] } }, expect: { costCenter: [a, b] } }'],
  ['a disabled user is not out', '{ user: { active: false }, expect: {} }'],
  ['a group', '{ group: { name: app-jira, description: d }, expect: { name: jira, description: d } }'],
  ['another group', '{ group: { name: jira }, expect: out }'],
];

const asItem = (name: string, rest: string) => `  - { name: "${name}", source: corp, ${rest.slice(1)}\n`;

test.each(right)('%s', async (name, rest) => {
  expect(await run(RULES + asItem(name, rest))).toEqual({ exit: 0, out: 'config.yaml: ok, 1 source, 1 test\n' });
});

// Every case: what is said after the file, the line and the column.
const wrong: [string, string, string][] = [
  [
    '{ user: { userType: Guest }, expect: {} }',
    '',
    'expected in, but users.where is false: user.userType != "Guest", where user.userType is "Guest"',
  ],
  [
    '{ user: { groups: [leavers] }, expect: { title: x } }',
    '',
    'expected in, but users.where is false: user.memberOf("Leavers") is true',
  ],
  [
    '{ user: { userType: Member }, expect: out }',
    '',
    'expected out, but users.where is true: user.userType != "Guest" && !user.memberOf("Leavers"), where user.userType is "Member" and user.memberOf("Leavers") is false',
  ],
  [
    '{ user: {}, expect: { department: Sales } }',
    '.department',
    'expected "Sales", got "Unknown", by users.attributes.department: coalesce(user.department, "Unknown"), where user.department is null',
  ],
  [
    '{ user: { email: a@x }, expect: { userName: a@x } }',
    '.userName',
    'expected "a@x", got "a", by users.attributes.userName[0]: user.email.localPart(), where user.email is "a@x"',
  ],
  [
    '{ user: { title: Boss }, expect: { title: Boss } }',
    '.title',
    'expected "Boss", got null, by users.attributes.title: null',
  ],
  [
    '{ user: { locale: nb }, expect: { locale: sv } }',
    '.locale',
    'expected "sv", got "nb": no rule sets it, and this is what the user of the test has',
  ],
  [
    '{ user: { title: x }, expect: { manager: "1" } }',
    '.manager',
    `expected "1", but users.attributes.manager fails: \`int\` reads a number, and this text is none`,
  ],
  [
    '{ group: { name: jira }, expect: { name: jira } }',
    '',
    'expected in, but groups.where is false: group.name.startsWith("app-"), where group.name is "jira"',
  ],
  [
    '{ group: { name: app-x }, expect: out }',
    '',
    'expected out, but groups.where is true: group.name.startsWith("app-"), where group.name is "app-x"',
  ],
  [
    '{ group: { name: app-x }, expect: { name: app-x } }',
    '.name',
    'expected "app-x", got "x", by groups.attributes.name: group.name.replace("app-", ""), where group.name is "app-x"',
  ],
];

test.each(wrong)('%s', async (rest, path, said) => {
  const { exit, out } = await run(RULES + asItem('t', rest));
  expect(exit).toBe(2);
  const [first = '', line, mark, last] = out.split('\n');
  const [, row, column, where, what] = /^config\.yaml:(\d+):(\d+): (\S+): the test "t" failed: (.*)$/.exec(first) ?? [];
  expect([where, what]).toEqual([`tests[0].expect${path}`, said]);
  expect(Number(row)).toBe(FIRST);
  expect(line).toMatch(/^ +\d+ \| +- \{ name: "t"/);
  expect(mark?.indexOf('^')).toBe((line?.indexOf('-') ?? 0) - 3 + Number(column));
  expect(last).toBe('config.yaml: the test failed');
});

test('several failures, and how many', async () => {
  const { exit, out } = await run(
    RULES +
      asItem('a', '{ user: {}, expect: out }') +
      asItem('b', '{ user: {}, expect: { department: x, locale: y } }') +
      asItem('c', '{ user: {}, expect: {} }'),
  );
  expect(exit).toBe(2);
  expect(out.match(/failed:/g)).toHaveLength(3);
  expect(out.split('\n').at(-2)).toBe('config.yaml: 2 of 3 tests failed');
});

test('for programs', async () => {
  const { exit, out } = await run(RULES + asItem('a', '{ user: { userType: Guest }, expect: {} }'), { json: true });
  expect(exit).toBe(2);
  expect(JSON.parse(out)).toMatchObject({
    ...{ file: 'config.yaml', ok: false, sources: 1, tests: 1 },
    faults: [{ line: FIRST, path: 'tests[0].expect', code: 'test' }],
  });
});

test('with --online too, before anybody is asked', async () => {
  const text = RULES.replace('https://id.example.com', 'http://127.0.0.1:1') + asItem('a', '{ user: {}, expect: out }');
  expect(await run(text, {}, checkOnline)).toEqual(await run(text));
  expect(await run(text, { json: true }, checkOnline)).toMatchObject({ exit: 2 });
});

test('a source without rules', async () => {
  const text = `${SOURCE}tests:\n${asItem('a', '{ user: { title: x }, expect: { title: x } }')}`;
  expect(await run(text)).toMatchObject({ exit: 0 });
  expect((await run(text.replace('expect: { title: x }', 'expect: out'))).out).toContain(
    'expected out, but the source has no users.where, so that all are in',
  );
});

test('a file that is wrong is not tested', async () => {
  const { out } = await run(`${RULES}${asItem('a', '{ user: {}, expect: out }')}limts: {}\n`);
  expect(out).toMatch(/unknown key; did you mean `limits`\?/);
  expect(out).not.toContain('failed');
});
