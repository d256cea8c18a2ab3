import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { testRules } from '../../src/cli/rule-tests.ts';
import { schema } from '../../src/cli/schema.ts';
import { check, folder, SOURCE } from '../config/kit.ts';

const out = new PassThrough();
const exit = await schema({}, { out, err: new PassThrough(), in: Readable.from([]), env: {}, cwd: '/' });
const printed = JSON.parse(String(out.read())) as object;
// `strict` fails on a keyword that editors would not know either.
const validate: ValidateFunction = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(printed);
const example = readFileSync(new URL('../../config.example.yaml', import.meta.url), 'utf8');

const SERVICE = ['http', 'notify', 'backups'];
const docs = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

const faults = (yaml: string): string[] => {
  validate(parseYaml(yaml, { merge: true }));
  return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
};

test('prints a schema of draft 7 and ends with 0', () => {
  expect(exit).toBe(0);
  expect(printed).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', title: 'rosterd configuration' });
});

test('every key says what it is for, and stands in docs/configuration.md', () => {
  const undescribed: string[] = [];
  const undocumented: string[] = [];
  const walk = (at: unknown, path: string): void => {
    if (typeof at !== 'object' || at === null) return;
    if ('properties' in at && typeof at.properties === 'object' && at.properties !== null)
      for (const [key, property] of Object.entries(at.properties)) {
        if (typeof (property as { description?: unknown }).description !== 'string') undescribed.push(`${path}.${key}`);
        const named = [
          key,
          `log.${key}`,
          `limits.${key}`,
          `groups.${key}`,
          ...SERVICE.map((of) => `${of}.${key}`),
        ].some((name) => docs.includes(`| \`${name}\` `));
        if (!named && !['log', ...SERVICE].includes(key)) undocumented.push(key);
      }
    // What chooses by type describes nothing itself.
    // And the statuses of Okta are told together.
    for (const [key, value] of Object.entries(at).filter(([key]) => key !== 'if' && key !== 'statuses'))
      walk(value, `${path}.${key}`);
  };
  walk(printed, '');
  expect(undocumented).toEqual([]);
  expect(undescribed).toEqual([]);
});

test('the example fits it, loads, does what its tests say, and names it in its first line', async () => {
  expect(faults(example)).toEqual([]);
  const config = await check(example);
  expect(config.sources.map(({ name }) => name)).toEqual(['partners', 'staff']);
  expect(await testRules(config)).toMatchObject({ tests: 2, failed: 0, faults: [] });
  expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=./config.schema.json');
});

const blocks = (docs.match(/(?:^ {4}.*\n|^\n)+/gm) ?? []).map((block) => block.replaceAll(/^ {4}/gm, ''));

test('the tests of the documentation pass, with the rules of the documentation', async () => {
  const rules = blocks.find((block) => block.includes('localGroups:'));
  const tests = blocks.find((block) => block.trimStart().startsWith('tests:'));
  expect(await testRules(await check(`${rules}${tests}`))).toEqual({ tests: 3, failed: 0, faults: [] });
});

test('the examples of the documentation load', async () => {
  using files = folder({ 'corp-ca.pem': rootCertificates[0] ?? '' });
  const examples = blocks.filter((block) => block.includes('sources:'));
  const loaded = await Promise.all(examples.map((text) => check(text, { folder: files.path })));
  expect(loaded.map(({ sources }) => sources.length)).toEqual([1, 1, 2]);
});

const cases: [string, string, string[]][] = [
  ['a file without fault', SOURCE, []],
  [
    'references where they are replaced',
    `log: { level: "\${env:L}", format: "\${file:f}" }\n${SOURCE.replace('https://id.example.com', '${env:URL}').replace('hunter2', '${file:s}')}`,
    [],
  ],
  ['fragments', `x-a: { b: 1 }\n${SOURCE}`, []],
  ['an unknown key', `directry: a\n${SOURCE}`, [' additionalProperties']],
  ['keys of the daemon', `schedule: "@daily"\nhttp: { listen: ":8080" }\n${SOURCE}`, []],
  [
    'limits, and a time, as people write them',
    `${SOURCE}    limits: { deactivate: 50, disable: 10%, rename: "0.5%", create: "${'$'}{env:L}" }\n    deleteAfter: 90d\n`,
    [],
  ],
  [
    'a limit that is none',
    `${SOURCE}    limits: { rename: 150% }\n`,
    [
      '/sources/0/limits/rename type',
      '/sources/0/limits/rename pattern',
      '/sources/0/limits/rename pattern',
      '/sources/0/limits/rename anyOf',
      '/sources/0/limits/rename anyOf',
      '/sources/0 if',
    ],
  ],
  [
    'rules, as people write them',
    `${SOURCE}    users: { where: true, attributes: { userName: [user.email, "n"], title: null, employeeNumber: 007, site: a } }
    groups: { where: 'group.name != "x"', attributes: { name: a, description: ~ }, onConflict: unite }
customAttributes: [site]
tables: { t: { NO: NO, 007: 7, x: ~ } }
localGroups: [{ name: a, members: user.active }]
limits: { removeMembers: 5 }
tests:
  - { name: a, source: corp, user: { title: null, attributes: { a: [1, b] }, groups: [c] }, expect: { site: [1] } }
  - { name: b, source: corp, group: { name: c }, expect: out }
`,
    [],
  ],
  [
    'rules that are none',
    `${SOURCE}    users: { were: a, attributes: { title: [a] } }
    groups: { onConflict: merge }
`,
    [
      '/sources/0/users additionalProperties',
      '/sources/0/users/attributes/title type',
      '/sources/0/groups/onConflict enum',
      '/sources/0/groups/onConflict pattern',
      '/sources/0/groups/onConflict anyOf',
      '/sources/0 if',
    ],
  ],
  ['an empty list', 'sources: []', ['/sources minItems']],
  ['no sources', '{}', [' required']],
  [
    'a word that is none',
    `log: { level: loud }\n${SOURCE}`,
    ['/log/level enum', '/log/level pattern', '/log/level anyOf'],
  ],
  ['a name that is none', SOURCE.replace('name: corp', 'name: a/b'), ['/sources/0/name pattern', '/sources/0 if']],
  [
    'a reference in a name',
    SOURCE.replace('name: corp', 'name: ${env:A}'),
    ['/sources/0/name pattern', '/sources/0 if'],
  ],
  [
    'an address that is none',
    SOURCE.replace('https:', 'ftp:'),
    ['/sources/0/url pattern', '/sources/0/url pattern', '/sources/0/url anyOf', '/sources/0 if'],
  ],
  ['a number for a credential', SOURCE.replace('hunter2', '123'), ['/sources/0/clientSecret type', '/sources/0 if']],
  ['no credential', SOURCE.replace(/ *clientSecret.*\n/, ''), ['/sources/0 required', '/sources/0 if']],
];

test.each(cases)('%s', (_name, yaml, expected) => {
  expect(faults(yaml)).toEqual(expected);
});
