import { expect, test } from 'vitest';
import { startReport } from '../../src/config/report.ts';
import { buildTree } from '../../src/config/tree.ts';
import { parseYaml } from '../../src/config/yaml.ts';
import { parse, SOURCE } from './kit.ts';

function plain(text: string): unknown {
  const report = startReport({ file: 'a', path: '/a', folder: '/', sha256: '', text }, new Set());
  const parsed = parseYaml(text);
  const { value } = buildTree(text, parsed, report);
  expect(parsed.errors).toEqual([]);
  expect(report.faults()).toEqual([]);
  return value;
}

const values: [string, string, unknown][] = [
  [
    'YAML 1.2: only true and false are booleans',
    'a: [yes, no, on, off, NO, true, False]',
    { a: ['yes', 'no', 'on', 'off', 'NO', true, false] },
  ],
  ['YAML 1.2: numbers', 'a: [0x1f, 0o17, 017, 1e3, 1_000, 12:30]', { a: [31, 15, 17, 1000, '1_000', '12:30'] }],
  ['YAML 1.2 said outright', '%YAML 1.2\n---\na: no', { a: 'no' }],
  ['nothing', 'a:\nb: ~\nc: null\nd: ""', { a: null, b: null, c: null, d: '' }],
  ['keys are texts as written', '007: a\ntrue: b\nnull: c\nno: d', { '007': 'a', true: 'b', null: 'c', no: 'd' }],
  [
    'tables are texts as written',
    'tables: { t: { NO: NO, 007: 007, 7: 7.0, x: ~, y: , z: true, w: "q" } }',
    { tables: { t: { NO: 'NO', '007': '007', '7': '7.0', x: '~', y: '', z: 'true', w: 'q' } } },
  ],
  [
    'rules are texts as written',
    'localGroups: [{ members: true }, { members: 1.50 }, { members: null }]',
    { localGroups: [{ members: 'true' }, { members: '1.50' }, { members: 'null' }] },
  ],
  [
    'a rule after |',
    'localGroups:\n  - members: |\n      !user.active ||\n      user.x == "*"\n',
    { localGroups: [{ members: '!user.active ||\nuser.x == "*"\n' }] },
  ],
  ['a rule in quotes', "localGroups: [{ members: '!user.active' }]", { localGroups: [{ members: '!user.active' }] }],
  [
    'userName takes a list of rules',
    'sources: [{ users: { attributes: { userName: [a, "!b"] } } }]',
    { sources: [{ users: { attributes: { userName: ['a', '!b'] } } }] },
  ],
  [
    'an anchor on what holds rules',
    'sources: [{ users: &u { where: a } }, { users: *u }]',
    { sources: [{ users: { where: 'a' } }, { users: { where: 'a' } }] },
  ],
  ['a merge', 'x-a: &a { b: 1, c: 1 }\nd: { <<: *a, c: 2 }', { 'x-a': { b: 1, c: 1 }, d: { b: 1, c: 2 } }],
  [
    'a merge after the keys',
    'x-a: &a { b: 1, c: 1 }\nd: { c: 2, <<: *a }',
    { 'x-a': { b: 1, c: 1 }, d: { b: 1, c: 2 } },
  ],
  ['a merge of several: the first wins', 'd: { <<: [{ b: 1 }, { b: 2, c: 2 }] }', { d: { b: 1, c: 2 } }],
  [
    'a merge of what merges',
    'x-a: &a { b: 1 }\nx-c: &c { <<: *a, c: 1 }\nd: { <<: *c }',
    { 'x-a': { b: 1 }, 'x-c': { b: 1, c: 1 }, d: { b: 1, c: 1 } },
  ],
  ['a key that only looks like a merge', 'a: { "<<": { b: 1 } }', { a: { '<<': { b: 1 } } }],
  ['a merge is of one level', 'd: { <<: { a: { b: 1 } }, a: { c: 2 } }', { d: { a: { c: 2 } } }],
  ['an anchor given again', 'a: &x 1\nb: *x\nc: &x 2\nd: *x', { a: 1, b: 1, c: 2, d: 2 }],
  ['tags that YAML has itself', 'a: !!str 007\nb: !!int "7"', { a: '007', b: 7 }],
  [
    'references in flow, without quotes',
    'a: { b: ${env:B}, c: [${file:/c}, x${env:D}y] }',
    { a: { b: '${env:B}', c: ['${file:/c}', 'x${env:D}y'] } },
  ],
  [
    'references elsewhere',
    'a: ${env:A}\nb: "${env:B}"\nc: |\n  ${env:C}\n# ${env:D}',
    { a: '${env:A}', b: '${env:B}', c: '${env:C}\n' },
  ],
  ['a name that means something in JavaScript', '__proto__: { a: 1 }', JSON.parse('{ "__proto__": { "a": 1 } }')],
];

test.each(values)('%s', (_name, text, expected) => {
  expect(plain(text)).toEqual(expected);
});

test('fragments under x- are shared by alias and by merge, and ignored themselves', () => {
  const config = parse(`
x-server: &server
  url: https://id.example.com
  clientId: rosterd
x-secret: &secret hunter2
sources:
  - { <<: *server, name: a, type: keycloak, realm: a, clientSecret: *secret }
  - { <<: *server, name: b, type: keycloak, realm: b, clientSecret: *secret, clientId: other }
x-unused: { anything: [1, 2] }
`);
  expect(config.sources.map(({ own }) => own)).toMatchObject([{ clientId: 'rosterd' }, { clientId: 'other' }]);
});

test('line ends of Windows, and no line end at the end', () => {
  expect(parse(SOURCE.replaceAll('\n', '\r\n')).sources).toHaveLength(1);
  expect(parse(SOURCE.trimEnd()).sources).toHaveLength(1);
});
