import { expect, test } from 'vitest';
import { passRequest } from '../../src/daemon/request.ts';
import { parse, refusal, SOURCE } from './kit.ts';

const asking = { read: 'full', actor: 'test', wait: 0 } as const;
const rulesOf = (text: string) => parse(text).sources.map(({ rules }) => rules);

const RULES = `${SOURCE}    users:
      where: |
        user.active &&
          user.userType != "Guest"

      attributes:
        userName: [user.email, '"a" + string(n)']
        title: null
        department: ~
        costCenter: user.attributes["cc"]
    groups:
      where: group.name.startsWith("app-")
      attributes: { name: 'group.name.replace("app-", "")', description: NULL }
      onConflict: unite
customAttributes: [costCenter]
tables:
  country: { NO: Norway, 007: Bond, 1.50: 1.50, "yes": true }
  __proto__: { __proto__: x }
localGroups:
  - { name: All of us, members: user.active }
  - name: Ops
    description: Who is on call
    members: |
      user.department == "Ops"
limits: { removeMembers: 7 }
tests:
  - name: in
    source: corp
    user: { email: a@b.example, title: null, attributes: { level: 3, roles: [a, 1], none: null }, groups: [x] }
    expect: { userName: a@b.example, costCenter: [a, b], title: null }
  - { name: out, source: corp, user: { id: "7", active: false }, expect: out }
  - { name: of a group, source: corp, group: { name: app-x, email: e, type: t }, expect: { name: x } }
`;

test('every rule, as plain data', () => {
  const config = parse(RULES);
  const tables = Object.fromEntries([
    ['country', { NO: 'Norway', '007': 'Bond', '1.50': '1.50', yes: 'true' }],
    ['__proto__', JSON.parse('{ "__proto__": "x" }')],
  ]);
  const rules = {
    users: {
      where: 'user.active &&\n  user.userType != "Guest"',
      attributes: {
        userName: ['user.email', '"a" + string(n)'],
        title: ['null'],
        department: ['null'],
        costCenter: ['user.attributes["cc"]'],
      },
    },
    groups: {
      where: 'group.name.startsWith("app-")',
      attributes: { name: 'group.name.replace("app-", "")', description: 'null' },
      onConflict: 'unite',
    },
    customAttributes: ['costCenter'],
    tables,
  };
  expect(config.sources[0]?.rules).toEqual(rules);
  expect(config).toMatchObject({
    customAttributes: ['costCenter'],
    localGroups: [
      { name: 'All of us', description: null, members: 'user.active' },
      { name: 'Ops', description: 'Who is on call', members: 'user.department == "Ops"' },
    ],
    localLimits: { removeMembers: { count: 7 } },
  });
  expect(Object.hasOwn(config.tables, '__proto__')).toBe(true);
  const request = passRequest(config, 'corp', asking, { commit: true, directory: 'a.db' });
  expect(request.source.rules).toEqual(rules);
  // It goes to a worker thread.
  expect(structuredClone(request.source.rules)).toEqual(rules);
});

test('tests, with what is left out', () => {
  const [user, out, group] = parse(RULES).tests;
  expect(user).toMatchObject({
    of: { id: 'test', active: true, groups: ['x'], extra: { level: 3, roles: ['a', 1], none: null } },
    expect: { userName: 'a@b.example', costCenter: ['a', 'b'], title: null },
  });
  expect(user?.of.is === 'user' && user.of.attributes).toMatchObject({
    email: 'a@b.example',
    title: null,
    locale: null,
  });
  expect(out).toMatchObject({ of: { id: '7', active: false, groups: [], extra: {} }, expect: null });
  expect(group).toEqual({
    ...{ name: 'of a group', source: 'corp', expect: { name: 'x' } },
    of: { is: 'group', id: 'test', name: 'app-x', description: null, type: 't', email: 'e', extra: {} },
  });
});

test('a source without rules has none', () => {
  expect(rulesOf(SOURCE)).toEqual([undefined]);
  expect(rulesOf(`${SOURCE}    users: { attributes: {} }\n    groups: { onConflict: skip }\n`)).toEqual([undefined]);
  expect(rulesOf(`${SOURCE}    groups: { onConflict: unite }\n`)).toMatchObject([{ groups: { onConflict: 'unite' } }]);
});

test('rules are shared by fragments', () => {
  const second = SOURCE.replace('sources:\n', '').replace('name: corp', 'name: two');
  const text = `x-users: &users { where: user.active }\n${SOURCE}    users: *users\n${second}    users: { <<: *users }\n`;
  expect(rulesOf(text)).toMatchObject([{ users: { where: 'user.active' } }, { users: { where: 'user.active' } }]);
});

test('no reference is replaced in a table, and none in a rule', () => {
  const text = `${SOURCE}    users: { where: '"\${env:A}" == user.title' }\ntables: { t: { a: "\${env:A}" } }\n`;
  const config = parse(text);
  expect(config.tables).toEqual({ t: { a: '${env:A}' } });
  expect(config.sources[0]?.rules?.users.where).toBe('"${env:A}" == user.title');
});

test('a rule for an attribute of the file in a source of a type that is not known', () => {
  const text = RULES.replace('type: keycloak', 'type: ldap');
  expect(refusal(text).faults.map(({ code, path }) => [code, path])).toEqual([['value', 'sources[0].type']]);
});

test('line ends of Windows', () => {
  expect(rulesOf(RULES.replaceAll('\n', '\r\n'))).toEqual(rulesOf(RULES));
});
